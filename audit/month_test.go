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
