package decisions

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tenor/audit"
)

const valid = `# what the board decided
decisions:
  - outpost: op-0123456789abcdef0
    action: renew
    payment_term: THREE_YEARS
    payment_option: NO_UPFRONT
    owner: finance@example.com
    reason: refresh planned for 2029
    decided_on: 2026-11-20
  - {outpost: "arn:aws:outposts:eu-central-1:111122223333:outpost/op-0123456789abcdef1", action: return, owner: o,
     reason: r, decided_on: 2026-11-20}
`

func TestParse(t *testing.T) {
	list, err := Parse("decisions.yaml", []byte(valid))
	if err != nil {
		t.Fatal(err)
	}
	want := []audit.Decision{
		{Outpost: "op-0123456789abcdef0", Action: audit.ActionRenew, PaymentTerm: "THREE_YEARS", PaymentOption: "NO_UPFRONT",
			Owner: "finance@example.com", Reason: "refresh planned for 2029", DecidedOn: "2026-11-20", Line: 3},
		{Outpost: "arn:aws:outposts:eu-central-1:111122223333:outpost/op-0123456789abcdef1", Action: audit.ActionReturn, Owner: "o", Reason: "r",
			DecidedOn: "2026-11-20", Line: 10},
	}
	if diff := cmp.Diff(want, list); diff != "" {
		t.Error(diff)
	}
}

func TestParseSaysWhatIsWrong(t *testing.T) {
	renew := "outpost: op-0123456789abcdef0, action: renew, payment_term: ONE_YEAR, payment_option: NO_UPFRONT, owner: o, reason: r, " +
		"decided_on: 2026-11-20"
	for _, tc := range []struct{ name, text, want string }{
		{"an unknown field", "decisions: [{outposts: x}]", `d.yaml:1: `},
		{"no outpost", "decisions:\n  - {action: return, owner: o, reason: r, decided_on: 2026-11-20}", "d.yaml:2: a decision needs outpost"},
		{"no owner", "decisions:\n  - {outpost: op-0123456789abcdef0, action: return, owner: ' ', reason: r, decided_on: 2026-11-20}",
			"d.yaml:2: a decision needs owner"},
		{"no id", "decisions: [{outpost: rack-1, action: return, owner: o, reason: r, decided_on: 2026-11-20}]",
			`d.yaml:1: outpost: "rack-1" is neither an Outpost's id`},
		{"a pattern", "decisions: [{outpost: op-*, action: return, owner: o, reason: r, decided_on: 2026-11-20}]",
			`d.yaml:1: outpost: "op-*" is neither`},
		{"an unknown action", "decisions: [{outpost: op-0123456789abcdef0, action: retur, owner: o, reason: r, decided_on: 2026-11-20}]",
			`d.yaml:1: action: "retur": want renew, return, month_to_month`},
		{"a return with a term",
			"decisions: [{outpost: op-0123456789abcdef0, action: return, payment_term: ONE_YEAR, owner: o, reason: r, decided_on: 2026-11-20}]",
			"d.yaml:1: payment_term: only a renewal has one"},
		{"a renewal without an option",
			"decisions: [{outpost: op-0123456789abcdef0, action: renew, payment_term: ONE_YEAR, owner: o, reason: r, decided_on: 2026-11-20}]",
			`d.yaml:1: payment_option: "": want ALL_UPFRONT`},
		{"an unknown term", "decisions: [{outpost: op-0123456789abcdef0, action: renew, payment_term: TWO_YEARS, payment_option: NO_UPFRONT, " +
			"owner: o, reason: r, decided_on: 2026-11-20}]", `d.yaml:1: payment_term: "TWO_YEARS": want ONE_YEAR`},
		{"no date", "decisions: [{outpost: op-0123456789abcdef0, action: return, owner: o, reason: r, decided_on: yesterday}]",
			`d.yaml:1: decided_on: "yesterday" is no date`},
		{"twice, by id and by ARN", "decisions:\n  - {" + renew + "}\n  - {" + strings.Replace(renew, "outpost: ",
			"outpost: 'arn:aws:outposts:eu-central-1:111122223333:outpost/", 1) + "}", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if tc.want == "" {
				tc.text = strings.Replace(tc.text, "outpost/op-0123456789abcdef0,", "outpost/op-0123456789abcdef0',", 1)
				tc.want = "d.yaml:3: the decision on op-0123456789abcdef0 stands in line 2 too"
			}
			_, err := Parse("d.yaml", []byte(tc.text))
			if err == nil || !strings.HasPrefix(err.Error(), tc.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got %v, want %s…", err, tc.want)
			}
		})
	}
}

// added is a moment on the day on which the decision of TestAdd was made.
var added = time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)

