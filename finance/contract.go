package finance

import (
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"time"

	"tenor/audit"
)

// AWS's values that measures branch on. Any other value has no effect.
const (
	statusActive  = "ACTIVE"
	statusPending = "PENDING"
	typeRenewal   = "RENEWAL"
)

// rolling is the longest that a subscription of a month lasts, generously: AWS gives month-to-month and a longer renewal
// the same type.
const rolling = 45 * day

// billing is what finance reads of GetOutpostBillingInformation.
type billing struct {
	ContractEndDate timestamp
	PaymentTerm     string
	PaymentOption   string
	Subscriptions   []struct {
		ID                    string `json:"SubscriptionId"`
		SubscriptionType      string
		SubscriptionStatus    string
		BeginDate             timestamp
		EndDate               timestamp
		Currency              string
		MonthlyRecurringPrice sentPrice
		UpfrontPrice          sentPrice
	}
}

// subscription is one subscription of an Outpost.
type subscription struct {
	id, kind, status string
	begin, end       time.Time // zero when unknown
	monthly, upfront usd
	priced           bool // in US dollars, with a monthly or an upfront price, the other is then 0; and AWS says nothing else of it
}

func (s *subscription) active() bool { return s.status == statusActive }

// runs reports whether s is ACTIVE or PENDING: whether it is part of what is committed.
func (s *subscription) runs() bool { return s.status == statusActive || s.status == statusPending }

// dated reports whether s has a length.
func (s *subscription) dated() bool {
	return !s.begin.IsZero() && !s.end.IsZero() && s.begin.Before(s.end)
}

// months returns the length of a dated subscription.
func (s *subscription) months() int { return monthsBetween(s.begin, s.end) }

// unpaid returns how many of the monthly prices of a dated subscription are charged after asOf: they are charged at the
// start of each of its months, from its begin on.
func (s *subscription) unpaid(asOf time.Time) int {
	return max(0, s.months()-s.charged(asOf))
}

// charged returns how many times its monthly price would have been charged by asOf if s had no end.
func (s *subscription) charged(asOf time.Time) int {
	n := int(audit.MonthOf(asOf) - audit.MonthOf(s.begin)) // the charges before asOf's month
	if n < 0 || addMonths(s.begin, n).After(asOf) {
		return max(0, n)
	}
	return n + 1
}

// contract is an Outpost's billing information, read.
type contract struct {
	term, option    string
	endDate         time.Time // ContractEndDate, zero when missing or unreadable
	latestActiveEnd time.Time // zero when no ACTIVE subscription has an end
	subscriptions   []subscription
	unread          error // the first price that is none, an *UnreadableError: what rests on it is unknown, the rest stands
}

// readContract reads the section billing, at path. It returns nil when there is none. Of a subscription that comes more than once,
// each time with another content, all count for dates and none for prices.
func readContract(b json.RawMessage, path string) (*contract, error) {
	in, err := decode[*billing](b, path)
	if err != nil || in == nil {
		return nil, err
	}
	c := &contract{term: in.PaymentTerm, option: in.PaymentOption, endDate: in.ContractEndDate.Time,
		subscriptions: make([]subscription, len(in.Subscriptions))}
	entries := map[string]int{} // by id; those that are equal are one since they were collected
	for i := range in.Subscriptions {
		if id := in.Subscriptions[i].ID; id != "" {
			entries[id]++
		}
	}
	for i := range in.Subscriptions {
		x, s := &in.Subscriptions[i], &c.subscriptions[i]
		*s = subscription{id: x.ID, kind: x.SubscriptionType, status: x.SubscriptionStatus, begin: x.BeginDate.Time, end: x.EndDate.Time,
			monthly: x.MonthlyRecurringPrice.usd, upfront: x.UpfrontPrice.usd,
			priced: (x.MonthlyRecurringPrice.sent || x.UpfrontPrice.sent) && (x.Currency == "" || x.Currency == currency) && entries[x.ID] < 2}
		for _, p := range [...]struct {
			name string
			err  error
		}{{"MonthlyRecurringPrice", x.MonthlyRecurringPrice.err}, {"UpfrontPrice", x.UpfrontPrice.err}} {
			if p.err == nil {
				continue
			}
			s.priced = false
			if c.unread == nil {
				c.unread = &UnreadableError{Path: fmt.Sprintf("%s.Subscriptions[%d].%s", path, i, p.name), Err: p.err, Stands: true}
			}
		}
		if s.active() && s.end.After(c.latestActiveEnd) {
			c.latestActiveEnd = s.end
		}
	}
	return c, nil
}

