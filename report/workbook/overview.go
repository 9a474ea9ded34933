package workbook

import (
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"tenor/audit"
	"tenor/report/workbook/xlsx"
)

// severityColors are the colours of a severity, in the order of audit.Severities: its words', the cell's around them, and
// its own in a chart, where they stand beside one another.
var severityColors = [len(audit.Severities)]struct{ font, fill, chart string }{
	{"FFFFFF", "A61B1B", "A61B1B"}, {"8A2F06", "FCE3D4", "E2711D"}, {"7A5200", "FFF1CC", "F2C14E"}, {"1F4E79", "E1ECF7", "5B8DB8"}, {"4A5560", "EEF1F4", "B8C2CC"},
}

func severityBadges() []xlsx.BadgeColor {
	var levels []xlsx.BadgeColor
	for i, c := range severityColors {
		levels = append(levels, xlsx.BadgeColor{Word: string(audit.Severities[i]), Font: c.font, Fill: c.fill})
	}
	return levels
}

// severities counts the findings that fail, by domain and severity.
func severities(c *xlsx.Canvas, r *audit.Report, s *sheets, row int) int {
	section(c, row, "Findings")
	domains := slices.Sorted(maps.Keys(r.Summary.Findings))
	row++
	heads := []xlsx.Cell{{Value: "Domain"}}
	for _, sev := range audit.Severities {
		heads = append(heads, xlsx.Cell{Kind: xlsx.Integer, Value: title(string(sev))})
	}
	headers(c, row, append(heads, xlsx.Cell{Kind: xlsx.Integer, Value: "Total"})...)
	first := row + 1
	sums := make([]int, len(audit.Severities)+1)
	for _, domain := range domains {
		row++
		c.Set(nameCol, row, xlsx.Cell{Value: strings.ReplaceAll(domain, "_", " ")})
		sum := 0
		for i, sev := range audit.Severities {
			n := r.Summary.Findings[domain][sev]
			sum += n
			sums[i] += n
			c.Set(nameCol+1+i, row, xlsx.Cell{Kind: xlsx.Integer, Value: strconv.Itoa(n)})
		}
		sums[len(audit.Severities)] += sum
		c.Set(nameCol+1+len(audit.Severities), row, xlsx.Cell{Kind: xlsx.Integer, Value: strconv.Itoa(sum), Formula: "SUM(" + xlsx.At(nameCol+1, row) + ":" + xlsx.At(nameCol+len(audit.Severities), row) + ")"})
	}
	row++
	c.Set(nameCol, row, xlsx.Cell{Look: xlsx.Total, Value: "All"})
	for i, n := range sums {
		v := xlsx.Cell{Kind: xlsx.Integer, Look: xlsx.Total, Value: strconv.Itoa(n)}
		if len(domains) > 0 {
			v.Formula = "SUM(" + xlsx.At(nameCol+1+i, first) + ":" + xlsx.At(nameCol+1+i, row-1) + ")"
		}
		if i < len(audit.Severities) {
			v.Link = s.counts.first[audit.Severities[i]]
		}
		c.Set(nameCol+1+i, row, v)
	}
	return row + 1
}

// severityChart shows the findings of the rows from first to last, which are domains; nil when nothing fails.
func severityChart(c *xlsx.Canvas, r *audit.Report, head, first, last int) *xlsx.Chart {
	var list []xlsx.Series
	failures := r.Summary.BySeverity()
	for i, sev := range audit.Severities {
		if failures[sev] > 0 {
			list = append(list, xlsx.Series{Name: c.Ref(nameCol+1+i, head), Categories: c.Column(nameCol, first, last),
				Values: c.Column(nameCol+1+i, first, last), Color: severityColors[i].chart})
		}
	}
	if list == nil {
		return nil
	}
	return &xlsx.Chart{Title: "Findings by domain and severity", Format: "0", Series: list,
		Alt: "Column chart of the findings that fail, by domain, each column divided by severity."}
}

// quarterRanges are the cells of the contract ends: quarters, and under their headers the undecided and the decided.
type quarterRanges struct{ names, undecidedHead, undecided, decidedHead, decided string }

// quarters lists the contract ends.
func quarters(c *xlsx.Canvas, ends []audit.Quarter, col, row int) quarterRanges {
	for i, h := range [...]string{"Contract ends in", "Undecided", "Decided"} {
		c.Set(col+i, row, xlsx.Cell{Style: xlsx.Header, Kind: [...]xlsx.Kind{xlsx.Text, xlsx.Integer}[min(i, 1)], Value: h})
	}
	for i, q := range ends {
		for j, v := range []xlsx.Cell{{Value: q.Quarter}, {Kind: xlsx.Integer, Value: strconv.Itoa(q.Undecided)}, {Kind: xlsx.Integer, Value: strconv.Itoa(q.Decided)}} {
			c.Set(col+j, row+1+i, v)
		}
	}
	if len(ends) == 0 {
		c.Set(col, row+1, xlsx.Cell{Look: xlsx.Muted, Kind: xlsx.Ident, Value: "No contract has an end ahead."})
	}
	of := func(i int) string { return c.Column(col+i, row+1, row+len(ends)) }
	return quarterRanges{of(0), c.Ref(col+1, row), of(1), c.Ref(col+2, row), of(2)}
}

