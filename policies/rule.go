package policies

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"

	"tenor/audit"
)

// rule is a package that has a deny set, or one of the other sets that conftest knows.
type rule struct {
	audit.Rule
	override audit.Severity    // from the config, over whatever the rule itself says; empty for none
	pkg      ast.Ref           // data.tenor.outposts.contract_ending
	sets     []resultSet       // ordered by name
	typed    bool              // it has METADATA that names its kinds, so its input is checked against their schemas
	types    map[string]string // parameter → declared type, of those whose default is null
	// aside is a set beside the others, empty for none. For our own namespace it is unknown: sections without which the
	// rule cannot tell of this resource. For conftest's packages it is exception: lists of the rules that do not hold for it.
	aside string
}

// resultSet is one of a package's public sets, and the severity of what stands in it.
type resultSet struct {
	name     string
	severity audit.Severity // empty: the rule's
}

// conftestSet matches the names of the sets that conftest evaluates.
var conftestSet = regexp.MustCompile(`^(deny|violation|warn)(_[a-zA-Z0-9]+)*$`)

// metadata is the custom part of a rule's METADATA. Its keys are a closed set in our own namespace.
type metadata struct {
	Severity    audit.Severity       `json:"severity"`
	Kinds       []string             `json:"kinds"`
	Requires    []string             `json:"requires"`
	Params      map[string]paramMeta `json:"params"`
	Remediation string               `json:"remediation"`
}

type paramMeta struct {
	Default     json.RawMessage `json:"default"`
	Type        string          `json:"type"` // needed only where the default, null, does not say
	Description string          `json:"description"`
}

// kinds that a rule may name.
var kinds = append(slices.Clone(audit.CollectedKinds[:]), audit.KindAccount)

// findRules makes a rule of each package that has something to say, ordered by id.
func findRules(sources []*source, namespaces []string, schemas kindSchemas) ([]*rule, error) {
	var errs []error
	byID := map[string]*rule{}
	packages := map[string]*source{}
	for _, s := range sources {
		if s.module == nil {
			continue
		}
		name := packageName(s.module)
		first := packages[name]
		if first == nil {
			packages[name] = s
		} else if inTenor(name) && !isLibrary(name) || s.own() != first.own() {
			errs = append(errs, fmt.Errorf("%s:%d: package %s is already in %s", s.name, s.module.Package.Location.Row, name, first.name))
			continue
		}
		if !inTenor(name) && len(namespaces) > 0 && !slices.Contains(namespaces, name) {
			continue
		}
		r, err := s.rule(name, schemas)
		if err != nil || r == nil {
			errs = append(errs, err)
			continue
		}
		if have := byID[r.ID]; have != nil {
			err := have.merge(r)
			if err != nil {
				err = fmt.Errorf("%s:%d: %w", s.name, s.module.Package.Location.Row, err)
			}
			errs = append(errs, err)
			continue
		}
		byID[r.ID] = r
	}
	for _, ns := range namespaces {
		if packages[ns] == nil {
			errs = append(errs, fmt.Errorf("namespace %q: no policy has this package", ns))
		}
	}
	rules := make([]*rule, 0, len(byID))
	for _, id := range slices.Sorted(maps.Keys(byID)) {
		if len(byID[id].sets) > 0 {
			rules = append(rules, byID[id])
		}
	}
	return rules, errors.Join(errs...)
}

func ruleID(m *ast.Module) string { return strings.TrimPrefix(packageName(m), "tenor.") }

func packageName(m *ast.Module) string { return strings.TrimPrefix(m.Package.Path.String(), "data.") }

func inTenor(pkg string) bool { return pkg == "tenor" || strings.HasPrefix(pkg, "tenor.") }

// isLibrary reports whether a package in our namespace holds functions for rules, not a rule.
func isLibrary(pkg string) bool { return strings.HasPrefix(pkg, "tenor.lib.") }