// end returns the contract end: ContractEndDate, else the latest end of an ACTIVE subscription, else zero.
func (c *contract) end() time.Time {
	if !c.endDate.IsZero() {
		return c.endDate
	}
	return c.latestActiveEnd
}

// monthToMonth reports whether the Outpost runs without a contract: its contract end is past and no ACTIVE or PENDING
// subscription is known to end later than 45 days from asOf, or its only ACTIVE subscription is a RENEWAL of at most 45
// days.
func (c *contract) monthToMonth(asOf time.Time) bool {
	var only *subscription
	one, goesOn := true, false
	for i := range c.subscriptions {
		s := &c.subscriptions[i]
		if s.runs() && s.end.After(asOf.Add(rolling)) {
			goesOn = true
		}
		if s.active() {
			month := s.kind == typeRenewal && s.dated() && s.end.Sub(s.begin) <= rolling
			one = one && month && (only == nil || s.id != "" && s.id == only.id)
			only = s
		}
	}
	if only != nil && one {
		return true
	}
	return !c.end().IsZero() && c.end().Before(asOf) && !goesOn
}

// decided reports whether what follows the contract is settled: a subscription is PENDING, or an ACTIVE RENEWAL ends
// more than 45 days after the contract's end.
func (c *contract) decided() bool {
	for i := range c.subscriptions {
		s := &c.subscriptions[i]
		if s.status == statusPending {
			return true
		}
		if s.active() && s.kind == typeRenewal && !c.end().IsZero() && s.end.After(c.end().Add(rolling)) {
			return true
		}
	}
	return false
}

// open reports whether what follows is still to be settled. It is not the opposite of decided for a month-to-month
// Outpost: there an ACTIVE RENEWAL is but the month that runs, and only a PENDING subscription settles anything.
func (c *contract) open(asOf time.Time) bool {
	pending := slices.ContainsFunc(c.subscriptions, func(s subscription) bool { return s.status == statusPending })
	return !pending && (c.monthToMonth(asOf) || !c.decided())
}

// currentMonthly returns what a month costs today, exactly: over the ACTIVE subscriptions, the monthly price and the
// upfront spread over the subscription's months. It is false where a price is unknown, or the length over which an upfront is
// spread.
func (c *contract) currentMonthly() (sum fraction, known bool) {
	sum = fraction{new(big.Int), big.NewInt(1)}
	for i := range c.subscriptions {
		s := &c.subscriptions[i]
		if !s.active() {
			continue
		}
		if !s.priced || s.upfront != (usd{}) && !s.dated() {
			return fraction{}, false
		}
		sum.add(s.monthly, 1)
		if s.upfront != (usd{}) {
			sum.add(s.upfront, s.months())
		}
	}
	return sum, true
}

// unknownPayments returns the first of the ACTIVE and PENDING subscriptions of which it is not known what is paid and when; nil
// when all are known.
func (c *contract) unknownPayments() *subscription {
	for i := range c.subscriptions {
		if s := &c.subscriptions[i]; s.runs() && (!s.dated() || !s.priced) {
			return s
		}
	}
	return nil
}

// remaining returns what is still to be paid after asOf on the ACTIVE and PENDING subscriptions: the monthly prices not
// yet charged. An upfront is charged when its subscription is made, so it is paid. It is false where the payments of one are not
// known.
func (c *contract) remaining(asOf time.Time) (sum usd, known bool) {
	if c.unknownPayments() != nil {
		return usd{}, false
	}
	for i := range c.subscriptions {
		if s := &c.subscriptions[i]; s.runs() {
			sum = sum.add(s.monthly.times(s.unpaid(asOf)))
		}
	}
	return sum, true
}
