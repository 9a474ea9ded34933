package baseline

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tenor/audit"
	"tenor/internal/inline"
)

// contractOf is an Outpost's contract of which nothing is decided, its notice deadline on a day; set changes that.
func contractOf(id, notice string, set func(*audit.Renewal)) audit.Renewal {
	r := audit.Renewal{Resource: audit.ResourceRef{Kind: audit.KindOutpost, ID: id, Account: "111122223333", Region: "r"},
		OutpostFacts: audit.OutpostFacts{ContractState: audit.StateRunning, NoticeDeadline: audit.Optional(notice), ContractEnd: "2027-01-31"}}
	if set != nil {
		set(&r)
	}
	return r
}

// TestCalendar: a deadline stays in the calendar until its contract has ended, and says whether it is settled; one that could not be
// read is not.
func TestCalendar(t *testing.T) {
	const day1, day2, day3 = "2026-11-01T00:00:00Z", "2026-11-08T00:00:00Z", "2026-11-15T00:00:00Z"
	decided := func(status string) func(*audit.Renewal) {
		return func(r *audit.Renewal) { r.Decision = &audit.DecisionFacts{Status: status, Deadline: "2027-01-20"} }
	}
	renewed := func(r *audit.Renewal) { r.ContractState = audit.StateRenewed }
	report := func(asOf string, days []audit.CalendarDay, renewals ...audit.Renewal) *audit.Report {
		return &audit.Report{Run: audit.Run{AsOf: asOf, Accounts: []audit.Account{{ID: "111122223333"}}}, Renewals: audit.NewList(inline.Of(renewals...)),
			Summary: audit.Summary{Calendar: audit.NewList(inline.Of(days...))}}
	}
	type day struct {
		Kind, Day string
		Settled   bool
		AsOf      audit.Optional
	}
	read := []audit.Coverage{{Account: "111122223333", Region: "r", Service: "outposts", Operation: "ListOutposts", Status: audit.StatusCollected}}
	open := contractOf("op-1", "2027-01-24", nil)
	none := []audit.CalendarDay{}
	for _, tt := range []struct {
		name     string
		before   *audit.Report
		coverage []audit.Coverage
		unread   bool
		asOf     string
		now      []audit.Renewal
		want     []day
	}{
		{"the first report", nil, read, false, day2, []audit.Renewal{open}, []day{{"notice", "2027-01-24", false, ""}}},
		{"nothing changed", report(day1, open.CalendarDays(time.Time{}), open), read, false, day2, []audit.Renewal{open},
			[]day{{"notice", "2027-01-24", false, ""}}},
		{"decided, and to be carried out", report(day1, open.CalendarDays(time.Time{}), open), read, false, day2,
			[]audit.Renewal{contractOf("op-1", "2027-01-24", decided(audit.DecisionOpen))},
			[]day{{"carry_out", "2027-01-20", false, ""}, {"notice", "2027-01-24", true, day1}}},
		{"renewed", report(day1, open.CalendarDays(time.Time{}), open), read, false, day2, []audit.Renewal{contractOf("op-1", "2027-01-24", renewed)},
			[]day{{"notice", "2027-01-24", true, day1}}},
		{"renewed without a report before", nil, read, false, day2, []audit.Renewal{contractOf("op-1", "2027-01-24", renewed)}, []day{}},
		{"gone", report(day1, open.CalendarDays(time.Time{}), open), read, false, day2, nil, []day{{"notice", "2027-01-24", true, day1}}},
		{"not read", report(day1, open.CalendarDays(time.Time{}), open), nil, false, day2, nil, []day{{"notice", "2027-01-24", false, day1}}},
		{"its billing not read", report(day1, open.CalendarDays(time.Time{}), open), read, true, day2, nil, []day{{"notice", "2027-01-24", false, day1}}},
		{"a report without a calendar", report(day1, nil, open), read, false, day2, nil, []day{{"notice", "2027-01-24", true, day1}}},
		{"nothing to be decided before", report(day1, none), read, false, day2, nil, []day{}},
		{"settled long ago", report(day2, []audit.CalendarDay{{Kind: "notice", Resource: open.Resource, Day: "2027-01-24", ContractEnd: "2027-01-31",
			Settled: true, AsOf: day1}}),
			nil, false, day3, nil, []day{{"notice", "2027-01-24", true, day1}}},
		{"open again", report(day2, []audit.CalendarDay{{Kind: "notice", Resource: open.Resource, Day: "2027-01-24", ContractEnd: "2027-01-31",
			Settled: true, AsOf: day1}}),
			read, false, day3, []audit.Renewal{open}, []day{{"notice", "2027-01-24", false, ""}}},
		{"settled after its day", report(day1, open.CalendarDays(time.Time{}), open), read, false, "2027-01-31T23:00:00Z", nil,
			[]day{{"notice", "2027-01-24", true, day1}}},
		{"settled, and its contract ended", report(day1, open.CalendarDays(time.Time{}), open), read, false, "2027-02-01T00:00:00Z", nil, []day{}},
		{"not read and overdue", report(day1, open.CalendarDays(time.Time{}), open), nil, false, "2027-01-31T09:00:00Z", nil,
			[]day{{"notice", "2027-01-24", false, day1}}},
		{"not read, and its contract ended", report(day1, open.CalendarDays(time.Time{}), open), nil, false, "2027-02-01T00:00:00Z", nil, []day{}},
		{"moved", report(day1, open.CalendarDays(time.Time{}), open), read, false, day2, []audit.Renewal{contractOf("op-1", "2028-01-24", nil)},
			[]day{{"notice", "2028-01-24", false, ""}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			asOf, err := time.Parse(time.RFC3339, tt.asOf)
			if err != nil {
				t.Fatal(err)
			}
			unread := Unread{}
			if tt.unread {
				unread.Add(open.Resource)
			}
			now := audit.NewList(inline.Of(tt.now...))
			m, err := NewScopes(inline.Into(&audit.Ledger{}, tt.coverage...), nil).Remember(tt.before, []audit.Account{{ID: "111122223333"}}, now, unread, asOf)
			if err != nil {
				t.Fatal(err)
			}
			sorter := audit.NewCalendarSorter(t.TempDir())
			defer sorter.Close()
			calendar, err := m.Calendar(now, asOf, sorter)
			if err != nil {
				t.Fatal(err)
			}
			have := []day{}
			for d, err := range calendar.All() {
				if err != nil {
					t.Fatal(err)
				}
				have = append(have, day{d.Kind, d.Day, d.Settled, d.AsOf})
			}
			if diff := cmp.Diff(tt.want, have); diff != "" {
				t.Errorf("(-want +have):\n%s", diff)
			}
		})
	}
}
