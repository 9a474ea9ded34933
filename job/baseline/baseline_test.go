package baseline

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"tenor/audit"
	"tenor/internal/inline"
)

// reportWith returns a report with the findings.
func reportWith(asOf string, coverage []audit.Coverage, findings ...audit.Finding) audit.Report {
	return audit.Report{
		SchemaVersion: audit.ReportSchemaVersion, Status: audit.HasFindings, Run: audit.Run{ID: "run-" + asOf[:10], AsOf: asOf, Regions: []string{"r"}},
		Coverage: inline.Into(&audit.Ledger{}, coverage...), Rules: rulesOf("outposts.order_error", "outposts.quote_requirement_failed", "estate.contracts_cluster", "waivers.unused"),
		Findings: audit.NewList(inline.Of(findings...)),
	}
}

// changes compares two reports as a run does.
func changes(t *testing.T, before, after audit.Report, set func(*Scopes)) *audit.Changes {
	t.Helper()
	b, err := New(before)
	if err != nil {
		t.Fatal(err)
	}
	b.Against(&after)
	for f, err := range after.Findings.All() {
		if err != nil {
			t.Fatal(err)
		}
		if known := b.Note(&f, after.Run.AsOf); f.Verdict.Given() && (known == nil) != (f.Change == audit.Optional(audit.ChangeNew)) {
			t.Errorf("%s is %s, and known %v", f.Resource.ID, f.Change, known)
		}
	}
	scopes := NewScopes(after.Coverage, after.Rules)
	if set != nil {
		set(scopes)
	}
	t.Cleanup(func() { _ = b.Close() })
	c, err := b.Finish(scopes, after.Findings, t.TempDir())
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

func gap(region, operation string) audit.Coverage {
	return audit.Coverage{Account: "111122223333", Region: region, Service: "outposts", Operation: operation, Status: audit.StatusGap, Reason: audit.ReasonAccessDenied}
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
	rows := func(operations ...string) []audit.Coverage {
		var list []audit.Coverage
		for _, o := range operations {
			list = append(list, audit.Coverage{Account: "111122223333", Region: "r", Service: "outposts", Operation: o, Status: audit.StatusCollected})
		}
		return list
	}
	unknown := func(f *audit.Finding) { f.Verdict = audit.Unknown }
	type outcome struct {
		New, Persisting, Changed, Resolved, NotReevaluated, Silenced int
	}
	for _, tt := range []struct {
		name     string
		before   audit.Finding
		after    []audit.Finding
		coverage []audit.Coverage
		set      func(*Scopes)
		want     outcome
	}{
		{"persisting", in("r", "a", seen), []audit.Finding{in("r", "a")}, collected("r"), nil, outcome{Persisting: 1}},
		{"new beside it", in("r", "a"), []audit.Finding{in("r", "a"), in("r", "b")}, collected("r"), nil, outcome{New: 1, Persisting: 1}},
		{"resolved", in("r", "a"), nil, collected("r"), nil, outcome{Resolved: 1}},
		{"changed severity", in("r", "a"), []audit.Finding{in("r", "a", severity(audit.Low))}, collected("r"), nil, outcome{Changed: 1}},
		{"now waived", in("r", "a"), []audit.Finding{in("r", "a", verdict(audit.Waived))}, collected("r"), nil, outcome{Silenced: 1}},
		{"its list has a gap", in("r", "a"), nil, append(rows("ListQuotes"), gap("r", "ListOrders")), nil, outcome{NotReevaluated: 1}},
		{"a list of another kind has a gap", in("r", "a"), nil, append(collected("r"), gap("r", "ListQuotes")), nil, outcome{Resolved: 1}},
		{"the details of another have a gap", in("r", "a"), nil, append(collected("r"), gap("r", "GetOrder")), nil, outcome{Resolved: 1}},
		{"its own have", in("r", "a"), []audit.Finding{in("r", "a", unknown)}, append(collected("r"), gap("r", "GetOrder")), nil, outcome{NotReevaluated: 1}},
		{"another scope has a gap", in("r", "a"), nil, append(collected("r"), gap("s", "ListOrders")), nil, outcome{Resolved: 1}},
		{"its region was not asked", in("r", "a"), nil, collected("s"), nil, outcome{NotReevaluated: 1}},
		{"its region is not enabled now", in("r", "a"), nil, []audit.Coverage{{Account: "111122223333", Region: "r", Service: "outposts", Status: audit.StatusNotEnabled}}, nil, outcome{NotReevaluated: 1}},
		{"the account's role is gone", in("r", "a"), nil, []audit.Coverage{{Account: "111122223333", Service: "sts", Operation: "AssumeRole", Status: audit.StatusGap}}, nil, outcome{NotReevaluated: 1}},
		{"its rule is off", in("r", "a", rule("outposts.order_stalled")), nil, collected("r"), nil, outcome{Silenced: 1}},
		{"its rule could not tell", in("r", "a", rule("outposts.quote_requirement_failed")),
			[]audit.Finding{in("r", "a", rule("outposts.quote_requirement_failed"), unknown)}, collected("r"), nil, outcome{NotReevaluated: 1}},
		{"its rule failed", in("r", "a"), []audit.Finding{in("r", "a", verdict(audit.Error))}, collected("r"), nil, outcome{NotReevaluated: 1}},
		{"it was unknown, and passes", in("r", "a", unknown), nil, collected("r"), nil, outcome{}},
		{"it was unknown, and fails", in("r", "a", unknown), []audit.Finding{in("r", "a")}, collected("r"), nil, outcome{New: 1}},
		{"another is unknown", in("r", "a"), []audit.Finding{in("r", "a"), in("r", "b", unknown)}, collected("r"), nil, outcome{Persisting: 1}},
		{"an account that could not be read", in("", "a", rule("estate.contracts_cluster"), kind(audit.KindAccount, "")), nil,
			[]audit.Coverage{gap("r", "ListOrders")}, nil, outcome{NotReevaluated: 1}},
		{"an account of which regions were left out", in("", "a", rule("estate.contracts_cluster"), kind(audit.KindAccount, "")), nil, collected("r"),
			func(s *Scopes) { s.NarrowRegions, s.Regions = true, []string{"s"} }, outcome{NotReevaluated: 1}},
		{"an account with an unknown verdict", in("", "a", rule("estate.contracts_cluster"), kind(audit.KindAccount, "")),
			[]audit.Finding{in("", "a", rule("estate.contracts_cluster"), kind(audit.KindAccount, ""), unknown)}, collected("r"), nil, outcome{NotReevaluated: 1}},
		{"an account", in("", "a", rule("estate.contracts_cluster"), kind(audit.KindAccount, "")), nil, collected("r"), nil, outcome{Resolved: 1}},
		{"an account of which an optional call failed", in("", "a", rule("estate.contracts_cluster"), kind(audit.KindAccount, "")), nil,
			append(collected("r"), audit.Coverage{Account: "111122223333", Service: "account", Operation: "ListRegions", Status: audit.StatusOptional}), nil, outcome{Resolved: 1}},
		{"a waiver, in incomplete coverage", in("", "a", rule("waivers.unused"), kind(audit.KindWaiver, "")), nil, append(collected("r"), gap("r", "ListQuotes")), nil, outcome{NotReevaluated: 1}},
		{"a waiver", in("", "a", rule("waivers.unused"), kind(audit.KindWaiver, "")), nil, collected("r"), nil, outcome{Resolved: 1}},
		{"its account has left the organization", in("r", "a"), nil, nil, func(s *Scopes) { s.Members = map[string]bool{"1": true} }, outcome{Resolved: 1}},
		{"its account is in it", in("r", "a"), nil, nil, func(s *Scopes) { s.Members = map[string]bool{"111122223333": true} }, outcome{NotReevaluated: 1}},
		{"its account is excluded", in("r", "a"), nil, nil, func(s *Scopes) {
			s.Members, s.Excluded = map[string]bool{},
				[]string{"111122223333"}
		}, outcome{Silenced: 1}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before, after := reportWith(day1, collected("r"), tt.before), reportWith(day2, tt.coverage, tt.after...)
			c := changes(t, before, after, tt.set)
			got := outcome{c.New, c.Persisting, c.Changed.Len, c.Resolved.Len, c.NotReevaluated.Len, c.Silenced.Len}
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Error(d)
			}
			// the same when the finding was only carried by the report before
			carried := reportWith(day1, collected("r"))
			carried.Changes = &audit.Changes{NotReevaluated: audit.NewList(inline.Of(tt.before))}
			if tt.before.Verdict != audit.Fail {
				return
			}
			c = changes(t, carried, after, tt.set)
			got = outcome{c.New, c.Persisting, c.Changed.Len, c.Resolved.Len, c.NotReevaluated.Len, c.Silenced.Len}
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Errorf("carried: %s", d)
			}
			for ch, err := range c.Changed.All() {
				if err != nil || ch.Before.Fingerprint != ch.After.Fingerprint {
					t.Errorf("carried: changed from %+v", ch.Before)
				}
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

// A schedule that always names the same region resolves what it finds there of an account.
func TestSameRegionsAgain(t *testing.T) {
	f := in("", "a", func(f *audit.Finding) {
		f.Rule, f.Resource.Kind, f.Resource.Region = "estate.contracts_cluster", audit.KindAccount, ""
	})
	narrow := func(regions ...string) func(*Scopes) {
		return func(s *Scopes) { s.NarrowRegions, s.Regions = true, regions }
	}
	const day1, day2 = "2026-11-01T00:00:00Z", "2026-11-08T00:00:00Z"
	before := reportWith(day1, collected("r"), f)
	for regions, want := range map[string]int{"r": 1, "s": 0} {
		if c := changes(t, before, reportWith(day2, collected(regions)), narrow(regions)); c.Resolved.Len != want || c.NotReevaluated.Len != 1-want {
			t.Errorf("%s: %d resolved, %d not re-evaluated", regions, c.Resolved.Len, c.NotReevaluated.Len)
		}
	}
	before = reportWith(day1, collected("r")) // which carries it from a report of more regions
	before.Changes = &audit.Changes{NotReevaluated: audit.NewList(inline.Of(f))}
	if c := changes(t, before, reportWith(day2, collected("r")), narrow("r")); c.NotReevaluated.Len != 1 {
		t.Errorf("carried: %+v", c)
	}
}

// What finance derives by its settings are the facts of contracts and of what is asked or quoted for them, and those of their account: a
// finding on one of these may be gone for a setting.
func TestFinanceReachesFacts(t *testing.T) {
	rule := &audit.RuleResult{Rule: audit.Rule{ID: "ours.one", Origin: "rules"}}
	s := settings{rules: map[string]*audit.RuleResult{"ours.one": rule}}
	for _, kind := range audit.Kinds {
		f := audit.Finding{Rule: "ours.one", Resource: audit.ResourceRef{Kind: kind.Name}}
		want := kind.Facts != nil && (kind.Service == audit.ServiceOutposts || kind.Name == audit.KindAccount)
		if got := s.indirectly(&audit.Setting{Kind: audit.SettingFinance, Name: "discount_rate"}, &f); got != want {
			t.Errorf("%s: %v", kind.Name, got)
		}
	}
}
