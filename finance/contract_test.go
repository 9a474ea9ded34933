package finance

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tenor/audit"
)

// sub returns a subscription; an empty date or price is missing.
func sub(kind, status, begin, end, upfront, monthly string) string {
	s := fmt.Sprintf(`{"SubscriptionId":"s-1","SubscriptionType":%q,"SubscriptionStatus":%q`, kind, status)
	for _, date := range [...][2]string{{"BeginDate", begin}, {"EndDate", end}} {
		if date[1] != "" {
			s += fmt.Sprintf(`,%q:%q`, date[0], date[1])
		}
	}
	for _, price := range [...][2]string{{"UpfrontPrice", upfront}, {"MonthlyRecurringPrice", monthly}} {
		if price[1] != "" {
			s += fmt.Sprintf(`,%q:%s`, price[0], price[1])
		}
	}
	return s + "}"
}

// bill returns billing information, whose subscriptions are s-1, s-2 and so on; a contract end of "" is missing.
func bill(contractEnd string, subs ...string) string {
	subs = slices.Clone(subs)
	for i := range subs {
		subs[i] = strings.Replace(subs[i], `"s-1"`, fmt.Sprintf(`"s-%d"`, i+1), 1)
	}
	s := `{"PaymentTerm":"THREE_YEARS","PaymentOption":"NO_UPFRONT"`
	if contractEnd != "" {
		s += fmt.Sprintf(`,"ContractEndDate":%q`, contractEnd)
	}
	list := make([]string, len(subs))
	for i := range subs {
		list[i] = strings.Replace(subs[i], `"s-1"`, fmt.Sprintf(`"s-%d"`, i+1), 1)
	}
	return s + `,"Subscriptions":[` + strings.Join(list, ",") + `]}`
}

// A renewal is charged on the notice deadline, or today when that has passed, and starts the day after what runs now.
func TestRenewalDates(t *testing.T) {
	active := func(end string) string { return sub("ORIGINAL", "ACTIVE", "2024-01-01", end, "0", "1") }
	rolling := sub("RENEWAL", "ACTIVE", "2026-11-15", "2026-12-24", "0", "1")
	for _, tc := range []struct {
		name, billing  string
		charged, start audit.Optional
	}{
		{"the deadline is ahead", bill("2026-12-31", active("2026-12-31")), "2026-12-23", "2027-01-01"},
		{"the deadline is today", bill("2026-11-30", active("2026-11-30")), "2026-11-20", "2026-12-01"},
		{"the deadline has passed", bill("2026-11-27", active("2026-11-27")), "2026-11-20", "2026-11-28"},
		{"it has ended", bill("2026-06-30", active("2026-06-30")), "2026-11-20", "2026-11-21"},
		{"it ends today", bill("2026-11-20T00:00:00Z", active("2026-11-20")), "2026-11-20", "2026-11-21"},
		{"it ends today as it is written", bill("2026-11-20T23:00:00-08:00", active("2026-11-20")), "2026-11-20", "2026-11-21"},
		{"it has ended, and a month runs", bill("2026-06-30", rolling), "2026-12-17", "2026-12-25"},
		{"a month runs, and its end is the contract's", bill("2026-12-24", rolling), "2026-12-17", "2026-12-25"},
		{"settled", bill("2026-12-31", active("2026-12-31"), sub("RENEWAL", "PENDING", "2027-01-01", "2029-12-31", "0", "1")), "", ""},
		{"begun", bill("2026-12-31", active("2026-12-31"), sub("RENEWAL", "ACTIVE", "2026-11-20", "2029-12-31", "0", "1")), "", ""},
		{"given back", bill("2026-12-31", sub("ORIGINAL", "CANCELLED", "2024-01-01", "2026-12-31", "0", "1")), "", ""},
		{"no end", bill(""), "", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := enrich[audit.OutpostFacts](t, newAnalyst(t), outpost("op-1", tc.billing, ""))
			if f.RenewalChargeDate != tc.charged || f.RenewalStartDate != tc.start {
				t.Errorf("charged %q, starts %q; want %q, %q", f.RenewalChargeDate, f.RenewalStartDate, tc.charged, tc.start)
			}
		})
	}
}

