package workbook

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"tenor/audit"
	"tenor/report/workbook/xlsx"
)

// The columns of Summary: a margin, names, and eight of numbers.
const (
	nameCol = 1
	lastCol = 9

	nameWidth = 30 // of the names, in characters
)

// writeSummary writes the first sheet: what is committed, what is to be decided by when, and how far the report can be
// relied on.
func writeSummary(b *xlsx.Book, r *audit.Report, s *sheets) error {
	c := xlsx.NewCanvas(b, "Summary", 2, nameWidth, 15, 15, 15, 15, 15, 15, 15, 15)
	c.Set(nameCol, 1, xlsx.Cell{Style: xlsx.Title, Value: "AWS Outposts commitments and Service Catalog products"})
	c.Height(1, 32)
	c.Set(nameCol, 2, xlsx.Cell{Style: xlsx.Subtitle, Value: scope(r, s.asOf)})
	standing(c, r, s, 3)
	tiles(c, r, s, 6)
	row := deadlines(c, r, s, 10)
	head := row + 2
	row = severities(c, r, s, row+1)
	failing := severityChart(c, r, head, head+1, row-2)
	c.PageBreak(row)
	section(c, row+1, "Contracts, cash and findings")
	chartsAt, listsAt := row+2, row+2
	ends := r.Commitments.Total.ContractEnds
	if failing != nil || len(ends) > 0 || s.cash.yearNames != "" {
		listsAt += xlsx.ChartRows + 1
	}
	quarters := quarters(c, ends, nameCol+5, listsAt)
	row = max(byAccount(c, r, listsAt), listsAt+len(ends)+1)
	about(c, r, row+1)
	var list []*xlsx.Chart
	if len(ends) > 0 {
		list = append(list, quarterChart(quarters))
	}
	if s.cash.yearNames != "" {
		list = append(list, yearChart(s.cash))
	}
	if failing != nil {
		list = append(list, failing)
	}
	if err := c.Gallery(list, nameCol, lastCol, chartsAt); err != nil {
		return err
	}
	return c.Close("", "")
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
func standing(c *xlsx.Canvas, r *audit.Report, s *sheets, row int) {
	line := xlsx.Cell{Style: xlsx.Label, Value: "Complete: everything in scope was read."}
	if r.Status == audit.Incomplete {
		line = xlsx.Cell{Style: xlsx.Warning, Value: fmt.Sprintf("Incomplete: %s could not be read and %s could not be given. What is missing may hold more: see Coverage.",
			several(r.Summary.Coverage.Gaps, "call"), several(r.Summary.Verdicts[audit.Unknown]+r.Summary.Verdicts[audit.Error], "verdict"))}
	}
	c.Set(nameCol, row, line)
	const agree, differ = "All checks agree with the report.", "A check does not agree: see Checks."
	changed := "Assumptions were changed: amounts follow them and no longer those of the report."
	if !s.lookup {
		changed = "Assumptions were changed: with so many options, recommendations, decisions and cash flow do not follow them."
	}
	standing := differ
	if s.agree {
		standing = agree
	}
	c.Set(nameCol, row+1, xlsx.Cell{Style: xlsx.Label, Value: standing, Formula: `IF(NOT(AsReported),"` + changed + `",IF(AllAgree,"` + agree + `","` + differ + `"))`})
}

// tiles are the figures to see first.
func tiles(c *xlsx.Canvas, r *audit.Report, s *sheets, row int) {
	tile := func(col, last int, label string, note, v xlsx.Cell) {
		v.Style = xlsx.Tile
		c.Across(col, row, last, xlsx.Cell{Style: xlsx.TileNote, Value: label})
		c.Across(col, row+1, last, v)
		note.Style = xlsx.TileNote
		c.Across(col, row+2, last, note)
	}
	total := &r.Commitments.Total
	tile(nameCol, nameCol, "Still to pay on contracts", xlsx.Cell{Value: "for " + several(total.Outposts, "Outpost")}, xlsx.Cell{Kind: xlsx.Money, Value: total.Remaining, Formula: "SUM(" + s.cash.monthCommitted + ")"})
	for i, due := range r.Summary.DecisionsDue {
		col := nameCol + 1 + 2*i
		if col > lastCol-3 {
			break
		}
		unpriced := s.dueUnpriced(due.WithinDays)
		note := xlsx.Cell{Value: several(due.Count, "decision")}
		note.Formula = xlsx.Quote(note.Value) + `&IF(` + unpriced + `>0,", "&` + unpriced + `&" without a price","")`
		if due.Unpriced > 0 {
			note.Value += fmt.Sprintf(", %d without a price", due.Unpriced)
		}
		value := "0"
		if due.Amount != nil {
			value = due.Amount.Value
		}
		tile(col, col+1, fmt.Sprintf("To decide within %d days", due.WithinDays), note, xlsx.Cell{Kind: xlsx.Money, Value: value, Formula: s.dueAmount(due.WithinDays)})
	}
	cov := &r.Summary.Coverage
	share := decimal.NewFromInt(1)
	if asked := cov.Collected + cov.Gaps; asked > 0 {
		share = decimal.NewFromInt(int64(cov.Collected)).DivRound(decimal.NewFromInt(int64(asked)), 10)
	}
	status := func(v audit.CoverageStatus) string { return countIf(s.coverage.Pages, "Status", `"`+string(v)+`"`) }
	collected, gaps := status(audit.StatusCollected), status(audit.StatusGap)
	tile(lastCol-1, lastCol, "Coverage of the calls made", xlsx.Cell{Value: several(cov.Collected, "call") + ", " + several(cov.Gaps, "gap")},
		xlsx.Cell{Kind: xlsx.Percent, Value: share.String(), Formula: "IF((" + collected + ")+(" + gaps + ")=0,1,(" + collected + ")/((" + collected + ")+(" + gaps + ")))"})
	c.Height(row, 18)
	c.Height(row+1, 28)
	c.Height(row+2, 18)
}

// section puts a heading over the width of the sheet.
func section(c *xlsx.Canvas, row int, title string) {
	c.Across(nameCol, row, lastCol, xlsx.Cell{Style: xlsx.Section, Value: title})
	c.Height(row, 24)
}

// headers puts column headers from the names' column on.
func headers(c *xlsx.Canvas, row int, heads ...xlsx.Cell) {
	for i, h := range heads {
		c.Set(nameCol+i, row, xlsx.Cell{Style: xlsx.Header, Kind: h.Kind, Value: h.Value})
	}
	c.Height(row, 30)
}

// deadlines lists the nearest decisions.
func deadlines(c *xlsx.Canvas, r *audit.Report, s *sheets, row int) int {
	section(c, row, "Nearest decisions")
	if len(r.Summary.Deadlines) == 0 {
		c.Set(nameCol, row+1, xlsx.Cell{Look: xlsx.Muted, Kind: xlsx.Ident, Value: "No contract that ends is waiting for a decision."})
		return row + 2
	}
	row++
	headers(c, row, xlsx.Cell{Value: "Outpost"}, xlsx.Cell{Value: "Account"}, xlsx.Cell{Value: "Notice deadline"}, xlsx.Cell{Kind: xlsx.Integer, Value: "Days left"}, xlsx.Cell{Value: "Contract end"},
		xlsx.Cell{Value: "Recommended term"}, xlsx.Cell{Value: "Payment"}, xlsx.Cell{Kind: xlsx.Money, Value: "Amount"}, xlsx.Cell{Kind: xlsx.Money, Value: "Cost of inaction per month"})
	for i := range r.Summary.Deadlines {
		d := &r.Summary.Deadlines[i]
		row++
		n := slices.IndexFunc(s.list, func(v *decision) bool { return v.Resource.ID == d.Resource.ID })
		link := ""
		found := func(string) string { return "" }
		var best *audit.PricedOption
		if n >= 0 {
			link, best = s.decisions.Place(n), s.list[n].best
			found = func(head string) string {
				return "INDEX(" + s.decisions.Ref(head) + ",MATCH(" + xlsx.Quote(d.Resource.ID) + "," + s.decisions.Ref("Outpost ID") + ",0))"
			}
		}
		term, payment := none, none
		if best != nil {
			term, payment = words(best.PaymentTerm), words(best.PaymentOption)
		}
		name := xlsx.Cell{Value: xlsx.Clip(label(&d.Resource), nameWidth-5), Link: link}
		for j, v := range []xlsx.Cell{
			name,
			{Kind: xlsx.Ident, Value: d.Resource.Account},
			{Kind: xlsx.Date, Value: d.NoticeDeadline},
			{Kind: xlsx.Integer, Value: strconv.Itoa(d.DaysLeft), Formula: "TRUNC(" + xlsx.At(nameCol+2, row) + "-AsOf)"},
			{Kind: xlsx.Date, Value: d.ContractEnd},
			{Value: term, Formula: found("Recommended term")},
			{Value: payment, Formula: found("Payment")},
			{Kind: xlsx.Money, Value: orDash(amount(d.Amount)), Formula: found("Amount")},
			{Kind: xlsx.Money, Value: orDash(amount(d.PerMonth)), Formula: found("Cost of inaction per month")},
		} {
			c.Set(nameCol+j, row, v)
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
