package xlsx

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/klauspost/compress/flate"

	"tenor/internal/scratch"
)

// layout is what a sheet has beside its rows.
type layout struct {
	widths      []float64 // of the columns, in characters
	first       bool      // the sheet that is shown first
	tab         string    // the colour of its tab, RRGGBB; empty for none
	freezeRows  int
	freezeCols  int
	merges      []string // "A1:C1"
	links       []byte   // hyperlink elements: cells that lead to others
	linked      int      // how many
	highlight   string   // the conditionalFormatting element; empty for none
	validations []string // dataValidation elements
	tables      int      // as the sheet's first relationships
	drawing     bool     // charts, as the relationship after these
	breaks      []int    // the rows after which a page ends
	footer      string
}

const worksheetOpen = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n" +
	`<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" ` +
	`xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">`

// appendHead writes what stands before the rows. How many these will be is left out when it is not known, 0: programs take
// the dimension's word for it, and read no further.
func (l *layout) appendHead(b []byte, cols, rows int) []byte {
	b = append(b, worksheetOpen+`<sheetPr>`...)
	if l.tab != "" {
		b = append(b, `<tabColor rgb="FF`+l.tab+`"/>`...)
	}
	b = append(b, `<pageSetUpPr fitToPage="1"/></sheetPr>`...)
	if cols > 0 && rows > 0 {
		b = fmt.Appendf(b, `<dimension ref="A1:%s"/>`, At(cols-1, rows))
	}
	b = append(b, `<sheetViews><sheetView showGridLines="0"`...)
	if l.first {
		b = append(b, ` tabSelected="1"`...)
	}
	b = append(b, ` workbookViewId="0">`...)
	if l.freezeRows > 0 {
		pane, split := "bottomLeft", ""
		if l.freezeCols > 0 {
			pane, split = "bottomRight", fmt.Sprintf(` xSplit="%d"`, l.freezeCols)
		}
		b = fmt.Appendf(b, `<pane%s ySplit="%d" topLeftCell="%s" activePane="%s" state="frozen"/><selection pane="%[4]s"/>`,
			split, l.freezeRows, At(l.freezeCols, l.freezeRows+1), pane)
	}
	b = append(b, `</sheetView></sheetViews><sheetFormatPr defaultRowHeight="15"/><cols>`...)
	for i, w := range l.widths {
		b = fmt.Appendf(b, `<col min="%[1]d" max="%[1]d" width="%.2[2]f" customWidth="1"/>`, i+1, min(w, maxWidth))
	}
	return append(b, `</cols><sheetData>`...)
}

// appendTail writes what stands after the rows, in the order of the schema.
func (l *layout) appendTail(b []byte, cols, rows int) []byte {
	b = append(b, `</sheetData>`...)
	if len(l.merges) > 0 {
		b = fmt.Appendf(b, `<mergeCells count="%d">`, len(l.merges))
		for _, m := range l.merges {
			b = append(b, `<mergeCell ref="`+m+`"/>`...)
		}
		b = append(b, `</mergeCells>`...)
	}
	b = append(b, l.highlight...)
	if n := len(l.validations); n > 0 {
		b = fmt.Appendf(b, `<dataValidations count="%d">%s</dataValidations>`, n, strings.Join(l.validations, ""))
	}
	if l.linked > 0 {
		b = append(append(append(b, `<hyperlinks>`...), l.links...), `</hyperlinks>`...)
	}
	b = append(b, `<pageMargins left="0.4" right="0.4" top="0.5" bottom="0.6" header="0.3" footer="0.3"/>`+
		`<pageSetup paperSize="9" orientation="landscape" fitToWidth="1" fitToHeight="0"/><headerFooter><oddFooter>`...)
	b = append(appendText(b, cut(l.footer, maxFooter)), `</oddFooter></headerFooter>`...)
	if n := len(l.breaks); n > 0 {
		b = fmt.Appendf(b, `<rowBreaks count="%[1]d" manualBreakCount="%[1]d">`, n)
		for _, row := range l.breaks {
			b = fmt.Appendf(b, `<brk id="%d" max="16383" man="1"/>`, row)
		}
		b = append(b, `</rowBreaks>`...)
	}
	// Account numbers are text, and no mistake.
	b = fmt.Appendf(b, `<ignoredErrors><ignoredError sqref="A1:%s" numberStoredAsText="1"/></ignoredErrors>`, At(max(cols, 1)-1, max(rows, 1)))
	if l.drawing {
		b = fmt.Appendf(b, `<drawing r:id="rId%d"/>`, l.tables+1)
	}
	if l.tables > 0 {
		b = fmt.Appendf(b, `<tableParts count="%d">`, l.tables)
		for i := range l.tables {
			b = fmt.Appendf(b, `<tablePart r:id="rId%d"/>`, i+1)
		}
		b = append(b, `</tableParts>`...)
	}
	return append(b, `</worksheet>`...)
}

