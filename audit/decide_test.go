package audit

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tenor/internal/inline"
)

// TestDue: a decision is due where a contract runs to an end that is known, and none is on file that AWS may still show.
func TestDue(t *testing.T) {
	decided := func(status string) *DecisionFacts { return &DecisionFacts{Status: status} }
	for _, tc := range []struct {
		name        string
		f           OutpostFacts
		due, onFile bool
	}{
		{"runs", OutpostFacts{ContractState: StateRunning, ContractEnd: "2027-01-01"}, true, false},
		{"runs to no end", OutpostFacts{ContractState: StateRunning}, false, false},
		{"renewed", OutpostFacts{ContractState: StateRenewed, ContractEnd: "2027-01-01"}, false, false},
		{"a decision is open", OutpostFacts{ContractState: StateRunning, ContractEnd: "2027-01-01",
			Decision: decided(DecisionOpen)}, false, true},
		{"a decision is contradicted", OutpostFacts{ContractState: StateRunning, ContractEnd: "2027-01-01",
			Decision: decided(DecisionContradicted)}, true, false},
		{"a decision was carried out, and the contract it made runs", OutpostFacts{ContractState: StateRunning, ContractEnd: "2027-01-01",
			Decision: decided(DecisionDone)}, true, false},
		{"a decision was carried out", OutpostFacts{ContractState: StateMonthToMonth, Decision: decided(DecisionDone)}, false, true},
		{"a decision of which nothing is known", OutpostFacts{ContractState: StateUnknown,
			Decision: decided(DecisionUnknown)}, false, false},
	} {
		if tc.f.Due() != tc.due || tc.f.OnFile() != tc.onFile {
			t.Errorf("%s: due %t, on file %t", tc.name, tc.f.Due(), tc.f.OnFile())
		}
	}
}

// TestDeadline: what is to be decided by when, with what is recommended where that is known; and to be carried out, where it was decided.
func TestDeadline(t *testing.T) {
	asOf := time.Date(2026, 11, 20, 23, 59, 59, 0, time.UTC)
	ref := ResourceRef{ID: "op-1"}
	running := func(change func(*OutpostFacts)) *Renewal {
		r := &Renewal{Resource: ref, OutpostFacts: OutpostFacts{ContractState: StateRunning, ContractEnd: "2026-12-31",
			NoticeDeadline: "2026-11-21", Options: []PricedOption{{PaymentTerm: "ONE_YEAR", PaymentOption: "NO_UPFRONT", Months: 12,
				TCVCents: new(int64(1201))}}}}
		change(&r.OutpostFacts)
		return r
	}
	choice := Choice{ActionRenew, "ONE_YEAR", "NO_UPFRONT"}
	plain := Deadline{Resource: ref, NoticeDeadline: "2026-11-21", ContractEnd: "2026-12-31", DaysLeft: 1}
	priced, unpriced := plain, plain
	priced.Recommended, priced.NeedsApproval, priced.Amount = &choice, new(true), CentsToMoney(1201)
	priced.PerMonth = CentsToMoney(7).Monthly()
	unpriced.Recommended, unpriced.NeedsApproval = &Choice{Action: ActionMonthToMonth}, new(false)
	for _, tc := range []struct {
		name string
		r    *Renewal
		want *Deadline
	}{
		{"nothing is recommended", running(func(*OutpostFacts) {}), &plain},
		{"an option is", running(func(f *OutpostFacts) {
			f.Recommended = &Recommendation{Action: ActionRenew, PaymentTerm: "ONE_YEAR", PaymentOption: "NO_UPFRONT", NeedsApproval: true}
			f.CostOfInactionCents = new(int64(7))
		}), &priced},
		{"a month is", running(func(f *OutpostFacts) { f.Recommended = &Recommendation{Action: ActionMonthToMonth} }), &unpriced},
		{"no notice deadline", running(func(f *OutpostFacts) { f.NoticeDeadline = "" }), nil},
		{"not due", running(func(f *OutpostFacts) { f.ContractState = StateRenewed }), nil},
	} {
		d, ok := tc.r.Deadline(asOf)
		if ok != (tc.want != nil) || ok && cmp.Diff(*tc.want, d) != "" {
			t.Errorf("%s: %t, %s", tc.name, ok, cmp.Diff(tc.want, &d))
		}
		days := tc.r.CalendarDays(asOf)
		if (len(days) == 1) != ok || ok && (days[0].Kind != CalendarNotice || days[0].Day != "2026-11-21") {
			t.Errorf("%s: %+v", tc.name, days)
		}
	}
	for status, want := range map[string]int{DecisionOpen: 1, DecisionUnknown: 0} { // an open decision is no more to be taken
		r := running(func(f *OutpostFacts) {
			f.Decision, f.ContractState = &DecisionFacts{Status: status, Deadline: "2026-11-30"}, StateMonthToMonth
		})
		days := r.CalendarDays(asOf)
		if len(days) != want || want == 1 && (days[0].Kind != CalendarCarryOut || days[0].Day != "2026-11-30") {
			t.Errorf("a decision that is %s: %+v", status, days)
		}
	}
}

