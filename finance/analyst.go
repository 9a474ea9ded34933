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
	"slices"
	"strings"
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

// Check reports each assumption that cannot be, of those that the config has: its name there, in finance, and what is wrong with it.
func Check(a *audit.Assumptions, bad func(setting, msg string)) {
	rate, err := decimal.NewFromString(a.DiscountRate)
	if err != nil || rate.IsNegative() || rate.GreaterThan(decimal.NewFromInt(1)) {
		bad("discount_rate", fmt.Sprintf("%q is no yearly rate such as 0.08 for 8%%", a.DiscountRate))
	}
	if a.FiscalYearStart < 1 || a.FiscalYearStart > 12 {
		bad("fiscal_year_start", fmt.Sprintf("%d is no month from 1 to 12", a.FiscalYearStart))
	}
	oneOf := func(setting, value, separator string, want ...string) {
		if !slices.Contains(want, value) {
			bad(setting, fmt.Sprintf("%q: want %s", value, strings.Join(want, separator)))
		}
	}
	oneOf("calendar", a.Calendar, " or ", calendarUS, calendarNone)
	oneOf("month_to_month_term", a.MonthToMonthTerm, ", ", audit.PaymentTerms...)
	oneOf("approval_basis", a.ApprovalBasis, " or ", BasisTotal, BasisUpfront)
	for _, h := range a.Holidays {
		if _, err := time.Parse(time.DateOnly, h); err != nil {
			bad("holidays", fmt.Sprintf("%q is no date YYYY-MM-DD", h))
		}
	}
}

// ParamError is of an assumption that is a parameter of a rule, whose Name it has.
type ParamError struct{ Name, Msg string }

func (e *ParamError) Error() string { return e.Name + " " + e.Msg }

// New checks the assumptions, none of which has a default here, and returns an Analyst whose clock stands at asOf. Its errors
// name the field as tenor.yaml does.
func New(asOf time.Time, assumed audit.Assumptions) (*Analyst, error) {
	asOf = asOf.UTC()
	var err error
	Check(&assumed, func(setting, msg string) { err = cmp.Or(err, fmt.Errorf("finance.%s: %s", setting, msg)) })
	if err != nil {
		return nil, err
	}
	approval, err := decimal.NewFromString(assumed.ApprovalLimitUSD)
	switch {
	case err != nil:
		return nil, fmt.Errorf("approval_limit_usd: %w", err)
	case !plausible(asOf):
		return nil, fmt.Errorf("as_of %s: want a date from 2015 to 2100", asOf.Format(time.RFC3339))
	case assumed.NoticeBusinessDays < 0 || assumed.NoticeBusinessDays > maxNotice:
		return nil, &ParamError{"notice_business_days", fmt.Sprintf("%d: want 0 to %d", assumed.NoticeBusinessDays, maxNotice)}
	case approval.IsNegative():
		return nil, &ParamError{"approval_limit_usd", fmt.Sprintf("%s: want 0 or more", approval)}
	}
	limit, err := readAmount(decimal.Min(approval, decimal.NewFromInt(maxPrice)).Truncate(2 * limbDigits).String())
	if err != nil {
		return nil, fmt.Errorf("approval_limit_usd %s: %w", approval, err)
	}
	rate := decimal.RequireFromString(assumed.DiscountRate)
	v := discountFactor(rate)
	byMonths := map[int]annuity{}
	for _, term := range audit.PaymentTerms {
		byMonths[termMonths(term)] = newAnnuity(v, termMonths(term))
	}
	decisions := map[string]*audit.Decision{}
	for i := range assumed.Decisions {
		decisions[audit.OutpostID(assumed.Decisions[i].Outpost)] = &assumed.Decisions[i]
	}
	return &Analyst{asOf: asOf, today: dateOf(asOf), assumed: assumed, percent: rate.Shift(2).String(),
		days: newCalendar(assumed.Calendar, assumed.Holidays), annuity: byMonths, grid: annuityGrid(), limit: limit, decisions: decisions}, nil
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
