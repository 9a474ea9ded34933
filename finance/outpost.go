package finance

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"tenor/audit"
)

// renewalPricing is what finance reads of GetRenewalPricing.
type renewalPricing struct {
	PricingResult  string
	PricingOptions []pricing
}

// outpostFacts returns the facts of an Outpost.
func (a *Analyst) outpostFacts(r *audit.Resource) (audit.OutpostFacts, error) {
	f := audit.OutpostFacts{CurrentMonthly: "0.00", RemainingCommitment: "0.00", Options: []audit.PricedOption{}}
	var spec struct {
		Owner string `json:"OwnerId"`
	}
	if err := decode(r.Spec, "spec", &spec); err != nil {
		return f, err
	}
	f.Shared = spec.Owner != "" && spec.Owner != r.Account
	c, err := readContract(r.Related["billing"], "related.billing")
	if err != nil || c == nil {
		return f, err
	}
	var prices *renewalPricing
	if err := decode(r.Related["renewal_pricing"], "related.renewal_pricing", &prices); err != nil {
		return f, err
	}
	a.contractFacts(&f, c)
	if prices == nil {
		return f, nil
	}
	f.Priced = audit.Optional(prices.PricingResult)
	options, err := a.readOptions(prices.PricingOptions, "related.renewal_pricing.PricingOptions", "")
	if err != nil {
		return f, err
	}
	slices.SortStableFunc(options, compareOptions)
	a.renewalFacts(&f, options, ratDecimal(c.currentMonthly(), solvePlaces))
	return f, nil
}

// contractFacts sets the facts of the contract as it stands.
func (a *Analyst) contractFacts(f *audit.OutpostFacts, c *contract) {
	f.HasBilling = true
	f.PaymentTerm, f.PaymentOption = c.term, c.option
	f.ContractEndDate, f.LatestActiveEnd = audit.Optional(rfc3339(c.endDate)), audit.Optional(rfc3339(c.latestActiveEnd))
	if end := c.end(); !end.IsZero() {
		f.ContractEnd, f.ContractEndSource = audit.Optional(rfc3339(end)), "subscriptions"
		if !c.endDate.IsZero() {
			f.ContractEndSource = "contract_end_date"
		}
		days := wholeDays(end.Sub(a.cfg.AsOf))
		notice := a.notice(end)
		left := a.days.until(a.cfg.AsOf, notice)
		f.DaysToEnd, f.NoticeDeadline, f.BusinessDaysToNotice = &days, audit.Optional(notice.Format(time.DateOnly)), &left
	}
	f.MonthToMonth, f.Decided = c.monthToMonth(a.cfg.AsOf), c.decided()
	today := c.currentMonthly()
	f.CurrentMonthly, f.CurrentMonthlyCents = money(ratDecimal(today, 10)), cents(ratDecimal(today, 2))
	remaining := c.remaining(a.cfg.AsOf)
	f.RemainingCommitment, f.RemainingCommitmentCents = money(remaining), cents(remaining)
}

// notice returns the last day on which a contract that ends at end can be renewed or returned in time.
func (a *Analyst) notice(end time.Time) time.Time { return a.days.back(end, a.cfg.NoticeBusinessDays) }

// renewalFacts sets the facts of what a renewal can cost, from its options in their order and today's monthly price.
func (a *Analyst) renewalFacts(f *audit.OutpostFacts, options []option, today decimal.Decimal) {
	monthToMonth := a.compare(options, today)
	chosen := best(options)
	f.Options = facts(options)
	if monthToMonth != nil {
		f.MonthToMonthPrice, f.MonthToMonthPriceCents = optional(*monthToMonth)
	}
	if chosen == nil {
		return
	}
	if monthToMonth != nil {
		more := monthToMonth.Mul(decimal.NewFromInt(int64(chosen.Months))).Sub(chosen.tcv)
		s, c := quotient(more, chosen.Months)
		f.CostOfInaction, f.CostOfInactionCents = audit.Optional(s), &c
	}
	f.Recommended = a.recommend(chosen, options, monthToMonth)
}

// compareOptions orders renewal options by term, then ALL, PARTIAL, NO_UPFRONT; what is newer than this program is last.
func compareOptions(x, y option) int {
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
	c, err := readContract(r.Related["outpost"], "related.outpost")
	if err != nil || c == nil {
		return audit.OrderFacts{}, err
	}
	return audit.OrderFacts{OutpostContractEnd: audit.Optional(rfc3339(c.end())), OutpostMonthToMonth: c.monthToMonth(a.cfg.AsOf)}, nil
}
