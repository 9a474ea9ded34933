package workbook

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestCapacity holds the sheet Capacity to the report: a row for each Outpost that is not another account's, which says where nothing
// was read, and a link to it from the decision that it bears on.
func TestCapacity(t *testing.T) {
	r, rs := fullReport(1)
	f := written(t, r, rs)
	row, want, at := 1, []string{}, map[string]string{}
	for _, v := range renewalsOf(&r) {
		rn := &v
		if rn.Shared {
			continue
		}
		row++
		known, idle := "not read", ""
		if rn.Capacity != nil {
			known, idle = "read", fmt.Sprint(rn.Capacity.Idle)
			at[rn.Resource.ID] = fmt.Sprint("'Capacity'!A", row)
		}
		want = append(want, strings.Join([]string{rn.Resource.ID, known, idle, strings.TrimRight(string(rn.IdleMonthly), "0.")}, " "))
	}
	cell := func(sheet, head string, row int) string { return column(t, f, sheet, head, 1) + fmt.Sprint(row) }
	value := func(sheet, head string, row int) string { return rawValue(t, f, sheet, cell(sheet, head, row)) }
	var got []string
	for n := 2; n <= row; n++ {
		share := strings.TrimRight(value("Capacity", "Idle share per month", n), "0.")
		got = append(got, strings.Join([]string{value("Capacity", "Outpost ID", n), value("Capacity", "Capacity is", n), value("Capacity", "Idle", n), share}, " "))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the rows (-want +got):\n%s", diff)
	}
	for n, linked := 2, 0; ; n++ {
		id := value("Decisions", "Outpost ID", n)
		if id == "" {
			if linked == 0 {
				t.Error("no decision leads to Capacity: it tests nothing")
			}
			return
		}
		ok, link, err := f.GetCellHyperLink("Decisions", cell("Decisions", "Paid for idle slots per month", n))
		if err != nil {
			t.Fatal(err)
		}
		if want, has := at[id]; ok != has || strings.TrimPrefix(link, "#") != want {
			t.Errorf("the decision on %s leads to %q, want %q", id, link, want)
		}
		linked++
	}
}
