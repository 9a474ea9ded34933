package collector

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tenor/audit"
	"tenor/internal/awsread"
	"tenor/internal/awssim"
	"tenor/snapshot"
)

var update = flag.Bool("update", false, "write regions_table.go and the golden files anew")

// The accounts of testdata/estate.json.
const (
	management = "900000000009"
	plant      = "111122223333"
	lab        = "444455556666"
	locked     = "222233334444" // has not the role
	gone       = "777788889999" // is suspended
)

var testNow = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// quick is a pacing for tests: faults that last are over soon.
var quick = awsread.Pacing{InFlight: 32, Attempts: 4, Transient: 3, Slow: 1, Backoff: time.Millisecond, Longest: 4 * time.Millisecond, Attempt: time.Minute, Pages: 300, Page: 2 << 20, Detail: 1 << 20, Small: 64 << 10}

// simulation is a simulated AWS that keeps the requests.
type simulation struct {
	*awssim.Server
	mu       sync.Mutex
	requests []awssim.Request
}

// Requests returns them in the order of their answers.
func (s *simulation) Requests() []awssim.Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// simulate starts a simulated AWS; without an estate it has testdata/estate.json.
func simulate(t testing.TB, o awssim.Options) *simulation {
	t.Helper()
	if o.Estate == nil {
		o.Estate = testEstate(t)
	}
	sim, asked := &simulation{}, o.OnRequest
	o.OnRequest = func(r awssim.Request) {
		sim.mu.Lock()
		sim.requests = append(sim.requests, r)
		sim.mu.Unlock()
		if asked != nil {
			asked(r)
		}
	}
	var err error
	if sim.Server, err = awssim.Start(o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := sim.Close(); err != nil {
			t.Error(err)
		}
	})
	return sim
}

func testEstate(t testing.TB) *awssim.Estate {
	t.Helper()
	b, err := os.ReadFile("testdata/estate.json")
	if err != nil {
		t.Fatal(err)
	}
	return estate(t, string(b))
}

func estate(t testing.TB, file string) *awssim.Estate {
	t.Helper()
	e, err := awssim.LoadEstate(bytes.NewReader([]byte(file)), testNow)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// optionsFor are the options of a quick run as an account's own user.
func optionsFor(t testing.TB, sim *simulation, account string) Options {
	t.Helper()
	cfg, err := awsread.LoadConfig(t.Context(), awsread.LoadOptions{Endpoint: sim.URL(), AccessKey: awssim.AccessKey(account), Region: "eu-central-1"})
	if err != nil {
		t.Fatal(err)
	}
	return Options{Config: cfg, ToolVersion: "test", Now: func() time.Time { return testNow }, Regions: []string{"eu-central-1"}, Rate: 1000, pacing: &quick}
}

func organization() *Organization {
	return &Organization{RoleName: "TenorAudit", ExternalID: "example"}
}

// collectInto collects into a new snapshot in dir.
func collectInto(ctx context.Context, o Options, dir string) (*snapshot.Snapshot, error) {
	return Collect(ctx, o, func() (*snapshot.Writer, error) { return snapshot.Create(dir) })
}

// collected is a run that must succeed.
func collected(t testing.TB, o Options) *snapshot.Snapshot {
	t.Helper()
	s, err := collectInto(t.Context(), o, filepath.Join(t.TempDir(), "snapshot"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// resources reads a snapshot back.
func resources(t testing.TB, s *snapshot.Snapshot) []*audit.Resource {
	t.Helper()
	var out []*audit.Resource
	for r, err := range s.Resources() {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, r)
	}
	return out
}

// resource finds one resource of a snapshot.
func resource(t testing.TB, s *snapshot.Snapshot, id string) *audit.Resource {
	t.Helper()
	for _, r := range resources(t, s) {
		if r.ID == id {
			return r
		}
	}
	t.Fatalf("%s is not in the snapshot", id)
	return nil
}

// gaps are the rows of the ledger that are gaps.
func gaps(s *snapshot.Snapshot) []audit.Coverage {
	out := []audit.Coverage{}
	for c := range s.Manifest.Coverage.All() {
		if c.Status == audit.StatusGap {
			out = append(out, c)
		}
	}
	return out
}

// unread are the rows of the ledger of what was not read: gaps, and what a run does without.
func unread(s *snapshot.Snapshot) []audit.Coverage {
	out := gaps(s)
	for c := range s.Manifest.Coverage.All() {
		if c.Status == audit.StatusOptional {
			out = append(out, c)
		}
	}
	return out
}

// golden compares a value, as JSON, with testdata/name.
func golden(t *testing.T, name string, v any) {
	t.Helper()
	var got bytes.Buffer
	e := json.NewEncoder(&got)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	if err := e.Encode(v); err != nil {
		t.Fatal(err)
	}
	goldenBytes(t, name, got.Bytes())
}

func goldenBytes(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}
