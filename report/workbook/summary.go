package workbook

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"tenor/audit"
)

// The columns of Summary: a margin, names, and eight of numbers.
const (
	nameCol = 1
	lastCol = 9

	nameWidth = 30 // of the names, in characters
)

// writeSummary writes the first sheet: what is committed, what is to be decided by when, and how far the report can be
// relied on.
func writeSummary(b *book, r *audit.Report, s *sheets) error {
	c := newCanvas(b, "Summary", 2, nameWidth, 15, 15, 15, 15, 15, 15, 15, 15)
	c.set(nameCol, 1, cell{style: Title, value: "AWS Outposts commitments and Service Catalog products"})
	c.height(1, 32)
	c.set(nameCol, 2, cell{style: Subtitle, value: scope(r, s.asOf)})
	c.standing(r, s, 3)
	c.tiles(r, s, 6)
	row := c.deadlines(r, s, 10)
	head := row + 2
	row = c.severities(r, s, row+1)
	failing := c.severityChart(r, head, head+1, row-2)
	c.pageBreak(row)
	c.section(row+1, "Contracts, cash and findings")
	chartsAt, listsAt := row+2, row+2
	ends := r.Commitments.Total.ContractEnds
	if failing != nil || len(ends) > 0 || s.cash.yearNames != "" {
		listsAt += chartRows + 1
	}
	quarters := c.quarters(ends, nameCol+5, listsAt)
	row = max(c.byAccount(r, listsAt), listsAt+len(ends)+1)
	c.about(r, row+1)
	var list []*Chart
	if len(ends) > 0 {
		list = append(list, quarterChart(quarters))
	}
	if s.cash.yearNames != "" {
		list = append(list, yearChart(s.cash))
	}
	if failing != nil {
		list = append(list, failing)
	}
	if err := c.gallery(list, nameCol, lastCol, chartsAt); err != nil {
		return err
	}
	return c.close("", "")
}

func scope(r *audit.Report, asOf time.Time) string {
	return "As of " + asOf.Format("2 January 2006, 15:04") + " UTC · " + several(len(r.Run.Accounts), "account") + " · " + several(len(r.Run.Regions), "region")
}

func several(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return strconv.Itoa(n) + " " + noun
}

// standing says in one line how complete the report is, and in a second whether the workbook still shows it.
func (c *canvas) standing(r *audit.Report, s *sheets, row int) {
	line := cell{style: Label, value: "Complete: everything in scope was read."}
	if r.Status == audit.Incomplete {
		line = cell{style: Warning, value: fmt.Sprintf("Incomplete: %s could not be read and %s could not be given. What is missing may hold more: see Coverage.",
			several(r.Summary.Coverage.Gaps, "call"), several(r.Summary.Verdicts[audit.Unknown]+r.Summary.Verdicts[audit.Error], "verdict"))}
	}
	c.set(nameCol, row, line)
	const agree, differ = "All checks agree with the report.", "A check does not agree: see Checks."
	changed := "Assumptions were changed: amounts follow them and no longer those of the report."
	if !s.lookup {
		changed = "Assumptions were changed: with so many options, recommendations, decisions and cash flow do not follow them."
	}
	standing := differ
	if s.agree {
		standing = agree
	}
	c.set(nameCol, row+1, cell{style: Label, value: standing, formula: `IF(NOT(AsReported),"` + changed + `",IF(AllAgree,"` + agree + `","` + differ + `"))`})
}

