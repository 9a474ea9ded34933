package deploy

import (
	"encoding/json"
	"flag"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/zclconf/go-cty/cty"

	"tenor/internal/awsread"
)

var update = flag.Bool("update", false, "write the statements of the Terraform module anew")

// setup is one way to deploy, for the template and for the module.
type setup struct {
	name   string
	params map[string]string
	vars   map[string]cty.Value
}

var setups = []setup{
	{"an organization", map[string]string{"RoleName": "TenorAudit", "ExternalId": "secret"},
		map[string]cty.Value{"role_name": cty.StringVal("TenorAudit"), "external_id": cty.StringVal("secret")}},
	{"one account", nil, nil},
	{"everything", map[string]string{"RoleName": "TenorAudit", "ExternalId": "secret", "Shards": "20", "SubnetIds": "subnet-1,subnet-2",
		"SecurityGroupIds": "sg-1", "KmsKeyArn": "arn:aws:kms:eu-central-1:111122223333:key/given",
		"WebhookSecretArn": "arn:aws:secretsmanager:eu-central-1:111122223333:secret:hook-AbCdEf",
		"MailFrom":         "tenor@example.com", "MailTo": "finance@example.com,ops@example.com", "MailAttach": "xlsx", "WebhookFormat": "teams",
		"PolicyBundleArns": "arn:aws:s3:::acme-policies/a.tar.gz,arn:aws:s3:::acme-policies/b.tar.gz",
		"AlarmTopicArn":    "arn:aws:sns:eu-central-1:111122223333:oncall",
		"CloudWatch":       "yes",
		"BillBucket":       "acme-billing", "BillExport": "exports/tenor-bill", "CostExplorer": "yes",
		"PermissionsBoundaryArn": "arn:aws:iam::111122223333:policy/boundary", "ReaderArns": reader + "," + roles + "Controlling*"},
		map[string]cty.Value{"role_name": cty.StringVal("TenorAudit"), "external_id": cty.StringVal("secret"), "shards": cty.NumberIntVal(20),
			"subnet_ids": strs("subnet-1", "subnet-2"), "security_group_ids": strs("sg-1"),
			"kms_key_arn":        cty.StringVal("arn:aws:kms:eu-central-1:111122223333:key/given"),
			"webhook_secret_arn": cty.StringVal("arn:aws:secretsmanager:eu-central-1:111122223333:secret:hook-AbCdEf"),
			"mail_from":          cty.StringVal("tenor@example.com"), "mail_to": strs("finance@example.com", "ops@example.com"),
			"mail_attach": strs("xlsx"), "webhook_format": cty.StringVal("teams"),
			"policy_bundle_arns": strs("arn:aws:s3:::acme-policies/a.tar.gz", "arn:aws:s3:::acme-policies/b.tar.gz"),
			"cloudwatch":         cty.True,
			"bill_bucket":        cty.StringVal("acme-billing"), "bill_export": cty.StringVal("exports/tenor-bill"), "cost_explorer": cty.True,
			"alarm_topic_arn":          cty.StringVal("arn:aws:sns:eu-central-1:111122223333:oncall"),
			"permissions_boundary_arn": cty.StringVal("arn:aws:iam::111122223333:policy/boundary"),
			"reader_arns":              strs(reader, roles+"Controlling*")}},
}

func strs(values ...string) cty.Value {
	var list []cty.Value
	for _, v := range values {
		list = append(list, cty.StringVal(v))
	}
	return cty.ListVal(list)
}

// pair returns the template and the module, deployed in one way.
func pair(t *testing.T, u setup) (*stack, *module) {
	t.Helper()
	params := needed()
	for name, value := range u.params {
		params[name] = value
	}
	vars := map[string]cty.Value{"package": cty.StringVal("tenor.zip"), "reader_arns": strs(reader), "editor_arns": strs(editor),
		"email": cty.StringVal("ops@example.com")}
	for name, value := range u.vars {
		vars[name] = value
	}
	return newStack(t, "lambda/template.yaml", params), newModule(t, "terraform", vars)
}

// printed is what tenor iam-policy prints.
func printed(t *testing.T, o awsread.PolicyOptions) document {
	t.Helper()
	b, err := awsread.IAMPolicy(o)
	if err != nil {
		t.Fatal(err)
	}
	var d document
	if err := json.Unmarshal(b, &d); err != nil {
		t.Fatal(err)
	}
	return d
}

// inline returns the first inline policy of a role.
func (s *stack) inline(role string) document {
	s.t.Helper()
	policies := s.properties(role).at(s.t, "Policies").([]any)
	if len(policies) != 1 {
		s.t.Fatalf("%s: %d policies", role, len(policies))
	}
	return decode(s.t, policies[0].(map[string]any)["PolicyDocument"])
}

