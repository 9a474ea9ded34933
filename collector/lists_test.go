package collector

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tenor/audit"
	"tenor/internal/awssim"
	"tenor/internal/rawjson"
)

// TestTidy holds what becomes of a list inside a document.
func TestTidy(t *testing.T) {
	const one, other = `{"SubscriptionId":"1","UpfrontPrice":131072.01}`, `{"SubscriptionId":"1","UpfrontPrice":131072.02}`
	for _, c := range []struct{ name, list, want, twice, bad string }{
		{"empty", ``, ``, "", ""},
		{"once", one, one, "", ""},
		{"twice", one + `,` + one, one, "", ""},
		{"three times", one + `,` + one + `,` + one, one, "", ""},
		{"twice, members in another order", one + `,{"UpfrontPrice":131072.01,"SubscriptionId":"1"}`, one, "", ""},
		{"different", one + `,` + other, one + `,` + other, "SubscriptionId 1: several entries with different content", ""},
		{"different and the same", one + `,` + other + `,` + one + `,` + other, one + `,` + other, "SubscriptionId 1: several entries with different content", ""},
		{
			"digits beyond a float", `{"SubscriptionId":"2","P":0.1234567890123456781},{"SubscriptionId":"2","P":0.1234567890123456782}`,
			`{"SubscriptionId":"2","P":0.1234567890123456781},{"SubscriptionId":"2","P":0.1234567890123456782}`,
			"SubscriptionId 2: several entries with different content", "",
		},
		{"without an id", `{"P":1},{"P":1}`, `{"P":1},{"P":1}`, "", ""},
		{"null", one + `,null`, one, "", "an entry of Subscriptions is no object: null"},
		{"a string", `"sub-1",` + one, one, "", `an entry of Subscriptions is no object: "sub-1"`},
		{"a list", `[` + one + `]`, ``, "", `an entry of Subscriptions is no object: [` + one + `]`},
	} {
		t.Run(c.name, func(t *testing.T) {
			doc, twice, bad := subscriptions.tidy([]byte(`{"A":1,"Subscriptions":[` + c.list + `],"Z":2}`))
			got := [3]string{string(doc), said(twice), said(bad)}
			if diff := cmp.Diff([3]string{`{"A":1,"Subscriptions":[` + c.want + `],"Z":2}`, c.twice, c.bad}, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	for doc, want := range map[string]string{`{"A":1}`: "", `{"Subscriptions":null}`: "", `{"Subscriptions":{}}`: "Subscriptions is no list", `{"Subscriptions":"x"}`: "Subscriptions is no list"} {
		got, _, bad := subscriptions.tidy([]byte(doc))
		if string(got) != doc || said(bad) != want {
			t.Errorf("%s: %s, %v", doc, got, bad)
		}
	}
}

func said(err error) string {
	if err == nil {
		return ""
	}
	return fmt.Sprint(err)
}

// TestListsInsideSections sends subscriptions twice, with the same content and with another, and what is none among them.
func TestListsInsideSections(t *testing.T) {
	e := estate(t, smallEstate)
	billing := func(fault awssim.FaultKind, pageSize int) (string, audit.Gap, []audit.Coverage) {
		faults := []awssim.Fault{}
		if fault != "" {
			faults = append(faults, awssim.Fault{Operation: "GetOutpostBillingInformation", Kind: fault})
		}
		s := collected(t, optionsFor(t, simulate(t, awssim.Options{Estate: e, Faults: faults, PageSize: pageSize}), plant))
		r := resource(t, s, "op-00000000000000001")
		return string(r.Related["billing"]), r.Gaps["billing"], gaps(s)
	}
	row := func(count int, message string) []audit.Coverage {
		return []audit.Coverage{{
			Account: plant, Region: "eu-central-1", Service: "outposts", Operation: "GetOutpostBillingInformation", Status: audit.StatusGap,
			Reason: audit.ReasonMalformed, Count: count, Message: message,
		}}
	}
	whole, _, _ := billing("", 0)
	for _, pageSize := range []int{0, 1} {
		got, gap, rows := billing(awssim.FaultDuplicate, pageSize)
		if diff := cmp.Diff([]any{whole, audit.Gap{}, []audit.Coverage{}}, []any{got, gap, rows}); diff != "" {
			t.Errorf("the same content (-want +got):\n%s", diff)
		}
		got, gap, rows = billing(awssim.FaultConflict, pageSize)
		const both = "op-00000000000000000: SubscriptionId 1, 2: several entries with different content (and 1 more)"
		if diff := cmp.Diff([]any{4, audit.Gap{}, row(2, both)}, []any{countOf(got), gap, rows}); diff != "" {
			t.Errorf("different content (-want +got):\n%s", diff)
		}
		got, gap, rows = billing(awssim.FaultNullItem, pageSize)
		const null = "an entry of Subscriptions is no object: null"
		want := []any{"", audit.Gap{Operation: "GetOutpostBillingInformation", Reason: audit.ReasonMalformed, Message: null}, row(0, "op-00000000000000000: "+null+" (and 1 more)")}
		if diff := cmp.Diff(want, []any{got, gap, rows}); diff != "" {
			t.Errorf("null (-want +got):\n%s", diff)
		}
	}
}

// countOf returns how many subscriptions a section has.
func countOf(billing string) (n int) {
	for range rawjson.Elements(rawjson.Find([]byte(billing), "Subscriptions")) {
		n++
	}
	return n
}

// TestListsInsideDetails sends options, line items and versions that contradict each other, or are none.
func TestListsInsideDetails(t *testing.T) {
	for _, c := range []struct {
		answering
		operation, want string
	}{
		{
			answering{"/orders/oo-00000000000000001", `{"Order": {"OrderId": "oo-00000000000000001", "LineItems": [{"LineItemId": "1", "Quantity": 1}, {"LineItemId": "1", "Quantity": 2}]}}`},
			"GetOrder", "oo-00000000000000001: LineItemId 1: several entries with different content",
		},
		{
			answering{"/orders/oo-00000000000000001", `{"Order": {"OrderId": "oo-00000000000000001", "LineItems": ["1"]}}`},
			"GetOrder", `oo-00000000000000001: an entry of LineItems is no object: "1"`,
		},
		{
			answering{"/quotes/oq-00000000000000001", `{"Quote": {"QuoteId": "oq-00000000000000001", "QuoteOptions": [null]}}`},
			"GetQuote", "oq-00000000000000001: an entry of QuoteOptions is no object: null",
		},
		{
			answering{"/renewal-pricing", `{"PricingResult": "PRICED", "PricingOptions": [null]}`},
			"GetRenewalPricing", "op-00000000000000000: an entry of PricingOptions is no object: null (and 1 more)",
		},
		{
			answering{"ListProvisioningArtifacts", `{"ProvisioningArtifactDetails": [7]}`},
			"ListProvisioningArtifacts", "prod-0000000000001: an entry of ProvisioningArtifactDetails is no object: 7",
		},
		{
			answering{"ListProvisioningArtifacts", `{"ProvisioningArtifactDetails": [{"Id": "pa-1", "Active": true}, {"Id": "pa-1", "Active": false}]}`},
			"ListProvisioningArtifacts", "prod-0000000000001: Id pa-1: several entries with different content",
		},
	} {
		t.Run(c.operation+c.body, func(t *testing.T) {
			o := optionsFor(t, simulate(t, awssim.Options{Estate: estate(t, smallEstate)}), plant)
			o.Config.HTTPClient = c.answering
			got := []string{}
			for _, row := range gaps(collected(t, o)) {
				got = append(got, fmt.Sprintf("%s %s: %s", row.Operation, row.Reason, row.Message))
			}
			if diff := cmp.Diff([]string{c.operation + " malformed: " + c.want}, got); diff != "" {
				t.Errorf("gaps (-want +got):\n%s", diff)
			}
		})
	}
}
