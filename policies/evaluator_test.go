package policies

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/open-policy-agent/opa/v1/rego"

	"tenor/audit"
	"tenor/internal/memory"
)

// load loads the pack with policies of a user.
func load(t *testing.T, o Options, files map[string]string) *Pack {
	t.Helper()
	if files != nil {
		o.Dirs = append(o.Dirs, writeTree(t, files))
	}
	p, err := Load(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func evaluator(t *testing.T, p *Pack) *Evaluator {
	t.Helper()
	e, err := p.NewEvaluator(TestTime())
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func eval(t *testing.T, e *Evaluator, r *audit.Resource) []audit.Finding {
	t.Helper()
	found, err := e.Eval(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// lines renders findings, without their fingerprints and what every finding of a rule has alike.
func lines(found []audit.Finding) []string {
	out := []string{}
	for _, f := range found {
		line := fmt.Sprintf("%s %s %s: %s", f.Rule, f.Severity, f.Verdict, f.Msg)
		if f.Evidence != nil {
			line += " " + string(f.Evidence)
		}
		out = append(out, line)
	}
	return out
}

func order(spec string) *audit.Resource {
	return &audit.Resource{Kind: audit.KindOrder, ID: "oo-1", Account: "111122223333", Region: "eu-central-1", Spec: json.RawMessage(spec),
		Related: map[string]json.RawMessage{}, Gaps: map[string]audit.Gap{}}
}

func TestFinding(t *testing.T) {
	e := evaluator(t, load(t, Options{}, nil))
	r := &audit.Resource{
		Kind: audit.KindProvisionedProduct, ID: "pp-1", ARN: "arn:aws:servicecatalog:eu-central-1:111122223333:stack/pp-1", Name: "db",
		Account: "111122223333", Region: "eu-central-1",
		Tags:  map[string]string{"Owner": "team-a", "CostCenter": "1"},
		Spec:  json.RawMessage(`{"Status": "ERROR", "LastRecordId": "rec-1; rm -rf /'s"}`),
		Facts: json.RawMessage(`{"errors": ["X: <broken> & lost"]}`),
	}
	want := []audit.Finding{{
		Fingerprint: audit.Fingerprint("service_catalog.product_error", r.Ref(), ""), Rule: "service_catalog.product_error",
		Severity: audit.High, Verdict: audit.Fail, Resource: r.Ref(),
		Msg: "the product is in ERROR: X: <broken> & lost", Evidence: json.RawMessage(`{"cause":null,"record":"rec-1; rm -rf /'s","status":"ERROR"}`),
		Remediation: "Read the errors of the record. Put the cause right before anything else: the same request fails again. Then ask for it " +
			"again: an update asks for the parameters again, needs the launch path, and may replace the product entirely. Where nobody needs " +
			"the product, have its owner terminate it, which deletes what it provisioned.",
		Command: `aws servicecatalog describe-record --id 'rec-1; rm -rf /'\''s' --region eu-central-1`,
	}}
	if diff := cmp.Diff(want, eval(t, e, r)); diff != "" {
		t.Error(diff)
	}
}

// Due, amount and severity are the element's own.
func TestFindingOfElement(t *testing.T) {
	p := load(t, Options{}, map[string]string{"a.rego": meta("") + `package tenor.acme.a

deny contains {
	"msg": "m", "severity": "critical", "due": "2026-12-08", "amount_cents": 123456, "amount_per": "month", "command": "aws x",
	"key": input.id, "evidence": {"b": 1.50, "a": null},
} if input.kind == "outposts.order"
`})
	r := order("{}")
	found := eval(t, evaluator(t, p), r)
	want := []audit.Finding{{
		Fingerprint: audit.Fingerprint("acme.a", r.Ref(), "oo-1"), Rule: "acme.a", Severity: audit.Critical, Verdict: audit.Fail,
		Resource: r.Ref(), Msg: "m",
		Evidence: json.RawMessage(`{"a":null,"b":1.50}`), Due: "2026-12-08",
		Amount: &audit.Money{Value: "1234.56", Currency: "USD", Per: audit.PerMonth}, Command: "aws x", Remediation: "Call somebody.",
	}}
	if diff := cmp.Diff(want, found); diff != "" {
		t.Error(diff)
	}
	o := Options{Severity: map[string]audit.Severity{"acme.a": audit.Info}}
	p = load(t, o, map[string]string{"a.rego": meta("") +
		"package tenor.acme.a\n\ndeny contains {\"msg\": \"m\", \"severity\": \"critical\"} if input.kind == \"outposts.order\"\n"})
	if diff := cmp.Diff([]string{"acme.a info fail: m"}, lines(eval(t, evaluator(t, p), r))); diff != "" {
		t.Errorf("the config's severity: %s", diff)
	}
}

// Findings of one rule on one resource are told apart by the rule's key, failing that by their message, and failing that by all
// that they say and where.
func TestFingerprints(t *testing.T) {
	p := load(t, Options{Namespaces: []string{"main"}}, map[string]string{"a.rego": `package main

deny contains {"msg": "1", "key": "k1"} if input.kind == "outposts.order"
deny contains {"msg": "2", "key": "k2"} if input.kind == "outposts.order"
deny contains {"msg": "3", "key": "k2"} if input.kind == "outposts.order"
warn contains "4" if input.kind == "outposts.order"
warn contains "5" if input.kind == "outposts.order"
deny contains {"msg": "6", "port": p} if some p in [22, 80]
deny contains "7" if input.kind == "outposts.order"
warn contains "7" if input.kind == "outposts.order"
`})
	r := order("{}")
	var have []string
	for _, f := range eval(t, evaluator(t, p), r) {
		have = append(have, f.Fingerprint)
	}
	var want []string
	for _, key := range []string{
		"\x007\x00deny \"7\"", "k1", "k2\x002", "k2\x003", "\x006\x00deny {\"msg\": \"6\", \"port\": 22}",
		"\x006\x00deny {\"msg\": \"6\", \"port\": 80}",
		"\x004", "\x005", "\x007\x00warn \"7\"",
	} {
		want = append(want, audit.Fingerprint("main", r.Ref(), key))
	}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Error(diff)
	}
}

func TestVerdicts(t *testing.T) {
	gap := audit.Gap{Operation: "GetOutpostBillingInformation", Reason: audit.ReasonDeniedBySCP,
		Message: "explicit deny in a service control policy"}
	tests := []struct {
		name     string
		rule     string
		resource audit.Resource
		want     map[audit.Verdict]int
		msg      string
	}{
		{"a gap is unknown", "outposts.month_to_month", audit.Resource{Kind: audit.KindOutpost, Gaps: map[string]audit.Gap{"billing": gap}},
			map[audit.Verdict]int{audit.Unknown: 1},
			"cannot tell: billing is missing: GetOutpostBillingInformation: denied_by_scp: explicit deny in a service control policy"},
		{"two gaps are named both, one of which the run does without", "outposts.renewal_unpriced",
			audit.Resource{Kind: audit.KindOutpost, Gaps: map[string]audit.Gap{"billing": gap,
				"renewal_pricing": {Operation: "GetRenewalPricing", Reason: audit.ReasonThrottled, Optional: true}}},
			map[audit.Verdict]int{audit.Unknown: 1},
			"cannot tell: billing is missing: GetOutpostBillingInformation: denied_by_scp: explicit deny in a service control policy; " +
				"renewal_pricing is missing: GetRenewalPricing: throttled"},
		{"one gap of two is enough", "outposts.renewal_unpriced",
			audit.Resource{Kind: audit.KindOutpost, Related: map[string]json.RawMessage{"billing": json.RawMessage("{}")},
				Gaps: map[string]audit.Gap{"renewal_pricing": gap}}, map[audit.Verdict]int{audit.Unknown: 1},
			"cannot tell: renewal_pricing is missing: GetOutpostBillingInformation: denied_by_scp: explicit deny in a service control policy"},
		{"a gap of another section changes nothing", "outposts.month_to_month",
			audit.Resource{Kind: audit.KindOutpost, Related: map[string]json.RawMessage{"billing": json.RawMessage("{}")},
				Facts: json.RawMessage(`{"month_to_month": false}`), Gaps: map[string]audit.Gap{"renewal_pricing": gap}},
			map[audit.Verdict]int{audit.Pass: 1}, ""},
		{"a section that is absent without a gap: the rule does not apply", "outposts.month_to_month",
			audit.Resource{Kind: audit.KindOutpost}, map[audit.Verdict]int{}, ""},
		{"a section that is null: the rule does not apply", "outposts.month_to_month",
			audit.Resource{Kind: audit.KindOutpost, Related: map[string]json.RawMessage{"billing": json.RawMessage("null")}},
			map[audit.Verdict]int{}, ""},
		{"a gap of the resource itself", "outposts.order_error",
			audit.Resource{Kind: audit.KindOrder, Spec: json.RawMessage(`{"Status": "ERROR"}`),
				Gaps: map[string]audit.Gap{"spec": {Operation: "GetOrder", Reason: audit.ReasonTimeout}}}, map[audit.Verdict]int{audit.Unknown: 1},
			"cannot tell: spec is missing: GetOrder: timeout"},
		{"a gap of the tags", "general.tag_missing", audit.Resource{Kind: audit.KindOutpost, Gaps: map[string]audit.Gap{"tags": gap}},
			map[audit.Verdict]int{audit.Unknown: 1}, "cannot tell: tags is missing: GetOutpostBillingInformation: denied_by_scp: explicit deny " +
				"in a service control policy"},
		{"a gap among an account's commitments", "estate.contracts_cluster",
			audit.Resource{Kind: audit.KindAccount, Gaps: map[string]audit.Gap{"commitments": gap}}, map[audit.Verdict]int{audit.Unknown: 1},
			"cannot tell: commitments is missing: GetOutpostBillingInformation: denied_by_scp: explicit deny in a service control policy"},
		{"a section that this resource needs", "service_catalog.last_request_failed",
			audit.Resource{Kind: audit.KindProvisionedProduct, Spec: json.RawMessage(`{"Status": "AVAILABLE", "LastRecordId": "a", ` +
				`"LastSuccessfulProvisioningRecordId": "b"}`), Gaps: map[string]audit.Gap{"records": {Operation: "ListRecordHistory",
				Reason: audit.ReasonError}}}, map[audit.Verdict]int{audit.Unknown: 1}, "cannot tell: records is missing: ListRecordHistory: error"},
		{"a section without which the run does", "service_catalog.share_not_accepted",
			audit.Resource{Kind: audit.KindPortfolio, Gaps: map[string]audit.Gap{"shares": {Operation: "DescribePortfolioShares",
				Reason: audit.ReasonAccessDenied, Optional: true}}}, map[audit.Verdict]int{audit.Unknown: 1},
			"cannot tell: shares is missing: DescribePortfolioShares: access_denied"},
		{"a section without which the run does, as the gap alone says", "service_catalog.share_not_accepted",
			audit.Resource{Kind: audit.KindPortfolio, Gaps: map[string]audit.Gap{"shares": {Operation: "ListShares",
				Reason: audit.ReasonAccessDenied, Optional: true}}}, map[audit.Verdict]int{audit.Unknown: 1},
			"cannot tell: shares is missing: ListShares: access_denied"},
		{"a section without which the run does, as the operation alone says", "service_catalog.share_not_accepted",
			audit.Resource{Kind: audit.KindPortfolio, Gaps: map[string]audit.Gap{"shares": {Operation: "DescribePortfolioShares",
				Reason: audit.ReasonAccessDenied}}}, map[audit.Verdict]int{audit.Unknown: 1},
			"cannot tell: shares is missing: DescribePortfolioShares: access_denied"},
		{"a section that this resource does not need", "estate.commitment_over_limit",
			audit.Resource{Kind: audit.KindAccount, Gaps: map[string]audit.Gap{"commitments": gap}}, map[audit.Verdict]int{audit.Pass: 1}, ""},
		{"another kind", "outposts.order_error", audit.Resource{Kind: audit.KindQuote, Spec: json.RawMessage(`{"Status": "ERROR"}`)},
			map[audit.Verdict]int{}, ""},
		{"null says the same as nothing", "outposts.quote_expired",
			audit.Resource{Kind: audit.KindQuote, Spec: json.RawMessage(`{"QuoteStatus": "EXPIRED", "ExpirationDate": "2026-11-30T00:00:00Z", ` +
				`"SubmittedOrderId": null}`)}, map[audit.Verdict]int{audit.Fail: 1}, "the quote expired on 2026-11-30 and was never ordered"},
		{"a value that is no date is an error", "outposts.quote_expired",
			audit.Resource{Kind: audit.KindQuote, Spec: json.RawMessage(`{"QuoteStatus": "EXPIRED", "ExpirationDate": "soon"}`)},
			map[audit.Verdict]int{audit.Error: 1},
			`the rule failed: outposts/quote_expired.rego:30: time.parse_rfc3339_ns: parsing time "soon" as "2006-01-02T15:04:05Z07:00": cannot ` +
				`parse "soon" as "2006"`},
	}
	p := load(t, Options{}, nil)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			e := evaluator(t, p)
			test.resource.ID = "x"
			msg := ""
			for _, f := range eval(t, e, &test.resource) {
				if f.Rule == test.rule {
					msg = f.Msg
					if f.Optional != strings.HasPrefix(test.name, "a section without which") {
						t.Errorf("optional: %t", f.Optional)
					}
				}
			}
			if diff := cmp.Diff(test.msg, msg); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(test.want, e.Verdicts()[test.rule]); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A rule that breaks, says nonsense or runs away is an error, and the others are still heard.
func TestErrorVerdicts(t *testing.T) {
	tests := []struct{ name, source, want string }{
		{"a built-in fails", "deny contains {\"msg\": \"x\"} if to_number(input.id) > 1",
			`the rule failed: DIR/a.rego:12: to_number: strconv.ParseFloat: parsing "oo-1": invalid syntax`},
		{"a conflict", "deny contains {\"msg\": x}\n\nx := 1 if input.id\n\nx := 2 if input.id",
			"the rule failed: DIR/a.rego:16: rule data.tenor.acme.a.x produced conflicting values: 1 at DIR/a.rego:14 2 at DIR/a.rego:16"},
		{"no msg", "deny contains {\"text\": \"x\"} if input.id",
			`the rule failed: DIR/a.rego:10: deny: {"text": "x"} has no msg, which is a string`},
		{"a msg that is no string", "deny contains {\"msg\": 1} if input.id",
			`the rule failed: DIR/a.rego:10: deny: {"msg": 1} has no msg, which is a string`},
		{"no object", "deny contains 1 if input.id", "the rule failed: DIR/a.rego:10: deny: 1 is neither a string nor an object with msg"},
		{"a severity that is none", "deny contains {\"msg\": \"x\", \"severity\": \"urgent\"} if input.id",
			`the rule failed: DIR/a.rego:10: deny: severity "urgent": want critical, high, medium, low or info`},
		{"a date that is none", "deny contains {\"msg\": \"x\", \"due\": \"2026-12-08T00:00:00Z\"} if input.id",
			`the rule failed: DIR/a.rego:10: deny: due "2026-12-08T00:00:00Z" is no date YYYY-MM-DD`},
		{"half a cent", "deny contains {\"msg\": \"x\", \"amount_cents\": 1.5} if input.id",
			"the rule failed: DIR/a.rego:10: deny: amount_cents 1.5 is not a whole number of cents"},
		{"a command of numbers", "deny contains {\"msg\": \"x\", \"command\": [1]} if input.id",
			"the rule failed: DIR/a.rego:10: deny: command [1] is neither a list of words nor a string"},
		{"a key of numbers", "deny contains {\"msg\": \"x\", \"key\": 1} if input.id",
			"the rule failed: DIR/a.rego:10: deny: key 1 is no string"},
		{"too deep evidence", "deny contains {\"msg\": \"x\", \"evidence\": json.unmarshal(concat(\"\", array.concat([\"[\" | some i in " +
			"numbers.range(1, 64)], [\"]\" | some i in numbers.range(1, 64)])))} if input.id",
			"the rule failed: DIR/a.rego:10: deny: an object is nested deeper than 64 levels"},
		{"an unknown section that is no gap", "deny contains \"x\" if false\n\nunknown contains \"outpost\" if input.id",
			`the rule failed: DIR/a.rego:10: unknown holds "outpost", which is no gap of the resource`},
		{"an unknown section that is no name", "deny contains \"x\" if false\n\nunknown contains 1 if input.id",
			`the rule failed: DIR/a.rego:10: unknown holds 1, want the name of a section`},
		{"it runs away", "deny contains {\"msg\": \"x\"} if {\n\tsome a in numbers.range(1, 4000)\n\tsome b in numbers.range(1, 4000)\n\tsome " +
			"c in numbers.range(1, 4000)\n\ta * b * c == -1\n}", "the rule failed: DIR/a.rego:10: timed out after 200ms"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := writeTree(t, map[string]string{"a.rego": meta("") + "package tenor.acme.a\n\n" + test.source + "\n"})
			p := load(t, Options{Dirs: []string{dir}, Timeout: 200 * time.Millisecond}, nil)
			e := evaluator(t, p)
			have := lines(eval(t, e, order(`{"Status": "ERROR"}`)))
			want := []string{"acme.a low error: " + strings.ReplaceAll(test.want, "DIR", dir),
				`outposts.order_error high fail: the order is in ERROR {"line_items":[],"status":"ERROR"}`}
			if diff := cmp.Diff(want, have); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(map[audit.Verdict]int{audit.Error: 1}, e.Verdicts()["acme.a"]); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestEvalStopsWithItsContext(t *testing.T) {
	p := load(t, Options{Timeout: time.Hour}, map[string]string{"a.rego": "package main\n\ndeny contains \"x\" if {\n\tsome a in " +
		"numbers.range(1, 4000)\n\tsome b in numbers.range(1, 4000)\n\tsome c in numbers.range(1, 4000)\n\ta * b * c == -1\n}\n"})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	found, err := evaluator(t, p).Eval(ctx, order("{}"))
	if !errors.Is(err, context.DeadlineExceeded) || found != nil {
		t.Errorf("have %v, %v", found, err)
	}
	quote := &audit.Resource{Kind: audit.KindQuote}
	if _, err := evaluator(t, p.only("outposts.order_error")).Eval(ctx, quote); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("where no rule is asked: %v", err)
	}
}

// TestDivide has two evaluators share the rules: every rule is asked by one of them, and what rests on a section only where it is joined.
func TestDivide(t *testing.T) {
	p := load(t, Options{}, map[string]string{
		"reads.rego":    "package a.reads\n\ndeny contains \"x\" if input.related.charges\n",
		"fact.rego":     "package a.fact\n\ndeny contains \"x\" if input.facts.billed_difference\n",
		"whole.rego":    "package a.whole\n\ndeny contains json.marshal(input)\n",
		"requires.rego": "# METADATA\n# scope: package\n# custom: {requires: [charges]}\npackage a.requires\n\ndeny contains \"x\" if input.id\n",
		"other.rego":    "package a.other\n\ndeny contains \"x\" if input.related.billing\n",
	})
	charged := json.RawMessage(`{"final": [], "costs": []}`)
	for _, test := range []struct {
		kind    string
		reading bool
		want    []string
	}{
		{audit.KindOutpost, false, []string{"a.other"}},
		{audit.KindOutpost, true, []string{"a.fact", "a.reads", "a.requires", "a.whole"}},
		{audit.KindOrder, false, []string{"a.fact", "a.other", "a.reads", "a.requires", "a.whole"}}, // it has no such section
		{audit.KindOrder, true, nil},
	} {
		e := evaluator(t, p)
		e.Divide(audit.SectionCharges, test.reading)
		eval(t, e, &audit.Resource{Kind: test.kind, ID: "x", Related: map[string]json.RawMessage{audit.SectionCharges: charged}})
		var have []string
		for id, counts := range e.Verdicts() {
			if strings.HasPrefix(id, "a.") && len(counts) > 0 {
				have = append(have, id)
			}
		}
		slices.Sort(have)
		if diff := cmp.Diff(test.want, have); diff != "" {
			t.Errorf("%s, reading %t: %s", test.kind, test.reading, diff)
		}
		if e.Evaluates(test.kind) != (test.want != nil) {
			t.Errorf("%s, reading %t: it evaluates the kind: %t", test.kind, test.reading, test.want == nil)
		}
	}
	if e := evaluator(t, p.only("outposts.order_error")); !e.Evaluates(audit.KindOrder) || e.Evaluates(audit.KindQuote) {
		t.Error("one rule on orders does not evaluate orders alone")
	}
}

// squares are expressions each of which takes longer than the one before, and the last some while, in which it takes no notice.
func squares(n int) string {
	text := "\tx0 := 9999999999\n"
	for i := range n {
		text += fmt.Sprintf("\tx%d := x%d * x%d\n", i+1, i, i)
	}
	return text
}

// A rule that keeps running away is soon skipped, and every resource that it did not evaluate says so. It has some time to notice
// that it is stopped.
func TestRunawayIsSkipped(t *testing.T) {
	dir := writeTree(t, map[string]string{"a.rego": "package main\n\ndeny contains \"x\" if {\n" + squares(15) +
		"\tsome a in numbers.range(1, 4000)\n\tx15 * x15 == a\n\tinput.spec.Status == \"ERROR\"\n}\n"})
	e := evaluator(t, load(t, Options{Dirs: []string{dir}, Timeout: 20 * time.Millisecond}, nil))
	for i := range 2 * maxStops {
		want := "main high error: the rule failed: " + dir + "/a.rego:1: timed out after 20ms"
		if i >= maxStops {
			want = "main high error: the rule failed: " + dir + "/a.rego:1: skipped after repeated timeouts on other resources: make it faster, " +
				"or raise policies.timeout"
		}
		if have := lines(eval(t, e, order(`{"Status": "ERROR"}`))); !slices.Contains(have, want) {
			t.Errorf("resource %d: have %q, want %q", i, have, want)
		}
	}
	if n := e.Verdicts()["main"][audit.Error]; n != 2*maxStops {
		t.Errorf("%d errors are counted, want %d", n, 2*maxStops)
	}
}

func TestRuleThatTakesTheMemoryIsStopped(t *testing.T) {
	dir := writeTree(t, map[string]string{"a.rego": "package main\n\ndeny contains \"x\" if count([sprintf(\"%d\", [a * b]) | some a in " +
		"numbers.range(1, 4000); some b in numbers.range(1, 4000)]) == 1\n"})
	e := evaluator(t, load(t, Options{Dirs: []string{dir}, Timeout: time.Hour}, nil))
	runtime.GC()
	if most := memory.Live() + 2*maxGrowth; e.maxHeap > most {
		t.Errorf("the heap may grow to %d bytes, want %d at most", e.maxHeap, most)
	}
	e.maxHeap = memory.Live() + 16<<20
	want := fmt.Sprintf("main high error: the rule failed: %s/a.rego:1: memory limit exceeded: the process had %d MiB", dir, e.maxHeap>>20)
	if have := lines(eval(t, e, order(`{}`))); !slices.Contains(have, want) {
		t.Errorf("have %q, want %q", have, want)
	}
}

// A built-in that takes no notice is left behind; the rules after it are asked, on this resource and the next. What a rule before it printed
// is not said to be its own.
func TestRunawayThatCannotBeStoppedIsLeftBehind(t *testing.T) {
	before := runtime.NumGoroutine()
	dir := writeTree(t, map[string]string{
		"a.rego": "package main\n\ndeny contains \"x\" if {\n\tinput.id == \"oo-1\"\n" + squares(18) + "\tx18 == 1\n}\n",
		"b.rego": "package other\n\ndeny contains input.spec.Status\n",
		"c.rego": "package early\n\ndeny contains \"x\" if {\n\tprint(input.id)\n\tinput.id == \"\"\n}\n",
	})
	printed := map[string]int{}
	e := evaluator(t, load(t, Options{Dirs: []string{dir}, Timeout: 200 * time.Millisecond,
		Print: func(rule string, _ *audit.Resource, _ []string) { printed[rule]++ }}, nil))
	e.grace, e.prints.grace = 0, 0
	left := e.doc
	for _, why := range []string{"timed out after 200ms", "skipped after repeated timeouts on other resources: make it faster, or raise " +
		"policies.timeout"} {
		have := lines(eval(t, e, order(`{"Status": "ERROR"}`)))
		for _, want := range []string{"main high error: the rule failed: " + dir + "/a.rego:1: " + why, "other high fail: ERROR",
			"outposts.order_error high fail: the order is in ERROR"} {
			if !slices.ContainsFunc(have, func(line string) bool { return strings.HasPrefix(line, want) }) {
				t.Errorf("have %q, want %q", have, want)
			}
		}
	}
	if diff := cmp.Diff(map[string]int{"early": 2}, printed); diff != "" {
		t.Errorf("what was printed: %s", diff)
	}
	if e.doc == left || slices.ContainsFunc(e.all, func(p *prepared) bool { return p.ID == "main" && p.exact }) {
		t.Error("the rule that was left behind shares its document with those after it, or was asked a second time")
	}
	for range 30_000 { // it answers at last, to nobody
		if runtime.GC(); runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("%d goroutines before, %d after", before, runtime.NumGoroutine())
}

// A rule that answers at once is not stopped for the memory that others take.
func TestQuickRuleIsNotStoppedForMemory(t *testing.T) {
	e := evaluator(t, load(t, Options{}, map[string]string{"a.rego": "package a\n\ndeny contains input.spec.Status\n"}).only("a"))
	e.maxHeap = 0
	for range 3 {
		time.Sleep(2 * watchEvery) // it is looked at as it begins
		if diff := cmp.Diff([]string{"a high fail: ERROR"}, lines(eval(t, e, order(`{"Status": "ERROR"}`)))); diff != "" {
			t.Error(diff)
		}
	}
}

// A rule has the time that the process ran, not that in which others did; and one that waits is stopped at last.
func TestStopwatch(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the time on a processor is not known")
	}
	const long = 50 * time.Millisecond
	var ran time.Duration
	for range 100 { // until what another test has left behind is done
		elapsed := stopwatch()
		time.Sleep(long)
		if ran = elapsed(); ran < long/2 {
			break
		}
	}
	if ran < long/20 || ran > long/2 {
		t.Errorf("%s in which nothing ran count as %s", long, ran)
	}
	elapsed, began, cpu := stopwatch(), time.Now(), cpuTime()
	for time.Since(began) < long || cpuTime()-cpu < long { // which is sooner where a collection runs beside it
		runtime.Gosched()
	}
	if ran := elapsed(); ran < long {
		t.Errorf("%s on a processor count as %s", long, ran)
	}
}

// The goroutine that runs the queries ends with its evaluator.
func TestEvaluatorLeavesNoGoroutine(t *testing.T) {
	p := load(t, Options{}, nil).only("outposts.order_error")
	const many = 50
	before := runtime.NumGoroutine()
	for range many {
		evaluator(t, p)
	}
	for range 200 {
		if runtime.GC(); runtime.NumGoroutine() < before+many/2 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("%d goroutines before %d evaluators, %d after them", before, many, runtime.NumGoroutine())
}

func TestPanicIsAnErrorOfTheRule(t *testing.T) {
	e := evaluator(t, load(t, Options{}, nil))
	e.all[0].query = rego.PreparedEvalQuery{}
	e.doc.open(order(`{}`))
	if _, err := e.query(t.Context(), e.all[0]); err == nil ||
		!strings.Contains(err.Error(), e.all[0].name+":"+fmt.Sprint(e.all[0].Line)+": panic: ") {
		t.Errorf("error %v", err)
	}
}

// Packages written for conftest run as they are.
func TestConftestPackages(t *testing.T) {
	files := map[string]string{
		"main.rego": `package main

import data.limits

deny contains msg if {
	input.spec.Status == "ERROR"
	msg := sprintf("%s is broken", [input.id])
}

deny_many contains {"msg": "many items", "details": {"items": count(input.spec.LineItems)},
	"code": 7} if count(input.spec.LineItems) > limits.items

violation contains {"msg": "unpaid"} if not input.spec.PaymentTerm

warn contains "old" if input.spec.Status == "ERROR"

deny_excused contains "excused" if input.spec.Status == "ERROR"

helper contains "not asked for" if input.spec.Status
`,
		"more.rego": "package main\n\ndeny contains \"from another file\" if input.spec.Status == \"ERROR\"\n",
		"except.rego": `package main

exception contains rules if {
	input.id == "oo-1"
	rules := ["excused", "another"]
}
`,
		"other.rego": "# METADATA\n# scope: package\n# title: Others\n# description: Why.\n# custom: {severity: critical, short: for " +
			"another tool}\npackage team.other\n\ndeny contains \"other\" if input.kind == \"outposts.order\"\n",
		"data.yaml":      "limits:\n  items: 1\n",
		"test_test.rego": "package main_test\n\ntest_nothing if true\n",
	}
	r := order(`{"Status": "ERROR", "LineItems": [{}, {}]}`)
	main := []string{
		"main high fail: from another file",
		"main high fail: oo-1 is broken",
		`main high fail: many items {"code":7,"details":{"items":2}}`,
		"main high fail: unpaid",
		"main low fail: old",
	}
	ours := []string{`outposts.order_error high fail: the order is in ERROR {"line_items":[],"status":"ERROR"}`}
	tests := []struct {
		name string
		o    Options
		want []string
	}{
		{"all of them", Options{}, slices.Concat(main, ours, []string{"team.other critical fail: other"})},
		{"one namespace", Options{Namespaces: []string{"team.other"}}, slices.Concat(ours, []string{"team.other critical fail: other"})},
		{"one switched off", Options{Disable: []string{"main"}}, slices.Concat(ours, []string{"team.other critical fail: other"})},
		{"another severity", Options{Namespaces: []string{"team.other"}, Severity: map[string]audit.Severity{"team.other": audit.Info}},
			slices.Concat(ours, []string{"team.other info fail: other"})},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := load(t, test.o, files)
			if diff := cmp.Diff(test.want, lines(eval(t, evaluator(t, p), r))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// What a conftest policy says in words of tenor's is taken where it fits, and is evidence where it does not.
func TestConftestObjects(t *testing.T) {
	for element, want := range map[string]string{
		`"severity": "HIGH"`:                      "main high fail: m",
		`"severity": "MEDIUM", "id": "X1"`:        `main medium fail: m {"id":"X1"}`,
		`"severity": "blocker"`:                   `main low fail: m {"severity":"blocker"}`,
		`"severity": 3, "evidence": {"a": 1}`:     `main low fail: m {"evidence":{"a":1},"severity":3}`,
		`"key": 3, "due": "soon"`:                 `main low fail: m {"due":"soon","key":3}`,
		`"amount_cents": 1.5, "command": [1]`:     `main low fail: m {"amount_cents":1.5,"command":[1]}`,
		`"Key": {"a": 1}, "SEVERITY": "critical"`: `main low fail: m {"Key":{"a":1},"SEVERITY":"critical"}`,
		`"evidence": {"a": 1}`:                    `main low fail: m {"a":1}`,
		`"due": null, "severity": null`:           "main low fail: m",
	} {
		p := load(t, Options{}, map[string]string{"a.rego": "package main\n\nwarn contains {\"msg\": \"m\", " + element +
			"} if input.kind == \"outposts.order\"\n"})
		if have := lines(eval(t, evaluator(t, p), order("{}"))); !slices.Contains(have, want) {
			t.Errorf("%s: have %q, want %q", element, have, want)
		}
	}
}

// A warning is low unless METADATA gives a severity, and the list of the rules says the same.
func TestWarnSeverity(t *testing.T) {
	const warn = "warn contains \"w\" if input.kind == \"outposts.order\"\n"
	const deny = "deny contains \"d\" if input.kind == \"outposts.order\"\n"
	meta := func(custom string) string { return "# METADATA\n# title: A\n" + custom + "package a\n\n" }
	tests := []struct {
		name  string
		files map[string]string
		rule  audit.Severity
		want  []string
	}{
		{"no METADATA", map[string]string{"a.rego": "package a\n\n" + warn}, audit.Low, []string{"a low fail: w"}},
		{"METADATA without a severity", map[string]string{"a.rego": meta("") + warn}, audit.Low, []string{"a low fail: w"}},
		{"METADATA", map[string]string{"a.rego": meta("# custom: {severity: critical}\n") + warn}, audit.Critical,
			[]string{"a critical fail: w"}},
		{"METADATA in another file", map[string]string{"a.rego": "package a\n\n" + warn,
			"b.rego": meta("# custom: {severity: critical}\n") + deny}, audit.Critical, []string{"a critical fail: d", "a critical fail: w"}},
		{"beside deny", map[string]string{"a.rego": "package a\n\n" + warn + "\n" + deny}, audit.High,
			[]string{"a high fail: d", "a low fail: w"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := load(t, Options{}, test.files)
			if diff := cmp.Diff(test.want, lines(eval(t, evaluator(t, p), order(`{"Status": "CANCELLED"}`)))); diff != "" {
				t.Error(diff)
			}
			for _, r := range p.Rules() {
				if r.ID == "a" && r.Severity != test.rule {
					t.Errorf("the list says %s", r.Severity)
				}
			}
		})
	}
}

// Every rule of ours asks for the kind of the document, since conftest gives each rule every document.
func TestRulesAskForTheKind(t *testing.T) {
	examples, err := examplesOf(t.Context(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	limited := map[string]map[string]json.RawMessage{"estate.commitment_over_limit": {"limit_usd": json.RawMessage("1")}}
	p := load(t, Options{Params: limited}, nil)
	e := evaluator(t, p)
	for _, kind := range Kinds() {
		for _, pr := range e.all {
			if slices.Contains(pr.Kinds, kind) {
				continue
			}
			var r audit.Resource
			if err := json.Unmarshal(examples[pr.ID].Resource, &r); err != nil {
				t.Fatal(err)
			}
			r.Kind = kind
			e.doc.open(&r)
			found, err := e.evalRule(t.Context(), pr, &r, nil, nil)
			if err != nil || len(found) > 0 {
				t.Errorf("%s on %s: %v, %v", pr.ID, kind, lines(found), err)
			}
		}
	}
}

// Evaluators of one pack do not share anything that changes.
func TestEvaluatorsRunAtOnce(t *testing.T) {
	p := load(t, Options{}, nil)
	var resources []*audit.Resource
	for i := range 200 {
		resources = append(resources, order(fmt.Sprintf(`{"Status": %q, "OrderSubmissionDate": "2026-0%d-01T00:00:00Z"}`,
			[]string{"ERROR", "PREPARING", "COMPLETED"}[i%3], i%9+1)))
	}
	evaluate := func() string {
		e, err := p.NewEvaluator(TestTime())
		if err != nil {
			return err.Error()
		}
		for _, r := range resources {
			if _, err := e.Eval(t.Context(), r); err != nil {
				return err.Error()
			}
		}
		return fmt.Sprint(e.Verdicts())
	}
	want := evaluate()
	have := make([]string, 4)
	var wg sync.WaitGroup
	for i := range have {
		wg.Go(func() { have[i] = evaluate() })
	}
	wg.Wait()
	if diff := cmp.Diff([]string{want, want, want, want}, have); diff != "" {
		t.Error(diff)
	}
}

// Packs that are loaded and evaluated at once have settings of their own, though they have the modules of ours in common.
func TestPacksRunAtOnce(t *testing.T) {
	term := func(allowed string) Options {
		return Options{Params: map[string]map[string]json.RawMessage{"outposts.payment_not_allowed": {"allowed_terms": json.RawMessage(allowed)}}}
	}
	users := term(`["ONE_YEAR"]`)
	users.Dirs = []string{writeTree(t, map[string]string{
		"mine.rego": "package acme.mine\n\ndeny contains \"mine\" if input.kind == \"outposts.order\"\n"})}
	options := []Options{{}, term(`["ONE_YEAR"]`), term(`["FIVE_YEARS"]`), users, {Disable: []string{"outposts.order_payment_not_allowed"}},
		{Severity: map[string]audit.Severity{"outposts.order_payment_not_allowed": audit.Critical}}}
	evaluate := func(o Options) string {
		p, err := Load(t.Context(), o)
		if err != nil {
			return err.Error()
		}
		e, err := p.NewEvaluator(TestTime())
		if err != nil {
			return err.Error()
		}
		findings, err := e.Eval(t.Context(), order(`{"Status": "COMPLETED", "PaymentTerm": "FIVE_YEARS", "PaymentOption": "ALL_UPFRONT"}`))
		return fmt.Sprint(err, p.Params(), findings)
	}
	want := audit.Map(options, evaluate)
	have := make([]string, len(want))
	var wg sync.WaitGroup
	for i, o := range options {
		wg.Go(func() { have[i] = evaluate(o) })
	}
	wg.Wait()
	if diff := cmp.Diff(want, have); diff != "" {
		t.Error(diff)
	}
	slices.Sort(want)
	if n := len(slices.Compact(want)); n < len(options) {
		t.Errorf("%d of %d are different", n, len(options))
	}
}