func TestContractEnd(t *testing.T) {
	type ends struct {
		End, Source, Date, Latest, Notice audit.Optional
		Days, Business                    *int
	}
	active := func(end string) string { return sub("ORIGINAL", "ACTIVE", "2024-01-01", end, "0", "1") }
	const contract, subscriptions = "contract_end_date", "subscriptions"
	for _, tc := range []struct {
		name, billing string
		want          ends
	}{
		{"both: the first that is ahead", bill("2027-01-05T12:00:00Z", active("2027-01-04")),
			ends{"2027-01-04", subscriptions, "2027-01-05", "2027-01-04", "2026-12-24", ptr(45), ptr(23)}},
		{"both, the other way round", bill("2027-01-04T12:00:00Z", active("2027-01-05")),
			ends{"2027-01-04", contract, "2027-01-04", "2027-01-05", "2026-12-24", ptr(45), ptr(23)}},
		{"both on one day", bill("2027-01-04T12:00:00Z", active("2027-01-04T23:59:59Z")),
			ends{"2027-01-04", contract, "2027-01-04", "2027-01-04", "2026-12-24", ptr(45), ptr(23)}},
		{"a date that is past hides none that is ahead", bill("2026-06-30", active("2027-01-04")),
			ends{"2027-01-04", subscriptions, "2026-06-30", "2027-01-04", "2026-12-24", ptr(45), ptr(23)}},
		{"a term that is past hides none that is ahead", bill("2027-01-04", active("2026-06-30")),
			ends{"2027-01-04", contract, "2027-01-04", "2026-06-30", "2026-12-24", ptr(45), ptr(23)}},
		{"none is ahead: the latest", bill("2026-06-30", active("2026-11-19")),
			ends{"2026-11-19", subscriptions, "2026-06-30", "2026-11-19", "", ptr(-1), nil}},
		{"unreadable: the first that is ahead, not the latest", bill("the end of 2026", active("2027-01-05"), active("2027-01-04"),
			active("2027-01-06")),
			ends{"2027-01-04", subscriptions, "", "2027-01-06", "2026-12-24", ptr(45), ptr(23)}},
		{"missing", bill("", active("2027-01-04")), ends{"2027-01-04", subscriptions, "", "2027-01-04", "2026-12-24", ptr(45), ptr(23)}},
		{"a number", `{"ContractEndDate":1799020800}`, ends{"2027-01-04", contract, "2027-01-04", "", "2026-12-24", ptr(45), ptr(23)}},
		{"escaped", `{"ContractEndDate":"2027\u002d01-04"}`, ends{"2027-01-04", contract, "2027-01-04", "", "2026-12-24", ptr(45), ptr(23)}},
		{"milliseconds", `{"ContractEndDate":1799020800000}`, ends{}},
		{"no string at all", `{"ContractEndDate":{"year":2027}}`, ends{}},
		{"null", `{"ContractEndDate":null,"Subscriptions":null}`, ends{}},
		{"only inactive: its end for want of another", bill("", sub("ORIGINAL", "INACTIVE", "2024-01-01", "2027-01-04", "0", "1")),
			ends{"2027-01-04", subscriptions, "", "", "2026-12-24", ptr(45), ptr(23)}},
		{"only pending: its end for want of another", bill("", sub("ORIGINAL", "PENDING", "2026-12-01", "2027-01-04", "0", "1")),
			ends{"2027-01-04", subscriptions, "", "", "2026-12-24", ptr(45), ptr(23)}},
		{"only cancelled", bill("", sub("ORIGINAL", "CANCELLED", "2024-01-01", "2027-01-04", "0", "1")), ends{}},
		{"only added capacity", bill("", sub("CAPACITY_INCREASE", "ACTIVE", "2024-01-01", "2027-01-04", "0", "1")), ends{}},
		{"only a month", bill("", sub("RENEWAL", "ACTIVE", "2026-11-01", "2026-12-01", "0", "1")), ends{}},
		{"an active one ahead, though it has not begun", bill("", sub("ORIGINAL", "ACTIVE", "2026-12-01", "2027-01-04", "0", "1")),
			ends{"2027-01-04", subscriptions, "", "", "2026-12-24", ptr(45), ptr(23)}},
		{"an end that cannot be", bill("", active("1678-01-01")), ends{}},
		{"its last day is today, though the hour is past", bill("2026-11-20T09:59:59Z"),
			ends{"2026-11-20", contract, "2026-11-20", "", "2026-11-13", ptr(0), ptr(-5)}},
		{"today", bill("2026-11-20T23:59:59Z"), ends{"2026-11-20", contract, "2026-11-20", "", "2026-11-13", ptr(0), ptr(-5)}},
		{"yesterday as it is written, today in UTC", bill("2026-11-19T23:00:00-08:00"),
			ends{"2026-11-19", contract, "2026-11-19", "", "", ptr(-1), nil}},
		{"today as it is written, tomorrow in UTC", bill("2026-11-20T23:00:00-08:00"),
			ends{"2026-11-20", contract, "2026-11-20", "", "2026-11-13", ptr(0), ptr(-5)}},
		{"today as it is written, yesterday in UTC", bill("2026-11-20T01:00:00+09:00"),
			ends{"2026-11-20", contract, "2026-11-20", "", "2026-11-13", ptr(0), ptr(-5)}},
		{"the year's end, in its own offset", bill("2026-12-31T23:00:00-08:00"),
			ends{"2026-12-31", contract, "2026-12-31", "", "2026-12-23", ptr(41), ptr(22)}},
		{"the deadline is today", bill("2026-11-30"), ends{"2026-11-30", contract, "2026-11-30", "", "2026-11-20", ptr(10), ptr(0)}},
		{"the deadline is Monday", bill("2026-12-01"), ends{"2026-12-01", contract, "2026-12-01", "", "2026-11-23", ptr(11), ptr(1)}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := enrich[audit.OutpostFacts](t, newAnalyst(t), outpost("op-1", tc.billing, ""))
			got := ends{f.ContractEnd, f.ContractEndSource, f.ContractEndDate, f.LatestTermEnd, f.NoticeDeadline, f.DaysToEnd,
				f.BusinessDaysToNotice}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestPrices covers today's price and the remaining commitment. The clock is 2026-11-20T10:00:00Z.
func TestPrices(t *testing.T) {
	const begin, end = "2024-01-01", "2026-12-31T23:59:59Z" // 36 months, of which December 2026 is still to be charged
	for _, tc := range []struct {
		name               string
		subs               []string
		current, remaining audit.Optional
		cents              int64 // of current
	}{
		{"monthly", []string{sub("ORIGINAL", "ACTIVE", begin, end, "0", "131072.01")}, "131072.01", "131072.01", 13107201},
		{"upfront is paid", []string{sub("ORIGINAL", "ACTIVE", begin, end, "99999999.99", "0")}, "2777777.7775", "0.00", 277777778},
		{"both, and prices missing", []string{sub("ORIGINAL", "ACTIVE", begin, end, "36000", ""),
			sub("CAPACITY_INCREASE", "ACTIVE", "2025-07-01", end, "", "250.5")}, "1250.50", "250.50", 125050},
		{"thirds of a cent add up exactly", []string{sub("ORIGINAL", "ACTIVE", begin, end, "0.06", ""),
			sub("ORIGINAL", "ACTIVE", begin, end, "0.06", ""), sub("ORIGINAL", "ACTIVE", begin, end, "0.06", "")}, "0.005", "0.00", 1},
		{"ten decimal places", []string{sub("ORIGINAL", "ACTIVE", begin, end, "100", "")}, "2.7777777778", "0.00", 278},
		{"the month that begins now is charged", []string{sub("ORIGINAL", "ACTIVE", "2025-11-20T10:00:00Z", "2027-11-20T10:00:00Z", "", "100")},
			"100.00", "1100.00", 10000},
		{"and so is the one that begins later on this day", []string{sub("ORIGINAL", "ACTIVE", "2025-11-20T23:59:59Z", "2027-11-20T10:00:01Z", "",
			"100")}, "100.00", "1100.00", 10000},
		{"the month that begins tomorrow is not", []string{sub("ORIGINAL", "ACTIVE", "2025-11-21", "2027-11-20T10:00:01Z", "", "100")}, "100.00",
			"1200.00", 10000},
		{"one day long: a month, charged", []string{sub("ORIGINAL", "ACTIVE", "2026-11-20", "2026-11-20", "", "100")}, "100.00", "0.00", 10000},
		{"pending: all its months, its upfront paid", []string{sub("RENEWAL", "PENDING", "2027-01-01", "2029-12-31T23:59:59Z", "50000",
			"100.01")}, "0.00", "3600.36", 0},
		{"ended by length, not yet by name", []string{sub("ORIGINAL", "ACTIVE", "2025-01-01", "2025-12-31", "", "100")}, "100.00", "0.00", 10000},
		{"a month's renewal is charged at its begin", []string{sub("RENEWAL", "ACTIVE", "2026-11-01", "2026-11-30", "", "100")}, "100.00", "0.00",
			10000},
		{"inactive and cancelled count for nothing", []string{sub("ORIGINAL", "INACTIVE", begin, end, "36000", "100"),
			sub("ORIGINAL", "CANCELLED", begin, end, "36000", "100")}, "0.00", "0.00", 0},
		{"no dates: today's monthly price, nothing to schedule", []string{sub("ORIGINAL", "ACTIVE", "", "", "", "100")}, "100.00", "", 10000},
		{"no begin for an upfront", []string{sub("ORIGINAL", "ACTIVE", "", end, "36000", "100")}, "", "", 0},
		{"no end for an upfront", []string{sub("ORIGINAL", "ACTIVE", begin, "", "36000", "100")}, "", "", 0},
		{"an end before its begin", []string{sub("ORIGINAL", "ACTIVE", end, begin, "36000", "100")}, "", "", 0},
		{"no price: both are unknown as a whole", []string{sub("ORIGINAL", "ACTIVE", begin, end, "", ""),
			sub("ORIGINAL", "ACTIVE", begin, end, "", "100")}, "", "", 0},
		{"another currency", []string{`{"SubscriptionStatus":"ACTIVE","Currency":"EUR","BeginDate":"2024-01-01","EndDate":"2026-12-31",` +
			`"MonthlyRecurringPrice":5}`}, "", "", 0},
		{"no status", []string{`{"BeginDate":"2024-01-01","EndDate":"2026-12-31","MonthlyRecurringPrice":5}`}, "0.00", "0.00", 0},
		{"none", nil, "0.00", "0.00", 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := enrich[audit.OutpostFacts](t, newAnalyst(t), outpost("op-1", bill("2026-12-31", tc.subs...), ""))
			type amounts struct {
				Current, Remaining           audit.Optional
				CurrentCents, RemainingCents *int64
			}
			want := amounts{Current: tc.current, Remaining: tc.remaining}
			if tc.current != "" {
				want.CurrentCents = &tc.cents
			}
			if tc.remaining != "" {
				_, want.RemainingCents = optional(dollars(string(tc.remaining)))
			}
			if diff := cmp.Diff(want, amounts{f.CurrentMonthly, f.RemainingCommitment, f.CurrentMonthlyCents,
				f.RemainingCommitmentCents}); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestADamagedPriceHidesNoDeadline: of one id with two contents, and of a price that is none, the dates count as they would without;
// what rests on the price is unknown, and the sums of the account and the whole say that they lack it.
func TestADamagedPriceHidesNoDeadline(t *testing.T) {
	const end = "2026-12-10T23:59:59Z"
	sound := sub("ORIGINAL", "ACTIVE", "2024-01-01", end, "36000", "1000")
	other := outpost("op-2", bill("2026-12-31", sub("ORIGINAL", "ACTIVE", "2024-01-01", "2026-12-31T23:59:59Z", "0", "700")), "")
	want := enrich[audit.OutpostFacts](t, newAnalyst(t), outpost("op-1", `{"Subscriptions":[`+sound+`]}`, nineOptions))
	want.CurrentMonthly, want.CurrentMonthlyCents, want.RemainingCommitment, want.RemainingCommitmentCents = "", nil, "", nil
	for i := range want.Options {
		want.Options[i].PriceChangePercent = nil
	}
	for _, tc := range []struct {
		name, subscriptions string
		unread              string // the error; empty: none, since it is on the ledger already
	}{
		{"another price", sound + "," + sub("ORIGINAL", "ACTIVE", "2024-01-01", end, "0", "100"), ""},
		{"another member", sound + "," + strings.TrimSuffix(sound, "}") + `,"New":true}`, ""},
		{"one that is cancelled", sound + "," + sub("ORIGINAL", "CANCELLED", "2024-01-01", end, "36000", "1000"), ""},
		{"a price in words", strings.Replace(sound, ":1000", `:"free"`, 1), `MonthlyRecurringPrice: want a number, and "free" came`},
		{"a price that is true", strings.Replace(sound, ":36000", ":true", 1), "UpfrontPrice: want a number, and true came"},
		{"a price in a list", strings.Replace(sound, ":36000", ":[36000]", 1), "UpfrontPrice: want a number, and [36000] came"},
		{"no digits", strings.Replace(sound, ":1000", `:""`, 1), `MonthlyRecurringPrice: want a number, and "" came`},
		{"out of range", strings.Replace(sound, ":1000", ":1e13", 1), "MonthlyRecurringPrice: a price of 1e13 is out of range"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			a := newAnalyst(t)
			r := outpost("op-1", `{"Subscriptions":[`+tc.subscriptions+`]}`, nineOptions)
			r.Gaps = map[string]audit.Gap{}
			e := a.NewEstate(nil)
			err := e.Enrich(r)
			if got := fmt.Sprint(err); tc.unread == "" && err != nil || !strings.Contains(got, tc.unread) {
				t.Errorf("got %s, want %s", got, tc.unread)
			}
			if err != nil {
				section, gap := GapOf(r.Kind, err)
				if section != "" || gap.Operation != "GetOutpostBillingInformation" || gap.Reason != audit.ReasonMalformed {
					t.Errorf("the section %q is a gap %+v", section, gap)
				}
			}
			if diff := cmp.Diff([]string{"prices"}, slices.Collect(maps.Keys(r.Gaps))); diff != "" {
				t.Errorf("gaps (-want +got):\n%s", diff)
			}
			var got audit.OutpostFacts
			if err := json.Unmarshal(r.Facts, &got); err != nil {
				t.Fatal(err)
			}
			want := want
			want.PaymentTerm, want.PaymentOption = got.PaymentTerm, got.PaymentOption
			for _, s := range got.Subscriptions {
				if s.Monthly != "" || s.Total != "" {
					t.Errorf("subscription %+v has a price", s)
				}
			}
			want.Subscriptions = got.Subscriptions
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("facts (-want +got):\n%s", diff)
			}
			if err := e.Enrich(other); err != nil {
				t.Fatal(err)
			}
			c := e.Commitments()
			for _, sums := range []audit.AccountCommitment{c.Total, c.Accounts[0]} {
				if sums.Outposts != 2 || sums.NotIncluded != 1 || sums.Remaining != "700.00" || sums.CashByMonth[1].Committed != "700.00" ||
					sums.AmortisedByMonth[0].Committed != "700.00" {
					t.Errorf("sums %+v", sums)
				}
			}
			if gaps := accountsOf(t, e)[0].Gaps; gaps["commitments"].Reason != audit.ReasonMalformed {
				t.Errorf("gaps of the account: %v", gaps)
			}
		})
	}
}

// TestUnpaid counts the charges one by one, over begins on every day around the clock and lengths that end before it.
func TestUnpaid(t *testing.T) {
	at := date(asOf)
	for begin := date("2023-10-28"); begin.Before(date("2027-02-03")); begin = begin.AddDate(0, 0, 1) {
		for _, months := range []int{1, 12, 36, 37} {
			s := subscription{begin: begin, end: addMonths(begin, months)}
			want := 0
			for k := range s.months() {
				if addMonths(s.begin, k).After(dateOf(at)) {
					want++
				}
			}
			if got := s.unpaid(at); got != want {
				t.Fatalf("%d months from %s: got %d unpaid, want %d", months, s.begin, got, want)
			}
		}
	}
}

// TestMissingSections: an Outpost without billing has no facts but whose it is and that its state is unknown; one without
// prices has no options.
func TestMissingSections(t *testing.T) {
	zero := audit.OutpostFacts{Options: []audit.PricedOption{}, Subscriptions: []audit.Subscription{}, ContractState: audit.StateUnknown}
	shared := zero
	shared.Shared, shared.ContractState = true, ""
	retired := zero
	retired.ContractState = audit.StateRetired
	empty := zero
	empty.HasBilling, empty.CurrentMonthly, empty.RemainingCommitment = true, "0.00", "0.00"
	empty.CurrentMonthlyCents, empty.RemainingCommitmentCents = new(int64), new(int64)
	unpriced := empty
	unpriced.Priced = "UNABLE_TO_PRICE"
	nothingSaid := unpriced
	nothingSaid.Subscriptions = []audit.Subscription{{}, {}}
	owner := func(r *audit.Resource, spec string) *audit.Resource {
		r.Spec = json.RawMessage(spec)
		return r
	}
	for _, tc := range []struct {
		name string
		r    *audit.Resource
		want audit.OutpostFacts
	}{
		{"no billing", outpost("op-1", "", nineOptions), zero},
		{"billing is null", outpost("op-1", "null", nineOptions), zero},
		{"shared", owner(outpost("op-1", "", ""), `{"OwnerId":"999988887777"}`), shared},
		{"retired", owner(outpost("op-1", "", ""), `{"LifeCycleStatus":"RETIRED"}`), retired},
		{"no owner", owner(outpost("op-1", "", ""), `{}`), zero},
		{"no spec", owner(outpost("op-1", "", ""), ``), zero},
		{"no sections at all", &audit.Resource{Kind: audit.KindOutpost}, zero},
		{"no prices", outpost("op-1", `{}`, ""), empty},
		{"prices are null", outpost("op-1", `{}`, "null"), empty},
		{"prices are empty", outpost("op-1", `{}`, "{}"), empty},
		{"unable to price", outpost("op-1", `{}`, `{"PricingResult":"UNABLE_TO_PRICE"}`), unpriced},
		{"unable to price, in so many words", outpost("op-1", `{"Subscriptions":[null,{}]}`,
			`{"PricingResult":"UNABLE_TO_PRICE","PricingOptions":[]}`), nothingSaid},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, enrich[audit.OutpostFacts](t, newAnalyst(t), tc.r)); diff != "" {
				t.Error(diff)
			}
		})
	}
	r := &audit.Resource{Kind: audit.KindOrder, Related: map[string]json.RawMessage{}}
	if diff := cmp.Diff(audit.OrderFacts{}, enrich[audit.OrderFacts](t, newAnalyst(t), r)); diff != "" {
		t.Errorf("an order without an Outpost: %s", diff)
	}
}

// TestFactsAreNeverNilLists: a list is [] and not null in JSON, which a policy can iterate over.
func TestFactsAreNeverNilLists(t *testing.T) {
	for _, r := range []*audit.Resource{outpost("op-1", "", ""), {Kind: audit.KindQuote}} {
		if err := newAnalyst(t).Enrich(r); err != nil || !strings.Contains(string(r.Facts), `"options":[]`) {
			t.Errorf("%s: got facts %s, error %v", r.Kind, r.Facts, err)
		}
	}
}
