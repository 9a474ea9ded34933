package workbook

import (
	"github.com/xuri/excelize/v2"

	"tenor/audit"
)

// The palette: ink and one accent, greys, and a colour for each severity that is readable in print.
const (
	ink        = "1F2933"
	accent     = "1F4E79"
	accentPale = "E8EFF6"
	grey       = "6B7785"
	hairline   = "D5DBE1"
	white      = "FFFFFF"
	red        = "B42318"
	inputBlue  = "0B3FB3"
	inputFill  = "FFF9E0"
	markedFill = "E3F1E7"
	fontName   = "Arial"
	fontSize   = 10
)

// severityColors are font and fill, in the order of audit.Severities.
var severityColors = [len(audit.Severities)][2]string{{white, "A61B1B"}, {"8A2F06", "FCE3D4"}, {"7A5200", "FFF1CC"}, {"1F4E79", "E1ECF7"}, {"4A5560", "EEF1F4"}}

// chartColors are the severities' in charts, where they stand beside one another.
var chartColors = [len(audit.Severities)]string{"A61B1B", "E2711D", "F2C14E", "5B8DB8", "B8C2CC"}

// Number formats. Excel shows the dollar sign whatever the reader's own currency is. The space at their right, as wide as
// a parenthesis, keeps a number off the text beside it, where an indent would not in every program.
const (
	moneyFormat   = `[$$-409]#,##0.00_);[Red]-[$$-409]#,##0.00_);"–"_);@_)`
	dateFormat    = `yyyy-mm-dd`
	monthFormat   = `yyyy-mm`
	momentFormat  = `yyyy-mm-dd hh:mm`
	percentFormat = `0.00%_);-0.00%_);0.00%_);@_)`
	rateFormat    = `0.000000%_)`
	integerFormat = `#,##0_);-#,##0_);0_);@_)`
)

// styles are the ids of the cell styles that the workbook uses.
type styles struct {
	of       [looks][kinds]int
	severity [len(audit.Severities)]int
	header   [2]int // of text, and of numbers, which stand to the right
	linked   int    // text that leads somewhere
	// Conditional styles: of a row that is recommended, and of what is wrong.
	markedRow, alarm int
	// The designed sheets' own.
	title, subtitle, lead, heading, ruled, label, warning, tileLabel, tileNote int
	tile                                                                       [kinds]int
}

// style returns the id for a cell.
func (s *styles) style(c *cell) int {
	switch {
	case c.style != 0:
		return c.style
	case c.kind == level:
		if rank := audit.Severity(c.value).Rank(); rank < len(s.severity) {
			return s.severity[rank]
		}
	case c.link != "" && c.kind == text && c.look == plain:
		return s.linked
	}
	return s.of[c.look][c.kind]
}

