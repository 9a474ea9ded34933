package workbook

import (
	"fmt"
	"strings"
)

// column is one column of a table: how it is headed, how its values are shown, and what a record puts into it.
type column[T any] struct {
	head string
	kind kind
	of   func(T) string            // the value; "" leaves the cell empty
	live func(v T, row int) string // a formula, without the equals sign, whose cached value is of's; "" for none
	look func(T) look              // nil for plain
	link func(T) string            // where a click leads; "" for nowhere
}

// table is a sheet that is one table, or several sheets when its rows need them: a header that stays in view, and a
// row for each record.
type table[T any] struct {
	*pages
	columns []column[T]
}

// newTable begins the table of a sheet. When there is nothing to show its only row says "No " and the noun.
func newTable[T any](b *book, sheet, noun string, columns []column[T]) *table[T] {
	p := &pages{book: b, name: sheet, noun: noun}
	for _, c := range columns {
		p.heads = append(p.heads, c.head)
		p.kinds = append(p.kinds, c.kind)
	}
	return &table[T]{p, columns}
}

// add writes a record.
func (t *table[T]) add(v T) error {
	s, err := t.next()
	if err != nil {
		return err
	}
	for i := range t.columns {
		col := &t.columns[i]
		c := cell{kind: col.kind}
		if col.of != nil {
			c.value = col.of(v)
		}
		if col.live != nil {
			c.formula = col.live(v, s.row)
		}
		if col.look != nil {
			c.look = col.look(v)
		}
		if col.link != nil {
			c.link = col.link(v)
		}
		t.put(s, i, &c)
	}
	return s.end()
}

// pages are the sheets of one table.
type pages struct {
	book   *book
	name   string // of the first sheet
	noun   string
	heads  []string
	kinds  []kind
	expect int  // how many rows there will be, where that is known; it only shapes what readers are told ahead
	waits  bool // another sheet's part is open meanwhile
	sheets []*sheet
	rows   int
}

// last returns the sheet that is being filled.
func (p *pages) last() *sheet { return p.sheets[len(p.sheets)-1] }

// next begins a row, on a further sheet when this one is full.
func (p *pages) next() (*sheet, error) {
	if len(p.sheets) == 0 || p.last().row == p.book.maxRows {
		if err := p.turn(); err != nil {
			return nil, err
		}
	}
	p.rows++
	s := p.last()
	s.begin(0)
	return s, nil
}

// turn begins the next sheet with its header.
func (p *pages) turn() error {
	name := p.name
	var widths []float64
	if n := len(p.sheets); n > 0 {
		if !p.waits {
			if err := p.last().close(); err != nil {
				return fmt.Errorf("sheet %s: %w", p.last().name, err)
			}
		}
		widths = append(widths, p.last().widths...)
		var err error
		if name, err = p.book.continuation(p.name, n+1); err != nil {
			return err
		}
	}
	s := p.book.sheet(name)
	s.freezeRows, s.tables, s.waits = 1, 1, p.waits
	s.expect = min(p.expect-p.rows+1, p.book.maxRows)
	s.widths = widths
	if widths == nil {
		for i, h := range p.heads {
			s.widths = append(s.widths, max(p.kinds[i].minWidth(), headWidth(h)))
		}
	}
	s.begin(30)
	for _, h := range p.heads {
		s.add(&cell{style: p.book.styles.header, value: h})
	}
	p.sheets = append(p.sheets, s)
	return s.end()
}

// put adds a cell and widens its column to it, as long as the head is not written.
func (p *pages) put(s *sheet, col int, c *cell) {
	if s.out == nil {
		if w := c.width(); w > s.widths[col] {
			s.widths[col] = min(w, maxWidth)
		}
	}
	if c.kind == text && len(c.value) > maxWidth && displayWidth(c.value) > maxWidth {
		c.kind = prose
	}
	s.add(c)
}

// close ends the sheets and makes them tables. Their parts follow one another into the zip.
func (p *pages) close() error {
	if len(p.sheets) == 0 {
		if err := p.turn(); err != nil {
			return err
		}
	}
	first := p.sheets[0]
	if p.rows == 0 {
		first.begin(0)
		first.add(&cell{look: muted, value: "No " + p.noun + "."})
		if err := first.end(); err != nil {
			return err
		}
	}
	for i, s := range p.sheets {
		if p.waits || i == len(p.sheets)-1 {
			if err := s.close(); err != nil {
				return fmt.Errorf("sheet %s: %w", s.name, err)
			}
		}
		if err := p.book.addTable(s.name, tableName(s.name), p.heads, 0, 1, s.row-1); err != nil {
			return err
		}
	}
	return nil
}

// column returns the ranges that a column's rows take, one a sheet: "'Findings'!$C$2:$C$90". There is always a row.
func (p *pages) column(head string) []string {
	col := 0
	for i, h := range p.heads {
		if h == head {
			col = i
		}
	}
	var refs []string
	for _, s := range p.sheets {
		refs = append(refs, fmt.Sprintf("%s!$%s$2:$%s$%d", quoted(s.name), colName(col), colName(col), max(s.row, 2)))
	}
	return refs
}

// tableName returns the name of a sheet's table: the sheet's own, as far as a name can.
func tableName(sheet string) string {
	return "tbl" + strings.NewReplacer(" ", "", "(", "_", ")", "").Replace(sheet)
}

// The widths of columns, in characters.
const (
	maxWidth   = 60 // of text, which wraps when it is longer
	headMargin = 3  // of the filter's button
)

// headWidth is what a header needs, which may break between its words.
func headWidth(head string) float64 {
	longest := 0
	for _, word := range strings.Fields(head) {
		longest = max(longest, len(word))
	}
	return float64(max(longest, len(head)/2) + headMargin)
}

func (k kind) minWidth() float64 {
	switch k {
	case prose, code:
		return 44
	case date:
		return 12
	case moment:
		return 17
	}
	return 8
}

// width is what a cell needs to be seen whole.
func (c *cell) width() float64 {
	n := 0
	switch c.kind {
	case prose, code, date, moment: // the least of their kind
		return 0
	case money:
		whole, _, _ := strings.Cut(c.value, ".")
		n = len(whole) + len(whole)/3 + len("$.00")
	case percent:
		n = len("-100.00%")
	default:
		n = displayWidth(c.value)
	}
	return float64(n) + 2
}
