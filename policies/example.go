package policies

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"

	"tenor/audit"
)

// Example is a document on which a rule fires, and what it says there at TestTime.
type Example struct {
	Resource json.RawMessage                       // as the rule's test has it
	Params   map[string]map[string]json.RawMessage // rule → parameter → value that the example needs; nil where the defaults do
	Findings []audit.Finding
}

// Examples returns rule → example, of the rules whose test names one: the value `example` in the package of the test,
// which is that of the rule with _test behind it. `example_params`, of the rule's parameters, may stand beside it.
func Examples(ctx context.Context, o Options) (map[string]Example, error) {
	p, err := Load(ctx, o)
	if err != nil {
		return nil, err
	}
	tests, modules, err := p.withTests()
	if err != nil {
		return nil, err
	}
	if tests.Compile(modules); tests.Failed() {
		return nil, astError(tests.Errors)
	}
	out := map[string]Example{}
	for _, r := range p.rules {
		ex, err := p.example(ctx, tests, r)
		if err == nil && ex != nil {
			ex.Findings, err = p.fire(ctx, r, ex, o)
		}
		if err != nil {
			return nil, fmt.Errorf("example of %s: %w", r.ID, err)
		}
		if ex != nil {
			out[r.ID] = *ex
		}
	}
	return out, nil
}

// example reads the rule's example from its test, nil when there is none.
func (p *Pack) example(ctx context.Context, tests *ast.Compiler, r *rule) (*Example, error) {
	pkg := strings.TrimPrefix(r.pkg.String(), "data.") + "_test"
	resource, err := p.ask(ctx, tests, "data."+pkg+".example")
	if err != nil || resource == nil {
		return nil, err
	}
	ex := &Example{Resource: resource}
	params, err := p.ask(ctx, tests, "data."+pkg+".example_params")
	if err != nil || params == nil {
		return ex, err
	}
	var values map[string]json.RawMessage
	if err := json.Unmarshal(params, &values); err != nil {
		return nil, fmt.Errorf("example_params: %w", err)
	}
	ex.Params = map[string]map[string]json.RawMessage{r.ID: values}
	return ex, nil
}

// ask evaluates a reference and returns its value as JSON, nil when it is undefined.
func (p *Pack) ask(ctx context.Context, c *ast.Compiler, ref string) (json.RawMessage, error) {
	rs, err := rego.New(rego.Compiler(c), rego.Store(p.store(TestTime())), rego.Query(ref), rego.StrictBuiltinErrors(true)).Eval(ctx)
	if err != nil {
		return nil, astError(err)
	}
	if len(rs) == 0 {
		return nil, nil
	}
	return audit.EncodeJSON(rs[0].Expressions[0].Value)
}

// fire returns what the one rule says of its example.
func (p *Pack) fire(ctx context.Context, r *rule, ex *Example, o Options) (own []audit.Finding, err error) {
	var res audit.Resource
	if err := json.Unmarshal(ex.Resource, &res); err != nil {
		return nil, err
	}
	if ex.Params != nil {
		o.Params = ex.Params
		if p, err = Load(ctx, o); err != nil {
			return nil, err
		}
	}
	e, err := p.NewEvaluator(TestTime())
	if err != nil {
		return nil, err
	}
	found, err := e.Eval(ctx, &res)
	if err != nil {
		return nil, err
	}
	for _, f := range found {
		if f.Rule == r.ID {
			own = append(own, f)
		}
	}
	if len(own) == 0 {
		return nil, errors.New("it does not fire")
	}
	return own, nil
}
