package report

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"tenor/audit"
)

// ReadJSON opens a report.json. It decodes everything but each audit.List, which may be very long: that is read from the file each time
// it is ranged over, until the file is closed with the function returned. An error names the file and the line: a report of a major
// schema version that this program does not know, a file that is cut off or is no report. One of 1.x is read as far as a baseline needs
// it; whoever needs more asks Current.
func ReadJSON(path string) (audit.Report, func() error, error) {
	f, err := os.Open(path)
	if err != nil {
		return audit.Report{}, nil, fmt.Errorf("read report: %w", err)
	}
	file := reportFile{File: f}
	r, err := file.read()
	if err != nil {
		return audit.Report{}, nil, errors.Join(err, f.Close())
	}
	return r, f.Close, nil
}

// Current reports whether a report that was read from path is of today's major version, and so has everything that there is to show.
func Current(r *audit.Report, path string) error {
	if err := audit.CheckSchemaVersion(r.SchemaVersion, audit.ReportSchemaVersion); err != nil {
		return fmt.Errorf("%s: %w; evaluate its snapshot again", path, err)
	}
	return nil
}

// reportFile is a report.json that is open for reading.
type reportFile struct{ *os.File }

// read decodes the members of the report and finds where its findings begin and how many there are.
func (f reportFile) read() (audit.Report, error) {
	var r audit.Report
	inPlace := json.WithUnmarshalers(json.JoinUnmarshalers(json.UnmarshalFromFunc(f.calendar), readers()))
	d := jsontext.NewDecoder(bufio.NewReaderSize(f.from(0), 1<<16), jsonOptions(), inPlace)
	if k := d.PeekKind(); k != '{' && k != jsontext.KindInvalid {
		return r, f.errorAt(0, errors.New("is no report: want an object"))
	}
	if _, err := d.ReadToken(); err != nil {
		return r, f.errorIn(0, d, err)
	}
	missing, err := f.members(d, sections(&r), func(name string) error {
		if name != versionSection {
			return nil
		}
		return audit.CheckBaselineVersion(r.SchemaVersion)
	})
	if err != nil {
		return r, err
	}
	if missing != "" {
		return r, f.errorAt(0, fmt.Errorf("is no report: it has no %s", missing))
	}
	if _, err := d.ReadToken(); !errors.Is(err, io.EOF) {
		return r, f.errorAt(d.InputOffset(), errors.New("more follows after the end of the report"))
	}
	return r, nil
}

// members decodes the rest of the object that d is in, has each member checked once it is read, and returns the name of the first
// that is not there. The error has its place.
func (f reportFile) members(d *jsontext.Decoder, of []section, check func(name string) error) (missing string, err error) {
	fields := map[string]any{}
	for _, s := range of {
		fields[s.name] = s.value
	}
	for d.PeekKind() == '"' {
		name, err := d.ReadToken()
		if err != nil {
			return "", f.errorIn(0, d, err)
		}
		key := name.String()
		value, known := fields[key]
		delete(fields, key)
		switch value := value.(type) {
		case *audit.FindingList:
			*value, err = readList[audit.Finding](f, d, key, (*jsontext.Decoder).SkipValue)
		case *audit.SilencedList:
			*value, err = readList[audit.Silenced](f, d, key, (*jsontext.Decoder).SkipValue)
		case *audit.ChangedList:
			*value, err = readList[audit.Changed](f, d, key, (*jsontext.Decoder).SkipValue)
		case *audit.RenewalList:
			*value, err = readList[audit.Renewal](f, d, key, decodes[audit.Renewal])
		case **audit.Changes:
			if *value, err = f.changes(d); err != nil {
				return "", err
			}
		default:
			if !known { // a later minor version adds members
				err = d.SkipValue()
			} else {
				err = json.UnmarshalDecode(d, value)
			}
		}
		if err != nil {
			return "", f.errorIn(0, d, err)
		}
		if err := check(key); err != nil {
			return "", f.errorAt(d.InputOffset(), err)
		}
	}
	if _, err := d.ReadToken(); err != nil {
		return "", f.errorIn(0, d, err)
	}
	for _, s := range of {
		if _, ok := fields[s.name]; ok && !slices.Contains(laterSections, s.name) {
			return s.name, nil
		}
	}
	return "", nil
}

