package audit

import (
	"fmt"
	"time"
)

// The first and the last year of a date that is plausible: AWS sends milliseconds for seconds at times, and no contract is older than
// Outposts.
const (
	FirstYear = 2015
	LastYear  = 2100
)

// DayOf returns the date of a date, or of a time in RFC 3339, as YYYY-MM-DD; of what is shorter, all.
func DayOf[S ~string](t S) string { return string(t[:min(len(t), len(time.DateOnly))]) }

// DaysBetween returns the difference of the calendar days of two times in UTC: negative where to is the earlier.
func DaysBetween(from, to time.Time) int {
	const day = 24 * time.Hour
	return int(to.Truncate(day).Sub(from.Truncate(day)) / day)
}

// Month counts calendar months from year 0, so that months of different years compare and add.
type Month int

// MonthOf returns the month of a time, in its own zone.
func MonthOf(t time.Time) Month { return Month(t.Year()*12 + int(t.Month()) - 1) }

// ParseMonth reads a month as String writes it.
func ParseMonth(s string) (Month, error) {
	t, err := time.Parse("2006-01", s)
	return MonthOf(t), err
}

// Start returns the first instant of the month in UTC.
func (m Month) Start() time.Time {
	return time.Date(int(m)/12, time.Month(int(m)%12+1), 1, 0, 0, 0, 0, time.UTC)
}

// String returns the month as YYYY-MM.
func (m Month) String() string { return fmt.Sprintf("%04d-%02d", int(m)/12, int(m)%12+1) }

// FiscalYear is the year in which the fiscal year of m ends, when it begins with the month start, 1 to 12.
func (m Month) FiscalYear(start int) int {
	year := int(m) / 12
	if start > 1 && int(m)%12 >= start-1 {
		year++
	}
	return year
}