// TestLaterDeadline: a deadline that was read earlier stands to the end of the last day of its contract.
func TestLaterDeadline(t *testing.T) {
	d := Deadline{NoticeDeadline: "2026-11-20", ContractEnd: "2026-11-27T00:00:00Z", DaysLeft: 99}
	for at, want := range map[string]struct {
		left int
		ok   bool
	}{"2026-11-18T23:59:59Z": {2, true}, "2026-11-27T23:59:59Z": {-7, true}, "2026-11-28T00:00:00Z": {-8, false}} {
		asOf, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		if later, ok := d.Later(asOf); later.DaysLeft != want.left || ok != want.ok {
			t.Errorf("at %s: %d days left, %t", at, later.DaysLeft, ok)
		}
	}
	for _, bad := range []Deadline{{NoticeDeadline: "soon", ContractEnd: "2100-01-01"}, {NoticeDeadline: "2026-11-20", ContractEnd: ""}} {
		if _, ok := bad.Later(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)); ok {
			t.Errorf("%+v stands", bad)
		}
	}
}

// TestCarry: deadlines of an earlier report are among the nearest, and count beside those that are due within so many days.
func TestCarry(t *testing.T) {
	at := func(day, id string) Deadline {
		return Deadline{NoticeDeadline: day, Resource: ResourceRef{ID: id}, NeedsApproval: new(id == "a" || id == "x")}
	}
	s := Summary{Deadlines: []Deadline{at("2026-11-22", "a"), at("2026-11-24", "b"), at("2026-11-26", "c"), at("2026-11-28", "d")},
		DecisionsDue: []DecisionsDue{{WithinDays: 30, Count: 3}, {WithinDays: 90}}}
	s.Carry([]Deadline{at("2026-11-23", "x"), at("2026-12-20", "y"), at("2026-12-21", "z"), at("soon", "?")},
		time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC))
	var ids string
	for _, d := range s.Deadlines {
		ids += d.Resource.ID
	}
	want := []DecisionsDue{{WithinDays: 30, Count: 3, Carried: 2}, {WithinDays: 90, Carried: 3}}
	if d := cmp.Diff(want, s.DecisionsDue); d != "" || ids != "axbcd" || len(s.Carried) != 4 {
		t.Errorf("nearest %s, %d carried, due %s", ids, len(s.Carried), d)
	}
	if d := cmp.Diff([]string{"a", "x"}, s.NeedApproval()); d != "" {
		t.Errorf("an approval is needed for %s", d)
	}
}

// TestGiven: only what a rule could tell is a verdict given.
func TestGiven(t *testing.T) {
	for v, want := range map[Verdict]bool{Fail: true, Pass: true, Waived: true, Unknown: false, Error: false, "": false} {
		if v.Given() != want {
			t.Errorf("%q: %t", v, v.Given())
		}
	}
}

// TestNames: what is recommended is one option, by its term and payment, and none that has no measures.
func TestNames(t *testing.T) {
	r := &Recommendation{Action: ActionRenew, PaymentTerm: "ONE_YEAR", PaymentOption: "NO_UPFRONT"}
	option := PricedOption{PaymentTerm: "ONE_YEAR", PaymentOption: "NO_UPFRONT", Months: 12}
	for want, list := range map[bool][]PricedOption{true: {option}, false: {{PaymentTerm: "ONE_YEAR", PaymentOption: "NO_UPFRONT"},
		{PaymentTerm: "THREE_YEARS", PaymentOption: "NO_UPFRONT", Months: 36},
		{PaymentTerm: "ONE_YEAR", PaymentOption: "ALL_UPFRONT", Months: 12}}} {
		for _, o := range list {
			if r.Names(&o) != want {
				t.Errorf("%+v: %t", o, !want)
			}
		}
	}
	month := &Recommendation{Action: ActionMonthToMonth, PaymentTerm: "ONE_YEAR", PaymentOption: "NO_UPFRONT"}
	if (*Recommendation)(nil).Names(&option) || month.Names(&option) {
		t.Error("an option is named where none is recommended")
	}
}

// TestRuleErrors: each rule that failed stands once, with the first of its findings that says so, whatever else it found.
func TestRuleErrors(t *testing.T) {
	rule := func(id string, errs int) RuleResult {
		return RuleResult{Rule: Rule{ID: id}, Verdicts: map[Verdict]int{Error: errs, Fail: 1}}
	}
	finding := func(rule string, v Verdict, msg string) Finding { return Finding{Rule: rule, Verdict: v, Msg: msg} }
	r := Report{Rules: []RuleResult{rule("a", 2), rule("b", 0), rule("c", 1)}, Findings: NewList(inline.Of(
		finding("a", Fail, "1"), finding("c", Error, "2"), finding("b", Fail, "3"), finding("a", Error, "4"), finding("a", Error, "5")))}
	got, err := r.RuleErrors()
	want := []RuleError{{"a", 2, finding("a", Error, "4")}, {"c", 1, finding("c", Error, "2")}}
	if d := cmp.Diff(want, got); d != "" || err != nil {
		t.Errorf("%v, %s", err, d)
	}
	gone := errors.New("gone")
	r.Findings = NewList(1, func(yield func(Finding, error) bool) { yield(Finding{}, gone) })
	if _, err := r.RuleErrors(); !errors.Is(err, gone) {
		t.Errorf("findings that cannot be read: %v", err)
	}
	r.Rules = r.Rules[1:2]
	if got, err := r.RuleErrors(); got != nil || err != nil {
		t.Errorf("no rule failed, and %v, %v", got, err)
	}
}

// TestFailures adds up the findings of all domains.
func TestFailures(t *testing.T) {
	s := Summary{Findings: map[string]map[Severity]int{"a": {High: 1, Low: 2}, "b": {High: 4}}}
	want := map[Severity]int{Critical: 0, High: 5, Medium: 0, Low: 2, Info: 0}
	if d := cmp.Diff(want, s.BySeverity()); d != "" || s.Failures() != 7 {
		t.Errorf("%d failures: %s", s.Failures(), d)
	}
}
