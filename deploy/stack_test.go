package deploy

import (
	"encoding/json"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// The account in which the tests have everything deployed.
const (
	account    = "111122223333"
	region     = "eu-central-1"
	roles      = "arn:aws:iam::" + account + ":role/"
	lambdaRole = roles + "tenor-function"
	reader     = roles + "Finance"
	editor     = roles + "Platform"
	ownKey     = "arn:aws:kms:" + region + ":" + account + ":key/own"
)

// template is a CloudFormation template, its intrinsic functions in their long form: {"Ref": …}, {"Fn::Sub": …}.
type template map[string]any

func readTemplate(t *testing.T, path string) template {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var root yaml.Node
	if err := yaml.Unmarshal(b, &root); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	top, ok := plain(t, root.Content[0]).(map[string]any)
	if !ok {
		t.Fatalf("%s is no template", path)
	}
	return top
}

// plain turns a node into maps, lists and strings.
func plain(t *testing.T, n *yaml.Node) any {
	t.Helper()
	var v any
	switch n.Kind {
	case yaml.MappingNode:
		m := map[string]any{}
		for i := 0; i < len(n.Content); i += 2 {
			m[n.Content[i].Value] = plain(t, n.Content[i+1])
		}
		v = m
	case yaml.SequenceNode:
		list := []any{}
		for _, c := range n.Content {
			list = append(list, plain(t, c))
		}
		v = list
	case yaml.ScalarNode:
		v = n.Value
	default:
		t.Fatalf("line %d: a node of kind %d", n.Line, n.Kind)
	}
	if name, ok := strings.CutPrefix(n.Tag, "!"); ok && !strings.HasPrefix(name, "!") {
		if name != "Ref" && name != "Condition" {
			name = "Fn::" + name
		}
		v = map[string]any{name: v}
	}
	return v
}

// at walks into a template.
func (c template) at(t *testing.T, path ...string) any {
	t.Helper()
	var v any = map[string]any(c)
	for _, key := range path {
		m, ok := v.(map[string]any)
		if !ok || m[key] == nil {
			t.Fatalf("the template has no %s", strings.Join(path, "."))
		}
		v = m[key]
	}
	return v
}

func mapOf(v any) map[string]any {
	m, _ := v.(map[string]any)
	return m
}

// stack is a template with parameters: what CloudFormation would make of it.
type stack struct {
	t        *testing.T
	template template
	values   map[string]any // of parameters, and of what Ref and GetAtt answer
}

// names is what Ref and GetAtt answer of the resources, and of the pseudo parameters.
var names = map[string]any{
	"AWS::AccountId": account, "AWS::Region": region, "AWS::Partition": "aws", "AWS::URLSuffix": "amazonaws.com", "AWS::StackName": "tenor",
	"Bucket": "reports", "Bucket.Arn": "arn:aws:s3:::reports", "AccessLog": "access-log", "AccessLog.Arn": "arn:aws:s3:::access-log",
	"Function": "tenor", "Function.Arn": "arn:aws:lambda:" + region + ":" + account + ":function:tenor",
	"FunctionRole": "tenor-function", "FunctionRole.Arn": lambdaRole,
	"ScheduleRole": "tenor-schedule", "ScheduleRole.Arn": roles + "tenor-schedule", "StateMachineRole.Arn": roles + "tenor-states",
	"Topic": "arn:aws:sns:" + region + ":" + account + ":tenor", "Key.Arn": ownKey,
	"DeadLetters.Arn": "arn:aws:sqs:" + region + ":" + account + ":dead-letters", "DeadLetters.QueueName": "dead-letters",
	"LogGroup": "/aws/lambda/tenor", "LogGroup.Arn": "arn:aws:logs:" + region + ":" + account + ":log-group:/aws/lambda/tenor:*",
	"StateMachineLog.Arn": "arn:aws:logs:" + region + ":" + account + ":log-group:/aws/vendedlogs/states/tenor:*",
	"StateMachine":        "arn:aws:states:" + region + ":" + account + ":stateMachine:tenor",
}

// needed are the parameters that have no default.
func needed() map[string]string {
	return map[string]string{"ReaderArns": reader, "EditorArns": editor, "Email": "ops@example.com"}
}

// newStack reads a template with parameters over its defaults.
func newStack(t *testing.T, path string, params map[string]string) *stack {
	t.Helper()
	c := readTemplate(t, path)
	s := &stack{t: t, template: c, values: maps.Clone(names)}
	for name, p := range c.at(t, "Parameters").(map[string]any) {
		value, given := params[name]
		if !given {
			var ok bool
			if value, ok = mapOf(p)["Default"].(string); !ok {
				t.Fatalf("%s: the parameter %s has no value", path, name)
			}
		}
		s.values[name] = value
		if mapOf(p)["Type"] == "CommaDelimitedList" {
			s.values[name] = listOf(strings.Split(value, ","))
		}
	}
	for name := range params {
		if _, ok := s.values[name]; !ok {
			t.Fatalf("%s has no parameter %s", path, name)
		}
	}
	return s
}

func listOf(values []string) []any {
	out := make([]any, len(values))
	for i, v := range values {
		out[i] = v
	}
	return out
}

type noValue struct{}

// value evaluates the intrinsic functions in v.
func (s *stack) value(v any) any {
	s.t.Helper()
	switch v := v.(type) {
	case []any:
		out := []any{}
		for _, e := range v {
			if e := s.value(e); e != (noValue{}) {
				out = append(out, e)
			}
		}
		return out
	case map[string]any:
		if len(v) == 1 {
			for name, argument := range v {
				if name == "Ref" || strings.HasPrefix(name, "Fn::") {
					return s.intrinsic(name, argument)
				}
			}
		}
		out := map[string]any{}
		for key, e := range v {
			if e := s.value(e); e != (noValue{}) {
				out[key] = e
			}
		}
		return out
	}
	return v
}

func (s *stack) intrinsic(name string, argument any) any {
	s.t.Helper()
	switch name {
	case "Ref", "Fn::GetAtt":
		if argument == "AWS::NoValue" {
			return noValue{}
		}
		return s.named(argument.(string))
	case "Fn::Sub":
		list, ok := argument.([]any)
		if !ok {
			list = []any{argument, map[string]any{}}
		}
		own := mapOf(s.value(list[1]))
		return regexp.MustCompile(`\$\{[^}!]+\}`).ReplaceAllStringFunc(list[0].(string), func(found string) string {
			if value, ok := own[found[2:len(found)-1]]; ok {
				return value.(string)
			}
			return s.named(found[2 : len(found)-1]).(string)
		})
	case "Fn::If":
		list := argument.([]any)
		if s.holds(list[0].(string)) {
			return s.value(list[1])
		}
		return s.value(list[2])
	case "Fn::Join":
		list := s.value(argument).([]any)
		return strings.Join(stringsOf(list[1]), list[0].(string))
	case "Fn::Split":
		list := s.value(argument).([]any)
		return listOf(strings.Split(list[1].(string), list[0].(string)))
	case "Fn::Select":
		list := argument.([]any)
		return s.value(list[1]).([]any)[int(list[0].(string)[0]-'0')]
	}
	s.t.Fatalf("%s is not evaluated here", name)
	return nil
}

func stringsOf(v any) []string {
	out := []string{}
	for _, e := range v.([]any) {
		out = append(out, e.(string))
	}
	return out
}

func (s *stack) named(name string) any {
	s.t.Helper()
	value, ok := s.values[name]
	if !ok {
		s.t.Fatalf("%s is not known", name)
	}
	return value
}

// holds evaluates a condition of the template.
func (s *stack) holds(name string) bool { return s.truth(s.template.at(s.t, "Conditions", name)) }

func (s *stack) truth(v any) bool {
	for name, argument := range mapOf(v) {
		list := argument.([]any)
		switch name {
		case "Fn::Equals":
			return s.value(list[0]) == s.value(list[1])
		case "Fn::Not":
			return !s.truth(list[0])
		case "Fn::Or":
			return slices.ContainsFunc(list, s.truth)
		case "Fn::And":
			return !slices.ContainsFunc(list, func(v any) bool { return !s.truth(v) })
		}
	}
	s.t.Fatalf("%v is no condition", v)
	return false
}

// properties returns those of a resource, and nil when it is not made.
func (s *stack) properties(name string) template {
	s.t.Helper()
	r := template(s.template.at(s.t, "Resources", name).(map[string]any))
	if condition, ok := r["Condition"].(string); ok && !s.holds(condition) {
		return nil
	}
	return s.value(r.at(s.t, "Properties")).(map[string]any)
}

// document decodes a policy of a resource's properties.
func (s *stack) document(resource, property string) document {
	s.t.Helper()
	return decode(s.t, s.properties(resource).at(s.t, property))
}

func decode(t *testing.T, v any) document {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var d document
	if err := json.Unmarshal(b, &d); err != nil {
		t.Fatalf("%v: %s", err, b)
	}
	return d
}
