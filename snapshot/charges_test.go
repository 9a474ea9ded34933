package snapshot

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tenor/audit"
)

// TestCharges keeps what AWS charged, and refuses a file that is not the one in the manifest.
func TestCharges(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "snapshot")
	w, err := Create(dir)
	if err != nil {
		t.Fatal(err)
	}
	want := &audit.Charges{
		Sources: []audit.ChargeSource{{Payer: "111122223333", Period: "2026-09", Files: []audit.ChargeFile{{Name: "data/x", Version: "v"}},
			Accounts: []string{}, Missing: []string{}, Lines: 7}},
		Gaps: []audit.ChargeGap{{Payer: "111122223333", Period: "2026-10", Export: "s3://b/e", File: "data/y", Reason: audit.ReasonError, Message: "cut"}},
		Rows: []audit.Charge{{Period: "2026-09", Contracted: "1.5", Lines: 2, Invoices: []string{}}},
	}
	if err := w.SetCharges(want, Bill{Exports: []string{"s3://b/e"}, Months: 13}, []string{"s3://b/e", "13 months"}); err != nil {
		t.Fatal(err)
	}
	s, err := w.Finish(Manifest{})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(Bill{Exports: []string{"s3://b/e"}, Months: 13}, s.Manifest.Charges.Bill); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(want.Coverage(), slices.Collect(s.Manifest.Coverage.All())); d != "" {
		t.Errorf("the ledger:\n%s", d)
	}
	if err := CheckOwn(dir); err != nil {
		t.Error(err)
	}
	if s, err = Open(dir); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Charges(); err != nil || !cmp.Equal(want, got) {
		t.Error(err, cmp.Diff(want, got))
	}
	if err := os.WriteFile(filepath.Join(dir, chargesName), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Charges(); err == nil || !strings.Contains(err.Error(), "is not the one in the manifest") {
		t.Error(err)
	}
}
