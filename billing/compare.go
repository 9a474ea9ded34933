package billing

import (
	"cmp"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"tenor/audit"
)

// due is when the upfront of a subscription is expected, and where it was found instead.
type due struct {
	period string // YYYY-MM
	found  bool   // a charge for it is in one of the months that were read
	moved  string // a later month that has it in place of period
}

// dues finds the upfront of each subscription among the one-time charges of the months: AWS bills it when the subscription is made, which
// may be before it begins. Without one it is expected in the month of its begin.
func (r *reconciler) dues(outposts []*audit.ContractSchedule, p *placed) map[*audit.SubscriptionSchedule]due {
	out := map[*audit.SubscriptionSchedule]due{}
	taken := map[*audit.Charge]bool{} // by a subscription, so that two do not find the same charge
	for _, o := range outposts {
		for i := range o.Subscriptions {
			s := &o.Subscriptions[i]
			upfront := value(s.Upfront)
			if !s.Known || !upfront.IsPositive() {
				continue
			}
			d := due{period: s.Begins[:len("2006-01")]}
			for _, period := range r.periods {
				if d.found {
					break
				}
				for _, f := range p.byPeriod[period] {
					amount := amountIn(f.Contracted)
					named, price := f.subscription == s, r.price(upfront, f.Negotiated)
					fits := f.subscription == nil && (f.outpost == nil || f.outpost == o) && near(amount.Decimal, price)
					upfrontLike := f.Class == classPurchase && f.Frequency == oneTime && amount.Decimal.IsPositive()
					if !upfrontLike || taken[f.Charge] || !named && !fits {
						continue
					}
					switch {
					case period <= d.period:
						d.period, d.found = period, true
					case near(amount.Decimal, price):
						d.moved, d.found = period, true
					default:
						continue
					}
					taken[f.Charge] = true
					break
				}
			}
			out[s] = d
		}
	}
	return out
}

// compare says how the charges of a row stand to what is expected. It is false where there are none and nothing is.
func (r *reconciler) compare(at scope, period string, w *row, dues map[*audit.SubscriptionSchedule]due) (audit.OutpostBill, bool) {
	stands := r.standing(at.account, period)
	b := audit.OutpostBill{Period: period, Final: stands.final, Account: at.account, Region: at.region, Currency: usDollar}
	contracted, net := decimal.NullDecimal{Valid: true}, decimal.NullDecimal{Valid: true}
	var corrections decimal.Decimal
	negotiated, foreign := false, false
	for _, f := range w.found {
		gross, paid := amountIn(f.Contracted), amountIn(f.Billed)
		contracted.Decimal, contracted.Valid = contracted.Decimal.Add(gross.Decimal), contracted.Valid && gross.Valid
		net.Decimal, net.Valid = net.Decimal.Add(paid.Decimal), net.Valid && paid.Valid
		if f.Class == classCorrection {
			corrections = corrections.Add(gross.Decimal)
		}
		if negotiated = negotiated || f.Negotiated; f.Currency != usDollar {
			foreign, b.Currency = true, f.Currency
		}
		if sureness[f.by] > sureness[w.by] {
			w.by = f.by
		}
	}
	expected, unknown, rolling := r.expected(w.subscriptions, period, dues)
	expected = r.price(expected, negotiated)
	switch {
	case !stands.there && len(w.found) == 0, len(w.found) == 0 && expected.IsZero() && !rolling:
		return b, false
	case stands.nothing() || len(w.found) == 0 && (stands.why != "" || r.strays[[2]string{at.account, period}]):
		contracted.Valid, net.Valid = false, false
	}
	b.MatchedBy, b.Billed, b.Net = audit.Optional(w.by), cents(contracted), cents(net)
	if !w.unread && !(unknown && len(w.subscriptions) == 1) {
		b.Expected = cents(decimal.NullDecimal{Decimal: expected, Valid: true})
	}
	difference := contracted.Decimal.Round(2).Sub(expected.Round(2))
	if b.Expected != "" && contracted.Valid && !foreign {
		b.Difference = cents(decimal.NullDecimal{Decimal: difference, Valid: true})
	}
	tell := func(status audit.BillStatus, why string) (audit.OutpostBill, bool) {
		switch b.Status, b.Why = status, audit.Optional(why); why {
		case audit.WhyContractUnread:
			b.Expected, b.Difference = "", ""
		case audit.WhyMissingColumn:
			b.Difference = ""
		}
		return b, true
	}
	equal := near(difference, decimal.Zero)
	switch {
	case b.Expected == "":
		return tell(audit.BillCannotTell, audit.WhyContractUnread)
	case stands.why != "":
		return tell(audit.BillCannotTell, stands.why)
	case stands.nothing() || stands.missing[MissingCurrency]:
		return tell(audit.BillCannotTell, audit.WhyMissingColumn)
	case foreign:
		return tell(audit.BillCannotTell, audit.WhyCurrency)
	case !stands.final:
		return tell(audit.BillCannotTell, audit.WhyNotFinal)
	case equal && rolling:
		return tell(audit.BillExplained, audit.WhyMonthToMonth)
	case equal:
		return tell(audit.BillEqual, "")
	case unknown:
		return tell(audit.BillCannotTell, audit.WhyContractUnread)
	}
	if why, status := r.explain(at, period, w, dues, difference, corrections, negotiated); why != "" {
		return tell(status, why)
	}
	switch {
	case stands.missing[missingClass] || stands.missing[missingListed] || r.strays[[2]string{at.account, period}]:
		return tell(audit.BillCannotTell, audit.WhyMissingColumn)
	case negotiated && r.share.Equal(decimal.NewFromInt(1)):
		return tell(audit.BillCannotTell, audit.WhyDiscount)
	}
	return tell(audit.BillDiffers, "")
}

