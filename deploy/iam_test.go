package deploy

import (
	"encoding/json"
	"flag"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"tenor/collector"
)

var update = flag.Bool("update", false, "write the statements of the Terraform module anew")

// statement is one of an IAM policy, its lists in order.
type statement struct {
	Sid, Effect      string
	Action, Resource []string
	Condition        map[string]map[string]string `json:",omitempty"`
}

type document struct{ Statement []statement }

// statements returns what tenor iam-policy prints, by Sid.
func statements(t *testing.T, o collector.PolicyOptions) map[string]statement {
	t.Helper()
	b, err := collector.IAMPolicy(o)
	if err != nil {
		t.Fatal(err)
	}
	var d document
	if err := json.Unmarshal(b, &d); err != nil {
		t.Fatal(err)
	}
	return bySid(d.Statement)
}

func bySid(list []statement) map[string]statement {
	out := map[string]statement{}
	for _, s := range list {
		slices.Sort(s.Action)
		slices.Sort(s.Resource)
		out[s.Sid] = s
	}
	return out
}

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

// policyOf returns the statements of a role's inline policy, and which of them are only there on a condition.
func (c template) policyOf(t *testing.T, role, policy string) (list map[string]statement, conditional map[string]string) {
	t.Helper()
	conditional = map[string]string{}
	policies, ok := c.at(t, "Resources", role, "Properties", "Policies").([]any)
	if !ok {
		t.Fatalf("%s: no policies", role)
	}
	var statements []statement
	for _, p := range policies {
		own := template(p.(map[string]any))
		if own.at(t, "PolicyName") != policy {
			continue
		}
		for _, s := range own.at(t, "PolicyDocument", "Statement").([]any) {
			body := s.(map[string]any)
			condition := ""
			if choice, ok := body["Fn::If"].([]any); ok {
				if d := cmp.Diff(map[string]any{"Ref": "AWS::NoValue"}, choice[2]); d != "" {
					t.Fatalf("%s: a statement has another in its place: %s", role, d)
				}
				condition, body = choice[0].(string), choice[1].(map[string]any)
			}
			one := statement{Sid: text(t, body["Sid"]), Effect: text(t, body["Effect"]), Action: texts(t, body["Action"]),
				Resource: texts(t, body["Resource"])}
			for operator, keys := range mapOf(body["Condition"]) {
				for key, value := range mapOf(keys) {
					if one.Condition == nil {
						one.Condition = map[string]map[string]string{}
					}
					if one.Condition[operator] == nil {
						one.Condition[operator] = map[string]string{}
					}
					one.Condition[operator][key] = text(t, value)
				}
			}
			statements = append(statements, one)
			conditional[one.Sid] = condition
		}
	}
	return bySid(statements), conditional
}

func mapOf(v any) map[string]any {
	m, _ := v.(map[string]any)
	return m
}

// text returns a string, in which a parameter is ${Name} and the partition is aws.
func text(t *testing.T, v any) string {
	t.Helper()
	switch v := v.(type) {
	case string:
		return v
	case map[string]any:
		for _, name := range []string{"Ref", "Fn::GetAtt"} {
			if s, ok := v[name].(string); ok {
				return "${" + s + "}"
			}
		}
		if s, ok := v["Fn::Sub"].(string); ok {
			return strings.ReplaceAll(s, "${AWS::Partition}", "aws")
		}
	}
	t.Fatalf("%v is no text", v)
	return ""
}

func texts(t *testing.T, v any) []string {
	t.Helper()
	list, ok := v.([]any)
	if !ok {
		return []string{text(t, v)}
	}
	out := []string{}
	for _, e := range list {
		out = append(out, text(t, e))
	}
	return out
}

