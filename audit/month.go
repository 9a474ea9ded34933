package audit

import (
	"fmt"
	"time"
)

// Month counts calendar months from year 0, so that months of different years compare and add.
type Month int

// MonthOf returns the month of a time, in its own zone.
func MonthOf(t time.Time) Month { return Month(t.Year()*12 + int(t.Month()) - 1) }

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
