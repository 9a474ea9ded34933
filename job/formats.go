package job

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"tenor/audit"
	"tenor/internal/atomicfile"
	"tenor/report"
)

// format is one way to write a report.
type format struct {
	name, file string
	write      func(io.Writer, audit.Report, iter.Seq2[*audit.Resource, error]) error
}

// formats are all of them, the record first.
var formats = [...]format{
	{"json", "report.json", alone(report.JSON)},
	{"xlsx", "report.xlsx", report.XLSX},
	{"sarif", "report.sarif", alone(report.SARIF)},
	{"junit", "report.junit.xml", alone(report.JUnit)},
	{"csv", "report.csv", alone(report.CSV)},
	{"markdown", "report.md", alone(report.Markdown)},
	{"github", "report.github.txt", alone(report.GitHub)},
	{"ocsf", "report.ocsf.ndjson", alone(report.OCSF)},
	{"html", "report.html", alone(report.HTML)},
}

// alone makes a format of one that needs nothing but the report.
func alone(f func(io.Writer, audit.Report) error) func(io.Writer, audit.Report, iter.Seq2[*audit.Resource, error]) error {
	return func(w io.Writer, r audit.Report, _ iter.Seq2[*audit.Resource, error]) error { return f(w, r) }
}

// FormatNames lists the formats there are.
func FormatNames() []string {
	names := make([]string, len(formats))
	for i, f := range formats {
		names[i] = f.name
	}
	return names
}

// writeFormats writes the report into dir in each format, and returns the paths in the order of formats. Every file is
// written whole before the first is put in its place.
func writeFormats(dir string, names []string, r audit.Report, resources iter.Seq2[*audit.Resource, error]) (paths []string, err error) {
	stage, err := os.MkdirTemp(dir, ".report.*.tmp")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(stage)) }()
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0))
	for _, f := range formats {
		if !slices.Contains(names, f.name) {
			continue
		}
		g.Go(func() error {
			write := func(w io.Writer) error { return f.write(w, r, resources) }
			if err := atomicfile.Write(filepath.Join(stage, f.file), atomicfile.FileMode, write); err != nil {
				return fmt.Errorf("%s: %w", f.name, err)
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	had, err := writtenIn(dir)
	if err != nil {
		return nil, err
	}
	if err := noteWritten(dir, func(f format) bool { return had[f.file] || slices.Contains(names, f.name) }); err != nil {
		return nil, err
	}
	for _, f := range formats {
		if slices.Contains(names, f.name) {
			path := filepath.Join(dir, f.file)
			if err := os.Rename(filepath.Join(stage, f.file), path); err != nil {
				return nil, err
			}
			paths = append(paths, path)
		}
	}
	return paths, nil
}

// removeFormats removes the formats that an earlier run left in dir and this one, with names, does not write: a folder
// never mixes two runs. A file of that name which no run has written stays.
func removeFormats(dir string, names []string) error {
	had, err := writtenIn(dir)
	if err != nil {
		return err
	}
	for _, f := range formats {
		if had[f.file] && !slices.Contains(names, f.name) {
			if err := os.Remove(filepath.Join(dir, f.file)); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
	}
	return noteWritten(dir, func(f format) bool { return slices.Contains(names, f.name) })
}

// writtenName is the file of a run folder that says which formats in it are ours, a file name on each line.
const writtenName = ".tenor-formats"

func writtenIn(dir string) (map[string]bool, error) {
	b, err := os.ReadFile(filepath.Join(dir, writtenName))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	had := map[string]bool{}
	for line := range strings.Lines(string(b)) {
		had[strings.TrimSpace(line)] = true
	}
	return had, nil
}

func noteWritten(dir string, ours func(format) bool) error {
	return atomicfile.Write(filepath.Join(dir, writtenName), atomicfile.FileMode, func(w io.Writer) error {
		for _, f := range formats {
			if !ours(f) {
				continue
			}
			if _, err := fmt.Fprintln(w, f.file); err != nil {
				return err
			}
		}
		return nil
	})
}
