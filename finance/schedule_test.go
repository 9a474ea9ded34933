package finance

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tenor/audit"
)

// TestSchedule: what a contract has to pay up to the day of the clock, which is charged too; the end of a subscription is charged no more.
func TestSchedule(t *testing.T) {
	of := func(s audit.SubscriptionSchedule) []audit.SubscriptionSchedule {
		return []audit.SubscriptionSchedule{s}
	}
	for _, tc := range []struct {
		name, subscription, asOf string
		want                     []audit.SubscriptionSchedule
	}{
		{"to the day before a month begins", sub("ORIGINAL", "ACTIVE", "2026-01-31", "2027-01-30", "100", "5.50"), "2026-03-30T23:59:59Z",
			of(audit.SubscriptionSchedule{Begins: "2026-01-31", Ends: "2027-01-30", Known: true, Monthly: "5.50", Upfront: "100.00",
				Charges: []string{"2026-01-31", "2026-02-28"}})},
		{"to the day on which one begins", sub("ORIGINAL", "INACTIVE", "2026-01-31", "2027-01-30", "0", "5.50"), "2026-03-31T00:00:00Z",
			of(audit.SubscriptionSchedule{Begins: "2026-01-31", Ends: "2027-01-30", Known: true, Monthly: "5.50", Upfront: "0.00",
				Charges: []string{"2026-01-31", "2026-02-28", "2026-03-31"}})},
		{"over", sub("ORIGINAL", "INACTIVE", "2026-01-15", "2026-03-15", "0", "1"), "2026-11-20T00:00:00Z",
			of(audit.SubscriptionSchedule{Begins: "2026-01-15", Ends: "2026-03-15", Known: true, Monthly: "1.00", Upfront: "0.00",
				Charges: []string{"2026-01-15", "2026-02-15"}})},
		{"of a day", sub("ORIGINAL", "INACTIVE", "2026-01-15", "2026-01-15", "0", "1"), "2026-11-20T00:00:00Z",
			of(audit.SubscriptionSchedule{Begins: "2026-01-15", Ends: "2026-01-15", Known: true, Monthly: "1.00", Upfront: "0.00",
				Charges: []string{"2026-01-15"}})},
		{"a month", sub("RENEWAL", "ACTIVE", "2026-11-15", "2026-12-14", "0", "1"), "2026-11-20T00:00:00Z",
			of(audit.SubscriptionSchedule{Begins: "2026-11-15", Ends: "2026-12-14", Rolling: true, Known: true, Monthly: "1.00",
				Upfront: "0.00", Charges: []string{"2026-11-15"}})},
		{"not begun", sub("RENEWAL", "PENDING", "2026-11-21", "2027-11-20", "0", "1"), "2026-11-20T23:00:00Z",
			of(audit.SubscriptionSchedule{Begins: "2026-11-21", Ends: "2027-11-20", Known: true, Monthly: "1.00", Upfront: "0.00"})},
		{"all upfront", sub("ORIGINAL", "ACTIVE", "2026-01-15", "2027-01-15", "9", "0"), "2026-11-20T00:00:00Z",
			of(audit.SubscriptionSchedule{Begins: "2026-01-15", Ends: "2027-01-15", Known: true, Monthly: "0.00", Upfront: "9.00"})},
		{"no price", sub("ORIGINAL", "ACTIVE", "2026-01-15", "2027-01-15", "", ""), "2026-11-20T00:00:00Z",
			of(audit.SubscriptionSchedule{Begins: "2026-01-15", Ends: "2027-01-15", Monthly: "0.00", Upfront: "0.00"})},
		{"no end", sub("ORIGINAL", "ACTIVE", "2026-01-15", "", "0", "1"), "2026-11-20T00:00:00Z",
			of(audit.SubscriptionSchedule{Begins: "2026-01-15", Monthly: "1.00", Upfront: "0.00"})},
		{"cancelled", sub("ORIGINAL", "CANCELLED", "2026-01-15", "2027-01-15", "0", "1"), "2026-11-20T00:00:00Z", nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			want := &audit.ContractSchedule{Account: "111122223333", Region: "eu-central-1", Outpost: "op-1", Subscriptions: tc.want}
			got := Schedule(outpost("op-1", bill("", tc.subscription), ""), date(tc.asOf))
			for i := range got.Subscriptions {
				got.Subscriptions[i].ID = ""
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

// TestScheduleOfNone: an Outpost without a contract, or of another account, has none; billing that was not read makes one of which nothing
// is known.
func TestScheduleOfNone(t *testing.T) {
	shared, gap := outpost("op-1", threeYearContract, ""), outpost("op-1", threeYearContract, "")
	mine := outpost("op-1", threeYearContract, "")
	shared.Spec = json.RawMessage(`{"OwnerId":"444455556666"}`)
	gap.Gaps["billing"] = audit.Gap{Operation: "GetOutpostBillingInformation"}
	mine.Spec = json.RawMessage(`{}`)
	for _, tc := range []struct {
		name         string
		r            *audit.Resource
		none, unread bool
	}{
		{"no contract", outpost("op-1", "", ""), true, false}, {"shared", shared, true, false}, {"a gap", gap, false, true},
		{"damage", outpost("op-1", `{"Subscriptions":7}`, ""), false, true}, {"no owner is named", mine, false, false},
	} {
		got := Schedule(tc.r, date(asOf))
		if (got == nil) != tc.none || got != nil && (got.Unread != tc.unread || tc.unread == (len(got.Subscriptions) > 0)) {
			t.Errorf("%s: %+v", tc.name, got)
		}
	}
}
