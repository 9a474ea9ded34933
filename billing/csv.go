package billing

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/klauspost/compress/gzip"

	"tenor/audit"
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

// openCSV opens a csv.gz and finds its columns. Before each record, in.left is set again.
func openCSV(file io.Reader) (in *bounded, r *csv.Reader, f *layout, err error) {
	unzipped, err := gzip.NewReader(bufio.NewReaderSize(file, 1<<20))
	if err != nil {
		return nil, nil, nil, fmt.Errorf("is no gzip: %w", audit.CutOff(err))
	}
	in = &bounded{Reader: unzipped, left: maxRecord}
	r = csv.NewReader(bufio.NewReaderSize(in, 1<<16))
	r.ReuseRecord = true
	names, err := r.Read()
	if err != nil {
		return nil, nil, nil, fmt.Errorf("line 1: %w", csvError(err))
	}
	names[0] = strings.TrimPrefix(names[0], "\ufeff")
	f, ok := layoutOf(names)
	if !ok {
		return nil, nil, nil, errFormat
	}
	return in, r, f, nil
}

// readCSV adds the lines of a csv.gz to t and s. The error names the line.
func readCSV(file io.Reader, t *tally, s *seen) (*layout, error) {
	in, r, f, err := openCSV(file)
	if err != nil {
		return nil, err
	}
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
		if err := f.addRecord(record, t, s); err != nil {
			return nil, fmt.Errorf("line %d: %w", last, err)
		}
	}
}

// addRecord adds a record of a csv, whose fields are those of f.
func (f *layout) addRecord(record []string, t *tally, s *seen) error {
	field := func(c column) string {
		if f.at[c] < 0 {
			return ""
		}
		return record[f.at[c]]
	}
	if err := begin(s, field(payer), field(account)); err != nil {
		return err
	}
	arn := field(product)
	if f.at[tags] >= 0 {
		tagged, err := tagIn(field(tags))
		if err != nil {
			return err
		}
		if tagged != "" || f.at[product] < 0 {
			arn = tagged
		}
	}
	if arn == "" && !isOutposts(field(code), field(service)) {
		return nil
	}
	var l line
	for c := range columns {
		l.text[c] = field(c)
	}
	l.text[product] = arn
	for _, c := range [...]column{contracted, listed, billed} {
		if c != contracted && l.text[c] == l.text[contracted] { // of most lines the three are the same
			l.amount[c] = l.amount[contracted]
			continue
		}
		var err error
		if l.amount[c], err = readAmount(l.text[c]); err != nil {
			return fmt.Errorf("%s: %w", f.columns[c][0], err)
		}
	}
	return t.add(f, &l)
}

// tagPart is in the tag of Service Catalog, however its name is written.
const tagPart = "rovisioned"

// tagIn returns the value of the tag of Service Catalog in a JSON object of tags; empty where it has none.
func tagIn(object string) (string, error) {
	if !strings.Contains(object, tagPart) { // seldom does a line have it, and JSON is slow
		return "", nil
	}
	var values struct {
		Tag   any `json:"aws:servicecatalog:provisionedProductArn"`
		Snake any `json:"aws_servicecatalog_provisioned_product_arn"`
	}
	err := json.Unmarshal([]byte(object), &values, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	if err != nil {
		return "", errors.New("the tags are no JSON object")
	}
	if arn, ok := values.Tag.(string); ok {
		return arn, nil
	}
	arn, _ := values.Snake.(string)
	return arn, nil
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
	return audit.CutOff(err)
}
