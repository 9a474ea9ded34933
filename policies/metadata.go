package policies

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"go.yaml.in/yaml/v3"

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
	Frameworks  []audit.Framework    `json:"frameworks"`
}

type paramMeta struct {
	Default     json.RawMessage `json:"default"`
	Type        string          `json:"type"` // needed only where the default, null, does not say
	Description string          `json:"description"`
}

// The keys of METADATA that count: those on top, and those under custom.
var (
	topKeys    = []string{"title", "description", "related_resources"}
	customKeys = []string{"severity", "kinds", "requires", "optional", "params", "remediation", "frameworks"}
	ownKeys    = slices.Concat(topKeys, []string{"custom"}, customKeys)
)

func packageAnnotations(m *ast.Module) *ast.Annotations {
	for _, a := range m.Annotations {
		if a.Scope == "package" {
			return a
		}
	}
	return nil
}

// describe fills in r from its METADATA. Under tenor every key is known and none is missing; elsewhere, where a key may mean
// something of its own, what does not fit is taken as absent, with a warning.
func (r *rule) describe(schemas kindSchemas) error {
	if len(r.blocks) == 0 {
		return nil
	}
	strict := inTenor(strings.TrimPrefix(r.pkg.String(), "data."))
	var errs []error
	for _, b := range r.blocks {
		if strict {
			errs = append(errs, b.checkKeys()...)
		} else {
			b.warnOfKeys()
		}
	}
	r.warnOfOthers()
	if b := r.giver("title"); b != nil {
		r.Title = b.Title
	}
	if b := r.giver("description"); b != nil {
		r.Description = strings.TrimSpace(b.Description)
	}
	if b := r.giver("related_resources"); b != nil {
		for _, link := range b.RelatedResources {
			r.RelatedResources = append(r.RelatedResources, audit.RelatedResource{Ref: link.Ref.String(), Description: link.Description})
		}
	}
	for _, key := range customKeys {
		if b := r.giver(key); b != nil {
			errs = append(errs, r.describeBy(b, key, strict)...)
		}
	}
	if len(errs) == 0 {
		related := schemas.sections(r.kindsOrAll())
		known := func(key string, sections []string) []string {
			return slices.DeleteFunc(sections, func(section string) bool {
				if slices.Contains(related, section) || slices.Contains(otherSections, section) {
					return false
				}
				b := r.giver(key)
				if strict || len(r.Kinds) > 0 {
					errs = append(errs, b.errorf(key, "its kinds have no section %q%s", section, nearest(section, related)))
				} else {
					b.source.warn(b.line("custom", key), "METADATA: there is no section %q: it is taken as absent%s", section, nearest(section, related))
				}
				return true
			})
		}
		r.Requires, r.Optional = known("requires", r.Requires), known("optional", r.Optional)
	}
	return errors.Join(errs...)
}

// describeBy fills in what the block says under a key of custom.
func (r *rule) describeBy(b *block, key string, strict bool) []error {
	var errs []error
	unfit := func(err error) {
		if strict {
			errs = append(errs, b.errorf(key, "%w", err))
			return
		}
		b.source.warn(b.line("custom", key), "METADATA: %v: it is taken as absent", err)
	}
	meta, err := decodeMetadata(map[string]any{key: b.Custom[key]})
	if err != nil {
		unfit(err)
		return errs
	}
	switch key {
	case "severity":
		severity, err := audit.ParseSeverity(strings.ToLower(string(meta.Severity)))
		if err != nil {
			unfit(fmt.Errorf("severity %q: want critical, high, medium, low or info", meta.Severity))
			break
		}
		r.Severity, r.rated = severity, true
	case "kinds":
		for _, kind := range slices.Sorted(slices.Values(meta.Kinds)) {
			if err := checkKind(kind); err != nil {
				unfit(err)
				continue
			}
			r.Kinds = append(r.Kinds, kind)
		}
		if b.Scope == "package" {
			b.source.kinds = r.Kinds
		}
	case "requires":
		r.Requires = append(r.Requires, meta.Requires...)
	case "optional":
		r.Optional = append(r.Optional, meta.Optional...)
	case "params":
		errs = append(errs, r.describeParams(b, meta.Params)...)
	case "remediation":
		r.Remediation = strings.TrimSpace(meta.Remediation)
	case "frameworks":
		if err := checkFrameworks(meta.Frameworks); err != nil {
			unfit(err)
			break
		}
		r.Frameworks = append(r.Frameworks, meta.Frameworks...)
	}
	return errs
}

