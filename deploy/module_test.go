package deploy

import (
	"maps"
	"path/filepath"
	"slices"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// module is a Terraform module with variables: its policy documents and alarms as the provider would make them.
type module struct {
	t      *testing.T
	blocks []*hclsyntax.Block
	ctx    *hcl.EvalContext
}

// object returns one of Terraform's objects with attributes that are strings.
func object(attributes ...string) cty.Value {
	m := map[string]cty.Value{}
	for i := 0; i < len(attributes); i += 2 {
		m[attributes[i]] = cty.StringVal(attributes[i+1])
	}
	return cty.ObjectVal(m)
}

// resources is what the resources of the module are called once they are made: as names has those of the template.
func resources() map[string]cty.Value {
	named := func(name string) string { return names[name].(string) }
	one := func(name string, v cty.Value) cty.Value { return cty.ObjectVal(map[string]cty.Value{name: v}) }
	counted := func(v cty.Value) cty.Value { return cty.TupleVal([]cty.Value{v}) }
	log := func(name string) cty.Value { arn := named(name); return object("arn", arn[:len(arn)-2], "name", name) }
	return map[string]cty.Value{
		"aws_s3_bucket": cty.ObjectVal(map[string]cty.Value{"reports": object("arn", named("Bucket.Arn"), "id", "reports"),
			"access_log": object("arn", named("AccessLog.Arn"), "id", "access-log")}),
		"aws_iam_role": cty.ObjectVal(map[string]cty.Value{"function": object("arn", lambdaRole, "id", "tenor-function"),
			"schedule":      object("arn", named("ScheduleRole.Arn"), "id", "tenor-schedule"),
			"state_machine": counted(object("arn", named("StateMachineRole.Arn"), "id", "tenor-states"))}),
		"aws_lambda_function":   one("tenor", object("arn", named("Function.Arn"), "function_name", "tenor")),
		"aws_sns_topic":         one("news", object("arn", named("Topic"))),
		"aws_sqs_queue":         one("dead_letters", object("arn", named("DeadLetters.Arn"), "name", named("DeadLetters.QueueName"))),
		"aws_sfn_state_machine": one("tenor", counted(object("arn", named("StateMachine")))),
		"aws_kms_key":           one("reports", counted(object("arn", ownKey))),
		"aws_cloudwatch_log_group": cty.ObjectVal(map[string]cty.Value{
			"function": log("LogGroup.Arn"), "state_machine": counted(log("StateMachineLog.Arn"))}),
		"data": cty.ObjectVal(map[string]cty.Value{
			"aws_partition":       one("current", object("partition", "aws", "dns_suffix", "amazonaws.com")),
			"aws_caller_identity": one("current", object("account_id", account)),
			"aws_region":          one("current", object("name", region)),
		}),
	}
}

// newModule reads a module with variables over their defaults.
func newModule(t *testing.T, dir string, vars map[string]cty.Value) *module {
	t.Helper()
	m := &module{t: t, ctx: &hcl.EvalContext{Variables: resources(), Functions: map[string]function.Function{
		"concat": stdlib.ConcatFunc, "length": stdlib.LengthFunc, "split": stdlib.SplitFunc, "join": stdlib.JoinFunc, "merge": stdlib.MergeFunc,
		"jsonencode": stdlib.JSONEncodeFunc,
	}}}
	paths, err := filepath.Glob(filepath.Join(dir, "*.tf"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("%s: %v, %v", dir, paths, err)
	}
	parser := hclparse.NewParser()
	for _, path := range paths {
		f, problems := parser.ParseHCLFile(path)
		m.check(problems)
		m.blocks = append(m.blocks, f.Body.(*hclsyntax.Body).Blocks...)
	}
	values := map[string]cty.Value{}
	for _, b := range m.blocks {
		if b.Type != "variable" {
			continue
		}
		value, given := vars[b.Labels[0]]
		if !given {
			fallback := b.Body.Attributes["default"]
			if fallback == nil {
				t.Fatalf("%s: the variable %s has no value", dir, b.Labels[0])
			}
			value = m.eval(m.ctx, fallback)
		}
		values[b.Labels[0]] = value
	}
	for name := range vars {
		if _, ok := values[name]; !ok {
			t.Fatalf("%s has no variable %s", dir, name)
		}
	}
	m.ctx.Variables["var"] = cty.ObjectVal(values)
	m.locals()
	return m
}

// locals evaluates the local values in whatever order they rest on one another.
func (m *module) locals() {
	left, have := map[string]*hclsyntax.Attribute{}, map[string]cty.Value{}
	for _, b := range m.blocks {
		if b.Type == "locals" {
			maps.Copy(left, b.Body.Attributes)
		}
	}
	for len(left) > 0 {
		before := len(left)
		for name, a := range left {
			m.ctx.Variables["local"] = cty.ObjectVal(have)
			if v, problems := a.Expr.Value(m.ctx); !problems.HasErrors() {
				have[name] = v
				delete(left, name)
			}
		}
		if len(left) == before {
			m.t.Fatalf("locals that cannot be evaluated: %v", slices.Sorted(maps.Keys(left)))
		}
	}
	m.ctx.Variables["local"] = cty.ObjectVal(have)
}

func (m *module) check(problems hcl.Diagnostics) {
	m.t.Helper()
	if problems.HasErrors() {
		m.t.Fatal(problems)
	}
}

func (m *module) eval(ctx *hcl.EvalContext, a *hclsyntax.Attribute) cty.Value {
	m.t.Helper()
	v, problems := a.Expr.Value(ctx)
	m.check(problems)
	return v
}

// block returns a block by its type and labels.
func (m *module) block(kind string, labels ...string) *hclsyntax.Block {
	m.t.Helper()
	for _, b := range m.blocks {
		if b.Type == kind && slices.Equal(b.Labels, labels) {
			return b
		}
	}
	m.t.Fatalf("the module has no %s %v", kind, labels)
	return nil
}

// document returns a policy document of the module.
func (m *module) document(name string) document {
	m.t.Helper()
	var d document
	for _, b := range m.block("data", "aws_iam_policy_document", name).Body.Blocks {
		if b.Type == "statement" {
			d.Statement = append(d.Statement, m.statement(m.ctx, b.Body))
			continue
		}
		if b.Type != "dynamic" || b.Labels[0] != "statement" {
			m.t.Fatalf("%s: a block %s %v", name, b.Type, b.Labels)
		}
		for _, v := range m.eval(m.ctx, b.Body.Attributes["for_each"]).AsValueSlice() {
			ctx := m.ctx.NewChild()
			ctx.Variables = map[string]cty.Value{"statement": cty.ObjectVal(map[string]cty.Value{"value": v})}
			d.Statement = append(d.Statement, m.statement(ctx, b.Body.Blocks[0].Body))
		}
	}
	return d
}

func (m *module) statement(ctx *hcl.EvalContext, body *hclsyntax.Body) statement {
	m.t.Helper()
	list := func(b *hclsyntax.Body, name string) texts {
		a := b.Attributes[name]
		if a == nil {
			return nil
		}
		var out texts
		for _, v := range m.eval(ctx, a).AsValueSlice() {
			out = append(out, v.AsString())
		}
		return out
	}
	text := func(b *hclsyntax.Body, name, fallback string) string {
		if a := b.Attributes[name]; a != nil {
			return m.eval(ctx, a).AsString()
		}
		return fallback
	}
	s := statement{Sid: text(body, "sid", ""), Effect: text(body, "effect", "Allow"), Action: list(body, "actions"),
		NotAction: list(body, "not_actions"), Resource: list(body, "resources")}
	for _, b := range body.Blocks {
		switch b.Type {
		case "principals":
			s.Principal = principal{text(b.Body, "type", ""): list(b.Body, "identifiers")}
		case "condition":
			if s.Condition == nil {
				s.Condition = map[string]map[string]texts{}
			}
			test := text(b.Body, "test", "")
			if s.Condition[test] == nil {
				s.Condition[test] = map[string]texts{}
			}
			s.Condition[test][text(b.Body, "variable", "")] = list(b.Body, "values")
		default:
			m.t.Fatalf("%s: a block %s", s.Sid, b.Type)
		}
	}
	return s
}
