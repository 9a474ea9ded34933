package workbook

import (
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"tenor/audit"
)

// severityColors are the colours of a severity, in the order of audit.Severities: its words', the cell's around them, and
// its own in a chart, where they stand beside one another.
var severityColors = [len(audit.Severities)]struct{ font, fill, chart string }{
	{White, "A61B1B", "A61B1B"}, {"8A2F06", "FCE3D4", "E2711D"}, {"7A5200", "FFF1CC", "F2C14E"}, {"1F4E79", "E1ECF7", "5B8DB8"}, {"4A5560", "EEF1F4", "B8C2CC"},
}

func severityBadges() []BadgeColor {
	var levels []BadgeColor
	for i, c := range severityColors {
		levels = append(levels, BadgeColor{string(audit.Severities[i]), c.font, c.fill})
	}
	return levels
}

// severities counts the findings that fail, by domain and severity.
func (c *canvas) severities(r *audit.Report, s *sheets, row int) int {
	c.section(row, "Findings")
	domains := slices.Sorted(maps.Keys(r.Summary.Findings))
	row++
	heads := []cell{{value: "Domain"}}
	for _, sev := range audit.Severities {
		heads = append(heads, cell{kind: integer, value: title(string(sev))})
	}
	c.headers(row, append(heads, cell{kind: integer, value: "Total"})...)
	first := row + 1
	sums := make([]int, len(audit.Severities)+1)
	for _, domain := range domains {
		row++
		c.set(nameCol, row, cell{value: strings.ReplaceAll(domain, "_", " ")})
		sum := 0
		for i, sev := range audit.Severities {
			n := r.Summary.Findings[domain][sev]
			sum += n
			sums[i] += n
			c.set(nameCol+1+i, row, cell{kind: integer, value: strconv.Itoa(n)})
		}
		sums[len(audit.Severities)] += sum
		c.set(nameCol+1+len(audit.Severities), row, cell{kind: integer, value: strconv.Itoa(sum), formula: "SUM(" + at(nameCol+1, row) + ":" + at(nameCol+len(audit.Severities), row) + ")"})
	}
	row++
	c.set(nameCol, row, cell{look: total, value: "All"})
	for i, n := range sums {
		v := cell{kind: integer, look: total, value: strconv.Itoa(n)}
		if len(domains) > 0 {
			v.formula = "SUM(" + at(nameCol+1+i, first) + ":" + at(nameCol+1+i, row-1) + ")"
		}
		if i < len(audit.Severities) {
			v.link = s.counts.first[audit.Severities[i]]
		}
		c.set(nameCol+1+i, row, v)
	}
	return row + 1
}

// severityChart shows the findings of the rows from first to last, which are domains; nil when nothing fails.
func (c *canvas) severityChart(r *audit.Report, head, first, last int) *Chart {
	var list []Series
	failures := r.Summary.BySeverity()
	for i, sev := range audit.Severities {
		if failures[sev] > 0 {
			list = append(list, Series{c.cell(nameCol+1+i, head), c.column(nameCol, first, last), c.column(nameCol+1+i, first, last), severityColors[i].chart})
		}
	}
	if list == nil {
		return nil
	}
	return &Chart{Title: "Findings by domain and severity", Format: "0", Series: list,
		Alt: "Column chart of the findings that fail, by domain, each column divided by severity."}
}

// quarterRanges are the cells of the contract ends: quarters, and under their headers the undecided and the decided.
type quarterRanges struct{ names, undecidedHead, undecided, decidedHead, decided string }

