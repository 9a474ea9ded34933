package billing

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"tenor/audit"
)

// reference holds exports and what is to be said of them, which other programs wrote.
const reference = "../../shared/bill/sample"

var formats = []string{"focus12", "focus10", "cur2", "cur2map", "cur2csv"}

// TestReferenceRows reads the same bill in each format: the rows are the same.
func TestReferenceRows(t *testing.T) {
	if _, err := os.Stat(reference); err != nil {
		t.Skip("the reference exports are not here")
	}
	var first *audit.Charges
	for _, format := range formats {
		c, err := Read(t.Context(), []string{filepath.Join(reference, format, "900000000009/tenor-bill")}, Months{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if len(c.Gaps) > 0 || len(c.Rows) != 23 {
			t.Errorf("%s: %d rows, gaps %v", format, len(c.Rows), c.Gaps)
		}
		if first == nil {
			first = c
			continue
		}
		invoices := cmpopts.IgnoreFields(audit.Charge{}, "Invoices")
		if format != "focus10" { // which has none
			invoices = cmp.Options{}
		}
		if d := cmp.Diff(first.Rows, c.Rows, invoices); d != "" {
			t.Errorf("%s (-) and %s (+):\n%s", formats[0], format, d)
		}
	}
}
