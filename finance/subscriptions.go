package finance

import (
	"slices"

	"tenor/audit"
	"tenor/internal/rawjson"
)

// subscriptionFacts returns the measures of the subscriptions of c, in their order.
func (c *contract) subscriptionFacts() []audit.Subscription {
	return audit.Map(c.subscriptions, func(s subscription) audit.Subscription { return s.facts() })
}

func (s *subscription) facts() audit.Subscription {
	f := audit.Subscription{ID: s.id, Type: s.kind, Status: s.status, Begins: dateString(s.begin), Ends: dateString(s.end),
		Rolling: s.rolling()}
	if s.dated() {
		days := audit.DaysBetween(s.begin, s.end)
		f.Days, f.PaymentTerm = &days, audit.Optional(termOf(s.months()))
	}
	if !s.priced {
		return f
	}
	if !f.Rolling {
		f.PaymentOption = audit.Optional(s.paymentOption())
	}
	f.Upfront, f.UpfrontCents = optional(s.upfront)
	f.Monthly, f.MonthlyCents = optional(s.monthly)
	if s.dated() {
		f.Total, f.TotalCents = optional(s.upfront.add(s.monthly.times(s.months())))
	}
	return f
}

// termOf returns the term that lasts so many months, one more or one less; empty for none.
func termOf(months int) string {
	for _, term := range audit.PaymentTerms {
		if d := months - termMonths(term); -1 <= d && d <= 1 {
			return term
		}
	}
	return ""
}

// paymentOption returns the option that the prices of s are of; empty where both are 0, or one is below.
func (s *subscription) paymentOption() string {
	switch upfront, monthly := s.upfront.sign(), s.monthly.sign(); {
	case upfront < 0 || monthly < 0:
		return ""
	case upfront > 0 && monthly > 0:
		return partialUpfront
	case upfront > 0:
		return allUpfront
	case monthly > 0:
		return noUpfront
	}
	return ""
}

// quotedPrice returns what the quote option of an order says of its term and option, nil where that is no price in US dollars.
func (a *Analyst) quotedPrice(r *audit.Resource) (*audit.OrderPrice, error) {
	quoted, err := decode[*struct{ PricingOptions []pricing }](section(r, sectionQuoteOption), "related.quote_option")
	if err != nil || quoted == nil {
		return nil, err
	}
	options, err := a.readOptions(quoted.PricingOptions, "related.quote_option.PricingOptions", "")
	if err != nil {
		return nil, err
	}
	if option := find(options, string(member(r.Spec, "PaymentTerm")), string(member(r.Spec, "PaymentOption"))); option != nil {
		return orderPrice(option.upfront, option.monthly, true), nil
	}
	return nil, nil
}

// subscribedPrice returns what those subscriptions of c, which was read from the section outpost, come to that began with an order.
func subscribedPrice(c *contract, r *audit.Resource) (*audit.OrderPrice, error) {
	var upfront, monthly usd
	term := string(member(r.Spec, "PaymentTerm"))
	whole, found := term != "", false
	for i := range c.subscriptions {
		s := &c.subscriptions[i]
		orders, err := decode[[]string](s.orders, "related.outpost.Subscriptions.OrderIds")
		if err != nil {
			return nil, err
		}
		if s.kind == typeRenewal || s.status == statusCancelled || !slices.Contains(orders, r.ID) {
			continue
		}
		if !s.priced || slices.ContainsFunc(orders, func(id string) bool { return id != r.ID }) {
			return nil, nil
		}
		found, whole = true, whole && s.dated() && termOf(s.months()) == term
		upfront, monthly = upfront.add(s.upfront), monthly.add(s.monthly)
	}
	if !found {
		return nil, nil
	}
	return orderPrice(upfront, monthly, whole), nil
}

// member returns the string that is the value of a member of an object; empty where there is none.
func member(object []byte, name string) []byte {
	text, _ := rawjson.Text(rawjson.Find(object, name))
	return text
}

func orderPrice(upfront, monthly usd, whole bool) *audit.OrderPrice {
	p := &audit.OrderPrice{Monthly: monthly.String(), MonthlyCents: monthly.cents()}
	if whole {
		p.Upfront, p.UpfrontCents = optional(upfront)
	}
	return p
}
