package xlsx

import (
	"bytes"
	"encoding/xml"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
)

func TestAppendCell(t *testing.T) {
	for name, tt := range map[string]struct {
		cell Cell
		want string
	}{
		"text":                {Cell{Value: "a"}, `<c r="AB7" s="3" t="inlineStr"><is><t xml:space="preserve">a</t></is></c>`},
		"text like a formula": {Cell{Value: "=1+1"}, `<c r="AB7" s="3" t="inlineStr"><is><t xml:space="preserve">=1+1</t></is></c>`},
		"text like a number":  {Cell{Value: "0012"}, `<c r="AB7" s="3" t="inlineStr"><is><t xml:space="preserve">0012</t></is></c>`},
		"markup": {Cell{Value: `<a href="x">&`},
			`<c r="AB7" s="3" t="inlineStr"><is><t xml:space="preserve">&lt;a href="x"&gt;&amp;</t></is></c>`},
		"nothing":                {Cell{Kind: Money}, `<c r="AB7" s="3"/>`},
		"money keeps its digits": {Cell{Kind: Money, Value: "131072.010"}, `<c r="AB7" s="3"><v>131072.010</v></c>`},
		"money that is no number": {Cell{Kind: Money, Value: "12 EUR"},
			`<c r="AB7" s="3" t="inlineStr"><is><t xml:space="preserve">12 EUR</t></is></c>`},
		"money that is a function": {Cell{Kind: Money, Value: "NaN"},
			`<c r="AB7" s="3" t="inlineStr"><is><t xml:space="preserve">NaN</t></is></c>`},
		"date":           {Cell{Kind: Date, Value: "2026-12-08"}, `<c r="AB7" s="3"><v>46364</v></c>`},
		"date of a time": {Cell{Kind: Date, Value: "2026-12-08T23:59:59-02:00"}, `<c r="AB7" s="3"><v>46365</v></c>`},
		"moment":         {Cell{Kind: Moment, Value: "2026-12-08T06:00:00Z"}, `<c r="AB7" s="3"><v>46364.2500000000</v></c>`},
		"month":          {Cell{Kind: Month, Value: "2026-12"}, `<c r="AB7" s="3"><v>46357</v></c>`},
		"date before 1900": {Cell{Kind: Date, Value: "1899-12-31"},
			`<c r="AB7" s="3" t="inlineStr"><is><t xml:space="preserve">1899-12-31</t></is></c>`},
		"no date": {Cell{Kind: Date, Value: "soon"},
			`<c r="AB7" s="3" t="inlineStr"><is><t xml:space="preserve">soon</t></is></c>`},
		"boolean": {Cell{Kind: Boolean, Value: "1"}, `<c r="AB7" s="3" t="b"><v>1</v></c>`},
		"formula": {Cell{Kind: Money, Value: "2.50", Formula: `IF(A1<B1,"x",2.5)`},
			`<c r="AB7" s="3"><f>IF(A1&lt;B1,"x",2.5)</f><v>2.50</v></c>`},
		"formula of a text": {Cell{Value: "x", Formula: "A1"}, `<c r="AB7" s="3" t="str"><f>A1</f><v>x</v></c>`},
		"formula of many cells": {Cell{Kind: Money, Value: "1", Formula: "SUM(A1:A9)", Array: true},
			`<c r="AB7" s="3"><f t="array" ref="AB7">SUM(A1:A9)</f><v>1</v></c>`},
		"number beyond Excel's": {Cell{Kind: Money, Value: "1e400"},
			`<c r="AB7" s="3" t="inlineStr"><is><t xml:space="preserve">1e400</t></is></c>`},
		"formula of a boolean": {Cell{Kind: Boolean, Value: "0", Formula: "A1=1"}, `<c r="AB7" s="3" t="b"><f>A1=1</f><v>0</v></c>`},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, string(appendCell(nil, 27, []byte("7"), "3", &tt.cell))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAppendText(t *testing.T) {
	for name, tt := range map[string]struct{ in, want string }{
		"plain":                  {"plain _text_ with 100 %", "plain _text_ with 100 %"},
		"line feed and tab":      {"a\nb\tc", "a\nb\tc"},
		"not in XML":             {"a\x00\r\x1b[31mb\ufffe\uffffc", "a\ufffd\ufffd\ufffd[31mb\ufffd\ufffdc"},
		"no UTF-8":               {"a\xff", "a\ufffd"},
		"an escape":              {"_x0041_", "_x005F_x0041_"},
		"an escape cut off":      {"_x004", "_x004"},
		"an escape of the first": {"__x000d_", "__x005F_x000d_"},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, string(appendText(nil, tt.in))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// FuzzText: whatever a name is, the sheet stays XML, the cell is within its limits, and nothing is added.
func FuzzText(f *testing.F) {
	f.Add("=HYPERLINK(\"http://evil.example\")<script>&amp;]]> \x00\x1b[31m\u202eesrever\u202c _x0041_ \xff \ufffe 火星")
	f.Add("_x0041__x005F_\r\n\x00")
	f.Add("a plain_text 7")
	f.Fuzz(func(t *testing.T, s string) {
		c := Cell{Value: s}
		(&Book{}).admit(&c)
		b := c.appendValue([]byte("<t>"))
		if looked := appendText([]byte("<t>"), c.Value); !bytes.Equal(b, looked) {
			t.Errorf("%q, and looked at again %q", b, looked)
		}
		if have, want := c.textQuarters(), TextQuarters(c.Value); have != want {
			t.Errorf("%q is taken to be %d quarters wide, not %d", c.Value, have, want)
		}
		var got string
		if err := xml.Unmarshal(append(b, "</t>"...), &got); err != nil {
			t.Fatalf("%q is no XML: %v", b, err)
		}
		got = strings.ReplaceAll(got, "_x005F_", "_")
		if n := len(utf16.Encode([]rune(got))); n > maxText {
			t.Errorf("%d characters", n)
		}
		if plain := strings.TrimSuffix(got, cutMark); len(plain) > 3*len(s) {
			t.Errorf("%q became %q", s, got)
		}
	})
}

func TestNumber(t *testing.T) {
	for s, want := range map[string]bool{"0": true, "-1.50": true, "1e5": true, "1.0E-7": true, "": false, "-": false, "1.": false,
		".5": false, "+1": false, "1e": false, "0x1": false, "1,000": false, " 1": false, "Inf": false, "9.99999999999999e307": true,
		"1e308": false, "-1e400": false} {
		if got := isNumber(s); got != want {
			t.Errorf("number %q = %t", s, got)
		}
	}
}

// FuzzNumber compares with the grammar.
func FuzzNumber(f *testing.F) {
	grammar := regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)
	for _, s := range []string{"-1.50", "1e+5", "00", "1.0E-7", "1.e5", "1.5.2", "--1", "1e5e5", "1\n", "1e400", strings.Repeat("9", 308)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v, err := strconv.ParseFloat(s, 64)
		if want := grammar.MatchString(s) && err == nil && math.Abs(v) <= maxNumber; isNumber(s) != want {
			t.Errorf("number %q = %t", s, !want)
		}
	})
}

// TestPlain: a string of any two bytes is plain when it is ASCII that is written as it is, and then as wide as it is taken to be.
func TestPlain(t *testing.T) {
	for i := range 1 << 16 {
		s, want := string([]byte{byte(i >> 8), byte(i)}), 0
		if strings.Trim(s, "!\"#$%'()*+,-./0123456789:;=?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~ ") == "" && s != "_x" {
			want = TextQuarters(s)
		}
		if have := plainQuarters(s); have != want {
			t.Errorf("%q: %d quarters, want %d", s, have, want)
		}
	}
}

// TestCellsAreNotAllocated: a row of a table takes no memory of its own, but where it has formulas or links.
func TestCellsAreNotAllocated(t *testing.T) {
	var columns []Column[[]string]
	values := []string{"team-001-service-000123", "a name that is too long for the column that it is in, and so it wraps", "A & <B>", "high", "2026-12-08",
		"2026-12-08T06:00:00Z", "-131072.010", "0.085", "1.5e-7", "12", "1", ""}
	for i, k := range []Kind{Ident, Text, Prose, Badge, Date, Moment, Money, Percent, Rate, Integer, Boolean, Code} {
		columns = append(columns, Column[[]string]{Head: "Head", Kind: k, Of: func(v []string) string { return v[i] }})
	}
	b, err := New(io.Discard, Design{Sheets: []Sheet{{Name: "Only"}}, MaxRows: MaxRows})
	if err != nil {
		t.Fatal(err)
	}
	table := NewTable(b, "Only", "rows", columns)
	add := func() {
		if err := table.Add(values); err != nil {
			t.Error(err)
		}
	}
	for range 1000 { // until the head is written
		add()
	}
	if n := testing.AllocsPerRun(2000, add); n > 0 {
		t.Errorf("%v allocations a row", n)
	}
}

func TestColName(t *testing.T) {
	for col, want := range map[int]string{0: "A", 25: "Z", 26: "AA", 51: "AZ", 52: "BA", 701: "ZZ", 702: "AAA", 16383: "XFD"} {
		if got := colName(col); got != want {
			t.Errorf("colName(%d) = %s, want %s", col, got, want)
		}
	}
}
