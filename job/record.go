package job

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"tenor/audit"
	"tenor/internal/atomicfile"
	"tenor/job/delivery"
	"tenor/report"
)

// recordFile is the report.json of a run: in its place before any other output is begun, and always true. As long as the other formats are
// being written it says that they are missing, so one that is killed has left word of it; what it says in the end is on the disk by
// then, so that a full disk cannot keep it from saying so.
type recordFile struct {
	path string
	of   audit.Report        // whose it is; without its lists
	head int64               // bytes that come before what it says is missing
	said []audit.Undelivered // what it says
	next *atomicfile.Staged  // its successor; nil: there is none yet
}

// unwritten is why a format is missing of a run that was killed.
const unwritten = "the run ended before it was written"

// endRoom is how many bytes a successor is given to say what is missing, before anyone knows what that is.
const endRoom = 16 << 10

// writeRecord puts report.json in place whole, and removes the other formats that an earlier run left in dir: a folder never mixes two
// runs. The formats named are those to be written next. What cannot be written leaves the folder as it was.
func writeRecord(ctx context.Context, dir string, r audit.Report, names []string) (_ *recordFile, err error) {
	rec := &recordFile{path: filepath.Join(dir, formats[0].file), of: audit.Report{Run: r.Run, Status: r.Status}}
	for _, f := range formats[1:] {
		if slices.Contains(names, f.name) {
			rec.said = append(rec.said, audit.Undelivered{Kind: audit.OutputFormat, Name: f.name, Message: unwritten})
		}
	}
	rec.said = slices.Compact(rec.said)
	r.Undelivered = rec.said
	first, err := atomicfile.Stage(rec.path, atomicfile.FileMode, func(w io.Writer) error { return formats[0].writeTo(ctx, w, r, nil) })
	if err != nil {
		return nil, fmt.Errorf("%s: %w", rec.path, err)
	}
	end, err := report.JSONEnd(r.Undelivered)
	info, serr := os.Stat(first.Name())
	if err = errors.Join(err, serr); err == nil {
		rec.head = info.Size() - int64(len(end))
		if len(rec.said) > 0 {
			_ = rec.succeed(first.Name(), endRoom) // say tries again: the record has to land, even where there is room for no more
		}
		err = clearFormats(dir)
	}
	if err == nil {
		err = rec.vouch(first)
	}
	if err != nil {
		return nil, errors.Join(err, first.Discard(), rec.discard())
	}
	if err := rec.place(first); err != nil {
		return nil, errors.Join(err, rec.discard())
	}
	return rec, nil
}

// succeed stages a successor of a record that stands in a file, with room for so many bytes to say what is missing.
func (rec *recordFile) succeed(file string, room int) (err error) {
	in, err := os.Open(file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	next, err := atomicfile.Stage(rec.path, atomicfile.FileMode, func(w io.Writer) error {
		if _, err := io.CopyN(w, in, rec.head); err != nil {
			return err
		}
		_, err := io.WriteString(w, strings.Repeat(" ", room))
		return err
	})
	if err != nil {
		return err
	}
	rec.next = next
	return nil
}

// say has the record say what is missing, unless it says so already.
func (rec *recordFile) say(missing []audit.Undelivered) error {
	if slices.Equal(missing, rec.said) {
		return rec.discard()
	}
	end, err := report.JSONEnd(missing)
	if err == nil && rec.next == nil {
		err = rec.succeed(rec.path, len(end))
	}
	if err == nil {
		err = rec.next.End(rec.head, end)
	}
	if err == nil {
		err = rec.vouch(rec.next)
	}
	if err != nil {
		return errors.Join(err, rec.discard())
	}
	next := rec.next
	rec.next, rec.said = nil, slices.Clone(missing)
	return rec.place(next)
}

// place makes a successor the record.
func (rec *recordFile) place(next *atomicfile.Staged) error {
	if err := next.Place(); err != nil {
		return err
	}
	_ = delivery.Settle(filepath.Dir(rec.path)) // a run.json that answers for the record before too is as true
	return nil
}

// vouch has run.json answer for what is about to be the record.
func (rec *recordFile) vouch(next *atomicfile.Staged) error {
	return delivery.Record(filepath.Dir(rec.path), filepath.Base(rec.path), next.Name(), &rec.of)
}

// discard removes the successor.
func (rec *recordFile) discard() error {
	if rec.next == nil {
		return nil
	}
	next := rec.next
	rec.next = nil
	return next.Discard()
}

// clearFormats removes the formats but the record that an earlier run left in dir.
func clearFormats(dir string) error {
	had, err := writtenIn(dir)
	if err != nil || len(had) == 0 {
		return err
	}
	for _, file := range had {
		if err := removeFile(dir, file); err != nil {
			return err
		}
	}
	return noteWritten(dir, nil)
}
