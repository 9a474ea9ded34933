package finance

import (
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"time"

	"github.com/shopspring/decimal"
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
		MonthlyRecurringPrice *json.Number
		UpfrontPrice          *json.Number
	}
}

// subscription is one subscription of an Outpost.
type subscription struct {
	id, kind, status string
	begin, end       time.Time // zero when unknown
	monthly, upfront decimal.Decimal
	priced           bool // in US dollars, with a monthly or an upfront price; the other is then 0
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
	n, charged := s.months(), 0
	for charged < n && !addMonths(s.begin, charged).After(asOf) {
		charged++
	}
	return n - charged
}

// contract is an Outpost's billing information, read.
type contract struct {
	term, option    string
	endDate         time.Time // ContractEndDate, zero when missing or unreadable
	latestActiveEnd time.Time // zero when no ACTIVE subscription has an end
	subscriptions   []subscription
}

// readContract reads the section billing, at path. It returns nil when there is none.
func readContract(b json.RawMessage, path string) (*contract, error) {
	var in *billing
	if err := decode(b, path, &in); err != nil || in == nil {
		return nil, err
	}
	c := &contract{term: in.PaymentTerm, option: in.PaymentOption, endDate: in.ContractEndDate.Time}
	for i := range in.Subscriptions {
		x := &in.Subscriptions[i]
		s := subscription{id: x.ID, kind: x.SubscriptionType, status: x.SubscriptionStatus,
			begin: x.BeginDate.Time, end: x.EndDate.Time,
			priced: (x.MonthlyRecurringPrice != nil || x.UpfrontPrice != nil) && (x.Currency == "" || x.Currency == currency)}
		at := fmt.Sprintf("%s.Subscriptions[%d]", path, i)
		var err error
		if x.MonthlyRecurringPrice != nil {
			if s.monthly, err = readPrice(*x.MonthlyRecurringPrice, at+".MonthlyRecurringPrice"); err != nil {
				return nil, err
			}
		}
		if x.UpfrontPrice != nil {
			if s.upfront, err = readPrice(*x.UpfrontPrice, at+".UpfrontPrice"); err != nil {
				return nil, err
			}
		}
		if s.active() && s.end.After(c.latestActiveEnd) {
			c.latestActiveEnd = s.end
		}
		c.subscriptions = append(c.subscriptions, s)
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
	active, goesOn := 0, false
	for i := range c.subscriptions {
		s := &c.subscriptions[i]
		if s.runs() && s.end.After(asOf.Add(rolling)) {
			goesOn = true
		}
		if s.active() {
			only, active = s, active+1
		}
	}
	if active == 1 && only.kind == typeRenewal && only.dated() && only.end.Sub(only.begin) <= rolling {
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

// currentMonthly returns what a month costs today: over the ACTIVE subscriptions, the monthly price and the upfront
// spread over the subscription's months. It is 0 where a price is unknown, or the length over which an upfront is spread.
func (c *contract) currentMonthly() *big.Rat {
	sum := new(big.Rat)
	for i := range c.subscriptions {
		s := &c.subscriptions[i]
		if !s.active() {
			continue
		}
		if !s.priced || !s.upfront.IsZero() && !s.dated() {
			return new(big.Rat)
		}
		sum.Add(sum, s.monthly.Rat())
		if !s.upfront.IsZero() {
			sum.Add(sum, new(big.Rat).Quo(s.upfront.Rat(), new(big.Rat).SetInt64(int64(s.months()))))
		}
	}
	return sum
}

// remaining returns what is still to be paid after asOf on the ACTIVE and PENDING subscriptions: the monthly prices not
// yet charged. An upfront is charged when its subscription is made, so it is paid. A subscription without dates or
// prices adds nothing; Estate says so.
func (c *contract) remaining(asOf time.Time) decimal.Decimal {
	sum := decimal.Zero
	for i := range c.subscriptions {
		if s := &c.subscriptions[i]; s.runs() && s.dated() && s.priced {
			sum = sum.Add(s.monthly.Mul(decimal.NewFromInt(int64(s.unpaid(asOf)))))
		}
	}
	return sum
}
