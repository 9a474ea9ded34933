package xlsx

import (
	"fmt"

	"github.com/xuri/excelize/v2"
)

// Chart is a chart of columns whose series stand on one another, and of lines over them.
type Chart struct {
	Title, Alt  string // Alt says what is seen to those who do not see it
	Format      string // of the values
	LabelFormat string // of the labels below the columns; empty for text
	LabelEvery  int    // so many columns have a label; 0 for what there is room for
	LabelAngle  int    // in degrees
	Series      []Series
	Lines       []Series
}

// Series is one series of a chart: a cell and ranges of any sheet as formulas name them, and a colour, RRGGBB.
type Series struct{ Name, Categories, Values, Color string }

// ChartRows is how high a chart is, in rows of the default height.
const ChartRows = 15

// The size of charts in what excelize takes for pixels: 18 a row, 8 a character.
const (
	chartHeight = ChartRows * 18
	chartGap    = 12
)

// Gallery puts charts side by side over the columns from first to last.
func (c *Canvas) Gallery(list []*Chart, first, last, row int) {
	if len(list) == 0 {
		return
	}
	c.model()
	whole := -1 // what ends where a column begins is taken to reach into it, and that column to be printed
	for _, w := range c.widths[first : last+1] {
		whole += pixels(w)
	}
	each := (whole - chartGap*(len(list)-1)) / len(list)
	for i, v := range list {
		x, corner := i*(each+chartGap), first
		for x >= pixels(c.widths[corner]) {
			x -= pixels(c.widths[corner])
			corner++
		}
		ch := v.drawn()
		ch.Dimension = excelize.ChartDimension{Width: uint(each), Height: chartHeight}
		ch.Format.OffsetX, ch.Format.OffsetY = x, 4 // below the heading's line
		if err := c.book.xl.AddChart(c.name, At(corner, row), ch, v.lines(ch)...); err != nil {
			c.failed(fmt.Errorf("chart: %w", err))
		}
	}
}

// pixels is how wide excelize takes a column of so many characters to be.
func pixels(width float64) int { return int(width * 8) }

// model tells excelize, which places charts by its own model of the sheet, the columns and the rows above.
func (c *Canvas) model() {
	c.drawing = true
	for i, w := range c.widths {
		c.failed(c.book.xl.SetColWidth(c.name, colName(i), colName(i), w))
	}
	for row, points := range c.high {
		c.failed(c.book.xl.SetRowHeight(c.name, row, points))
	}
}

// drawn returns the chart as excelize draws it.
func (v *Chart) drawn() *excelize.Chart {
	font := excelize.Font{Size: 9, Color: ink, Family: fontName}
	gap, overlap := uint(60), 100
	ch := &excelize.Chart{
		Type: excelize.ColStacked,
		Title: excelize.ChartTitle{Paragraph: []excelize.RichTextRun{
			{Text: v.Title, Font: &excelize.Font{Bold: true, Size: 12, Color: Accent, Family: fontName}},
		}},
		Format: excelize.GraphicOptions{AltText: v.Alt},
		Legend: excelize.ChartLegend{Position: "bottom", Font: &font},
		XAxis: excelize.ChartAxis{Font: font, NumFmt: excelize.ChartNumFmt{CustomNumFmt: v.LabelFormat}, TickLabelSkip: v.LabelEvery,
			Alignment: excelize.Alignment{TextRotation: v.LabelAngle}},
		YAxis: excelize.ChartAxis{MajorGridLines: true, Font: excelize.Font{Size: 9, Color: grey, Family: fontName},
			NumFmt: excelize.ChartNumFmt{CustomNumFmt: v.Format}},
		Border:   excelize.LineOptions{Type: excelize.LineNone},
		GapWidth: &gap,
		Overlap:  &overlap,
	}
	for _, s := range v.Series {
		ch.Series = append(ch.Series, excelize.ChartSeries{Name: s.Name, Categories: s.Categories, Values: s.Values,
			Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{s.Color}}})
	}
	return ch
}

// lines returns the lines over the chart's columns as excelize draws them, none or one chart of them: on the axes of the columns.
func (v *Chart) lines(columns *excelize.Chart) []*excelize.Chart {
	if len(v.Lines) == 0 {
		return nil
	}
	ch := &excelize.Chart{Type: excelize.Line, XAxis: columns.XAxis, YAxis: columns.YAxis}
	for _, s := range v.Lines {
		ch.Series = append(ch.Series, excelize.ChartSeries{Name: s.Name, Categories: s.Categories, Values: s.Values,
			Fill:   excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{s.Color}},
			Line:   excelize.LineOptions{Type: excelize.LineSolid, Width: 2},
			Marker: excelize.ChartMarker{Symbol: "none"}})
	}
	return []*excelize.Chart{ch}
}
