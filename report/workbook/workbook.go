package workbook

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"tenor/audit"
	"tenor/report/workbook/xlsx"
)

// Write writes the workbook of r. Resources ranges over the snapshot's resources with their facts, in snapshot order;
// nil leaves their sheets without rows. The same report and resources give the same bytes.
func Write(w io.Writer, r audit.Report, resources iter.Seq2[*audit.Resource, error]) error {
	return write(w, &r, resources, xlsx.MaxRows)
}

// sheets are a workbook that is being written: what it is of, and what its sheets tell the ones after them.
type sheets struct {
	*xlsx.Book
	r         *audit.Report
	asOf      time.Time
	discount  *discount
	limit     decimal.Decimal // above which a renewal needs approval
	lookup    bool            // what is recommended follows the assumptions
	choosing  bool            // what is chosen may be changed
	findings  *xlsx.Table[*audit.Finding]
	counts    *findingCounts
	details   *details
	renewals  *renewalSums
	options   *xlsx.Table[*renewalRow]
	decisions *xlsx.Table[*decision]
	cash      *cashFlow
	coverage  *xlsx.Table[audit.Coverage]
	orders    *xlsx.Table[*openOrder]
	owned     *xlsx.Table[*subscription]
	capacity  *xlsx.Table[*used]
	compared  string      // all cells of Comparison; "" without a baseline
	bill      *billSheets // nil without a bill
	causes    *xlsx.Table[audit.ProductCause]
	versions  *xlsx.Table[audit.ProductVersion]
	owners    *xlsx.Table[audit.ProductOwner]
	agree     bool // every check does
}

func write(w io.Writer, r *audit.Report, resources iter.Seq2[*audit.Resource, error], maxRows int) (err error) {
	s := &sheets{r: r}
	if s.asOf, err = time.Parse(time.RFC3339, r.Run.AsOf); err != nil {
		return fmt.Errorf("as_of: %w", err)
	}
	s.asOf = s.asOf.UTC()
	if s.discount, err = newDiscount(r.Run.Assumptions.DiscountRate); err != nil {
		return err
	}
	if s.limit, err = decimal.NewFromString(r.Run.Assumptions.ApprovalLimitUSD); err != nil { // it stands in a formula
		return fmt.Errorf("approval limit: %w", err)
	}
	day := s.asOf.Format(time.DateOnly)
	s.Book, err = xlsx.New(w, xlsx.Design{
		Sheets: tabs(r), MaxRows: maxRows, Badges: severityBadges(), Visible: audit.VisibleLines,
		Footer: "&L&10tenor " + strings.ReplaceAll(xlsx.Clip(r.Run.ToolVersion, 60), "&", "&&") + ", as of " + day + "&C&10&A&R&10Page &P of &N",
		Title:  "AWS Outposts commitments and Service Catalog products, as of " + day, Subject: "Commitments, decisions and findings",
		Description: "Run " + r.Run.ID + ", policies " + r.Run.PolicyDigest, Keywords: "AWS Outposts, Service Catalog, commitments, renewals",
		Creator: "tenor " + r.Run.ToolVersion, Program: "tenor", Time: s.asOf.Format(time.RFC3339),
	})
	if err != nil {
		return err
	}
	defer s.Stop()
	defer func() { err = errors.Join(err, s.details.close()) }()
	return inTurn(
		s.writeFindings, func() error { return s.writeResources(resources) }, s.addUpRenewals, s.writeCapacity, s.writeDecisions, s.writeBill,
		s.writeRates,
		s.writeCashFlow, s.closeOpenOrders, s.writeSubscriptions, s.writeComparison, s.writeProducts, s.writeLedger, s.writeAssumptions,
		s.writeGlossary, s.writeChecks, s.writeSummary, s.Close,
	)
}

