package billing

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/klauspost/compress/gzip"
)

// maxRecord bounds a record of a csv, so that a quote that is never closed cannot take all the memory.
const maxRecord = 16 << 20

// bounded is a reader that gives at most left bytes until left is set again.
type bounded struct {
	io.Reader
	left int
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, fmt.Errorf("a record of more than %d MiB: is a quote not closed?", maxRecord>>20)
	}
	n, err := b.Reader.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}

// readCSV adds the lines of a csv.gz to t. The error names the line.
func readCSV(file io.Reader, t *tally) (*layout, error) {
	unzipped, err := gzip.NewReader(bufio.NewReaderSize(file, 1<<20))
	if err != nil {
		return nil, fmt.Errorf("is no gzip: %w", cutOff(err))
	}
	in := &bounded{Reader: unzipped, left: maxRecord}
	r := csv.NewReader(in)
	r.ReuseRecord = true
	names, err := r.Read()
	if err != nil {
		return nil, fmt.Errorf("line 1: %w", csvError(err))
	}
	names[0] = strings.TrimPrefix(names[0], "\ufeff")
	f, ok := layoutOf(names)
	if !ok {
		return nil, errFormat
	}
	var l line
	for last := 1; ; {
		in.left = maxRecord
		record, err := r.Read()
		if err == io.EOF {
			return f, nil
		}
		if e, ok := errors.AsType[*csv.ParseError](err); ok {
			return nil, fmt.Errorf("line %d: %w", e.StartLine, csvError(err))
		}
		if err != nil {
			return nil, fmt.Errorf("after line %d: %w", last, csvError(err))
		}
		last, _ = r.FieldPos(0)
		if err := f.addRecord(record, &l, t); err != nil {
			return nil, fmt.Errorf("line %d: %w", last, err)
		}
	}
}

// addRecord adds a record of a csv, whose fields are those of f.
func (f *layout) addRecord(record []string, l *line, t *tally) error {
	for c, i := range f.at {
		l.text[c] = ""
		if i >= 0 {
			l.text[c] = record[i]
		}
	}
	if err := t.begin([]byte(l.text[payer]), []byte(l.text[account])); err != nil {
		return err
	}
	if f.at[tags] >= 0 {
		arn, err := tagIn(l.text[tags])
		if err != nil {
			return err
		}
		if arn != "" || f.at[product] < 0 {
			l.text[product] = arn
		}
	}
	if !counts(l) {
		return nil
	}
	for _, c := range [...]column{contracted, listed, billed} {
		var err error
		if l.amount[c], err = readAmount(l.text[c]); err != nil {
			return fmt.Errorf("%s: %w", f.columns[c][0], err)
		}
	}
	return t.add(f, l)
}

// tagIn returns the value of the tag of Service Catalog in a JSON object of tags.
func tagIn(object string) (string, error) {
	if !strings.Contains(object, "rovisioned") { // seldom does a line have it, and JSON is slow
		return "", nil
	}
	var values map[string]any
	if err := json.Unmarshal([]byte(object), &values); err != nil {
		return "", errors.New("the tags are no JSON object")
	}
	for _, name := range [...]string{productTag, productTagSnake} {
		if arn, ok := values[name].(string); ok {
			return arn, nil
		}
	}
	return "", nil
}

var errFormat = errors.New("has the columns of no format that is known: want FOCUS 1.0 or 1.2 with AWS's columns, or CUR 2.0")

// csvError says what is wrong with a record, without its place.
func csvError(err error) error {
	if e, ok := errors.AsType[*csv.ParseError](err); ok {
		if errors.Is(e, csv.ErrFieldCount) {
			return errors.New("another number of fields than the header has")
		}
		return fmt.Errorf("%w", e.Err)
	}
	return cutOff(err)
}

// cutOff says in words that a file ends early.
func cutOff(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("the file ends early")
	}
	return err
}
