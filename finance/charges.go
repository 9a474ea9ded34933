package finance

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/shopspring/decimal"

	"tenor/audit"
)

// chargedOutpost sets the facts of what AWS charged for an Outpost, which are left out where charges are a gap or there are none.
func chargedOutpost(r *audit.Resource, f *audit.OutpostFacts) error {
	c, err := decode[*audit.OutpostCharges](section(r, audit.SectionCharges), "related.charges")
	if err != nil || c == nil || len(c.Final) == 0 {
		return err
	}
	final := func(row audit.OutpostBill) bool { return slices.Contains(c.Final, row.Period) }
	open := slices.DeleteFunc(slices.Clone(c.Rows), final)
	var last, difference, expected, afterEnd decimal.Decimal
	for _, row := range c.Rows {
		if !final(row) {
			continue
		}
		if row.Billed == "" || row.Difference == "" || row.Expected == "" { // which is a gap, unless it is not to be told at all
			return nil
		}
		if row.EvensOut(open) {
			row.Difference = "0"
		}
		if err := errors.Join(plus(&difference, row.Difference), plus(&expected, row.Expected)); err != nil {
			return err
		}
		if f.MonthToMonth() && row.Expected == "0.00" && f.ContractEnd != "" && row.Period >= string(f.ContractEnd)[:len("2006-01")] {
			if err := plus(&afterEnd, row.Difference); err != nil {
				return err
			}
		}
		if row.Period == c.Final[len(c.Final)-1] {
			if err := plus(&last, row.Billed); err != nil {
				return err
			}
		}
	}
	f.BilledLastFinalMonth, f.BilledLastFinalMonthCents = inCents(last)
	f.BilledDifference, f.BilledDifferenceCents = inCents(difference)
	f.BilledExpected, f.BilledExpectedCents = inCents(expected)
	if afterEnd.IsPositive() {
		f.BilledAfterEnd, f.BilledAfterEndCents = inCents(afterEnd)
	}
	return nil
}

// chargedProduct sets the facts of what a provisioned product cost, as chargedOutpost does.
func chargedProduct(r *audit.Resource, f *audit.ProductFacts) error {
	c, err := decode[*audit.ProductCharges](section(r, audit.SectionCharges), "related.charges")
	if err != nil || c == nil || len(c.Final) == 0 {
		return err
	}
	var month, since decimal.Decimal
	for _, cost := range c.Costs {
		if cost.Currency != currency {
			return nil
		}
		for period, amount := range cost.Periods {
			if period == c.Final[len(c.Final)-1] {
				err = plus(&month, audit.Optional(amount))
			}
			if err == nil && f.BrokenSince != "" && period > string(f.BrokenSince[:min(len(period), len(f.BrokenSince))]) {
				err = plus(&since, audit.Optional(amount))
			}
			if err != nil {
				return err
			}
		}
	}
	f.CostPerMonth, f.CostPerMonthCents = inCents(month)
	if f.BrokenSince != "" {
		f.CostSinceBroken, f.CostSinceBrokenCents = inCents(since)
	}
	return nil
}

// Charge gives each account what AWS charged it beside what stands on its other documents; of says so, and why it is not all.
func (e *Estate) Charge(of func(account string) (audit.AccountCharges, *audit.Gap)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.charges = of
}

// charge joins what an account was charged into its document, and sets the facts of it.
func (e *Estate) charge(r *audit.Resource, f *audit.AccountFacts) error {
	if e.charges == nil {
		return nil
	}
	c, gap := e.charges(r.ID)
	text, err := audit.EncodeJSON(c)
	if err != nil {
		return err
	}
	r.Related[audit.SectionCharges] = json.RawMessage(text)
	if gap != nil {
		r.Gaps[audit.SectionCharges] = *gap
		return nil
	}
	if len(c.Final) == 0 {
		return nil
	}
	var unmatched decimal.Decimal
	for _, u := range c.Unmatched {
		if !u.Final || u.Why != audit.WhyNoContract {
			continue
		}
		if u.Currency != currency {
			return nil
		}
		if err := plus(&unmatched, u.Billed); err != nil {
			return err
		}
	}
	f.UnmatchedCharges, f.UnmatchedChargesCents = inCents(unmatched)
	for _, p := range c.Products {
		if p.Why != audit.WhyGone || p.Currency != currency {
			continue
		}
		var cost decimal.Decimal
		last := ""
		for _, month := range c.Final {
			amount := p.Periods[month]
			if err := plus(&cost, audit.Optional(cmp.Or(amount, "0"))); err != nil {
				return err
			}
			if amount != "" {
				last = month
			}
		}
		if text, cents := inCents(cost); last != "" {
			f.GoneProducts = append(f.GoneProducts, audit.GoneProduct{ARN: p.ARN, Cost: string(text), CostCents: *cents, Last: last})
		}
	}
	return nil
}

// plus adds an amount with two decimals.
func plus(to *decimal.Decimal, amount audit.Optional) error {
	d, err := decimal.NewFromString(string(amount))
	if err != nil {
		return &UnreadableError{Path: "related.charges", Err: fmt.Errorf("%q is no amount", amount)}
	}
	*to = to.Add(d)
	return nil
}

// inCents writes an amount with two decimals as facts have it.
func inCents(d decimal.Decimal) (audit.Optional, *int64) {
	return audit.Optional(d.StringFixed(2)), new(d.Shift(2).IntPart())
}
