package report

import (
	"fmt"
	"maps"
	"math"
	"math/big"
	"slices"
	"strconv"

	"tenor/audit"
)

// A chart is the geometry of an inline SVG: what it shows is computed here, and the template only draws. Lengths are in
// the units of the view box; colours are classes, so that they follow the page's light or dark theme. Amounts become
// floating-point numbers only for the length of a bar.
type chart struct {
	Title, Desc   string
	Width, Height int
	Bars          []chartBar
	Labels        []chartLabel
	Lines         []chartLine
	Legend        []chartKey
}

// The widths of charts: three small ones stand in a row, above a wide one.
const (
	smallChart  = 460
	wideChart   = 1100
	chartHeight = 230
)

type chartBar struct {
	X, Y, W, H string
	Class      string
	Title      string // shown on hovering, and read aloud
}

type chartLabel struct {
	X, Y   string
	Anchor string // start, middle or end
	Text   string
}

type chartLine struct{ X1, Y1, X2, Y2 string }

type chartKey struct{ Class, Name string }

// chartLater names the column of what there is no room to show one by one.
const chartLater = "later"

func px(f float64) string { return strconv.FormatFloat(f, 'f', 1, 64) }

// severityChart draws a bar for each domain, as long as its findings are many and divided by severity.
func severityChart(by map[string]map[audit.Severity]int) chart {
	const left, width, row = 118.0, 420.0, 34.0
	domains := slices.Sorted(maps.Keys(by))
	c := chart{Title: "Findings by domain and severity", Width: smallChart, Height: max(int(row)*len(domains)+8, chartHeight)}
	most := 1
	for _, d := range domains {
		most = max(most, total(by[d]))
	}
	for i, d := range domains {
		y, x := float64(i)*row+6, left
		c.Labels = append(c.Labels, chartLabel{px(left - 12), px(y + 16), "end", audit.Cut(audit.Visible(d), 16)})
		for _, s := range audit.Severities {
			n := by[d][s]
			if n == 0 {
				continue
			}
			w := max(float64(n)/float64(most)*(width-left), 3)
			c.Bars = append(c.Bars, chartBar{px(x), px(y), px(w - 1), px(22), "s-" + string(s), fmt.Sprintf("%s: %d %s", audit.Visible(d), n, s)})
			x += w
		}
		c.Labels = append(c.Labels, chartLabel{px(x + 8), px(y + 16), "start", number(total(by[d]))})
	}
	for _, s := range audit.Severities {
		c.Legend = append(c.Legend, chartKey{"s-" + string(s), string(s)})
	}
	return c
}

// endsChart draws a column for each quarter: the contracts that end in it, decided ones below.
func endsChart(quarters []audit.Quarter) chart {
	const most = 16 // a last one is of all that is later
	g := newColumns("Contracts that end, by quarter", smallChart)
	g.Legend = []chartKey{{"c-first", "decided"}, {"c-second", "to be decided"}}
	if len(quarters) > most {
		later := audit.Quarter{Quarter: chartLater}
		for _, q := range quarters[most-1:] {
			later.Decided, later.Undecided = later.Decided+q.Decided, later.Undecided+q.Undecided
		}
		quarters = append(slices.Clone(quarters[:most-1]), later)
	}
	for _, q := range quarters {
		title := fmt.Sprintf("%s: %d decided, %d to be decided", q.Quarter, q.Decided, q.Undecided)
		g.list = append(g.list, stack{q.Quarter, float64(q.Decided), float64(q.Undecided), title})
	}
	return g.draw(func(v float64) string {
		if v != math.Trunc(v) {
			return ""
		}
		return fmt.Sprint(int(v))
	})
}

