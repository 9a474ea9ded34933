// Package xlsx writes a workbook, OOXML, whose sheets may have millions of rows and whose bytes are the same each time.
//
// New begins one. NewTable makes a sheet, or several, of one record after another; NewCanvas one whose cells are set in any
// order and that may hold charts. Every sheet that the Design names is to be made and closed, and the Book closed last, or
// stopped where something failed. Rows go to one sheet at a time: of tables that are filled together, all but one must wait
// (Pages.Waits).
//
// Excelize makes what there is little of: styles, charts, tables, names, properties. The rows of every sheet are written
// straight into the zip, so that memory does not grow with them and a formula can stand with its cached value. Money goes
// from its decimal digits into the cell's number, never through a float. Columns count from 0, rows from 1.
//
// Xlsx knows nothing of what the sheets say, and is the only importer of excelize.
package xlsx

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strings"

	kflate "github.com/klauspost/compress/flate"
	"github.com/xuri/excelize/v2"
)

// Book is a workbook that is being written: the zip, and excelize's model of everything but the sheets' own parts.
type Book struct {
	xl      *excelize.File
	zip     *zip.Writer
	styles  *styles
	design  Design
	written map[string]bool // the parts that are in the zip
	prints  []printed
	empty   []string // the sheets of tables without rows
	tables  []table
	part    *part // of the sheet that is being written; nil while there is none
}

// Design is what a workbook is before it has cells.
type Design struct {
	Sheets  []Sheet // in their order; the first is the one that is shown first
	MaxRows int     // of a sheet, at most MaxRows
	Badges  []BadgeColor
	Visible func(string) string // makes a text fit to be seen before it is written; nil for as it is
	Footer  string              // of every page, with the codes of the format, such as &P for the page
	// The document's properties. Its time, RFC 3339, is when it was made and last changed, so that the bytes are the same
	// each time.
	Title, Subject, Description, Keywords, Creator, Program, Time string
}

// Sheet is a sheet as its tab shows it.
type Sheet struct {
	Name string
	Tab  string // the colour of its tab, RRGGBB; empty for none
}

// index returns the place of a sheet; -1 for one that the Design does not name.
func (d *Design) index(name string) int {
	return slices.IndexFunc(d.Sheets, func(s Sheet) bool { return s.Name == name })
}

// New begins a workbook and writes it to w, which is not to be used before Close or Stop has returned. An error names the sheet or
// the property that is refused.
func New(w io.Writer, d Design) (*Book, error) {
	b := &Book{xl: excelize.NewFile(), zip: zip.NewWriter(w), design: d, written: map[string]bool{}}
	deflate, err := kflate.NewWriter(nil, deflateLevel)
	if err != nil {
		return nil, err
	}
	// One for all parts, of which one at a time is open: each would hold more than a MiB until the last sheet is closed.
	b.zip.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) {
		deflate.Reset(w)
		return deflate, nil
	})
	for i, sheet := range d.Sheets {
		if i == 0 {
			err = b.xl.SetSheetName(b.xl.GetSheetName(0), sheet.Name)
		} else {
			_, err = b.xl.NewSheet(sheet.Name)
		}
		if err != nil {
			return nil, fmt.Errorf("sheet %s: %w", sheet.Name, err)
		}
	}
	if err := b.xl.SetDefaultFont(fontName); err != nil {
		return nil, err
	}
	if err := b.writeCore(); err != nil {
		return nil, fmt.Errorf("document properties: %w", err)
	}
	if err := b.xl.SetAppProps(&excelize.AppProperties{Application: d.Program}); err != nil {
		return nil, fmt.Errorf("document properties: %w", err)
	}
	b.styles, err = newStyles(b.xl, d.Badges)
	return b, err
}

// corePart is where a package has its core properties (ECMA-376, part 2).
const corePart = "docProps/core.xml"

