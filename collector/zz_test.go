package collector

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"tenor/audit"
)

func TestRef(t *testing.T) {
	if os.Getenv("REF") == "" {
		t.Skip()
	}
	cfg, err := LoadConfig(context.Background(), LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "snapshot")
	s, err := Collect(context.Background(), Options{Config: cfg, Regions: []string{"eu-central-1"}, Organization: &Organization{RoleName: "TenorAudit", ExternalID: "example"}},
		func() (*audit.SnapshotWriter, error) { return audit.CreateSnapshot(dir) })
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range s.Manifest.Coverage {
		t.Logf("%+v", c)
	}
	for r, err := range s.Resources() {
		if err != nil {
			t.Fatal(err)
		}
		b, _ := audit.EncodeJSON(r)
		t.Logf("%s", b)
	}
	t.Logf("%+v", s.Manifest.Calls)
}
