package job

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"tenor/internal/atomicfile"
	"tenor/snapshot"
)

// openCollecting is openFolder of the run folder for a job that takes a snapshot: one that would replace something else ends here, before
// anything is asked or touched.
func (j *Job) openCollecting() (closeFolder func() error, err error) {
	if err := snapshot.CheckOwn(j.SnapshotDir()); err != nil {
		return nil, err
	}
	return j.openFolder(j.Config.Output.Dir)
}

// openFolder makes a run folder the job's own for as long as the job writes into it: no other process may, and what killed ones have left
// there is removed. Close gives it back, and removes it when it is new and nothing was written.
func (j *Job) openFolder(dir string) (closeFolder func() error, err error) {
	_, err = os.Stat(dir)
	isNew := errors.Is(err, os.ErrNotExist)
	if err := os.MkdirAll(dir, atomicfile.DirMode); err != nil {
		return nil, err
	}
	unlock, err := atomicfile.Lock(dir)
	switch {
	case errors.Is(err, atomicfile.ErrLocked):
		return nil, fmt.Errorf("another run is writing into %s: wait for it, or give each a folder of its own with --out", dir)
	case errors.Is(err, errors.ErrUnsupported):
		j.Log.Warn("the file system has no locks: see to it that no other run writes into this folder", "folder", dir)
		unlock = func() error { return nil }
	case err != nil:
		return nil, err
	}
	for _, d := range [...]string{dir, filepath.Join(dir, historyFolder)} {
		if err := atomicfile.Sweep(d); err != nil {
			j.Log.Warn("a temporary file of an earlier run was not removed", "error", err)
		}
	}
	return func() error {
		err := unlock()
		if isNew {
			_ = os.Remove(dir) // which fails when there is something in it
		}
		return err
	}, nil
}