// writeCore writes the document's properties with the prefixes that are usual, which some readers take for the names.
func (b *Book) writeCore() error {
	w, err := b.zip.Create(corePart)
	if err != nil {
		return err
	}
	b.written[corePart] = true
	d := &b.design
	out := []byte(`<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n" +
		`<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" ` +
		`xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" ` +
		`xmlns:dcmitype="http://purl.org/dc/dcmitype/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">`)
	for _, p := range [...]struct{ name, attr, value string }{
		{"dc:title", "", d.Title}, {"dc:subject", "", d.Subject}, {"dc:creator", "", d.Creator}, {"cp:keywords", "", d.Keywords},
		{"dc:description", "", d.Description}, {"cp:lastModifiedBy", "", d.Program}, {"dc:language", "", "en"},
		{"dcterms:created", ` xsi:type="dcterms:W3CDTF"`, d.Time}, {"dcterms:modified", ` xsi:type="dcterms:W3CDTF"`, d.Time},
	} {
		out = append(out, "<"+p.name+p.attr+">"...)
		out = append(appendText(out, b.text(p.value)), "</"+p.name+">"...)
	}
	_, err = w.Write(append(out, `</cp:coreProperties>`...))
	return err
}

// deflateLevel is klauspost's: a step above the fastest, where sheets come out a fifth smaller for little more time.
const deflateLevel = 3

// path returns the part of a sheet.
func (b *Book) path(sheet string) string {
	for id, name := range b.xl.GetSheetMap() {
		if name == sheet {
			return fmt.Sprintf("xl/worksheets/sheet%d.xml", id)
		}
	}
	return ""
}

// sheet returns the writer of a sheet that New or continuation made; of is the one that the Design names.
func (b *Book) sheet(name, of string) *sheet {
	s := &sheet{name: name, book: b}
	s.first, s.footer = name == b.design.Sheets[0].Name, b.design.Footer
	if i := b.design.index(of); i >= 0 {
		s.tab = b.design.Sheets[i].Tab
	}
	return s
}

// open begins the part of a sheet.
func (b *Book) open(sheet string) (io.Writer, error) {
	path := b.path(sheet)
	b.written[path] = true
	return b.zip.Create(path)
}

// continuation adds the sheet that goes on where name is full, and returns its name.
func (b *Book) continuation(name string, n int) (string, error) {
	next := fmt.Sprintf("%s (%d)", name, n)
	if _, err := b.xl.NewSheet(next); err != nil {
		return "", fmt.Errorf("sheet %s: %w", next, err)
	}
	if i := b.design.index(name); i+1 < len(b.design.Sheets) {
		if err := b.xl.MoveSheet(next, b.design.Sheets[i+1].Name); err != nil {
			return "", fmt.Errorf("sheet %s: %w", next, err)
		}
	}
	return next, nil
}

// addTable makes the cells from (col, row) on a table: a header and at least one row, though it may be empty.
func (b *Book) addTable(sheet, name string, heads []string, col, row, rows int) error {
	if slices.ContainsFunc(b.tables, func(t table) bool { return t.name == name }) {
		return fmt.Errorf("table %s: %w", name, excelize.ErrExistsTableName)
	}
	if err := b.xl.SetSheetRow(sheet, At(col, row), &heads); err != nil {
		return err
	}
	err := b.xl.AddTable(sheet, &excelize.Table{
		Range: At(col, row) + ":" + At(col+len(heads)-1, row+max(rows, 1)), Name: name, StyleName: "TableStyleLight1",
	})
	if err != nil {
		return fmt.Errorf("table %s: %w", name, err)
	}
	b.tables = append(b.tables, table{name: name})
	if i := len(b.tables) - 2; i >= 0 {
		b.tables[i].part, _ = b.xl.Pkg.LoadAndDelete(tablePart(i))
	}
	return nil
}

// table is one of the workbook. Excelize has the part of the last one alone until all are there: it decodes each that it has whenever one
// is added, and asks for no more than the highest number.
type table struct {
	name string
	part any
}

func tablePart(i int) string { return fmt.Sprintf("xl/tables/table%d.xml", i+1) }

// printed says which rows of a sheet every page repeats, and which cells are printed: ranges, each on pages of its own.
type printed struct{ sheet, titles, area string }

