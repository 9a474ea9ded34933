package finance

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

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

// bill returns billing information, in which each subscription has an id of its own; a contract end of "" is missing.
func bill(contractEnd string, subs ...string) string {
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
	rolling := sub("RENEWAL", "ACTIVE", "2026-11-25", "2026-12-24", "0", "1")
	for _, tc := range []struct {
		name, billing  string
		charged, start audit.Optional
	}{
		{"the deadline is ahead", bill("2026-12-31", active("2026-12-31")), "2026-12-23", "2027-01-01"},
		{"the deadline is today", bill("2026-11-30", active("2026-11-30")), "2026-11-20", "2026-12-01"},
		{"the deadline has passed", bill("2026-11-27", active("2026-11-27")), "2026-11-20", "2026-11-28"},
		{"it has ended", bill("2026-06-30", active("2026-06-30")), "2026-11-20", "2026-11-21"},
		{"it has ended, and a month runs", bill("2026-06-30", rolling), "2026-12-17", "2026-12-25"},
		{"a month runs, and its end is the contract's", bill("2026-12-24", rolling), "2026-12-17", "2026-12-25"},
		{"settled", bill("2026-12-31", active("2026-12-31"), sub("RENEWAL", "PENDING", "2027-01-01", "2029-12-31", "0", "1")), "", ""},
		{"begun", bill("2026-12-31", active("2026-12-31"), sub("RENEWAL", "ACTIVE", "2026-11-01", "2029-12-31", "0", "1")), "", ""},
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

// TestMonthToMonthAndDecided stands on each boundary of both definitions. The clock is 2026-11-20T10:00:00Z, so 45 days
// from it is 2027-01-04T10:00:00Z.
func TestMonthToMonthAndDecided(t *testing.T) {
	long := func(end string) string { return sub("ORIGINAL", "ACTIVE", "2024-01-01", end, "0", "5000") }
	for _, tc := range []struct {
		name          string
		billing       string
		month, decide bool
	}{
		{"contract ahead", bill("2027-06-30", long("2027-06-30")), false, false},
		{"ends this second", bill(asOf, long(asOf)), false, false},
		{"ended a second ago", bill("2026-11-20T09:59:59Z", long("2026-11-20T09:59:59Z")), true, false},
		{"ended, and a subscription runs for 45 days", bill("2026-06-30", long("2027-01-04T10:00:00Z")), true, false},
		{"ended, and a subscription runs a second longer", bill("2026-06-30", long("2027-01-04T10:00:01Z")), false, false},
		{"ended, and a renewal is pending", bill("2026-11-19", sub("RENEWAL", "PENDING", "2026-11-21", "2029-11-20", "0", "1")), false, true},
		{"ended, and a short renewal is pending", bill("2026-11-19", sub("RENEWAL", "PENDING", "2026-11-21", "2026-12-20", "0", "1")), true, true},
		{"ended, pending without an end", bill("2026-11-19", sub("RENEWAL", "PENDING", "2026-11-21", "", "0", "1")), true, true},
		{"ended, what runs on is inactive", bill("2026-06-30", sub("ORIGINAL", "INACTIVE", "2024-01-01", "2029-01-01", "0", "1")), true, false},
		{"ended, what runs on is cancelled", bill("2026-06-30", sub("ORIGINAL", "CANCELLED", "2024-01-01", "2029-01-01", "0", "1")), true, false},
		{"ended, and a newer status runs on", bill("2026-06-30", sub("ORIGINAL", "PAUSED", "2024-01-01", "2029-01-01", "0", "1")), true, false},
		{"ended without subscriptions", bill("2026-06-30"), true, false},
		{"a month's renewal", bill("2026-10-31", sub("RENEWAL", "ACTIVE", "2026-11-01", "2026-12-01", "0", "1")), true, false},
		{"a month's renewal long after the contract", bill("2026-06-30", sub("RENEWAL", "ACTIVE", "2026-11-01", "2026-12-01", "0", "1")), true, true},
		{"a month's renewal, contract end ahead", bill("2026-12-01", sub("RENEWAL", "ACTIVE", "2026-11-01", "2026-12-01", "0", "1")), true, false},
		{"a renewal of 45 days", bill("2026-12-31", sub("RENEWAL", "ACTIVE", "2026-11-01", "2026-12-16", "0", "1")), true, false},
		{"a renewal of 45 days and a second", bill("2026-12-31", sub("RENEWAL", "ACTIVE", "2026-11-01T00:00:00Z", "2026-12-16T00:00:01Z", "0", "1")), false, false},
		{"a month that is no renewal", bill("2026-12-31", sub("ORIGINAL", "ACTIVE", "2026-11-01", "2026-12-01", "0", "1")), false, false},
		{"a month's renewal beside another", bill("2027-06-30", long("2027-06-30"), sub("RENEWAL", "ACTIVE", "2026-11-01", "2026-12-01", "0", "1")), false, false},
		{"a month's renewal beside an inactive one", bill("2026-12-31", sub("ORIGINAL", "INACTIVE", "2023-01-01", "2026-10-31", "0", "1"), sub("RENEWAL", "ACTIVE", "2026-11-01", "2026-12-01", "0", "1")), true, false},
		{"a month's renewal, twice with another content", `{"ContractEndDate":"2026-12-31","Subscriptions":[` + sub("RENEWAL", "ACTIVE", "2026-11-01", "2026-12-01", "0", "1") + "," + sub("RENEWAL", "ACTIVE", "2026-11-01", "2026-12-01", "0", "2") + "]}", true, false},
		{"two months' renewals", bill("2026-12-31", sub("RENEWAL", "ACTIVE", "2026-11-01", "2026-12-01", "0", "1"), sub("RENEWAL", "ACTIVE", "2026-11-01", "2026-12-01", "0", "2")), false, false},
		{"a month's renewal, and a long one pending", bill("2026-12-31", sub("RENEWAL", "ACTIVE", "2026-11-01", "2026-12-01", "0", "1"), sub("RENEWAL", "PENDING", "2027-01-01", "2029-12-31", "0", "1")), true, true},
		{"a renewal without a begin", bill("2026-12-31", sub("RENEWAL", "ACTIVE", "", "2026-12-01", "0", "1")), false, false},
		{"a renewal without an end", bill("2026-12-31", sub("RENEWAL", "ACTIVE", "2026-11-01", "", "0", "1")), false, false},
		{"anything pending decides", bill("2027-06-30", long("2027-06-30"), sub("CAPACITY_INCREASE", "PENDING", "2026-12-01", "2027-06-30", "0", "1")), false, true},
		{"a renewal that ends 45 days after the contract", bill("2026-12-31", long("2026-12-31"), sub("RENEWAL", "ACTIVE", "2026-01-01", "2027-02-14", "0", "1")), false, false},
		{"a renewal that ends a second later", bill("2026-12-31", long("2026-12-31"), sub("RENEWAL", "ACTIVE", "2026-01-01", "2027-02-14T00:00:01Z", "0", "1")), false, true},
		{"an original that ends later", bill("2026-12-31", long("2029-12-31")), false, false},
		{"an inactive renewal that ends later", bill("2026-12-31", long("2026-12-31"), sub("RENEWAL", "INACTIVE", "2027-01-01", "2029-12-31", "0", "1")), false, false},
		{"the contract end is the renewal's own", bill("", sub("RENEWAL", "ACTIVE", "2026-01-01", "2028-12-31", "0", "1")), false, false},
		{"nothing known", `{}`, false, false},
		{"nothing but a month", bill("soon", sub("RENEWAL", "ACTIVE", "2026-11-01", "2026-12-01", "0", "1")), true, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := enrich[audit.OutpostFacts](t, newAnalyst(t), outpost("op-1", tc.billing, ""))
			if f.MonthToMonth != tc.month || f.Decided != tc.decide {
				t.Errorf("got month-to-month %t, decided %t; want %t, %t", f.MonthToMonth, f.Decided, tc.month, tc.decide)
			}
			r := &audit.Resource{Kind: audit.KindOrder, Related: map[string]json.RawMessage{"outpost": json.RawMessage(tc.billing)}}
			o := enrich[audit.OrderFacts](t, newAnalyst(t), r)
			if diff := cmp.Diff(audit.OrderFacts{OutpostMonthToMonth: tc.month, OutpostContractEnd: f.ContractEnd}, o); diff != "" {
				t.Errorf("the order: %s", diff)
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
	for _, tc := range []struct {
		name, billing string
		want          ends
	}{
		{"both", bill("2027-01-04T12:00:00Z", active("2027-01-03")), ends{"2027-01-04T12:00:00Z", "contract_end_date", "2027-01-04T12:00:00Z", "2027-01-03T00:00:00Z", "2026-12-24", ptr(45), ptr(23)}},
		{"unreadable", bill("the end of 2026", active("2027-01-03"), active("2027-01-04"), active("2027-01-02")), ends{"2027-01-04T00:00:00Z", "subscriptions", "", "2027-01-04T00:00:00Z", "2026-12-24", ptr(44), ptr(23)}},
		{"missing", bill("", active("2027-01-04")), ends{"2027-01-04T00:00:00Z", "subscriptions", "", "2027-01-04T00:00:00Z", "2026-12-24", ptr(44), ptr(23)}},
		{"a number", `{"ContractEndDate":1799020800}`, ends{"2027-01-04T00:00:00Z", "contract_end_date", "2027-01-04T00:00:00Z", "", "2026-12-24", ptr(44), ptr(23)}},
		{"escaped", `{"ContractEndDate":"2027\u002d01-04"}`, ends{"2027-01-04T00:00:00Z", "contract_end_date", "2027-01-04T00:00:00Z", "", "2026-12-24", ptr(44), ptr(23)}},
		{"milliseconds", `{"ContractEndDate":1799020800000}`, ends{}},
		{"no string at all", `{"ContractEndDate":{"year":2027}}`, ends{}},
		{"null", `{"ContractEndDate":null,"Subscriptions":null}`, ends{}},
		{"only inactive", bill("", sub("ORIGINAL", "INACTIVE", "2024-01-01", "2027-01-04", "0", "1")), ends{}},
		{"only pending", bill("", sub("ORIGINAL", "PENDING", "2026-12-01", "2027-01-04", "0", "1")), ends{}},
		{"an end that cannot be", bill("", active("1678-01-01")), ends{}},
		{"past", bill("2026-11-20T09:59:59Z"), ends{"2026-11-20T09:59:59Z", "contract_end_date", "2026-11-20T09:59:59Z", "", "2026-11-13", ptr(-1), ptr(-5)}},
		{"today", bill("2026-11-20T23:59:59Z"), ends{"2026-11-20T23:59:59Z", "contract_end_date", "2026-11-20T23:59:59Z", "", "2026-11-13", ptr(0), ptr(-5)}},
		{"the deadline is today", bill("2026-11-30"), ends{"2026-11-30T00:00:00Z", "contract_end_date", "2026-11-30T00:00:00Z", "", "2026-11-20", ptr(9), ptr(0)}},
		{"the deadline is Monday", bill("2026-12-01"), ends{"2026-12-01T00:00:00Z", "contract_end_date", "2026-12-01T00:00:00Z", "", "2026-11-23", ptr(10), ptr(1)}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := enrich[audit.OutpostFacts](t, newAnalyst(t), outpost("op-1", tc.billing, ""))
			got := ends{f.ContractEnd, f.ContractEndSource, f.ContractEndDate, f.LatestActiveEnd, f.NoticeDeadline, f.DaysToEnd, f.BusinessDaysToNotice}
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
		{"both, and prices missing", []string{sub("ORIGINAL", "ACTIVE", begin, end, "36000", ""), sub("CAPACITY_INCREASE", "ACTIVE", "2025-07-01", end, "", "250.5")}, "1250.50", "250.50", 125050},
		{"thirds of a cent add up exactly", []string{sub("ORIGINAL", "ACTIVE", begin, end, "0.06", ""), sub("ORIGINAL", "ACTIVE", begin, end, "0.06", ""), sub("ORIGINAL", "ACTIVE", begin, end, "0.06", "")}, "0.005", "0.00", 1},
		{"ten decimal places", []string{sub("ORIGINAL", "ACTIVE", begin, end, "100", "")}, "2.7777777778", "0.00", 278},
		{"the month that begins now is charged", []string{sub("ORIGINAL", "ACTIVE", "2025-11-20T10:00:00Z", "2027-11-20T10:00:00Z", "", "100")}, "100.00", "1100.00", 10000},
		{"the month that begins in a second is not", []string{sub("ORIGINAL", "ACTIVE", "2025-11-20T10:00:01Z", "2027-11-20T10:00:01Z", "", "100")}, "100.00", "1200.00", 10000},
		{"pending: all its months, its upfront paid", []string{sub("RENEWAL", "PENDING", "2027-01-01", "2029-12-31T23:59:59Z", "50000", "100.01")}, "0.00", "3600.36", 0},
		{"ended by length, not yet by name", []string{sub("ORIGINAL", "ACTIVE", "2025-01-01", "2025-12-31", "", "100")}, "100.00", "0.00", 10000},
		{"a month's renewal is charged at its begin", []string{sub("RENEWAL", "ACTIVE", "2026-11-01", "2026-11-30", "", "100")}, "100.00", "0.00", 10000},
		{"inactive and cancelled count for nothing", []string{sub("ORIGINAL", "INACTIVE", begin, end, "36000", "100"), sub("ORIGINAL", "CANCELLED", begin, end, "36000", "100")}, "0.00", "0.00", 0},
		{"no dates: today's monthly price, nothing to schedule", []string{sub("ORIGINAL", "ACTIVE", "", "", "", "100")}, "100.00", "", 10000},
		{"no begin for an upfront", []string{sub("ORIGINAL", "ACTIVE", "", end, "36000", "100")}, "", "", 0},
		{"no end for an upfront", []string{sub("ORIGINAL", "ACTIVE", begin, "", "36000", "100")}, "", "", 0},
		{"an end before its begin", []string{sub("ORIGINAL", "ACTIVE", end, begin, "36000", "100")}, "", "", 0},
		{"no price: both are unknown as a whole", []string{sub("ORIGINAL", "ACTIVE", begin, end, "", ""), sub("ORIGINAL", "ACTIVE", begin, end, "", "100")}, "", "", 0},
		{"another currency", []string{`{"SubscriptionStatus":"ACTIVE","Currency":"EUR","BeginDate":"2024-01-01","EndDate":"2026-12-31","MonthlyRecurringPrice":5}`}, "", "", 0},
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
			if diff := cmp.Diff(want, amounts{f.CurrentMonthly, f.RemainingCommitment, f.CurrentMonthlyCents, f.RemainingCommitmentCents}); diff != "" {
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
		{"an earlier end beside it", sub("ORIGINAL", "ACTIVE", "2024-01-01", "2026-12-09", "36000", "1000") + "," + sound, ""},
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
				if section != "" || gap.Operation != operationBilling || gap.Reason != audit.ReasonMalformed {
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
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("facts (-want +got):\n%s", diff)
			}
			if err := e.Enrich(other); err != nil {
				t.Fatal(err)
			}
			c := e.Commitments()
			for _, sums := range []audit.AccountCommitment{c.Total, c.Accounts[0]} {
				if sums.Outposts != 2 || sums.NotIncluded != 1 || sums.Remaining != "700.00" || sums.CashByMonth[1].Committed != "700.00" || sums.AmortisedByMonth[0].Committed != "700.00" {
					t.Errorf("sums %+v", sums)
				}
			}
			accounts, err := e.Accounts()
			if err != nil || accounts[0].Gaps["commitments"].Reason != audit.ReasonMalformed {
				t.Errorf("%v, gaps of the account: %v", err, accounts[0].Gaps)
			}
		})
	}
}

// TestUnpaid counts the charges one by one, over begins on every day around the clock and lengths that end before it.
func TestUnpaid(t *testing.T) {
	at := date(asOf)
	for begin := date("2023-10-28T10:00:00Z"); begin.Before(date("2027-02-03")); begin = begin.AddDate(0, 0, 1) {
		for _, shift := range []time.Duration{-time.Second, 0, time.Second} {
			for _, months := range []int{1, 12, 36, 37} {
				s := subscription{begin: begin.Add(shift)}
				s.end = addMonths(s.begin, months)
				want := 0
				for k := range s.months() {
					if addMonths(s.begin, k).After(at) {
						want++
					}
				}
				if got := s.unpaid(at); got != want {
					t.Fatalf("%d months from %s: got %d unpaid, want %d", months, s.begin, got, want)
				}
			}
		}
	}
}

// TestMissingSections: an Outpost without billing has no facts but whose it is; one without prices has no options.
func TestMissingSections(t *testing.T) {
	zero := audit.OutpostFacts{Options: []audit.PricedOption{}}
	shared := zero
	shared.Shared = true
	empty := audit.OutpostFacts{HasBilling: true, CurrentMonthly: "0.00", RemainingCommitment: "0.00", CurrentMonthlyCents: new(int64), RemainingCommitmentCents: new(int64),
		Options: []audit.PricedOption{}}
	unpriced := empty
	unpriced.Priced = "UNABLE_TO_PRICE"
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
		{"no owner", owner(outpost("op-1", "", ""), `{}`), zero},
		{"no spec", owner(outpost("op-1", "", ""), ``), zero},
		{"no sections at all", &audit.Resource{Kind: audit.KindOutpost}, zero},
		{"no prices", outpost("op-1", `{}`, ""), empty},
		{"prices are null", outpost("op-1", `{}`, "null"), empty},
		{"prices are empty", outpost("op-1", `{}`, "{}"), empty},
		{"unable to price", outpost("op-1", `{}`, `{"PricingResult":"UNABLE_TO_PRICE"}`), unpriced},
		{"unable to price, in so many words", outpost("op-1", `{"Subscriptions":[null,{}]}`, `{"PricingResult":"UNABLE_TO_PRICE","PricingOptions":[]}`), unpriced},
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
