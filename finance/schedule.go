package finance

import (
	"time"

	"tenor/audit"
)

// Shared reports whether another account owns an Outpost: its billing belongs there.
func Shared(r *audit.Resource) bool {
	owner := member(r.Spec, "OwnerId")
	return len(owner) > 0 && string(owner) != r.Account
}

// Schedule returns what the contract of an Outpost, as it was collected, has to pay up to the day of asOf: of every subscription that is
// not CANCELLED, past ones included, its monthly price at its begin and at each month from it before its end. It is nil for an Outpost
// without a contract of the account's own, such as a shared one. Billing that is a gap, or that cannot be read, makes Unread.
func Schedule(r *audit.Resource, asOf time.Time) *audit.ContractSchedule {
	out := &audit.ContractSchedule{Account: r.Account, Region: r.Region, Outpost: r.ID}
	if Shared(r) {
		return nil
	}
	if _, gap := r.Gaps[sectionBilling]; gap {
		out.Unread = true
		return out
	}
	c, err := readContract(section(r, sectionBilling), "related.billing")
	if err != nil {
		out.Unread = true
		return out
	}
	if c == nil {
		return nil
	}
	for i := range c.subscriptions {
		if s := &c.subscriptions[i]; s.status != statusCancelled {
			out.Subscriptions = append(out.Subscriptions, s.schedule(dateOf(asOf)))
		}
	}
	return out
}

func (s *subscription) schedule(today time.Time) audit.SubscriptionSchedule {
	out := audit.SubscriptionSchedule{ID: s.id, Begins: string(dateString(s.begin)), Ends: string(dateString(s.end)), Rolling: s.rolling(),
		Known: s.priced && s.dated(), Monthly: s.monthly.String(), Upfront: s.upfront.String()}
	if !out.Known || s.monthly == (usd{}) {
		return out
	}
	for n, due := 0, s.begin; !due.After(today) && (n == 0 || due.Before(s.end)); due = addMonths(s.begin, n) {
		out.Charges = append(out.Charges, due.Format(time.DateOnly))
		n++
	}
	return out
}