// expected returns what subscriptions are to pay in a month; whether that of one is not known, and whether one is a month without a
// contract.
func (r *reconciler) expected(list []*audit.SubscriptionSchedule, period string, dues map[*audit.SubscriptionSchedule]due) (
	sum decimal.Decimal, unknown, rolling bool,
) {
	for _, s := range list {
		unknown = unknown || !s.Known
		n := charged(s, period)
		sum = sum.Add(value(s.Monthly).Mul(decimal.NewFromInt(int64(n))))
		rolling = rolling || s.Rolling && n > 0
		if d, ok := dues[s]; ok && d.period == period && s.Begins <= r.asOf.Format(time.DateOnly) || ok && d.found && d.period == period {
			sum = sum.Add(value(s.Upfront))
		}
	}
	return sum, unknown, rolling
}

// charged returns how many times the monthly price of s is charged in a month.
func charged(s *audit.SubscriptionSchedule, period string) int {
	n := 0
	for _, day := range s.Charges {
		if day[:len(period)] == period {
			n++
		}
	}
	return n
}

// explain looks for what makes up the difference of a row; why is empty where nothing does.
func (r *reconciler) explain(at scope, period string, w *row, dues map[*audit.SubscriptionSchedule]due,
	difference, corrections decimal.Decimal, negotiated bool,
) (why string, status audit.BillStatus) {
	if !corrections.IsZero() && near(difference, corrections) {
		return audit.WhyCorrection, audit.BillExplained
	}
	missing := r.standing(at.account, period).missing
	for _, s := range w.subscriptions {
		d, ok := dues[s]
		if !ok {
			continue
		}
		upfront := r.price(value(s.Upfront), negotiated)
		late, early := d.moved == period && near(difference, upfront), d.period == period && near(difference, upfront.Neg())
		first := r.standing(at.account, d.period)
		switch {
		case late && first.there && first.why == "" && slices.Contains(r.periods, d.period), early && d.moved != "":
			return audit.WhyUpfrontElsewhere, audit.BillExplained
		case late, early && !d.found && !missing[missingFrequency]:
			return audit.WhyNotCollected, audit.BillCannotTell // the other month, of which nothing is known
		case missing[missingFrequency] && near(difference.Abs(), upfront):
			return audit.WhyMissingColumn, audit.BillCannotTell
		}
	}
	if r.prorated(w.subscriptions, period, difference, negotiated) {
		return audit.WhyProration, audit.BillExplained
	}
	return "", ""
}

// prorated reports whether a difference is that of calendar months, the first and the last charged by their days, from months that begin
// on the day of the subscription: of one subscription, or of all together.
func (r *reconciler) prorated(list []*audit.SubscriptionSchedule, period string, difference decimal.Decimal, negotiated bool) bool {
	var all [2]decimal.Decimal
	for _, s := range list {
		begin, berr := time.Parse(time.DateOnly, s.Begins)
		end, eerr := time.Parse(time.DateOnly, s.Ends)
		month, perr := audit.ParseMonth(period)
		if !s.Known || cmp.Or(berr, eerr, perr) != nil {
			continue
		}
		start, next := month.Start(), (month + 1).Start()
		first, last := !begin.Before(start) && begin.Before(next), !end.Before(start) && end.Before(next)
		if !first && !last {
			continue
		}
		for i, until := range [...]time.Time{end, end.AddDate(0, 0, 1)} { // whether the last day counts is not documented
			from, to := start, next
			if begin.After(from) {
				from = begin
			}
			if until.Before(to) {
				to = until
			}
			days, whole := int64(to.Sub(from)/(24*time.Hour)), int64(next.Sub(start)/(24*time.Hour))
			monthly := r.price(value(s.Monthly), negotiated)
			share := monthly.Mul(decimal.NewFromInt(days)).Div(decimal.NewFromInt(whole)).Round(2)
			by := share.Sub(monthly.Mul(decimal.NewFromInt(int64(charged(s, period)))))
			if !by.IsZero() && near(difference, by) {
				return true
			}
			all[i] = all[i].Add(by)
		}
	}
	return slices.ContainsFunc(all[:], func(by decimal.Decimal) bool { return !by.IsZero() && near(difference, by) })
}

var cent = decimal.New(1, -2)

// near reports whether two amounts are within a cent.
func near(a, b decimal.Decimal) bool { return a.Sub(b).Abs().LessThanOrEqual(cent) }

// value reads an amount of a schedule, which is one.
func value(s string) decimal.Decimal {
	d, _ := decimal.NewFromString(s)
	return d
}