// rule returns the rule of the package, nil when it has none of the sets.
func (s *source) rule(name string, schemas kindSchemas) (*rule, error) {
	line := s.module.Package.Location.Row
	r := &rule{pkg: s.module.Package.Path, types: map[string]string{}, Rule: audit.Rule{
		ID: strings.TrimPrefix(name, "tenor."), Title: name, Severity: audit.High, Kinds: []string{}, Requires: []string{},
		Params: []audit.Param{}, RelatedResources: []audit.RelatedResource{}, File: s.path, Line: line, Origin: s.origin,
	}}
	meta := packageAnnotations(s.module)
	if isLibrary(name) {
		return nil, s.library(meta)
	}
	if err := s.findSets(r, inTenor(name)); err != nil {
		return nil, err
	}
	switch {
	case inTenor(name) && len(r.sets) == 0:
		return nil, fmt.Errorf("%s:%d: package %s has no deny: write `deny contains {\"msg\": …} if { … }`", s.name, line, name)
	case len(r.sets) == 0 && r.aside == "":
		return nil, nil
	case inTenor(name) && meta == nil:
		return nil, fmt.Errorf("%s:%d: package %s has no METADATA with `scope: package`", s.name, line, name)
	case meta == nil:
		return r, nil
	}
	return r, s.describe(r, meta, schemas, inTenor(name))
}

// library checks the METADATA of functions for rules, which may name the kinds whose documents they read.
func (s *source) library(a *ast.Annotations) error {
	if a == nil {
		return nil
	}
	meta, err := decodeMetadata(a.Custom)
	if err != nil {
		return fmt.Errorf("%s:%d: METADATA: %w", s.name, a.Location.Row, err)
	}
	for _, kind := range meta.Kinds {
		if err := checkKind(kind); err != nil {
			return fmt.Errorf("%s:%d: METADATA: %w", s.name, s.metadataLine(a, "kinds"), err)
		}
	}
	s.kinds = meta.Kinds
	return nil
}

func checkKind(kind string) error {
	if slices.Contains(kinds, kind) {
		return nil
	}
	return fmt.Errorf("there is no kind %q; the kinds are %s", kind, strings.Join(Kinds(), ", "))
}

