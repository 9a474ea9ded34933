package workbook

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// column is one column of a table: how it is headed, how its values are shown, and what a record puts into it.
type column[T any] struct {
	head string
	kind kind
	of   func(T) string // the value; "" leaves the cell empty
	// live is a formula whose cached value is of's; "" for none. In it {Head} is the cell of that column in the same row,
	// and [Head] all cells of that column.
	live   func(T) string
	look   func(T) look   // nil for plain
	link   func(T) string // where a click leads; "" for nowhere
	width  float64        // at least, in characters; 0 for what the kind needs
	screen bool           // not printed, nor is what stands after it
}

// table is a sheet that is one table, or several sheets when its rows need them: a header that stays in view, and a
// row for each record.
type table[T any] struct {
	*pages
	columns []column[T]
	record  []cell // the one being written
}

// newTable begins the table of a sheet. When there is nothing to show its only row says "No " and the noun.
func newTable[T any](b *book, sheet, noun string, columns []column[T]) *table[T] {
	p := &pages{book: b, name: sheet, noun: noun, printed: len(columns)}
	for i, c := range columns {
		p.heads = append(p.heads, c.head)
		p.kinds = append(p.kinds, c.kind)
		p.widths = append(p.widths, max(c.width, c.kind.minWidth(), headWidth(c.head)))
		if c.screen {
			p.printed = min(p.printed, i)
		}
	}
	return &table[T]{p, columns, make([]cell, len(columns))}
}

// add writes a record.
func (t *table[T]) add(v T) error {
	s, err := t.next()
	if err != nil {
		return err
	}
	for i := range t.columns {
		col := &t.columns[i]
		c := &t.record[i]
		*c = cell{kind: col.kind, value: col.of(v)}
		if col.live != nil {
			c.formula = t.formula(col.live(v), s.row+1)
		}
		if col.look != nil {
			c.look = col.look(v)
		}
		if col.link != nil {
			c.link = col.link(v)
		}
	}
	return t.put(s, t.record)
}

// addAll writes records, and ends the table.
func (t *table[T]) addAll(vs []T) error {
	t.expect = len(vs)
	for _, v := range vs {
		if err := t.add(v); err != nil {
			return err
		}
	}
	return t.close()
}

// pages are the sheets of one table.
type pages struct {
	book    *book
	name    string // of the first sheet
	noun    string
	heads   []string
	kinds   []kind
	widths  []float64 // at least
	printed int       // columns
	expect  int       // how many rows there will be, where that is known; formulas over a whole column need it
	waits   bool      // another sheet's part is open meanwhile
	accent  string    // the head of the column whose "yes" marks a row; empty for none
	sheets  []*sheet
	rows    int
}

// last returns the sheet that is being filled.
func (p *pages) last() *sheet { return p.sheets[len(p.sheets)-1] }

// next returns the sheet that the next row goes to: a further one when this one is full.
func (p *pages) next() (*sheet, error) {
	if len(p.sheets) == 0 || p.last().row == p.book.maxRows {
		if err := p.turn(); err != nil {
			return nil, err
		}
	}
	p.rows++
	return p.last(), nil
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
		widths = slices.Clone(p.last().widths)
		var err error
		if name, err = p.book.continuation(p.name, n+1); err != nil {
			return err
		}
	}
	s := p.book.sheet(name)
	s.freezeRows, s.freezeCols, s.tables, s.waits, s.widths = 1, 1, 1, p.waits, widths
	s.expect = min(p.expect-p.rows+1, p.book.maxRows)
	if widths == nil {
		s.widths = slices.Clone(p.widths)
	}
	s.begin(30)
	for i, h := range p.heads {
		s.add(&cell{style: p.book.styles.headerOf(p.kinds[i]), value: h})
	}
	p.sheets = append(p.sheets, s)
	return s.end()
}

// put writes a row. It widens the columns to it as long as the head is not written, and makes it as high as what wraps
// in it needs.
func (p *pages) put(s *sheet, row []cell) error {
	lines := 1
	for i := range row {
		c := &row[i]
		if s.out != nil && (c.kind == ident || len(c.value) <= surelyFits && c.kind != prose && c.kind != code) {
			continue // the widths stand, and it does not wrap
		}
		w := c.width()
		if c.kind == text && w > maxWidth {
			c.kind, c.link, w = prose, "", maxWidth // programs show a link on one line
		}
		if s.out == nil {
			s.widths[i] = max(s.widths[i], w)
		}
		if c.kind == prose || c.kind == code {
			lines = max(lines, c.lines(s.widths[i]))
		}
	}
	s.begin(rowHeight(lines))
	for i := range row {
		s.add(&row[i])
	}
	return s.end()
}

