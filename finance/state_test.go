package finance

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tenor/audit"
)

// TestState stands on each boundary of each state. The clock is 2026-11-20T10:00:00Z: 45 days before it is 2026-10-06, and 45
// days after it is 2027-01-04.
func TestState(t *testing.T) {
	long := func(end string) string { return sub("ORIGINAL", "ACTIVE", "2024-01-01", end, "0", "5000") }
	inactive := func(end string) string { return sub("ORIGINAL", "INACTIVE", "2024-01-01", end, "0", "5000") }
	cancelled := func(end string) string { return sub("ORIGINAL", "CANCELLED", "2024-01-01", end, "0", "5000") }
	renewal := func(status, begin, end string) string { return sub("RENEWAL", status, begin, end, "0", "4000") }
	month := renewal("ACTIVE", "2026-11-01", "2026-12-01")
	const (
		active   = "ACTIVE"
		running  = audit.StateRunning
		rolls    = audit.StateMonthToMonth
		renewed  = audit.StateRenewed
		retired  = audit.StateRetired
		unknown  = audit.StateUnknown
		yearsEnd = "2026-12-31"
	)
	for _, tc := range []struct {
		name, lifecycle, billing string
		want, end                audit.Optional
	}{
		{"contract ahead", active, bill("2027-06-30", long("2027-06-30")), running, "2027-06-30"},
		{"its last day is today", active, bill("2026-11-20", long("2026-11-20")), running, "2026-11-20"},
		{"its last day is today, and the hour past", active, bill("2026-11-20T09:59:59Z", long("2026-11-20T09:59:59Z")), running, "2026-11-20"},
		{"it ended a second before today", active, bill("2026-11-19T23:59:59Z", long("2026-11-19T23:59:59Z")), rolls, "2026-11-19"},
		{"its last day is yesterday where it is written", active, bill("2026-11-19T23:00:00-08:00", long("2026-11-19")), rolls, "2026-11-19"},
		{"its last day is today where it is written, yesterday in UTC", active,
			bill("2026-11-20T01:00:00+09:00", long("2026-11-20T01:00:00+09:00")), running, "2026-11-20"},

		{"ContractEndDate past, a term ahead by any number of days", active, bill("2026-06-30", long("2026-11-20")), running, "2026-11-20"},
		{"ended, what runs on is inactive", active, bill("2026-06-30", inactive("2029-01-01")), rolls, "2026-06-30"},
		{"ended, and a status newer than this program runs on", active,
			bill("2026-06-30", sub("ORIGINAL", "PAUSED", "2024-01-01", "2029-01-01", "0", "1")), rolls, "2026-06-30"},
		{"ended without subscriptions", active, bill("2026-06-30"), rolls, "2026-06-30"},
		{"a term of a status newer than this program, for want of another", active,
			bill("", sub("ORIGINAL", "PAUSED", "2024-01-01", "2029-01-01", "0", "1")), running, "2029-01-01"},
		{"a type newer than this program is a term", active, bill("", sub("UPGRADE", "ACTIVE", "2026-11-01", "2026-12-01", "0", "1")), running,
			"2026-12-01"},
		{"no type is a term", active, bill("", sub("", "ACTIVE", "2026-11-01", "2026-12-01", "0", "1")), running, "2026-12-01"},
		{"all that is listed has ended", active, bill("", inactive("2026-10-31")), rolls, "2026-10-31"},
		{"an end ahead, and no subscriptions", active, bill(yearsEnd), running, yearsEnd},

		{"a month", active, bill("2026-10-31", month), rolls, "2026-10-31"},
		{"a month long after the contract: what was called decided", active, bill("2026-06-30", month), rolls, "2026-06-30"},
		{"a month, and ContractEndDate is its end", active, bill("2026-12-01", month), rolls, "2026-12-01"},
		{"a month and nothing else", active, bill("soon", month), rolls, ""},
		{"45 days are a month", active, bill(yearsEnd, renewal("ACTIVE", "2026-11-01", "2026-12-16")), rolls, yearsEnd},
		{"45 days whatever the hour", active, bill(yearsEnd, renewal("ACTIVE", "2026-11-01T00:00:00Z", "2026-12-16T23:59:59Z")), rolls, yearsEnd},
		{"46 days are a term", active, bill(yearsEnd, renewal("ACTIVE", "2026-11-01", "2026-12-17")), running, "2026-12-17"},
		{"one day is a month", active, bill(yearsEnd, renewal("ACTIVE", "2026-11-20", "2026-11-20")), rolls, yearsEnd},
		{"a month that ends before it begins is none", active, bill(yearsEnd, renewal("ACTIVE", "2026-11-20", "2026-11-19")), running, yearsEnd},
		{"a month that is no renewal", active, bill(yearsEnd, sub("ORIGINAL", "ACTIVE", "2026-11-01", "2026-12-01", "0", "1")), running,
			"2026-12-01"},
		{"a month without a begin is a term", active, bill(yearsEnd, renewal("ACTIVE", "", "2026-12-01")), running, "2026-12-01"},
		{"a month that begins today", active, bill(yearsEnd, renewal("ACTIVE", "2026-11-20", "2026-12-19")), rolls, yearsEnd},
		{"a month that begins tomorrow", active, bill(yearsEnd, renewal("ACTIVE", "2026-11-21", "2026-12-20")), running, yearsEnd},
		{"a month that has begun, still called pending", active, bill(yearsEnd, renewal("PENDING", "2026-11-01", "2026-12-01")), rolls, yearsEnd},
		{"a month that is over, and no next one yet", active, bill(yearsEnd, renewal("INACTIVE", "2026-10-01", "2026-10-31")), rolls, yearsEnd},
		{"a cancelled month", active, bill(yearsEnd, renewal("CANCELLED", "2026-11-01", "2026-12-01")), running, yearsEnd},
		{"a month beside a term that runs", active, bill("2027-06-30", long("2027-06-30"), month), running, "2027-06-30"},
		{"a month beside a term that is pending", active, bill("2027-06-30", sub("ORIGINAL", "PENDING", "2026-12-01", "2027-06-30", "0", "1"),
			month), running, "2027-06-30"},
		{"a month beside an inactive term", active, bill(yearsEnd, inactive("2026-10-31"), month), rolls, yearsEnd},
		{"a month beside added capacity", active, bill(yearsEnd, sub("CAPACITY_INCREASE", "ACTIVE", "2026-01-01", yearsEnd, "0", "1"), month),
			rolls, yearsEnd},
		{"two months: what was not called month-to-month", active, bill("2026-10-31", month, renewal("ACTIVE", "2026-11-15", "2026-12-14")),
			rolls, "2026-10-31"},

		{"a renewal is pending", active, bill(yearsEnd, long(yearsEnd), renewal("PENDING", "2027-01-01", "2029-12-31")), renewed, yearsEnd},
		{"the contract has ended, and a renewal is pending", active, bill("2026-11-19", renewal("PENDING", "2026-11-21", "2029-11-20")), renewed,
			"2026-11-19"},
		{"a month, and a renewal is pending", active, bill(yearsEnd, month, renewal("PENDING", "2027-01-01", "2029-12-31")), renewed, yearsEnd},
		{"a month is pending: what was called decided", active, bill("2026-12-10", long("2026-12-10"),
			renewal("PENDING", "2026-12-11", "2027-01-10")), running, "2026-12-10"},
		{"added capacity is pending: what was called decided", active,
			bill("2027-06-30", long("2027-06-30"), sub("CAPACITY_INCREASE", "PENDING", "2026-12-01", "2029-06-30", "0", "1")), running,
			"2027-06-30"},
		{"a pending original decides nothing", active, bill(yearsEnd, long(yearsEnd),
			sub("ORIGINAL", "PENDING", "2027-01-01", "2029-12-31", "0", "1")), running, yearsEnd},
		{"the contract has ended, and a month is pending", active, bill("2026-11-19", renewal("PENDING", "2026-11-21", "2026-12-20")), rolls,
			"2026-11-19"},
		{"the contract has ended, and the pending renewal's end is unreadable", active, bill("2026-11-19", renewal("PENDING", "2026-11-21", "")),
			rolls, "2026-11-19"},
		{"begins 45 days before the term's end", active, bill(yearsEnd, long(yearsEnd), renewal("ACTIVE", "2026-11-16", "2029-11-15")), renewed,
			yearsEnd},
		{"begins 46 days before it", active, bill(yearsEnd, long(yearsEnd), renewal("ACTIVE", "2026-11-15", "2029-11-15")), running, yearsEnd},
		{"pending, begins 46 days before it", active, bill("2027-01-31", long("2027-01-31"), renewal("PENDING", "2026-12-16", "2029-11-15")),
			running, "2027-01-31"},
		{"ends 45 days after the term's end", active, bill(yearsEnd, long(yearsEnd), renewal("PENDING", "2026-12-20", "2027-02-14")), running,
			yearsEnd},
		{"ends 46 days after it", active, bill(yearsEnd, long(yearsEnd), renewal("PENDING", "2026-12-20", "2027-02-15")), renewed, yearsEnd},
		{"begins long after the term's end", active, bill(yearsEnd, long(yearsEnd), renewal("PENDING", "2027-06-01", "2030-05-31")), renewed,
			yearsEnd},
		{"pending, begin unreadable", active, bill(yearsEnd, long(yearsEnd), renewal("PENDING", "soon", "2029-12-31")), renewed, yearsEnd},
		{"active, begin unreadable", active, bill(yearsEnd, long(yearsEnd), renewal("ACTIVE", "soon", "2029-12-31")), running, yearsEnd},
		{"pending, its begin 45 days past", active, bill("2026-11-19", long("2026-11-19"), renewal("PENDING", "2026-10-06", "2029-12-31")),
			renewed, "2026-11-19"},
		{"pending, its begin 46 days past", active, bill("2026-11-19", long("2026-11-19"), renewal("PENDING", "2026-10-05", "2029-12-31")), rolls,
			"2026-11-19"},
		{"a renewal that is past itself", active, bill("2025-12-31", renewal("PENDING", "", "2026-11-19")), rolls, "2025-12-31"},
		{"a pending renewal without a begin, which ends 46 days ahead", active, bill("2025-12-31", renewal("PENDING", "", "2027-01-05")), renewed,
			"2025-12-31"},
		{"one that ends 45 days ahead is a month", active, bill("2025-12-31", renewal("PENDING", "", "2027-01-04")), rolls, "2025-12-31"},
		{"a month runs, and the next one's begin is unreadable", active, bill("2026-06-30", month, renewal("PENDING", "soon", "2027-01-01")),
			rolls, "2026-06-30"},
		{"an active renewal whose last day is today", active, bill("2026-06-30", renewal("ACTIVE", "2026-05-20", "2026-11-20")), running,
			"2026-11-20"},
		{"a term whose begin is unreadable runs", active, bill(yearsEnd, sub("ORIGINAL", "ACTIVE", "", "2027-06-30", "0", "1"),
			renewal("PENDING", "2026-12-01", "2029-11-30")), running, yearsEnd},
		{"a cancelled month whose begin is unreadable proves nothing", active, bill("2027-06-30", renewal("CANCELLED", "soon", "2027-01-01")),
			running, "2027-06-30"},
		{"an ended month whose begin is unreadable proves nothing", active,
			bill("2027-06-30", inactive("2026-10-31"), renewal("INACTIVE", "soon", "2027-01-01")), running, "2027-06-30"},
		{"a cancelled renewal", active, bill(yearsEnd, long(yearsEnd), renewal("CANCELLED", "2027-01-01", "2029-12-31")), running, yearsEnd},
		{"an inactive renewal", active, bill(yearsEnd, long(yearsEnd), renewal("INACTIVE", "2027-01-01", "2029-12-31")), running, yearsEnd},
		{"an original that ends later", active, bill(yearsEnd, long("2029-12-31")), running, yearsEnd},
		{"the renewal is the term that runs", active, bill("", renewal("ACTIVE", "2026-01-01", "2028-12-31")), running, "2028-12-31"},
		{"renewed, and ContractEndDate is the renewal's", active, bill("2029-12-31", long(yearsEnd),
			renewal("PENDING", "2027-01-01", "2029-12-31")), renewed, yearsEnd},

		{"a lifecycle status of what is given back", "RETIRED", bill("2027-06-30", long("2027-06-30")), retired, "2027-06-30"},
		{"the same, with a renewal pending", "RETIRED", bill(yearsEnd, long(yearsEnd), renewal("PENDING", "2027-01-01", "2029-12-31")), retired,
			yearsEnd},
		{"the same, with no dates", "RETIRED", `{}`, retired, ""},
		{"another lifecycle status", "RETIRING", bill("2027-06-30", long("2027-06-30")), running, "2027-06-30"},
		{"all terms cancelled", active, bill("2027-06-30", cancelled("2027-06-30"), cancelled("2026-06-30")), retired, "2027-06-30"},
		{"all terms cancelled, the contract past", active, bill("2026-06-30", cancelled("2026-06-30")), retired, "2026-06-30"},
		{"all terms cancelled, and no other date", active, bill("", cancelled("")), retired, ""},
		{"all terms cancelled, and a month runs", active, bill("2026-06-30", cancelled("2026-06-30"), month), retired, "2026-06-30"},
		{"nothing but a cancelled month is no term", active, bill(yearsEnd, renewal("CANCELLED", "2026-11-01", "2026-12-01")), running, yearsEnd},
		{"ended before its time", active, bill("2027-06-30", inactive("2027-06-30")), retired, "2027-06-30"},
		{"ended before its time, ContractEndDate missing", active, bill("", inactive("2026-11-20"), cancelled("2024-12-31")), retired,
			"2026-11-20"},
		{"ended in time, though the contract end is ahead", active, bill("2027-06-30", inactive("2026-11-19")), running, "2027-06-30"},
		{"cancelled before its time, ended in time", active, bill("2027-06-30", inactive("2026-10-31"), cancelled("2027-06-30")), retired,
			"2027-06-30"},
		{"ended before its time beside one that runs", active, bill("2027-06-30", inactive("2027-06-30"), long("2027-06-30")), running,
			"2027-06-30"},

		{"nothing known", active, `{}`, unknown, ""},
		{"an end that cannot be read, and nothing else", active, bill("the end of 2026"), unknown, ""},
		{"an active term's end is unreadable", active, bill("", long("")), unknown, ""},
		{"an active term's end is unreadable, the contract end past", active, bill("2026-11-19", long("")), unknown, "2026-11-19"},
		{"an active term's end is unreadable, the contract end today", active, bill("2026-11-20", long("")), running, "2026-11-20"},
		{"an active term's end is unreadable, another's ahead", active, bill("", long(""), long(yearsEnd)), running, yearsEnd},
		{"an active term's end is unreadable, a month has begun", active, bill("2026-10-31", long("2015-13-01"), month), unknown, "2026-10-31"},
		{"a pending term's end is unreadable, and nothing else", active, bill("", sub("ORIGINAL", "PENDING", "2026-12-01", "", "0", "1")),
			unknown, ""},
		{"an ended term's end is unreadable, and nothing else", active, bill("", sub("ORIGINAL", "INACTIVE", "2024-01-01", "", "0", "1")),
			unknown, ""},
		{"nothing but added capacity", active, bill("", sub("CAPACITY_INCREASE", "ACTIVE", "2026-01-01", yearsEnd, "0", "1")), unknown, ""},
		{"nothing but a month that is to begin", active, bill("", renewal("PENDING", "2026-12-01", "2026-12-31")), unknown, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := outpost("op-1", tc.billing, "")
			r.Spec = json.RawMessage(`{"OwnerId":"111122223333","LifeCycleStatus":"` + tc.lifecycle + `"}`)
			f := enrich[audit.OutpostFacts](t, newAnalyst(t), r)
			if f.ContractState != tc.want || f.ContractEnd != tc.end {
				t.Errorf("got %s to %q, want %s to %q", f.ContractState, f.ContractEnd, tc.want, tc.end)
			}
			related := json.RawMessage(tc.billing[:len(tc.billing)-1] + `,"LifeCycleStatus":"` + tc.lifecycle + `"}`)
			if tc.billing == `{}` {
				related = json.RawMessage(`{"LifeCycleStatus":"` + tc.lifecycle + `"}`)
			}
			o := enrich[audit.OrderFacts](t, newAnalyst(t), &audit.Resource{Kind: audit.KindOrder,
				Related: map[string]json.RawMessage{"outpost": related}})
			if diff := cmp.Diff(audit.OrderFacts{OutpostContractState: tc.want, OutpostContractEnd: tc.end}, o); diff != "" {
				t.Errorf("the order: %s", diff)
			}
		})
	}
}

