// Package policies is tenor's rule pack and the engine that runs it: Rego policies, ours and a user's, compiled once and
// evaluated against one resource document at a time.
//
// A rule is a file, <domain>/<rule>.rego, with its METADATA and one public set, deny; its test stands beside it. Load
// finds the rules by walking trees, so there is no list to edit. A user's directories and bundles join by the same way,
// and packages written for conftest run as they are.
//
// The job package calls Load once, NewEvaluator once for each worker, and Eval for each resource. This is the only
// package that imports OPA; it knows nothing of AWS's SDK or of how the facts are made.
package policies

import (
	"cmp"
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/agnivade/levenshtein"
	"github.com/open-policy-agent/opa/v1/ast"

	"tenor/audit"
)

//go:embed */*.rego
var pack embed.FS

// regal configures Regal for the pack, and for an export of it.
//
//go:embed .regal/config.yaml
var regal []byte

// Options say which policies to load and what to change about them. The zero value is our own pack with its defaults.
type Options struct {
	Dirs    []string // directories of a user's policies and data files
	Bundles []string // OPA bundles, .tar.gz: paths of files, and the names in Archives
	// Archives are the bundles that are no files of this machine, by name, such as s3://bucket/policies.tar.gz. They must be signed with Key.
	Archives   map[string][]byte
	Key        string   // path of the public key or shared secret that signs the bundles; empty: unsigned ones are accepted
	SignedOnly bool     // the bundles may have data.tenor, which ReadSigned reads
	Namespaces []string // of a user's packages outside tenor, the ones to run; empty: all of them
	Disable    []string // ids of rules to leave out
	Severity   map[string]audit.Severity
	Params     map[string]map[string]json.RawMessage // rule → parameter → value
	Timeout    time.Duration                         // of one rule on one resource; 0: DefaultTimeout
	// MaxFindings is how many findings one rule may make in a run; 0: DefaultMaxFindings.
	MaxFindings int

	// Print is called with what a user's rule printed on a resource, each line as file:line: text, by several goroutines at once. Nil: what is
	// printed is left out, which makes the run faster and changes no verdict.
	Print func(rule string, r *audit.Resource, lines []string)

	// Place says where Disable, Severity and Params were written, for errors: the file:line of a setting, given its path, such as
	// policies, params, outposts.quote_expired, lookback_days; empty: nowhere. Nil: errors have the path alone.
	Place func(path ...string) string
}

// DefaultTimeout is how long one rule may take on one resource. Ours take well under a millisecond.
const DefaultTimeout = 5 * time.Second

// DefaultMaxFindings is more than people read: a rule that makes so many runs away, or says of a whole estate what one line would.
const DefaultMaxFindings = 100_000

// Pack is a set of compiled rules, for one run: it counts what they find. Otherwise it is immutable, and safe for concurrent use.
type Pack struct {
	rules    []*rule   // in force, ordered by id
	all      []*rule   // those switched off too: their parameters stay, since rules may share them
	files    []*source // policies, their tests and data
	unread   []string  // files that may be meant as data
	lacking  []string  // calls of functions that tenor does not have
	compiler *ast.Compiler
	searched func(file string) bool // whether the fast path may search the rules in a module
	reads    map[string]*reads      // rule → what it may read of a document
	types    *ast.SchemaSet         // what the compiler checks against
	data     map[string]any         // the base documents: a user's, and tenor.params
	digest   string
	timeout  time.Duration

	maxFindings int

	printer *Pack // with print() in a user's policies; nil: nobody asks, or nothing is printed
	print   func(rule string, r *audit.Resource, lines []string)
}

// Load reads, checks and compiles the policies. Every error names the file and the line; there may be several, joined.
func Load(ctx context.Context, o Options) (*Pack, error) {
	hideMachine()
	files, data, err := readAll(ctx, o)
	if err != nil {
		return nil, err
	}
	files, unread := takeUnread(files)
	schemas, err := readSchemas()
	if err != nil {
		return nil, err
	}
	sources := slices.DeleteFunc(slices.Clone(files), func(s *source) bool { return s.module == nil })
	all, err := findRules(sources, o.Namespaces, schemas)
	if err != nil {
		return nil, err
	}
	setDigests(all, files)
	rules, err := configure(all, o)
	if err != nil {
		return nil, err
	}
	params, err := paramsData(all)
	if err != nil {
		return nil, err
	}
	data["tenor"] = map[string]any{"params": params}
	others := slices.DeleteFunc(slices.Clone(sources), (*source).own) // nothing changes the types of ours, which a test checks
	types := schemas.addTypes(others, all)
	var compiler *ast.Compiler
	if slices.ContainsFunc(files, func(s *source) bool { return !s.own() }) {
		compiler = newCompiler(data, types).SetErrorLimit(0)
		compiler.Compile(modulesOf(sources))
	} else {
		compiler = ownCompiler()
	}
	if compiler.Failed() {
		return nil, astError(compiler.Errors)
	}
	var lack []string
	for _, file := range slices.Sorted(maps.Keys(modulesOf(others))) {
		lack = append(lack, lacking(file, compiler.Modules[file])...)
	}
	reads := map[string]*reads{}
	var undeclared []error
	for _, r := range all {
		reads[r.ID] = readsOf(compiler, r)
		undeclared = append(undeclared, r.checkSections(reads[r.ID], schemas))
	}
	if err := errors.Join(undeclared...); err != nil {
		return nil, err
	}
	own := map[string]bool{}
	for _, s := range sources {
		own[s.name] = s.own()
	}
	p := &Pack{rules: rules, reads: reads, all: all, files: files, unread: unread, lacking: lack, compiler: compiler, types: types,
		searched: func(file string) bool { return own[file] },
		data:     data, digest: digestOf(files), timeout: cmp.Or(o.Timeout, DefaultTimeout),
		maxFindings: cmp.Or(o.MaxFindings, DefaultMaxFindings), print: o.Print}
	if o.Print != nil && slices.ContainsFunc(sources, (*source).prints) {
		p.printer, err = p.printing()
	}
	return p, err
}

