package policies

import (
	"errors"
	"slices"
	"sync"

	"github.com/open-policy-agent/opa/v1/ast"
)

const (
	impure    = "a policy may use neither the machine's clock, the network, the environment nor chance; the clock is time.now_ns"
	unbounded = "a policy may not use it, since one call of it can take all memory and cannot be stopped"
)

// refused are the built-ins that OPA does not flag nondeterministic, and why a policy may not use them. Certificates are
// verified by the machine's clock.
var refused = map[string]string{
	ast.CryptoX509ParseAndVerifyCertificates.Name:            impure,
	ast.CryptoX509ParseAndVerifyCertificatesWithOptions.Name: impure,
	ast.BitsShiftLeft.Name:                                   unbounded,
	ast.ReachablePathsBuiltin.Name:                           unbounded,
}

// refusal says why a policy may not use a built-in of OPA; empty where it may. What time.now_ns says is the instant of the run.
func refusal(b *ast.Builtin) string {
	if b.IsNondeterministic() && b.Name != ast.NowNanos.Name {
		return impure
	}
	return refused[b.Name]
}

// capabilities are what a policy may use: every built-in of this OPA but those that are refused, such as the ones it flags
// nondeterministic (the network, the environment, randomness), the functions of Trivy's, and no schema from the network.
var capabilities = sync.OnceValue(func() *ast.Capabilities {
	c := ast.CapabilitiesForThisVersion()
	c.Builtins = slices.DeleteFunc(c.Builtins, func(b *ast.Builtin) bool { return refusal(b) != "" })
	c.Builtins = append(c.Builtins, trivyBuiltins()...)
	c.AllowNet = []string{}
	return c
})

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

// ownCompiler has compiled our pack where there is nothing else: once for a process, since no setting changes it.
var ownCompiler = sync.OnceValue(func() *ast.Compiler {
	own, _ := ownSources() // whose error readAll returns
	c := newCompiler(nil, nil).SetErrorLimit(0)
	c.Compile(modulesOf(own))
	return c
})

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

// withTests returns a compiler with the policies and those of their tests that are taken; nil takes all.
func (p *Pack) withTests(taken func(*source) bool) (*ast.Compiler, map[string]*ast.Module, error) {
	var errs []error
	var sources []*source
	for _, s := range p.files {
		if s.test() {
			if taken != nil && !taken(s) {
				continue
			}
			if s.module == nil {
				errs = append(errs, s.parseModule())
			}
		}
		sources = append(sources, s)
	}
	return newCompiler(p.data, p.types), modulesOf(sources), errors.Join(errs...)
}
