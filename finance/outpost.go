package finance

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"tenor/audit"
)

// outpostSpec is what finance reads of an Outpost.
type outpostSpec struct {
	Owner string `json:"OwnerId"`
}

// renewalPricing is what finance reads of GetRenewalPricing.
type renewalPricing struct {
	PricingResult  string
	PricingOptions []pricing
}

// outpostWork is what is made of an Outpost.
type outpostWork struct {
	facts    audit.OutpostFacts
	contract *contract  // nil when there is no billing
	prices   *audit.Gap // why it is not known what is paid; nil when it is
}

// outpost returns the facts of an Outpost.
func (a *Analyst) outpost(r *audit.Resource) (*outpostWork, error) {
	o := &outpostWork{facts: audit.OutpostFacts{Options: []audit.PricedOption{}}}
	f := &o.facts
	spec, err := decode[outpostSpec](r.Spec, "spec")
	if err != nil {
		return nil, err
	}
	f.Shared = spec.Owner != "" && spec.Owner != r.Account
	c, err := readContract(section(r, sectionBilling), "related.billing")
	if err != nil || c == nil {
		return o, err
	}
	o.contract = c
	prices, err := decode[*renewalPricing](section(r, sectionPricing), "related.renewal_pricing")
	if err != nil {
		return nil, err
	}
	today := a.contractFacts(f, c)
	if s := c.unknownPayments(); s != nil {
		o.prices = &audit.Gap{Operation: operationBilling, Reason: audit.ReasonMalformed,
			Message: fmt.Sprintf("it is not known what is paid, and when, on subscription %s of %s", s.id, r.ID)}
	}
	if prices == nil {
		return o, nil
	}
	f.Priced = audit.Optional(prices.PricingResult)
	options, err := a.readOptions(prices.PricingOptions, "related.renewal_pricing.PricingOptions", "")
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(options, compareOptions)
	a.renewalFacts(f, options, today)
	return o, nil
}

// contractFacts sets the facts of the contract as it stands, and returns what it costs a month today; 0 where that is unknown.
func (a *Analyst) contractFacts(f *audit.OutpostFacts, c *contract) (monthly usd) {
	f.HasBilling = true
	f.PaymentTerm, f.PaymentOption = c.term, c.option
	f.ContractEndDate, f.LatestActiveEnd = audit.Optional(rfc3339(c.endDate)), audit.Optional(rfc3339(c.latestActiveEnd))
	if end := c.end(); !end.IsZero() {
		f.ContractEnd, f.ContractEndSource = audit.Optional(rfc3339(end)), "subscriptions"
		if !c.endDate.IsZero() {
			f.ContractEndSource = "contract_end_date"
		}
		days := wholeDays(end.Sub(a.asOf))
		notice := a.notice(end)
		left := a.days.until(a.asOf, notice)
		f.DaysToEnd, f.NoticeDeadline, f.BusinessDaysToNotice = &days, audit.Optional(notice.Format(time.DateOnly)), &left
	}
	f.MonthToMonth, f.Decided = c.monthToMonth(a.asOf), c.decided()
	if charged, start := a.renewalDates(c); !start.IsZero() {
		f.RenewalChargeDate, f.RenewalStartDate = audit.Optional(charged.Format(time.DateOnly)), audit.Optional(start.Format(time.DateOnly))
	}
	if today, known := c.currentMonthly(); known {
		cents := today.round(2).cents()
		f.CurrentMonthly, f.CurrentMonthlyCents = audit.Optional(today.round(10).String()), &cents
		monthly = today.round(solvePlaces)
	}
	if remaining, known := c.remaining(a.asOf); known {
		f.RemainingCommitment, f.RemainingCommitmentCents = optional(remaining)
	}
	return monthly
}

// notice returns the last day on which a contract that ends at end can be renewed or returned in time.
func (a *Analyst) notice(end time.Time) time.Time {
	return a.days.back(end, a.assumed.NoticeBusinessDays)
}

// renewalFacts sets the facts of what a renewal can cost, from its options in their order and today's monthly price.
func (a *Analyst) renewalFacts(f *audit.OutpostFacts, options []*option, today usd) {
	monthToMonth := a.compare(options, today)
	chosen, level := a.best(options)
	f.Options = facts(options)
	if monthToMonth != nil {
		f.MonthToMonthPrice, f.MonthToMonthPriceCents = optional(*monthToMonth)
	}
	if chosen == nil {
		return
	}
	if monthToMonth != nil {
		s, c := quotient(monthToMonth.times(chosen.Months).sub(chosen.tcv), chosen.Months)
		f.CostOfInaction, f.CostOfInactionCents = audit.Optional(s), &c
	}
	f.Recommended = a.recommend(chosen, level, options, monthToMonth)
}

// compareOptions orders renewal options by term, then ALL, PARTIAL, NO_UPFRONT; what is newer than this program is last.
func compareOptions(x, y *option) int {
	return cmp.Or(compareKnown(termOrder, x.PaymentTerm, y.PaymentTerm), compareKnown(optionOrder, x.PaymentOption, y.PaymentOption))
}

func termOrder(s string) int { return slices.Index([]string{oneYear, threeYears, fiveYears}, s) }

func optionOrder(s string) int {
	return slices.Index([]string{allUpfront, partialUpfront, noUpfront}, s)
}

// compareKnown compares by a rank that is -1 for what is not known: such values come last, by name.
func compareKnown(rank func(string) int, x, y string) int {
	i, j := rank(x), rank(y)
	return cmp.Or(cmp.Compare(uint(i), uint(j)), strings.Compare(x, y))
}

// orderFacts returns the facts of an order, which rest on what related.outpost says of its Outpost's contract.
func (a *Analyst) orderFacts(r *audit.Resource) (audit.OrderFacts, error) {
	c, err := readContract(section(r, sectionOutpost), "related.outpost")
	if err != nil || c == nil {
		return audit.OrderFacts{}, err
	}
	return audit.OrderFacts{OutpostContractEnd: audit.Optional(rfc3339(c.end())), OutpostMonthToMonth: c.monthToMonth(a.asOf)}, nil
}