// sheet is a worksheet on its way into the zip. Its head, which has the widths, is written with the first flush, so
// the widths are those of the rows until then.
type sheet struct {
	layout
	name   string
	book   *Book
	out    io.Writer // the part; nil until it is begun
	held   *spool    // rows that wait, because another sheet's part is being written
	waits  bool
	buf    []byte
	row    int    // the last one begun
	number []byte // of that row, as it is written
	rows   int    // the last row of a table's records, set when they are written
	col    int    // the next one
	cols   int    // the most in a row
	expect int    // the rows there will be; 0 when that is not known
}

// flushAt is how many bytes of rows are gathered before they are written.
const flushAt = 1 << 18

// begin starts the next row; height is in points, 0 for what the content takes.
func (s *sheet) begin(height float64) {
	s.row++
	s.col = 0
	s.number = strconv.AppendInt(s.number[:0], int64(s.row), 10)
	s.buf = append(s.buf, `<row r="`...)
	s.buf = append(s.buf, s.number...)
	if height > 0 {
		s.buf = append(s.buf, `" ht="`...)
		s.buf = strconv.AppendFloat(s.buf, min(height, maxHeight), 'f', 1, 64)
		s.buf = append(s.buf, `" customHeight="1`...)
	}
	s.buf = append(s.buf, `">`...)
}

// add writes the next cell of the row.
func (s *sheet) add(c *Cell) {
	if s.linked == maxLinks {
		c.Link = ""
	}
	s.buf = appendCell(s.buf, s.col, s.number, s.book.styles.style(c), c)
	if c.Link != "" {
		s.linked++
		s.links = append(append(append(s.links, `<hyperlink ref="`...), At(s.col, s.row)...), `" location="`...)
		s.links = append(appendText(s.links, c.Link), `"/>`...)
	}
	s.col++
}

// skip leaves columns out.
func (s *sheet) skip(n int) { s.col += n }

// end ends the row.
func (s *sheet) end() error {
	s.buf = append(s.buf, `</row>`...)
	s.cols = max(s.cols, s.col)
	if len(s.buf) < flushAt {
		return nil
	}
	return s.flush(s.expect)
}

func (s *sheet) flush(rows int) (err error) {
	switch {
	case s.waits && s.held == nil:
		s.held, err = newSpool()
	case !s.waits && s.out == nil:
		err = s.start(rows)
	}
	if err != nil {
		return err
	}
	if s.waits {
		_, err = s.held.Write(s.buf)
		s.buf = s.buf[:0]
		return err
	}
	if s.book.part == nil {
		s.book.part = newPart(s.out)
	}
	s.buf, err = s.book.part.write(s.buf)
	return err
}

// start begins the part and writes the head.
func (s *sheet) start(rows int) (err error) {
	if s.out, err = s.book.open(s.name); err != nil {
		return err
	}
	_, err = s.out.Write(s.appendHead(nil, s.cols, rows))
	return err
}

// close writes what is left. No other sheet's part may be open.
func (s *sheet) close() error {
	if s.out == nil {
		if err := s.start(s.row); err != nil {
			return err
		}
	}
	if s.held != nil {
		if err := s.held.copyTo(s.out); err != nil {
			return fmt.Errorf("rows in a temporary file: %w", err)
		}
		s.held = nil
	}
	if p := s.book.part; p != nil {
		s.book.part = nil
		if err := p.end().again(); err != nil {
			return err
		}
	}
	_, err := s.out.Write(s.appendTail(s.buf, s.cols, s.row))
	s.buf, s.links = nil, nil
	return err
}

// spool holds rows on disk, compressed.
type spool struct {
	*flate.Writer
	file *scratch.File
}

func newSpool() (_ *spool, err error) {
	s := &spool{}
	if s.file, err = scratch.New(""); err != nil {
		return nil, err
	}
	s.Writer, err = flate.NewWriter(s.file, flate.BestSpeed)
	return s, err
}

// copyTo writes all rows to w, and gives the file back.
func (s *spool) copyTo(w io.Writer) error {
	if err := s.Writer.Close(); err != nil {
		return err
	}
	if _, err := s.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	if _, err := io.Copy(w, flate.NewReader(s.file)); err != nil {
		return err
	}
	return s.file.Close()
}
