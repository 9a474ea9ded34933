package xlsx

import (
	"encoding/xml"
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
		"text":                     {Cell{Value: "a"}, `<c r="AB7" s="3" t="inlineStr"><is><t xml:space="preserve">a</t></is></c>`},
		"text like a formula":      {Cell{Value: "=1+1"}, `<c r="AB7" s="3" t="inlineStr"><is><t xml:space="preserve">=1+1</t></is></c>`},
		"text like a number":       {Cell{Value: "0012"}, `<c r="AB7" s="3" t="inlineStr"><is><t xml:space="preserve">0012</t></is></c>`},
		"markup":                   {Cell{Value: `<a href="x">&`}, `<c r="AB7" s="3" t="inlineStr"><is><t xml:space="preserve">&lt;a href="x"&gt;&amp;</t></is></c>`},
		"nothing":                  {Cell{Kind: Money}, `<c r="AB7" s="3"/>`},
		"money keeps its digits":   {Cell{Kind: Money, Value: "131072.010"}, `<c r="AB7" s="3"><v>131072.010</v></c>`},
		"money that is no number":  {Cell{Kind: Money, Value: "12 EUR"}, `<c r="AB7" s="3" t="inlineStr"><is><t xml:space="preserve">12 EUR</t></is></c>`},
		"money that is a function": {Cell{Kind: Money, Value: "NaN"}, `<c r="AB7" s="3" t="inlineStr"><is><t xml:space="preserve">NaN</t></is></c>`},
		"date":                     {Cell{Kind: Date, Value: "2026-12-08"}, `<c r="AB7" s="3"><v>46364</v></c>`},
		"date of a time":           {Cell{Kind: Date, Value: "2026-12-08T23:59:59-02:00"}, `<c r="AB7" s="3"><v>46365</v></c>`},
		"moment":                   {Cell{Kind: Moment, Value: "2026-12-08T06:00:00Z"}, `<c r="AB7" s="3"><v>46364.2500000000</v></c>`},
		"month":                    {Cell{Kind: Month, Value: "2026-12"}, `<c r="AB7" s="3"><v>46357</v></c>`},
		"date before 1900":         {Cell{Kind: Date, Value: "1899-12-31"}, `<c r="AB7" s="3" t="inlineStr"><is><t xml:space="preserve">1899-12-31</t></is></c>`},
		"no date":                  {Cell{Kind: Date, Value: "soon"}, `<c r="AB7" s="3" t="inlineStr"><is><t xml:space="preserve">soon</t></is></c>`},
		"boolean":                  {Cell{Kind: Boolean, Value: "1"}, `<c r="AB7" s="3" t="b"><v>1</v></c>`},
		"formula":                  {Cell{Kind: Money, Value: "2.50", Formula: `IF(A1<B1,"x",2.5)`}, `<c r="AB7" s="3"><f>IF(A1&lt;B1,"x",2.5)</f><v>2.50</v></c>`},
		"formula of a text":        {Cell{Value: "x", Formula: "A1"}, `<c r="AB7" s="3" t="str"><f>A1</f><v>x</v></c>`},
		"formula of a boolean":     {Cell{Kind: Boolean, Value: "0", Formula: "A1=1"}, `<c r="AB7" s="3" t="b"><f>A1=1</f><v>0</v></c>`},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, string(appendCell(nil, 27, 7, 3, &tt.cell))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAppendText(t *testing.T) {
	long, wide := strings.Repeat("x", maxText), strings.Repeat("😀", maxText/2)
	for name, tt := range map[string]struct{ in, want string }{
		"plain":                  {"plain _text_ with 100 %", "plain _text_ with 100 %"},
		"line ends":              {"a\r\nb\rc\nd\te", "a\nb\nc\nd\te"},
		"control characters":     {"a\x00\x1b[31m\x7f\u0085b", "a[31mb"},
		"not in XML":             {"a\ufffe\uffffb", "ab"},
		"no UTF-8":               {"a\xff", "a\ufffd"},
		"turns the text":         {"a\u202eb\u2066c\ufeff", "abc"},
		"joiners stay":           {"a\u200db", "a\u200db"},
		"an escape":              {"_x0041_", "_x005F_x0041_"},
		"an escape cut off":      {"_x004", "_x004"},
		"an escape of the first": {"__x000d_", "__x005F_x000d_"},
		"as long as can be":      {long, long},
		"one too long":           {long + "x", long[1:] + cutMark},
		"pairs are not cut":      {wide + "😀", strings.Repeat("😀", maxText/2) + cutMark},
	} {
		t.Run(name, func(t *testing.T) {
			got := string(appendText(nil, tt.in))
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// FuzzAppendText: whatever a name is, the sheet stays XML, the cell is within its limit, and nothing is added.
func FuzzAppendText(f *testing.F) {
	f.Add("=HYPERLINK(\"http://evil.example\")<script>&amp;]]> \x00\x1b[31m\u202eesrever\u202c _x0041_ \xff \ufffe 火星")
	f.Add("_x0041__x005F_\r\n\x00")
	f.Fuzz(func(t *testing.T, s string) {
		b := appendText([]byte("<t>"), s)
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
	for s, want := range map[string]bool{"0": true, "-1.50": true, "1e5": true, "1.0E-7": true, "": false, "-": false, "1.": false, ".5": false, "+1": false, "1e": false, "0x1": false, "1,000": false, " 1": false, "Inf": false} {
		if got := number.MatchString(s); got != want {
			t.Errorf("number %q = %t", s, got)
		}
	}
}

func TestColName(t *testing.T) {
	for col, want := range map[int]string{0: "A", 25: "Z", 26: "AA", 51: "AZ", 52: "BA", 701: "ZZ", 702: "AAA", 16383: "XFD"} {
		if got := colName(col); got != want {
			t.Errorf("colName(%d) = %s, want %s", col, got, want)
		}
	}
}
