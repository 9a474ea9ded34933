package xlsx

// Column is one column of a table: how it is headed, how its values are shown, and what a record puts into it.
type Column[T any] struct {
	Head string
	Kind Kind
	Of   func(T) string // the value; "" leaves the cell empty
	When func(T) bool   // the rows that have a value, and the formula of one; nil for all
	// Live is a formula whose cached value is Of's; "" for none. In it {Head} is the cell of that column in the same row,
	// and [Head] all cells of that column.
	Live   func(T) string
	Look   func(T) Look   // nil for plain
	Link   func(T) string // where a click leads; "" for nowhere
	Width  float64        // at least, in characters; 0 for what the kind needs
	Screen bool           // not printed, nor is what stands after it
	Short  bool           // makes no row higher: of a text that is longer than the others of its row, the beginning is seen
	// From are the heads of the first and the last of the columns in whose cells, in the same row, stand the values that a reader
	// may choose from: those that are not empty stand first. Empty for a cell that is not chosen.
	From [2]string
}

// Table is a sheet that is one table, or several sheets when its rows need them: a header that stays in view, and a
// row for each record.
type Table[T any] struct {
	*Pages
	columns []Column[T]
	record  []Cell // the one being written
}

// NewTable begins the table of a sheet that the Design names. When there is nothing to show its only row says "No " and the noun.
func NewTable[T any](b *Book, sheet, noun string, columns []Column[T]) *Table[T] {
	p := &Pages{book: b, name: sheet, noun: noun, printed: len(columns)}
	for i, c := range columns {
		if c.From[0] != "" {
			p.chosen = append(p.chosen, chosen{i, c.From})
		}
		p.heads = append(p.heads, c.Head)
		p.kinds, p.short = append(p.kinds, c.Kind), append(p.short, c.Short)
		p.widths = append(p.widths, max(c.Width, shown[c.Kind].minWidth, headWidth(c.Head)))
		if c.Screen {
			p.printed = min(p.printed, i)
		}
	}
	return &Table[T]{p, columns, make([]Cell, len(columns))}
}

// Add writes a record.
func (t *Table[T]) Add(v T) error {
	s, err := t.next()
	if err != nil {
		return err
	}
	for i := range t.columns {
		col := &t.columns[i]
		c := &t.record[i]
		*c = Cell{Kind: col.Kind}
		if col.When == nil || col.When(v) {
			c.Value = col.Of(v)
			if col.Live != nil {
				c.Formula = t.formula(col.Live(v), s.row+1)
			}
		}
		if col.Look != nil {
			c.Look = col.Look(v)
		}
		if col.Link != nil {
			c.Link = col.Link(v)
		}
		t.book.admit(c)
	}
	t.sum(t.record)
	return t.put(s, t.record)
}

// AddAll writes records, and closes the table.
func (t *Table[T]) AddAll(vs []T) error {
	t.Expect = len(vs)
	for _, v := range vs {
		if err := t.Add(v); err != nil {
			return err
		}
	}
	return t.Close()
}
