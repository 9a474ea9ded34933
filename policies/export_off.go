package policies

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/format"
)

// conftest runs every set that goes by one of its names, whatever the config says. An export is therefore rid of those of
// rules that are off and of packages that were not chosen. What else such a package has stays as far as another one uses it.

// kept returns the names of what an export has of the policies, such as data.acme.base.helper. That one of them uses a set
// that is off is an error: without it the policy would find something else.
func (p *Pack) kept() (map[string]bool, error) {
	byName, silent := p.defined()
	kept := map[string]bool{}
	var errs []error
	var keep func(name string)
	keep = func(name string) {
		if kept[name] {
			return
		}
		kept[name] = true
		for _, r := range byName[name] {
			for _, used := range p.uses(r) {
				if silent[used] != "" {
					errs = append(errs, fmt.Errorf("%s:%d: %s uses %s, which is off: move what both need to a name of its own", r.Location.File,
						r.Location.Row, packageName(r.Module), used))
					continue
				}
				keep(used)
			}
		}
	}
	for _, name := range p.roots(silent) {
		keep(name)
	}
	return kept, errors.Join(errs...)
}

// defined returns what goes by each name, and the sets that must not be run: name → package.
func (p *Pack) defined() (byName map[string][]*ast.Rule, silent map[string]string) {
	inForce := map[string]bool{}
	for _, r := range p.rules {
		for _, name := range r.asked() {
			inForce[r.pkg.Append(ast.StringTerm(name)).String()] = true
		}
	}
	byName, silent = map[string][]*ast.Rule{}, map[string]string{}
	for _, file := range slices.Sorted(maps.Keys(p.compiler.Modules)) {
		ast.WalkRules(p.compiler.Modules[file], func(r *ast.Rule) bool {
			name := fullName(r)
			byName[name] = append(byName[name], r)
			if evaluated(setName(r)) && len(r.Head.Args) == 0 && !inForce[name] {
				silent[name] = r.Module.Package.Path.String()
			}
			return false
		})
	}
	return byName, silent
}

// roots returns the names in the rules in force and in the libraries, in order. A package that is neither has sets that are
// off.
func (p *Pack) roots(silent map[string]string) []string {
	off := map[string]bool{} // packages
	for _, pkg := range silent {
		off[pkg] = true
	}
	for _, r := range p.rules {
		off[r.pkg.String()] = false
	}
	names := map[string]bool{}
	for _, m := range p.compiler.Modules {
		for _, r := range m.Rules {
			if name := fullName(r); !off[m.Package.Path.String()] && silent[name] == "" {
				names[name] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// uses returns the names that a compiled rule refers to, in order, those that it might refer to included.
func (p *Pack) uses(r *ast.Rule) []string {
	names := map[string]bool{}
	for dep := range p.compiler.Graph.Dependencies(r) {
		names[fullName(dep.(*ast.Rule))] = true
	}
	return slices.Sorted(maps.Keys(names))
}

// fullName is the rule's package and its name in it: data.acme.base.helper.
func fullName(r *ast.Rule) string {
	return r.Module.Package.Path.Extend(r.Head.Ref()[:1]).String()
}

// cut returns the text of a policy, in Rego v1, with no more than what is kept of it; nil when that is nothing.
func (s *source) cut(kept map[string]bool) ([]byte, error) {
	m := s.module.Copy()
	m.Rules = slices.DeleteFunc(m.Rules, func(r *ast.Rule) bool { return !kept[fullName(r)] })
	switch len(m.Rules) {
	case len(s.module.Rules):
		if s.version == ast.RegoV0 {
			old := &ast.ParserOptions{RegoVersion: ast.RegoV0}
			return format.SourceWithOpts(s.name, s.text, format.Opts{RegoVersion: ast.RegoV1, ParserOptions: old})
		}
		return s.text, nil
	case 0:
		return nil, nil
	}
	used := map[ast.Var]bool{}
	use := func(v ast.Var) bool {
		used[v] = true
		return false
	}
	for _, r := range m.Rules {
		ast.WalkVars(r, use)
		ast.WalkVars(r.Head.Reference[1:], use) // which OPA's walk leaves out
	}
	m.Imports = slices.DeleteFunc(m.Imports, func(i *ast.Import) bool {
		return !used[i.Name()] && strings.HasPrefix(i.Path.String(), "data.") // not rego.v1, which is no name
	})
	m.Comments, m.Annotations = nil, nil // they may be about what is gone
	text, err := format.AstWithOpts(m, format.Opts{RegoVersion: ast.RegoV1, SkipDefensiveCopying: true})
	return append([]byte("# What tenor does not run of this package is left out.\n"), text...), err
}