// changes decodes what d is at: the changes of a report, or null. The error has its place.
func (f reportFile) changes(d *jsontext.Decoder) (*audit.Changes, error) {
	if d.PeekKind() == 'n' {
		_, err := d.ReadToken()
		return nil, err
	}
	if k := d.PeekKind(); k != '{' {
		return nil, f.errorAt(d.InputOffset(), fmt.Errorf("changes: want an object, have %s", k))
	}
	if _, err := d.ReadToken(); err != nil {
		return nil, f.errorIn(0, d, err)
	}
	var c audit.Changes
	missing, err := f.members(d, changeSections(&c), func(string) error { return nil })
	if err == nil && missing != "" {
		err = f.errorAt(d.InputOffset(), fmt.Errorf("is no report: changes has no %s", missing))
	}
	return &c, err
}

// calendar reads the days of the calendar, or null; d began at the beginning of the file.
func (f reportFile) calendar(d *jsontext.Decoder, days *audit.CalendarList) (err error) {
	if d.PeekKind() == 'n' {
		_, err := d.ReadToken()
		return err
	}
	*days, err = readList[audit.CalendarDay](f, d, "calendar", decodes[audit.CalendarDay])
	return err
}

// decodes checks the value that d is at.
func decodes[T any](d *jsontext.Decoder) error {
	var v T
	return json.UnmarshalDecode(d, &v)
}

// readList counts the elements of the array that d is at, each of which next goes past, and returns the list that reads them again
// from the file.
func readList[T any](f reportFile, d *jsontext.Decoder, name string, next func(*jsontext.Decoder) error) (list audit.List[T], err error) {
	if k := d.PeekKind(); k != '[' {
		return list, fmt.Errorf("%s: want an array, have %s", name, k)
	}
	if _, err := d.ReadToken(); err != nil {
		return list, err
	}
	start := d.InputOffset() - 1
	n := 0
	for ; d.PeekKind() == '{'; n++ {
		if err := next(d); err != nil {
			return list, err
		}
	}
	end, err := d.ReadToken()
	if err == nil && end.Kind() != ']' {
		err = fmt.Errorf("%s: want an object, have %s", name, end.Kind())
	}
	if err != nil {
		return list, err
	}
	return audit.NewList(n, func(yield func(T, error) bool) {
		var none T
		d := jsontext.NewDecoder(bufio.NewReaderSize(f.from(start), 1<<16), jsonOptions())
		if _, err := d.ReadToken(); err != nil {
			yield(none, f.errorIn(start, d, err))
			return
		}
		for range n {
			var v T
			if err := json.UnmarshalDecode(d, &v); err != nil {
				yield(none, f.errorIn(start, d, err))
				return
			}
			if !yield(v, nil) {
				return
			}
		}
	}), nil
}

// from reads the file from an offset on; readers do not disturb one another.
func (f reportFile) from(off int64) io.Reader {
	return io.NewSectionReader(f.File, off, 1<<62)
}

// errorIn places an error of a decoder that began at base.
func (f reportFile) errorIn(base int64, d *jsontext.Decoder, err error) error {
	off := d.InputOffset()
	cause := err
	if e, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		off, cause = e.ByteOffset, e.Err
	} else if e, ok := errors.AsType[*json.SemanticError](err); ok {
		off, cause = e.ByteOffset, fmt.Errorf("%s: %w", e.JSONPointer, semanticCause(e))
	}
	return f.errorAt(base+off, audit.CutOff(cause))
}

// semanticCause says what is wrong with a value in terms of the file and not of Go.
func semanticCause(e *json.SemanticError) error {
	if e.Err != nil {
		return e.Err
	}
	return fmt.Errorf("does not take a value of kind %s", e.JSONKind)
}

// errorAt places an error at an offset of the file.
func (f reportFile) errorAt(off int64, err error) error {
	return fmt.Errorf("report %s:%d: %w", f.Name(), audit.LineAt(f.from(0), off), err)
}
