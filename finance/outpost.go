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
	Owner           string `json:"OwnerId"`
	LifeCycleStatus string
}

// renewalPricing is what finance reads of GetRenewalPricing.
type renewalPricing struct {
	PricingResult  string
	PricingOptions []pricing
}

// outpostWork is what is made of an Outpost.
type outpostWork struct {
	facts    audit.OutpostFacts
	contract *contract     // nil when there is no billing
	state    contractState // of contract
	prices   *audit.Gap    // why it is not known what is paid; nil when it is
	slots    *audit.Gap    // why it is not known how much of it is idle; nil when it is, or its capacity was not read
}

// outpost returns the facts of an Outpost.
func (a *Analyst) outpost(r *audit.Resource) (*outpostWork, error) {
	o := &outpostWork{facts: audit.OutpostFacts{Options: []audit.PricedOption{}, Subscriptions: []audit.Subscription{}}}
	f := &o.facts
	spec, err := decode[outpostSpec](r.Spec, "spec")
	if err != nil {
		return nil, err
	}
	f.Shared = spec.Owner != "" && spec.Owner != r.Account
	c, err := readContract(section(r, sectionBilling), "related.billing")
	if err != nil {
		return nil, err
	}
	if !f.Shared {
		f.ContractState = audit.StateUnknown
		if slices.Contains(a.assumed.RetiredStatuses, spec.LifeCycleStatus) {
			f.ContractState = audit.StateRetired
		}
		if f.Capacity, o.slots, err = capacity(r); err != nil {
			return nil, err
		}
	}
	if c == nil {
		f.Decision = a.decision(f, nil, r.ID)
	} else if err := a.contracted(r, o, c, spec.LifeCycleStatus); err != nil {
		return nil, err
	}
	if err := chargedOutpost(r, f); err != nil {
		return nil, err
	}
	return o, nil
}

// contracted sets the facts that rest on the contract.
func (a *Analyst) contracted(r *audit.Resource, o *outpostWork, c *contract, lifeCycle string) error {
	f := &o.facts
	o.contract, o.state = c, a.state(c, lifeCycle)
	if !f.Shared {
		f.ContractState = audit.Optional(o.state.name)
	}
	prices, err := decode[*renewalPricing](section(r, sectionPricing), "related.renewal_pricing")
	if err != nil {
		return err
	}
	today := a.contractFacts(f, o)
	if s := c.unknownPayments(); s != nil {
		o.prices = &audit.Gap{Operation: audit.KindOf(r.Kind).Operation(sectionBilling), Reason: audit.ReasonMalformed,
			Message: fmt.Sprintf("it is not known what is paid, and when, on subscription %s of %s", s.id, r.ID)}
	}
	f.Decision = a.decision(f, c, r.ID)
	var options []*option
	if prices != nil {
		f.Priced = audit.Optional(prices.PricingResult)
		if options, err = a.readOptions(prices.PricingOptions, "related.renewal_pricing.PricingOptions", ""); err != nil {
			return err
		}
		slices.SortStableFunc(options, compareOptions)
	}
	a.renewalFacts(f, c, options, today)
	if f.Decision != nil {
		f.Decision.LevelPriceCents = a.decidedLevel(f, options)
		f.Decision.Note = audit.Optional(a.decisionNote(f.Decision, prices, options))
	}
	return nil
}

// contractFacts sets the facts of the contract as it stands, and returns what it costs a month today; 0 where that is unknown.
func (a *Analyst) contractFacts(f *audit.OutpostFacts, o *outpostWork) (monthly usd) {
	c, st := o.contract, &o.state
	f.HasBilling, f.Subscriptions = true, c.subscriptionFacts()
	f.PaymentTerm, f.PaymentOption = c.term, c.option
	f.ContractEnd, f.ContractEndSource = dateString(st.end), audit.Optional(st.endSource)
	f.ContractEndDate, f.LatestTermEnd = dateString(c.endDate), dateString(st.latestTermEnd)
	if !st.end.IsZero() {
		days := audit.DaysBetween(a.today, st.end)
		f.DaysToEnd = &days
		if st.name != audit.StateMonthToMonth { // which goes on until it is renewed or returned, whenever that is
			notice := a.notice(st.end)
			left := a.days.until(a.asOf, notice)
			f.NoticeDeadline, f.BusinessDaysToNotice = dateString(notice), &left
		}
	}
	charged, start := a.renewalDates(c, st)
	f.RenewalChargeDate, f.RenewalStartDate = dateString(charged), dateString(start)
	if today, known := c.currentMonthly(); known {
		cents := today.round(2).cents()
		f.CurrentMonthly, f.CurrentMonthlyCents = audit.Optional(today.round(10).String()), &cents
		monthly = today.round(solvePlaces)
		if idle, known := idleMonthly(today, f.Capacity); known {
			cents := idle.round(2).cents()
			f.IdleMonthly, f.IdleMonthlyCents = audit.Optional(idle.round(10).String()), &cents
		}
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
func (a *Analyst) renewalFacts(f *audit.OutpostFacts, c *contract, options []*option, today usd) {
	month := monthPrice{price: a.monthToMonthPrice(options), source: assumed}
	if f.MonthToMonth() {
		price, known := c.billedMonth(a.today)
		switch {
		case !known: // what is assumed in its place may be another price
			month = monthPrice{}
		case price != nil:
			month = monthPrice{price, billed}
		}
	}
	compare(options, today, month.price)
	f.Options = facts(options)
	if month.price != nil {
		f.MonthToMonthPrice, f.MonthToMonthPriceCents = optional(*month.price)
		f.MonthToMonthPriceSource = audit.Optional(month.source)
	}
	best := a.recommend(options, month)
	if best == nil || f.ContractState == audit.StateRetired {
		return
	}
	f.Recommended = best.facts
	if month.price != nil {
		f.CostOfInaction, f.CostOfInactionCents = optional(month.price.sub(best.level))
	}
}

// compareOptions orders renewal options by term, then ALL, PARTIAL, NO_UPFRONT; what is newer than this program is last.
func compareOptions(x, y *option) int {
	return cmp.Or(compareKnown(audit.PaymentTerms, x.PaymentTerm, y.PaymentTerm),
		compareKnown(audit.PaymentOptions, x.PaymentOption, y.PaymentOption))
}

// compareKnown compares by the place in a list: values that are not in it come last, by name.
func compareKnown(known []string, x, y string) int {
	i, j := slices.Index(known, x), slices.Index(known, y) // -1 is the largest uint
	return cmp.Or(cmp.Compare(uint(i), uint(j)), strings.Compare(x, y))
}

// orderFacts returns the facts of an order: what its quote option says, and what related.outpost says of its Outpost's contract.
func (a *Analyst) orderFacts(r *audit.Resource) (audit.OrderFacts, error) {
	quoted, err := a.quotedPrice(r)
	f := audit.OrderFacts{Quoted: quoted}
	if err != nil {
		return f, err
	}
	outpost := section(r, sectionOutpost)
	c, err := readContract(outpost, "related.outpost")
	if err != nil || c == nil {
		return f, err
	}
	spec, err := decode[outpostSpec](outpost, "related.outpost")
	if err != nil {
		return f, err
	}
	st := a.state(c, spec.LifeCycleStatus)
	f.OutpostContractEnd, f.OutpostContractState = dateString(st.end), audit.Optional(st.name)
	f.Subscribed, err = subscribedPrice(c, r)
	return f, err
}
