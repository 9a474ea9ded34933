package xlsx

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
)

func TestText(t *testing.T) {
	long, wide := strings.Repeat("x", maxText), strings.Repeat("😀", maxText/2)
	breaks := strings.Repeat("a\n", maxBreaks)
	for name, tt := range map[string]struct{ in, want string }{
		"as long as can be":     {long, long},
		"one too long":          {long + "x", long[1:] + cutMark},
		"a megabyte":            {strings.Repeat("é", 1<<20), strings.Repeat("é", maxText-1) + cutMark},
		"pairs are not cut":     {wide + "😀", wide + cutMark},
		"no UTF-8":              {strings.Repeat("\xff", maxText+1), strings.Repeat("\ufffd", maxText-1) + cutMark},
		"as many lines as go":   {breaks + "b", breaks + "b"},
		"one line too many":     {breaks + "b\nc\n", breaks + "b c "},
		"simple but for a link": {"a<b", "a<b"},
	} {
		t.Run(name, func(t *testing.T) {
			b := &Book{design: Design{Visible: func(s string) string { return strings.ToValidUTF8(s, "\ufffd") }}}
			if name == "no UTF-8" { // each byte of which is a character
				b.design.Visible = func(s string) string { return string([]rune(s)) }
			}
			if diff := cmp.Diff(tt.want, b.text(tt.in)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestQuote(t *testing.T) {
	x := strings.Repeat("x", maxLiteral)
	for name, tt := range map[string]struct{ in, want string }{
		"empty":             {"", `""`},
		"quotes":            {`a"b`, `"a""b"`},
		"as long as can be": {x, `"` + x + `"`},
		"longer":            {x + "yz", `"` + x + `"&"yz"`},
		"pairs":             {strings.Repeat("😀", 128), `"` + strings.Repeat("😀", 127) + `"&"😀"`},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, Quote(tt.in)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestClip(t *testing.T) {
	for name, tt := range map[string]struct {
		in    string
		width int
		want  string
	}{
		"short":   {"abc", 5, "abc"},
		"just":    {"abcde", 5, "abcde"},
		"longer":  {"abcdef", 5, "abcd…"},
		"wide":    {"火星火星", 5, "火星…"},
		"capital": {"WWWWW", 5, "WW…"},
	} {
		t.Run(name, func(t *testing.T) {
			got := Clip(tt.in, tt.width)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// sheetXML is what a sheet says of itself.
type sheetXML struct {
	Dimension struct {
		Ref string `xml:"ref,attr"`
	} `xml:"dimension"`
	Cols []struct {
		Width float64 `xml:"width,attr"`
	} `xml:"cols>col"`
	Rows []struct {
		Height float64 `xml:"ht,attr"`
		Cells  []struct {
			Formula *string `xml:"f"`
			Value   string  `xml:"v"`
		} `xml:"c"`
	} `xml:"sheetData>row"`
	Links []struct {
		Ref string `xml:"ref,attr"`
	} `xml:"hyperlinks>hyperlink"`
	Footer string `xml:"headerFooter>oddFooter"`
}

// made returns the first sheet of a workbook of one.
func made(t *testing.T, d Design, fill func(b *Book) error) sheetXML {
	t.Helper()
	var buf bytes.Buffer
	d.Sheets = []Sheet{{Name: "Only"}}
	d.MaxRows = MaxRows
	b, err := New(&buf, d)
	if err != nil {
		t.Fatal(err)
	}
	if err := fill(b); err != nil {
		t.Fatal(err)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	z, err := zip.NewReader(bytes.NewReader(buf.Bytes()), int64(buf.Len()))
	if err != nil {
		t.Fatal(err)
	}
	part, err := z.Open("xl/worksheets/sheet1.xml")
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(part)
	if err != nil {
		t.Fatal(err)
	}
	var s sheetXML
	if err := xml.Unmarshal(text, &s); err != nil {
		t.Fatal(err)
	}
	return s
}

// TestLimits: what data can make of a sheet is what Excel takes.
func TestLimits(t *testing.T) {
	columns := []Column[string]{
		{Head: "Name", Kind: Ident, Of: func(v string) string { return v }, Link: func(string) string { return "Only!A1" }},
		{Head: "Lines", Kind: Prose, Width: 110, Of: func(string) string { return strings.Repeat("a\n", 100) }},
		{Head: "Live", Of: func(string) string { return "kept" }, Live: func(v string) string { return Quote(v) }},
		{Head: "Short", Of: func(string) string { return "kept" }, Live: func(string) string { return `"x"` }},
	}
	long := strings.Repeat("n", 1<<20)
	s := made(t, Design{Footer: strings.Repeat("f", 300)}, func(b *Book) error {
		return NewTable(b, "Only", "rows", columns).AddAll([]string{long, long})
	})
	var widths []float64
	for _, c := range s.Cols {
		widths = append(widths, c.Width)
	}
	if diff := cmp.Diff([]float64{maxWidth, 110, 10, 10}, widths); diff != "" {
		t.Errorf("widths: %s", diff)
	}
	row := s.Rows[1]
	if row.Height < 300 || row.Height > maxHeight {
		t.Errorf("a height of %v", row.Height)
	}
	if live, short := row.Cells[2], row.Cells[3]; live.Formula != nil || short.Formula == nil {
		t.Errorf("formulas %v and %v, want only the short one", live.Formula, short.Formula)
	}
	if n := len(utf16.Encode([]rune(s.Footer))); n != maxFooter {
		t.Errorf("a footer of %d", n)
	}
	s = made(t, Design{}, func(b *Book) error {
		return NewTable(b, "Only", "rows", columns[:1]).AddAll(make([]string, maxLinks+10))
	})
	if len(s.Links) != maxLinks {
		t.Errorf("%d links", len(s.Links))
	}
	s = made(t, Design{}, func(b *Book) error {
		c := NewCanvas(b, "Only", 10)
		c.Height(1, 5000)
		c.Set(0, 1, Cell{Value: "a"})
		c.Set(0, MaxRows+1, Cell{Value: "below the last row"})
		c.Gallery([]*Chart{{Title: "x", Series: []Series{{Values: "'Only'!$A$1"}}}}, 0, 0, 2)
		return c.Close("", "")
	})
	if len(s.Rows) != 1 || s.Rows[0].Height != maxHeight {
		t.Errorf("rows %+v", s.Rows)
	}
}

// TestDimension: what a sheet says of its size is so however many rows it has, or is not said.
func TestDimension(t *testing.T) {
	const rows = 20_000 // beyond what is held before the head is written
	canvas := func(b *Book) error {
		c := NewCanvas(b, "Only", 10, 10, 10)
		c.Set(1, 1, Cell{Value: "a"})
		for i := range rows {
			c.Set(i%3, i+1, Cell{Value: "some text"})
		}
		return c.Close("", "")
	}
	table := func(expect int) func(b *Book) error {
		return func(b *Book) error {
			p := NewTable(b, "Only", "rows", []Column[string]{{Head: "A", Of: func(v string) string { return v }}})
			p.Expect = expect
			for range rows {
				if err := p.Add("some text"); err != nil {
					return err
				}
			}
			return p.Close()
		}
	}
	for name, tt := range map[string]struct {
		fill func(b *Book) error
		want string
	}{
		"designed":                          {canvas, fmt.Sprint("A1:C", rows)},
		"table of known size":               {table(rows), fmt.Sprint("A1:A", rows+1)},
		"table of a size that is not known": {table(0), ""},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, made(t, Design{}, tt.fill).Dimension.Ref); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestLongText: no function looks at a text again for each of its characters, which would take longer than tests may.
func TestLongText(t *testing.T) {
	long := strings.Repeat("W火 ", 1<<22)
	if got := TextWidth(Clip(long, 25)); got > 25 {
		t.Errorf("clipped to %d", got)
	}
	if got := len(Quote(long)); got > 8*maxFormula {
		t.Errorf("a formula of %d", got)
	}
	c := Cell{Kind: Prose, Value: (&Book{}).text(long)}
	c.lines(40)
	c.width()
	c.fits(40)
}