// findSets fills in the sets of r; one that is no set, as `deny if …` makes it, is an error.
func (s *source) findSets(r *rule, strict bool) error {
	var errs []error
	seen := map[string]bool{}
	for _, x := range s.module.Rules {
		name := x.Head.Ref()[0].Value.String()
		name = strings.Trim(name, `"`)
		switch {
		case strict && name == "unknown", !strict && name == "exception":
			r.aside = name
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

// merge joins the sets of another file of the same package to r; only one of the files may have METADATA.
func (r *rule) merge(more *rule) error {
	if r.typed && more.typed {
		return fmt.Errorf("the METADATA of package %s is already in %s", r.ID, r.File)
	}
	sets, aside := append(r.sets, more.sets...), cmp.Or(r.aside, more.aside)
	if more.typed {
		*r = *more
	}
	r.aside = aside
	slices.SortFunc(sets, func(a, b resultSet) int { return strings.Compare(a.name, b.name) })
	r.sets = slices.Compact(sets)
	return nil
}

func packageAnnotations(m *ast.Module) *ast.Annotations {
	for _, a := range m.Annotations {
		if a.Scope == "package" {
			return a
		}
	}
	return nil
}

// describe fills in r from its METADATA. Strict is the contract of our own namespace: every key known, none missing.
func (s *source) describe(r *rule, a *ast.Annotations, schemas kindSchemas, strict bool) error {
	at := func(key, format string, args ...any) error {
		return fmt.Errorf("%s:%d: METADATA: %w", s.name, s.metadataLine(a, key), fmt.Errorf(format, args...))
	}
	if a.Title != "" {
		r.Title = a.Title
	}
	r.Description = strings.TrimSpace(a.Description)
	for _, link := range a.RelatedResources {
		r.RelatedResources = append(r.RelatedResources, audit.RelatedResource{Ref: link.Ref.String(), Description: link.Description})
	}
	var errs []error
	if strict {
		errs = append(errs, s.checkKeys(a, at)...)
	}
	meta, err := decodeMetadata(a.Custom)
	if err != nil {
		return errors.Join(append(errs, at("custom", "%w", err))...)
	}
	if meta.Severity != "" {
		if r.Severity, err = audit.ParseSeverity(string(meta.Severity)); err != nil {
			errs = append(errs, at("severity", "%w", err))
		}
	}
	for _, kind := range meta.Kinds {
		if err := checkKind(kind); err != nil {
			errs = append(errs, at("kinds", "%w", err))
		}
	}
	if len(meta.Kinds) > 0 {
		r.typed = true
		r.Kinds = slices.Sorted(slices.Values(meta.Kinds))
		s.kinds = r.Kinds
	}
	r.Requires = append(r.Requires, meta.Requires...)
	if r.typed && len(errs) == 0 {
		related := schemas.sections(r.Kinds)
		for _, section := range r.Requires {
			if !slices.Contains(related, section) && !slices.Contains(otherSections, section) {
				errs = append(errs, at("requires", "its kinds have no section %q", section))
			}
		}
	}
	r.Remediation = strings.TrimSpace(meta.Remediation)
	for _, name := range slices.Sorted(maps.Keys(meta.Params)) {
		p, err := newParam(name, meta.Params[name])
		if err != nil {
			errs = append(errs, at(name, "%w", err))
			continue
		}
		r.Params = append(r.Params, p)
		if typeOf(p.Default) == typeNull {
			r.types[name] = meta.Params[name].Type
		}
	}
	return errors.Join(errs...)
}

func decodeMetadata(custom map[string]any) (metadata, error) {
	var meta metadata
	b, err := audit.EncodeJSON(custom)
	if err != nil {
		return meta, err
	}
	return meta, json.Unmarshal(b, &meta)
}

// checkKeys holds METADATA to the closed set of keys, all of which but requires, params and custom.params.type must be there.
func (s *source) checkKeys(a *ast.Annotations, at func(key, format string, args ...any) error) []error {
	var errs []error
	need := func(key string, given bool) {
		if !given {
			errs = append(errs, at("", "%s is missing", key))
		}
	}
	refuse := func(key string, given bool) {
		if given {
			errs = append(errs, at(key, "%s is no key of a rule", key))
		}
	}
	need("title", a.Title != "")
	need("description", strings.TrimSpace(a.Description) != "")
	need("related_resources", len(a.RelatedResources) > 0)
	refuse("organizations", len(a.Organizations) > 0)
	refuse("authors", len(a.Authors) > 0)
	refuse("schemas", len(a.Schemas) > 0)
	refuse("entrypoint", a.Entrypoint)
	refuse("compile", a.Compile != nil)
	refuse("labels", len(a.Labels) > 0)
	for _, key := range [...]string{"severity", "kinds", "remediation"} {
		_, given := a.Custom[key]
		need("custom."+key, given)
	}
	for _, key := range slices.Sorted(maps.Keys(a.Custom)) {
		refuse(key, !slices.Contains([]string{"severity", "kinds", "requires", "params", "remediation"}, key))
	}
	params, _ := a.Custom["params"].(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(params)) {
		p, _ := params[name].(map[string]any)
		for _, key := range [...]string{"default", "description"} {
			_, given := p[key]
			need("custom.params."+name+"."+key, given)
		}
		for _, key := range slices.Sorted(maps.Keys(p)) {
			refuse(key, !slices.Contains([]string{"default", "type", "description"}, key))
		}
	}
	return errs
}

// metadataLine returns the line of the METADATA block on which key stands, or its first.
func (s *source) metadataLine(a *ast.Annotations, key string) int {
	if key == "" {
		return a.Location.Row
	}
	word := regexp.MustCompile(`(^|\W)` + regexp.QuoteMeta(key) + `:`)
	for i, line := range bytes.Split(s.text, []byte("\n")) {
		if n := i + 1; n > a.Location.Row && n < s.module.Package.Location.Row && word.Match(line) {
			return n
		}
	}
	return a.Location.Row
}