// tiles are the figures to see first.
func (c *canvas) tiles(r *audit.Report, s *sheets, row int) {
	tile := func(col, last int, label string, note, v cell) {
		v.style = Tile
		c.across(col, row, last, cell{style: TileNote, value: label})
		c.across(col, row+1, last, v)
		note.style = TileNote
		c.across(col, row+2, last, note)
	}
	total := &r.Commitments.Total
	tile(nameCol, nameCol, "Still to pay on contracts", cell{value: "for " + several(total.Outposts, "Outpost")}, cell{kind: money, value: total.Remaining, formula: "SUM(" + s.cash.monthCommitted + ")"})
	for i, due := range r.Summary.DecisionsDue {
		col := nameCol + 1 + 2*i
		if col > lastCol-3 {
			break
		}
		unpriced := s.dueUnpriced(due.WithinDays)
		note := cell{value: several(due.Count, "decision")}
		note.formula = quotedText(note.value) + `&IF(` + unpriced + `>0,", "&` + unpriced + `&" without a price","")`
		if due.Unpriced > 0 {
			note.value += fmt.Sprintf(", %d without a price", due.Unpriced)
		}
		value := "0"
		if due.Amount != nil {
			value = due.Amount.Value
		}
		tile(col, col+1, fmt.Sprintf("To decide within %d days", due.WithinDays), note, cell{kind: money, value: value, formula: s.dueAmount(due.WithinDays)})
	}
	cov := &r.Summary.Coverage
	share := decimal.NewFromInt(1)
	if asked := cov.Collected + cov.Gaps; asked > 0 {
		share = decimal.NewFromInt(int64(cov.Collected)).DivRound(decimal.NewFromInt(int64(asked)), 10)
	}
	status := func(v audit.CoverageStatus) string { return countIf(s.coverage.pages, "Status", `"`+string(v)+`"`) }
	collected, gaps := status(audit.StatusCollected), status(audit.StatusGap)
	tile(lastCol-1, lastCol, "Coverage of the calls made", cell{value: several(cov.Collected, "call") + ", " + several(cov.Gaps, "gap")},
		cell{kind: percent, value: share.String(), formula: "IF((" + collected + ")+(" + gaps + ")=0,1,(" + collected + ")/((" + collected + ")+(" + gaps + ")))"})
	c.height(row, 18)
	c.height(row+1, 28)
	c.height(row+2, 18)
}

// section puts a heading over the width of the sheet.
func (c *canvas) section(row int, title string) {
	c.across(nameCol, row, lastCol, cell{style: Section, value: title})
	c.height(row, 24)
}

// headers puts column headers from the names' column on.
func (c *canvas) headers(row int, heads ...cell) {
	for i, h := range heads {
		c.set(nameCol+i, row, cell{style: Header, kind: h.kind, value: h.value})
	}
	c.height(row, 30)
}

// deadlines lists the nearest decisions.
func (c *canvas) deadlines(r *audit.Report, s *sheets, row int) int {
	c.section(row, "Nearest decisions")
	if len(r.Summary.Deadlines) == 0 {
		c.set(nameCol, row+1, cell{look: muted, kind: ident, value: "No contract that ends is waiting for a decision."})
		return row + 2
	}
	row++
	c.headers(row, cell{value: "Outpost"}, cell{value: "Account"}, cell{value: "Notice deadline"}, cell{kind: integer, value: "Days left"}, cell{value: "Contract end"},
		cell{value: "Recommended term"}, cell{value: "Payment"}, cell{kind: money, value: "Amount"}, cell{kind: money, value: "Cost of inaction per month"})
	for i := range r.Summary.Deadlines {
		d := &r.Summary.Deadlines[i]
		row++
		n := slices.IndexFunc(s.list, func(v *decision) bool { return v.Resource.ID == d.Resource.ID })
		link := ""
		found := func(string) string { return "" }
		var best *audit.PricedOption
		if n >= 0 {
			link, best = s.decisions.place(n), s.list[n].best
			found = func(head string) string {
				return "INDEX(" + s.decisions.ref(head) + ",MATCH(" + quotedText(d.Resource.ID) + "," + s.decisions.ref("Outpost ID") + ",0))"
			}
		}
		term, payment := none, none
		if best != nil {
			term, payment = words(best.PaymentTerm), words(best.PaymentOption)
		}
		name := cell{value: clip(label(&d.Resource), nameWidth-5), link: link}
		for j, v := range []cell{
			name,
			{kind: ident, value: d.Resource.Account},
			{kind: date, value: d.NoticeDeadline},
			{kind: integer, value: strconv.Itoa(d.DaysLeft), formula: "TRUNC(" + at(nameCol+2, row) + "-AsOf)"},
			{kind: date, value: d.ContractEnd},
			{value: term, formula: found("Recommended term")},
			{value: payment, formula: found("Payment")},
			{kind: money, value: orDash(amount(d.Amount)), formula: found("Amount")},
			{kind: money, value: orDash(amount(d.PerMonth)), formula: found("Cost of inaction per month")},
		} {
			c.set(nameCol+j, row, v)
		}
	}
	return row + 1
}

// title writes a word with a capital.
func title(word string) string { return strings.ToUpper(word[:1]) + word[1:] }

func orDash(s string) string {
	if s == "" {
		return none
	}
	return s
}
