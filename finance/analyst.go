// Package finance derives the facts of a resource that concern money, dates and contracts, and adds them up over the
// estate: what is committed, when it must be decided, and what each choice costs. Call New once for a run, Enrich for
// every resource, and Estate.Add for every resource that is enriched.
//
// All money is an exact decimal: never a float, and prices keep the digits AWS sent. docs/finance.md defines every
// measure, with a worked example. Finance reads nothing but the records of audit: it must not import collector,
// policies or report.
package finance

import (
	"fmt"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"tenor/audit"
)

// Config is what the measures assume. No field has a default here.
type Config struct {
	AsOf               time.Time       // the clock of every measure, from 2015 to 2100
	DiscountRate       decimal.Decimal // a year, as a fraction from 0 to 1: 0.08
	FiscalYearStart    time.Month      // the first month of the fiscal year
	Calendar           string          // of business days: "us" for the federal holidays of the United States, or "none"
	Holidays           []string        // more days off, YYYY-MM-DD, in any order
	NoticeBusinessDays int             // how many business days before its end a contract must be renewed or returned
	MonthToMonthTerm   string          // the term whose NO_UPFRONT price is month-to-month's: ONE_YEAR
	AllowedTerms       []string        // ONE_YEAR, THREE_YEARS, FIVE_YEARS, or what AWS may add
	AllowedOptions     []string        // ALL_UPFRONT, PARTIAL_UPFRONT, NO_UPFRONT, or what AWS may add
	ApprovalLimitUSD   decimal.Decimal // an upfront above it needs approval
}

// Analyst derives facts under one Config. Any number of goroutines may share it.
type Analyst struct {
	cfg     Config
	percent string // DiscountRate in percent
	days    *calendar
	annuity map[int]annuity // by months, at the discount rate
	limit   usd             // ApprovalLimitUSD, as far as a price can tell
}

// New checks the config and returns an Analyst for it. Its errors name the field as tenor.yaml does.
func New(c Config) (*Analyst, error) {
	c.AsOf = c.AsOf.UTC()
	switch {
	case !plausible(c.AsOf):
		return nil, fmt.Errorf("as_of %s: want a date from 2015 to 2100", c.AsOf.Format(time.RFC3339))
	case c.DiscountRate.IsNegative() || c.DiscountRate.GreaterThan(decimal.NewFromInt(1)):
		return nil, fmt.Errorf("finance.discount_rate %s: want a fraction from 0 to 1, such as 0.08", c.DiscountRate)
	case c.FiscalYearStart < time.January || c.FiscalYearStart > time.December:
		return nil, fmt.Errorf("finance.fiscal_year_start %d: want a month from 1 to 12", int(c.FiscalYearStart))
	case c.NoticeBusinessDays < 0 || c.NoticeBusinessDays > maxNotice:
		return nil, fmt.Errorf("notice_business_days %d: want 0 to %d", c.NoticeBusinessDays, maxNotice)
	case termMonths(c.MonthToMonthTerm) == 0:
		return nil, fmt.Errorf("month-to-month term %q: want %s, %s or %s", c.MonthToMonthTerm, oneYear, threeYears, fiveYears)
	case c.ApprovalLimitUSD.IsNegative():
		return nil, fmt.Errorf("approval_limit_usd %s: want 0 or more", c.ApprovalLimitUSD)
	}
	days, err := newCalendar(c.Calendar, c.Holidays)
	if err != nil {
		return nil, err
	}
	c.Holidays = slices.Compact(slices.Sorted(slices.Values(c.Holidays)))
	c.AllowedTerms, c.AllowedOptions = slices.Clone(c.AllowedTerms), slices.Clone(c.AllowedOptions)
	limit, err := readAmount(decimal.Min(c.ApprovalLimitUSD, decimal.NewFromInt(maxPrice)).Truncate(2 * limbDigits).String())
	if err != nil {
		return nil, fmt.Errorf("approval_limit_usd %s: %w", c.ApprovalLimitUSD, err)
	}
	v := discountFactor(c.DiscountRate)
	byMonths := map[int]annuity{}
	for _, term := range [...]string{oneYear, threeYears, fiveYears} {
		byMonths[termMonths(term)] = newAnnuity(v, termMonths(term))
	}
	return &Analyst{cfg: c, percent: c.DiscountRate.Shift(2).String(), days: days, annuity: byMonths, limit: limit}, nil
}

// Assumptions returns the config as a report states it.
func (a *Analyst) Assumptions() audit.Assumptions {
	return audit.Assumptions{
		DiscountRate: a.cfg.DiscountRate.String(), FiscalYearStart: int(a.cfg.FiscalYearStart),
		Calendar: a.cfg.Calendar, Holidays: append([]string{}, a.cfg.Holidays...),
		NoticeBusinessDays: a.cfg.NoticeBusinessDays, MonthToMonthTerm: a.cfg.MonthToMonthTerm,
		AllowedTerms: append([]string{}, a.cfg.AllowedTerms...), AllowedOptions: append([]string{}, a.cfg.AllowedOptions...),
		ApprovalLimitUSD: money(a.cfg.ApprovalLimitUSD),
	}
}

// Enrich sets the Facts of r to the JSON of the …Facts type of its kind, and to nil for a kind that has none; an
// estate.account keeps those it was made with. Nothing else of r changes.
//
// What AWS left out, or sent with a value this program does not know, is no error. A section that is no JSON of the
// shape AWS documents is one, and names the resource and the path.
func (a *Analyst) Enrich(r *audit.Resource) error {
	_, err := a.enrich(r)
	return err
}

// enrich is Enrich, and returns what it made of an Outpost; nil for the other kinds.
func (a *Analyst) enrich(r *audit.Resource) (o *outpostWork, err error) {
	var facts any
	switch r.Kind {
	case audit.KindAccount:
		return nil, nil
	case audit.KindOutpost:
		if o, err = a.outpost(r); err != nil {
			return nil, fail(r, err)
		}
		facts = &o.facts
	case audit.KindOrder:
		f, err := a.orderFacts(r)
		if err != nil {
			return nil, fail(r, err)
		}
		facts = &f
	case audit.KindQuote:
		f, err := a.quoteFacts(r)
		if err != nil {
			return nil, fail(r, err)
		}
		facts = &f
	}
	r.Facts = nil
	if facts != nil {
		if r.Facts, err = audit.EncodeJSON(facts); err != nil {
			return nil, fail(r, err)
		}
	}
	return o, nil
}

func fail(r *audit.Resource, err error) error {
	return fmt.Errorf("enrich %s %s in %s/%s: %w", r.Kind, r.ID, r.Account, r.Region, err)
}
