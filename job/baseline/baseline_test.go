package baseline

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"tenor/audit"
)

// reportWith returns a report with the findings.
func reportWith(asOf string, coverage []audit.Coverage, findings ...audit.Finding) audit.Report {
	return audit.Report{
		SchemaVersion: audit.ReportSchemaVersion, Status: audit.HasFindings, Run: audit.Run{ID: "run-" + asOf[:10], AsOf: asOf},
		Coverage: coverage, Rules: rulesOf("outposts.order_error", "outposts.quote_requirement_failed", "estate.contracts_cluster", "waivers.unused"),
		Findings: audit.FindingsOf(findings...),
	}
}

// changes compares two reports as a run does.
func changes(t *testing.T, before, after audit.Report) *audit.Changes {
	t.Helper()
	b, err := New(before)
	if err != nil {
		t.Fatal(err)
	}
	for f, err := range after.Findings.All() {
		if err != nil {
			t.Fatal(err)
		}
		if known := b.Note(&f, after.Run.AsOf); (known == nil) != (f.Change == audit.Optional(audit.ChangeNew)) {
			t.Errorf("%s is %s, and known %v", f.Resource.ID, f.Change, known)
		}
	}
	c, err := b.Finish(NewScopes(after.Coverage, after.Rules))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func rulesOf(ids ...string) []audit.RuleResult {
	var rs []audit.RuleResult
	for _, id := range ids {
		rs = append(rs, audit.RuleResult{Rule: audit.Rule{ID: id}})
	}
	return rs
}

func in(region, id string, set ...func(*audit.Finding)) audit.Finding {
	f := audit.Finding{Rule: "outposts.order_error", Severity: audit.High, Verdict: audit.Fail, Msg: "ERROR",
		Resource: audit.ResourceRef{Kind: audit.KindOrder, ID: id, Account: "111122223333", Region: region}}
	for _, s := range set {
		s(&f)
	}
	f.Fingerprint = audit.Fingerprint(f.Rule, f.Resource, "")
	return f
}

func collected(regions ...string) []audit.Coverage {
	var rows []audit.Coverage
	for _, r := range regions {
		rows = append(rows, audit.Coverage{Account: "111122223333", Region: r, Service: "outposts", Operation: "ListOrders", Status: audit.StatusCollected})
	}
	return rows
}

func gap(region string) audit.Coverage {
	return audit.Coverage{Account: "111122223333", Region: region, Service: "outposts", Operation: "ListQuotes", Status: audit.StatusGap, Reason: audit.ReasonAccessDenied}
}

func TestChanges(t *testing.T) {
	const day1, day2 = "2026-11-01T00:00:00Z", "2026-11-08T00:00:00Z"
	seen := func(f *audit.Finding) { f.FirstSeen = "2026-10-01T00:00:00Z" }
	severity := func(s audit.Severity) func(*audit.Finding) { return func(f *audit.Finding) { f.Severity = s } }
	verdict := func(v audit.Verdict) func(*audit.Finding) { return func(f *audit.Finding) { f.Verdict = v } }
	rule := func(id string) func(*audit.Finding) { return func(f *audit.Finding) { f.Rule = id } }
	kind := func(k, region string) func(*audit.Finding) {
		return func(f *audit.Finding) { f.Resource.Kind, f.Resource.Region = k, region }
	}
	type outcome struct {
		New, Persisting, Changed, Resolved, NotReevaluated int
	}
	for _, tt := range []struct {
		name     string
		before   audit.Finding
		after    []audit.Finding
		coverage []audit.Coverage
		want     outcome
	}{
		{"persisting", in("r", "a", seen), []audit.Finding{in("r", "a")}, collected("r"), outcome{Persisting: 1}},
		{"new beside it", in("r", "a"), []audit.Finding{in("r", "a"), in("r", "b")}, collected("r"), outcome{New: 1, Persisting: 1}},
		{"resolved", in("r", "a"), nil, collected("r"), outcome{Resolved: 1}},
		{"changed severity", in("r", "a"), []audit.Finding{in("r", "a", severity(audit.Low))}, collected("r"), outcome{Changed: 1}},
		{"now waived", in("r", "a"), []audit.Finding{in("r", "a", verdict(audit.Waived))}, collected("r"), outcome{Changed: 1}},
		{"its scope has a gap", in("r", "a"), nil, append(collected("r"), gap("r")), outcome{NotReevaluated: 1}},
		{"another scope has a gap", in("r", "a"), nil, append(collected("r"), gap("s")), outcome{Resolved: 1}},
		{"its region was not asked", in("r", "a"), nil, collected("s"), outcome{NotReevaluated: 1}},
		{"its region is not enabled now", in("r", "a"), nil, []audit.Coverage{{Account: "111122223333", Region: "r", Service: "outposts", Status: audit.StatusNotEnabled}}, outcome{NotReevaluated: 1}},
		{"the account's role is gone", in("r", "a"), nil, []audit.Coverage{{Account: "111122223333", Service: "sts", Operation: "AssumeRole", Status: audit.StatusGap}}, outcome{NotReevaluated: 1}},
		{"its rule is off", in("r", "a", rule("outposts.order_stalled")), nil, collected("r"), outcome{NotReevaluated: 1}},
		{"its rule could not tell", in("r", "a", rule("outposts.quote_requirement_failed"), func(f *audit.Finding) { f.Resource.Name = "keyed" }),
			[]audit.Finding{in("r", "a", rule("outposts.quote_requirement_failed"), verdict(audit.Unknown))}, collected("r"), outcome{Changed: 1}},
		{"an account with a gap", in("", "a", rule("estate.contracts_cluster"), kind(audit.KindAccount, "")), nil, append(collected("r"), gap("r")), outcome{NotReevaluated: 1}},
		{"an account without one", in("", "a", rule("estate.contracts_cluster"), kind(audit.KindAccount, "")), nil, collected("r"), outcome{Resolved: 1}},
		{"a waiver, in incomplete coverage", in("", "a", rule("waivers.unused"), kind(audit.KindWaiver, "")), nil, append(collected("r"), gap("r")), outcome{NotReevaluated: 1}},
		{"a waiver", in("", "a", rule("waivers.unused"), kind(audit.KindWaiver, "")), nil, collected("r"), outcome{Resolved: 1}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := changes(t, reportWith(day1, collected("r"), tt.before), reportWith(day2, tt.coverage, tt.after...))
			got := outcome{c.New, c.Persisting, len(c.Changed), len(c.Resolved), len(c.NotReevaluated)}
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestFirstSeenIsCarriedOn(t *testing.T) {
	old := in("r", "a", func(f *audit.Finding) { f.FirstSeen = "2026-10-01T00:00:00Z" })
	b, err := New(reportWith("2026-11-01T00:00:00Z", collected("r"), old))
	if err != nil {
		t.Fatal(err)
	}
	same, fresh := in("r", "a"), in("r", "b")
	b.Note(&same, "2026-11-08T00:00:00Z")
	b.Note(&fresh, "2026-11-08T00:00:00Z")
	if same.FirstSeen != "2026-10-01T00:00:00Z" || same.Change != audit.Optional(audit.ChangePersisting) {
		t.Errorf("known: first seen %s, %s", same.FirstSeen, same.Change)
	}
	if fresh.FirstSeen != "2026-11-08T00:00:00Z" || fresh.Change != audit.Optional(audit.ChangeNew) {
		t.Errorf("new: first seen %s, %s", fresh.FirstSeen, fresh.Change)
	}
}

// What an optional call or a region without the service leaves unread hides no finding; a gap does.
func TestOptionalRowsHideNothing(t *testing.T) {
	f := audit.Finding{Rule: "r", Resource: audit.ResourceRef{Kind: audit.KindAccount, ID: "1", Account: "1"}}
	for status, want := range map[audit.CoverageStatus]bool{
		audit.StatusCollected: false, audit.StatusOptional: false, audit.StatusNotOffered: false, audit.StatusGap: true,
	} {
		ledger := []audit.Coverage{
			{Account: "1", Region: "eu-central-1", Service: "outposts", Status: audit.StatusCollected},
			{Account: "1", Service: "account", Operation: "ListRegions", Status: status},
		}
		s := NewScopes(ledger, []audit.RuleResult{{Rule: audit.Rule{ID: "r"}}})
		if have := s.hidden(&f); have != want {
			t.Errorf("%s: hidden %t, want %t", status, have, want)
		}
	}
}
