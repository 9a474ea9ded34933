package main

import (
	"bufio"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/gzip"

	"tenor/audit"
	"tenor/bench/estate"
	"tenor/finance"
	"tenor/internal/atomicfile"
	"tenor/snapshot"
)

// perFile is how many resources stand in one file.
const perFile = 10_000

// owner is the account whose own every Outpost is.
const owner = "111122223333"

const suffix, doneName = ".ndjson.gz", "done"

// generate writes the files of a snapshot of n resources to dir, with their facts in them, unless they are there. A real
// snapshot has no facts: they are left out of what is measured here.
func generate(dir string, n int) error {
	if _, err := os.Stat(filepath.Join(dir, doneName)); err == nil {
		return nil
	}
	analyst, err := finance.New(estate.AsOf(), estate.Assumptions())
	if err != nil {
		return err
	}
	// Of thirteen resources ten are products.
	counts := map[string]int{audit.KindOutpost: n / 13, audit.KindOrder: n / 13, audit.KindQuote: n / 13 * 4 / 5,
		audit.KindCapacityTask: n / 13 / 5}
	others := 0
	for _, count := range counts {
		others += count
	}
	counts[audit.KindProvisionedProduct] = n - others
	for kind, n := range counts {
		for first := 0; first < n; first += perFile {
			f := snapshot.File{Account: fmt.Sprintf("%012d", 111122223333+first/perFile), Region: "eu-central-1", Kind: kind}
			if err := writePart(dir, analyst, f, first, min(first+perFile, n)); err != nil {
				return err
			}
		}
	}
	return atomicfile.Write(filepath.Join(dir, doneName), atomicfile.FileMode, func(io.Writer) error { return nil })
}

// writePart writes the resources from first up to last of one kind.
func writePart(dir string, analyst *finance.Analyst, f snapshot.File, first, last int) error {
	name := strings.Join([]string{f.Account, f.Region, f.Kind}, "_") + suffix
	return atomicfile.Write(filepath.Join(dir, name), atomicfile.FileMode, func(w io.Writer) error {
		gz, err := gzip.NewWriterLevel(w, gzip.BestSpeed)
		if err != nil {
			return err
		}
		for i := first; i < last; i++ {
			r := estate.Documents[f.Kind](owner, i)
			r.Kind, r.Account, r.Region, r.Gaps = f.Kind, f.Account, f.Region, map[string]audit.Gap{}
			if err := analyst.Enrich(r); err != nil {
				return err
			}
			b, err := audit.EncodeJSON(r)
			if err != nil {
				return err
			}
			if _, err := gz.Write(append(b, '\n')); err != nil {
				return err
			}
		}
		return gz.Close()
	})
}

// files lists what generate wrote.
func files(dir string) ([]snapshot.File, error) {
	names, err := filepath.Glob(filepath.Join(dir, "*"+suffix))
	if err != nil {
		return nil, err
	}
	list := []snapshot.File{}
	for _, name := range names {
		parts := strings.SplitN(strings.TrimSuffix(filepath.Base(name), suffix), "_", 3)
		list = append(list, snapshot.File{Path: name, Account: parts[0], Region: parts[1], Kind: parts[2]})
	}
	return list, nil
}

// lines ranges over the lines of a file; each is valid until the next.
func lines(f snapshot.File) iter.Seq2[snapshot.Line, error] {
	return func(yield func(snapshot.Line, error) bool) {
		file, err := os.Open(f.Path)
		if err != nil {
			yield(snapshot.Line{}, err)
			return
		}
		defer file.Close()
		gz, err := gzip.NewReader(bufio.NewReaderSize(file, 1<<16))
		if err != nil {
			yield(snapshot.Line{}, err)
			return
		}
		scan := bufio.NewScanner(gz)
		scan.Buffer(nil, 1<<20)
		for n := 1; scan.Scan(); n++ {
			if !yield(snapshot.Line{Path: f.Path, Number: n, JSON: scan.Bytes()}, nil) {
				return
			}
		}
		if err := scan.Err(); err != nil {
			yield(snapshot.Line{}, err)
		}
	}
}

// documents ranges over the lines of all files; each is valid until the next.
func documents(dir string) iter.Seq2[snapshot.Line, error] {
	return func(yield func(snapshot.Line, error) bool) {
		list, err := files(dir)
		if err != nil {
			yield(snapshot.Line{}, err)
			return
		}
		for _, f := range list {
			for line, err := range lines(f) {
				if !yield(line, err) || err != nil {
					return
				}
			}
		}
	}
}