// TestFunctionsRoleIsTheLeast holds what the function may read to what tenor iam-policy prints.
func TestFunctionsRoleIsTheLeast(t *testing.T) {
	for _, u := range setups {
		s, _ := pair(t, u)
		o := awsread.PolicyOptions{}
		if u.params["RoleName"] != "" {
			o = awsread.PolicyOptions{Management: true, RoleName: "TenorAudit", ExternalID: "secret"}
		}
		o.CloudWatch = u.params["CloudWatch"] == "yes"
		if bucket := u.params["BillBucket"]; bucket != "" {
			o.Exports = append(o.Exports, "s3://"+bucket+"/"+u.params["BillExport"])
		}
		if u.params["CostExplorer"] == "yes" {
			o.Exports = append(o.Exports, awsread.CostExplorer)
		}
		if d := cmp.Diff(printed(t, o).bySid(t), s.inline("FunctionRole").bySid(t)); d != "" {
			t.Errorf("%s: not what tenor iam-policy prints (-printed +template):\n%s", u.name, d)
		}
	}
}

// TestDeliveryIsTheLeast: beside reading, the function may do what tenor iam-policy --management --deny-writes leaves open, on what the
// stack has made; and in a VPC what Lambda needs, which the program itself may not.
func TestDeliveryIsTheLeast(t *testing.T) {
	for _, u := range setups {
		s, _ := pair(t, u)
		o := awsread.PolicyOptions{Management: true, RoleName: "TenorAudit", DenyWrites: true}
		open := printed(t, o).bySid(t)["TenorChangesNothing"].NotAction
		for sid, st := range s.document("Deliver", "PolicyDocument").bySid(t) {
			if sid == "JoinNetwork" || sid == "NetworkIsLambdas" {
				continue
			}
			if st.Effect != "Allow" || strings.Contains(strings.Join(st.Action, " "), "*") || slices.Contains(st.Resource, "*") {
				t.Errorf("%s: %+v", u.name, st)
			}
			for _, action := range st.Action {
				if !slices.Contains(open, action) {
					t.Errorf("%s: %s allows %s, which delivery does not need", u.name, sid, action)
				}
			}
		}
		inside := map[string]string{"lambda:SourceFunctionArn": names["Function.Arn"].(string)}
		for _, context := range []map[string]string{inside, nil} {
			r := request{lambdaRole, "", "ec2:CreateNetworkInterface", "*", context}
			if want := u.params["SubnetIds"] != "" && context == nil; may(r, s.document("Deliver", "PolicyDocument"), document{}) != want {
				t.Errorf("%s: %v: a network interface: want %t", u.name, context, want)
			}
		}
	}
}

// TestMembersRoleIsTheLeast holds the role of a member account to what tenor iam-policy --member --deny-writes prints.
func TestMembersRoleIsTheLeast(t *testing.T) {
	for word, asks := range map[string]bool{"no": false, "yes": true} {
		want := printed(t, awsread.PolicyOptions{DenyWrites: true, CloudWatch: asks}).bySid(t)
		s := newStack(t, "lambda/member-role.yaml", map[string]string{"ExternalId": "secret", "TrustedRoleArn": lambdaRole,
			"OrganizationId": "o-abcdefghij", "CloudWatch": word})
		if d := cmp.Diff(want, s.inline("Role").bySid(t)); d != "" {
			t.Errorf("template (-printed +template):\n%s", d)
		}
		m := newModule(t, "terraform/member", map[string]cty.Value{"external_id": cty.StringVal("secret"),
			"trusted_role_arn": cty.StringVal(lambdaRole), "organization_id": cty.StringVal("o-abcdefghij"), "cloudwatch": cty.BoolVal(asks)})
		if d := cmp.Diff(want, m.document("member").bySid(t)); d != "" {
			t.Errorf("module (-printed +module):\n%s", d)
		}
	}
}

func memberStack(t *testing.T, org string) *stack {
	t.Helper()
	return newStack(t, "lambda/member-role.yaml", map[string]string{
		"ExternalId": "secret", "TrustedRoleArn": lambdaRole, "OrganizationId": org})
}

func memberModule(t *testing.T, org string) *module {
	t.Helper()
	return newModule(t, "terraform/member", map[string]cty.Value{"external_id": cty.StringVal("secret"),
		"trusted_role_arn": cty.StringVal(lambdaRole), "organization_id": cty.StringVal(org)})
}

// memberTrusts are the trust policies of the role of a member account. The resource of a trust is the role itself.
func memberTrusts(t *testing.T, org string) map[string]document {
	t.Helper()
	trusts := map[string]document{"SAM": memberStack(t, org).document("Role", "AssumeRolePolicyDocument"),
		"Terraform": memberModule(t, org).document("trust")}
	for _, d := range trusts {
		for i := range d.Statement {
			d.Statement[i].Sid, d.Statement[i].Resource = "Trust", texts{"*"}
		}
	}
	return trusts
}

