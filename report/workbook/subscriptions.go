package workbook

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"tenor/audit"
	"tenor/report/workbook/xlsx"
)

// subscription is a row of Subscriptions.
type subscription struct {
	*audit.Renewal
	of     *audit.Subscription
	asOf   time.Time
	billed billedSubscription // what the facts do not have of it; zero where the snapshot is not at hand
}

// billedSubscription is a subscription in the section billing.
type billedSubscription struct {
	SubscriptionId, UpfrontPrice scalar
	OrderIds                     []scalar
}

// once returns the subscription of that id; false where none has it, or several of different content, whose prices are not known.
func once(list []billedSubscription, id string) (billedSubscription, bool) {
	same := func(a, b billedSubscription) bool {
		return a.UpfrontPrice == b.UpfrontPrice && slices.Equal(a.OrderIds, b.OrderIds)
	}
	var found []billedSubscription
	for _, b := range list {
		if string(b.SubscriptionId) == id && !slices.ContainsFunc(found, func(f billedSubscription) bool { return same(f, b) }) {
			found = append(found, b)
		}
	}
	if len(found) != 1 || id == "" {
		return billedSubscription{}, false
	}
	return found[0], true
}

// inForce reports whether what is paid on it is part of what is committed.
func (v *subscription) inForce() bool { return v.of.Status == "ACTIVE" || v.of.Status == "PENDING" }

// upfront is the upfront price; "" where it is not known.
func (v *subscription) upfront() string {
	if v.of.Monthly == "" || v.billed.SubscriptionId == "" {
		return ""
	}
	if v.billed.UpfrontPrice == "" { // AWS leaves out what is 0
		return "0"
	}
	return string(v.billed.UpfrontPrice)
}

// monthsLeft is how many months it has left, to a whole one: the days to its end ÷ 30.4375. It is "" for what is not in force, or
// has no end that is known, and 0 past the end.
func (v *subscription) monthsLeft() string {
	ends, err := time.Parse(time.DateOnly, string(v.of.Ends))
	if err != nil || !v.inForce() {
		return ""
	}
	days := max(0, int(ends.Sub(v.asOf.Truncate(24*time.Hour))/(24*time.Hour)))
	return strconv.Itoa(int(math.Round(float64(days) / 30.4375)))
}

// ended reports whether it is in force past its end.
func (v *subscription) ended() bool {
	return v.inForce() && v.of.Ends != "" && string(v.of.Ends) < v.asOf.Format(time.DateOnly)
}

// writeSubscriptions writes every subscription of the report.
func (s *sheets) writeSubscriptions() error {
	s.owned = xlsx.NewTable(s.Book, "Subscriptions", "subscriptions", s.subscriptionColumns())
	s.owned.Total, s.owned.TotalOf = "Total, in force", "In force"
	s.owned.Expect = s.renewals.subscriptions
	err := s.eachRenewal(func(rn *audit.Renewal) error {
		billed, err := s.details.subscriptionsOf(&rn.Resource)
		if err != nil {
			return fmt.Errorf("subscriptions of %s: %w", rn.Resource.ID, err)
		}
		for j := range rn.Subscriptions {
			v := &subscription{Renewal: rn, of: &rn.Subscriptions[j], asOf: s.asOf}
			v.billed, _ = once(billed, v.of.ID)
			if err := s.owned.Add(v); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return s.owned.Close()
}

func (s *sheets) subscriptionColumns() []xlsx.Column[*subscription] {
	type row = *subscription
	return []xlsx.Column[row]{
		{Head: "Outpost", Of: func(v row) string { return v.Resource.Label() }, Link: func(v row) string {
			return s.details.outpostPlace(&v.Resource)
		}},
		{Head: "Type", Of: func(v row) string { return words(v.of.Type) }},
		{Head: "Status", Of: func(v row) string { return words(v.of.Status) }},
		{Head: "In force", Of: func(v row) string { return yes(v.inForce()) }},
		{Head: "Begins", Kind: xlsx.Date, Of: func(v row) string { return string(v.of.Begins) }},
		{Head: "Ends", Kind: xlsx.Date, Of: func(v row) string { return string(v.of.Ends) },
			Look: func(v row) xlsx.Look { return badIf(v.ended()) }},
		{Head: "Months left", Kind: xlsx.Integer, Of: row.monthsLeft},
		{Head: "Term", Of: func(v row) string {
			if v.of.Rolling {
				return monthToMonth
			}
			return words(string(v.of.PaymentTerm))
		}},
		{Head: "Payment", Of: func(v row) string { return words(string(v.of.PaymentOption)) }},
		{Head: "Upfront", Kind: xlsx.Money, Of: row.upfront},
		{Head: "Per month", Kind: xlsx.Money, Of: func(v row) string { return string(v.of.Monthly) }},
		{Head: "Total", Kind: xlsx.Money, Of: func(v row) string { return string(v.of.Total) }},
		{Head: "Subscription ID", Kind: xlsx.Ident, Screen: true, Of: func(v row) string { return v.of.ID }},
		{Head: "Orders", Of: func(v row) string { return list(v.billed.OrderIds, func(id scalar) string { return string(id) }) }},
		{Head: "Account", Of: func(v row) string { return v.Resource.Account }},
		{Head: "Region", Of: func(v row) string { return v.Resource.Region }},
		{Head: "Outpost ID", Of: func(v row) string { return v.Resource.ID }},
	}
}
