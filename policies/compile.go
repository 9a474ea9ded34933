package policies

import (
	"errors"
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"
)

// capabilities are what a policy may use: every built-in of this OPA but those it flags nondeterministic (the clock, the
// network, the environment, randomness), and no schema from the network.
func capabilities() *ast.Capabilities {
	c := ast.CapabilitiesForThisVersion()
	c.Builtins = slices.DeleteFunc(c.Builtins, (*ast.Builtin).IsNondeterministic)
	c.AllowNet = []string{}
	return c
}

func modulesOf(sources []*source) map[string]*ast.Module {
	modules := map[string]*ast.Module{}
	for _, s := range sources {
		if s.module != nil {
			modules[s.name] = s.module
		}
	}
	return modules
}

// newCompiler returns a strict compiler that checks types and knows the base documents.
func newCompiler(data map[string]any, types *ast.SchemaSet) *ast.Compiler {
	return ast.NewCompiler().
		WithCapabilities(capabilities()).
		WithStrict(true).
		WithSchemas(types).
		WithUseTypeCheckAnnotations(true).
		WithPathConflictsCheck(func(path []string) (bool, error) { return holds(data, path), nil })
}

// holds reports whether data has something at path.
func holds(data map[string]any, path []string) bool {
	at := data
	for i, key := range path {
		v, ok := at[key]
		if !ok {
			return false
		}
		if i == len(path)-1 {
			return true
		}
		if at, ok = v.(map[string]any); !ok {
			return false
		}
	}
	return false
}

// withTests returns a compiler with the policies and their tests.
func (p *Pack) withTests() (*ast.Compiler, map[string]*ast.Module, error) {
	var errs []error
	for _, s := range p.files {
		if s.test() && s.module == nil {
			errs = append(errs, s.parseModule())
		}
	}
	return newCompiler(p.data, p.types), modulesOf(p.files), errors.Join(errs...)
}
