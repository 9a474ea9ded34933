package xlsx

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"
)

// Pages are the sheets of one table. The exported fields but Rows are to be set before the first row is written.
type Pages struct {
	book    *Book
	name    string // of the first sheet
	noun    string
	heads   []string
	kinds   []Kind
	short   []bool    // see Column.Short
	widths  []float64 // at least
	printed int       // columns
	Expect  int       // how many rows there will be, where that is known; a formula over a whole column needs it
	Waits   bool      // its rows are held on disk, compressed, until Close: another sheet's part is open meanwhile
	Mark    string    // the head of the column whose "yes" marks a row; empty for none
	Total   string    // what the last row is called, which has the sums of the columns of money; empty for no such row
	// TotalOf is the head of the column whose "yes" makes a row count in the sums; empty where every row does that a filter shows.
	TotalOf string
	sheets  []*sheet
	Rows    int               // how many were written
	chosen  []chosen          // the columns that are chosen
	sums    []decimal.Decimal // of the columns of money
}

// chosen is a column whose values are chosen from others of its row: see Column.From.
type chosen struct {
	col  int
	from [2]string
}

// capacity is how many rows a sheet holds beside its header and the sums.
func (p *Pages) capacity() int {
	if p.Total != "" {
		return p.book.design.MaxRows - 2
	}
	return p.book.design.MaxRows - 1
}

// last returns the sheet that is being filled.
func (p *Pages) last() *sheet { return p.sheets[len(p.sheets)-1] }

// next returns the sheet that the next row goes to: a further one when this one is full.
func (p *Pages) next() (*sheet, error) {
	if len(p.sheets) == 0 || p.last().row > p.capacity() {
		if err := p.turn(); err != nil {
			return nil, err
		}
	}
	p.Rows++
	return p.last(), nil
}

// turn begins the next sheet with its header.
func (p *Pages) turn() error {
	name := p.name
	var widths []float64
	if n := len(p.sheets); n > 0 {
		if !p.Waits {
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
	s := p.book.sheet(name, p.name)
	s.freezeRows, s.freezeCols, s.tables, s.waits, s.widths = 1, 1, 1, p.Waits, widths
	if left := p.Expect - p.Rows; left > 0 {
		if s.expect = min(left, p.capacity()) + 1; p.Total != "" && left <= p.capacity() {
			s.expect++
		}
	}
	if widths == nil {
		s.widths = slices.Clone(p.widths)
	}
	s.begin(30)
	for i, h := range p.heads {
		s.add(&Cell{Style: Header, Kind: p.kinds[i], Value: h})
	}
	p.sheets = append(p.sheets, s)
	return s.end()
}

// put writes a row. It widens the columns to it as long as the head is not written, and makes it as high as what wraps
// in it needs.
func (p *Pages) put(s *sheet, row []Cell) error {
	lines, fitting := 1, s.out == nil
	for i := range row {
		c := &row[i]
		if fitting {
			s.widths[i] = max(s.widths[i], min(c.width(), c.Kind.maxWidth()))
		}
		if c.Value == "" {
			continue
		}
		if c.Kind == Text && !c.fits(s.widths[i]) {
			c.Kind, c.Link = Prose, "" // programs show a link on one line
		}
		if (c.Kind == Prose || c.Kind == Code) && !p.short[i] {
			lines = max(lines, c.lines(s.widths[i]))
		}
	}
	s.begin(rowHeight(lines))
	for i := range row {
		s.add(&row[i])
	}
	return s.end()
}

// Close ends the sheets and makes them tables. Their parts follow one another into the zip.
func (p *Pages) Close() error {
	if len(p.sheets) == 0 {
		if err := p.turn(); err != nil {
			return err
		}
	}
	if p.Rows == 0 {
		s := p.last()
		s.begin(0)
		p.book.empty = append(p.book.empty, s.name)
		s.add(&Cell{Look: Muted, Kind: Ident, Value: "No " + p.noun + "."})
		if err := s.end(); err != nil {
			return err
		}
	}
	for _, s := range p.sheets {
		s.rows = s.row
	}
	if p.Total != "" && p.Rows > 0 {
		if err := p.total(); err != nil {
			return err
		}
	}
	for i, s := range p.sheets {
		if p.Mark != "" {
			s.highlight = fmt.Sprintf(`<conditionalFormatting sqref="A2:%s"><cfRule type="expression" dxfId="%d" priority="1">`+
				`<formula>$%s2="yes"</formula></cfRule></conditionalFormatting>`,
				At(len(p.heads)-1, s.rows), p.book.styles.markedRow, p.letter(p.Mark))
		}
		if p.Rows > 0 {
			s.validations = p.validations(s.rows)
		}
		if p.Waits || i == len(p.sheets)-1 {
			if err := s.close(); err != nil {
				return fmt.Errorf("sheet %s: %w", s.name, err)
			}
		}
		if err := p.book.addTable(s.name, tableName(s.name), p.heads, 0, 1, s.rows-1); err != nil {
			return err
		}
		if p.Rows == 0 { // LibreOffice prints what is hidden as well, where an area of it is to be printed
			continue
		}
		p.book.print(s.name, "$1:$1", "$A$1:$"+colName(s.printable(p.printed)-1)+"$"+strconv.Itoa(s.row))
	}
	return nil
}

// sum adds a row to the sums.
func (p *Pages) sum(row []Cell) {
	if p.Total == "" {
		return
	}
	if p.sums == nil {
		p.sums = make([]decimal.Decimal, len(p.heads))
	}
	if p.TotalOf != "" && row[slices.Index(p.heads, p.TotalOf)].Value != "yes" {
		return
	}
	for i := range row {
		if p.kinds[i] != Money || row[i].Value == "" {
			continue
		}
		if v, err := decimal.NewFromString(row[i].Value); err == nil { // words stand in for what is not known
			p.sums[i] = p.sums[i].Add(v)
		}
	}
}

// total writes the sums below the last row: of the rows that a filter shows, or of those that TotalOf picks.
func (p *Pages) total() error {
	s := p.last()
	s.begin(0)
	for i, k := range p.kinds {
		c := Cell{Kind: Ident, Look: Total}
		switch {
		case i == 0:
			c.Value = p.Total
		case k == Money:
			c.Kind, c.Value = Money, p.sums[i].String()
			c.Formula = "SUBTOTAL(9," + strings.Join(p.Refs(p.heads[i]), ",") + ")"
			if p.TotalOf != "" {
				parts, of := p.Refs(p.heads[i]), p.Refs(p.TotalOf)
				for j, ref := range parts {
					parts[j] = "SUMIFS(" + ref + "," + of[j] + `,"yes")`
				}
				c.Formula = strings.Join(parts, "+")
			}
		}
		p.book.admit(&c)
		s.add(&c)
	}
	return s.end()
}

// validations are those of the columns that are chosen, down to a row.
func (p *Pages) validations(last int) []string {
	var list []string
	for _, c := range p.chosen {
		first, end := "$"+p.letter(c.from[0])+"2", "$"+p.letter(c.from[1])+"2"
		list = append(list, fmt.Sprintf(`<dataValidation type="list" allowBlank="0" showErrorMessage="1" errorTitle="%s" `+
			`error="Choose one of the list." sqref="%s:%s"><formula1>%[4]s:INDEX(%[4]s:%[5]s,COUNTA(%[4]s:%[5]s))</formula1></dataValidation>`,
			p.heads[c.col], At(c.col, 2), At(c.col, last), first, end))
	}
	return list
}

// formula fills in the cells and columns that a column's formula names outside its literals.
func (p *Pages) formula(template string, row int) string {
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
			b.WriteString(col + "$2:" + col + "$" + strconv.Itoa(p.Expect+1))
		}
		i = end
	}
	return b.String()
}

