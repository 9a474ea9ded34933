package workbook

import (
	"fmt"

	"github.com/xuri/excelize/v2"
)

// series is one series of a chart: ranges of names and values on any sheet.
type series struct {
	name, categories, values string
	color                    string
}

// The size of charts, in rows of the default height and in what excelize takes for pixels: 18 a row, 8 a character.
const (
	chartRows   = 15
	chartHeight = chartRows * 18
	chartGap    = 12
)

// gallery puts charts side by side over the columns from first to last.
func (c *canvas) gallery(list []*excelize.Chart, first, last, row int) error {
	if len(list) == 0 {
		return nil
	}
	if err := c.model(); err != nil {
		return err
	}
	whole := 0
	for _, w := range c.widths[first : last+1] {
		whole += pixels(w)
	}
	each := (whole - chartGap*(len(list)-1)) / len(list)
	for i, ch := range list {
		x, corner := i*(each+chartGap), first
		for x >= pixels(c.widths[corner]) {
			x -= pixels(c.widths[corner])
			corner++
		}
		ch.Dimension = excelize.ChartDimension{Width: uint(each), Height: chartHeight}
		ch.Format.OffsetX, ch.Format.OffsetY = x, 4 // below the heading's line
		if err := c.book.xl.AddChart(c.name, at(corner, row), ch); err != nil {
			return fmt.Errorf("sheet %s: chart: %w", c.name, err)
		}
	}
	return nil
}

// pixels is how wide excelize takes a column of so many characters to be.
func pixels(width float64) int { return int(width * 8) }

// model tells excelize, which places charts by its own model of the sheet, the columns and the rows above.
func (c *canvas) model() error {
	c.drawing = true
	for i, w := range c.widths {
		if err := c.book.xl.SetColWidth(c.name, colName(i), colName(i), w); err != nil {
			return fmt.Errorf("sheet %s: %w", c.name, err)
		}
	}
	for row, points := range c.high {
		if err := c.book.xl.SetRowHeight(c.name, row, points); err != nil {
			return fmt.Errorf("sheet %s: %w", c.name, err)
		}
	}
	return nil
}

// columnChart returns a chart of columns whose series stand on one another.
func columnChart(title, alt, numFmt string, list []series) *excelize.Chart {
	gap, overlap := uint(60), 100
	ch := &excelize.Chart{
		Type:     excelize.ColStacked,
		Title:    excelize.ChartTitle{Paragraph: []excelize.RichTextRun{{Text: title, Font: &excelize.Font{Bold: true, Size: 12, Color: accent, Family: fontName}}}},
		Format:   excelize.GraphicOptions{AltText: alt},
		Legend:   excelize.ChartLegend{Position: "bottom", Font: &excelize.Font{Size: 9, Color: ink, Family: fontName}},
		XAxis:    excelize.ChartAxis{Font: excelize.Font{Size: 9, Color: ink, Family: fontName}},
		YAxis:    excelize.ChartAxis{MajorGridLines: true, Font: excelize.Font{Size: 9, Color: grey, Family: fontName}, NumFmt: excelize.ChartNumFmt{CustomNumFmt: numFmt}},
		Border:   excelize.LineOptions{Type: excelize.LineNone},
		GapWidth: &gap,
		Overlap:  &overlap,
	}
	for _, s := range list {
		ch.Series = append(ch.Series, excelize.ChartSeries{Name: s.name, Categories: s.categories, Values: s.values, Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{s.color}}})
	}
	return ch
}

// The colours of charts: what is certain, and what depends on a decision.
const (
	certain   = accent
	undecided = "E0A33E"
)

const thousands = `[$$-409]#,##0,"k"`
