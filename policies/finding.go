package policies

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"

	"tenor/audit"
)

// otherSections are those outside related: a gap may stand in their place, but they are never absent.
var otherSections = []string{"spec", "facts", "tags", "commitments"}

// sections looks for what the rule requires. Missing lists the sections that have a gap; spec and facts count for every
// rule. A rule does not apply to a resource that has no such section, and no gap in its place.
func (r *rule) sections(res *audit.Resource) (missing []string, applies bool) {
	applies = true
	for _, s := range [...]string{"spec", "facts"} {
		if _, gap := res.Gaps[s]; gap {
			missing = append(missing, s)
		}
	}
	for _, s := range r.Requires {
		if _, gap := res.Gaps[s]; gap {
			missing = append(missing, s)
		} else if !hasSection(res, s) {
			applies = false
		}
	}
	return missing, applies
}

// hasSection reports whether the resource has a section of related; what is no section of related, such as its tags, every
// resource has.
func hasSection(res *audit.Resource, section string) bool {
	if slices.Contains(otherSections, section) {
		return true
	}
	v := res.Related[section]
	return len(v) > 0 && string(v) != "null"
}

// finding returns a finding of the rule on the resource with nothing said yet.
func (r *rule) finding(res *audit.Resource, v audit.Verdict) audit.Finding {
	ref := res.Ref()
	return audit.Finding{Fingerprint: audit.Fingerprint(r.ID, ref, ""), Rule: r.ID, Severity: r.Severity, Verdict: v, Resource: ref, Remediation: r.Remediation}
}

// unknown says which sections are missing and why.
func (p *prepared) unknown(res *audit.Resource, missing []string) audit.Finding {
	p.counts[audit.Unknown]++
	f := p.finding(res, audit.Unknown)
	parts := make([]string, len(missing))
	for i, s := range missing {
		g := res.Gaps[s]
		parts[i] = fmt.Sprintf("%s is missing: %s: %s", s, g.Operation, g.Reason)
		if g.Message != "" {
			parts[i] += ": " + g.Message
		}
	}
	f.Msg = "cannot tell: " + strings.Join(parts, "; ")
	return f
}

// failed is the finding of a rule that broke.
func (p *prepared) failed(res *audit.Resource, err error) audit.Finding {
	p.counts[audit.Error]++
	f := p.finding(res, audit.Error)
	f.Msg = "the rule failed: " + err.Error()
	return f
}

// judge turns the rule's answer, an array of its sets, into findings and counts the verdict.
func (p *prepared) judge(res *audit.Resource, answer *ast.Array) []audit.Finding {
	excepted := map[string]bool{}
	switch p.aside {
	case "unknown":
		missing, err := sectionNames(answer.Elem(answer.Len()-1), res)
		if err != nil {
			return []audit.Finding{p.failed(res, err)}
		}
		if len(missing) > 0 {
			return []audit.Finding{p.unknown(res, missing)}
		}
	case "exception":
		excepted = exceptions(answer.Elem(answer.Len() - 1))
	}
	var findings []audit.Finding
	for i, set := range p.sets {
		if excepted[set.suffix()] {
			continue
		}
		elems, ok := answer.Elem(i).Value.(ast.Set)
		if !ok {
			return []audit.Finding{p.failed(res, fmt.Errorf("%s is no set", set.name))}
		}
		for _, elem := range elems.Slice() {
			f, err := p.element(res, set, elem)
			if err != nil {
				return []audit.Finding{p.failed(res, fmt.Errorf("%s: %w", set.name, err))}
			}
			findings = append(findings, f)
		}
	}
	if len(findings) == 0 {
		p.counts[audit.Pass]++
		return nil
	}
	p.counts[audit.Fail]++
	p.fingerprint(findings)
	return findings
}

// suffix is the name by which conftest's exceptions call the set: that of deny_many is many, that of deny is empty.
func (s resultSet) suffix() string {
	_, suffix, _ := strings.Cut(s.name, "_")
	return suffix
}

// exceptions returns the names in a set of lists of names.
func exceptions(t *ast.Term) map[string]bool {
	names := map[string]bool{}
	add := func(name *ast.Term) {
		if s, ok := name.Value.(ast.String); ok {
			names[string(s)] = true
		}
	}
	lists, ok := t.Value.(ast.Set)
	if !ok {
		return names
	}
	for _, list := range lists.Slice() {
		switch list := list.Value.(type) {
		case *ast.Array:
			list.Foreach(add)
		case ast.Set:
			list.Foreach(add)
		case ast.Object:
			list.Foreach(func(_, name *ast.Term) { add(name) })
		}
	}
	return names
}

// sectionNames returns the sections in the set unknown, each of which must be a gap of the resource.
func sectionNames(t *ast.Term, res *audit.Resource) ([]string, error) {
	set, ok := t.Value.(ast.Set)
	if !ok {
		return nil, errors.New("unknown is no set")
	}
	var names []string
	for _, elem := range set.Slice() {
		s, ok := elem.Value.(ast.String)
		if !ok {
			return nil, fmt.Errorf("unknown holds %s, want the name of a section", elem)
		}
		if _, gap := res.Gaps[string(s)]; !gap {
			return nil, fmt.Errorf("unknown holds %q, which is no gap of the resource", string(s))
		}
		names = append(names, string(s))
	}
	return names, nil
}

