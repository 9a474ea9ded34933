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

// TestOpenQuotes: an estate keeps the open quotes of each Outpost, in the order in which they were made, and what it cannot read of one
// is a gap and not one quote less.
func TestOpenQuotes(t *testing.T) {
	const arn = `"OutpostArn":"arn:aws:outposts:eu-central-1:111122223333:outpost/op-1"`
	quote := func(id, spec string) *audit.Resource {
		return &audit.Resource{Kind: audit.KindQuote, ID: id, Account: "111122223333", Region: "eu-central-1", Spec: json.RawMessage(spec)}
	}
	made := func(id, on string) *audit.Resource {
		return quote(id, `{"QuoteStatus":"CREATED",`+arn+`,"CreatedDate":"`+on+`","ExpirationDate":"2026-12-18T00:00:00Z"}`)
	}
	kept := func(id, created string) audit.OpenQuote {
		return audit.OpenQuote{Quote: id, Outpost: "op-1", Region: "eu-central-1", Created: audit.Optional(created), Expires: "2026-12-18"}
	}
	unread := made("oq-1", "2026-11-18T00:00:00Z")
	unread.Gaps = map[string]audit.Gap{"spec": {Operation: "GetQuote", Reason: audit.ReasonAccessDenied}}
	for name, c := range map[string]struct {
		quotes []*audit.Resource
		want   [][]audit.OpenQuote
		gap    audit.Reason
	}{
		"none": {nil, [][]audit.OpenQuote{}, ""},
		"by the day they were made, then id": {
			[]*audit.Resource{made("oq-1", "2026-11-18T00:00:00Z"), made("oq-3", "2026-11-02"), made("oq-2", "2026-11-02"), made("oq-4", "soon")},
			[][]audit.OpenQuote{{kept("oq-4", ""), kept("oq-2", "2026-11-02"), kept("oq-3", "2026-11-02"), kept("oq-1", "2026-11-18")}}, "",
		},
		"of two Outposts": {
			[]*audit.Resource{made("oq-1", "2026-11-18"), quote("oq-2", `{"QuoteStatus":"CREATED","OutpostArn":"op-0"}`)},
			[][]audit.OpenQuote{{{Quote: "oq-2", Outpost: "op-0", Region: "eu-central-1"}}, {kept("oq-1", "2026-11-18")}}, "",
		},
		"its last moment": {
			[]*audit.Resource{quote("oq-1", `{"QuoteStatus":"CREATED",`+arn+`,"ExpirationDate":"2026-11-20T10:00:00Z"}`)},
			[][]audit.OpenQuote{{{Quote: "oq-1", Outpost: "op-1", Region: "eu-central-1", Expires: "2026-11-20"}}}, "",
		},
		"a moment later": {[]*audit.Resource{quote("oq-1",
			`{"QuoteStatus":"CREATED",`+arn+`,"ExpirationDate":"2026-11-20T09:59:59Z"}`)}, [][]audit.OpenQuote{}, ""},
		"ordered, for no Outpost": {[]*audit.Resource{quote("oq-1", `{"QuoteStatus":"ORDER_SUBMITTED",`+arn+`}`),
			quote("oq-2", `{"QuoteStatus":"CREATED"}`)}, [][]audit.OpenQuote{}, ""},
		"details that were denied": {[]*audit.Resource{unread, made("oq-2", "2026-11-02")}, [][]audit.OpenQuote{{kept("oq-2", "2026-11-02")}},
			audit.ReasonAccessDenied},
		"damage": {[]*audit.Resource{quote("oq-1", `{"QuoteStatus":"CREATED","OutpostArn":7}`)}, [][]audit.OpenQuote{},
			audit.ReasonMalformed},
		"a damaged price": {
			[]*audit.Resource{quote("oq-1", `{"QuoteStatus":"CREATED",`+arn+`,"QuoteOptions":[{"PricingOptions":7}]}`)},
			[][]audit.OpenQuote{{{Quote: "oq-1", Outpost: "op-1", Region: "eu-central-1"}}}, "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			e := newAnalyst(t).NewEstate([]audit.Account{{ID: "111122223333"}})
			for _, q := range c.quotes {
				_ = e.Enrich(q) // damage is an error too, whose words other tests hold
			}
			accounts := accountsOf(t, e)
			var f audit.AccountFacts
			if err := json.Unmarshal(accounts[0].Facts, &f); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.want, f.OpenQuotes); d != "" || accounts[0].Gaps["quotes"].Reason != c.gap {
				t.Errorf("gap %+v %s", accounts[0].Gaps["quotes"], d)
			}
		})
	}
}
