package policies

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"tenor/audit"
)

// A gap is never evidence: what a rule says where it read a section that could not be collected may be wrong either way. A rule
// says of the sections that it reads which it requires (a gap there is the verdict unknown) and which are optional (one with a
// gap is evaluated as absent, for the words of what it finds: it must not pass by it). Where it says neither, unknown is the verdict
// on a resource of which the evaluation touched a gap.

// factSections has kind → fact → the sections on which it rests, which its tag sections names.
var factSections = func() map[string]map[string][]string {
	all := map[string]map[string][]string{}
	for _, kind := range audit.Kinds {
		all[kind.Name] = map[string][]string{}
		if kind.Facts == nil {
			continue
		}
		for f := range kind.Facts.Fields() {
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if sections := f.Tag.Get("sections"); sections != "" {
				all[kind.Name][name] = strings.Split(sections, ",")
			}
		}
	}
	return all
}()

// touches reports whether a rule that reads documents of a kind as r says may learn anything of a section: by reading it, or a
// fact that rests on it.
func (r *reads) touches(kind, section string) bool {
	if r.value || isPart(section) && r.of(section) {
		return true
	}
	if !slices.Contains(otherSections, section) && r.of("related") && r.member("related").of(section) {
		return true
	}
	if !r.of("facts") {
		return false
	}
	for fact, sections := range factSections[kind] {
		if slices.Contains(sections, section) && r.member("facts").of(fact) {
			return true
		}
	}
	return false
}

// isPart reports whether a section is a member of the document itself, as opposed to one of related.
func isPart(section string) bool { return section == "spec" || section == "facts" || section == "tags" }

// touched reports whether the last evaluation learnt anything of a section.
func (d *document) touched(section string) bool {
	return d.all || slices.ContainsFunc(d.trace, func(p *place) bool { return d.touches(p, section, true) }) ||
		slices.ContainsFunc(d.entered, func(p *place) bool { return d.touches(p, section, false) })
}

// touches reports whether what stands at p, as a value or as an object that is looked into, says anything of a section.
func (d *document) touches(p *place, section string, value bool) bool {
	below := ""
	for p.parent != d.root {
		below, p = p.name, p.parent
	}
	switch {
	case p.name == section:
		return true
	case p.name == "related":
		return !slices.Contains(otherSections, section) && (below == section || below == "" && value)
	case p.name != "facts":
		return false
	case below == "":
		return value && slices.ContainsFunc(slices.Collect(maps.Values(factSections[d.res.Kind])), func(sections []string) bool {
			return slices.Contains(sections, section)
		})
	}
	return slices.Contains(factSections[d.res.Kind][below], section)
}

// gaps lists, in order, the gaps of a resource of which the rule may learn something: those that it must not touch, since it says
// nothing of them, and those that it must not pass by, since it takes them for absent. None is in what the rule requires: then it is not
// asked. A set unknown says itself where the rule cannot tell.
func (p *prepared) gaps(res *audit.Resource) (undeclared, optional []string) {
	if len(res.Gaps) == 0 {
		return nil, nil
	}
	for section := range res.Gaps {
		switch {
		case !p.reads.touches(res.Kind, section):
		case !slices.Contains(p.Optional, section):
			undeclared = append(undeclared, section)
		case p.aside != "unknown":
			optional = append(optional, section)
		}
	}
	slices.Sort(undeclared)
	slices.Sort(optional)
	return undeclared, optional
}

// touchedOf lists those of the sections of which the last evaluation learnt something.
func (d *document) touchedOf(sections []string) []string {
	return slices.DeleteFunc(sections, func(section string) bool { return !d.touched(section) })
}

// checkSections holds a rule of our namespace to its METADATA: it says of each section that it reads whether it requires it.
func (r *rule) checkSections(read *reads, schemas kindSchemas) error {
	if !inTenor(strings.TrimPrefix(r.pkg.String(), "data.")) {
		return nil
	}
	var missing []string
	for _, kind := range r.Kinds {
		known := schemas.sections([]string{kind})
		for _, sections := range factSections[kind] {
			known = append(known, sections...)
		}
		for _, section := range known {
			declared := isPart(section) || slices.Contains(r.Requires, section) || slices.Contains(r.Optional, section) ||
				slices.Contains(missing, section)
			if !declared && read.touches(kind, section) {
				missing = append(missing, section)
			}
		}
	}
	if len(missing) == 0 {
		return nil
	}
	slices.Sort(missing)
	return fmt.Errorf("%s:%d: METADATA does not name all that the rule reads: put %s into custom.requires, where a gap makes the verdict "+
		"unknown, or, if only words rest on it, into custom.optional", r.name, r.Line, strings.Join(missing, ", "))
}
