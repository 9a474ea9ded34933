package workbook

import (
	"cmp"
	"fmt"
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

	nameWidth    = 32 // of the names, in characters
	otherWidth   = 19 // of the others
	messageWidth = 76 // of a line of what a finding says, which has four columns
	messageLines = 2  // that it has at the most
	gravestLines = 16 // that the findings have in all, so that the first page holds them below two rows of tiles
)

// summaryFirst is the first row of Summary below what says how far the report can be relied on.
const summaryFirst = 5

// writeSummary writes the first sheet: what is committed, what is to be decided by when, and how far the report can be
// relied on.
func (s *sheets) writeSummary() error {
	c := xlsx.NewCanvas(s.Book, "Summary", 2, nameWidth, otherWidth, otherWidth, otherWidth, otherWidth, otherWidth, otherWidth, otherWidth,
		otherWidth)
	titled(c, "AWS Outposts commitments and Service Catalog products", fmt.Sprintf("As of %s UTC · %s · %s",
		s.asOf.Format("2 January 2006, 15:04"), audit.Counted(len(s.r.Run.Accounts), "account"), audit.Counted(len(s.r.Run.Regions), "region")))
	c.Height(1, 32)
	if s.r.Summary.MonthToMonth.Count == 0 {
		c.Height(5, 6)
	}
	s.standing(c, 3)
	s.monthToMonth(c, summaryFirst)
	s.tiles(c, 6)
	row := s.billTiles(c, 10)
	c.Height(9, gap)
	c.Height(row-1, gap)
	row = s.deadlines(c, row)
	c.Height(row, gap)
	at := row + 1
	row, err := s.gravest(c, at)
	if err != nil {
		return err
	}
	c.Keep(at, row-1)
	at = row + 1
	row, err = s.productTiles(c, at)
	if err != nil {
		return err
	}
	if row > at {
		c.Keep(at, row-1)
		at = row + 1
	}
	row = s.severities(c, at)
	failing := s.severityChart(c, at+1, at+2, row-2)
	c.Keep(at, row-1)
	at = row
	section(c, at, "Contracts, cash and findings")
	chartsAt, listsAt := at+1, at+1
	var charts []*xlsx.Chart
	ends := s.r.Commitments.Total.ContractEnds
	if failing != nil || len(ends) > 0 || s.cash.chart != nil {
		listsAt += xlsx.ChartRows + 1
	}
	c.Keep(at, listsAt-1)
	quarters := quarters(c, ends, nameCol+5, listsAt)
	row = max(s.byAccount(c, listsAt), listsAt+len(ends)+1)
	c.Keep(listsAt, row-1)
	at = row + 1
	row = s.about(c, at)
	c.Keep(at, row-1)
	at = row + 1
	row = s.writeContents(c, at)
	c.Keep(at, row-1)
	for _, chart := range [...]*xlsx.Chart{quarters, s.cash.chart, failing} {
		if chart != nil {
			charts = append(charts, chart)
		}
	}
	c.Gallery(charts, nameCol, lastCol, chartsAt)
	return c.Close("", "")
}

// standing says in one line how complete the report is, and in a second whether the workbook still shows it.
func (s *sheets) standing(c *xlsx.Canvas, row int) {
	line := xlsx.Cell{Style: xlsx.Label, Value: "Complete: everything in scope was read."}
	if s.r.Status == audit.Incomplete {
		missing := s.r.Summary.Verdicts[audit.Unknown] + s.r.Summary.Verdicts[audit.Error]
		line = xlsx.Cell{Style: xlsx.Warning, Value: "Incomplete: " + audit.Counted(s.r.Summary.Coverage.Gaps, "call") +
			" could not be read and " +
			audit.Counted(missing, "verdict") + " could not be given. What is missing may hold more: see Coverage."}
	}
	c.Set(nameCol, row, line)
	const agree, differ = "All checks agree with the report.", "A check does not agree: see Checks."
	changed := "Assumptions or choices were changed: amounts follow them and no longer those of the report."
	switch {
	case !s.choosing:
		changed = "Assumptions or choices were changed: with so many options, amounts do not follow them."
	case !s.lookup:
		changed = "Assumptions or choices were changed: with so many options, recommendations do not follow them."
	}
	checked := xlsx.Cell{Style: xlsx.Label, Value: differ}
	checked.Formula = `IF(NOT(AsReported),"` + changed + `",IF(AllAgree,"` + agree + `","` + differ + `"))`
	if s.agree {
		checked.Value = agree
	}
	c.Set(nameCol, row+1, checked)
}

// monthToMonth says what the Outposts without a contract come to, where there are any.
func (s *sheets) monthToMonth(c *xlsx.Canvas, row int) {
	text := s.r.Summary.MonthToMonth.Text()
	if text == "" {
		return
	}
	c.Set(nameCol, row, xlsx.Cell{Style: xlsx.Warning, Value: text + "."})
}

