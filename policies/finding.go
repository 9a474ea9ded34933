package policies

import (
	"cmp"
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
	f := r.blank(res, v)
	f.Fingerprint = audit.Fingerprint(r.ID, f.Resource, "")
	return f
}

// blank is a finding without a fingerprint.
func (r *rule) blank(res *audit.Resource, v audit.Verdict) audit.Finding {
	return audit.Finding{Rule: r.ID, Severity: r.Severity, Verdict: v, Resource: res.Ref(), Remediation: r.Remediation}
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

// maxNesting is how deep evidence may be nested. Readers of reports have limits, and their time grows with it.
const maxNesting = 64

// element turns one member of a set into a finding whose Fingerprint is still the rule's key. Money is whole cents; a command is
// a list of words, which the engine quotes, or a string as it is.
//
// In our namespace a member that does not fit is an error. Elsewhere, where a severity or a key may mean something of their own,
// it is evidence like whatever else the element says.
func (p *prepared) element(res *audit.Resource, set resultSet, t *ast.Term) (audit.Finding, error) {
	f := p.blank(res, audit.Fail)
	if set.severity != "" {
		f.Severity = set.severity
	}
	if s, ok := t.Value.(ast.String); ok {
		f.Msg = cmp.Or(string(s), p.Title)
		return p.overridden(f), nil
	}
	if _, ok := t.Value.(ast.Object); !ok {
		return f, fmt.Errorf("%s is neither a string nor an object with msg", t)
	}
	v, err := ast.JSON(t.Value)
	if err != nil {
		return f, err
	}
	if depth(v) > maxNesting {
		return f, fmt.Errorf("an object is nested deeper than %d levels", maxNesting)
	}
	object, _ := v.(map[string]any)
	members := make(map[string]json.RawMessage, len(object))
	for name, member := range object {
		if members[name], err = audit.EncodeJSON(member); err != nil {
			return f, err
		}
	}
	if f.Msg, err = stringOf("msg", members["msg"]); err != nil {
		return f, fmt.Errorf("%s has no msg, which is a string", t)
	}
	f.Msg = cmp.Or(f.Msg, p.Title)
	delete(members, "msg")
	dropPlace(members)
	strict := packagePath(p.pkg)[0] == "tenor"
	for _, name := range fillOrder {
		raw, ok := members[name]
		if !ok {
			continue
		}
		if string(raw) != "null" {
			if err := fill[name](&f, raw); err != nil {
				if strict {
					return f, err
				}
				continue
			}
		}
		delete(members, name)
	}
	if f.Evidence, err = evidence(members); err != nil {
		return f, err
	}
	if p.changing == "" && mayChange(string(f.Command)) {
		p.changing = string(f.Command)
	}
	return p.overridden(f), nil
}

func (p *prepared) overridden(f audit.Finding) audit.Finding {
	if p.override != "" {
		f.Severity = p.override
	}
	return f
}

// fillOrder are the names in fill, in order.
var fillOrder = slices.Sorted(maps.Keys(fill))

// fill has what becomes of an element's members, by their names, in whose order they are read. A value that does not fit changes
// nothing.
var fill = map[string]func(*audit.Finding, json.RawMessage) error{
	"severity": func(f *audit.Finding, raw json.RawMessage) error {
		text, err := stringOf("severity", raw)
		if err != nil {
			return err
		}
		s, err := audit.ParseSeverity(strings.ToLower(text))
		if err == nil {
			f.Severity = s
		}
		return err
	},
	"due": func(f *audit.Finding, raw json.RawMessage) error {
		text, err := stringOf("due", raw)
		if err != nil {
			return err
		}
		if _, err := time.Parse(time.DateOnly, text); err != nil {
			return fmt.Errorf("due %q is no date YYYY-MM-DD", text)
		}
		f.Due = audit.Optional(text)
		return nil
	},
	"amount_cents": func(f *audit.Finding, raw json.RawMessage) error {
		cents, err := json.Number(raw).Int64()
		if err != nil {
			return fmt.Errorf("amount_cents %s is not a whole number of cents", raw)
		}
		f.Amount = audit.CentsToMoney(cents)
		return nil
	},
	"amount_per": func(f *audit.Finding, raw json.RawMessage) error {
		per, err := stringOf("amount_per", raw)
		if err != nil {
			return err
		}
		if per != audit.PerOnce && per != audit.PerMonth {
			return fmt.Errorf("amount_per %q is neither %s nor %s", per, audit.PerOnce, audit.PerMonth)
		}
		if f.Amount != nil { // amount_cents is read before
			f.Amount.Per = per
		}
		return nil
	},
	"command": func(f *audit.Finding, raw json.RawMessage) error {
		command, err := commandLine(raw)
		if err == nil {
			f.Command = audit.Optional(command)
		}
		return err
	},
	"remediation": func(f *audit.Finding, raw json.RawMessage) error {
		text, err := stringOf("remediation", raw)
		if err == nil {
			f.Remediation = cmp.Or(text, f.Remediation)
		}
		return err
	},
	"key": func(f *audit.Finding, raw json.RawMessage) (err error) {
		key, err := stringOf("key", raw)
		if err == nil {
			f.Fingerprint = key
		}
		return err
	},
}

func stringOf(name string, raw json.RawMessage) (s string, err error) {
	if string(raw) == "null" || json.Unmarshal(raw, &s) != nil {
		err = fmt.Errorf("%s %s is no string", name, raw)
	}
	return s, err
}

// evidence returns the element's evidence; where it has none, whatever else it says beyond what a finding has a place for, so
// that the details of a conftest policy are not lost.
func evidence(members map[string]json.RawMessage) (json.RawMessage, error) {
	e, ok := members["evidence"]
	if len(members) == 0 {
		return nil, nil
	}
	if !ok || len(members) > 1 {
		var err error
		if e, err = audit.EncodeJSON(members); err != nil {
			return nil, err
		}
	}
	return e, nil
}

// depth is how deep the objects and arrays of a JSON value are nested.
func depth(v any) int {
	deepest := 0
	switch v := v.(type) {
	case map[string]any:
		for _, member := range v {
			deepest = max(deepest, depth(member))
		}
	case []any:
		for _, item := range v {
			deepest = max(deepest, depth(item))
		}
	default:
		return 0
	}
	return deepest + 1
}

var readCall = regexp.MustCompile(`^(get|list|describe|search|scan|lookup|query|head|batch-get)(-|$)`)

// loneOptions are the global options of the AWS CLI that take no value.
var loneOptions = []string{"--debug", "--no-verify-ssl", "--no-paginate", "--no-sign-request", "--no-cli-pager", "--no-cli-auto-prompt"}

// mayChange reports whether a command is more than one call of the AWS CLI by a name that only reads.
func mayChange(command string) bool {
	if command == "" {
		return false
	}
	words, ok := oneCall(command)
	if !ok || words[0] != "aws" {
		return true
	}
	for words = words[1:]; len(words) > 0 && strings.HasPrefix(words[0], "-"); words = words[1:] {
		if !strings.Contains(words[0], "=") && !slices.Contains(loneOptions, words[0]) && len(words) > 1 {
			words = words[1:] // with its value
		}
	}
	return len(words) < 2 || !readCall.MatchString(words[1]) && (words[0] != "s3" || words[1] != "ls")
}

// oneCall splits a command into words as a POSIX shell does. It is false for what is not one call of one program: another begins behind
// an operator or on a new line, a shell puts something in for a part of it, a quote is left open, or there is no word.
func oneCall(command string) (words []string, ok bool) {
	var word []byte
	var quote byte // that is open; 0: none
	begun := false
	for i := 0; i < len(command); i++ {
		c := command[i]
		switch {
		case c == quote:
			quote = 0
		case quote == '\'':
			word = append(word, c)
		case c == '$' || c == '`' || quote == 0 && strings.IndexByte(";&|<>\n", c) >= 0:
			return nil, false
		case c == '\\':
			if i++; i == len(command) {
				return nil, false
			}
			if command[i] != '\n' { // the line goes on
				word, begun = append(word, command[i]), true
			}
		case quote == '"':
			word = append(word, c)
		case c == '\'' || c == '"':
			quote, begun = c, true
		case c == ' ' || c == '\t':
			if begun {
				words = append(words, string(word))
			}
			word, begun = word[:0], false
		default:
			word, begun = append(word, c), true
		}
	}
	if begun {
		words = append(words, string(word))
	}
	return words, quote == 0 && len(words) > 0
}

var plainWord = regexp.MustCompile(`^[A-Za-z0-9_@%+=:,./-]+$`)

// commandLine returns a command as a POSIX shell reads it: words that are no plain identifiers are quoted, since names
// and messages come from whoever can write to AWS.
func commandLine(raw json.RawMessage) (string, error) {
	var line string
	if json.Unmarshal(raw, &line) == nil {
		return line, nil
	}
	var words []string
	if err := json.Unmarshal(raw, &words); err != nil {
		return "", fmt.Errorf("command %s is neither a list of words nor a string", raw)
	}
	for i, w := range words {
		if !plainWord.MatchString(w) {
			words[i] = "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
		}
	}
	return strings.Join(words, " "), nil
}