func newStyles(f *excelize.File) (*styles, error) {
	s := &styles{}
	var err error
	add := func(st excelize.Style) int {
		if err != nil {
			return 0
		}
		var id int
		id, err = f.NewStyle(&st)
		return id
	}
	font := func(f excelize.Font) *excelize.Font {
		f.Family = fontName
		if f.Size == 0 {
			f.Size = fontSize
		}
		if f.Color == "" {
			f.Color = ink
		}
		return &f
	}
	fill := func(color string) excelize.Fill {
		return excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{color}}
	}
	below := func(color string) []excelize.Border {
		return []excelize.Border{{Type: "bottom", Color: color, Style: 1}}
	}
	for l := range looks {
		for k := range kinds {
			st := excelize.Style{Font: font(excelize.Font{}), Alignment: &excelize.Alignment{Vertical: "top", Horizontal: "left", Indent: 1}, Border: below(hairline)}
			switch k {
			case prose:
				st.Alignment.WrapText = true
			case code:
				st.Alignment.WrapText = true
				st.Font.Family = "Courier New"
				st.Font.Size = fontSize - 1
			}
			if f := k.format(); f != "" {
				st.CustomNumFmt = &f
			}
			if k.isNumber() {
				st.Alignment.Horizontal, st.Alignment.Indent = "right", 0
			}
			switch l {
			case marked:
				st.Fill = fill(markedFill)
				st.Font.Bold = k != prose && k != code
			case total:
				st.Font.Bold = true
				st.Border = []excelize.Border{{Type: "top", Color: accent, Style: 1}}
			case input:
				st.Font.Color = inputBlue
				st.Fill = fill(inputFill)
			case bad:
				st.Font.Color = red
				st.Font.Bold = true
			case muted:
				st.Font.Color = grey
			}
			s.of[l][k] = add(st)
		}
	}
	for i, c := range severityColors {
		s.severity[i] = add(excelize.Style{Font: font(excelize.Font{Bold: true, Color: c[0]}), Fill: fill(c[1]), Border: below(hairline), Alignment: &excelize.Alignment{Vertical: "top", Horizontal: "center"}})
	}
	header := excelize.Style{Font: font(excelize.Font{Bold: true, Color: white}), Fill: fill(accent), Alignment: &excelize.Alignment{Vertical: "center", Horizontal: "left", Indent: 1, WrapText: true}}
	s.header[0] = add(header)
	spaced := `@_)`
	header.Alignment, header.CustomNumFmt = &excelize.Alignment{Vertical: "center", Horizontal: "right", WrapText: true}, &spaced
	s.header[1] = add(header)
	s.linked = add(excelize.Style{Font: font(excelize.Font{Color: accent, Underline: "single"}), Border: below(hairline), Alignment: &excelize.Alignment{Vertical: "top", Horizontal: "left", Indent: 1}})
	s.title = add(excelize.Style{Font: font(excelize.Font{Size: 20, Bold: true, Color: accent})})
	s.subtitle = add(excelize.Style{Font: font(excelize.Font{Size: 11, Color: grey})})
	s.heading = add(excelize.Style{Font: font(excelize.Font{Size: 13, Bold: true, Color: accent})})
	s.ruled = add(excelize.Style{Font: font(excelize.Font{Size: 13, Bold: true, Color: accent}), Border: []excelize.Border{{Type: "bottom", Color: accent, Style: 2}}})
	s.lead = add(excelize.Style{Font: font(excelize.Font{Color: grey}), Alignment: &excelize.Alignment{Vertical: "top", WrapText: true}})
	s.label = add(excelize.Style{Font: font(excelize.Font{Color: grey})})
	s.warning = add(excelize.Style{Font: font(excelize.Font{Bold: true, Color: red})})
	tile := excelize.Style{Fill: fill(accentPale), Alignment: &excelize.Alignment{Vertical: "center", Horizontal: "left", Indent: 1}}
	tile.Font = font(excelize.Font{Color: grey})
	s.tileLabel, s.tileNote = add(tile), add(tile)
	tile.Font = font(excelize.Font{Size: 16, Bold: true, Color: accent})
	for k := range kinds {
		if f := k.format(); f != "" {
			tile.CustomNumFmt = &f
		}
		s.tile[k] = add(tile)
	}
	if err == nil {
		s.markedRow, err = f.NewConditionalStyle(&excelize.Style{Font: &excelize.Font{Bold: true}, Fill: fill(markedFill)})
	}
	if err == nil {
		s.alarm, err = f.NewConditionalStyle(&excelize.Style{Font: &excelize.Font{Bold: true, Color: white}, Fill: fill(red)})
	}
	return s, err
}

// isNumber reports whether values of the kind stand to the right, so that their digits are below one another.
func (k kind) isNumber() bool {
	switch k {
	case money, percent, rate, integer:
		return true
	}
	return false
}

// headerOf returns the style of a header over values of a kind.
func (s *styles) headerOf(k kind) int {
	if k.isNumber() {
		return s.header[1]
	}
	return s.header[0]
}

// format returns the number format of a kind, "" for text.
func (k kind) format() string {
	switch k {
	case date:
		return dateFormat
	case month:
		return monthFormat
	case moment:
		return momentFormat
	case money:
		return moneyFormat
	case percent:
		return percentFormat
	case integer:
		return integerFormat
	case rate:
		return rateFormat
	}
	return ""
}
