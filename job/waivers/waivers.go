// Package waivers accepts findings for a while: waivers.yaml, what its waivers match, and the two rules about the waivers
// themselves. Call Load, Apply to each finding, then Results and Findings. It imports no other part of the pipeline.
package waivers

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gobwas/glob"

	"tenor/audit"
	"tenor/internal/yamlfile"
)

// Waiver accepts a finding for a while: waivers.yaml is a list of them under the key waivers.
type Waiver struct {
	Rule     string `yaml:"rule" json:"rule"`
	Resource string `yaml:"resource" json:"resource"`                   // id, ARN, or a glob over either: * is any text, ? any character
	Account  string `yaml:"account,omitempty" json:"account,omitempty"` // empty: any
	// fingerprint of the one finding it is for; empty: all of the rule on the resource
	Finding string `yaml:"finding,omitempty" json:"finding,omitempty"`
	Reason  string `yaml:"reason" json:"reason"`
	Owner   string `yaml:"owner" json:"owner"`
	Expires string `yaml:"expires" json:"expires"` // YYYY-MM-DD: the last day, UTC, on which it holds
}

// waiverFile is the shape of waivers.yaml.
type waiverFile struct {
	Waivers []Waiver `yaml:"waivers" json:"waivers"`
}

// Set is the waivers of a file, and what they matched so far. It may be used by several goroutines at once. A nil *Set has
// none.
type Set struct {
	list []*waiver
}

type waiver struct {
	Waiver
	line    int
	glob    *glob.Pattern
	expires time.Time // the end of its last day
	mu      sync.Mutex
	matched int
}

// Limit is how long a waiver may hold: for so many days after the day of From. Zero days are no limit.
type Limit struct {
	Days int
	From time.Time
}

// check refuses a waiver that holds for longer.
func (l Limit) check(w *waiver) error {
	last := l.From.UTC().AddDate(0, 0, l.Days)
	if l.Days == 0 || w.Expires <= last.Format(time.DateOnly) {
		return nil
	}
	return fmt.Errorf("expires: %s is more than %d days ahead, the longest that a waiver may hold (waivers_max_days): want %s or earlier",
		w.Expires, l.Days, last.Format(time.DateOnly))
}

// Load reads a waivers.yaml. Every error names the file and the line.
func Load(path string, limit Limit) (*Set, error) {
	text, err := yamlfile.Read(path)
	if err != nil {
		return nil, fmt.Errorf("waivers: %w", err)
	}
	return Parse(path, text, limit)
}

var (
	onlyWild    = regexp.MustCompile(`^[*?]+$`)
	fingerprint = regexp.MustCompile(`^[0-9a-f]{64}$`)
)

// Parse reads the text of a waivers.yaml called name.
func Parse(name string, text []byte, limit Limit) (*Set, error) {
	var file waiverFile
	root, err := yamlfile.Decode(name, text, &file)
	if err != nil {
		return nil, err
	}
	ws := &Set{}
	seen := map[[4]string]int{}
	for i := range file.Waivers {
		line, _ := yamlfile.Line(root, []string{"waivers", strconv.Itoa(i)})
		w := &waiver{Waiver: file.Waivers[i], line: line}
		if err := cmp.Or(w.prepare(), limit.check(w)); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, w.line, err)
		}
		key := [4]string{w.Rule, w.Resource, w.Account, w.Finding}
		if first, dup := seen[key]; dup {
			return nil, fmt.Errorf("%s:%d: the waiver of %s for %s stands in line %d too", name, w.line, w.Rule, w.Resource, first)
		}
		seen[key] = w.line
		ws.list = append(ws.list, w)
	}
	return ws, nil
}

func (w *waiver) prepare() error {
	for _, f := range [...][2]string{
		{"rule", w.Rule}, {"resource", w.Resource}, {"reason", w.Reason}, {"owner", w.Owner}, {"expires", w.Expires},
	} {
		if strings.TrimSpace(f[1]) == "" {
			return fmt.Errorf("a waiver needs %s", f[0])
		}
	}
	if strings.HasPrefix(w.Rule, "waivers.") {
		return fmt.Errorf("rule: %s: waivers.* cannot be waived; fix the waiver, or disable the rule", w.Rule)
	}
	if w.Account != "" && !audit.IsAccountID(w.Account) {
		return fmt.Errorf("account: %q is no account id of twelve digits", w.Account)
	}
	if w.Finding != "" && !fingerprint.MatchString(w.Finding) {
		return fmt.Errorf("finding: %q is no fingerprint of 64 hexadecimal digits", w.Finding)
	}
	day, err := time.Parse(time.DateOnly, w.Expires)
	if err != nil {
		return fmt.Errorf("expires: %q is no date YYYY-MM-DD", w.Expires)
	}
	w.expires = day.AddDate(0, 0, 1)
	if onlyWild.MatchString(w.Resource) {
		return fmt.Errorf("resource: %q matches everything; name what is waived, or disable the rule", w.Resource)
	}
	if w.glob, err = glob.Compile(w.Resource); err != nil {
		return fmt.Errorf("resource: %q: %w", w.Resource, err)
	}
	return nil
}

