// Package finance derives the facts of a resource that concern money, dates and contracts, and adds them up over the
// estate: what is committed, when it must be decided, and what each choice costs. Call New once for a run, and Estate.Enrich
// for every resource; Analyst.Enrich sets facts alone.
//
// All money is an exact decimal: never a float, and prices keep the digits AWS sent. docs/finance.md defines every
// measure, with a worked example. Finance reads nothing but the records of audit: it must not import collector,
// policies or report.
package finance

import (
	"cmp"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"tenor/audit"
)

// Analyst derives facts under one set of assumptions. Any number of goroutines may share it.
type Analyst struct {
	asOf      time.Time // the clock of every measure
	today     time.Time // its calendar day
	assumed   audit.Assumptions
	percent   string // the discount rate in percent
	days      *calendar
	annuity   map[int]annuity            // by months, at the discount rate
	grid      [][3]float64               // the annuities at the rates from which switches are looked for
	decisions map[string]*audit.Decision // on file, by the Outpost's id
	limit     usd                        // the approval limit, as far as a price can tell
}

// What of an option is held against the approval limit.
const (
	BasisTotal   = "total" // its total contract value
	BasisUpfront = "upfront"
)

// DiscountRate reads a yearly rate, as a fraction from 0 to 1: 0.08.
func DiscountRate(s string) (decimal.Decimal, error) {
	rate, err := decimal.NewFromString(s)
	if err != nil || rate.IsNegative() || rate.GreaterThan(decimal.NewFromInt(1)) {
		return rate, fmt.Errorf("%q is no yearly rate such as 0.08 for 8%%", s)
	}
	return rate, nil
}

// ParamError is of an assumption that is a parameter of a rule, whose Name it has.
type ParamError struct{ Name, Msg string }

func (e *ParamError) Error() string { return e.Name + " " + e.Msg }

// New checks the assumptions, none of which has a default here, and returns an Analyst whose clock stands at asOf. Its errors
// name the field as tenor.yaml does.
func New(asOf time.Time, assumed audit.Assumptions) (*Analyst, error) {
	asOf = asOf.UTC()
	rate, err := DiscountRate(assumed.DiscountRate)
	if err != nil {
		return nil, fmt.Errorf("finance.discount_rate: %w", err)
	}
	approval, err := decimal.NewFromString(assumed.ApprovalLimitUSD)
	if err != nil {
		return nil, fmt.Errorf("approval_limit_usd: %w", err)
	}
	switch {
	case !plausible(asOf):
		return nil, fmt.Errorf("as_of %s: want a date from 2015 to 2100", asOf.Format(time.RFC3339))
	case assumed.FiscalYearStart < 1 || assumed.FiscalYearStart > 12:
		return nil, fmt.Errorf("finance.fiscal_year_start %d: want a month from 1 to 12", assumed.FiscalYearStart)
	case assumed.NoticeBusinessDays < 0 || assumed.NoticeBusinessDays > maxNotice:
		return nil, &ParamError{"notice_business_days", fmt.Sprintf("%d: want 0 to %d", assumed.NoticeBusinessDays, maxNotice)}
	case termMonths(assumed.MonthToMonthTerm) == 0:
		return nil, fmt.Errorf("month-to-month term %q: want %s, %s or %s", assumed.MonthToMonthTerm, oneYear, threeYears, fiveYears)
	case assumed.ApprovalBasis != BasisTotal && assumed.ApprovalBasis != BasisUpfront:
		return nil, fmt.Errorf("finance.approval_basis %q: want %s or %s", assumed.ApprovalBasis, BasisTotal, BasisUpfront)
	case approval.IsNegative():
		return nil, &ParamError{"approval_limit_usd", fmt.Sprintf("%s: want 0 or more", approval)}
	}
	days, err := newCalendar(assumed.Calendar, assumed.Holidays)
	if err != nil {
		return nil, err
	}
	limit, err := readAmount(decimal.Min(approval, decimal.NewFromInt(maxPrice)).Truncate(2 * limbDigits).String())
	if err != nil {
		return nil, fmt.Errorf("approval_limit_usd %s: %w", approval, err)
	}
	v := discountFactor(rate)
	byMonths := map[int]annuity{}
	for _, term := range audit.PaymentTerms {
		byMonths[termMonths(term)] = newAnnuity(v, termMonths(term))
	}
	decisions := map[string]*audit.Decision{}
	for i := range assumed.Decisions {
		decisions[audit.OutpostID(assumed.Decisions[i].Outpost)] = &assumed.Decisions[i]
	}
	return &Analyst{asOf: asOf, today: dateOf(asOf), assumed: assumed, percent: rate.Shift(2).String(), days: days, annuity: byMonths,
		grid: annuityGrid(), limit: limit, decisions: decisions}, nil
}

