package finance

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tenor/audit"
)

// TestSubscriptionFacts measures one subscription at a time. The month of a subscription is 30.4375 days.
func TestSubscriptionFacts(t *testing.T) {
	for _, tc := range []struct{ name, subscription, want string }{
		{"a term of three years, paid in part",
			`{"SubscriptionId":"s","SubscriptionType":"RENEWAL","SubscriptionStatus":"PENDING","BeginDate":"2027-01-01T00:00:00Z",
			"EndDate":"2029-12-31T23:59:59Z","Currency":"USD","MonthlyRecurringPrice":100.005,"UpfrontPrice":1000.1}`,
			`{"id":"s","type":"RENEWAL","status":"PENDING","begins":"2027-01-01","ends":"2029-12-31","days":1095,"rolling":false,
			"payment_term":"THREE_YEARS","payment_option":"PARTIAL_UPFRONT","upfront":"1000.10","upfront_cents":100010,
			"monthly":"100.005","monthly_cents":10001,
			"total":"4600.28","total_cents":460028}`},
		{"a month",
			`{"SubscriptionType":"RENEWAL","BeginDate":"2026-11-01T00:00:00Z","EndDate":"2026-12-01T00:00:00Z","MonthlyRecurringPrice":7}`,
			`{"id":"","type":"RENEWAL","status":"","begins":"2026-11-01","ends":"2026-12-01","days":30,"rolling":true,
			"payment_term":null,"payment_option":null,"upfront":"0.00","upfront_cents":0,
			"monthly":"7.00","monthly_cents":700,"total":"7.00","total_cents":700}`},
		{"dates out of order have no length",
			`{"SubscriptionType":"ORIGINAL","BeginDate":"2027-01-01T00:00:00Z","EndDate":"2026-01-01T00:00:00Z","UpfrontPrice":5}`,
			`{"id":"","type":"ORIGINAL","status":"","begins":"2027-01-01","ends":"2026-01-01","days":null,"rolling":false,
			"payment_term":null,"payment_option":"ALL_UPFRONT","upfront":"5.00","upfront_cents":500,
			"monthly":"0.00","monthly_cents":0,"total":null,"total_cents":null}`},
		{"a date that cannot be read",
			`{"SubscriptionType":"ORIGINAL","BeginDate":"soon","EndDate":"2026-12-31T23:00:00-08:00","MonthlyRecurringPrice":5}`,
			`{"id":"","type":"ORIGINAL","status":"","begins":null,"ends":"2026-12-31","days":null,"rolling":false,
			"payment_term":null,"payment_option":"NO_UPFRONT","upfront":"0.00","upfront_cents":0,
			"monthly":"5.00","monthly_cents":500,"total":null,"total_cents":null}`},
		{"another currency has no amounts",
			`{"SubscriptionType":"ORIGINAL","BeginDate":"2026-01-01T00:00:00Z","EndDate":"2027-01-01T00:00:00Z","Currency":"EUR","UpfrontPrice":5}`,
			`{"id":"","type":"ORIGINAL","status":"","begins":"2026-01-01","ends":"2027-01-01","days":365,"rolling":false,
			"payment_term":"ONE_YEAR","payment_option":null,"upfront":null,"upfront_cents":null,
			"monthly":null,"monthly_cents":null,"total":null,"total_cents":null}`},
		{"prices of nothing say no option",
			`{"SubscriptionType":"ORIGINAL","MonthlyRecurringPrice":0,"UpfrontPrice":0.0}`,
			`{"id":"","type":"ORIGINAL","status":"","begins":null,"ends":null,"days":null,"rolling":false,
			"payment_term":null,"payment_option":null,"upfront":"0.00","upfront_cents":0,
			"monthly":"0.00","monthly_cents":0,"total":null,"total_cents":null}`},
		{"a credit says no option",
			`{"SubscriptionType":"ORIGINAL","MonthlyRecurringPrice":-1,"UpfrontPrice":10}`,
			`{"id":"","type":"ORIGINAL","status":"","begins":null,"ends":null,"days":null,"rolling":false,
			"payment_term":null,"payment_option":null,"upfront":"10.00","upfront_cents":1000,
			"monthly":"-1.00","monthly_cents":-100,"total":null,"total_cents":null}`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := enrich[audit.OutpostFacts](t, newAnalyst(t), outpost("op-1", `{"Subscriptions":[`+tc.subscription+`]}`, ""))
			var want audit.Subscription
			d := json.NewDecoder(strings.NewReader(tc.want))
			if d.DisallowUnknownFields(); d.Decode(&want) != nil {
				t.Fatal(tc.want)
			}
			if diff := cmp.Diff([]audit.Subscription{want}, f.Subscriptions); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestTermOfMonths: one month off is the term, two are not.
func TestTermOfMonths(t *testing.T) {
	want := map[int]string{11: oneYear, 12: oneYear, 13: oneYear, 35: threeYears, 36: threeYears, 37: threeYears,
		59: fiveYears, 60: fiveYears, 61: fiveYears}
	for months := range 130 {
		if got := termOf(months); got != want[months] {
			t.Errorf("%d months: %q, want %q", months, got, want[months])
		}
	}
}

// TestOrderPrices: what an order was quoted, and what the subscriptions that name it cost.
func TestOrderPrices(t *testing.T) {
	subscription := func(kind, status, end, more string) string {
		return fmt.Sprintf(`{"SubscriptionType":%q,"SubscriptionStatus":%q,"BeginDate":"2026-01-01T00:00:00Z","EndDate":%q,`+
			`"OrderIds":["oo-1"],"MonthlyRecurringPrice":100.01,"UpfrontPrice":2000%s}`, kind, status, end, more)
	}
	year := subscription("ORIGINAL", "ACTIVE", "2026-12-31T00:00:00Z", "")
	whole := &audit.OrderPrice{Upfront: "2000.00", UpfrontCents: ptr(int64(200000)), Monthly: "100.01", MonthlyCents: 10001}
	part := &audit.OrderPrice{Monthly: "100.01", MonthlyCents: 10001}
	twice := &audit.OrderPrice{Upfront: "4000.00", UpfrontCents: ptr(int64(400000)), Monthly: "200.02", MonthlyCents: 20002}
	const option = `{"PricingOptions":[null,{"PricingType":"NEW"},` +
		`{"SubscriptionPricingDetails":{"PaymentTerm":"THREE_YEARS","PaymentOption":"PARTIAL_UPFRONT","UpfrontPrice":1,` +
		`"MonthlyRecurringPrice":1}},` +
		`{"SubscriptionPricingDetails":{"PaymentTerm":"ONE_YEAR","PaymentOption":"PARTIAL_UPFRONT","UpfrontPrice":2000,` +
		`"MonthlyRecurringPrice":100.01,"Currency":"USD"}}]}`
	added := subscription("CAPACITY_INCREASE", "ACTIVE", "2026-09-01T00:00:00Z", "")
	cancelled := subscription("ORIGINAL", "CANCELLED", "2026-12-31T00:00:00Z", "")
	euros := subscription("ORIGINAL", "ACTIVE", "2026-12-31T00:00:00Z", `,"Currency":"EUR"`)
	for _, tc := range []struct {
		name, spec, option, subscriptions string
		quoted, subscribed                *audit.OrderPrice
	}{
		{"as quoted", `{}`, option, year, whole, whole},
		{"two subscriptions add up", `{}`, option, year + "," + year, whole, twice},
		{"a pair that was not quoted", `{"PaymentOption":"NO_UPFRONT"}`, option, year, nil, whole},
		{"no term", `{"PaymentTerm":null}`, option, year, nil, part},
		{"a term that is no text", `{"PaymentTerm":12}`, option, year, nil, part},
		{"a quote in another currency", `{}`, strings.Replace(option, `"USD"`, `"EUR"`, 1), year, nil, whole},
		{"no quote option", `{}`, "", year, nil, whole},
		{"no subscription", `{}`, option, "", whole, nil},
		{"capacity that is added is charged in part", `{}`, option, added, whole, part},
		{"one that is not dated may be a part", `{}`, option, subscription("ORIGINAL", "ACTIVE", "soon", ""), whole, part},
		{"one part makes the sum one", `{}`, option, year + "," + added, whole,
			&audit.OrderPrice{Monthly: "200.02", MonthlyCents: 20002}},
		{"a renewal has another price", `{}`, option, year + "," + subscription("RENEWAL", "ACTIVE", "2026-12-31T00:00:00Z", ""), whole, whole},
		{"what was cancelled costs nothing", `{}`, option, cancelled + "," + year, whole, whole},
		{"what is over did cost", `{}`, option, subscription("ORIGINAL", "INACTIVE", "2026-12-31T00:00:00Z", ""), whole, whole},
		{"a subscription in another currency", `{}`, option, year + "," + euros, whole, nil},
		{"a subscription of several orders", `{}`, option, strings.Replace(year, `"oo-1"`, `"oo-1","oo-2"`, 1), whole, nil},
		{"a subscription of another order", `{}`, option, strings.Replace(year, `"oo-1"`, `"oo-2"`, 1), whole, nil},
		{"a subscription of no order", `{}`, option, strings.Replace(year, `["oo-1"]`, `null`, 1), whole, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			spec := map[string]any{"PaymentTerm": "ONE_YEAR", "PaymentOption": "PARTIAL_UPFRONT"}
			if err := json.Unmarshal([]byte(tc.spec), &spec); err != nil {
				t.Fatal(err)
			}
			b, err := json.Marshal(spec)
			if err != nil {
				t.Fatal(err)
			}
			related := map[string]json.RawMessage{
				"outpost": json.RawMessage(`{"Subscriptions":[` + tc.subscriptions + `]}`), "quote_option": json.RawMessage(tc.option),
			}
			f := enrich[audit.OrderFacts](t, newAnalyst(t), &audit.Resource{Kind: audit.KindOrder, ID: "oo-1", Spec: b, Related: related})
			if diff := cmp.Diff([]*audit.OrderPrice{tc.quoted, tc.subscribed}, []*audit.OrderPrice{f.Quoted, f.Subscribed}); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestUnreadableQuoteOption: a price in it that is none makes the section a gap of GetQuote, and leaves what rests on the Outpost.
func TestUnreadableQuoteOption(t *testing.T) {
	r := &audit.Resource{Kind: audit.KindOrder, ID: "oo-1", Related: map[string]json.RawMessage{
		"outpost":      json.RawMessage(threeYearContract),
		"quote_option": json.RawMessage(`{"PricingOptions":[{"SubscriptionPricingDetails":{"UpfrontPrice":1e13}}]}`),
	}}
	if err := newAnalyst(t).Enrich(r); err == nil || !strings.Contains(err.Error(), "related.quote_option.PricingOptions[0]") {
		t.Errorf("the error is %v", err)
	}
	var f audit.OrderFacts
	if err := json.Unmarshal(r.Facts, &f); err != nil {
		t.Fatal(err)
	}
	want := audit.Gap{Operation: "GetQuote", Reason: audit.ReasonMalformed, Message: r.Gaps["quote_option"].Message}
	if diff := cmp.Diff(want, r.Gaps["quote_option"]); diff != "" || f.Quoted != nil || f.OutpostContractState != audit.StateRunning {
		t.Errorf("%+v %s", f, diff)
	}
}