// print sets up the printing of a sheet; titles may be empty.
func (b *Book) print(sheet, titles, area string) {
	b.prints = append(b.prints, printed{sheet, titles, area})
}

// Empty reports whether a sheet is that of a table that was closed without rows. It is hidden then, since programs print a page for each
// sheet that is not.
func (b *Book) Empty(sheet string) bool { return slices.Contains(b.empty, sheet) }

// Stop ends a workbook that is not to be closed, because something failed: nothing is written any more. After Close it does nothing.
func (b *Book) Stop() {
	if b.part != nil {
		b.part.end() // what fails is of no interest beside what failed
		b.part = nil
	}
}

// Close writes everything but the sheets, and ends the zip; w stays open. An error names the sheet that was not written.
func (b *Book) Close() error {
	for _, p := range b.prints { // now that no sheet moves any more
		for _, n := range [...]struct{ name, ref string }{{"_xlnm.Print_Titles", p.titles}, {"_xlnm.Print_Area", p.area}} {
			if n.ref == "" {
				continue
			}
			ref := quoted(p.sheet) + "!" + strings.ReplaceAll(n.ref, ",", ","+quoted(p.sheet)+"!")
			if err := b.xl.SetDefinedName(&excelize.DefinedName{Name: n.name, RefersTo: ref, Scope: p.sheet}); err != nil {
				return fmt.Errorf("sheet %s: %w", p.sheet, err)
			}
		}
	}
	for _, sheet := range b.empty {
		if sheet == b.design.Sheets[0].Name { // one is to be seen
			continue
		}
		if err := b.xl.SetSheetVisible(sheet, false); err != nil {
			return fmt.Errorf("sheet %s: %w", sheet, err)
		}
	}
	for i := range len(b.tables) - 1 {
		b.xl.Pkg.Store(tablePart(i), b.tables[i].part)
	}
	b.xl.SetZipWriter(func(io.Writer) excelize.ZipWriter { return rest{b.zip, b.written} })
	if err := b.xl.Write(io.Discard); err != nil {
		return err
	}
	if err := b.xl.Close(); err != nil {
		return err
	}
	return b.zip.Close()
}

// rest is the zip as excelize writes into it: its sheets go nowhere, since ours are in their place.
type rest struct {
	*zip.Writer
	written map[string]bool
}

func (r rest) Create(path string) (io.Writer, error) {
	if r.written[path] {
		return io.Discard, nil
	}
	if strings.HasPrefix(path, "xl/worksheets/sheet") {
		return nil, fmt.Errorf("%s was not written", path)
	}
	w, err := r.Writer.Create(path)
	if err == nil && path == "[Content_Types].xml" {
		return sortedTypes{w}, nil
	}
	return w, err
}

// Close leaves the zip open: it is the book's.
func (rest) Close() error { return nil }

// sortedTypes puts the content types in order, which excelize leaves to chance.
type sortedTypes struct{ w io.Writer }

func (s sortedTypes) Write(p []byte) (int, error) {
	type entry struct {
		XMLName     xml.Name
		Extension   string `xml:"Extension,attr,omitempty"`
		PartName    string `xml:"PartName,attr,omitempty"`
		ContentType string `xml:"ContentType,attr"`
	}
	var types struct {
		XMLName xml.Name `xml:"http://schemas.openxmlformats.org/package/2006/content-types Types"`
		Entries []entry  `xml:",any"`
	}
	if err := xml.Unmarshal(p, &types); err != nil {
		return 0, fmt.Errorf("content types: %w", err)
	}
	slices.SortFunc(types.Entries, func(a, b entry) int {
		return strings.Compare(a.XMLName.Local+a.Extension+a.PartName, b.XMLName.Local+b.Extension+b.PartName)
	})
	var buf bytes.Buffer
	buf.WriteString(xml.Header)
	if err := xml.NewEncoder(&buf).Encode(types); err != nil {
		return 0, fmt.Errorf("content types: %w", err)
	}
	if _, err := s.w.Write(buf.Bytes()); err != nil {
		return 0, err
	}
	return len(p), nil
}