// Enrich sets the Facts of r to the JSON of the …Facts type of its kind, and to nil for a kind that has none; an
// estate.account keeps those it was made with.
//
// What AWS left out, or sent with a value this program does not know, is no error. What is no JSON of the shape AWS documents is
// one, and names the resource and the path. Where it stands in a section of Related, that section becomes a gap of r, unless it does
// without (UnreadableError.Stands), and the facts are those that do not rest on it; elsewhere the facts are nil. Where the prices or
// dates of a subscription that counts are not known, for whatever reason, "prices" is a gap of r, and where none
// says in which state its contract is, "dates"; where a host in service names no slots, "slots"; where the records of a
// provisioned product do not say what failed of it, "failure"; where a budget of a product of the catalogue cannot be read, "budgets".
// Nothing else of r changes.
func (a *Analyst) Enrich(r *audit.Resource) error {
	_, unread, err := a.enrich(r)
	return cmp.Or(err, unread)
}

// derived is what was made of a resource beside its facts: of an Outpost, or the facts themselves of a provisioned product; nil for the
// other kinds.
type derived struct {
	outpost *outpostWork
	product *audit.ProductFacts
	// catalogue are those of a product of the catalogue.
	catalogue *audit.CatalogueFacts
}

// enrich is Enrich, and returns what it made of the resource. Unread is the first error about a section that
// became a gap, or about a part of one that stands.
func (a *Analyst) enrich(r *audit.Resource) (d derived, unread, err error) {
	for {
		d, err = a.derive(r)
		if err == nil {
			o := d.outpost
			if o != nil && o.prices != nil {
				setGap(r, sectionPrices, *o.prices)
			}
			if o != nil && o.slots != nil {
				setGap(r, sectionSlots, *o.slots)
			}
			if o != nil && o.contract != nil && o.state.name == audit.StateUnknown {
				setGap(r, sectionDates, undated(r, sectionBilling))
			}
			if o != nil && o.contract != nil && o.contract.unread != nil {
				unread = cmp.Or(unread, fail(r, o.contract.unread))
			}
			return d, unread, nil
		}
		section, gap := GapOf(r.Kind, err)
		if section == "" || section == "spec" {
			return d, unread, err
		}
		setGap(r, section, gap)
		unread = cmp.Or(unread, err)
	}
}

// undated is why the state of a contract is unknown whose billing, in that section, was read.
func undated(r *audit.Resource, section string) audit.Gap {
	return audit.Gap{Operation: audit.KindOf(r.Kind).Operation(section), Reason: audit.ReasonMalformed,
		Message: "no date can be read that says in which state the contract is"}
}

func setGap(r *audit.Resource, section string, gap audit.Gap) {
	if r.Gaps == nil {
		r.Gaps = map[string]audit.Gap{}
	}
	r.Gaps[section] = gap
}

// derive sets the facts of r.
func (a *Analyst) derive(r *audit.Resource) (d derived, err error) {
	if r.Kind == audit.KindAccount {
		return d, nil
	}
	r.Facts = nil
	var facts any
	switch r.Kind {
	case audit.KindOutpost:
		if d.outpost, err = a.outpost(r); err == nil {
			facts = &d.outpost.facts
		}
	case audit.KindOrder:
		var f audit.OrderFacts
		if f, err = a.orderFacts(r); err == nil && f.OutpostContractState == audit.StateUnknown {
			setGap(r, sectionDates, undated(r, sectionOutpost))
		}
		facts = &f
	case audit.KindQuote:
		var f audit.QuoteFacts
		f, err = a.quoteFacts(r)
		facts = &f
	case audit.KindProvisionedProduct:
		var f audit.ProductFacts
		if f, err = a.productFacts(r); err == nil {
			err = chargedProduct(r, &f)
		}
		d.product, facts = &f, &f
	case audit.KindProduct:
		f := catalogueFacts(r)
		d.catalogue, facts = &f, &f
	}
	if err == nil && facts != nil {
		r.Facts, err = audit.EncodeJSON(facts)
	}
	if err != nil {
		return derived{}, fail(r, err)
	}
	return d, nil
}

func fail(r *audit.Resource, err error) error {
	return fmt.Errorf("enrich %s %s in %s/%s: %w", r.Kind, r.ID, r.Account, r.Region, err)
}
