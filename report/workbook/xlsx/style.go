package xlsx

import (
	"strconv"

	"github.com/xuri/excelize/v2"
)

// BadgeColor is a word that cells of the kind Badge may hold, and its colours, RRGGBB.
type BadgeColor struct{ Word, Font, Fill string }

// Accent is the one colour of the palette, beside greys and those of what is wrong or to be changed.
const Accent = "1F4E79"

const (
	white      = "FFFFFF"
	ink        = "1F2933"
	accentPale = "E8EFF6"
	grey       = "6B7785"
	hairline   = "D5DBE1"
	red        = "B42318"
	inputBlue  = "0B3FB3"
	inputFill  = "FFF9E0"
	markedFill = "E3F1E7"
	fontName   = "Arial"
	fontSize   = 10
)

// Style is how a cell of a designed sheet looks, whatever its kind and look.
type Style uint8

// The styles.
const (
	Title    Style = iota + 1 // of a sheet
	Subtitle                  // below it
	Heading                   // of a list
	Section                   // a heading with a line below it
	Lead                      // what a heading is about
	Label                     // of less weight
	Warning                   // what is wrong
	TileNote                  // above and below the figure of a tile
	Tile                      // a figure that is seen first; its kind says how it is shown
	Header                    // of a column, whose values are of its kind
)

// styles are the ids of the cell styles that the workbook uses, as they are written.
type styles struct {
	of     [looks][kinds]string
	badges map[string]string
	header [2]string // of text, and of numbers, which stand to the right
	linked string    // text that leads somewhere
	own    [Tile]string
	tile   [kinds]string
	// Conditional styles: of a row that is marked, and of what is wrong.
	markedRow, alarm int
}

// style returns the id for a cell.
func (s *styles) style(c *Cell) string {
	switch {
	case c.Style == Tile:
		return s.tile[c.Kind]
	case c.Style == Header && shown[c.Kind].right:
		return s.header[1]
	case c.Style == Header:
		return s.header[0]
	case c.Style != 0:
		return s.own[c.Style]
	case c.Kind == Badge:
		if id, ok := s.badges[c.Value]; ok {
			return id
		}
	case c.Link != "" && c.Kind == Text && c.Look == Plain:
		return s.linked
	}
	return s.of[c.Look][c.Kind]
}

func newStyles(f *excelize.File, badges []BadgeColor) (*styles, error) {
	s := &styles{badges: map[string]string{}}
	var err error
	add := func(st excelize.Style) string {
		if err != nil {
			return ""
		}
		var id int
		id, err = f.NewStyle(&st)
		return strconv.Itoa(id)
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
	left := func(vertical string) *excelize.Alignment {
		return &excelize.Alignment{Vertical: vertical, Horizontal: "left", Indent: 1}
	}
	for l := range looks {
		for k := range kinds {
			st := excelize.Style{Font: font(excelize.Font{}), Alignment: left("top"), Border: below(hairline)}
			switch k {
			case Prose:
				st.Alignment.WrapText = true
			case Code:
				st.Alignment.WrapText = true
				st.Font.Family = "Courier New"
				st.Font.Size = fontSize - 1
			}
			if f := shown[k].format; f != "" {
				st.CustomNumFmt = &f
			}
			if shown[k].right {
				st.Alignment.Horizontal, st.Alignment.Indent = "right", 0
			}
			switch l {
			case marked:
				st.Fill = fill(markedFill)
				st.Font.Bold = k != Prose && k != Code
			case Total:
				st.Font.Bold = true
				st.Border = []excelize.Border{{Type: "top", Color: Accent, Style: 1}}
			case Input:
				st.Font.Color = inputBlue
				st.Fill = fill(inputFill)
			case Bad:
				st.Font.Color = red
				st.Font.Bold = true
			case Muted:
				st.Font.Color = grey
			}
			s.of[l][k] = add(st)
		}
	}
	for _, c := range badges {
		centre := &excelize.Alignment{Vertical: "top", Horizontal: "center"}
		s.badges[c.Word] = add(excelize.Style{Font: font(excelize.Font{Bold: true, Color: c.Font}), Fill: fill(c.Fill), Border: below(hairline),
			Alignment: centre})
	}
	header := excelize.Style{Font: font(excelize.Font{Bold: true, Color: white}), Fill: fill(Accent), Alignment: left("center")}
	header.Alignment.WrapText = true
	s.header[0] = add(header)
	spaced := `@_)`
	header.Alignment, header.CustomNumFmt = &excelize.Alignment{Vertical: "center", Horizontal: "right", WrapText: true}, &spaced
	s.header[1] = add(header)
	link := font(excelize.Font{Color: Accent, Underline: "single"})
	s.linked = add(excelize.Style{Font: link, Border: below(hairline), Alignment: left("top")})
	heading := font(excelize.Font{Size: 13, Bold: true, Color: Accent})
	s.own[Title] = add(excelize.Style{Font: font(excelize.Font{Size: 20, Bold: true, Color: Accent})})
	s.own[Subtitle] = add(excelize.Style{Font: font(excelize.Font{Size: 11, Color: grey})})
	s.own[Heading] = add(excelize.Style{Font: heading})
	s.own[Section] = add(excelize.Style{Font: heading, Border: []excelize.Border{{Type: "bottom", Color: Accent, Style: 2}}})
	s.own[Lead] = add(excelize.Style{Font: font(excelize.Font{Color: grey}), Alignment: &excelize.Alignment{Vertical: "top", WrapText: true}})
	s.own[Label] = add(excelize.Style{Font: font(excelize.Font{Color: grey})})
	s.own[Warning] = add(excelize.Style{Font: font(excelize.Font{Bold: true, Color: red})})
	tile := excelize.Style{Font: font(excelize.Font{Color: grey}), Fill: fill(accentPale), Alignment: left("center")}
	s.own[TileNote] = add(tile)
	tile.Font = font(excelize.Font{Size: 16, Bold: true, Color: Accent})
	for k := range kinds {
		if f := shown[k].format; f != "" {
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
