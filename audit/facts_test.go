package audit_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tenor/audit"
)

func TestBest(t *testing.T) {
	option := func(term, payment string, months int) audit.PricedOption {
		return audit.PricedOption{PaymentTerm: term, PaymentOption: payment, Months: months}
	}
	options := []audit.PricedOption{option("ONE_YEAR", "NO_UPFRONT", 12), option("THREE_YEARS", "NO_UPFRONT", 36), option("TEN_YEARS", "NO_UPFRONT", 0)}
	for name, tt := range map[string]struct {
		recommended *audit.Recommendation
		want        *audit.PricedOption
	}{
		"nothing is":              {nil, nil},
		"one of them":             {&audit.Recommendation{PaymentTerm: "THREE_YEARS", PaymentOption: "NO_UPFRONT"}, &options[1]},
		"another payment":         {&audit.Recommendation{PaymentTerm: "THREE_YEARS", PaymentOption: "ALL_UPFRONT"}, nil},
		"a term without measures": {&audit.Recommendation{PaymentTerm: "TEN_YEARS", PaymentOption: "NO_UPFRONT"}, nil},
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
	asOf := time.Date(2026, 11, 20, 6, 0, 0, 0, time.UTC)
	for name, tt := range map[string]struct {
		facts audit.OutpostFacts
		want  bool
	}{
		"ends later":        {audit.OutpostFacts{ContractEnd: "2026-11-20T06:00:01Z"}, true},
		"ends now":          {audit.OutpostFacts{ContractEnd: "2026-11-20T06:00:00Z"}, false},
		"has no known end":  {audit.OutpostFacts{}, false},
		"is decided":        {audit.OutpostFacts{ContractEnd: "2027-01-01T00:00:00Z", Decided: true}, false},
		"is month to month": {audit.OutpostFacts{ContractEnd: "2027-01-01T00:00:00Z", MonthToMonth: true}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := tt.facts.Due(asOf); got != tt.want {
				t.Errorf("due %t", got)
			}
		})
	}
}

func TestGaps(t *testing.T) {
	r := audit.Report{Coverage: []audit.Coverage{
		{Operation: "ListOutposts", Status: audit.StatusGap}, {Operation: "ListSites", Status: audit.StatusCollected},
		{Operation: "ListOrders", Status: audit.StatusNotEnabled}, {Operation: "ListQuotes", Status: audit.StatusGap},
	}}
	want := []audit.Coverage{{Operation: "ListOutposts", Status: audit.StatusGap}, {Operation: "ListQuotes", Status: audit.StatusGap}}
	if diff := cmp.Diff(want, r.Gaps()); diff != "" {
		t.Error(diff)
	}
}
