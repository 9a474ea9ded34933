package finance

import (
	"strings"
	"testing"
	"time"
)

// federal are the federal holidays as the Office of Personnel Management observes them, and those of the years on either
// side that fall into 2026 and 2027. https://www.opm.gov/policy-data-oversight/pay-leave/federal-holidays/
var federal = []string{
	"2026-01-01", "2026-01-19", "2026-02-16", "2026-05-25", "2026-06-19", "2026-07-03", "2026-09-07", "2026-10-12", "2026-11-11",
	"2026-11-26", "2026-12-25",
	"2027-01-01", "2027-01-18", "2027-02-15", "2027-05-31", "2027-06-18", "2027-07-05", "2027-09-06", "2027-10-11", "2027-11-11",
	"2027-11-25", "2027-12-24",
	"2027-12-31", // New Year's Day 2028 is a Saturday
}

// TestCalendarDays compares every day of two years with the published holidays.
func TestCalendarDays(t *testing.T) {
	c := newCalendar("us", nil)
	off := " " + strings.Join(federal, " ") + " "
	for d := date("2026-01-01"); d.Year() < 2028; d = d.AddDate(0, 0, 1) {
		weekend := d.Weekday() == time.Saturday || d.Weekday() == time.Sunday
		want := !weekend && !strings.Contains(off, " "+d.Format(time.DateOnly)+" ")
		if got := c.until(d.AddDate(0, 0, -1), d) == 1; got != want {
			t.Errorf("%s is a business day: got %t, want %t", d.Format(time.DateOnly), got, want)
		}
	}
}

func TestBack(t *testing.T) {
	us, none := newCalendar("us", nil), newCalendar("none", nil)
	for _, tc := range []struct {
		name string
		c    *calendar
		end  string
		n    int
		want string
	}{
		{"plain week", us, "2026-12-16", 5, "2026-12-09"},
		{"the hour does not matter", us, "2026-12-16T23:59:59Z", 5, "2026-12-09"},
		{"over Christmas", us, "2026-12-31", 5, "2026-12-23"},
		{"over Thanksgiving", us, "2026-12-01", 5, "2026-11-23"},
		{"end on a holiday", us, "2026-11-26", 5, "2026-11-19"},
		{"end on a Saturday", us, "2026-12-19", 5, "2026-12-14"},
		{"end on a Sunday", us, "2026-12-20", 5, "2026-12-14"},
		{"end on a Monday", us, "2026-12-21", 5, "2026-12-14"},
		{"over a holiday observed on a Friday", us, "2026-07-06", 1, "2026-07-02"},
		{"over a holiday observed in the year before", us, "2028-01-03", 1, "2027-12-30"},
		{"nothing to give", us, "2026-12-20T10:00:00Z", 0, "2026-12-20"},
		{"no holidays", none, "2026-12-31", 5, "2026-12-24"},
		{"more holidays", newCalendar("us", []string{"2026-12-24", "2026-12-26"}), "2026-12-31", 5, "2026-12-22"},
		{"first day there is", us, "2015-01-01", maxNotice, "2014-03-18"},
		{"last day there is", us, "2100-12-31", 1, "2100-12-30"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := tc.c.back(date(tc.end), tc.n).Format(time.DateOnly); got != tc.want {
				t.Errorf("%d business days before %s: got %s, want %s", tc.n, tc.end, got, tc.want)
			}
		})
	}
}

func TestUntil(t *testing.T) {
	c := newCalendar("us", nil)
	for _, tc := range []struct {
		name, from, to string
		want           int
	}{
		{"the day itself", "2026-12-09T23:59:59Z", "2026-12-09", 0},
		{"the next day", "2026-12-08T23:59:59Z", "2026-12-09", 1},
		{"from Friday to Monday", "2026-12-04", "2026-12-07", 1},
		{"from Saturday to Monday", "2026-12-05", "2026-12-07", 1},
		{"over Christmas", "2026-12-24", "2026-12-28", 1},
		{"a week", "2026-12-02", "2026-12-09", 5},
		{"a day late", "2026-12-10", "2026-12-09", -1},
		{"late by a weekend's first day", "2026-12-05", "2026-12-04", -1},
		{"late by a weekend", "2026-12-07", "2026-12-04", -1},
		{"late by two business days", "2026-12-08", "2026-12-04", -2},
		{"late by a day after a Saturday", "2026-12-06", "2026-12-05", -1}, // possible with no notice days
		{"all there is", "2015-01-01", "2100-12-31", 21496},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := c.until(date(tc.from), date(tc.to)); got != tc.want {
				t.Errorf("from %s until %s: got %d, want %d", tc.from, tc.to, got, tc.want)
			}
		})
	}
}

// TestBackAndUntilAgree: the n-th business day before a date is n business days before it, whatever the day.
func TestBackAndUntilAgree(t *testing.T) {
	c := newCalendar("us", []string{"2026-12-24"})
	for d := date("2026-06-01"); d.Year() < 2028; d = d.AddDate(0, 0, 1) {
		for n := 1; n <= 20; n++ {
			notice := c.back(d, n)
			if got := c.until(notice.AddDate(0, 0, -1), d.AddDate(0, 0, -1)); got != n {
				t.Fatalf("%d business days before %s is %s, from where it is %d", n, d.Format(time.DateOnly), notice.Format(time.DateOnly), got)
			}
		}
	}
}
