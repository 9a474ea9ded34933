package finance

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tenor/audit"
)

// withGap returns r with a gap in the section, and what is there of it left where it is.
func withGap(r *audit.Resource, name, operation string) *audit.Resource {
	if r.Gaps == nil {
		r.Gaps = map[string]audit.Gap{}
	}
	r.Gaps[name] = audit.Gap{Operation: operation, Reason: audit.ReasonThrottled, Message: "page two"}
	return r
}

// TestPartOfASectionIsNone: the first page of a section whose second failed counts for nothing.
func TestPartOfASectionIsNone(t *testing.T) {
	a := newAnalyst(t)
	for _, tc := range []struct {
		name      string
		part, not *audit.Resource // not has no such section at all
	}{
		{"billing", withGap(outpost("op-1", threeYearContract, nineOptions), "billing", "GetOutpostBillingInformation"),
			outpost("op-1", "", nineOptions)},
		{"billing that cannot be read", withGap(outpost("op-1", `[]`, nineOptions), "billing", "GetOutpostBillingInformation"),
			outpost("op-1", "", nineOptions)},
		{"prices", withGap(outpost("op-1", threeYearContract, nineOptions), "renewal_pricing", "GetRenewalPricing"),
			outpost("op-1", threeYearContract, "")},
		{"both", withGap(withGap(outpost("op-1", threeYearContract, nineOptions), "renewal_pricing", "GetRenewalPricing"), "billing",
			"GetOutpostBillingInformation"), outpost("op-1", "", "")},
		{"an order's Outpost",
			withGap(&audit.Resource{Kind: audit.KindOrder, Related: map[string]json.RawMessage{"outpost": json.RawMessage(threeYearContract)}},
				"outpost", "GetOutpost"),
			&audit.Resource{Kind: audit.KindOrder}},
		{"another section", withGap(outpost("op-1", threeYearContract, nineOptions), "site", "ListSites"),
			outpost("op-1", threeYearContract, nineOptions)},
	} {
		t.Run(tc.name, func(t *testing.T) {
			for _, r := range []*audit.Resource{tc.part, tc.not} {
				if err := a.Enrich(r); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(string(tc.not.Facts), string(tc.part.Facts)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestPartOfBillingIsNoCommitment: the estate takes no subscription from it, and its account's commitments are a gap.
func TestPartOfBillingIsNoCommitment(t *testing.T) {
	gap := audit.Gap{Operation: "GetOutpostBillingInformation", Reason: audit.ReasonThrottled, Message: "page two"}
	whole := outpost("op-2", bill("2026-12-31", sub("ORIGINAL", "ACTIVE", "2024-01-01", "2026-12-31T23:59:59Z", "0", "700")), "")
	part := withGap(outpost("op-1", threeYearContract, nineOptions), "billing", "GetOutpostBillingInformation")
	e := estate(t, newAnalyst(t), whole, part)
	got, want := ask(t, e), ask(t, estate(t, newAnalyst(t), whole))
	var f audit.AccountFacts
	if err := json.Unmarshal(got.Accounts[0].Facts, &f); err != nil {
		t.Fatal(err)
	}
	if n := f.Counts[audit.KindOutpost].Total; n != 2 || f.RemainingCommitment != "700.00" || len(f.ContractEnds) != 1 {
		t.Errorf("got %d Outposts, %s to pay, contract ends %v", n, f.RemainingCommitment, f.ContractEnds)
	}
	if diff := cmp.Diff(map[string]audit.Gap{"commitments": gap}, got.Accounts[0].Gaps); diff != "" {
		t.Error(diff)
	}
	got.Accounts, want.Accounts = nil, nil
	for _, sums := range []*audit.AccountCommitment{&want.Commitments.Total, &want.Commitments.Accounts[0]} {
		sums.Incomplete, sums.NotIncluded = true, 1
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestDecodeTakesMore: what a stricter decoder refuses is decoded as the standard library does.
func TestDecodeTakesMore(t *testing.T) {
	for _, tc := range []struct {
		name, section string
		want          renewalPricing
	}{
		{"a name twice", `{"PricingResult":"UNABLE_TO_PRICE","PricingResult":"PRICED"}`, renewalPricing{PricingResult: "PRICED"}},
		{"no UTF-8", "{\"PricingResult\":\"\xff\"}", renewalPricing{PricingResult: "\ufffd"}},
		{"a price in quotes", priced(`{"SubscriptionPricingDetails":{"UpfrontPrice":"5.10"}}`), renewalPricing{PricingResult: "PRICED",
			PricingOptions: []pricing{{&pricingDetails{UpfrontPrice: "5.10"}}}}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := decode[renewalPricing](json.RawMessage(tc.section), "p")
			if diff := cmp.Diff(tc.want, got); diff != "" || err != nil {
				t.Errorf("error %v %s", err, diff)
			}
		})
	}
}
