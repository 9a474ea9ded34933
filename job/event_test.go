package job

import (
	"archive/tar"
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/gzip"

	"tenor/job/delivery"
)

func TestEventStandsOverDefaults(t *testing.T) {
	ev, err := ReadEvent(context.Background(), []byte(`{"regions": ["eu-central-1"],
		"policies": {"params": {"outposts.quote_expiring": {"days": 14}}},
		"finance": {"discount_rate": 0.1}, "notify": {"on": "always"}, "as_of": "2026-12-31", "waivers": "caf\u00e9 \ud83d\ude00.yaml",
			"step": "shard", "plan": "s3://b/p/shards.json", "shard": 2}`), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	want := DefaultConfig()
	want.Regions = []string{"eu-central-1"}
	want.Policies.Params = map[string]map[string]any{"outposts.quote_expiring": {"days": 14}}
	want.Finance.DiscountRate, want.Notify.On, want.Waivers = "0.1", delivery.NotifyAlways, "café 😀.yaml"
	want.AsOf, err = ParseAsOf("2026-12-31")
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(Event{Config: want, At: "2026-12-31", Step: "shard", Plan: "s3://b/p/shards.json", Shard: 2}, ev); d != "" {
		t.Error(d)
	}
}

// FuzzEvent wants an error or an event, whatever a function is invoked with.
func FuzzEvent(f *testing.F) {
	for _, s := range []string{`{}`, `null`, `[]`, `{"output": {"s3": "s3://b/p"}}`, `{"regions": ["eu-central-1"]} {}`,
		`{"policies": {"params": {"a": {"b": [1e400]}}}}`, `{"a": "\u2028\u0000"}`, "{\"a\":\t1}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		ev := Event{Config: DefaultConfig()}
		if err := ev.decode([]byte(text)); err != nil && !strings.HasPrefix(err.Error(), "event") {
			t.Errorf("%q: %v", text, err)
		}
	})
}

// FuzzPartial wants that nothing is written outside the folder, whatever an object holds.
func FuzzPartial(f *testing.F) {
	pack := func(names ...string) []byte {
		var b bytes.Buffer
		gz := gzip.NewWriter(&b)
		t := tar.NewWriter(gz)
		for _, name := range names {
			if err := t.WriteHeader(&tar.Header{Name: name, Size: 1, Mode: 0o600}); err != nil {
				f.Fatal(err)
			}
			if _, err := t.Write([]byte("x")); err != nil {
				f.Fatal(err)
			}
		}
		if err := t.Close(); err != nil {
			f.Fatal(err)
		}
		if err := gz.Close(); err != nil {
			f.Fatal(err)
		}
		return b.Bytes()
	}
	f.Add(pack("partial.json", "snapshot/manifest.json"))
	f.Add(pack("../outside"))
	f.Add(pack("/outside"))
	f.Add(pack("a/../../outside"))
	f.Add([]byte("no gzip"))
	f.Fuzz(func(t *testing.T, b []byte) {
		root := t.TempDir()
		if err := os.WriteFile(filepath.Join(root, "outside"), []byte("mine"), 0o600); err != nil {
			t.Fatal(err)
		}
		_ = unpackPartial(bytes.NewReader(b), filepath.Join(root, "in")) // an error is as good as none
		left, err := os.ReadDir(root)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range left {
			if e.Name() != "outside" && e.Name() != "in" {
				t.Errorf("%s was written", e.Name())
			}
		}
		if b, err := os.ReadFile(filepath.Join(root, "outside")); err != nil || string(b) != "mine" {
			t.Errorf("%v: %s", err, b)
		}
	})
}
