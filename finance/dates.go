package finance

import (
	"strings"
	"time"

	"tenor/audit"
	"tenor/internal/rawjson"
)

const day = 24 * time.Hour

func plausible(t time.Time) bool { return t.Year() >= audit.FirstYear && t.Year() <= audit.LastYear }

// ParseContractEnd reads a ContractEndDate, whose format AWS does not document: RFC 3339, YYYY-MM-DD, MM/DD/YYYY, or
// seconds since 1970 with or without a fraction. A date without a time is the start of that day in UTC; the result keeps the offset
// that is written. It is false for anything else, and for a date outside 2015 to 2100.
func ParseContractEnd(s string) (time.Time, bool) {
	s = strings.TrimSpace(s)
	t, ok := parseEpoch(s)
	for _, layout := range [...]string{time.RFC3339, time.DateOnly, "01/02/2006"} {
		if ok {
			break
		}
		var err error
		t, err = time.Parse(layout, s)
		ok = err == nil
	}
	if !ok || !plausible(t) {
		return time.Time{}, false
	}
	return t, true
}

// parseEpoch reads seconds since 1970 as AWS writes them on the wire: digits, and a fraction of up to nine more.
func parseEpoch(s string) (time.Time, bool) {
	whole, fraction, point := strings.Cut(s, ".")
	sec, ok := digits(whole, 12)
	if !ok {
		return time.Time{}, false
	}
	var nsec int64
	if point {
		if nsec, ok = digits(fraction, 9); !ok {
			return time.Time{}, false
		}
		for range 9 - len(fraction) {
			nsec *= 10
		}
	}
	return time.Unix(sec, nsec).UTC(), true
}

// digits reads one to limit decimal digits, 18 at the most, and nothing else.
func digits(s string, limit int) (int64, bool) {
	if s == "" || len(s) > limit {
		return 0, false
	}
	var n int64
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = n*10 + int64(s[i]-'0')
	}
	return n, true
}

// timestamp is a date in a section. One that cannot be read is zero, which means unknown: it is never an error.
type timestamp struct{ time.Time }

func (t *timestamp) UnmarshalJSON(b []byte) error {
	s, ok := rawjson.Text(b)
	if !ok {
		s = b
	}
	t.Time, _ = ParseContractEnd(string(s))
	return nil
}

// dateOf returns the start, in UTC, of the calendar day that is written in t, in t's own offset; zero for zero.
func dateOf(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// dateString writes the calendar day of t, and nothing for a date that is not known.
func dateString(t time.Time) audit.Optional {
	if t.IsZero() {
		return ""
	}
	return audit.Optional(t.Format(time.DateOnly))
}

// monthsBetween returns the length of a subscription in months of 30.4375 days, rounded half up, at least 1.
func monthsBetween(begin, end time.Time) int {
	const month, perDay = 304375, 10000 // ten-thousandths of a day
	return max(1, (audit.DaysBetween(begin, end)*perDay+month/2)/month)
}

// addMonths returns t n months later, on the month's last day where it has no such day: a month from January 31 is
// February 28 or 29.
func addMonths(t time.Time, n int) time.Time {
	y, m, d := t.Date()
	last := time.Date(y, m+time.Month(n)+1, 0, 0, 0, 0, 0, time.UTC).Day()
	first := time.Date(y, m+time.Month(n), 1, t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
	return first.AddDate(0, 0, min(d, last)-1)
}