func quarterChart(q quarterRanges) *xlsx.Chart {
	return &xlsx.Chart{Title: "Contract ends by quarter", Format: "0", LabelAngle: -45, Alt: "Column chart of how many contracts end in each quarter, undecided and decided.",
		Series: []xlsx.Series{
			{Name: q.undecidedHead, Categories: q.names, Values: q.undecided, Color: undecided},
			{Name: q.decidedHead, Categories: q.names, Values: q.decided, Color: certain},
		}}
}

func yearChart(f *cashFlow) *xlsx.Chart {
	return &xlsx.Chart{Title: "Cash by fiscal year", Format: thousands,
		Alt: "Column chart of the cash to be paid in each fiscal year: committed, and for the recommended renewals.",
		Series: []xlsx.Series{
			{Name: f.committedHead, Categories: f.yearNames, Values: f.yearCommitted, Color: certain},
			{Name: f.renewalsHead, Categories: f.yearNames, Values: f.yearRenewals, Color: undecided},
		}}
}

// byAccount lists what each account still has to pay.
func byAccount(c *xlsx.Canvas, r *audit.Report, row int) int {
	headers(c, row, xlsx.Cell{Value: "Account"}, xlsx.Cell{Value: "Account ID"}, xlsx.Cell{Kind: xlsx.Integer, Value: "Outposts"}, xlsx.Cell{Kind: xlsx.Money, Value: "Still to pay"})
	first := row + 1
	for i := range r.Commitments.Accounts {
		a := &r.Commitments.Accounts[i]
		row++
		for j, v := range []xlsx.Cell{{Value: orDash(a.Name)}, {Kind: xlsx.Ident, Value: a.Account}, {Kind: xlsx.Integer, Value: strconv.Itoa(a.Outposts)}, {Kind: xlsx.Money, Value: a.Remaining}} {
			c.Set(nameCol+j, row, v)
		}
	}
	row++
	if len(r.Commitments.Accounts) == 0 {
		c.Set(nameCol, row, xlsx.Cell{Look: xlsx.Muted, Kind: xlsx.Ident, Value: "No account has a contract."})
		return row + 1
	}
	c.Set(nameCol, row, xlsx.Cell{Look: xlsx.Total, Value: "All"})
	c.Set(nameCol+1, row, xlsx.Cell{Look: xlsx.Total})
	c.Set(nameCol+2, row, xlsx.Cell{Kind: xlsx.Integer, Look: xlsx.Total, Value: strconv.Itoa(r.Commitments.Total.Outposts), Formula: "SUM(" + xlsx.At(nameCol+2, first) + ":" + xlsx.At(nameCol+2, row-1) + ")"})
	c.Set(nameCol+3, row, xlsx.Cell{Kind: xlsx.Money, Look: xlsx.Total, Value: r.Commitments.Total.Remaining, Formula: "SUM(" + xlsx.At(nameCol+3, first) + ":" + xlsx.At(nameCol+3, row-1) + ")"})
	return row + 1
}

// about says what the report was made from.
func about(c *xlsx.Canvas, r *audit.Report, row int) {
	section(c, row, "About this report")
	var accounts []string
	for _, a := range r.Run.Accounts {
		if a.Name == "" {
			accounts = append(accounts, a.ID)
		} else {
			accounts = append(accounts, a.Name+" ("+a.ID+")")
		}
	}
	for _, line := range [...]struct {
		label string
		cell  xlsx.Cell
	}{
		{"Snapshot taken", xlsx.Cell{Kind: xlsx.Moment, Value: r.Run.TakenAt}},
		{"Accounts", xlsx.Cell{Kind: xlsx.Prose, Value: strings.Join(accounts, ", ")}},
		{"Regions", xlsx.Cell{Kind: xlsx.Prose, Value: strings.Join(r.Run.Regions, ", ")}},
		{"Policy digest", xlsx.Cell{Kind: xlsx.Ident, Value: r.Run.PolicyDigest}},
		{"Config digest", xlsx.Cell{Kind: xlsx.Ident, Value: r.Run.ConfigDigest}},
		{"Run", xlsx.Cell{Kind: xlsx.Ident, Value: r.Run.ID + ", tenor " + r.Run.ToolVersion}},
	} {
		row++
		c.Set(nameCol, row, xlsx.Cell{Look: xlsx.Muted, Value: line.label})
		if line.cell.Kind == xlsx.Moment {
			c.Set(nameCol+1, row, line.cell)
			continue
		}
		c.Across(nameCol+1, row, lastCol, line.cell)
		c.Height(row, 15*math.Ceil(float64(xlsx.TextWidth(line.cell.Value)+1)/125))
	}
}
