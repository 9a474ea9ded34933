package policies

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/open-policy-agent/opa/v1/ast"

	"tenor/audit"
)

// rule is a package that has a deny set, or one of the other sets that conftest knows.
type rule struct {
	audit.Rule
	name     string            // of its file, as errors show it
	override audit.Severity    // from the config, over whatever the rule itself says; empty for none
	pkg      ast.Ref           // data.tenor.outposts.contract_ending
	sets     []resultSet       // ordered by name
	blocks   []*block          // its METADATA: the package's first
	rated    bool              // its METADATA gives a severity
	types    map[string]string // parameter → declared type, of those whose default is null
	// aside is a set beside the others, empty for none. For our own namespace it is unknown: sections without which the
	// rule cannot tell of this resource. For conftest's packages it is exception: lists of the rules that do not hold for it.
	aside string
	made  *atomic.Int64 // findings, by all evaluators together
}

// resultSet is one of a package's public sets, and the severity of what stands in it.
type resultSet struct {
	name     string
	severity audit.Severity // where METADATA gives none; empty: the rule's
}

// conftestSet matches the names of the sets that conftest evaluates.
var conftestSet = regexp.MustCompile(`^(deny|violation|warn)(_[a-zA-Z0-9]+)*$`)

// evaluated reports whether conftest evaluates a set of that name.
func evaluated(name string) bool { return name == "exception" || conftestSet.MatchString(name) }

// reservedIDs are those of the rules about waivers, which are no policies.
var reservedIDs = []string{"waivers.expired", "waivers.unused"}

// findRules makes a rule of each package that has something to say, ordered by id.
func findRules(sources []*source, namespaces []string, schemas kindSchemas) ([]*rule, error) {
	var errs []error
	byID := map[string]*rule{}
	packages := map[string]*source{}
	for _, s := range sources {
		name := packageName(s.module)
		if err := cmp.Or(s.checkName(name), s.checkPlace(name, packages)); err != nil {
			errs = append(errs, err)
			continue
		}
		packages[name] = s
		if !inTenor(name) && len(namespaces) > 0 && !slices.Contains(namespaces, name) {
			continue
		}
		r, err := s.rule(name)
		if err == nil && r != nil {
			err = addRule(byID, r, s)
		}
		errs = append(errs, err)
	}
	for _, ns := range namespaces {
		if packages[ns] == nil {
			errs = append(errs, fmt.Errorf("namespace %q: no policy has this package", ns))
		}
	}
	rules := make([]*rule, 0, len(byID))
	for _, id := range slices.Sorted(maps.Keys(byID)) {
		if r := byID[id]; len(r.sets) > 0 {
			errs = append(errs, r.describe(schemas))
			r.rate()
			rules = append(rules, r)
		}
	}
	for _, s := range sources {
		if inTenor(packageName(s.module)) {
			errs = append(errs, s.refused())
		}
	}
	return rules, errors.Join(errs...)
}

// rate settles the severities: that of METADATA is all sets', and a rule that only warns is what its warnings are.
func (r *rule) rate() {
	if r.rated {
		for i := range r.sets {
			r.sets[i].severity = ""
		}
		return
	}
	if !slices.ContainsFunc(r.sets, func(s resultSet) bool { return s.severity == "" }) {
		r.Severity = r.sets[0].severity
	}
}

var identifier = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// checkName refuses a package in our namespace that is not named by words alone, as an id is.
func (s *source) checkName(name string) error {
	parts := packagePath(s.module.Package.Path)
	if parts[0] != "tenor" {
		return nil
	}
	for _, part := range parts {
		if !identifier.MatchString(part) || ast.IsKeyword(part) {
			return fmt.Errorf("%s:%d: package %s: %q cannot be part of a rule's id: in tenor, want words of letters, digits and _ that are no "+
				"keywords", s.name, s.module.Package.Location.Row, name, part)
		}
	}
	return nil
}

// checkPlace refuses a package that is there already, where one file is all of it, and a user's package that could change
// ours from above or below: a rule `order_error.deny` in the package tenor.outposts is one of tenor.outposts.order_error.
func (s *source) checkPlace(name string, packages map[string]*source) error {
	refuse := func(format string, args ...any) error {
		return fmt.Errorf("%s:%d: package %s %w", s.name, s.module.Package.Location.Row, name, fmt.Errorf(format, args...))
	}
	if first := packages[name]; first != nil && (inTenor(name) && !isLibrary(name) || s.own() != first.own()) {
		return refuse("is already in %s", first.name)
	}
	if s.own() {
		return nil
	}
	for _, taken := range [...]string{"tenor.params", "tenor.run"} {
		if overlap(name, taken) {
			return refuse("overlaps data.%s", taken)
		}
	}
	for _, other := range slices.Sorted(maps.Keys(packages)) {
		if packages[other].own() && overlap(name, other) {
			return refuse("overlaps %s, in %s", other, packages[other].name)
		}
	}
	return nil
}

