package job

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tenor/audit"
	"tenor/job/decisions"
	"tenor/job/waivers"
)

// FuzzPlan reads plans: only what a plan was made as is taken for one, and it stays the same when it is written again.
func FuzzPlan(f *testing.F) {
	p := Plan{SchemaVersion: PlanSchemaVersion, TakenAt: "2026-11-20T09:00:00Z", Shards: make([]Shard, 2)}
	var err error
	if p.ID, err = p.digest(); err != nil {
		f.Fatal(err)
	}
	text, err := p.encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(text))
	f.Add(strings.Replace(string(text), p.ID, "right", 1))
	f.Add(strings.Replace(strings.Replace(string(text), p.ID, "right", 1), "[]", `["\xff", null]`, 1))
	f.Add(strings.Replace(string(text), "2026", "2027", 1))
	f.Add(`{"schema_version": "99.0"}`)
	f.Add("{")
	f.Fuzz(func(t *testing.T, text string) {
		var made Plan
		if json.Unmarshal([]byte(text), &made) == nil && made.SchemaVersion == PlanSchemaVersion && made.ID == "right" {
			if made.ID, err = made.digest(); err != nil {
				t.Fatal(err)
			}
			b, err := made.encode()
			if err != nil {
				t.Fatal(err)
			}
			text = string(b)
		}
		p, err := parsePlan("shards.json", []byte(text))
		if err != nil {
			if !strings.HasPrefix(err.Error(), "plan ") || strings.ContainsAny(err.Error(), "\n\r") {
				t.Errorf("%q", err)
			}
			return
		}
		written, err := p.encode()
		if err != nil {
			t.Fatal(err)
		}
		again, err := parsePlan("shards.json", written)
		if d := cmp.Diff(p, again); err != nil || d != "" {
			t.Errorf("written again %v, %s", err, d)
		}
	})
}

// FuzzAsOf reads dates and times: an instant of the years that there can be, or an error that shows what was given.
func FuzzAsOf(f *testing.F) {
	for _, s := range []string{"2026-11-20", "2026-11-20T09:00:00Z", "2026-02-30", "0000-00-00", "2026-11-20T09:00:00+99:99", "2100-12-31T23:59:59-14:00",
		"2014-12-31T23:59:59.999999999Z", "soon", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		at, err := ParseAsOf(s)
		if err == nil && (at.Year() < 2015 || at.Year() > 2100 || at.UTC().Year() < 2014 || at.UTC().Year() > 2101) {
			t.Errorf("%q is %s", s, at)
		}
		if err != nil && strings.ContainsAny(err.Error(), "\n\r") {
			t.Errorf("%q: %q", s, err)
		}
	})
}

// FuzzBaseline compares two reports that somebody else may have written: that ends with changes or an error, and without a panic; what is
// compared with itself has nothing new and nothing resolved.
func FuzzBaseline(f *testing.F) {
	read := func(name string) string {
		text, err := os.ReadFile(filepath.Join("..", "testdata", "reports", name))
		if err != nil {
			f.Fatal(err)
		}
		return string(text)
	}
	gaps, empty := read("gaps.json"), read("empty.json")
	f.Add(empty, gaps)
	f.Add(gaps, strings.Replace(gaps, `"verdict": "fail"`, `"verdict": "unknown"`, 1))
	f.Add(strings.Replace(gaps, `"severity": "high"`, `"severity": "worst"`, 1), gaps)
	f.Add(strings.Replace(gaps, `"coverage": [`, `"coverage": [null, `, 1), strings.Replace(gaps, `"2.0"`, `"1.0"`, 1))
	f.Fuzz(func(t *testing.T, before, after string) {
		dir := t.TempDir()
		a, b := filepath.Join(dir, "a.json"), filepath.Join(dir, "b.json")
		for path, text := range map[string]string{a: before, b: after} {
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		none := func(*audit.Changes, audit.FindingList) error { return nil }
		for _, err := range []error{Diff(a, b, none), Diff(b, a, none)} {
			if err != nil && strings.ContainsAny(err.Error(), "\n\r") {
				t.Errorf("an error of several lines: %q", err)
			}
		}
		same := func(c *audit.Changes, added audit.FindingList) error {
			if added.Len > 0 || c.Resolved.Len > 0 {
				t.Errorf("a report that is compared with itself has %d new findings, and %d are resolved", added.Len, c.Resolved.Len)
			}
			return nil
		}
		_ = Diff(a, a, same)
	})
}

// FuzzSignedLists reads what a signed bundle says of waivers and decisions: an error is one line, and names an entry that there is.
func FuzzSignedLists(f *testing.F) {
	const decision = `{"outpost": "op-0123456789abcdef0", "action": "return", "owner": "o", "reason": "r", "decided_on": "2026-11-01"}`
	const waiver = `{"rule": "a.b", "resource": "op-1", "reason": "r", "owner": "o", "expires": "2027-01-31"}`
	for _, list := range []string{"[]", "null", "{}", "7", `"x"`, "[null]", `[{"a": 1}]`,
		"[" + decision + "," + decision + "]", "[" + waiver + "]",
		`[` + waiver + `, {"rule": "a\u2028b"}]`, `[[[]]]`, `[{"": "\u0000"}]`, `[1e999, "\ud800"]`,
		`[` + waiver + `, "*x", "&x", "!!binary x", "- a", ": "]`} {
		f.Add(list)
	}
	f.Fuzz(func(t *testing.T, list string) {
		var doc any
		if json.Unmarshal([]byte(list), &doc) != nil {
			return // a bundle's data is JSON
		}
		encoded, err := audit.EncodeJSON(doc)
		if err != nil {
			t.Skip()
		}
		entries, _ := doc.([]any)
		_, waiversErr := waivers.Parse("data.tenor.waivers", listed("waivers", encoded), waivers.Limit{Days: 90, From: deliveryDay})
		_, decisionsErr := decisions.Parse("data.tenor.decisions", listed("decisions", encoded))
		for name, err := range map[string]error{"data.tenor.waivers": waiversErr, "data.tenor.decisions": decisionsErr} {
			if err == nil {
				continue
			}
			for _, text := range strings.Split(err.Error(), "\n") { // waivers names each that is wrong
				var line int
				if _, bad := fmt.Sscanf(text, name+":%d: ", &line); bad != nil || line < 1 || line > max(1, len(entries)) {
					t.Errorf("%d entries %s: %q", len(entries), encoded, err)
				}
			}
		}
	})
}