// TestBilledMonth: what is billed month-to-month is a month's price; where that is not known, one is assumed.
// TestDamagedMonthIsNotAssumed: where the price of the month that runs cannot be read, nobody knows what a month costs.
func TestDamagedMonthIsNotAssumed(t *testing.T) {
	r := outpost("op-1", bill("2026-10-31", sub("RENEWAL", "ACTIVE", "2026-11-01", "2026-12-01", "0", `"soon"`)),
		priced(price(oneYear, noUpfront, "0", "1000")))
	err := newAnalyst(t).Enrich(r)
	var f audit.OutpostFacts
	if jerr := json.Unmarshal(r.Facts, &f); err == nil || jerr != nil || f.ContractState != audit.StateMonthToMonth ||
		f.MonthToMonthPrice != "" || f.MonthToMonthPriceSource != "" {
		t.Errorf("%v, %v: %s costs %q by %q", err, jerr, f.ContractState, f.MonthToMonthPrice, f.MonthToMonthPriceSource)
	}
}

func TestBilledMonth(t *testing.T) {
	month := func(status, begin, end, monthly string) string {
		return sub("RENEWAL", status, begin, end, "0", monthly)
	}
	eur := `{"SubscriptionId":"s-1","SubscriptionType":"RENEWAL","SubscriptionStatus":"ACTIVE","BeginDate":"2026-11-01",` +
		`"EndDate":"2026-12-01","MonthlyRecurringPrice":900,"Currency":"EUR"}`
	for _, tc := range []struct {
		name, billing string
		want, source  audit.Optional
	}{
		{"one month", bill("2026-10-31", month("ACTIVE", "2026-11-01", "2026-12-01", "900.01")), "900.01", billed},
		{"two that run beside one another", bill("2026-10-31", month("ACTIVE", "2026-11-01", "2026-12-01", "800"),
			month("ACTIVE", "2026-11-15", "2026-12-14", "200")), "1000.00", billed},
		{"one that has ended while another runs", bill("2026-08-31", month("ACTIVE", "2026-09-01", "2026-09-30", "800"),
			month("ACTIVE", "2026-11-15", "2026-12-14", "200")), "200.00", billed},
		{"one whose last day is today still runs", bill("2026-08-31", month("ACTIVE", "2026-10-21", "2026-11-20", "800"),
			month("ACTIVE", "2026-11-15", "2026-12-14", "200")), "1000.00", billed},
		{"one that another follows on the same day", bill("2026-08-31", month("ACTIVE", "2026-10-20", "2026-11-20", "800"),
			month("ACTIVE", "2026-11-20", "2026-12-20", "801")), "801.00", billed},
		{"one that another follows a day later", bill("2026-08-31", month("ACTIVE", "2026-10-20", "2026-11-19", "800"),
			month("ACTIVE", "2026-11-20", "2026-12-20", "801")), "801.00", billed},
		{"one that another follows a day before", bill("2026-08-31", month("ACTIVE", "2026-10-20", "2026-11-20", "800"),
			month("ACTIVE", "2026-11-19", "2026-12-20", "801")), "801.00", billed},
		{"one that ends two days after another's begin", bill("2026-08-31", month("ACTIVE", "2026-10-20", "2026-11-20", "800"),
			month("ACTIVE", "2026-11-18", "2026-12-20", "801")), "1601.00", billed},
		{"one that is to begin", bill("2026-10-31", month("ACTIVE", "2026-11-01", "2026-12-10", "800"),
			month("ACTIVE", "2026-11-21", "2026-12-20", "200")), "800.00", billed},
		{"all have ended", bill("2026-08-31", month("ACTIVE", "2026-09-01", "2026-09-30", "800")), "800.00", billed},
		{"all have ended, one on the day before another's begin", bill("2026-08-31", month("ACTIVE", "2026-09-01", "2026-09-30", "800"),
			month("ACTIVE", "2026-10-01", "2026-10-31", "801")), "801.00", billed},
		{"all have ended, one two days before another's begin", bill("2026-08-31", month("ACTIVE", "2026-09-01", "2026-09-29", "800"),
			month("ACTIVE", "2026-10-01", "2026-10-31", "801")), "1601.00", billed},
		{"a pending one is not billed", bill("2026-10-31", month("ACTIVE", "2026-11-01", "2026-12-10", "800"),
			month("PENDING", "2026-11-05", "2026-12-10", "200")), "800.00", billed},
		{"added capacity is not in it", bill("2026-10-31", month("ACTIVE", "2026-11-01", "2026-12-10", "800"),
			sub("CAPACITY_INCREASE", "ACTIVE", "2026-11-01", "2026-12-10", "0", "200")), "800.00", billed},
		{"none is active", bill("2026-10-31", month("INACTIVE", "2026-11-01", "2026-12-01", "900")), "1000.00", assumed},
		{"none has a price", bill("2026-10-31",
			`{"SubscriptionId":"s-1","SubscriptionType":"RENEWAL","SubscriptionStatus":"ACTIVE","BeginDate":"2026-11-01","EndDate":"2026-12-01"}`),
			"1000.00", assumed},
		{"one of two has a price", bill("2026-10-31", month("ACTIVE", "2026-11-01", "2026-12-01", "800"),
			sub("RENEWAL", "ACTIVE", "2026-11-15", "2026-12-14", "", "")), "1000.00", assumed},
		{"another currency", bill("2026-10-31", eur), "1000.00", assumed},
		{"nothing is charged", bill("2026-10-31", month("ACTIVE", "2026-11-01", "2026-12-01", "0")), "1000.00", assumed},
		{"one id at two prices", `{"Subscriptions":[` + month("ACTIVE", "2026-11-01", "2026-12-01", "800") + `,` + month("ACTIVE", "2026-11-01",
			"2026-12-01", "801") + `]}`, "", ""},
		{"one id twice at one price", `{"Subscriptions":[` + month("ACTIVE", "2026-11-01", "2026-12-01", "800") + `,` + month("ACTIVE",
			"2026-11-01", "2026-12-01", "800") + `]}`, "800.00", billed},
		{"a contract runs", bill("2027-06-30", sub("ORIGINAL", "ACTIVE", "2024-01-01", "2027-06-30", "0", "5"),
			month("ACTIVE", "2026-11-01", "2026-12-01", "900")), "1000.00", assumed},
		{"renewed", bill("2026-10-31", month("ACTIVE", "2026-11-01", "2026-12-01", "900"),
			sub("RENEWAL", "PENDING", "2026-12-02", "2029-12-01", "0", "5")), "1000.00", assumed},
		{"the contract has ended, and no month is listed", bill("2026-10-31", sub("ORIGINAL", "ACTIVE", "2024-01-01", "2026-10-31", "0", "5")),
			"1000.00", assumed},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := enrich[audit.OutpostFacts](t, newAnalyst(t), outpost("op-1", tc.billing, priced(price(oneYear, noUpfront, "0", "1000"))))
			if f.MonthToMonthPrice != tc.want || f.MonthToMonthPriceSource != tc.source || (f.MonthToMonthPriceCents == nil) != (tc.want == "") ||
				tc.want != "" && *f.MonthToMonthPriceCents != dollars(string(tc.want)).cents() {
				t.Errorf("got %s %s, want %s %s", f.MonthToMonthPrice, f.MonthToMonthPriceSource, tc.want, tc.source)
			}
		})
	}
	none := enrich[audit.OutpostFacts](t, newAnalyst(t), outpost("op-1", bill("2026-10-31", eur), ""))
	if none.MonthToMonthPrice != "" || none.MonthToMonthPriceCents != nil || none.MonthToMonthPriceSource != "" {
		t.Errorf("got %s %s where nothing says", none.MonthToMonthPrice, none.MonthToMonthPriceSource)
	}
}