// quarters lists the contract ends.
func (c *canvas) quarters(ends []audit.Quarter, col, row int) quarterRanges {
	for i, h := range [...]string{"Contract ends in", "Undecided", "Decided"} {
		c.set(col+i, row, cell{style: Header, kind: [...]kind{text, integer}[min(i, 1)], value: h})
	}
	for i, q := range ends {
		for j, v := range []cell{{value: q.Quarter}, {kind: integer, value: strconv.Itoa(q.Undecided)}, {kind: integer, value: strconv.Itoa(q.Decided)}} {
			c.set(col+j, row+1+i, v)
		}
	}
	if len(ends) == 0 {
		c.set(col, row+1, cell{look: muted, kind: ident, value: "No contract has an end ahead."})
	}
	of := func(i int) string { return c.column(col+i, row+1, row+len(ends)) }
	return quarterRanges{of(0), c.cell(col+1, row), of(1), c.cell(col+2, row), of(2)}
}

func quarterChart(q quarterRanges) *Chart {
	return &Chart{Title: "Contract ends by quarter", Format: "0", LabelAngle: -45, Alt: "Column chart of how many contracts end in each quarter, undecided and decided.",
		Series: []Series{{q.undecidedHead, q.names, q.undecided, undecided}, {q.decidedHead, q.names, q.decided, certain}}}
}

func yearChart(f *cashFlow) *Chart {
	return &Chart{Title: "Cash by fiscal year", Format: thousands,
		Alt:    "Column chart of the cash to be paid in each fiscal year: committed, and for the recommended renewals.",
		Series: []Series{{f.committedHead, f.yearNames, f.yearCommitted, certain}, {f.renewalsHead, f.yearNames, f.yearRenewals, undecided}}}
}

// byAccount lists what each account still has to pay.
func (c *canvas) byAccount(r *audit.Report, row int) int {
	c.headers(row, cell{value: "Account"}, cell{value: "Account ID"}, cell{kind: integer, value: "Outposts"}, cell{kind: money, value: "Still to pay"})
	first := row + 1
	for i := range r.Commitments.Accounts {
		a := &r.Commitments.Accounts[i]
		row++
		for j, v := range []cell{{value: orDash(a.Name)}, {kind: ident, value: a.Account}, {kind: integer, value: strconv.Itoa(a.Outposts)}, {kind: money, value: a.Remaining}} {
			c.set(nameCol+j, row, v)
		}
	}
	row++
	if len(r.Commitments.Accounts) == 0 {
		c.set(nameCol, row, cell{look: muted, kind: ident, value: "No account has a contract."})
		return row + 1
	}
	c.set(nameCol, row, cell{look: total, value: "All"})
	c.set(nameCol+1, row, cell{look: total})
	c.set(nameCol+2, row, cell{kind: integer, look: total, value: strconv.Itoa(r.Commitments.Total.Outposts), formula: "SUM(" + at(nameCol+2, first) + ":" + at(nameCol+2, row-1) + ")"})
	c.set(nameCol+3, row, cell{kind: money, look: total, value: r.Commitments.Total.Remaining, formula: "SUM(" + at(nameCol+3, first) + ":" + at(nameCol+3, row-1) + ")"})
	return row + 1
}

// about says what the report was made from.
func (c *canvas) about(r *audit.Report, row int) {
	c.section(row, "About this report")
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
		cell  cell
	}{
		{"Snapshot taken", cell{kind: moment, value: r.Run.TakenAt}},
		{"Accounts", cell{kind: prose, value: strings.Join(accounts, ", ")}},
		{"Regions", cell{kind: prose, value: strings.Join(r.Run.Regions, ", ")}},
		{"Policy digest", cell{kind: ident, value: r.Run.PolicyDigest}},
		{"Config digest", cell{kind: ident, value: r.Run.ConfigDigest}},
		{"Run", cell{kind: ident, value: r.Run.ID + ", tenor " + r.Run.ToolVersion}},
	} {
		row++
		c.set(nameCol, row, cell{look: muted, value: line.label})
		if line.cell.kind == moment {
			c.set(nameCol+1, row, line.cell)
			continue
		}
		c.across(nameCol+1, row, lastCol, line.cell)
		c.height(row, 15*math.Ceil(float64(displayWidth(line.cell.value)+1)/125))
	}
}
