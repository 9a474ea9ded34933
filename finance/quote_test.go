package finance

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tenor/audit"
)

func TestQuoteOpen(t *testing.T) {
	for _, tc := range []struct {
		name, spec string
		want       bool
	}{
		{"created", `{"QuoteStatus":"CREATED","ExpirationDate":"2026-12-01T00:00:00Z"}`, true},
		{"expires now", fmt.Sprintf(`{"QuoteStatus":"CREATED","ExpirationDate":%q}`, asOf), true},
		{"expired a second ago", `{"QuoteStatus":"CREATED","ExpirationDate":"2026-11-20T09:59:59Z"}`, false},
		{"created, without an expiration date", `{"QuoteStatus":"CREATED"}`, true},
		{"created, with an unreadable one", `{"QuoteStatus":"CREATED","ExpirationDate":"soon"}`, true},
		{"expired", `{"QuoteStatus":"EXPIRED","ExpirationDate":"2026-12-01T00:00:00Z"}`, false},
		{"ordered", `{"QuoteStatus":"ORDER_SUBMITTED","ExpirationDate":"2026-12-01T00:00:00Z"}`, false},
		{"a newer status", `{"QuoteStatus":"DRAFT","ExpirationDate":"2026-12-01T00:00:00Z"}`, false},
		{"no status", `{"ExpirationDate":"2026-12-01T00:00:00Z"}`, false},
		{"nothing", `null`, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := enrich[audit.QuoteFacts](t, newAnalyst(t), &audit.Resource{Kind: audit.KindQuote, Spec: json.RawMessage(tc.spec)})
			if diff := cmp.Diff(audit.QuoteFacts{Open: tc.want, Options: []audit.PricedOption{}}, f); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestQuoteOptions: the options stand in AWS's order, and those of one quote option are compared with one another only.
func TestQuoteOptions(t *testing.T) {
	spec := `{"QuoteStatus":"CREATED","QuoteOptions":[
		{"QuoteOptionIdentifier":"oqo-1","PricingOptions":[` + price(oneYear, noUpfront, "0.0", "11500.34") + `,` +
		price(oneYear, allUpfront, "131072.01", "0.0") + `]},
		{"QuoteOptionIdentifier":"oqo-2","PricingOptions":[` + price(threeYears, allUpfront, "300000.00", "0.0") + `]},
		{"QuoteOptionIdentifier":"oqo-3","PricingOptions":[]}]}`
	alone := workedOption(threeYears, allUpfront, 36, "300000.00", 30000000, "0.0", 0).tcv("300000.00", 30000000, "8333.3333333333",
		833333).npv("300000.00", 30000000, "")
	alone.QuoteOption = "oqo-2"
	want := audit.QuoteFacts{Open: true, Options: []audit.PricedOption{
		workedOption(oneYear, noUpfront, 12, "0.0", 0, "11500.34", 1150034).tcv("138004.08", 13800408, "11500.34", 1150034).npv("133253.66",
			13325366, "12.031298").
			saving("0.00", 0, "0.00", 0, 1, ""),
		workedOption(oneYear, allUpfront, 12, "131072.01", 13107201, "0.0", 0).tcv("131072.01", 13107201, "10922.6675",
			1092267).npv("131072.01", 13107201, "").
			saving("6932.07", 693207, "6932.07", 693207, 12, ""),
		audit.PricedOption(alone),
	}}
	want.Options[0].QuoteOption, want.Options[1].QuoteOption = "oqo-1", "oqo-1"
	f := enrich[audit.QuoteFacts](t, newAnalyst(t), &audit.Resource{Kind: audit.KindQuote, Spec: json.RawMessage(spec)})
	if diff := cmp.Diff(want, f); diff != "" {
		t.Error(diff)
	}
}
