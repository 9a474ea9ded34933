package main

import (
	"tenor/bench/estate"
	"tenor/snapshot"
)

// write writes the snapshot of the first of some sizes.
func write(dir, list string) error {
	sizes, err := estate.ReadSizes(list)
	if err != nil {
		return err
	}
	return estate.WriteSnapshot(dir, sizes[0])
}

// floor decodes every document of a snapshot.
func floor(dir string) error {
	s, err := snapshot.Open(dir)
	if err != nil {
		return err
	}
	for _, err := range s.Resources() {
		if err != nil {
			return err
		}
	}
	return nil
}