// lacks says what sums of commitments lack: the payments of some Outposts, in words with %s for how many, or contracts that may not
// have been read; "" when they lack nothing.
func lacks(c *audit.AccountCommitment, payments, contracts string) string {
	switch {
	case c.NotIncluded > 0:
		return fmt.Sprintf(payments, audit.Counted(c.NotIncluded, "Outpost"))
	case c.Incomplete:
		return contracts
	}
	return ""
}

// tile is a figure over some columns, with what it is of above it and a note below.
func tile(c *xlsx.Canvas, row, col, last int, label string, note, v xlsx.Cell) {
	v.Style, note.Style = xlsx.Tile, xlsx.TileNote
	c.Across(col, row, last, xlsx.Cell{Style: xlsx.TileNote, Value: label})
	c.Across(col, row+1, last, v)
	c.Across(col, row+2, last, note)
	c.Height(row, 16)
	c.Height(row+1, 24)
	c.Height(row+2, 16)
}

// tiles are the figures to see first.
func (s *sheets) tiles(c *xlsx.Canvas, row int) {
	put := func(col, last int, label string, note, v xlsx.Cell) { tile(c, row, col, last, label, note, v) }
	total := &s.r.Commitments.Total
	put(nameCol, nameCol, "Remaining commitment", xlsx.Cell{Value: "for " + audit.Counted(total.Outposts, "Outpost") +
		lacks(total, ", payments of %s unknown", ", not all of them read")},
		dollars(total.Remaining, "SUM("+s.cash.monthCommitted+")"))
	for i, due := range s.r.Summary.DecisionsDue {
		col := nameCol + 1 + 2*i
		if col > lastCol-3 {
			break
		}
		unpriced := s.dueUnpriced(due.WithinDays)
		note := xlsx.Cell{Value: audit.Counted(due.Count, "decision")}
		note.Formula = xlsx.Quote(note.Value) + `&IF(` + unpriced + `>0,", "&` + unpriced + `&" without a price","")`
		if due.Unpriced > 0 {
			note.Value += fmt.Sprintf(", %d without a price", due.Unpriced)
		}
		if due.Carried > 0 {
			more := fmt.Sprintf(", %d last read earlier", due.Carried)
			note.Value, note.Formula = note.Value+more, note.Formula+"&"+xlsx.Quote(more)
		}
		sum := dollars("0", s.dueAmount(due.WithinDays))
		if due.Amount != nil {
			sum.Value = due.Amount.Value
		}
		put(col, col+1, fmt.Sprintf("To decide within %d days", due.WithinDays), note, sum)
	}
	cov := &s.r.Summary.Coverage
	share := decimal.NewFromInt(1)
	if asked := cov.Collected + cov.Gaps; asked > 0 {
		share = decimal.NewFromInt(int64(cov.Collected)).DivRound(decimal.NewFromInt(int64(asked)), 10)
	}
	formula := fmt.Sprintf("IF((%[1]s)+(%[2]s)=0,1,(%[1]s)/((%[1]s)+(%[2]s)))", s.callsOf(audit.StatusCollected), s.callsOf(audit.StatusGap))
	put(lastCol-1, lastCol, "Coverage of the calls made",
		xlsx.Cell{Value: audit.Counted(cov.Collected, "call") + ", " + audit.Counted(cov.Gaps, "gap")},
		xlsx.Cell{Kind: xlsx.Percent, Value: share.String(), Formula: formula})
}

// section puts a heading over the width of the sheet.
func section(c *xlsx.Canvas, row int, title string) {
	c.Across(nameCol, row, lastCol, xlsx.Cell{Style: xlsx.Section, Value: title})
	c.Height(row, 24)
}

// deadlines lists the nearest decisions.
func (s *sheets) deadlines(c *xlsx.Canvas, row int) int {
	section(c, row, "Nearest decisions")
	if len(s.r.Summary.Deadlines) == 0 {
		c.Set(nameCol, row+1, xlsx.Cell{Look: xlsx.Muted, Kind: xlsx.Ident, Value: "No contract that ends is waiting for a decision."})
		return row + 2
	}
	row++
	headers(c, row, xlsx.Cell{Value: "Outpost"}, xlsx.Cell{Value: "Notice deadline"},
		xlsx.Cell{Kind: xlsx.Integer, Value: "Days left"}, xlsx.Cell{Value: "Contract end"}, xlsx.Cell{Value: "Recommended, or as chosen"},
		xlsx.Cell{}, xlsx.Cell{Value: "Needs approval"}, dollars("Total contract value", ""), dollars("Cost of inaction per month", ""))
	for i := range s.r.Summary.Deadlines {
		d := &s.r.Summary.Deadlines[i]
		row++
		approval := none
		if d.NeedsApproval != nil {
			approval = yes(*d.NeedsApproval)
		}
		name, look := xlsx.Cell{Value: xlsx.Clip(d.Resource.Label(), nameWidth-5)}, badIf(d.DaysLeft < 0)
		found := func(string) string { return "" }
		if n, ok := s.renewals.decisionRow[d.Resource.ID]; ok {
			name.Link = s.decisions.Place(n - 1)
			found = func(head string) string {
				return "INDEX(" + s.decisions.Ref(head) + ",MATCH(" + xlsx.Quote(d.Resource.ID) + "," + s.decisions.Ref("Outpost ID") + ",0))"
			}
		}
		c.Row(nameCol, row, name,
			xlsx.Cell{Kind: xlsx.Date, Value: d.NoticeDeadline, Look: look},
			count(d.DaysLeft, xlsx.At(nameCol+1, row)+"-INT(AsOf)"),
			xlsx.Cell{Kind: xlsx.Date, Value: d.ContractEnd},
			xlsx.Cell{}, xlsx.Cell{},
			xlsx.Cell{Value: approval, Formula: found("Needs approval")},
			dollars(cmp.Or(amount(d.Amount, audit.PerOnce), none), found("Total contract value")),
			dollars(cmp.Or(amount(d.PerMonth, audit.PerMonth), none), found("Cost of inaction per month")))
		c.Across(nameCol+4, row, nameCol+5, xlsx.Cell{Value: choiceWords(d.Recommended), Formula: found("Choice")})
		if d.AsOf != "" { // the dates above are of an earlier report
			row++
			c.Set(nameCol, row, xlsx.Cell{Kind: xlsx.Ident, Look: xlsx.Bad,
				Value: "last read " + audit.DayOf(d.AsOf)})
		}
	}
	return row + 1
}

