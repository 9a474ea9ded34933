package workbook

import (
	"fmt"

	"github.com/shopspring/decimal"

	"tenor/audit"
	"tenor/report/workbook/xlsx"
)

// The sheet: the contracts, the cash, and the findings side by side.
const (
	levelCol  = 7 // of the contracts: before, now, difference
	totalsCol = levelCol + 3
	idCol     = totalsCol + 3
	cashCol   = idCol + 2
	countsCol = cashCol + 5
)

// comparison is the sheet's name.
const comparison = "Comparison"

// writeComparison writes what the report changes over its baseline about contracts, cash and findings, where it has one. What is chosen
// now is looked up on Decisions and Cash flow, so it follows the choices; the baseline is as it was.
func (s *sheets) writeComparison() error {
	changes := s.r.Changes
	if changes == nil {
		return nil
	}
	c := xlsx.NewCanvas(s.Book, comparison, 19, 13, 13, 23, 23, 11, 11, 13, 13, 13, 15, 15, 15, 21, 3, 11, 17, 17, 17, 3, 20, 11)
	c.Freeze(listHead)
	before := audit.DayOf(changes.Baseline.AsOf)
	c.Set(0, 1, xlsx.Cell{Style: xlsx.Title, Value: "Comparison with the report of " + xlsx.Clip(before, 40)})
	c.Height(1, 28)
	c.Set(cashCol, 1, xlsx.Cell{Style: xlsx.Heading, Value: "Cash by fiscal year, as chosen"})
	c.Set(countsCol, 1, xlsx.Cell{Style: xlsx.Heading, Value: "Findings"})
	c.Across(0, 2, idCol-1, xlsx.Cell{Style: xlsx.Lead, Value: "Before is the baseline's, now is this report's: what is decided, or " +
		"else recommended. What stands on Decisions follows its choices. A contract that one of the reports does not have was not read " +
		"there, or is not there: it has no difference, and its amounts are in one of the totals only."})
	c.Height(2, 30)
	rows := make([][]xlsx.Cell, len(changes.Contracts))
	for i := range changes.Contracts {
		rows[i] = s.standRow(&changes.Contracts[i], listFirst+i)
	}
	heads := []string{"Outpost", "State before", "State now", "Choice before", "Choice now", "Due before", "Due now",
		"Level price before", "Level price now", "Level price: difference", "Total before", "Total now", "Total: difference", "Outpost ID"}
	c.List("tblComparison", 0, listHead, heads, rows)
	for col := levelCol; col < idCol; col++ {
		sumAbove(c, col, rows, col)
	}
	totalLine(c, 0, 1)
	var cash [][]xlsx.Cell
	for i := range changes.Cash {
		p := &changes.Cash[i]
		now := ""
		if s.cash.years != "" {
			now = fmt.Sprintf("SUMIFS(%s,%s,%s)", s.cash.chosen, s.cash.years, xlsx.Quote(p.Period))
		}
		cash = append(cash, append([]xlsx.Cell{{Value: p.Period}},
			compared(cashCol+1, listFirst+i, dollars(p.Before, ""), dollars(p.After, now))...))
	}
	c.List("tblCashComparison", cashCol, listHead, []string{"Fiscal year", "Before", "Now", "Difference"}, cash)
	totalLine(c, cashCol, 1)
	for col := 1; col <= 3; col++ {
		sumAbove(c, cashCol+col, cash, col)
	}
	c.List("tblFindingChanges", countsCol, listHead, []string{"Findings", "Number"}, [][]xlsx.Cell{
		{{Value: "new"}, count(changes.New, "")}, {{Value: "changed"}, count(changes.Changed.Len, "")},
		{{Value: "persisting"}, count(changes.Persisting, "")}, {{Value: "resolved"}, count(changes.Resolved.Len, "")},
		{{Value: "silenced"}, count(changes.Silenced.Len, "")}, {{Value: "not re-evaluated"}, count(changes.NotReevaluated.Len, "")},
	})
	s.compared = c.Area()
	area := func(from, to, rows int) string { return xlsx.Abs(from, 1) + ":" + xlsx.Abs(to, listHead+max(rows, 1)) }
	return c.Close(fmt.Sprintf("$1:$%d", listHead),
		area(0, idCol-1, len(rows))+","+area(cashCol, cashCol+3, len(cash))+","+area(countsCol, countsCol+1, 6))
}

// standRow is the row of a contract.
func (s *sheets) standRow(v *audit.ContractChange, row int) []xlsx.Cell {
	now := func(string) string { return "" }
	if _, ok := s.renewals.decisionRow[v.Resource.ID]; ok && s.choosing && v.After != nil {
		now = func(head string) string {
			return "INDEX(" + s.decisions.Ref(head) + ",MATCH(" + xlsx.Quote(v.Resource.ID) + "," + s.decisions.Ref("Key") + ",0))"
		}
	}
	before, after := standCells(v.Before), standCells(v.After)
	after.choice.Formula = now("Choice")
	for head, to := range map[string]*xlsx.Cell{"Level price per month": &after.level, "Total contract value": &after.total} {
		if found := now(head); found != "" { // in cents, as the report has it
			to.Formula = "IFERROR(ROUND(" + found + `,2),"` + none + `")`
		}
	}
	cells := []xlsx.Cell{{Value: v.Resource.Label()}, before.state, after.state, before.choice, after.choice, before.due, after.due}
	cells = append(cells, compared(levelCol, row, before.level, after.level)...)
	cells = append(cells, compared(totalsCol, row, before.total, after.total)...)
	return append(cells, xlsx.Cell{Kind: xlsx.Ident, Value: v.Resource.ID})
}

// stood are the cells of how a contract stands in a report.
type stood struct{ state, choice, due, level, total xlsx.Cell }

func standCells(v *audit.ContractStand) stood {
	if v == nil {
		return stood{state: xlsx.Cell{Value: "not in the report", Look: xlsx.Bad}, choice: xlsx.Cell{Value: none},
			due: xlsx.Cell{Kind: xlsx.Date}, level: dollars(none, ""), total: dollars(none, "")}
	}
	or := func(m *audit.Money) string {
		if m == nil {
			return none
		}
		return m.Value
	}
	return stood{state: xlsx.Cell{Value: ourWords(v.State), Look: badIf(v.State == audit.StateUnknown)},
		choice: xlsx.Cell{Value: choiceWords(v.Choice)}, due: xlsx.Cell{Kind: xlsx.Date, Value: string(v.Due)},
		level: dollars(or(v.LevelPrice), ""), total: dollars(or(v.Total), "")}
}

// compared returns two amounts that stand from the column on, and their difference; none where one of them is no amount.
func compared(col, row int, before, after xlsx.Cell) []xlsx.Cell {
	a, b := xlsx.At(col, row), xlsx.At(col+1, row)
	diff := dollars(none, fmt.Sprintf(`IF(AND(ISNUMBER(%[1]s),ISNUMBER(%[2]s)),%[2]s-%[1]s,"`+none+`")`, a, b))
	x, errX := decimal.NewFromString(before.Value)
	y, errY := decimal.NewFromString(after.Value)
	if errX == nil && errY == nil {
		diff.Value = y.Sub(x).String()
	}
	return []xlsx.Cell{before, after, diff}
}