// inTurn calls each until one fails.
func inTurn(steps ...func() error) error {
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// writeDecisions writes Renewal options and Decisions.
func (s *sheets) writeDecisions() error {
	sums := s.renewals
	s.lookup, s.choosing = sums.options <= maxLive, sums.options <= maxChoices
	// Each looks things up in the other, so both are known before either has rows.
	s.options = xlsx.NewTable(s.Book, "Renewal options", "contracts", s.renewalColumns())
	s.options.Expect, s.options.Mark = sums.options, "In the cash flow"
	s.options.TotalOf, s.options.Total = "In the cash flow", "Total, in the cash flow"
	s.decisions = xlsx.NewTable(s.Book, "Decisions", "decisions are due", s.decisionColumns())
	s.decisions.Expect, s.decisions.Total = sums.decisions, "Total"
	err := s.eachRenewal(func(rn *audit.Renewal) error {
		rows, err := renewalRows(rn, s.discount)
		if err != nil {
			return err
		}
		for _, v := range rows {
			sums.addOption(v)
			if err := s.options.Add(v); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := s.options.Close(); err != nil {
		return err
	}
	option, capacity := 0, 0 // the rows of the Outpost on the other sheets
	err = s.eachRenewal(func(rn *audit.Renewal) error {
		d, err := s.newDecision(rn)
		if err != nil {
			return err
		}
		if d != nil {
			d.options = s.options.Place(option)
			if !rn.Shared && rn.Capacity != nil {
				d.capacity = s.capacity.Place(capacity)
			}
			if err := sums.addDecision(d); err != nil {
				return err
			}
			if err := s.decisions.Add(d); err != nil {
				return err
			}
		}
		option += optionRows(rn)
		if !rn.Shared {
			capacity++
		}
		return nil
	})
	if err != nil {
		return err
	}
	return s.decisions.Close()
}

// writeLedger writes Changes, Waivers, Coverage and Rules.
func (s *sheets) writeLedger() error {
	s.coverage = xlsx.NewTable(s.Book, "Coverage", "calls", coverageColumns())
	return inTurn(
		s.writeChanges,
		func() error { return xlsx.NewTable(s.Book, "Waivers", "waivers", waiverColumns()).AddAll(s.r.Waivers) },
		s.writeCoverage,
		func() error { return xlsx.NewTable(s.Book, "Rules", "rules", ruleColumns()).AddAll(s.r.Rules) },
	)
}

func totalText(o *audit.PricedOption) string { return string(o.TCV) }

// totalValue is an option's total contract value, of which a sub-cent price makes no whole cents.
func totalValue(o *audit.PricedOption) decimal.Decimal {
	if exact, err := decimal.NewFromString(string(o.TCV)); err == nil {
		return exact
	}
	return decimal.Zero
}

// inCashFlow returns what an option adds to the cash flow: its total contract value, or the months that are counted without one.
func inCashFlow(o *audit.PricedOption) decimal.Decimal {
	if !stays(o) {
		return totalValue(o)
	}
	return summand(o.Monthly).Mul(decimal.NewFromInt(stayMonths))
}

// within is the criterion of formulas for the decisions that due counts.
func (s *sheets) within(days int) string {
	return s.decisions.Ref("Notice deadline") + `,"<="&AsOf+` + strconv.Itoa(days) + "," +
		s.decisions.Ref("Situation") + `,"<>` + monthToMonth + `",` + s.decisions.Ref("Situation") + `,"<>` + decided + `"`
}

func (s *sheets) dueCount(days int) string { return "COUNTIFS(" + s.within(days) + ")" }

func (s *sheets) dueAmount(days int) string {
	return "SUMIFS(" + s.decisions.Ref("Total contract value") + "," + s.within(days) + ")"
}

// dueUnpriced counts those without a recommendation.
func (s *sheets) dueUnpriced(days int) string {
	return "COUNTIFS(" + s.within(days) + "," + s.decisions.Ref("Recommended") + `,"` + none + `")`
}
