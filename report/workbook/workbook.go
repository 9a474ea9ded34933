package workbook

import (
	"fmt"
	"io"
	"iter"
	"strconv"
	"time"

	"github.com/shopspring/decimal"

	"tenor/audit"
	"tenor/report/workbook/xlsx"
)

// sheetNames are the sheets in their order. Scripts rely on the names.
var sheetNames = []string{"Summary", "Decisions", "Findings", "Renewal options", "Cash flow", "Outposts", "Orders", "Quotes", "Capacity tasks",
	"Provisioned products", "Changes", "Waivers", "Coverage", "Rules", "Assumptions", "Checks"}

// Write writes the workbook of r. Resources ranges over the snapshot's resources with their facts, in snapshot order;
// nil leaves their sheets without rows. The same report and resources give the same bytes.
func Write(w io.Writer, r audit.Report, resources iter.Seq2[*audit.Resource, error]) error {
	return write(w, &r, resources, xlsx.MaxRows)
}

// sheets are the sheets that others read.
type sheets struct {
	asOf      time.Time
	discount  *discount
	lookup    bool // formulas may look among all renewal options
	findings  *xlsx.Table[*audit.Finding]
	counts    *findingCounts
	details   *details
	rows      []*renewalRow
	options   *xlsx.Table[*renewalRow]
	list      []*decision
	decisions *xlsx.Table[*decision]
	cash      *cashFlow
	coverage  *xlsx.Table[*audit.Coverage]
	agree     bool // every check does
}

func write(w io.Writer, r *audit.Report, resources iter.Seq2[*audit.Resource, error], maxRows int) error {
	s := &sheets{}
	var err error
	if s.asOf, err = time.Parse(time.RFC3339, r.Run.AsOf); err != nil {
		return fmt.Errorf("as_of: %w", err)
	}
	s.asOf = s.asOf.UTC()
	if s.discount, err = newDiscount(r.Run.Assumptions.DiscountRate); err != nil {
		return err
	}
	if _, err := decimal.NewFromString(r.Run.Assumptions.ApprovalLimitUSD); err != nil { // it stands in a formula
		return fmt.Errorf("approval limit: %w", err)
	}
	day := s.asOf.Format(time.DateOnly)
	b, err := xlsx.New(w, xlsx.Design{
		Sheets: sheetNames, MaxRows: maxRows, Badges: severityBadges(),
		Footer: "&L&8tenor " + r.Run.ToolVersion + ", as of " + day + "&C&8&A&R&8Page &P of &N",
		Title:  "AWS Outposts commitments and Service Catalog products, as of " + day, Subject: "Commitments, decisions and findings",
		Description: "Run " + r.Run.ID + ", policies " + r.Run.PolicyDigest, Keywords: "AWS Outposts, Service Catalog, commitments, renewals",
		Creator: "tenor " + r.Run.ToolVersion, Program: "tenor", Time: s.asOf.Format(time.RFC3339),
	})
	if err != nil {
		return err
	}
	if s.findings, s.counts, err = writeFindings(b, r); err != nil {
		return err
	}
	if s.details, err = writeResources(b, r, resources); err != nil {
		return err
	}
	if err := s.writeDecisions(b, r); err != nil {
		return err
	}
	if s.cash, err = writeCashFlow(b, r, s.rows, s.options.Pages, s.lookup); err != nil {
		return err
	}
	if err := s.writeLedger(b, r); err != nil {
		return err
	}
	if err := writeAssumptions(b, r, s.discount, s.lookup); err != nil {
		return err
	}
	if err := writeChecks(b, r, s); err != nil {
		return err
	}
	if err := writeSummary(b, r, s); err != nil {
		return err
	}
	return b.Close()
}

// writeDecisions writes Renewal options and Decisions.
func (s *sheets) writeDecisions(b *xlsx.Book, r *audit.Report) error {
	var err error
	if s.rows, err = renewalRows(r, s.discount); err != nil {
		return err
	}
	s.lookup = len(s.rows) <= maxLive
	s.options = xlsx.NewTable(b, "Renewal options", "contracts", renewalColumns(s.lookup))
	s.options.Mark = "Recommended"
	if err := s.options.AddAll(s.rows); err != nil {
		return err
	}
	optionRows := map[string]string{}
	for i, v := range s.rows {
		if _, ok := optionRows[v.Resource.ID]; !ok {
			optionRows[v.Resource.ID] = s.options.Place(i)
		}
	}
	s.list = decisionsOf(r, s.asOf, optionRows, s.details.outpostRows)
	s.decisions = xlsx.NewTable(b, "Decisions", "decisions are due", decisionColumns(r, s.options.Pages, s.lookup))
	return s.decisions.AddAll(s.list)
}

// writeLedger writes Changes, Waivers, Coverage and Rules.
func (s *sheets) writeLedger(b *xlsx.Book, r *audit.Report) error {
	if err := writeChanges(b, r); err != nil {
		return err
	}
	if err := xlsx.NewTable(b, "Waivers", "waivers", waiverColumns()).AddAll(pointers(r.Waivers)); err != nil {
		return err
	}
	s.coverage = xlsx.NewTable(b, "Coverage", "calls", coverageColumns())
	if err := s.coverage.AddAll(pointers(r.Coverage)); err != nil {
		return err
	}
	return xlsx.NewTable(b, "Rules", "rules", ruleColumns()).AddAll(pointers(r.Rules))
}

// due returns how many decisions have their notice deadline within so many days, and what the recommended options of
// these come to.
func (s *sheets) due(days int) (int, decimal.Decimal) {
	n, sum := 0, decimal.Zero
	for _, d := range s.list {
		deadline, err := time.Parse(time.DateOnly, string(d.NoticeDeadline))
		if err != nil || d.MonthToMonth || deadline.After(s.asOf.AddDate(0, 0, days)) {
			continue
		}
		n++
		if d.best != nil {
			sum = sum.Add(decimal.New(d.best.TCVCents, -2))
		}
	}
	return n, sum
}

// within is the criterion of formulas for the decisions that due counts.
func (s *sheets) within(days int) string {
	return s.decisions.Ref("Notice deadline") + `,"<="&AsOf+` + strconv.Itoa(days) + "," + s.decisions.Ref("Situation") + `,"<>` + monthToMonth + `"`
}

func (s *sheets) dueCount(days int) string { return "COUNTIFS(" + s.within(days) + ")" }

func (s *sheets) dueAmount(days int) string {
	return "SUMIFS(" + s.decisions.Ref("Amount") + "," + s.within(days) + ")"
}

// dueUnpriced counts those without a recommended option.
func (s *sheets) dueUnpriced(days int) string {
	return "COUNTIFS(" + s.within(days) + "," + s.decisions.Ref("Amount") + `,"` + none + `")`
}

func pointers[T any](vs []T) []*T {
	ps := make([]*T, len(vs))
	for i := range vs {
		ps[i] = &vs[i]
	}
	return ps
}
