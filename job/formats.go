package job

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"tenor/audit"
	"tenor/internal/atomicfile"
	"tenor/internal/wholefile"
	"tenor/report"
)

// format is one way to write a report: as a file, or one of the files that have its name in common.
type format struct {
	name  string
	file  string // with slashes, below the run folder; a * stands for the day of as_of
	write func(io.Writer, audit.Report, iter.Seq2[*audit.Resource, error]) error
}

// fileOf returns the file of a report, with slashes, below the run folder.
func (f *format) fileOf(r *audit.Report) string {
	asOf, _ := time.Parse(time.RFC3339, r.Run.AsOf) // which newAnalyst has read
	return strings.Replace(f.file, "*", asOf.UTC().Format(time.DateOnly), 1)
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
	{"ics", "report.ics", alone(report.ICS)},
	{"focus", "report.focus.csv", alone(report.FOCUS)},
	{"parquet", "parquet/findings/as_of=*/findings.parquet", alone(report.ParquetFindings)},
	{"parquet", "parquet/coverage/as_of=*/coverage.parquet", alone(report.ParquetCoverage)},
	{"parquet", "parquet/renewals/as_of=*/renewals.parquet", alone(report.ParquetRenewals)},
	{"parquet", "parquet/charges/as_of=*/charges.parquet", alone(report.ParquetCharges)},
}

// alone makes a format of one that needs nothing but the report.
func alone(f func(io.Writer, audit.Report) error) func(io.Writer, audit.Report, iter.Seq2[*audit.Resource, error]) error {
	return func(w io.Writer, r audit.Report, _ iter.Seq2[*audit.Resource, error]) error { return f(w, r) }
}

// FormatNames lists the formats there are.
func FormatNames() []string {
	return slices.Compact(audit.Map(formats[:], func(f format) string { return f.name }))
}

// writeFormats writes the report into dir in each of the formats named but the record, each on its own: one that fails costs no
// other. It returns the paths of those that are there, in the order of formats, and of the others why they are not.
func writeFormats(
	ctx context.Context, dir string, names []string, r audit.Report, resources iter.Seq2[*audit.Resource, error],
) (paths []string, failed []failure) {
	wanted := slices.DeleteFunc(slices.Clone(formats[1:]), func(f format) bool { return !slices.Contains(names, f.name) })
	if len(wanted) == 0 {
		return nil, nil
	}
	errs, files := make([]error, len(wanted)), make([]string, len(wanted))
	for i := range wanted {
		files[i] = wanted[i].fileOf(&r)
	}
	had, err := writtenIn(dir)
	if err == nil { // what is noted is removed by the next run, so a file is noted before it is there
		err = noteWritten(dir, slices.Concat(had, files))
	}
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i, f := range wanted {
		if errs[i] = err; err != nil {
			continue
		}
		g.Go(func() error {
			errs[i] = atomicfile.Write(filepath.Join(dir, filepath.FromSlash(files[i])), atomicfile.FileMode, func(w io.Writer) error {
				return f.writeTo(ctx, w, r, resources)
			})
			return nil
		})
	}
	_ = g.Wait() // each has its own error
	for i, f := range wanted {
		if at := failedAs(failed, f.name); errs[i] != nil && at >= 0 {
			failed[at].err = errors.Join(failed[at].err, errs[i])
		} else if errs[i] != nil {
			failed = append(failed, failure{audit.OutputFormat, f.name, errs[i]})
		}
	}
	for i, f := range wanted {
		at := failedAs(failed, f.name)
		switch {
		case at < 0:
			paths = append(paths, filepath.Join(dir, filepath.FromSlash(files[i])))
		case errs[i] == nil: // a format of several files is there whole or not at all
			if err := removeFile(dir, files[i]); err != nil {
				failed[at].err = errors.Join(failed[at].err, err)
			}
		default:
			removeFolders(dir, files[i])
		}
	}
	return paths, failed
}

// failedAs is where a format stands among those that failed, or -1.
func failedAs(failed []failure, name string) int {
	return slices.IndexFunc(failed, func(f failure) bool { return f.name == name })
}

// writeTo writes the format until the context ends, and then stops soon, wherever it is. What it cannot do is an error; where w is to
// blame, w's own.
func (f *format) writeTo(ctx context.Context, w io.Writer, r audit.Report, resources iter.Seq2[*audit.Resource, error]) (err error) {
	to := &writerUntil{ctx: ctx, w: w}
	defer func() {
		if broken := recover(); broken != nil {
			err = fmt.Errorf("the format is broken: %v", broken)
		}
		if to.err != nil {
			err = to.err
		}
	}()
	r.Findings = audit.NewList(r.Findings.Len, until(ctx, r.Findings.All()))
	if resources != nil {
		resources = until(ctx, resources)
	}
	return f.write(to, r, resources)
}

// until ranges over a sequence until the context ends.
func until[T any](ctx context.Context, seq iter.Seq2[T, error]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for v, err := range seq {
			if serr := stopped(ctx); serr != nil {
				yield(*new(T), serr)
				return
			}
			if !yield(v, err) {
				return
			}
		}
	}
}

// writerUntil is a writer until the context ends.
type writerUntil struct {
	ctx context.Context
	w   io.Writer
	err error // the first
}

func (w *writerUntil) Write(p []byte) (n int, err error) {
	if err = stopped(w.ctx); err == nil {
		n, err = w.w.Write(p)
	}
	if w.err == nil {
		w.err = err
	}
	return n, err
}

// stopped says why a run has to end, nil when it has not.
func stopped(ctx context.Context) error {
	switch {
	case ctx.Err() == nil:
		return nil
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return errors.New("the time of the run was over")
	}
	return errors.New("interrupted")
}

// writtenName is the file of a run folder that says which formats in it are ours, a file on each line.
const writtenName = ".tenor-formats"

// writtenIn returns the files in dir that are ours, without the record: of what is noted, those that a format may have.
func writtenIn(dir string) (files []string, err error) {
	b, err := wholefile.Read(filepath.Join(dir, writtenName), wholefile.MiB)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for line := range strings.Lines(string(b)) {
		name := strings.TrimSpace(line)
		if slices.ContainsFunc(formats[1:], func(f format) bool { ok, _ := path.Match(f.file, name); return ok }) {
			files = append(files, name)
		}
	}
	return files, nil
}

func noteWritten(dir string, files []string) error {
	slices.Sort(files)
	text := strings.Join(slices.Compact(files), "\n") + "\n"
	return atomicfile.WriteBytes(filepath.Join(dir, writtenName), atomicfile.FileMode, []byte(text))
}

// removeFile removes a file of ours from dir, if it is there, and with it the folders that held nothing else.
func removeFile(dir, file string) error {
	name := filepath.Join(dir, filepath.FromSlash(file))
	if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	removeFolders(dir, file)
	return nil
}

// removeFolders removes the folders on the way from dir to a file of ours that have nothing in them but what killed runs have left. What
// cannot be removed is in nobody's way.
func removeFolders(dir, file string) {
	for sub := path.Dir(file); sub != "."; sub = path.Dir(sub) {
		folder := filepath.Join(dir, filepath.FromSlash(sub))
		_ = atomicfile.Sweep(folder)
		_ = os.Remove(folder) // which fails when there is something in it
	}
}
