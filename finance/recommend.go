package finance

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/shopspring/decimal"

	"tenor/audit"
)

// best returns the allowed option with the lowest level price; among equals the one with the lower upfront, then the
// shorter, then the first. It is nil when no allowed option has measures.
func best(options []option) *option {
	var best *option
	for i := range options {
		o := &options[i]
		if !o.measured() || !o.Allowed {
			continue
		}
		if best == nil || cmp.Or(o.level.Cmp(best.level), o.upfront.Cmp(best.upfront), cmp.Compare(o.Months, best.Months)) < 0 {
			best = o
		}
	}
	return best
}

// recommend says why best is best.
func (a *Analyst) recommend(best *option, options []option, monthToMonth *decimal.Decimal) *audit.Recommendation {
	allowed := 0
	for i := range options {
		if o := &options[i]; o.measured() && o.Allowed {
			allowed++
		}
	}
	var why strings.Builder
	fmt.Fprintf(&why, "%s %s ", best.PaymentTerm, best.PaymentOption)
	if allowed == 1 {
		why.WriteString("is the only priced option that is allowed")
	} else {
		fmt.Fprintf(&why, "costs least of the %d allowed options", allowed)
	}
	fmt.Fprintf(&why, ": at %s%% a year it is worth %s USD at the start of each month", a.cfg.DiscountRate.Shift(2), prose(best.level))
	if monthToMonth != nil {
		fmt.Fprintf(&why, ", against %s month-to-month", prose(*monthToMonth))
	}
	needs := best.upfront.GreaterThan(a.cfg.ApprovalLimitUSD)
	if needs {
		fmt.Fprintf(&why, "; its upfront of %s USD is above the approval limit of %s", prose(best.upfront), prose(a.cfg.ApprovalLimitUSD))
	}
	why.WriteByte('.')
	return &audit.Recommendation{PaymentTerm: best.PaymentTerm, PaymentOption: best.PaymentOption, Reason: why.String(), NeedsApproval: needs}
}

// prose writes an amount for a sentence: 1,234,567.89.
func prose(d decimal.Decimal) string {
	sign, s := "", d.Abs().StringFixed(2)
	if d.IsNegative() {
		sign = "-"
	}
	for i := len(s) - len(".00") - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return sign + s
}