// TestTemplateAndModuleAreAlike holds every policy of the Terraform modules to that of the templates.
func TestTemplateAndModuleAreAlike(t *testing.T) {
	for _, u := range setups {
		s, m := pair(t, u)
		same := func(resource, property, name string) {
			t.Helper()
			if s.properties(resource) == nil {
				return
			}
			if d := cmp.Diff(s.document(resource, property).bySid(t), m.document(name).bySid(t)); d != "" {
				t.Errorf("%s: %s (-template +module):\n%s", u.name, resource, d)
			}
		}
		read := "own"
		if u.params["RoleName"] != "" {
			read = "management"
		}
		if d := cmp.Diff(s.inline("FunctionRole").bySid(t), m.document(read).bySid(t)); d != "" {
			t.Errorf("%s: what it reads (-template +module):\n%s", u.name, d)
		}
		same("FunctionRole", "AssumeRolePolicyDocument", "trust_lambda")
		same("ScheduleRole", "AssumeRolePolicyDocument", "trust_scheduler")
		same("StateMachineRole", "AssumeRolePolicyDocument", "trust_states")
		same("Deliver", "PolicyDocument", "deliver")
		same("Start", "PolicyDocument", "start")
		same("BucketPolicy", "PolicyDocument", "bucket")
		same("AccessLogPolicy", "PolicyDocument", "access_log")
		same("TopicPolicy", "PolicyDocument", "topic")
		same("Key", "KeyPolicy", "key")
		if s.properties("StateMachineRole") != nil {
			if d := cmp.Diff(s.inline("StateMachineRole").bySid(t), m.document("run").bySid(t)); d != "" {
				t.Errorf("%s: StateMachineRole (-template +module):\n%s", u.name, d)
			}
		}
	}
	trusts := memberTrusts(t, "o-abcdefghij")
	if d := cmp.Diff(trusts["SAM"], trusts["Terraform"]); d != "" {
		t.Errorf("the role of a member (-template +module):\n%s", d)
	}
}

// TestTerraformsStatements holds the statements of the Terraform modules to what tenor iam-policy prints, with variables in the
// place of names.
func TestTerraformsStatements(t *testing.T) {
	print := func(o awsread.PolicyOptions, name string) string {
		t.Helper()
		o.Format = awsread.PolicyTerraform
		b, err := awsread.IAMPolicy(o)
		if err != nil {
			t.Fatal(err)
		}
		_, policy, ok := strings.Cut(string(b), "data \"aws_partition\" \"current\" {}\n\n")
		if !ok {
			t.Fatalf("no partition: %s", b)
		}
		policy = strings.NewReplacer(`"tenor"`, `"`+name+`"`, "ROLE-NAME", "${var.role_name}", `"EXTERNAL-ID"`, "var.external_id",
			"s3:::bill-bucket", "s3:::${var.bill_bucket}", "BILL-EXPORT", "${var.bill_export}").Replace(policy)
		policy = whereAsked(t, policy, "TenorGetMetricData", "var.cloudwatch")
		for sid, asked := range billed {
			if len(o.Exports) > 0 {
				policy = whereAsked(t, policy, sid, asked)
			}
		}
		return policy
	}
	bill := []string{"s3://bill-bucket/BILL-EXPORT", awsread.CostExplorer}
	const head = "# Printed by tenor iam-policy --format terraform; go test ./deploy -update writes it anew.\n\ndata \"aws_partition\" " +
		"\"current\" {}\n\n"
	own, member := print(awsread.PolicyOptions{CloudWatch: true, Exports: bill}, "own"),
		print(awsread.PolicyOptions{DenyWrites: true, CloudWatch: true}, "member")
	management := print(awsread.PolicyOptions{Management: true, CloudWatch: true, RoleName: "ROLE-NAME", ExternalID: "EXTERNAL-ID",
		Exports: bill}, "management")
	for path, want := range map[string]string{"terraform/read.tf": head + own + "\n" + management,
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

// billed are the statements about the bill, by their sid, and where the Terraform module has them.
var billed = map[string]string{"TenorBillListBucket": `var.bill_bucket != ""`, "TenorBillGetObject": `var.bill_bucket != ""`,
	"TenorGetCostAndUsage": "var.cost_explorer"}

// whereAsked makes a statement of those that are printed depend on a variable, and leaves its action out of what a deny spares without it.
func whereAsked(t *testing.T, policy, sid, asked string) string {
	t.Helper()
	before, rest, ok := strings.Cut(policy, "  statement {\n    sid    = \""+sid+"\"\n")
	inside, after, closed := strings.Cut(rest, "\n  }\n")
	_, action, named := strings.Cut(inside, "actions = [\n      ")
	action, _, ended := strings.Cut(action, ",\n    ]")
	if !ok || !closed || !named || !ended || strings.Contains(action, "\n") {
		t.Fatalf("no %s with one action: %s", sid, policy)
	}
	inside = "    sid    = \"" + sid + "\"\n" + inside
	inside = strings.ReplaceAll("  "+strings.ReplaceAll(inside, "\n", "\n  "), "\n  \n", "\n\n")
	out := before + "  dynamic \"statement\" {\n    for_each = " + asked + " ? [1] : []\n    content {\n" + inside + "\n    }\n  }\n"
	if before, list, denied := strings.Cut(after, "    not_actions = [\n"); denied {
		list, end, _ := strings.Cut(list, "    ]\n")
		list = strings.ReplaceAll(list, "      "+action+",\n", "")
		return out + before + "    not_actions = concat([\n" + list + "    ], " + asked + " ? [" + action + "] : [])\n" + end
	}
	return out + after
}