// Rules returns the rules in force, ours and the user's, ordered by id.
func (p *Pack) Rules() []audit.Rule {
	return audit.Map(p.rules, func(r *rule) audit.Rule { return r.Rule })
}

// CheckRule returns an error where no rule has that id, with the one that may be meant. A rule that is switched off is one.
func (p *Pack) CheckRule(id string) error {
	ids := p.IDs()
	if slices.Contains(ids, id) {
		return nil
	}
	return fmt.Errorf("there is no rule %q%s", id, suggest(id, ids))
}

// IDs lists the rules there are, those that are switched off too, in order.
func (p *Pack) IDs() []string {
	return audit.Map(p.all, func(r *rule) string { return r.ID })
}

// Params returns rule → parameter → value in force, for every rule that has parameters; those of rules that are switched
// off too, since a rule may read another's.
func (p *Pack) Params() map[string]map[string]json.RawMessage {
	out := map[string]map[string]json.RawMessage{}
	for _, r := range p.all {
		if len(r.Params) == 0 {
			continue
		}
		values := map[string]json.RawMessage{}
		for _, param := range r.Params {
			values[param.Name] = param.Value
		}
		out[r.ID] = values
	}
	return out
}

// Digest returns the hex SHA-256 over the paths and texts of every policy and data file.
func (p *Pack) Digest() string { return p.digest }

// configure applies what the user changes about the rules, and returns those in force. It changes the rules in place.
func configure(all []*rule, o Options) ([]*rule, error) {
	byID := map[string]*rule{}
	for _, r := range all {
		byID[r.ID] = r
	}
	var errs []error
	// find returns the rule that a setting is of; nil, and an error, where there is none.
	find := func(setting, id string) *rule {
		r := byID[id]
		if r == nil {
			errs = append(errs, fmt.Errorf("%spolicies.%s: there is no rule %q%s", o.place(setting, id), setting, id,
				suggest(id, slices.Sorted(maps.Keys(byID)))))
		}
		return r
	}
	off := map[string]bool{}
	for _, id := range o.Disable {
		find("disable", id)
		off[id] = true
	}
	for _, id := range slices.Sorted(maps.Keys(o.Severity)) {
		r := find("severity", id)
		if r == nil {
			continue
		}
		severity, err := audit.ParseSeverity(string(o.Severity[id]))
		if err != nil {
			errs = append(errs, fmt.Errorf("%spolicies.severity.%s: %w", o.place("severity", id), id, err))
			continue
		}
		r.Severity, r.override = severity, severity
	}
	for _, id := range slices.Sorted(maps.Keys(o.Params)) {
		if r := find("params", id); r != nil {
			errs = append(errs, r.setParams(o)...)
		}
	}
	in := slices.DeleteFunc(slices.Clone(all), func(r *rule) bool { return off[r.ID] })
	return in, errors.Join(errs...)
}

// place returns the beginning of an error about a setting: its file:line, or nothing.
func (o Options) place(path ...string) string {
	if o.Place == nil {
		return ""
	}
	at := o.Place(append([]string{"policies"}, path...)...)
	if at == "" {
		return ""
	}
	return at + ": "
}

// Nearest returns the one of the names that is one slip of the keyboard or two away, or the only one that begins so, or nothing. Two
// letters in each other's place are one slip.
func Nearest(name string, names []string) string {
	nearest, least := "", min(3, 1+len(name)/3)
	var begin []string
	for _, n := range names {
		d := levenshtein.ComputeDistance(name, n)
		if swapped(name, n) {
			d = 1
		}
		if d > 0 && d < least {
			nearest, least = n, d
		}
		if name != "" && n != name && strings.HasPrefix(n, name) {
			begin = append(begin, n)
		}
	}
	if nearest == "" && len(begin) == 1 {
		return begin[0]
	}
	return nearest
}

// swapped reports whether a is b but for two letters beside each other.
func swapped(a, b string) bool {
	for i := range min(len(a), len(b)) - 1 {
		if a[i] != b[i] {
			return a[:i]+a[i+1:i+2]+a[i:i+1]+a[i+2:] == b
		}
	}
	return false
}

// nearest returns a hint at that name, or nothing.
func nearest(name string, names []string) string {
	if n := Nearest(name, names); n != "" {
		return fmt.Sprintf("; did you mean %q?", n)
	}
	return ""
}

// suggest returns a hint at the rule whose id ends as id does, or is nearly the same, or nothing.
func suggest(id string, known []string) string {
	_, name, _ := strings.Cut("."+id, ".")
	name = name[strings.LastIndex(name, ".")+1:]
	for _, k := range known {
		if strings.HasSuffix("."+k, "."+name) {
			return fmt.Sprintf("; did you mean %q?", k)
		}
	}
	return nearest(id, known)
}