// fingerprint gives each finding its own: by the key that the rule gave, which stands in Fingerprint so far, and where
// several have the same, by their message too.
func (p *prepared) fingerprint(findings []audit.Finding) {
	seen := map[string]int{}
	for _, f := range findings {
		seen[f.Fingerprint]++
	}
	for i := range findings {
		f := &findings[i]
		key := f.Fingerprint
		if seen[key] > 1 {
			key += "\x00" + f.Msg
		}
		f.Fingerprint = audit.Fingerprint(p.ID, f.Resource, key)
	}
}

// element is what a member of deny may say. Money is whole cents; a command is a list of words, which the engine quotes,
// or a string as it is.
type element struct {
	Msg         *string         `json:"msg"`
	Evidence    json.RawMessage `json:"evidence"`
	Severity    audit.Severity  `json:"severity"`
	Due         *string         `json:"due"`
	AmountCents *json.Number    `json:"amount_cents"`
	Command     json.RawMessage `json:"command"`
	Key         string          `json:"key"`
}

// element turns one member of a set into a finding whose Fingerprint is still the rule's key.
func (p *prepared) element(res *audit.Resource, set resultSet, t *ast.Term) (audit.Finding, error) {
	f := p.finding(res, audit.Fail)
	f.Fingerprint = ""
	if set.severity != "" {
		f.Severity = set.severity
	}
	if s, ok := t.Value.(ast.String); ok {
		f.Msg = string(s)
		return p.overridden(f), nil
	}
	if _, ok := t.Value.(ast.Object); !ok {
		return f, fmt.Errorf("%s is neither a string nor an object with msg", t)
	}
	v, err := ast.JSON(t.Value)
	if err != nil {
		return f, err
	}
	b, err := audit.EncodeJSON(v)
	if err != nil {
		return f, err
	}
	var el element
	if err := json.Unmarshal(b, &el); err != nil {
		return f, fmt.Errorf("%s: %w", t, err)
	}
	if el.Msg == nil {
		return f, fmt.Errorf("%s has no msg", t)
	}
	f.Msg, f.Fingerprint = *el.Msg, el.Key
	if err := el.fill(&f); err != nil {
		return f, err
	}
	if f.Evidence, err = evidence(b); err != nil {
		return f, err
	}
	return p.overridden(f), nil
}

func (p *prepared) overridden(f audit.Finding) audit.Finding {
	if p.override != "" {
		f.Severity = p.override
	}
	return f
}

// fill sets what needs checking.
func (el *element) fill(f *audit.Finding) error {
	if el.Severity != "" {
		s, err := audit.ParseSeverity(string(el.Severity))
		if err != nil {
			return err
		}
		f.Severity = s
	}
	if el.Due != nil {
		if _, err := time.Parse(time.DateOnly, *el.Due); err != nil {
			return fmt.Errorf("due: %w", err)
		}
		f.Due = audit.Optional(*el.Due)
	}
	if el.AmountCents != nil {
		cents, err := el.AmountCents.Int64()
		if err != nil {
			return fmt.Errorf("amount_cents: %s is not a whole number of cents", *el.AmountCents)
		}
		f.Amount = audit.CentsToMoney(cents)
	}
	command, err := commandLine(el.Command)
	f.Command = audit.Optional(command)
	return err
}

// evidence returns the element's evidence; where it has none, whatever else it says beyond what a finding has a place
// for, so that the details of a conftest policy are not lost.
func evidence(elem []byte) (json.RawMessage, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(elem, &members); err != nil {
		return nil, err
	}
	if e, ok := members["evidence"]; ok {
		return canonical(e)
	}
	maps.DeleteFunc(members, func(k string, _ json.RawMessage) bool {
		return slices.Contains([]string{"msg", "severity", "due", "amount_cents", "command", "key"}, k)
	})
	if len(members) == 0 {
		return nil, nil
	}
	b, err := audit.EncodeJSON(members)
	if err != nil {
		return nil, err
	}
	return canonical(b)
}

var plainWord = regexp.MustCompile(`^[A-Za-z0-9_@%+=:,./-]+$`)

// commandLine returns a command as a POSIX shell reads it: words that are no plain identifiers are quoted, since names
// and messages come from whoever can write to AWS.
func commandLine(raw json.RawMessage) (string, error) {
	if len(raw) == 0 || string(raw) == "null" {
		return "", nil
	}
	var line string
	if json.Unmarshal(raw, &line) == nil {
		return line, nil
	}
	var words []string
	if err := json.Unmarshal(raw, &words); err != nil {
		return "", fmt.Errorf("command: want a list of words or a string: %w", err)
	}
	for i, w := range words {
		if !plainWord.MatchString(w) {
			words[i] = "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
		}
	}
	return strings.Join(words, " "), nil
}