// overlap reports whether one package lies in the other.
func overlap(a, b string) bool {
	return strings.HasPrefix(a+".", b+".") || strings.HasPrefix(b+".", a+".")
}

// addRule adds a rule, or the part of one that stands in a second file of its package.
func addRule(byID map[string]*rule, r *rule, s *source) error {
	have := byID[r.ID]
	switch {
	case slices.Contains(reservedIDs, r.ID):
		return fmt.Errorf("%s:%d: the id %s is that of a rule about waivers", s.name, r.Line, r.ID)
	case have == nil:
		byID[r.ID] = r
		return nil
	case !have.pkg.Equal(r.pkg):
		return fmt.Errorf("%s:%d: the id %s is already that of the package in %s", s.name, r.Line, r.ID, have.name)
	case have.described() && r.described():
		return fmt.Errorf("%s:%d: the METADATA of package %s is already in %s", s.name, r.Line, r.ID, have.name)
	}
	have.merge(r)
	return nil
}

// packagePath returns the parts of a package's name, which may have dots in them.
func packagePath(pkg ast.Ref) []string {
	return audit.Map(pkg[1:], func(t *ast.Term) string {
		part, _ := t.Value.(ast.String)
		return string(part)
	})
}

// path returns the parts of the rule's id.
func (r *rule) path() []string {
	parts := packagePath(r.pkg)
	if parts[0] == "tenor" {
		return parts[1:]
	}
	return parts
}

func packageName(m *ast.Module) string { return strings.TrimPrefix(m.Package.Path.String(), "data.") }

func inTenor(pkg string) bool { return pkg == "tenor" || strings.HasPrefix(pkg, "tenor.") }

// isLibrary reports whether a package in our namespace holds functions for rules, not a rule.
func isLibrary(pkg string) bool { return strings.HasPrefix(pkg, "tenor.lib.") }

// rule returns the rule of the package, nil when it has none of the sets.
func (s *source) rule(name string) (*rule, error) {
	line := s.module.Package.Location.Row
	r := &rule{name: s.name, pkg: s.module.Package.Path, made: new(atomic.Int64), types: map[string]string{}, Rule: audit.Rule{
		ID: strings.TrimPrefix(name, "tenor."), Title: name, Severity: audit.High, Kinds: []string{}, Requires: []string{}, Optional: []string{},
		Params: []audit.Param{}, RelatedResources: []audit.RelatedResource{}, Frameworks: []audit.Framework{}, File: s.path, Line: line,
		Origin: s.origin,
	}}
	s.warnOfComments()
	blocks, err := s.blocks()
	if err != nil {
		return nil, err
	}
	if isLibrary(name) {
		return nil, errors.Join(s.noSets(), s.library(blocks))
	}
	if err := s.findSets(r, inTenor(name)); err != nil {
		return nil, err
	}
	r.take(blocks, inTenor(name))
	switch {
	case inTenor(name) && len(r.sets) == 0:
		return nil, fmt.Errorf("%s:%d: package %s has no deny: write `deny contains {\"msg\": …} if { … }`", s.name, line, name)
	case len(r.sets) == 0 && r.aside == "":
		return nil, nil
	case inTenor(name) && !r.described():
		if i := slices.IndexFunc(blocks, func(b *block) bool { return !b.ofPackage() }); i >= 0 {
			const want = "move it above the package, with `scope: package`"
			return nil, fmt.Errorf("%s:%d: METADATA: it stands on a rule: %s", s.name, blocks[i].Location.Row, want)
		}
		return nil, fmt.Errorf("%s:%d: package %s has no METADATA with `scope: package`", s.name, line, name)
	}
	return r, nil
}

