package workbook

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"tenor/audit"
	"tenor/report/workbook/xlsx"
)

// severityColors are the colours of a severity, in the order of audit.Severities: its words', the cell's around them, and
// its own in a chart, where they stand beside one another.
var severityColors = [len(audit.Severities)]struct{ font, fill, chart string }{
	{"FFFFFF", "A61B1B", "A61B1B"},
	{"8A2F06", "FCE3D4", "E2711D"},
	{"7A5200", "FFF1CC", "F2C14E"},
	{"1F4E79", "E1ECF7", "5B8DB8"},
	{"4A5560", "EEF1F4", "B8C2CC"},
}

func severityBadges() []xlsx.BadgeColor {
	var levels []xlsx.BadgeColor
	for i, c := range severityColors {
		levels = append(levels, xlsx.BadgeColor{Word: string(audit.Severities[i]), Font: c.font, Fill: c.fill})
	}
	return levels
}

// severities counts the findings that fail, by domain and severity.
func (s *sheets) severities(c *xlsx.Canvas, row int) int {
	section(c, row, "Findings")
	domains := slices.Sorted(maps.Keys(s.r.Summary.Findings))
	row++
	heads := []xlsx.Cell{{Value: "Domain"}}
	for _, sev := range audit.Severities {
		heads = append(heads, xlsx.Cell{Kind: xlsx.Integer, Value: audit.Title(string(sev))})
	}
	headers(c, row, append(heads, xlsx.Cell{Kind: xlsx.Integer, Value: "Total"})...)
	first := row + 1
	const totalCol = nameCol + 1 + len(audit.Severities)
	var sums [len(audit.Severities) + 1]int
	for _, domain := range domains {
		row++
		c.Set(nameCol, row, xlsx.Cell{Value: strings.ReplaceAll(domain, "_", " ")})
		sum := 0
		for i, sev := range audit.Severities {
			n := s.r.Summary.Findings[domain][sev]
			sum += n
			sums[i] += n
			c.Set(nameCol+1+i, row, count(n, ""))
		}
		sums[len(audit.Severities)] += sum
		c.Set(totalCol, row, count(sum, "SUM("+xlsx.At(nameCol+1, row)+":"+xlsx.At(totalCol-1, row)+")"))
	}
	row++
	c.Set(nameCol, row, xlsx.Cell{Look: xlsx.Total, Value: "All"})
	for i, n := range sums {
		v := count(n, "")
		v.Look = xlsx.Total
		if len(domains) > 0 {
			v.Formula = sumOf(nameCol+1+i, first, row-1)
		}
		if i < len(audit.Severities) {
			v.Link = s.counts.first[audit.Severities[i]]
		}
		c.Set(nameCol+1+i, row, v)
	}
	return row + 1
}

// severityChart shows the findings of the rows from first to last, which are domains; nil when nothing fails.
func (s *sheets) severityChart(c *xlsx.Canvas, head, first, last int) *xlsx.Chart {
	var list []xlsx.Series
	failures := s.r.Summary.BySeverity()
	for i, sev := range audit.Severities {
		if failures[sev] > 0 {
			list = append(list, series(c, head, nameCol, nameCol+1+i, first, last, severityColors[i].chart))
		}
	}
	if list == nil {
		return nil
	}
	return &xlsx.Chart{Title: "Findings by domain and severity", Format: "0", Series: list,
		Alt: "Column chart of the findings that fail, by domain, each column divided by severity."}
}

// series are the values of a column from the row first to last: named by the cell above them in the row head, labelled by
// the column labels.
func series(c *xlsx.Canvas, head, labels, col, first, last int, color string) xlsx.Series {
	return xlsx.Series{Name: c.Ref(col, head), Categories: c.Column(labels, first, last), Values: c.Column(col, first, last), Color: color}
}