// cashChart draws a column for each month or year: what is committed, and above it what the recommended renewals add.
func cashChart(title string, width int, periods []audit.Period) chart {
	const most = 60 // a last one is of all that is later
	g := newColumns(title, width)
	g.Legend = []chartKey{{"c-first", "committed"}, {"c-second", "recommended renewals"}}
	if len(periods) > most {
		later := audit.Period{Period: chartLater}
		later.Committed = sum(periods[most-1:], func(p audit.Period) string { return p.Committed })
		later.WithRenewals = sum(periods[most-1:], func(p audit.Period) string { return p.WithRenewals })
		periods = append(slices.Clone(periods[:most-1]), later)
	}
	for _, p := range periods {
		committed, all := amountOf(p.Committed), amountOf(p.WithRenewals)
		title := fmt.Sprintf("%s: %s committed, %s with the recommended renewals", p.Period, dollars(p.Committed), dollars(p.WithRenewals))
		g.list = append(g.list, stack{p.Period, committed, max(all-committed, 0), title})
	}
	return g.draw(shortDollars)
}

// sum adds up an amount of periods, exactly; what is no number adds nothing.
func sum(periods []audit.Period, amount func(audit.Period) string) string {
	all := new(big.Rat)
	for _, p := range periods {
		if v, ok := new(big.Rat).SetString(amount(p)); ok {
			all.Add(all, v)
		}
	}
	return all.FloatString(2)
}

// amountOf is the length of an amount; what is no number has none.
func amountOf(s string) float64 {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return 0
	}
	return f
}

func shortDollars(v float64) string {
	switch {
	case v >= 1e6:
		return "$" + strconv.FormatFloat(v/1e6, 'f', -1, 64) + "M"
	case v >= 1e3:
		return "$" + strconv.FormatFloat(v/1e3, 'f', -1, 64) + "k"
	}
	return "$" + strconv.FormatFloat(v, 'f', -1, 64)
}

// columns is a chart of stacked columns in the making.
type columns struct {
	chart
	list []stack
}

// stack is a column of two parts.
type stack struct {
	label         string
	first, second float64
	title         string
}

func newColumns(title string, width int) *columns {
	return &columns{chart: chart{Title: title, Width: width, Height: chartHeight}}
}

// draw lays the columns out on a scale of round numbers, which axis puts into words.
func (g *columns) draw(axis func(float64) string) chart {
	const left, top, bottom = 56.0, 10.0, chartHeight - 30.0
	right := float64(g.Width) - 4
	highest := 0.0
	for _, s := range g.list {
		highest = max(highest, s.first+s.second)
	}
	step := roundStep(highest / 4)
	ceiling := max(math.Ceil(highest/step)*step, step)
	y := func(v float64) float64 { return bottom - v/ceiling*(bottom-top) }
	for v := 0.0; v <= ceiling+step/2; v += step {
		if text := axis(v); text != "" {
			g.Lines = append(g.Lines, chartLine{px(left), px(y(v)), px(right), px(y(v))})
			g.Labels = append(g.Labels, chartLabel{px(left - 8), px(y(v) + 4), "end", text})
		}
	}
	if len(g.list) == 0 {
		return g.chart
	}
	slot := (right - left) / float64(len(g.list))
	const labelWidth = 58.0 // about
	every := int(math.Ceil(labelWidth / slot))
	later := g.list[len(g.list)-1].label == chartLater
	for i, s := range g.list {
		x, w := left+float64(i)*slot, min(slot*0.72, 56)
		x += (slot - w) / 2
		for _, part := range [...]struct {
			from, to float64
			class    string
		}{{0, s.first, "c-first"}, {s.first, s.first + s.second, "c-second"}} {
			if part.to > part.from {
				g.Bars = append(g.Bars, chartBar{px(x), px(y(part.to)), px(w), px(y(part.from) - y(part.to)), part.class, s.title})
			}
		}
		if at := x + w/2; s.label == chartLater {
			g.Labels = append(g.Labels, chartLabel{px(float64(g.Width)), px(bottom + 20), "end", s.label})
		} else if i%every == 0 && at+labelWidth/2 <= float64(g.Width) && (!later || at+labelWidth*1.2 <= float64(g.Width)) {
			g.Labels = append(g.Labels, chartLabel{px(at), px(bottom + 20), "middle", audit.Visible(s.label)})
		}
	}
	return g.chart
}

// roundStep returns the least of 1, 2 and 5 times a power of ten that is not below v, and at least 1.
func roundStep(v float64) float64 {
	if v <= 1 {
		return 1
	}
	p := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range [...]float64{1, 2, 5} {
		if m*p >= v {
			return m * p
		}
	}
	return 10 * p
}
