package policies

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

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

// compileTests returns a compiler that has compiled the policies and their tests.
func (p *Pack) compileTests() (*ast.Compiler, error) {
	tests, modules, err := p.withTests(nil)
	if err != nil {
		return nil, err
	}
	if tests.Compile(modules); tests.Failed() {
		return nil, astError(tests.Errors)
	}
	return tests, nil
}

// example returns the rule's example and what the rule says of it, nil when its test has none. Reading it and evaluating the
// rule have the time limit each.
func (p *Pack) example(ctx context.Context, tests *ast.Compiler, r *rule, o Options) (*Example, error) {
	pkg := r.pkg.Copy()
	last := len(pkg) - 1
	pkg[last] = ast.StringTerm(string(pkg[last].Value.(ast.String)) + "_test")
	name := pkg.Append(ast.StringTerm("example"))
	resource, err := p.ask(ctx, tests, name)
	if err != nil || resource == nil {
		return nil, err
	}
	ex := &Example{Resource: resource}
	params, err := p.ask(ctx, tests, pkg.Append(ast.StringTerm("example_params")))
	if err != nil {
		return nil, err
	}
	if params != nil {
		var values map[string]json.RawMessage
		if err := json.Unmarshal(params, &values); err != nil {
			return nil, fmt.Errorf("%s: example_params is of type %s, want object", definedAt(tests, name), typeOf(params))
		}
		ex.Params = map[string]map[string]json.RawMessage{r.ID: values}
	}
	if ex.Findings, err = p.fire(ctx, r.ID, ex, o); err != nil {
		return nil, fmt.Errorf("%s: example: %w", definedAt(tests, name), err)
	}
	return ex, nil
}

// definedAt returns the file:line of what a name stands for.
func definedAt(c *ast.Compiler, name ast.Ref) string {
	for _, r := range c.GetRulesWithPrefix(name) {
		return fmt.Sprintf("%s:%d", r.Location.File, r.Location.Row)
	}
	return name.String()
}

// ask evaluates a reference within the time limit and returns its value as JSON, nil when it is undefined. An evaluation that
// does not come out of one built-in is left behind.
func (p *Pack) ask(ctx context.Context, c *ast.Compiler, name ast.Ref) (json.RawMessage, error) {
	limited, cancel := context.WithTimeout(ctx, p.timeout)
	defer cancel()
	query := rego.New(rego.Compiler(c), rego.Store(p.store(TestTime())), rego.ParsedQuery(ast.NewBody(ast.NewExpr(ast.NewTerm(name)))),
		rego.StrictBuiltinErrors(true), rego.Time(TestTime()), withTrivy)
	var rs rego.ResultSet
	var err error
	done := make(chan struct{})
	go func() {
		rs, err = query.Eval(limited)
		close(done)
	}()
	select {
	case <-limited.Done():
	case <-done:
	}
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case limited.Err() != nil:
		return nil, fmt.Errorf("%s: timed out after %s", definedAt(c, name), p.timeout)
	case err != nil:
		return nil, evalError(astError(err))
	case len(rs) == 0:
		return nil, nil
	}
	return audit.EncodeJSON(rs[0].Expressions[0].Value)
}

// fire returns what the one rule says of its example.
func (p *Pack) fire(ctx context.Context, id string, ex *Example, o Options) ([]audit.Finding, error) {
	if t := typeOf(ex.Resource); t != typeObject {
		return nil, fmt.Errorf("it is of type %s, want the document of a resource", t)
	}
	var res audit.Resource
	if err := json.Unmarshal(ex.Resource, &res); err != nil {
		return nil, fmt.Errorf("it is no resource document: %w", err)
	}
	if ex.Params != nil {
		var err error
		o.Params = ex.Params
		if p, err = Load(ctx, o); err != nil {
			return nil, err
		}
	}
	e, err := p.only(id).NewEvaluator(TestTime())
	if err != nil {
		return nil, err
	}
	found, err := e.Eval(ctx, &res)
	switch {
	case err != nil:
		return nil, err
	case len(found) == 0:
		return nil, errors.New("the rule does not fire on it")
	case found[0].Verdict != audit.Fail:
		return nil, errors.New(found[0].Msg)
	}
	return found, nil
}

// only returns the pack with a single rule in force, one that is off too.
func (p *Pack) only(id string) *Pack {
	one := *p
	one.rules = slices.DeleteFunc(slices.Clone(p.all), func(r *rule) bool { return r.ID != id })
	return &one
}
