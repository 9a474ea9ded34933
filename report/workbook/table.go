package workbook

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