func (w *waiver) matches(f *audit.Finding) bool {
	r := &f.Resource
	return w.Rule == f.Rule && (w.Account == "" || w.Account == r.Account) && (w.Finding == "" || w.Finding == f.Fingerprint) &&
		(w.Resource == r.ID || w.Resource == string(r.ARN) || w.glob.Match(r.ID) || r.ARN != "" && w.glob.Match(string(r.ARN)))
}

// Apply turns a failing finding into a waived one when a waiver in force at asOf covers it. Waivers that match count it,
// expired ones included.
func (ws *Set) Apply(f *audit.Finding, asOf time.Time) {
	if ws == nil || f.Verdict != audit.Fail {
		return
	}
	for _, w := range ws.list {
		if !w.matches(f) {
			continue
		}
		w.mu.Lock()
		w.matched++
		w.mu.Unlock()
		if f.Verdict == audit.Fail && asOf.Before(w.expires) {
			f.Verdict = audit.Waived
			f.Waiver = &audit.WaiverRef{Resource: w.Resource, Reason: w.Reason, Owner: w.Owner, Expires: w.Expires}
		}
	}
}

// Single reports whether some waiver is for one finding of the rule alone.
func (ws *Set) Single(rule string) bool {
	return ws != nil && slices.ContainsFunc(ws.list, func(w *waiver) bool { return w.Rule == rule && w.Finding != "" })
}

// Results returns what became of each waiver, in the order of the file.
func (ws *Set) Results(asOf time.Time) []audit.WaiverResult {
	rs := []audit.WaiverResult{}
	if ws == nil {
		return rs
	}
	for _, w := range ws.list {
		status := "used"
		switch {
		case !asOf.Before(w.expires):
			status = "expired"
		case w.matched == 0:
			status = "unused"
		}
		rs = append(rs, audit.WaiverResult{Rule: w.Rule, Resource: w.Resource, Account: audit.Optional(w.Account), Finding: w.Finding,
			Reason: w.Reason, Owner: w.Owner, Expires: w.Expires, Status: status, Matched: w.matched, Line: w.line})
	}
	return rs
}

// rules are the two rules that evaluate the waivers themselves. They are not Rego, since they need every finding.
var rules = [...]audit.Rule{
	{ID: "waivers.expired", Title: "Waiver has expired", Severity: audit.Medium,
		Description: "A waiver past its date no longer waives, and what it covered counts again.",
		Remediation: "Fix what it covered, or agree on a new date and extend it."},
	{ID: "waivers.unused", Title: "Waiver matches nothing", Severity: audit.Low,
		Description: "A waiver that matches no finding hides the next one that happens to fit it.",
		Remediation: "Remove it from the waivers file."},
}

// Findings returns the findings about the waivers: expired ones that would still match something, and those that matched
// nothing though all they could match was read. Rules that are not on say nothing.
func (ws *Set) Findings(results []audit.WaiverResult, on []audit.Rule, read func(*audit.WaiverResult) bool) []audit.Finding {
	var fs []audit.Finding
	for _, r := range results {
		var id, msg string
		switch {
		case r.Status == "expired" && r.Matched > 0:
			id = "waivers.expired"
			msg = fmt.Sprintf("The waiver of %s for %s expired on %s and still matches %d", r.Rule, r.Resource, r.Expires, r.Matched)
		case r.Status == "unused" && read(&r):
			id, msg = "waivers.unused", fmt.Sprintf("The waiver of %s for %s matches nothing", r.Rule, r.Resource)
		default:
			continue
		}
		ref := audit.ResourceRef{Kind: audit.KindWaiver, ID: r.Rule + " " + r.Resource, Name: r.Rule, Account: string(r.Account), Owner: r.Owner}
		if f, ok := audit.BuiltInFinding(on, id, ref, r.Finding, msg); ok {
			fs = append(fs, f)
		}
	}
	return fs
}

// IsRule reports whether a rule is one about waivers.
func IsRule(id string) bool {
	return slices.ContainsFunc(rules[:], func(r audit.Rule) bool { return r.ID == id })
}

// Rules returns the rules about waivers that are not disabled, with the severities that are set for them, by id.
func Rules(disable []string, severity map[string]string) []audit.Rule {
	return audit.BuiltInRules(rules[:], audit.KindWaiver, disable, severity)
}