// TestOneIdTwice: the same content counts once; different content prices nothing, and hides no date.
func TestOneIdTwice(t *testing.T) {
	entry := func(end, monthly string) string { return sub("ORIGINAL", "ACTIVE", "2024-01-01", end, "0", monthly) }
	list := func(subs ...string) string {
		s := `{"ContractEndDate":"2027-06-30","Subscriptions":[`
		for i, x := range subs {
			if i > 0 {
				s += ","
			}
			s += x
		}
		return s + "]}"
	}
	type got struct {
		End                audit.Optional
		Current, Remaining string
		Gap                bool
	}
	for _, tc := range []struct {
		name, billing string
		want          got
	}{
		{"once", list(entry("2026-12-31", "100")), got{"2026-12-31", "100.00", "100.00", false}},
		{"twice the same", list(entry("2026-12-31", "100"), entry("2026-12-31", "100")), got{"2026-12-31", "100.00", "100.00", false}},
		{"two prices", list(entry("2026-12-31", "100"), entry("2026-12-31", "100.01")), got{"2026-12-31", "", "", true}},
		{"two ends: the first warns", list(entry("2027-12-31", "100"), entry("2026-12-31", "100")), got{"2026-12-31", "", "", true}},
		{"three, two of them the same", list(entry("2026-12-31", "100"), entry("2026-12-31", "7"), entry("2026-12-31", "100")),
			got{"2026-12-31", "", "", true}},
		{"another id keeps its price, and today's month is unknown",
			list(entry("2026-12-31", "100"), entry("2026-12-31", "7"),
				`{"SubscriptionId":"s-2",`+entry("2026-12-31", "50")[len(`{"SubscriptionId":"s-1",`):]), got{"2026-12-31", "", "", true}},
		{"no ids: two of them", list(`{"SubscriptionStatus":"ACTIVE","BeginDate":"2024-01-01","EndDate":"2026-12-31","MonthlyRecurringPrice":5}`,
			`{"SubscriptionStatus":"ACTIVE","BeginDate":"2024-01-01","EndDate":"2026-12-31","MonthlyRecurringPrice":5}`),
			got{"2026-12-31", "10.00", "10.00", false}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := outpost("op-1", tc.billing, "")
			e := estate(t, newAnalyst(t), r)
			var f audit.OutpostFacts
			if err := json.Unmarshal(r.Facts, &f); err != nil {
				t.Fatal(err)
			}
			_, gap := ask(t, e).Accounts[0].Gaps["commitments"]
			if diff := cmp.Diff(tc.want, got{f.ContractEnd, string(f.CurrentMonthly), string(f.RemainingCommitment), gap}); diff != "" {
				t.Error(diff)
			}
		})
	}
}