// gravest lists the critical and high findings by name, the first few of them, and how many more there are.
func (s *sheets) gravest(c *xlsx.Canvas, row int) (next int, err error) {
	section(c, row, "Critical and high findings")
	gravest, err := s.r.Gravest()
	if err != nil {
		return row, err
	}
	left := gravest.LeftOut(gravest.More)
	if left != "" {
		left += ": tenor findings report.json --severity high"
	}
	if len(gravest.Groups) == 0 {
		c.Set(nameCol, row+1, xlsx.Cell{Look: xlsx.Muted, Kind: xlsx.Ident, Value: cmp.Or(left, "None.")})
		return row + 2, nil
	}
	row++
	headers(c, row, xlsx.Cell{Value: "Resource"}, xlsx.Cell{Value: "Severity"}, xlsx.Cell{Value: "Finding"}, xlsx.Cell{}, xlsx.Cell{},
		xlsx.Cell{}, xlsx.Cell{Value: "Due"}, dollars("Amount", ""), dollars("Amount per month", ""))
	c.Height(row, 28)
	room := gravestLines
	for i := range gravest.Groups {
		f := &gravest.Groups[i]
		row++
		c.Row(nameCol, row, xlsx.Cell{Value: xlsx.Clip(f.Resource.Label(), nameWidth-5), Link: s.findings.Place(f.Row)},
			xlsx.Cell{Kind: xlsx.Badge, Value: string(f.Severity)})
		said := f.Msg
		if n := f.Others(); n > 0 {
			said = "and " + audit.Counted(n, "more product") + " with the same error: " + said
		}
		if len(f.Also) > 0 {
			said += "; also " + strings.Join(f.Also, ", ")
		}
		said, lines := shortened(said, messageWidth, max(1, min(messageLines, room-(len(gravest.Groups)-1-i))))
		room -= lines
		c.Across(nameCol+2, row, lastCol-3, xlsx.Cell{Kind: xlsx.Prose, Value: said})
		c.Height(row, 2+13*float64(lines))
		late := f.Due != "" && string(f.Due) < s.asOf.Format(time.DateOnly)
		c.Row(lastCol-2, row, xlsx.Cell{Kind: xlsx.Date, Value: string(f.Due), Look: badIf(late)},
			dollars(amount(f.Amount, audit.PerOnce), ""), dollars(amount(f.Amount, audit.PerMonth), ""))
	}
	if left != "" {
		row++
		c.Set(nameCol, row, xlsx.Cell{Look: xlsx.Muted, Kind: xlsx.Ident, Value: left})
	}
	return row + 1, nil
}

// gap is the height of a row between two blocks of the first page, in points.
const gap = 8

// shortened is a message in at most so many lines of a width, in characters, that keeps its point, and how many lines it has.
func shortened(s string, width, most int) (string, int) {
	for n := width * most; ; n -= width / 8 {
		text, lines := wrapped(audit.Shorten(s, n), width, most)
		if n < width/2 || !strings.HasSuffix(text, "…") {
			return text, lines
		}
	}
}

// wrapped cuts a text after so many lines of a width, in characters, and returns how many lines it has. A line ends before a word.
func wrapped(s string, width, most int) (string, int) {
	words := strings.Fields(s)
	lines, used, room := 1, 0, 4*width
	space := xlsx.TextQuarters(" ")
	for i, word := range words {
		if n := xlsx.TextQuarters(word); used == 0 || used+space+n > room {
			if used > 0 {
				lines++
			}
			lines, used = lines+max(0, n-1)/room, max(0, n-1)%room+1
		} else {
			used += space + n
		}
		if lines > most {
			if i == 0 {
				return xlsx.Clip(s, width*most), most
			}
			return strings.Join(words[:i], " ") + " …", most
		}
	}
	return strings.Join(words, " "), lines
}
