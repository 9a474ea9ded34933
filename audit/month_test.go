package audit

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestMonth(t *testing.T) {
	type named struct {
		Month string
		Year  int
	}
	for _, tt := range []struct {
		start time.Month
		date  string
		want  named
	}{
		{time.January, "2026-01-01", named{"2026-01", 2026}}, {time.January, "2026-12-31", named{"2026-12", 2026}},
		{time.February, "2026-01-31", named{"2026-01", 2026}}, {time.February, "2026-02-01", named{"2026-02", 2027}},
		{time.July, "2026-06-30", named{"2026-06", 2026}}, {time.July, "2026-07-01", named{"2026-07", 2027}},
		{time.July, "2027-06-30", named{"2027-06", 2027}},
		{time.October, "2026-09-30", named{"2026-09", 2026}}, {time.October, "2026-10-01", named{"2026-10", 2027}},
		{time.December, "2026-11-30", named{"2026-11", 2026}}, {time.December, "2026-12-01", named{"2026-12", 2027}},
	} {
		t.Run(tt.date+" in a year from "+tt.start.String(), func(t *testing.T) {
			at, err := time.Parse(time.DateOnly, tt.date)
			if err != nil {
				t.Fatal(err)
			}
			m := MonthOf(at)
			if d := cmp.Diff(tt.want, named{m.String(), m.FiscalYear(int(tt.start))}); d != "" {
				t.Error(d)
			}
		})
	}
	if got := MonthOf(time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC)) + 2; got.String() != "2027-02" {
		t.Errorf("two months after 2026-12: %s", got)
	}
}

// TestDayOf: of a date, of a time, and of what is neither.
func TestDayOf(t *testing.T) {
	for in, want := range map[string]string{"2026-11-06": "2026-11-06", "2026-11-06T22:00:00Z": "2026-11-06", "2026": "2026", "": ""} {
		if have := DayOf(in); have != want {
			t.Errorf("%q: %q, want %q", in, have, want)
		}
	}
}

// TestDaysBetween: calendar days in UTC count, whatever the hour and the zone.
func TestDaysBetween(t *testing.T) {
	for _, tt := range []struct {
		from, to string
		want     int
	}{
		{"2026-11-06T23:59:59Z", "2026-11-07T00:00:00Z", 1},
		{"2026-11-07T01:00:00+02:00", "2026-11-07T00:00:00Z", 1},
		{"2026-11-07T00:00:00Z", "2026-11-06T23:59:59Z", -1},
		{"2024-02-28T12:00:00Z", "2024-03-01T00:00:00Z", 2},
		{"2026-11-06T00:00:00Z", "2026-11-06T23:00:00Z", 0},
	} {
		from, err := time.Parse(time.RFC3339, tt.from)
		to, terr := time.Parse(time.RFC3339, tt.to)
		if err != nil || terr != nil {
			t.Fatal(err, terr)
		}
		if have := DaysBetween(from, to); have != tt.want {
			t.Errorf("%s to %s: %d, want %d", tt.from, tt.to, have, tt.want)
		}
	}
}
