package policies

import (
	"bytes"
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

// metadata is the custom part of a rule's METADATA. Its keys are a closed set in our own namespace.
type metadata struct {
	Severity    audit.Severity       `json:"severity"`
	Kinds       []string             `json:"kinds"`
	Requires    []string             `json:"requires"`
	Optional    []string             `json:"optional"`
	Params      map[string]paramMeta `json:"params"`
	Remediation string               `json:"remediation"`
}

type paramMeta struct {
	Default     json.RawMessage `json:"default"`
	Type        string          `json:"type"` // needed only where the default, null, does not say
	Description string          `json:"description"`
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
	r.described = true
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
		r.rated = true
		if r.Severity, err = audit.ParseSeverity(string(meta.Severity)); err != nil {
			errs = append(errs, at("severity", "%w", err))
		}
	}
	for _, kind := range meta.Kinds {
		if err := checkKind(kind); err != nil {
			errs = append(errs, at("kinds", "%w", err))
		}
	}
	r.Kinds = append(r.Kinds, slices.Sorted(slices.Values(meta.Kinds))...)
	s.kinds = r.Kinds
	r.Requires, r.Optional = append(r.Requires, meta.Requires...), append(r.Optional, meta.Optional...)
	if len(r.Kinds) > 0 && len(errs) == 0 {
		related := schemas.sections(r.Kinds)
		for _, section := range slices.Concat(r.Requires, r.Optional) {
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
	if weigh(custom, maxRego) < 0 {
		return meta, fmt.Errorf("custom: with its aliases it is larger than %d KiB", maxRego>>10)
	}
	b, err := audit.EncodeJSON(custom)
	if err != nil {
		return meta, err
	}
	err = json.Unmarshal(b, &meta)
	if unfit, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		err = fmt.Errorf("custom.%s: it cannot be of type %s", unfit.Field, unfit.Value)
	}
	return meta, err
}

// weigh takes the size of v from left, and stops when nothing is left.
func weigh(v any, left int) int {
	left--
	switch v := v.(type) {
	case string:
		left -= len(v)
	case []any:
		for i := 0; i < len(v) && left >= 0; i++ {
			left = weigh(v[i], left)
		}
	case map[string]any:
		for k, member := range v {
			if left -= len(k); left < 0 {
				break
			}
			left = weigh(member, left)
		}
	}
	return left
}

// checkKeys holds METADATA to the closed set of keys, all of which but requires, optional, params and custom.params.type must be there.
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
		refuse(key, !slices.Contains([]string{"severity", "kinds", "requires", "optional", "params", "remediation"}, key))
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