// TestDayThatHasNotCome: a decision is of today at the latest, where today begins first, or it is refused; a file is read all the same.
func TestDayThatHasNotCome(t *testing.T) {
	for _, tc := range []struct {
		day, now string
		refused  bool
	}{
		{"2026-11-20", "2026-11-20T00:00:00Z", false},
		{"2026-11-20", "2026-11-19T10:00:00Z", false}, // in Kiritimati it is the 20th
		{"2026-11-20", "2026-11-19T09:59:59Z", true},
		{"2026-11-20", "2026-11-19T22:59:59+13:00", true},
		{"2062-11-20", "2026-11-20T00:00:00Z", true},
		{"2006-11-20", "2026-11-20T00:00:00Z", false},
	} {
		now, err := time.Parse(time.RFC3339, tc.now)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "d.yaml")
		d := audit.Decision{Outpost: "op-0123456789abcdef2", Action: audit.ActionMonthToMonth, Owner: "o", Reason: "r", DecidedOn: tc.day}
		want := "decided_on: " + tc.day + " has not come yet: no renewal that begins by then would be counted as what was decided"
		err = Add(path, d, now)
		if _, there := os.Stat(path); (err != nil) != tc.refused || err != nil && err.Error() != want || (there != nil) != tc.refused {
			t.Errorf("%s at %s: add: %v, %v", tc.day, tc.now, err, there)
		}
		list, err := Parse(path, []byte("decisions:\n- {outpost: op-0123456789abcdef2, action: return, owner: o, reason: r, decided_on: "+tc.day+"}\n"))
		if err != nil {
			t.Fatal(err)
		}
		err = CheckDays("d.yaml", list, now)
		if (err != nil) != tc.refused || err != nil && err.Error() != "d.yaml:2: "+want {
			t.Errorf("%s at %s: check: %v", tc.day, tc.now, err)
		}
	}
}

// TestAdd keeps what stands in the file, and touches none that would not be valid afterwards.
func TestAdd(t *testing.T) {
	path := filepath.Join(t.TempDir(), "decisions.yaml")
	d := audit.Decision{Outpost: "op-0123456789abcdef2", Action: audit.ActionMonthToMonth, Owner: "o", Reason: "a: b", DecidedOn: "2026-11-21"}
	if err := Add(path, d, added); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(strings.Replace(valid, "  - {", "  - {", 1)), 0o640); err != nil {
		t.Fatal(err)
	}
	if err := Add(path, d, added); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil || !strings.HasPrefix(string(text), valid) {
		t.Fatalf("%v: %s", err, text)
	}
	list, err := Load(path)
	if err != nil || len(list) != 3 || list[2].Reason != d.Reason || list[2].Action != d.Action {
		t.Fatalf("%v: %+v", err, list)
	}
	if err := Add(path, d, added); err == nil || !strings.Contains(err.Error(), "stands in line") {
		t.Errorf("a second one: %v", err)
	}
	d.Action = "retur"
	if err := Add(path, d, added); err == nil || !strings.HasPrefix(err.Error(), "action: ") {
		t.Errorf("an unknown action: %v", err)
	}
	if after, err := os.ReadFile(path); err != nil || string(after) != string(text) {
		t.Errorf("the file was touched: %v", err)
	}
}

func TestFindings(t *testing.T) {
	result := func(status string) audit.DecisionResult {
		return audit.DecisionResult{Status: status, Decision: audit.Decision{Outpost: "op-0123456789abcdef0", Action: audit.ActionReturn,
			DecidedOn: "2026-11-20"}}
	}
	all := func(*audit.DecisionResult) bool { return true }
	none := func(*audit.DecisionResult) bool { return false }
	on := Rules(nil, nil)
	for _, tc := range []struct {
		name   string
		status string
		on     []audit.Rule
		read   func(*audit.DecisionResult) bool
		want   string
	}{
		{"contradicted", audit.DecisionContradicted, on, none,
			"The decision of 2026-11-20 to return the Outpost for op-0123456789abcdef0 is contradicted by what AWS shows"},
		{"not there", audit.DecisionUnused, on, all,
			"The decision of 2026-11-20 to return the Outpost for op-0123456789abcdef0 fits no Outpost that was read"},
		{"not read", audit.DecisionUnused, on, none, ""},
		{"open", audit.DecisionOpen, on, all, ""},
		{"done", audit.DecisionDone, on, all, ""},
		{"unknown", audit.DecisionUnknown, on, all, ""},
		{"the rule is off", audit.DecisionContradicted, Rules([]string{"decisions.unused"}, nil), all, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := ""
			for _, f := range Findings([]audit.DecisionResult{result(tc.status)}, tc.on, tc.read) {
				got += f.Msg
			}
			if got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
	if low := Rules(nil, map[string]string{"decisions.unused": "low"}); low[0].Severity != audit.Low {
		t.Errorf("severity %s", low[0].Severity)
	}
}

func TestCommand(t *testing.T) {
	for _, tc := range []struct {
		d    audit.Decision
		want string
	}{
		{audit.Decision{Outpost: "op-0123456789abcdef0", Action: audit.ActionRenew, PaymentTerm: "ONE_YEAR", PaymentOption: "NO_UPFRONT"},
			"aws outposts create-renewal --outpost-identifier op-0123456789abcdef0 --payment-term ONE_YEAR --payment-option NO_UPFRONT --region " +
				"eu-west-1"},
		{audit.Decision{Outpost: "arn:aws:outposts:eu-west-1:111122223333:outpost/op-0123456789abcdef0", Action: audit.ActionReturn},
			"aws outposts start-outpost-decommission --outpost-identifier op-0123456789abcdef0 --region eu-west-1"},
		{audit.Decision{Outpost: "op-0123456789abcdef0", Action: audit.ActionMonthToMonth}, ""},
	} {
		if got := strings.Join(Command(&tc.d, "eu-west-1"), " "); got != tc.want {
			t.Errorf("got %q, want %q", got, tc.want)
		}
	}
}
