package policies

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"

	"tenor/audit"
)

// finding returns a finding of the rule on the resource with nothing said yet.
func (r *rule) finding(res *audit.Resource, v audit.Verdict) audit.Finding {
	ref := res.Ref()
	return audit.Finding{Fingerprint: audit.Fingerprint(r.ID, ref, ""), Rule: r.ID, Severity: r.Severity, Verdict: v, Resource: ref, Remediation: r.Remediation}
}

// said is the element that a finding was made of, and the name of its set.
type said struct {
	set  string
	elem *ast.Term
}

// fingerprint gives each finding its own: by the key that the rule gave, which stands in Fingerprint so far, where several have
// the same by their message too, and where those are the same by the whole element and its set.
func (p *prepared) fingerprint(findings []audit.Finding, from []said) {
	for _, detail := range [...]func(i int) string{
		func(i int) string { return findings[i].Msg },
		func(i int) string { return from[i].set + " " + from[i].elem.String() },
	} {
		seen := map[string]int{}
		for _, f := range findings {
			seen[f.Fingerprint]++
		}
		for i := range findings {
			if f := &findings[i]; seen[f.Fingerprint] > 1 {
				f.Fingerprint += "\x00" + detail(i)
			}
		}
	}
	for i := range findings {
		f := &findings[i]
		f.Fingerprint = audit.Fingerprint(p.ID, f.Resource, f.Fingerprint)
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
