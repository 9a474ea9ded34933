package policies

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"

	"tenor/audit"
)

// otherSections are those outside related: a gap may stand in their place, but they are never absent.
var otherSections = func() []string {
	names := []string{"spec", "facts", "tags"}
	for _, kind := range audit.Kinds {
		for _, s := range kind.Sections {
			if s.Operation == "" {
				names = append(names, s.Name)
			}
		}
	}
	return names
}()

// sections looks for what the rule requires. Missing lists the sections that have a gap. A rule does not apply to a resource
// that has no such section, and no gap in its place. Where no bill is read no resource has charges: a rule that requires them says
// nothing then, whatever else is a gap.
func (r *rule) sections(res *audit.Resource) (missing []string, applies bool) {
	applies = true
	for _, s := range r.Requires {
		if _, gap := res.Gaps[s]; gap {
			missing = append(missing, s)
		} else if !hasSection(res, s) {
			if applies = false; s == audit.SectionCharges {
				return nil, false
			}
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

// unknown says which sections are missing and why.
func (p *prepared) unknown(res *audit.Resource, missing []string) audit.Finding {
	p.counts[audit.Unknown]++
	f := p.finding(res, audit.Unknown)
	parts := make([]string, len(missing))
	f.Optional = true
	for i, s := range missing {
		g := res.Gaps[s]
		f.Optional = f.Optional && (g.Optional || audit.IsOptional(g.Operation))
		parts[i] = describeGap(s, g)
	}
	f.Msg = "cannot tell: " + strings.Join(parts, "; ")
	return f
}

// describeGap says why a section is missing.
func describeGap(section string, g audit.Gap) string {
	text := fmt.Sprintf("%s is missing: %s: %s", section, g.Operation, g.Reason)
	if g.Message != "" {
		text += ": " + g.Message
	}
	return text
}

// failed is the finding of a rule that broke.
func (p *prepared) failed(res *audit.Resource, err error) audit.Finding {
	p.counts[audit.Error]++
	f := p.finding(res, audit.Error)
	f.Msg = "the rule failed: " + err.Error()
	return f
}

// verdict turns the rule's answer, an array of its sets, into findings and counts the verdict.
func (p *prepared) verdict(res *audit.Resource, answer *ast.Array) []audit.Finding {
	excepted := map[string]bool{}
	switch p.aside {
	case "unknown":
		missing, err := sectionNames(answer.Elem(answer.Len()-1), res)
		if err != nil {
			return []audit.Finding{p.failed(res, p.errorf("%w", err))}
		}
		if len(missing) > 0 {
			return []audit.Finding{p.unknown(res, missing)}
		}
	case "exception":
		excepted = exceptions(answer.Elem(answer.Len() - 1))
	}
	var findings []audit.Finding
	var from []said
	for i, set := range p.sets {
		if excepted[set.suffix()] {
			continue
		}
		elems, ok := answer.Elem(i).Value.(ast.Set)
		if !ok {
			return []audit.Finding{p.failed(res, p.errorf("%s is no set", set.name))}
		}
		if err := p.more(elems.Len()); err != nil {
			return []audit.Finding{p.failed(res, err)}
		}
		for _, elem := range elems.Slice() {
			f, err := p.element(res, set, elem)
			if err != nil {
				return []audit.Finding{p.failed(res, p.errorf("%s: %w", set.name, err))}
			}
			findings = append(findings, f)
			from = append(from, said{set.name, elem})
		}
	}
	if len(findings) == 0 {
		p.counts[audit.Pass]++
		return nil
	}
	p.counts[audit.Fail]++
	p.fingerprint(findings, from)
	return findings
}

// more counts findings that are to be made, and refuses them beyond the limit.
func (p *prepared) more(n int) error {
	if p.made.Add(int64(n)) > int64(p.most) {
		return p.tooMany()
	}
	return nil
}

// tooMany is the error of a rule that has made more findings than it may.
func (p *prepared) tooMany() error {
	return p.errorf("more than %d findings: see what it makes so many of, or raise policies.max_findings", p.most)
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
