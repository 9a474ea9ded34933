package finance

import (
	"time"

	"github.com/rickar/cal/v2/us"
)

// The calendars of business days.
const (
	calendarUS   = "us"   // Monday to Friday, but not the federal holidays (5 U.S.C. 6103) on the day they are observed
	calendarNone = "none" // Monday to Friday
)

// The calendar covers what a date can be, and as much on either side as a notice can reach.
const (
	firstYear = 2014
	lastYear  = 2101
	maxNotice = 200 // business days, less than a year
)

// calendar counts business days by looking them up, since an estate asks for the same few years over and over.
type calendar struct {
	start  time.Time // the day of before[0]
	before []int     // before[i] is how many business days there are from start up to, not including, day i
	all    []time.Time
}

// newCalendar returns the calendar of that name, with more days off given as YYYY-MM-DD: Check takes no others.
func newCalendar(name string, holidays []string) *calendar {
	off := map[time.Time]bool{}
	if name == calendarUS {
		for year := firstYear; year <= lastYear; year++ {
			for _, h := range us.Holidays {
				if _, observed := h.Calc(year); !observed.IsZero() {
					y, m, d := observed.Date()
					off[time.Date(y, m, d, 0, 0, 0, 0, time.UTC)] = true
				}
			}
		}
	}
	for _, s := range holidays {
		t, _ := time.Parse(time.DateOnly, s)
		off[t] = true
	}
	c := &calendar{start: time.Date(firstYear, time.January, 1, 0, 0, 0, 0, time.UTC)}
	for t := c.start; t.Year() <= lastYear; t = t.AddDate(0, 0, 1) {
		c.before = append(c.before, len(c.all))
		if wd := t.Weekday(); wd != time.Saturday && wd != time.Sunday && !off[t] {
			c.all = append(c.all, t)
		}
	}
	return c
}

// businessDaysBefore returns how many business days precede t's date.
func (c *calendar) businessDaysBefore(t time.Time) int {
	return c.before[int(dateOf(t).Sub(c.start)/day)]
}

// back returns the n-th business day before t's date, and t's date itself when n is 0.
func (c *calendar) back(t time.Time, n int) time.Time {
	if n == 0 {
		return dateOf(t)
	}
	return c.all[c.businessDaysBefore(t)-n]
}

// until counts the business days after from's date up to and including to's: 0 where both are the same day. Where to has
// passed it is negative: less the business days from to's date up to, not including, from's, and -1 at the most.
func (c *calendar) until(from, to time.Time) int {
	from, to = dateOf(from), dateOf(to)
	if to.Before(from) {
		return min(-1, c.businessDaysBefore(to)-c.businessDaysBefore(from))
	}
	return c.businessDaysBefore(to.Add(day)) - c.businessDaysBefore(from.Add(day))
}
