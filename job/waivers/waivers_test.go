package waivers

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tenor/audit"
)

const waiverText = `waivers:
  - rule: outposts.order_error
    resource: oo-1
    reason: known to AWS support
    owner: platform
    expires: 2026-12-31
  - {rule: outposts.order_error, resource: "arn:aws:outposts:*:order/oo-2?", account: "111122223333",
     reason: r, owner: o, expires: 2026-11-01}
  - {rule: general.tag_missing, resource: "pp-*", reason: r, owner: o, expires: 2027-01-01}
`

func finding(rule, id, arn string) audit.Finding {
	return audit.Finding{Rule: rule, Severity: audit.High, Verdict: audit.Fail,
		Resource: audit.ResourceRef{Kind: audit.KindOrder, ID: id, ARN: audit.Optional(arn), Account: "111122223333"}}
}

func TestWaiversApply(t *testing.T) {
	asOf := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name string
		f    audit.Finding
		at   time.Time
		want audit.Verdict
	}{
		{"by id", finding("outposts.order_error", "oo-1", ""), asOf, audit.Waived},
		{"another rule", finding("outposts.order_stalled", "oo-1", ""), asOf, audit.Fail},
		{"another id", finding("outposts.order_error", "oo-10", ""), asOf, audit.Fail},
		{"by a glob", finding("general.tag_missing", "pp-7", ""), asOf, audit.Waived},
		{"expired", finding("outposts.order_error", "x", "arn:aws:outposts:eu-central-1:111122223333:order/oo-2a"), asOf, audit.Fail},
		{"by a glob over the ARN", finding("outposts.order_error", "x", "arn:aws:outposts:eu-central-1:111122223333:order/oo-2a"),
			time.Date(2026, 11, 1, 23, 59, 59, 0, time.UTC), audit.Waived},
		{"on its last day", finding("outposts.order_error", "oo-1", ""), time.Date(2026, 12, 31, 23, 59, 59, 0, time.UTC), audit.Waived},
		{"the day after", finding("outposts.order_error", "oo-1", ""), time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC), audit.Fail},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ws, err := Parse("waivers.yaml", []byte(waiverText), Limit{})
			if err != nil {
				t.Fatal(err)
			}
			ws.Apply(&tt.f, tt.at)
			if tt.f.Verdict != tt.want || (tt.f.Waiver != nil) != (tt.want == audit.Waived) {
				t.Errorf("verdict %s waiver %v, want %s", tt.f.Verdict, tt.f.Waiver, tt.want)
			}
		})
	}
	t.Run("only failures", func(t *testing.T) {
		ws, err := Parse("waivers.yaml", []byte(waiverText), Limit{})
		if err != nil {
			t.Fatal(err)
		}
		f := finding("outposts.order_error", "oo-1", "")
		f.Verdict = audit.Unknown
		if ws.Apply(&f, asOf); f.Verdict != audit.Unknown {
			t.Error("an unknown was waived")
		}
	})
}

func TestWaiverFindings(t *testing.T) {
	asOf := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
	ws, err := Parse("waivers.yaml", []byte(waiverText), Limit{})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range []audit.Finding{finding("outposts.order_error", "oo-1", ""),
		finding("outposts.order_error", "x", "arn:aws:outposts:r:order/oo-2a")} {
		ws.Apply(&f, asOf)
	}
	results := ws.Results(asOf)
	var statuses []string
	for _, r := range results {
		statuses = append(statuses, r.Status)
	}
	if d := cmp.Diff([]string{"used", "expired", "unused"}, statuses); d != "" {
		t.Error(d)
	}
	if got := results[1].Line; got != 7 {
		t.Errorf("line %d, want 7", got)
	}
	ids := func(fs []audit.Finding) []string {
		var list []string
		for _, f := range fs {
			list = append(list, f.Rule)
		}
		return list
	}
	all := Rules(nil, map[string]string{"waivers.unused": "info"})
	read := func(is bool) func(*audit.WaiverResult) bool { return func(*audit.WaiverResult) bool { return is } }
	fs := ws.Findings(results, all, read(true))
	if d := cmp.Diff([]string{"waivers.expired", "waivers.unused"}, ids(fs)); d != "" {
		t.Error(d)
	}
	if fs[1].Severity != audit.Info {
		t.Errorf("severity %s, want the config's", fs[1].Severity)
	}
	if d := cmp.Diff([]string{"waivers.expired"}, ids(ws.Findings(results, all, read(false)))); d != "" {
		t.Errorf("with incomplete coverage: %s", d)
	}
	off := Rules([]string{"waivers.expired"}, nil)
	if d := cmp.Diff([]string{"waivers.unused"}, ids(ws.Findings(results, off, read(true)))); d != "" {
		t.Errorf("disabled: %s", d)
	}
}

func TestWaiverErrorsNameTheLine(t *testing.T) {
	ok := `{rule: a.b, resource: x, reason: r, owner: o, expires: 2026-12-31}`
	for _, tt := range []struct{ name, text, want string }{
		{"no owner", "waivers:\n- " + ok + "\n- {rule: a.b, resource: y, reason: r, expires: 2026-12-31}", "w.yaml:3: a waiver needs owner"},
		{"blank reason", `waivers: [{rule: a.b, resource: y, reason: " ", owner: o, expires: 2026-12-31}]`, "w.yaml:1: a waiver needs reason"},
		{"unreadable date", "waivers:\n\n- {rule: a.b, resource: y, reason: r, owner: o, expires: 31.12.2026}",
			`w.yaml:3: expires: "31.12.2026" is no date`},
		{"duplicate", "waivers:\n- " + ok + "\n- " + ok, "w.yaml:3: the waiver of a.b for x stands in line 2 too"},
		{"everything", "waivers:\n- " + strings.Replace(ok, "resource: x", `resource: "*"`, 1), `w.yaml:2: resource: "*" matches everything`},
		{"bad glob", "waivers:\n- " + strings.Replace(ok, "resource: x", `resource: "[x"`, 1), `w.yaml:2: resource: "[x"`},
		{"unknown key", "waivers:\n- " + strings.Replace(ok, "owner", "ownr", 1), `w.yaml:2: unknown key "ownr"`},
		{"finding", "waivers:\n- " + strings.Replace(ok, "rule:", "finding: 3f2a91c0, rule:", 1),
			`w.yaml:2: finding: "3f2a91c0" is no fingerprint of 64`},
		{"waiver of a waiver", "waivers:\n- " + strings.Replace(ok, "a.b", "waivers.unused", 1),
			"w.yaml:2: rule: waivers.unused: waivers.* cannot be waived"},
		{"account", "waivers:\n- " + strings.Replace(ok, "rule:", "account: 12, rule:", 1), "w.yaml:2: account: "},
		{"a list", "- " + ok, "w.yaml:1: "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse("w.yaml", []byte(tt.text), Limit{})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one with %q", err, tt.want)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add(waiverText)
	f.Add("waivers: [a]")
	f.Fuzz(func(_ *testing.T, text string) {
		ws, err := Parse("w.yaml", []byte(text), Limit{})
		if err != nil {
			return
		}
		fi := finding("outposts.order_error", "oo-1", "arn")
		ws.Apply(&fi, time.Unix(0, 0))
	})
}