// close ends the sheets and makes them tables. Their parts follow one another into the zip.
func (p *pages) close() error {
	if len(p.sheets) == 0 {
		if err := p.turn(); err != nil {
			return err
		}
	}
	if p.rows == 0 {
		s := p.last()
		s.begin(0)
		s.add(&cell{look: muted, kind: ident, value: "No " + p.noun + "."})
		if err := s.end(); err != nil {
			return err
		}
	}
	for i, s := range p.sheets {
		if p.accent != "" {
			s.highlight = fmt.Sprintf(`<conditionalFormatting sqref="A2:%s"><cfRule type="expression" dxfId="%d" priority="1"><formula>$%s2="yes"</formula></cfRule></conditionalFormatting>`,
				at(len(p.heads)-1, s.row), p.book.styles.markedRow, p.letter(p.accent))
		}
		if p.waits || i == len(p.sheets)-1 {
			if err := s.close(); err != nil {
				return fmt.Errorf("sheet %s: %w", s.name, err)
			}
		}
		if err := p.book.addTable(s.name, tableName(s.name), p.heads, 0, 1, s.row-1); err != nil {
			return err
		}
		p.book.print(s.name, "$1:$1", "$A$1:$"+colName(p.printed-1)+"$"+strconv.Itoa(s.row))
	}
	return nil
}

// formula fills in the cells and columns that a column's formula names outside its literals.
func (p *pages) formula(template string, row int) string {
	var b strings.Builder
	literal := false
	for i := 0; i < len(template); i++ {
		c := template[i]
		if c == '"' {
			literal = !literal
		}
		if literal || c != '{' && c != '[' {
			b.WriteByte(c)
			continue
		}
		end := i + strings.IndexAny(template[i:], "}]")
		col := "$" + p.letter(template[i+1:end])
		if c == '{' {
			b.WriteString(col + strconv.Itoa(row))
		} else {
			b.WriteString(col + "$2:" + col + "$" + strconv.Itoa(p.expect+1))
		}
		i = end
	}
	return b.String()
}

// letter returns the letters of the column with that head, and panics when there is none: the heads are constants.
func (p *pages) letter(head string) string {
	i := slices.Index(p.heads, head)
	if i < 0 {
		panic("workbook: the sheet " + p.name + " has no column " + head)
	}
	return colName(i)
}

// ref returns where the rows of a column stand on the first sheet, as another sheet's formula names it.
func (p *pages) ref(head string) string { return p.refs(head)[0] }

// place returns where a row stands, from 0, as a link names it.
func (p *pages) place(row int) string {
	per := p.book.maxRows - 1
	return quoted(p.sheets[row/per].name) + "!" + at(0, row%per+2)
}

// refs returns the same for every sheet. There is always a row, though it may be empty.
func (p *pages) refs(head string) []string {
	var refs []string
	for _, s := range p.sheets {
		refs = append(refs, fmt.Sprintf("%s!$%s$2:$%s$%d", quoted(s.name), p.letter(head), p.letter(head), s.row))
	}
	return refs
}

// tableName returns the name of a sheet's table: the sheet's own, as far as a name can be.
func tableName(sheet string) string {
	return "tbl" + strings.NewReplacer(" ", "", "(", "_", ")", "").Replace(sheet)
}

// The widths of columns, in characters.
const (
	maxWidth   = 42 // of text, which wraps when it is longer
	headMargin = 3  // of the filter's button
	surelyFits = 31 // bytes that fit into maxWidth whatever they are, save for scripts that wrap all the same
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
	case prose:
		return 44
	case code:
		return 64
	case date, month:
		return 12
	case moment:
		return 17
	}
	return 8
}

// width is what a cell needs to be seen whole; one that wraps needs no more than its kind's least.
func (c *cell) width() float64 {
	n := 0
	switch c.kind {
	case prose, code, date, moment, month:
		return 0
	case money:
		whole, _, _ := strings.Cut(c.value, ".")
		n = len(whole) + len(whole)/3 + len("$.00")
	case percent, rate:
		n = len("-100.00%")
	default:
		n = displayWidth(c.value)
	}
	return float64(n) + 3
}

// lines is how many lines a cell that wraps takes in a column, generously.
func (c *cell) lines(width float64) int {
	per := int(width) - 1
	if c.kind == code {
		per = per * 9 / 10
	}
	if len(c.value) <= per {
		return 1 + strings.Count(c.value, "\n")
	}
	n := 0
	for line := range strings.SplitSeq(c.value, "\n") {
		n += max(1, (displayWidth(line)+per-1)/per)
		if n > maxLines {
			return maxLines
		}
	}
	return n
}

const maxLines = 30 // of a row, which can be no higher than 409 points

// rowHeight is the height of a row of so many lines, in points; 0 for the default.
func rowHeight(lines int) float64 {
	if lines <= 1 {
		return 0
	}
	return float64(lines)*13 + 3
}
