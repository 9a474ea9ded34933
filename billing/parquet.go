package billing

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"math/big"
	"slices"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
	"github.com/shopspring/decimal"
	"golang.org/x/sync/errgroup"

	"tenor/audit"
)

// window is how many rows are read at once: so many of one column, then of the next.
const window = 2048

// minParquet is the length of the shortest Parquet file: what it begins and ends with, and how long its footer is.
const minParquet = 12

// openParquet opens a Parquet file and finds its columns.
func openParquet(file io.ReaderAt, size int64) (_ *parquet.File, _ *parquetFile, err error) {
	defer rescue(&err)
	if size < minParquet {
		return nil, nil, audit.CutOff(io.ErrUnexpectedEOF)
	}
	pf, err := parquet.OpenFile(file, size, &parquet.FileConfig{SkipPageIndex: true, SkipBloomFilters: true, ReadBufferSize: 256 << 10})
	if err != nil {
		return nil, nil, fmt.Errorf("is no Parquet file that can be read: %w", audit.CutOff(err))
	}
	fields := pf.Schema().Fields()
	names := make([]string, len(fields))
	for i, field := range fields {
		names[i] = field.Name()
	}
	f, ok := layoutOf(names)
	if !ok {
		return nil, nil, errFormat
	}
	p := &parquetFile{layout: f, names: names, leaves: leavesOf(pf.Schema())}
	return pf, p, p.check()
}