// take takes the blocks that describe the rule: those of its package and, outside tenor, those on the rules of its sets. It
// names what counts for a rule, and stands in another.
func (r *rule) take(blocks []*block, strict bool) {
	if strict && (len(r.sets) == 0 || !slices.ContainsFunc(blocks, func(b *block) bool { return b.Scope == "package" })) {
		return // which is an error of its own
	}
	for _, b := range blocks {
		of, why := b.target(), "it is that of a rule other than deny, violation or warn"
		switch {
		case strict:
			why = "in tenor, that of the package counts"
		case b.ofPackage():
			why = "there is no deny, violation or warn in the package"
		}
		describes := slices.ContainsFunc(r.sets, func(set resultSet) bool { return b.ofPackage() || set.name == of })
		if describes && (!strict || b.Scope == "package") {
			r.blocks = append(r.blocks, b)
			if b.Scope == "subpackages" {
				b.source.warn(b.line("scope"), "METADATA: it counts for its own package, not for those below it")
			}
			continue
		}
		for _, key := range customKeys {
			if _, ok := b.value(key); ok {
				b.source.refuse(b.line("custom", key), "METADATA: %s is not read: %s", key, why)
			}
		}
	}
	r.order()
}

// order puts the blocks of the package first.
func (r *rule) order() {
	slices.SortStableFunc(r.blocks, func(a, b *block) int { return cmp.Compare(a.distance(), b.distance()) })
}

// described reports whether the package has METADATA.
func (r *rule) described() bool { return len(r.blocks) > 0 && r.blocks[0].Scope == "package" }

// noSets refuses the sets of a rule in a package that is none: conftest would evaluate them, and tenor does not.
func (s *source) noSets() error {
	var errs []error
	for _, x := range s.module.Rules {
		if name := setName(x); evaluated(name) {
			errs = append(errs, fmt.Errorf("%s:%d: %s is not evaluated: a package in tenor.lib has functions for rules", s.name, x.Location.Row,
				name))
		}
	}
	return errors.Join(errs...)
}

// setName is the name that a rule of a package begins with.
func setName(x *ast.Rule) string { return strings.Trim(x.Head.Ref()[0].Value.String(), `"`) }

// library checks the METADATA of functions for rules, which may name the kinds whose documents they read.
func (s *source) library(blocks []*block) error {
	i := slices.IndexFunc(blocks, func(b *block) bool { return b.Scope == "package" })
	if i < 0 {
		return nil
	}
	b := blocks[i]
	meta, err := decodeMetadata(b.Custom)
	if err != nil {
		return b.errorf("custom", "%w", err)
	}
	for _, kind := range meta.Kinds {
		if err := checkKind(kind); err != nil {
			return b.errorf("kinds", "%w", err)
		}
	}
	s.kinds = meta.Kinds
	return nil
}

func checkKind(kind string) error {
	if slices.Contains(Kinds(), kind) {
		return nil
	}
	return fmt.Errorf("there is no kind %q; the kinds are %s", kind, strings.Join(Kinds(), ", "))
}

// findSets fills in the sets of r; one that is no set, as `deny if …` makes it, is an error.
func (s *source) findSets(r *rule, strict bool) error {
	var errs []error
	seen := map[string]bool{}
	for _, x := range s.module.Rules {
		name := setName(x)
		switch {
		case strict && name == "unknown", !strict && name == "exception":
			r.aside = name
		case strict && name != "deny" && evaluated(name):
			errs = append(errs, fmt.Errorf("%s:%d: %s is not evaluated: a rule in tenor has one set, deny", s.name, x.Location.Row, name))
			continue
		case strict && name != "deny", !strict && !conftestSet.MatchString(name):
			continue
		}
		if x.Head.RuleKind() != ast.MultiValue || len(x.Head.Ref()) != 1 {
			errs = append(errs, fmt.Errorf("%s:%d: %s must be a set: write `%s contains … if { … }`", s.name, x.Location.Row, name, name))
			continue
		}
		if name == r.aside || seen[name] {
			continue
		}
		seen[name] = true
		set := resultSet{name: name}
		if strings.HasPrefix(name, "warn") {
			set.severity = audit.Low
		}
		r.sets = append(r.sets, set)
	}
	slices.SortFunc(r.sets, func(a, b resultSet) int { return strings.Compare(a.name, b.name) })
	return errors.Join(errs...)
}

// merge joins another part of the same package to r; one of the two at most has METADATA.
func (r *rule) merge(more *rule) {
	sets, aside, blocks := append(r.sets, more.sets...), cmp.Or(r.aside, more.aside), append(r.blocks, more.blocks...)
	if more.described() {
		*r = *more
	}
	r.blocks = blocks
	r.order()
	slices.SortFunc(sets, func(a, b resultSet) int { return strings.Compare(a.name, b.name) })
	r.sets, r.aside = slices.Compact(sets), aside
}