// checkFrameworks wants each control named whole, and once.
func checkFrameworks(list []audit.Framework) error {
	for i, f := range list {
		if strings.TrimSpace(f.ID) == "" || strings.TrimSpace(f.Control) == "" {
			return fmt.Errorf("custom.frameworks: entry %d lacks its id or its control", i+1)
		}
		if slices.Contains(list[:i], f) {
			return fmt.Errorf("custom.frameworks: %s is there twice", f)
		}
	}
	return nil
}

func (r *rule) describeParams(b *block, params map[string]paramMeta) []error {
	var errs []error
	if _, n := member(b.custom(), "params"); n != nil {
		if m := misread(n); m != nil {
			const want = "write it in quotes, or a number without its leading zero"
			return []error{fmt.Errorf("%s:%d: METADATA: params: YAML reads %s as something else: %s", b.source.name, b.row(m), m.Value, want)}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(params)) {
		p, err := newParam(name, params[name])
		if err != nil {
			errs = append(errs, fmt.Errorf("%s:%d: METADATA: %w", b.source.name, b.line("custom", "params", name), err))
			continue
		}
		r.Params = append(r.Params, p)
		if typeOf(p.Default) == typeNull {
			r.types[name] = params[name].Type
		}
	}
	return errs
}

// custom returns what stands under custom, nil for nothing.
func (b *block) custom() *yaml.Node {
	_, v := member(b.root, "custom")
	return v
}

// errorf returns an error about a key of the block.
func (b *block) errorf(key, format string, args ...any) error {
	return fmt.Errorf("%s:%d: METADATA: %w", b.source.name, b.line(keyPath(key)...), fmt.Errorf(format, args...))
}

// warnOfKeys names the keys that are not known.
func (b *block) warnOfKeys() {
	var custom []string
	line := 0
	for _, path := range b.unknown() {
		if len(path) > 1 {
			if at := b.line(path...); line == 0 || at < line {
				line = at
			}
			custom = append(custom, path[1])
			continue
		}
		hint := ""
		if slices.Contains(customKeys, path[0]) {
			hint = ", but of custom"
		}
		b.source.warn(b.line(path...), "METADATA: %s is not read: it is no key of METADATA%s", path[0], hint)
	}
	if len(custom) > 0 {
		b.source.warn(line, "METADATA: of custom, tenor does not read %s%s", strings.Join(custom, ", "), nearest(custom[0], customKeys))
	}
}

func decodeMetadata(custom map[string]any) (metadata, error) {
	var meta metadata
	b, err := audit.EncodeJSON(custom)
	if number, ok := errors.AsType[*json.UnsupportedValueError](err); ok {
		return meta, fmt.Errorf("%s is no number in JSON", number.Str)
	}
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

// checkKeys holds METADATA to the closed set of keys, all of which but requires, optional, params, frameworks and custom.params.type must
// be there.
func (b *block) checkKeys() []error {
	var errs []error
	refuse := func(path ...string) {
		key := path[len(path)-1]
		errs = append(errs, fmt.Errorf("%s:%d: METADATA: %s is no key of a rule%s", b.source.name, b.line(path...), key, nearest(key, ownKeys)))
	}
	need := func(given bool, path ...string) {
		if !given {
			errs = append(errs, fmt.Errorf("%s:%d: METADATA: %s is missing", b.source.name, b.Location.Row, strings.Join(path, ".")))
		}
	}
	for _, key := range topKeys {
		_, given := b.value(key)
		need(given, key)
	}
	for _, key := range opaKeys {
		if k, _ := member(b.root, key); k != nil && key != "scope" && key != "custom" && !slices.Contains(topKeys, key) {
			refuse(key)
		}
	}
	for _, key := range [...]string{"severity", "kinds", "remediation"} {
		_, given := b.value(key)
		need(given, "custom", key)
	}
	for _, path := range b.unknown() {
		refuse(path...)
	}
	list, _ := b.Custom["frameworks"].([]any)
	for _, entry := range list {
		f, _ := entry.(map[string]any)
		for _, key := range slices.Sorted(maps.Keys(f)) {
			if key != "id" && key != "control" {
				refuse("custom", "frameworks", key)
			}
		}
	}
	params, _ := b.Custom["params"].(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(params)) {
		p, _ := params[name].(map[string]any)
		for _, key := range [...]string{"default", "description"} {
			_, given := p[key]
			need(given, "custom", "params", name, key)
		}
		for _, key := range slices.Sorted(maps.Keys(p)) {
			if !slices.Contains([]string{"default", "type", "description"}, key) {
				refuse("custom", "params", name, key)
			}
		}
	}
	return errs
}