// quarters lists the contract ends, and returns their chart: nil when there are none.
func quarters(c *xlsx.Canvas, ends []audit.Quarter, col, row int) *xlsx.Chart {
	number := func(head string) xlsx.Cell { return xlsx.Cell{Style: xlsx.Header, Kind: xlsx.Integer, Value: head} }
	c.Row(col, row, xlsx.Cell{Style: xlsx.Header, Value: "Contract ends in"}, number("Undecided"), number("Decided"))
	if len(ends) == 0 {
		c.Set(col, row+1, xlsx.Cell{Look: xlsx.Muted, Kind: xlsx.Ident, Value: "No contract has an end ahead."})
		return nil
	}
	first, last := row+1, row+len(ends)
	for i, q := range ends {
		c.Row(col, first+i, xlsx.Cell{Value: q.Quarter}, count(q.Undecided, ""), count(q.Decided, ""))
	}
	return &xlsx.Chart{Title: "Contract ends by quarter", Format: "0", LabelAngle: -45,
		Alt:    "Column chart of how many contracts end in each quarter, undecided and decided.",
		Series: []xlsx.Series{series(c, row, col, col+1, first, last, undecided), series(c, row, col, col+2, first, last, certain)}}
}

// byAccount lists what each account still has to pay.
func (s *sheets) byAccount(c *xlsx.Canvas, row int) int {
	headers(c, row, xlsx.Cell{Value: "Account"}, xlsx.Cell{Value: "Account ID"}, xlsx.Cell{Kind: xlsx.Integer, Value: "Outposts"},
		dollars("Remaining commitment", ""))
	first := row + 1
	for i := range s.r.Commitments.Accounts {
		a := &s.r.Commitments.Accounts[i]
		row++
		c.Row(nameCol, row, xlsx.Cell{Value: cmp.Or(a.Name, none)}, xlsx.Cell{Kind: xlsx.Ident, Value: a.Account},
			count(a.Outposts, ""), dollars(a.Remaining, ""))
	}
	row++
	if row == first {
		c.Set(nameCol, row, xlsx.Cell{Look: xlsx.Muted, Kind: xlsx.Ident, Value: "No account has a contract."})
		return row + 1
	}
	all := &s.r.Commitments.Total
	sums := []xlsx.Cell{{Value: "All"}, {},
		count(all.Outposts, sumOf(nameCol+2, first, row-1)), dollars(all.Remaining, sumOf(nameCol+3, first, row-1))}
	for i := range sums {
		sums[i].Look = xlsx.Total
	}
	c.Row(nameCol, row, sums...)
	if text := lacks(all, "Not included: the payments of %s that are not known, see Coverage.",
		"Not included: contracts that could not be read, see Coverage."); text != "" {
		row++
		c.Set(nameCol, row, xlsx.Cell{Look: xlsx.Muted, Kind: xlsx.Ident, Value: text})
	}
	return row + 1
}

// about says what the report was made from, below the row given, and returns the row after it.
func (s *sheets) about(c *xlsx.Canvas, row int) int {
	section(c, row, "About this report")
	run := &s.r.Run
	row++
	c.Row(nameCol, row, xlsx.Cell{Look: xlsx.Muted, Value: "Snapshot taken"}, xlsx.Cell{Kind: xlsx.Moment, Value: run.TakenAt})
	for _, line := range [...]struct {
		label string
		kind  xlsx.Kind
		value string
	}{
		{"Accounts", xlsx.Prose, atMost(aboutWidth*aboutLines, run.Accounts, func(a audit.Account) string {
			if a.Name == "" {
				return a.ID
			}
			return a.Name + " (" + a.ID + ")"
		})},
		{"Regions", xlsx.Prose, atMost(aboutWidth*aboutLines, run.Regions, same)},
		{"Policy digest", xlsx.Ident, run.PolicyDigest},
		{"Config digest", xlsx.Ident, run.ConfigDigest},
		{"Run", xlsx.Ident, run.ID + ", tenor " + run.ToolVersion},
	} {
		row++
		c.Set(nameCol, row, xlsx.Cell{Look: xlsx.Muted, Value: line.label})
		c.Across(nameCol+1, row, lastCol, xlsx.Cell{Kind: line.kind, Value: line.value})
		c.Height(row, 15*math.Ceil(float64(xlsx.TextWidth(line.value)+1)/aboutWidth))
	}
	return row + 1
}

// How much of a list has room beside its label: characters a line, and lines.
const (
	aboutWidth = 140
	aboutLines = 12
)

// atMost shows the first of some values, as many as so many characters have room for, and how many there are beyond.
func atMost[T any](width int, vs []T, one func(T) string) string {
	var b strings.Builder
	for i, v := range vs {
		s := xlsx.Clip(one(v), aboutWidth)
		if width -= xlsx.TextWidth(s) + len(", "); width < 0 {
			fmt.Fprintf(&b, " and %d more", len(vs)-i)
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(s)
	}
	return b.String()
}
