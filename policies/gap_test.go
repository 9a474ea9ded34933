package policies

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tenor/audit"
)

func gapsOf(sections ...string) map[string]audit.Gap {
	gaps := map[string]audit.Gap{}
	for _, s := range sections {
		gaps[s] = audit.Gap{Operation: "Get", Reason: audit.ReasonAccessDenied}
	}
	return gaps
}

// optional is METADATA that takes a gap in billing for absent.
const optional = "# METADATA\n# scope: package\n# custom:\n#   optional: [billing]\npackage a.b\n\n"

// A user's rule that says nothing of a section cannot tell where it touches its gap, and only there; one that takes the gap for
// absent does not pass by it.
func TestTouchedGap(t *testing.T) {
	tests := []struct {
		name, rule string
		gaps       []string
		want       []string
	}{
		{"a member of the section", `deny contains "x" if input.related.billing.PaymentTerm`, []string{"billing"}, []string{"billing"}},
		{"missing is what the rule looks for", `deny contains "x" if not input.related.billing`, []string{"billing"}, []string{"billing"}},
		{"all of related", `deny contains "x" if count(input.related) == 0`, []string{"billing", "site"}, []string{"billing", "site"}},
		{"a name found in the document", `deny contains "x" if input.related[input.spec.Name]`, []string{"billing"}, []string{"billing"}},
		{"the document itself", `deny contains "x" if json.marshal(input) == ""`, []string{"site"}, []string{"site"}},
		{"a fact that rests on it", `deny contains "x" if input.facts.contract_state == "running"`, []string{"billing"}, []string{"billing"}},
		{"a fact that rests on two", `deny contains "x" if not input.facts.cost_of_inaction`, []string{"renewal_pricing"},
			[]string{"renewal_pricing"}},
		{"all facts", `deny contains "x" if input.facts == {}`, []string{"renewal_pricing"}, []string{"renewal_pricing"}},
		{"the details", `deny contains "x" if input.spec.LifeCycleStatus == "ACTIVE"`, []string{"spec"}, []string{"spec"}},
		{"a finding that stands on something else", `deny contains "x" if input.name == "n"

deny contains "y" if input.related.billing.PaymentTerm`, []string{"billing"}, []string{"billing"}},
		{"an error after it was touched", `deny contains "x" if to_number(object.get(input.related, ["billing", "PaymentTerm"], "x")) > 1`,
			[]string{"billing"}, []string{"billing"}},
		{"another section", `deny contains "x" if not input.related.site`, []string{"billing"}, nil},
		{"a fact that rests on nothing", `deny contains "x" if not input.facts.shared`, []string{"billing", "renewal_pricing"}, nil},
		{"tags", `deny contains "x" if not input.tags.Owner`, []string{"tags"}, []string{"tags"}},
		{"facts as a whole", `deny contains "x" if not input.facts.shared`, []string{"facts"}, []string{"facts"}},
		{"the details, and not the tags", `deny contains "x" if input.spec.Name == "billing"`, []string{"tags"}, nil},
		{"a name found in the document, of another section", `deny contains "x" if not input.related[input.region]`,
			[]string{"billing"}, nil},
		{"a name found in the document, of another fact", `deny contains "x" if not input.facts[input.region]`, []string{"billing"}, nil},
		{"all facts, of which none rests on it", `deny contains "x" if input.facts != {}`, []string{"site"}, nil},
		{"all of related, which says nothing of what is found", `deny contains "x" if count(input.related) == 1`, []string{"slots"}, nil},
		{"what says that it is a gap", `deny contains "x" if input.gaps.billing`, []string{"billing"}, nil},
		{"a section that the evaluation did not come to", `deny contains "x" if { input.name == "other"; input.related.billing.PaymentTerm }

deny contains "x" if input.name == "n"`, []string{"billing"}, nil},
		{"tags that the evaluation did not come to", `deny contains "x" if { input.name == "other"; input.tags.Owner }

deny contains "x" if input.spec.Name == "billing"`, []string{"tags"}, nil},
		{"all of related, which says nothing of the tags", `deny contains "x" if { input.name == "other"; input.tags.Owner }

deny contains "x" if count(input.related) == 1`, []string{"tags"}, nil},
		{"all facts, which say nothing of the site", `deny contains "x" if { input.name == "other"; input.related.site }

deny contains "x" if input.facts != {}`, []string{"site"}, nil},
		{"a tag by the name of a fact", `deny contains "x" if { input.name == "other"; input.related.billing.PaymentTerm }

deny contains "x" if not input.tags.contract_state`, []string{"billing"}, nil},
		{"that the details are no list", `deny contains "x" if input.spec[0].Key`, []string{"spec"}, []string{"spec"}},
		{"the document itself, whatever the gap", `deny contains "x" if json.marshal(input) == ""`, []string{"failure"}, []string{"failure"}},
		{"a word that rests on an optional one", optional + `deny contains "x" if {
	input.name == "n"
	object.get(input.related, ["billing", "PaymentTerm"], "") == ""
}`, []string{"billing"}, nil},
		{"a pass that rests on an optional one", optional + `deny contains "x" if input.related.billing.PaymentTerm`, []string{"billing"},
			[]string{"billing"}},
	}
	files := map[string]string{}
	for i, test := range tests {
		name := fmt.Sprintf("r%d", i)
		head, rule, found := strings.Cut(test.rule, "package a.b\n\n")
		if !found {
			head, rule = "", test.rule
		}
		files[name+".rego"] = head + "package a." + name + "\n\n" + rule + "\n"
	}
	p := load(t, Options{}, files)
	for i, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			rule := fmt.Sprintf("a.r%d ", i)
			e := evaluator(t, p)
			r := func(gaps ...string) *audit.Resource {
				return &audit.Resource{Kind: audit.KindOutpost, ID: "op-1", Name: "n", Account: "1", Region: "r", Tags: map[string]string{"Env": "x"},
					Spec:    json.RawMessage(`{"Name":"billing"}`),
					Related: map[string]json.RawMessage{"billing": json.RawMessage(`{"Subscriptions":[]}`)},
					Facts:   json.RawMessage(`{"shared":false}`), Gaps: gapsOf(gaps...)}
			}
			eval(t, e, r()) // what is remembered of a resource without gaps is not said of one with
			var want []string
			for _, s := range test.want {
				want = append(want, fmt.Sprintf("%s is missing: Get: access_denied", s))
			}
			if test.want == nil {
				want = []string{rule + "high fail: x"}
			} else {
				want = []string{rule + "high unknown: cannot tell: " + strings.Join(want, "; ")}
			}
			have := slices.DeleteFunc(lines(eval(t, e, r(test.gaps...))), func(line string) bool { return !strings.HasPrefix(line, rule) })
			if diff := cmp.Diff(want, have); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Facts that rest on what AWS sent of the resource itself, and on the lists of an account, rest on those gaps.
func TestFactsOfGaps(t *testing.T) {
	p := load(t, Options{}, map[string]string{"a.rego": `package a.b

deny contains "x" if { input.kind == "outposts.quote"; input.facts.open }

deny contains "x" if { input.kind == "outposts.outpost"; input.facts.shared }

deny contains "x" if { input.kind == "estate.account"; input.facts.counts["outposts.order"].total == 0 }
`})
	for kind, about := range map[string]struct{ facts, gap string }{
		audit.KindQuote: {`{"open":true}`, "spec"}, audit.KindOutpost: {`{"shared":true}`, "spec"},
		audit.KindAccount: {`{"counts":{"outposts.order":{"total":0}}}`, "counts"},
	} {
		r := &audit.Resource{Kind: kind, ID: "i", Account: "1", Spec: json.RawMessage(`{}`), Facts: json.RawMessage(about.facts)}
		for want, gaps := range map[audit.Verdict]map[string]audit.Gap{audit.Fail: nil, audit.Unknown: gapsOf(about.gap)} {
			r.Gaps = gaps
			found := slices.DeleteFunc(eval(t, evaluator(t, p), r), func(f audit.Finding) bool { return f.Rule != "a.b" })
			if len(found) != 1 || found[0].Verdict != want {
				t.Errorf("%s with gaps %v: %v", kind, gaps, lines(found))
			}
		}
	}
}

// A rule of our namespace says of each section that it reads, through libraries and facts too, whether it requires it.
func TestSectionsAreDeclared(t *testing.T) {
	head := func(more string) string {
		return strings.Replace(meta(more), "kinds: [outposts.order]", "kinds: [outposts.outpost]", 1) + "package tenor.acme.a\n\n"
	}
	accepted := map[string]string{}
	for rule, want := range map[string]string{
		`deny contains {"msg": "m"} if input.related.billing.PaymentTerm`: "billing",
		`deny contains {"msg": "m"} if _f(input.related).PaymentTerm` +
			"\n\n_f(r) := r.billing": "asset_instances, assets, billing, capacity_history, charges, renewal_pricing, site",
		`deny contains {"msg": "m"} if input.facts.cost_of_inaction`:             "billing, renewal_pricing",
		`deny contains {"msg": "m"} if { some k in ["site"]; input.related[k] }`: "asset_instances, assets, billing, capacity_history, charges, renewal_pricing, site",
		`deny contains {"msg": "m"} if input.facts.current_monthly`:              "billing, prices",
		`deny contains {"msg": "m"} if input.facts.billed_difference > "0"`:      "charges",
		`deny contains {"msg": "m"} if count(input) > 1`: "asset_instances, assets, billing, capacity_history, charges, prices, " +
			"renewal_pricing, site, slots",
		`deny contains {"msg": sprintf("%v", [input.related.site.Name])} if input.spec.LifeCycleStatus == "ACTIVE"`: "site",
	} {
		_, err := Load(t.Context(), Options{Dirs: []string{writeTree(t, map[string]string{"a.rego": head("") + rule + "\n"})}})
		if err == nil || !strings.Contains(err.Error(), "put "+want+" into custom.requires") {
			t.Errorf("%s: %v", rule, err)
		}
		declared := strings.Split(want, ", ")
		for i := range len(declared) + 1 {
			more := fmt.Sprintf("#   requires: [%s]\n#   optional: [%s]\n", strings.Join(declared[:i], ", "), strings.Join(declared[i:], ", "))
			name := fmt.Sprint("r", len(accepted))
			accepted[name+".rego"] = strings.Replace(head(more), "tenor.acme.a", "tenor.acme."+name, 1) + rule + "\n"
		}
	}
	load(t, Options{}, accepted)
	load(t, Options{}, map[string]string{"a.rego": strings.Replace(head(""), "tenor.acme", "acme", 1) +
		"deny contains {\"msg\": \"m\"} if input.related.billing.PaymentTerm\n"})
	load(t, Options{}, map[string]string{"a.rego": head("") +
		`deny contains {"msg": "m"} if { input.gaps.billing; input.facts.shared; input.tags.Owner; input.spec.Name }` + "\n"})
}

// TestGapsAreNamedInOrder: a rule that touches several gaps, or would pass by them, names them in the same order each time.
func TestGapsAreNamedInOrder(t *testing.T) {
	const rule = "deny contains \"x\" if count(input.related) > 9\n"
	e := evaluator(t, load(t, Options{}, map[string]string{
		"a.rego": strings.Replace(optional, "[billing]", "[site, billing, assets, renewal_pricing]", 1) + rule,
		"c.rego": "package a.c\n\n" + rule,
	}))
	want := []string{}
	for _, section := range []string{"assets", "billing", "renewal_pricing", "site"} {
		want = append(want, section+" is missing: Get: access_denied")
	}
	for range 20 { // the gaps are a map
		r := &audit.Resource{Kind: audit.KindOutpost, ID: "op-1", Spec: json.RawMessage(`{}`), Gaps: gapsOf("assets", "billing", "renewal_pricing",
			"site")}
		found := slices.DeleteFunc(eval(t, e, r), func(f audit.Finding) bool { return !strings.HasPrefix(f.Rule, "a.") })
		if len(found) != 2 {
			t.Fatal(lines(found))
		}
		for _, f := range found {
			if f.Verdict != audit.Unknown || f.Msg != "cannot tell: "+strings.Join(want, "; ") {
				t.Fatal(lines(found))
			}
		}
	}
}

// Whatever stands in an optional section, and where it is a gap, the rule says the same but for its words, and amounts that
// nobody knows then.
func TestOptionalSectionsChangeWordsOnly(t *testing.T) {
	p := load(t, Options{}, nil)
	examples, err := examplesOf(t.Context(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	tried := 0
	for _, r := range p.rules {
		if len(r.Optional) == 0 || r.aside != "" { // its set unknown says where it cannot tell
			continue
		}
		var full audit.Resource
		if err := json.Unmarshal(examples[r.ID].Resource, &full); err != nil {
			t.Fatal(err)
		}
		without := full
		without.Related, without.Gaps, without.Facts = maps.Clone(full.Related), gapsOf(r.Optional...), withoutFacts(t, &full, r.Optional)
		for _, section := range r.Optional {
			delete(without.Related, section)
		}
		have, want := eval(t, evaluator(t, p.only(r.ID)), &without), eval(t, evaluator(t, p.only(r.ID)), &full)
		if diff := cmp.Diff(gist(want), gist(have)); diff != "" {
			t.Errorf("%s: with its optional sections, and without: %s", r.ID, diff)
		}
		tried++
	}
	if tried < 5 {
		t.Errorf("only %d rules were tried", tried)
	}
}

// An order whose Outpost could not be read has no price to hold against the quote: the rule says so, and does not pass. What it says of
// the pair of term and option needs no Outpost, and stands.
func TestOrderOfAnUnreadOutpostIsNotAsQuoted(t *testing.T) {
	unread := map[string]audit.Gap{"outpost": {Operation: "GetOutpostBillingInformation", Reason: audit.ReasonAccessDenied}}
	const quoted = `{"quoted": {"monthly": "9000.00", "monthly_cents": 900000, "upfront": "0.00", "upfront_cents": 0}, "subscribed": `
	for name, c := range map[string]struct {
		term, facts string
		gaps        map[string]audit.Gap
		want        audit.Verdict
		msg         string
	}{
		"read, and as quoted": {"ONE_YEAR", quoted + `{"monthly": "9001.00", "monthly_cents": 900100, "upfront": "0.00", "upfront_cents": 0}}`,
			nil, audit.Pass, ""},
		"read, and a cent too much": {"ONE_YEAR", quoted + `{"monthly": "9001.01", "monthly_cents": 900101, "upfront": "0.00", "upfront_cents": 0}}`,
			nil, audit.Fail, "the monthly price is $9,001.01, and was quoted as $9,000.00"},
		"read, and not billed yet": {"ONE_YEAR", quoted + `null}`, nil, audit.Pass, ""},
		"not read": {"ONE_YEAR", quoted + `null}`, unread, audit.Unknown,
			"cannot tell: outpost is missing: GetOutpostBillingInformation: access_denied"},
		"not read, on a term that was not quoted": {"FIVE_YEARS", quoted + `null}`, unread, audit.Fail,
			"5 years, no upfront is not among the priced options of quote option OPTION_1"},
	} {
		t.Run(name, func(t *testing.T) {
			e := evaluator(t, load(t, Options{}, nil).only("outposts.order_differs_from_quote"))
			r := order(`{"Status": "PREPARING", "PaymentOption": "NO_UPFRONT", "QuoteOptionIdentifier": "OPTION_1", "PaymentTerm": "` + c.term + `"}`)
			r.Related = map[string]json.RawMessage{"quote_option": json.RawMessage(`{"PricingOptions": [{"PricingType": "SUBSCRIPTION",
				"SubscriptionPricingDetails": {"PaymentTerm": "ONE_YEAR", "PaymentOption": "NO_UPFRONT", "MonthlyRecurringPrice": 9000}}]}`)}
			r.Gaps, r.Facts = c.gaps, json.RawMessage(c.facts)
			msg := ""
			for _, f := range eval(t, e, r) {
				msg += f.Msg
			}
			verdicts := e.Verdicts()["outposts.order_differs_from_quote"]
			maps.DeleteFunc(verdicts, func(_ audit.Verdict, n int) bool { return n == 0 })
			if d := cmp.Diff(map[audit.Verdict]int{c.want: 1}, verdicts); d != "" || msg != c.msg {
				t.Errorf("%q %s", msg, d)
			}
		})
	}
}

// withoutFacts leaves out the facts that rest on the sections, as finance does: they are null.
func withoutFacts(t *testing.T, r *audit.Resource, sections []string) json.RawMessage {
	t.Helper()
	if r.Facts == nil {
		return nil
	}
	var facts map[string]json.RawMessage
	if err := json.Unmarshal(r.Facts, &facts); err != nil {
		t.Fatal(err)
	}
	for fact, on := range factSections[r.Kind] {
		if fact == "causes" { // those that are known stand beside the gap
			continue
		}
		if slices.ContainsFunc(on, func(s string) bool { return slices.Contains(sections, s) }) {
			facts[fact] = json.RawMessage("null")
		}
	}
	b, err := json.Marshal(facts)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// gist is a finding without its words and amount.
func gist(found []audit.Finding) []audit.Finding {
	out := slices.Clone(found)
	for i := range out {
		f := &out[i]
		f.Msg, f.Evidence, f.Amount, f.Command, f.Remediation = "", nil, nil, "", ""
	}
	return out
}

// A gap in what a rule does not read hides nothing.
func TestGapElsewhereHidesNothing(t *testing.T) {
	e := evaluator(t, load(t, Options{}, nil))
	r := &audit.Resource{Kind: audit.KindOutpost, ID: "op-1", Tags: map[string]string{"Owner": ""}, Spec: json.RawMessage(`{}`),
		Gaps: gapsOf("spec", "facts", "billing", "renewal_pricing", "site")}
	verdicts := map[string]audit.Verdict{}
	for _, f := range eval(t, e, r) {
		verdicts[f.Rule] = f.Verdict
	}
	if verdicts["general.tag_missing"] != audit.Fail || verdicts["outposts.contract_ending"] != audit.Unknown {
		t.Errorf("verdicts %v", verdicts)
	}
}

// TestWithoutABill: a rule that requires charges says nothing of a resource that has none, whatever else is a gap, and cannot tell where
// they are one.
func TestWithoutABill(t *testing.T) {
	p := load(t, Options{}, nil).only("service_catalog.broken_still_costs")
	for name, test := range map[string]struct {
		related string
		gaps    []string
		want    audit.Verdict // empty: none
	}{
		"no bill":                             {"", nil, ""},
		"no bill, and another gap":            {"", []string{"records"}, ""},
		"a gap in the bill":                   {"", []string{"charges"}, audit.Unknown},
		"a gap beside what is known of it":    {`{"final":[],"costs":[]}`, []string{"charges"}, audit.Unknown},
		"a bill, and another gap":             {`{"final":[],"costs":[]}`, []string{"records"}, audit.Unknown},
		"a bill that was read, and all other": {`{"final":[],"costs":[]}`, nil, audit.Pass},
	} {
		t.Run(name, func(t *testing.T) {
			r := &audit.Resource{Kind: audit.KindProvisionedProduct, ID: "pp-1", Account: "1", Region: "r",
				Spec:    json.RawMessage(`{"Status":"TAINTED"}`),
				Related: map[string]json.RawMessage{"records": json.RawMessage(`{"RecordDetails":[]}`)}, Gaps: gapsOf(test.gaps...)}
			if slices.Contains(test.gaps, "records") {
				delete(r.Related, "records")
			}
			if test.related != "" {
				r.Related["charges"] = json.RawMessage(test.related)
			}
			e := evaluator(t, p)
			eval(t, e, r)
			want := map[audit.Verdict]int{}
			if test.want != "" {
				want[test.want] = 1
			}
			if d := cmp.Diff(want, e.Verdicts()["service_catalog.broken_still_costs"]); d != "" {
				t.Error(d)
			}
		})
	}
}

// A rule that makes too many findings is an error.
func TestTooManyFindings(t *testing.T) {
	p := load(t, Options{MaxFindings: 10}, map[string]string{
		"a.rego": "package many\n\ndeny contains n if { input.name != \"0\"; some i in numbers.range(1, to_number(input.name)); n := sprintf(\"%d\", [i]) }\n",
	})
	e, other := evaluator(t, p), evaluator(t, p)
	made := func(e *Evaluator, n string) int {
		r := order(`{"Status":"COMPLETED"}`)
		r.Name = n
		found := slices.DeleteFunc(eval(t, e, r), func(f audit.Finding) bool { return f.Rule != "many" })
		if len(found) == 1 && found[0].Verdict == audit.Error {
			if want := "the rule failed: " + p.rules[slices.IndexFunc(p.rules, func(r *rule) bool { return r.ID == "many" })].name +
				":1: more than 10 findings: see what it makes so many of, or raise policies.max_findings"; found[0].Msg != want {
				t.Errorf("have %q, want %q", found[0].Msg, want)
			}
			return -1
		}
		return len(found)
	}
	var have []int
	for i, n := range []string{"8", "2", "0", "1", "1", "0"} {
		have = append(have, made([]*Evaluator{e, other}[i%2], n))
	}
	if diff := cmp.Diff([]int{8, 2, 0, -1, -1, -1}, have); diff != "" {
		t.Error(diff)
	}
}

// An empty message is the rule's title.
func TestEmptyMessage(t *testing.T) {
	p := load(t, Options{}, map[string]string{"a.rego": meta("") +
		"package tenor.acme.a\n\ndeny contains {\"msg\": \"\"} if input.kind == \"outposts.order\"\n",
		"b.rego": "package b\n\ndeny contains \"\"\n"})
	want := []string{"acme.a low fail: Acme", "b high fail: b"}
	if diff := cmp.Diff(want, lines(eval(t, evaluator(t, p), order(`{"Status":"COMPLETED"}`)))); diff != "" {
		t.Error(diff)
	}
}

// A rule of a user's that prints a command which may change something is named; its finding is as it is.
func TestCommandThatMayChangeSomething(t *testing.T) {
	p := load(t, Options{}, map[string]string{
		"a.rego": "package a\n\ndeny contains {\"msg\": \"m\", \"command\": [\"aws\", \"outposts\", \"cancel-order\", \"--order-id\", " +
			"input.id]}\n",
		"b.rego": "package b\n\ndeny contains {\"msg\": \"m\", \"command\": \"aws outposts get-order --order-id \", \"key\": c} if some c in " +
			"[\"1\", \"2\"]\n",
		"c.rego": "package c\n\ndeny contains {\"msg\": \"m\", \"command\": \"kubectl delete pod\"}\n",
	})
	e := evaluator(t, p)
	eval(t, e, order(`{"Status":"COMPLETED"}`))
	want := map[string]string{"a": "aws outposts cancel-order --order-id oo-1", "c": "kubectl delete pod"}
	if diff := cmp.Diff(want, e.Changing()); diff != "" {
		t.Error(diff)
	}
	for command, want := range map[string]bool{
		"aws s3 ls s3://b": false, "aws s3 rm s3://b/k": true, "aws iam get-role": false, "aws iam getaway": true,
		"aws  sts  get-caller-identity": false,
		"aws dynamodb batch-get-item":   false, "aws outposts": true, "aws": true, "": false, "aws --region": true,
		"aws --profile get ec2 terminate-instances": true, "aws --profile x --debug --region=y ec2 describe-instances": false,
		"sudo aws ec2 terminate-instances": true, "aws sts get-caller-identity && aws ec2 terminate-instances": true,
		"aws ec2 describe-tags --filters 'Name=key,Values=a;b && c'": false, "aws ec2 describe-tags $(x)": true, "terraform destroy": true,
		" ": true, "\n": true, "'": true, "\\": true, "aws iam get-role\nterraform destroy": true, "aws iam get-role \\\n\t--role-name x": false,
		"aws iam get-role x\\\\\nterraform destroy": true, `aws iam get-role \' ; terraform destroy \'`: true,
		`aws iam get-role "it's" ; terraform destroy 'x`: true, `aws iam get-role --role-name 'it'\''s; x'`: false,
		`aws iam get-role "a; b"`: false, `aws iam get-role "$(x)"`: true, `aws iam get-role "a`: true, `aws iam "delete-role" get-`: true,
		`aws ec2 describe-tags --query 'Tags[?Key=="a"]'`: false, `aws "" get-role`: false, "aws iam get-role 'a\nb'": false,
	} {
		if mayChange(command) != want {
			t.Errorf("%s: want %t", command, want)
		}
	}
}

// TestUnknownSet: a rule whose set unknown names a gap cannot tell, whatever it found.
func TestUnknownSet(t *testing.T) {
	head := strings.Replace(meta("#   optional: [billing, site]\n"), "kinds: [outposts.order]", "kinds: [outposts.outpost]", 1)
	e := evaluator(t, load(t, Options{}, map[string]string{"a.rego": head +
		"package tenor.acme.a\n\ndeny contains \"x\" if input.id\n\nunknown contains input.spec.Name if input.spec.Name\n"}))
	for spec, want := range map[string]string{
		`{"Name": "billing"}`: "unknown cannot tell: billing is missing: Get: access_denied", `{}`: "fail x",
	} {
		var found []string
		r := &audit.Resource{Kind: audit.KindOutpost, ID: "op-1", Spec: json.RawMessage(spec), Gaps: gapsOf("billing", "site")}
		for _, f := range eval(t, e, r) {
			if f.Rule == "acme.a" {
				found = append(found, string(f.Verdict)+" "+f.Msg)
			}
		}
		if d := cmp.Diff([]string{want}, found); d != "" {
			t.Errorf("%s: %s", spec, d)
		}
	}
}

// TestExceptions: conftest takes the names of the sets that do not count as a list, a set or the values of an object.
func TestExceptions(t *testing.T) {
	const policy = "package a\n\ndeny_one contains \"1\"\n\ndeny_two contains \"2\"\n\ndeny contains \"0\"\n\nexception contains NAMES\n"
	for names, want := range map[string][]string{
		`["one"]`: {"0", "2"}, `{"two"}`: {"0", "1"}, `{"one": "two"}`: {"0", "1"}, `["", "one"]`: {"2"}, `[]`: {"0", "1", "2"}, `[1]`: {"0", "1", "2"},
		`"one"`: {"0", "1", "2"}, `{"one", "two", ""}`: nil,
	} {
		e := evaluator(t, load(t, Options{}, map[string]string{"a.rego": strings.Replace(policy, "NAMES", names, 1)}))
		var found []string
		for _, f := range eval(t, e, order(`{}`)) {
			if f.Rule == "a" {
				found = append(found, f.Msg)
			}
		}
		slices.Sort(found)
		if d := cmp.Diff(want, found); d != "" {
			t.Errorf("exception %s: %s", names, d)
		}
	}
}
