package collector

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tenor/audit"
	"tenor/internal/awssim"
)

func TestCollectDemo(t *testing.T) {
	estate, err := awssim.DemoEstate(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	sim, err := awssim.Start(awssim.Options{Estate: estate})
	if err != nil {
		t.Fatal(err)
	}
	defer sim.Close()
	cfg, err := LoadConfig(context.Background(), LoadOptions{Endpoint: sim.URL(), AccessKey: awssim.AccessKey(estate.Organization.ManagementAccount)})
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "snapshot")
	s, err := Collect(context.Background(), Options{Config: cfg, Organization: &Organization{RoleName: estate.Role.Name, ExternalID: estate.Role.ExternalID}},
		func() (*audit.SnapshotWriter, error) { return audit.CreateSnapshot(dir) })
	if err != nil {
		t.Fatal(err)
	}
	want := map[audit.CoverageStatus]bool{audit.StatusCollected: true, audit.StatusNotEnabled: true, audit.StatusSuspended: true}
	got := map[audit.CoverageStatus]bool{}
	for _, c := range s.Manifest.Coverage {
		got[c.Status] = true
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("statuses on the ledger (-want +got):\n%s", diff)
	}
}
