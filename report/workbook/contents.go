package workbook

import (
	"slices"

	"tenor/audit"
	"tenor/report/workbook/xlsx"
)

// audience says what a sheet is for: the colour of its tab.
type audience struct{ name, color string }

var (
	decide   = audience{"decide", "1F4E79"}
	explain  = audience{"explain", "E0A33E"}
	evidence = audience{"evidence", "9AA5B1"}
)

// entry is a sheet in the contents.
type entry struct {
	name   string
	reader audience
	shows  string
}

// contents are the sheets of a report in their order; those of the bill and Comparison only where one was read, or there
// is a baseline. Scripts rely on the names.
func contents(r *audit.Report) []entry {
	list := []entry{
		{"Summary", decide, "What to do: what runs without a contract, the nearest decisions, the gravest findings; and what is committed."},
		{"Decisions", decide, "Each contract to decide on, and the choice: change it, and amounts, cash flow and charts follow."},
		{"Findings", decide, "What each rule found, with what to do about it."},
		{"Renewal options", decide, "Every way to go on with each Outpost, compared."},
		{"Cash flow", decide, "What is paid and amortised, by year, month and account: as chosen, on contracts only, and if nothing is " +
			"done."},
	}
	if r.Changes != nil {
		list = slices.Insert(list, 4, entry{comparison, decide, "What is not as in the baseline: contracts, choices, cash, findings."})
	}
	if r.Billing != nil {
		list = append(list,
			entry{billSheet, decide, "What AWS charged for each Outpost and month, against what the contract says; below, " +
				"what each invoice comes to."},
			entry{unexplainedSheet, decide, "Charges for Outposts that no contract explains, or of which it cannot be told."},
			entry{brokenSheet, decide, "What products cost that are broken or gone, a month and since they broke."})
	}
	list = append(list, []entry{
		{"Causes", decide, "Why requests of provisioned products failed: how many by each cause, and what to do about it."},
		{"Versions", decide, "Which version of which product runs how often: the worklist of an update."},
		{"Owners", decide, "Who answers for provisioned products, and how they are."},
		{"Rates", explain, "Which choice is the cheapest at which discount rate."},
		{"Open orders", explain, "Orders that are under way, priced from their quotes."},
		{"Capacity", explain, "How much of each Outpost is used now, and was before where CloudWatch is asked; and what is paid for the rest."},
	}...)
	for _, kind := range audit.CollectedKinds() {
		list = append(list, entry{kind.Title(), evidence, "Every one of the " + kind.Plural + " in the snapshot."})
		if kind.Name == audit.KindOutpost {
			list = append(list, entry{"Subscriptions", evidence, "Every subscription of the Outposts: dates, prices, months left, orders."})
		}
	}
	return append(list,
		entry{"Changes", evidence, "What is not as in the baseline."},
		entry{"Waivers", evidence, "What is accepted for a while, and until when."},
		entry{"Coverage", evidence, "Every call to AWS, and what could not be read."},
		entry{"Rules", explain, "What each rule looks for, and how often it gave which verdict."},
		entry{"Assumptions", explain, "What the amounts rest on; some of it may be changed."},
		entry{"Glossary", explain, "What the words mean."},
		entry{"Checks", evidence, "Each number of the report against what the sheets come to."})
}

// tabs are the sheets as the workbook shows them.
func tabs(r *audit.Report) []xlsx.Sheet {
	return audit.Map(contents(r), func(e entry) xlsx.Sheet { return xlsx.Sheet{Name: e.name, Tab: e.reader.color} })
}

// writeContents lists the sheets with links, and says of those that have nothing that they have nothing, below the row given, and
// returns the row after them.
func (s *sheets) writeContents(c *xlsx.Canvas, row int) int {
	section(c, row, "Contents")
	for _, e := range contents(s.r)[1:] {
		row++
		if s.Empty(e.name) { // no link opens a hidden sheet
			c.Row(nameCol, row, xlsx.Cell{Look: xlsx.Muted, Value: e.name}, xlsx.Cell{Look: xlsx.Muted, Value: e.reader.name})
			c.Across(nameCol+2, row, lastCol, xlsx.Cell{Kind: xlsx.Ident, Look: xlsx.Muted, Value: "Empty, so hidden."})
			continue
		}
		c.Row(nameCol, row, xlsx.Cell{Value: e.name, Link: "'" + e.name + "'!A1"}, xlsx.Cell{Look: xlsx.Muted, Value: e.reader.name})
		c.Across(nameCol+2, row, lastCol, xlsx.Cell{Kind: xlsx.Ident, Value: e.shows})
	}
	return row + 1
}
