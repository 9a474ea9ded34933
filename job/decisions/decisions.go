// Package decisions reads decisions.yaml: what was decided about the contracts of Outposts and AWS does not show yet. Call Load; its
// decisions travel as audit.Assumptions, finance says what became of each, and Findings reports it. It imports no other
// part of the pipeline.
package decisions

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"tenor/audit"
	"tenor/internal/yamlfile"
)

// file is the shape of decisions.yaml.
type file struct {
	Decisions []audit.Decision `yaml:"decisions" json:"decisions"`
}

// Load reads a decisions.yaml: at most one decision an Outpost, in the order of the file. Every error names the file and the line.
func Load(path string) ([]audit.Decision, error) {
	text, err := yamlfile.Read(path)
	if err != nil {
		return nil, fmt.Errorf("decisions: %w", err)
	}
	return Parse(path, text)
}

// Parse reads the text of a decisions.yaml called name.
func Parse(name string, text []byte) ([]audit.Decision, error) {
	var f file
	root, err := yamlfile.Decode(name, text, &f)
	if err != nil {
		return nil, err
	}
	seen := map[string]int{}
	for i := range f.Decisions {
		d := &f.Decisions[i]
		d.Line, _ = yamlfile.Line(root, []string{"decisions", strconv.Itoa(i)})
		if err := check(d); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, d.Line, err)
		}
		id := audit.OutpostID(d.Outpost)
		if first, dup := seen[id]; dup {
			return nil, fmt.Errorf("%s:%d: the decision on %s stands in line %d too", name, d.Line, id, first)
		}
		seen[id] = d.Line
	}
	return f.Decisions, nil
}

// outpost is what an Outpost's id, or the last part of its ARN, looks like.
var outpost = regexp.MustCompile(`^(arn:[a-z0-9-]+:outposts:[a-z0-9-]+:[0-9]{12}:outpost/)?op-[0-9a-f]{17}$`)

// Actions are what can be decided.
var Actions = []string{audit.ActionRenew, audit.ActionReturn, audit.ActionMonthToMonth}

// check reports what is wrong with a decision.
func check(d *audit.Decision) error {
	for _, field := range [...][2]string{
		{"outpost", d.Outpost}, {"action", d.Action}, {"owner", d.Owner}, {"reason", d.Reason}, {"decided_on", d.DecidedOn},
	} {
		if strings.TrimSpace(field[1]) == "" {
			return fmt.Errorf("a decision needs %s", field[0])
		}
	}
	if !outpost.MatchString(d.Outpost) {
		return fmt.Errorf("outpost: %q is neither an Outpost's id, such as op-0123456789abcdef0, nor its ARN", d.Outpost)
	}
	if !slices.Contains(Actions, d.Action) {
		return fmt.Errorf("action: %q: want %s", d.Action, strings.Join(Actions, ", "))
	}
	for _, field := range [...]struct {
		name, value string
		known       []string
	}{
		{"payment_term", string(d.PaymentTerm), audit.PaymentTerms}, {"payment_option", string(d.PaymentOption), audit.PaymentOptions},
	} {
		switch {
		case d.Action != audit.ActionRenew && field.value != "":
			return fmt.Errorf("%s: only a renewal has one", field.name)
		case d.Action == audit.ActionRenew && !slices.Contains(field.known, field.value):
			return fmt.Errorf("%s: %q: want %s", field.name, field.value, strings.Join(field.known, ", "))
		}
	}
	if _, err := time.Parse(time.DateOnly, d.DecidedOn); err != nil {
		return fmt.Errorf("decided_on: %q is no date YYYY-MM-DD", d.DecidedOn)
	}
	return nil
}

// CheckDays reports the first of the decisions of a file called name whose decided_on has not come yet anywhere. Load takes it all the
// same, since as_of may be any day, and finance notes it.
func CheckDays(name string, list []audit.Decision, now time.Time) error {
	for i := range list {
		if err := checkDay(&list[i], now); err != nil {
			return fmt.Errorf("%s:%d: %w", name, list[i].Line, err)
		}
	}
	return nil
}

func checkDay(d *audit.Decision, now time.Time) error {
	if d.DecidedOn > audit.LatestToday(now) {
		return fmt.Errorf("decided_on: %s has not come yet: no renewal that begins by then would be counted as what was decided", d.DecidedOn)
	}
	return nil
}

// Add appends a decision to the file at path, which is made when it is missing. Everything that stands in the file stays as it is,
// comments included; a file that would not be valid afterwards is not touched.
func Add(path string, d audit.Decision, now time.Time) error {
	if err := cmp.Or(check(&d), checkDay(&d, now)); err != nil {
		return err
	}
	return yamlfile.Append(path, "decisions", d, func(text []byte) error {
		_, err := Parse(path, text)
		return err
	})
}

// Command returns the AWS CLI call that carries a decision out in a region, which is a purchase or cannot be taken back; empty where
// waiting does.
func Command(d *audit.Decision, region string) []string {
	id := audit.OutpostID(d.Outpost)
	switch d.Action {
	case audit.ActionRenew:
		return []string{"aws", "outposts", "create-renewal", "--outpost-identifier", id, "--payment-term", string(d.PaymentTerm),
			"--payment-option", string(d.PaymentOption), "--region", region}
	case audit.ActionReturn:
		return []string{"aws", "outposts", "start-outpost-decommission", "--outpost-identifier", id, "--region", region}
	}
	return nil
}

// rule is the one rule about decisions themselves. It is not Rego, since it needs every Outpost.
var rule = audit.Rule{
	ID: "decisions.unused", Title: "Decision does not fit", Severity: audit.Medium, Optional: []string{},
	Description: "A decision on file whose Outpost is not there, or that AWS contradicts: another term or option was taken, or the " +
		"Outpost is renewed or returned otherwise.",
	Remediation: "Remove it from the decisions file, or find out why AWS shows something else.",
}

// IsRule reports whether a rule is the one about decisions.
func IsRule(id string) bool { return id == rule.ID }

// Rules returns the rule about decisions unless it is disabled, with the severity that is set for it.
func Rules(disable []string, severity map[string]string) []audit.Rule {
	return audit.BuiltInRules([]audit.Rule{rule}, audit.KindDecision, disable, severity)
}

// Findings returns the findings about decisions that nothing bears out, where on has the rule. Read reports whether everything was
// read that might hold the Outpost of a result.
func Findings(results []audit.DecisionResult, on []audit.Rule, read func(*audit.DecisionResult) bool) []audit.Finding {
	var list []audit.Finding
	for _, r := range results {
		id, what := audit.OutpostID(r.Outpost), ""
		switch {
		case r.Status == audit.DecisionContradicted:
			what = "is contradicted by what AWS shows"
		case r.Status == audit.DecisionUnused && read(&r):
			what = "fits no Outpost that was read"
		default:
			continue
		}
		ref := audit.ResourceRef{Kind: audit.KindDecision, ID: id, Name: r.Name, Account: r.Account, Region: r.Region, Owner: r.Owner}
		msg := fmt.Sprintf("The decision of %s to %s for %s %s", r.DecidedOn, Words(&r.Decision), id, what)
		if f, ok := audit.BuiltInFinding(on, rule.ID, ref, "", msg); ok {
			list = append(list, f)
		}
	}
	return list
}

// Words says what was decided: renew for 3 years, no upfront.
func Words(d *audit.Decision) string {
	switch d.Action {
	case audit.ActionRenew:
		return "renew for " + audit.PricedWords(string(d.PaymentTerm), string(d.PaymentOption))
	case audit.ActionReturn:
		return "return the Outpost"
	}
	return "go on month-to-month"
}
