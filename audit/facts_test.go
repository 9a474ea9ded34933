package audit_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"tenor/audit"
	"tenor/internal/inline"
)

func TestBest(t *testing.T) {
	option := func(term, payment string, months int) audit.PricedOption {
		return audit.PricedOption{PaymentTerm: term, PaymentOption: payment, Months: months}
	}
	options := []audit.PricedOption{option("ONE_YEAR", "NO_UPFRONT", 12), option("THREE_YEARS", "NO_UPFRONT", 36),
		option("TEN_YEARS", "NO_UPFRONT", 0)}
	for name, tt := range map[string]struct {
		recommended *audit.Recommendation
		want        *audit.PricedOption
	}{
		"nothing is": {nil, nil},
		"one of them": {&audit.Recommendation{Action: audit.ActionRenew, PaymentTerm: "THREE_YEARS", PaymentOption: "NO_UPFRONT"},
			&options[1]},
		"to stay": {&audit.Recommendation{Action: audit.ActionMonthToMonth, PaymentTerm: "THREE_YEARS",
			PaymentOption: "NO_UPFRONT"}, nil},
		"another payment": {&audit.Recommendation{Action: audit.ActionRenew, PaymentTerm: "THREE_YEARS", PaymentOption: "ALL_UPFRONT"},
			nil},
		"a term without measures": {&audit.Recommendation{Action: audit.ActionRenew, PaymentTerm: "TEN_YEARS", PaymentOption: "NO_UPFRONT"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			f := audit.OutpostFacts{Options: options, Recommended: tt.recommended}
			if diff := cmp.Diff(tt.want, f.Best()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDue(t *testing.T) {
	for name, tt := range map[string]struct {
		facts audit.OutpostFacts
		want  bool
	}{
		"runs":              {audit.OutpostFacts{ContractEnd: "2026-11-20", ContractState: audit.StateRunning}, true},
		"has no known end":  {audit.OutpostFacts{ContractState: audit.StateRunning}, false},
		"is renewed":        {audit.OutpostFacts{ContractEnd: "2027-01-01", ContractState: audit.StateRenewed}, false},
		"is given back":     {audit.OutpostFacts{ContractEnd: "2027-01-01", ContractState: audit.StateRetired}, false},
		"is month to month": {audit.OutpostFacts{ContractEnd: "2027-01-01", ContractState: audit.StateMonthToMonth}, false},
		"is not known":      {audit.OutpostFacts{ContractEnd: "2027-01-01", ContractState: audit.StateUnknown}, false},
		"is another's":      {audit.OutpostFacts{ContractEnd: "2027-01-01"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := tt.facts.Due(); got != tt.want {
				t.Errorf("due %t", got)
			}
		})
	}
}

func TestGaps(t *testing.T) {
	r := audit.Report{Coverage: inline.Into(&audit.Ledger{}, []audit.Coverage{
		{Operation: "ListOutposts", Status: audit.StatusGap}, {Operation: "ListSites", Status: audit.StatusCollected},
		{Operation: "ListOrders", Status: audit.StatusNotEnabled}, {Operation: "ListQuotes", Status: audit.StatusGap},
	}...)}
	want := []audit.Coverage{{Operation: "ListOutposts", Status: audit.StatusGap}, {Operation: "ListQuotes", Status: audit.StatusGap}}
	for most := range 4 {
		first, all := r.Gaps(most)
		if diff := cmp.Diff(want[:min(most, 2)], first, cmpopts.EquateEmpty()); diff != "" || all != 2 {
			t.Errorf("the first %d of %d: %s", most, all, diff)
		}
	}
}
