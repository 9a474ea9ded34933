package finance

import (
	"strconv"
	"testing"
	"time"

	"tenor/audit"
)

func date(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		if t, err = time.Parse(time.DateOnly, s); err != nil {
			panic(err)
		}
	}
	return t.UTC()
}

// rfc3339 writes a date in UTC, and nothing for one that is not known.
func rfc3339(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

func TestParseContractEnd(t *testing.T) {
	for _, tc := range []struct{ in, want string }{ // want is empty where in is no date
		{"2027-03-31T23:59:59Z", "2027-03-31T23:59:59Z"},
		{"2027-03-31T23:59:59.25Z", "2027-03-31T23:59:59.25Z"},
		{"2027-03-31T23:00:00-05:00", "2027-04-01T04:00:00Z"},
		{"2027-03-31", "2027-03-31T00:00:00Z"},
		{"03/31/2027", "2027-03-31T00:00:00Z"},
		{"1806451200", "2027-03-31T00:00:00Z"},
		{"1806451200.5", "2027-03-31T00:00:00.5Z"},
		{"1806451200.000000001", "2027-03-31T00:00:00.000000001Z"},
		{" 2027-03-31\n", "2027-03-31T00:00:00Z"},
		{"2028-02-29", "2028-02-29T00:00:00Z"},
		{"2027-02-29", ""},
		{"31/03/2027", ""},
		{"3/31/2027", ""},
		{"2027-03-31T23:59:59", ""},
		{"2027-03-31 23:59:59", ""},
		{"March 31, 2027", ""},
		{"20270331", ""}, // seconds: August 1970
		{"1806451200000", ""},
		{"1806451200.", ""},
		{".5", ""},
		{"-1806451200", ""},
		{"+1806451200", ""},
		{"1.806451200E9", ""},
		{"999999999999", ""},
		{"١٨٠٦٤٥١٢٠٠", ""},
		{"__ContractEndDate__", ""},
		{"", ""},
		{"2015-01-01", "2015-01-01T00:00:00Z"},
		{"2014-12-31T23:59:59Z", ""},
		{"2015-01-01T00:00:00+01:00", "2014-12-31T23:00:00Z"}, // the year that is written counts
		{"2014-12-31T23:00:00-05:00", ""},                     // 2015 in UTC
		{"2100-12-31T23:59:59Z", "2100-12-31T23:59:59Z"},
		{"2101-01-01", ""},
	} {
		got, ok := ParseContractEnd(tc.in)
		if rfc3339(got) != tc.want || ok != (tc.want != "") {
			t.Errorf("ParseContractEnd(%q) = %q, %t; want %q", tc.in, rfc3339(got), ok, tc.want)
		}
	}
}

func FuzzParseContractEnd(f *testing.F) {
	for _, s := range []string{"2027-03-31T23:59:59Z", "2027-03-31", "03/31/2027", "1806451200.5", "", "1e9", "-1",
		"2027-03-31T23:59:59.999999999+23:59"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, ok := ParseContractEnd(s)
		if ok != !got.IsZero() || ok && (got.Year() < 2015 || got.Year() > 2100) {
			t.Fatalf("ParseContractEnd(%q) = %v, %t", s, got, ok)
		}
		if !ok {
			return
		}
		if again, ok := ParseContractEnd(got.Format(time.RFC3339Nano)); !ok || !again.Equal(got) {
			t.Fatalf("%q is %v, which is read back as %v, %t", s, got, again, ok)
		}
		if !plausible(got.UTC()) { // seconds are in UTC
			return
		}
		seconds := strconv.FormatInt(got.Unix(), 10)
		if again, ok := ParseContractEnd(seconds); !ok || !again.Equal(got.Truncate(time.Second)) {
			t.Fatalf("%q is %v, whose seconds %s are read as %v, %t", s, got, seconds, again, ok)
		}
	})
}

func TestAddMonths(t *testing.T) {
	for _, tc := range []struct {
		from string
		n    int
		want string
	}{
		{"2026-01-31T10:00:00Z", 0, "2026-01-31T10:00:00Z"},
		{"2026-01-31T10:00:00Z", 1, "2026-02-28T10:00:00Z"},
		{"2026-01-31T10:00:00Z", 2, "2026-03-31T10:00:00Z"},
		{"2026-01-31T10:00:00Z", 3, "2026-04-30T10:00:00Z"},
		{"2028-01-31T00:00:00Z", 1, "2028-02-29T00:00:00Z"},
		{"2026-12-15T00:00:00Z", 1, "2027-01-15T00:00:00Z"},
		{"2026-11-30T00:00:00Z", 15, "2028-02-29T00:00:00Z"},
		{"2026-03-01T00:00:00Z", 36, "2029-03-01T00:00:00Z"},
	} {
		if got := rfc3339(addMonths(date(tc.from), tc.n)); got != tc.want {
			t.Errorf("%s and %d months: got %s, want %s", tc.from, tc.n, got, tc.want)
		}
	}
}

func TestMonthsBetween(t *testing.T) {
	begin := date("2026-01-01")
	// 30.4375 to the month
	for days, want := range map[int]int{0: 1, 1: 1, 30: 1, 31: 1, 45: 1, 46: 2, 60: 2, 365: 12, 366: 12, 1095: 36, 1096: 36, 1826: 60,
		547: 18} {
		if got := monthsBetween(begin, begin.AddDate(0, 0, days)); got != want {
			t.Errorf("%d days: got %d months, want %d", days, got, want)
		}
	}
}

// TestDaysBetween counts calendar days as they are written, whatever the hour and the offset.
func TestDaysBetween(t *testing.T) {
	for _, tc := range []struct {
		from, to string
		want     int
	}{
		{"2026-11-20T00:00:00Z", "2026-11-20T23:59:59Z", 0},
		{"2026-11-20T23:59:59Z", "2026-11-21T00:00:00Z", 1},
		{"2026-11-21T00:00:00Z", "2026-11-20T23:59:59Z", -1},
		{"2026-11-20T10:00:00Z", "2026-11-20T23:00:00-08:00", 0}, // the 21st in UTC
		{"2026-11-20T10:00:00Z", "2026-11-20T01:00:00+09:00", 0}, // the 19th in UTC
		{"2028-02-28", "2028-03-01", 2},
		{"2026-11-20", "2027-11-20", 365},
	} {
		from, err := time.Parse(time.RFC3339, tc.from)
		if err != nil {
			from = date(tc.from)
		}
		to, err := time.Parse(time.RFC3339, tc.to)
		if err != nil {
			to = date(tc.to)
		}
		if got := audit.DaysBetween(dateOf(from), dateOf(to)); got != tc.want {
			t.Errorf("%s to %s: got %d days, want %d", tc.from, tc.to, got, tc.want)
		}
	}
}