// readParquet adds up the lines of a Parquet file: its row groups are read in parallel. The error names the row.
func readParquet(ctx context.Context, file io.ReaderAt, size int64, all tallies, s *seen) (f *layout, err error) {
	pf, p, err := openParquet(file, size)
	if err != nil {
		return nil, err
	}
	defer rescue(&err)
	groups := pf.RowGroups()
	parts := make([]seen, len(groups))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(cap(all))
	first := int64(1)
	for i, rows := range groups {
		from := first
		first += rows.NumRows()
		group.Go(func() error {
			return all.with(func(t *tally) (err error) {
				if err := ctx.Err(); err != nil {
					return err
				}
				defer rescue(&err)
				return p.read(ctx, rows, from, t, &parts[i])
			})
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	for i := range parts {
		if err := s.merge(&parts[i], "the row groups before it"); err != nil {
			return nil, fmt.Errorf("row group %d: %w", i+1, err)
		}
	}
	return p.layout, nil
}

// rescue turns a panic about a damaged file into an error.
func rescue(err *error) {
	if r := recover(); r != nil {
		*err = errors.New("is damaged: its pages are not what its footer says")
	}
}

// leaf is a column of values.
type leaf struct {
	path  []string
	index int
	node  parquet.Node
	maps  bool // it is one of a map's
}

// parquetFile is a Parquet file whose columns are found.
type parquetFile struct {
	*layout
	names  []string
	leaves map[string][]leaf // by the name of the top column
}

func leavesOf(s *parquet.Schema) map[string][]leaf {
	out := map[string][]leaf{}
	for _, path := range s.Columns() {
		l, ok := s.Lookup(path...)
		if ok {
			out[path[0]] = append(out[path[0]], leaf{path, l.ColumnIndex, l.Node, l.MaxRepetitionLevel > 0})
		}
	}
	return out
}

// leaf returns the values of a column that is one value a row.
func (p *parquetFile) leaf(c column) (leaf, bool) {
	if p.at[c] < 0 {
		return leaf{}, false
	}
	list := p.leaves[p.names[p.at[c]]]
	if len(list) != 1 || list[0].maps {
		return leaf{}, false
	}
	return list[0], true
}

// mapLeaves returns the keys and the values of the column of tags.
func (p *parquetFile) mapLeaves() (keys, values leaf, ok bool) {
	if p.at[tags] < 0 {
		return leaf{}, leaf{}, false
	}
	for _, l := range p.leaves[p.names[p.at[tags]]] {
		switch last := l.path[len(l.path)-1]; {
		case len(l.path) != 3 || !l.maps:
		case last == "key":
			keys = l
		case last == "value":
			values = l
		}
	}
	return keys, values, keys.path != nil && values.path != nil
}

// check wants each column that the file has to be of a type that it can be.
func (p *parquetFile) check() error {
	for c := range columns {
		if p.at[c] < 0 {
			continue
		}
		name := p.names[p.at[c]]
		l, ok := p.leaf(c)
		if !ok && c == tags {
			if _, _, ok = p.mapLeaves(); ok {
				continue
			}
		}
		if !ok {
			return fmt.Errorf("the column %s is not one value a row", name)
		}
		kind := l.node.Type().Kind()
		amount := c == contracted || c == listed || c == billed
		text := kind == parquet.ByteArray || kind == parquet.FixedLenByteArray
		if !amount && !text || kind == parquet.Boolean || kind == parquet.Int96 {
			return fmt.Errorf("the column %s is of the type %s", name, l.node.Type())
		}
	}
	return nil
}

// What is read of each line, to tell whether it counts, and of one that does.
var (
	ofEach     = []column{payer, account, code, service, tags, product}
	ofProducts = []column{account, region, code, service, category, class, frequency, currency, contracted, listed, billed, invoice}
	ofOutposts = slices.Concat(ofProducts, []column{commitment, reservation, resource, description})
)

// read adds the rows of a row group, whose first row has the number from in the file.
func (p *parquetFile) read(ctx context.Context, group parquet.RowGroup, from int64, t *tally, s *seen) (err error) {
	chunks := group.ColumnChunks()
	var flat [columns]*cursor
	var all []*cursor
	open := func(l leaf) *cursor {
		c := &cursor{pages: chunks[l.index].Pages()}
		all = append(all, c)
		return c
	}
	defer func() {
		for _, c := range all {
			c.free()
			err = errors.Join(err, c.pages.Close())
		}
	}()
	for c := range columns {
		if l, ok := p.leaf(c); ok {
			flat[c] = open(l)
		}
	}
	var keys, values *cursor
	if k, v, ok := p.mapLeaves(); ok {
		keys, values = open(k), open(v)
	}
	in := intern{}
	arns := make([]string, window)
	for done := int64(0); done < group.NumRows(); {
		if err := ctx.Err(); err != nil {
			return err
		}
		n := int(min(window, group.NumRows()-done))
		place := func(i int, err error) error { return fmt.Errorf("row %d: %w", from+done+int64(i), err) }
		clear(arns)
		if keys != nil {
			if err := tagged(keys, values, arns[:n], in); err != nil {
				return place(0, err)
			}
		}
		var rows [columns][]parquet.Value
		fetch := func(list ...column) error {
			for _, c := range list {
				if flat[c] == nil || rows[c] != nil {
					continue
				}
				if rows[c], err = flat[c].next(n); err != nil {
					return place(0, fmt.Errorf("the column %s is damaged: %w", p.names[p.at[c]], err))
				}
			}
			return nil
		}
		if err := fetch(ofEach...); err != nil {
			return err
		}
		bytesOf := func(c column, i int) []byte {
			if rows[c] == nil || rows[c][i].IsNull() {
				return nil
			}
			return rows[c][i].ByteArray()
		}
		for i := range n {
			if err := begin(s, bytesOf(payer, i), bytesOf(account, i)); err != nil {
				return place(i, err)
			}
			outposts := isOutposts(bytesOf(code, i), bytesOf(service, i))
			arn := in.text(bytesOf(product, i))
			if text := bytesOf(tags, i); bytes.Contains(text, []byte(tagPart)) {
				if arn, err = tagIn(string(text)); err != nil {
					return place(i, err)
				}
			} else if rows[tags] != nil {
				arn = ""
			}
			if arn = cmp.Or(arns[i], arn); !outposts && arn == "" {
				continue
			}
			l := line{}
			l.text[product] = arn
			list := ofProducts
			if outposts {
				list = ofOutposts
			}
			if err := fetch(list...); err != nil {
				return err
			}
			for _, c := range list {
				switch c {
				case contracted, listed, billed:
					if c != contracted && sameDouble(rows[c], rows[contracted], i) { // of most lines the three are the same
						l.amount[c] = l.amount[contracted]
					} else if l.amount[c], err = p.amount(rows[c], i, c); err != nil {
						return place(i, fmt.Errorf("%s: %w", p.columns[c][0], err))
					}
				default:
					l.text[c] = in.text(bytesOf(c, i))
				}
			}
			if err := t.add(p.layout, &l); err != nil {
				return place(i, err)
			}
		}
		for c := range columns {
			if flat[c] != nil && rows[c] == nil {
				flat[c].skip(n)
			}
		}
		done += int64(n)
	}
	return nil
}

// sameDouble reports whether row i of two columns is the same double.
func sameDouble(a, b []parquet.Value, i int) bool {
	return a != nil && b != nil && a[i].Kind() == parquet.Double && b[i].Kind() == parquet.Double && a[i].Double() == b[i].Double()
}

// amount returns the amount in row i of a column, exactly: of a double the shortest decimal that is it.
func (p *parquetFile) amount(rows []parquet.Value, i int, c column) (decimal.NullDecimal, error) {
	if rows == nil || rows[i].IsNull() {
		return decimal.NullDecimal{}, nil
	}
	v := rows[i]
	valid := func(d decimal.Decimal) (decimal.NullDecimal, error) {
		if d.Exponent() < -maxExponent || d.Exponent() > maxExponent {
			return decimal.NullDecimal{}, fmt.Errorf("%s: %w", v, errNumber)
		}
		return decimal.NullDecimal{Decimal: d, Valid: true}, nil
	}
	scale, scaled := int32(0), false
	if t := p.leaves[p.names[p.at[c]]][0].node.Type().LogicalType(); t != nil {
		if d, ok := t.Value.(*format.DecimalType); ok {
			scale, scaled = d.Scale, true
		}
	}
	switch v.Kind() {
	case parquet.Double, parquet.Float:
		f := v.Double()
		if v.Kind() == parquet.Float {
			f = float64(v.Float())
		}
		if math.IsNaN(f) || math.IsInf(f, 0) {
			return decimal.NullDecimal{}, fmt.Errorf("%v: %w", f, errNumber)
		}
		if v.Kind() == parquet.Float {
			return valid(decimal.NewFromFloat32(v.Float()))
		}
		return valid(decimal.NewFromFloat(f))
	case parquet.Int32:
		return valid(decimal.New(int64(v.Int32()), -scale))
	case parquet.Int64:
		return valid(decimal.New(v.Int64(), -scale))
	}
	if scaled || v.Kind() == parquet.FixedLenByteArray {
		return valid(decimal.NewFromBigInt(twosComplement(v.ByteArray()), -scale))
	}
	return readAmount(string(v.ByteArray()))
}

// tagged sets arns, one a row, to the value of the tag of Service Catalog among the keys and values of a map.
func tagged(keys, values *cursor, arns []string, in intern) error {
	for row := -1; ; {
		names, err := keys.ahead()
		if errors.Is(err, io.EOF) && row == len(arns)-1 {
			return nil
		}
		var of []parquet.Value
		if err == nil {
			of, err = values.ahead()
		}
		if err != nil {
			return fmt.Errorf("tags: %w", audit.CutOff(err))
		}
		n := min(len(names), len(of))
		for i := range n {
			k, v := &names[i], &of[i]
			if k.RepetitionLevel() == 0 {
				if row == len(arns)-1 {
					keys.at, values.at = keys.at+i, values.at+i
					return nil
				}
				row++
			}
			if row < 0 || v.RepetitionLevel() != k.RepetitionLevel() {
				return errors.New("tags: keys and values are not the same number")
			}
			if !k.IsNull() && !v.IsNull() {
				if name := k.ByteArray(); string(name) == productTag || string(name) == productTagSnake {
					arns[row] = in.text(v.ByteArray())
				}
			}
		}
		keys.at, values.at = keys.at+n, values.at+n
	}
}

// cursor reads a column of a row group from its first value on.
type cursor struct {
	pages   parquet.Pages
	page    parquet.Page // nil before the first
	values  parquet.ValueReader
	left    int64          // values of page that are not read
	skipped int64          // values that are to be passed over before the next is read
	used    []parquet.Page // pages that the last values are in
	out     []parquet.Value
	at      int // in out, of ahead
}

// turn goes to the next page that has values.
func (c *cursor) turn() error {
	for c.left == 0 {
		if c.page != nil {
			c.used, c.page = append(c.used, c.page), nil
		}
		page, err := c.pages.ReadPage()
		if err != nil {
			return err
		}
		c.page, c.values, c.left = page, page.Values(), page.NumValues()
	}
	return nil
}

// free returns the pages that nothing is read of any more.
func (c *cursor) free() {
	for _, page := range c.used {
		parquet.Release(page)
	}
	c.used = c.used[:0]
}

// skip passes over n values, when the next is asked for.
func (c *cursor) skip(n int) { c.skipped += int64(n) }

// next returns the next n values of a column that is one value a row. They are valid until the next call.
func (c *cursor) next(n int) ([]parquet.Value, error) {
	c.free()
	for c.skipped > 0 {
		if err := c.turn(); err != nil {
			return nil, audit.CutOff(err)
		}
		by := min(c.skipped, c.left)
		if by < c.left {
			all := c.page.NumValues()
			c.values = c.page.Slice(all-c.left+by, all).Values()
		}
		c.left, c.skipped = c.left-by, c.skipped-by
	}
	c.free()
	if len(c.out) < n {
		c.out = make([]parquet.Value, window)
	}
	for read := 0; read < n; {
		if err := c.turn(); err != nil {
			return nil, audit.CutOff(err)
		}
		m, err := c.values.ReadValues(c.out[read:min(n, read+int(c.left))])
		if m == 0 && err != nil {
			return nil, audit.CutOff(err)
		}
		read, c.left = read+m, c.left-int64(m)
	}
	return c.out[:n], nil
}

// ahead returns values that stand next, at least one, of which c.at passes those that are done. They are valid until the call after.
func (c *cursor) ahead() ([]parquet.Value, error) {
	if c.at < len(c.out) {
		return c.out[c.at:], nil
	}
	if err := c.turn(); err != nil {
		return nil, err
	}
	c.free()
	c.out, c.at = c.out[:min(window, cap(c.out))], 0
	if cap(c.out) == 0 {
		c.out = make([]parquet.Value, window)
	}
	n, err := c.values.ReadValues(c.out[:min(int64(len(c.out)), c.left)])
	if n == 0 {
		return nil, errors.Join(err, io.ErrUnexpectedEOF)
	}
	c.out, c.left = c.out[:n], c.left-int64(n)
	return c.out, nil
}

// intern keeps one copy of each text, of so many that come again and again.
type intern map[string]string

func (in intern) text(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	if s, ok := in[string(b)]; ok {
		return s
	}
	if len(in) == 10_000 {
		clear(in)
	}
	s := string(b)
	if len(s) <= maxDescription {
		in[s] = s
	}
	return s
}

// twosComplement reads a big-endian integer.
func twosComplement(b []byte) *big.Int {
	n := new(big.Int).SetBytes(b)
	if len(b) > 0 && b[0]&0x80 != 0 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
	}
	return n
}
