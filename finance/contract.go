package finance

import (
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"time"

	"tenor/audit"
	"tenor/internal/rawjson"
)

// AWS's values that measures branch on. Any other value has no effect.
const (
	statusActive    = "ACTIVE"
	statusPending   = "PENDING"
	statusInactive  = "INACTIVE"
	statusCancelled = "CANCELLED"

	typeRenewal  = "RENEWAL"
	typeIncrease = "CAPACITY_INCREASE"
)

// rollingDays is the longest that a subscription of a month lasts, generously: AWS gives month-to-month and a longer renewal
// the same type.
const rollingDays = 45

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
		OrderIds              json.RawMessage
	}
}

// subscription is one subscription of an Outpost.
type subscription struct {
	id, kind, status string
	begin, end       time.Time // the calendar days that are written, as dateOf returns them; zero when unknown
	monthly, upfront usd
	damaged          bool            // its price was sent, and cannot be told
	orders           json.RawMessage // the list of the orders' ids, as it was sent
	priced           bool            // in US dollars, with a monthly or an upfront price, the other is then 0; and AWS says nothing else of it
}

func (s *subscription) active() bool { return s.status == statusActive }

// runs reports whether s is ACTIVE or PENDING: whether it is part of what is committed.
func (s *subscription) runs() bool { return s.status == statusActive || s.status == statusPending }

// dated reports whether s has a length: both dates are known, and in order. It runs to the end of its last day.
func (s *subscription) dated() bool {
	return !s.begin.IsZero() && !s.end.IsZero() && !s.end.Before(s.begin)
}

// over reports whether s is CANCELLED or INACTIVE.
func (s *subscription) over() bool { return s.status == statusCancelled || s.status == statusInactive }

// rolling reports whether s is a month without a contract.
func (s *subscription) rolling() bool {
	return s.kind == typeRenewal && s.dated() && audit.DaysBetween(s.begin, s.end) <= rollingDays
}

// term reports whether s is part of what decides the contract's state: anything but added capacity and a month without a contract.
func (s *subscription) term() bool { return s.kind != typeIncrease && !s.rolling() }

// unsure reports whether s is a renewal of unknown length, which may have been a month.
func (s *subscription) unsure() bool { return s.kind == typeRenewal && !s.dated() }

// endsSoon reports whether s, which has not begun, can but be a month: it ends that soon after today.
func (s *subscription) endsSoon(today time.Time) bool {
	return !s.end.IsZero() && audit.DaysBetween(today, s.end) <= rollingDays
}

// begun reports whether s is known to have begun by today.
func (s *subscription) begun(today time.Time) bool {
	return !s.begin.IsZero() && !s.begin.After(today)
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
	term, option  string
	endDate       time.Time // the calendar day that ContractEndDate is written as, zero when missing or unreadable
	subscriptions []subscription
	unread        error // the first price that is none, an *UnreadableError: what rests on it is unknown, the rest stands
}

// readContract reads the section billing, at path. It returns nil when there is none. Of a subscription that comes more than once,
// each time with another content, all count for dates and none for prices.
func readContract(b json.RawMessage, path string) (*contract, error) {
	in, err := decode[*billing](b, path)
	if err != nil || in == nil {
		return nil, err
	}
	c := &contract{term: in.PaymentTerm, option: in.PaymentOption, endDate: dateOf(in.ContractEndDate.Time),
		subscriptions: make([]subscription, len(in.Subscriptions))}
	for i := range in.Subscriptions {
		x, s := &in.Subscriptions[i], &c.subscriptions[i]
		*s = subscription{id: x.ID, kind: x.SubscriptionType, status: x.SubscriptionStatus, begin: dateOf(x.BeginDate.Time),
			end: dateOf(x.EndDate.Time), monthly: x.MonthlyRecurringPrice.usd, upfront: x.UpfrontPrice.usd, orders: x.OrderIds,
			priced: (x.MonthlyRecurringPrice.sent || x.UpfrontPrice.sent) && (x.Currency == "" || x.Currency == currency)}
		for _, p := range [...]struct {
			name string
			err  error
		}{{"MonthlyRecurringPrice", x.MonthlyRecurringPrice.err}, {"UpfrontPrice", x.UpfrontPrice.err}} {
			if p.err == nil {
				continue
			}
			s.priced, s.damaged = false, true
			if c.unread == nil {
				c.unread = &UnreadableError{Path: fmt.Sprintf("%s.Subscriptions[%d].%s", path, i, p.name), Err: p.err, Stands: true}
			}
		}
	}
	c.once(b)
	return c, nil
}

// once drops the subscriptions that come twice in the section b with the same content, and takes away the prices of those that
// come with one id and different content: such a price is damaged, and hides no date.
func (c *contract) once(b json.RawMessage) {
	entries := make(map[string]int, len(c.subscriptions)) // by id
	for i := range c.subscriptions {
		entries[c.subscriptions[i].id]++
	}
	if len(entries) == len(c.subscriptions) {
		return
	}
	contents := slices.Collect(rawjson.Elements(rawjson.Find(b, "Subscriptions")))
	kept, seen := c.subscriptions[:0], map[string]bool{}
	for i, s := range c.subscriptions {
		if s.id != "" && i < len(contents) {
			content := string(contents[i])
			if seen[content] {
				entries[s.id]--
				continue
			}
			seen[content] = true
		}
		kept = append(kept, s)
	}
	for i := range kept {
		if s := &kept[i]; s.id != "" && entries[s.id] > 1 {
			s.priced, s.damaged = false, true
		}
	}
	c.subscriptions = kept
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