func TestFunctionsRoleIsTheLeast(t *testing.T) {
	c := readTemplate(t, "lambda/template.yaml")
	have, conditional := c.policyOf(t, "FunctionRole", "read")
	want := statements(t, collector.PolicyOptions{Management: true, RoleName: "${RoleName}", ExternalID: "${ExternalId}"})
	if d := cmp.Diff(want, have); d != "" {
		t.Errorf("not what tenor iam-policy --management prints (-printed +template):\n%s", d)
	}
	own := statements(t, collector.PolicyOptions{})
	for sid, condition := range conditional {
		if _, ok := own[sid]; ok == (condition == "HasRole") {
			t.Errorf("%s: its condition is %q", sid, condition)
		}
	}
	deliver, conditional := c.policyOf(t, "FunctionRole", "deliver")
	wantDeliver := bySid([]statement{
		{Sid: "WriteReports", Effect: "Allow", Action: []string{"s3:PutObject"}, Resource: []string{"${Bucket.Arn}/tenor/*"}},
		{Sid: "ReadBaselineAndConfig", Effect: "Allow", Action: []string{"s3:GetObject"},
			Resource: []string{"${Bucket.Arn}/tenor/*", "${Bucket.Arn}/config/*"}},
		{Sid: "TellMissingFromDenied", Effect: "Allow", Action: []string{"s3:ListBucket"}, Resource: []string{"${Bucket.Arn}"}},
		{Sid: "Notify", Effect: "Allow", Action: []string{"sns:Publish"}, Resource: []string{"${Topic}"}},
		{Sid: "Log", Effect: "Allow", Action: []string{"logs:CreateLogStream", "logs:PutLogEvents"}, Resource: []string{"${LogGroup.Arn}"}},
		{Sid: "KeepFailedEvents", Effect: "Allow", Action: []string{"sqs:SendMessage"}, Resource: []string{"${DeadLetters.Arn}"}},
		{Sid: "Encrypt", Effect: "Allow", Action: []string{"kms:GenerateDataKey", "kms:Decrypt"}, Resource: []string{"${KmsKeyArn}"}},
	})
	if d := cmp.Diff(wantDeliver, deliver); d != "" || conditional["Encrypt"] != "HasKey" {
		t.Errorf("delivery (-want +template):\n%s", d)
	}
}

func TestMembersRoleIsTheLeast(t *testing.T) {
	c := readTemplate(t, "lambda/member-role.yaml")
	have, _ := c.policyOf(t, "Role", "read")
	if d := cmp.Diff(statements(t, collector.PolicyOptions{}), have); d != "" {
		t.Errorf("not what tenor iam-policy --member prints (-printed +template):\n%s", d)
	}
	trust := template(c.at(t, "Resources", "Role", "Properties", "AssumeRolePolicyDocument").(map[string]any))
	first := template(trust.at(t, "Statement").([]any)[0].(map[string]any))
	for _, key := range []string{"StringEquals", "ArnEquals"} { // the external id, and the one role
		first.at(t, "Condition", key)
	}
}

// TestTerraformsStatements holds the statements of the Terraform modules to what tenor iam-policy prints, with variables in the
// place of names.
func TestTerraformsStatements(t *testing.T) {
	print := func(o collector.PolicyOptions, name string) string {
		t.Helper()
		o.Format = collector.PolicyTerraform
		b, err := collector.IAMPolicy(o)
		if err != nil {
			t.Fatal(err)
		}
		_, policy, ok := strings.Cut(string(b), "data \"aws_partition\" \"current\" {}\n\n")
		if !ok {
			t.Fatalf("no partition: %s", b)
		}
		return strings.NewReplacer(`"tenor"`, `"`+name+`"`, "ROLE-NAME", "${var.role_name}", `"EXTERNAL-ID"`, "var.external_id").Replace(policy)
	}
	const head = "# Printed by tenor iam-policy --format terraform; go test ./deploy -update writes it anew.\n\ndata \"aws_partition\" " +
		"\"current\" {}\n\n"
	member := print(collector.PolicyOptions{}, "member")
	management := print(collector.PolicyOptions{Management: true, RoleName: "ROLE-NAME", ExternalID: "EXTERNAL-ID"}, "management")
	for path, want := range map[string]string{"terraform/read.tf": head + member + "\n" + management,
		"terraform/member/read.tf": head + member} {
		if *update {
			if err := os.WriteFile(path, []byte(want), 0o644); err != nil { //nolint:gosec // a source file
				t.Fatal(err)
			}
		}
		have, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, string(have)); d != "" {
			t.Errorf("%s (-printed +file):\n%s", path, d)
		}
	}
}