// letter returns the letters of the column with that head, and panics when there is none: the heads are constants.
func (p *Pages) letter(head string) string {
	i := slices.Index(p.heads, head)
	if i < 0 {
		panic("xlsx: the sheet " + p.name + " has no column " + head)
	}
	return colName(i)
}

// Place returns where a row, from 0, stands, as a link names it. It is for rows that were written.
func (p *Pages) Place(row int) string {
	per := p.capacity()
	return quoted(p.sheets[row/per].name) + "!" + At(0, row%per+2)
}

// Ref returns where the rows of a column stand on the first sheet, as another sheet's formula names it. It may be asked before they
// are written, where Expect is known.
func (p *Pages) Ref(head string) string {
	col := p.letter(head)
	last := min(max(p.Rows, p.Expect, 1), p.capacity()) + 1
	return fmt.Sprintf("%s!$%s$2:$%s$%d", quoted(p.name), col, col, last)
}

// Refs returns the same for every sheet. It is for tables that are closed. There is always a row, though it may be empty.
func (p *Pages) Refs(head string) []string {
	var refs []string
	for _, s := range p.sheets {
		refs = append(refs, fmt.Sprintf("%s!$%s$2:$%s$%d", quoted(s.name), p.letter(head), p.letter(head), s.rows))
	}
	return refs
}

// Areas returns where all rows stand on each sheet, as another sheet's formula names them. It is for tables that are closed.
func (p *Pages) Areas() []string {
	var areas []string
	for _, s := range p.sheets {
		areas = append(areas, quoted(s.name)+"!"+Abs(0, 2)+":"+Abs(len(p.heads)-1, s.row))
	}
	return areas
}

// Sums returns where the row of the sums stands, as another sheet's formula names it; the last row where there is none. It is for
// tables that are closed.
func (p *Pages) Sums() string {
	s := p.last()
	return quoted(s.name) + "!" + Abs(0, s.row) + ":" + Abs(len(p.heads)-1, s.row)
}

// tableName returns the name of a sheet's table: the sheet's own, as far as a name can be.
func tableName(sheet string) string {
	return "tbl" + strings.NewReplacer(" ", "", "(", "_", ")", "").Replace(sheet)
}
