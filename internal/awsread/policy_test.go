package awsread

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/outposts"
	"github.com/aws/aws-sdk-go-v2/service/servicecatalog"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestTableAndPolicyAgree holds what the policy allows to what the table lists.
func TestTableAndPolicyAgree(t *testing.T) {
	table, own := map[string]bool{}, map[string]bool{}
	for _, op := range operations {
		if op.ofBill() { // which is allowed where a bill is named
			continue
		}
		table[op.iamAction()] = true
		own[op.iamAction()] = !op.ofOrganization()
	}
	for _, c := range []struct {
		name    string
		options PolicyOptions
		want    func(action string) bool
	}{{"management", PolicyOptions{Management: true, RoleName: "TenorAudit", CloudWatch: true}, func(a string) bool { return table[a] }},
		{"member", PolicyOptions{CloudWatch: true}, func(a string) bool { return own[a] }},
		{"not asking CloudWatch", PolicyOptions{}, func(a string) bool { return own[a] && a != "cloudwatch:GetMetricData" }}} {
		allowed := map[string]bool{}
		for _, s := range decodePolicy(t, c.options).Statement {
			for _, a := range s.Action {
				if allowed[a] {
					t.Errorf("%s: %s is allowed twice", c.name, a)
				}
				allowed[a] = true
			}
		}
		for a := range table {
			if allowed[a] != c.want(a) {
				t.Errorf("%s: the policy allows %s: %t", c.name, a, allowed[a])
			}
			delete(allowed, a)
		}
		if allowed[setSourceIdentity] != c.options.Management {
			t.Errorf("%s: %s is allowed: %t", c.name, setSourceIdentity, allowed[setSourceIdentity])
		}
		delete(allowed, setSourceIdentity)
		if len(allowed) > 0 {
			t.Errorf("%s: the policy allows more than the table: %v", c.name, allowed)
		}
	}
}

type decodedPolicy struct {
	Version   string
	Statement []struct {
		Sid, Effect      string
		Action, Resource []string
		NotAction        []string
		Condition        map[string]map[string]string
	}
}

func decodePolicy(t *testing.T, o PolicyOptions) decodedPolicy {
	t.Helper()
	b, err := IAMPolicy(o)
	if err != nil {
		t.Fatal(err)
	}
	var p decodedPolicy
	if err := json.Unmarshal(b, &p); err != nil {
		t.Fatal(err)
	}
	return p
}

// TestDenyWritesDeniesEveryWrite holds the deny against every operation that the SDK's clients have, and against services that tenor
// never speaks to: what the policy allows is not denied, and all else is.
func TestDenyWritesDeniesEveryWrite(t *testing.T) {
	for _, o := range []PolicyOptions{{DenyWrites: true}, {DenyWrites: true, Management: true, RoleName: "TenorAudit"}} {
		statements := decodePolicy(t, o).Statement
		deny := statements[len(statements)-1]
		if deny.Effect != "Deny" || !slices.Equal(deny.Resource, []string{"*"}) || len(deny.Action) > 0 {
			t.Fatalf("the last statement is %+v", deny)
		}
		denied := func(action string) bool { return !slices.Contains(deny.NotAction, action) }
		allowed := map[string]bool{}
		for _, s := range statements[:len(statements)-1] {
			for _, a := range s.Action {
				allowed[a] = true
				if denied(a) {
					t.Errorf("%s is allowed and denied", a)
				}
			}
		}
		for service, client := range map[string]reflect.Type{Outposts: reflect.TypeFor[*outposts.Client](),
			ServiceCatalog: reflect.TypeFor[*servicecatalog.Client](), Organizations: reflect.TypeFor[*organizations.Client](),
			STS: reflect.TypeFor[*sts.Client]()} {
			for i := range client.NumMethod() {
				if action := service + ":" + client.Method(i).Name; denied(action) == allowed[action] {
					t.Errorf("%s is allowed: %t, and denied: %t", action, allowed[action], denied(action))
				}
			}
		}
		for _, action := range []string{"iam:CreateUser", "ec2:RunInstances", "s3:DeleteObject", "s3:PutBucketPolicy", "outposts:CreateRenewal"} {
			if !denied(action) {
				t.Errorf("%s is not denied", action)
			}
		}
		for _, action := range deliveryActions {
			if denied(action) == o.Management {
				t.Errorf("management %t: %s is denied: %t", o.Management, action, denied(action))
			}
		}
		if strings.Contains(strings.Join(deny.NotAction, " "), "*") {
			t.Errorf("a wildcard leaves actions out of the deny: %v", deny.NotAction)
		}
	}
}

// TestRoleIsNamed: whoever runs tenor may assume one role, in its own organization, and a member none.
func TestRoleIsNamed(t *testing.T) {
	for _, o := range []PolicyOptions{{Management: true}, {Management: true, ExternalID: "e"}, {RoleName: "TenorAudit"}, {ExternalID: "e"}} {
		if b, err := IAMPolicy(o); err == nil {
			t.Errorf("%+v: %s", o, b)
		}
	}
	for _, s := range decodePolicy(t, PolicyOptions{Management: true, RoleName: "TenorAudit", ExternalID: "e"}).Statement {
		if !slices.Contains(s.Action, "sts:AssumeRole") {
			continue
		}
		want := map[string]map[string]string{"StringEquals": {"aws:ResourceOrgID": "${aws:PrincipalOrgID}", "sts:ExternalId": "e"}}
		if diff := cmp.Diff(want, s.Condition); diff != "" || !slices.Equal(s.Resource, []string{"arn:aws:iam::*:role/TenorAudit"}) {
			t.Errorf("%v, conditions (-want +got):\n%s", s.Resource, diff)
		}
	}
}

// TestActionIsNotAlwaysTheOperation allows an operation by the action that IAM has for it, as with AWS Budgets.
func TestActionIsNotAlwaysTheOperation(t *testing.T) {
	budgets := Operation{"Budgets", "budgets", "DescribeBudgets", "ViewBudget", "arn:${Partition}:budgets::*:budget/*", "", true}
	want := policy{
		{"TenorDescribeBudgets", "Allow", []string{"budgets:ViewBudget"}, []string{"arn:${Partition}:budgets::*:budget/*"}, false, nil},
		{"TenorGetOrder", "Allow", []string{"outposts:GetOrder"}, []string{"*"}, false, nil},
	}
	if diff := cmp.Diff(want, policyOf([]Operation{budgets, GetOrder}, PolicyOptions{}), cmp.AllowUnexported(statement{})); diff != "" {
		t.Errorf("policy (-want +got):\n%s", diff)
	}
}

// TestWhatARunDoesWithout: the minimal policy leaves out what is optional, and nothing else.
func TestWhatARunDoesWithout(t *testing.T) {
	for _, o := range []PolicyOptions{{}, {Management: true, RoleName: "TenorAudit"}, {DenyWrites: true}} {
		o.CloudWatch = true
		whole := decodePolicy(t, o)
		o.Minimal, o.CloudWatch = true, false
		minimal := decodePolicy(t, o)
		for _, op := range operations {
			if op.ofOrganization() && !o.Management || op.ofBill() {
				continue
			}
			allows := func(p decodedPolicy) bool {
				for _, s := range p.Statement {
					if s.Effect == "Allow" && slices.Contains(s.Action, op.iamAction()) {
						return true
					}
				}
				return false
			}
			if !allows(whole) || allows(minimal) == op.Optional {
				t.Errorf("%+v: %s: allowed %t, in the minimal policy %t", o, op.Name, allows(whole), allows(minimal))
			}
		}
	}
}

// TestPolicyFormats holds every format against a golden file.
func TestPolicyFormats(t *testing.T) {
	for name, o := range map[string]PolicyOptions{
		"member.json":         {},
		"member.minimal.json": {Minimal: true},
		"management.json": {Management: true, Partition: "aws-us-gov", RoleName: "/audit/TenorAudit", ExternalID: "example",
			DenyWrites: true},
		"management.tf":        {Format: PolicyTerraform, Management: true, RoleName: "TenorAudit", ExternalID: `quo"te ${x}`, DenyWrites: true},
		"member.cloudwatch.tf": {Format: PolicyTerraform, DenyWrites: true, CloudWatch: true},
		"member.explorer.json": {DenyWrites: true, Exports: []string{CostExplorer}},
		"member.billing.json": {DenyWrites: true,
			Exports: []string{"s3://acme-billing/exports/tenor-bill", "s3://acme-billing/exports/second/"}},
		"management.billing.tf": {Format: PolicyTerraform, Management: true, RoleName: "TenorAudit",
			Exports: []string{"s3://acme-billing/exports/tenor-bill"}},
		"member.bundles.json": {DenyWrites: true,
			Bundles: []string{"s3://acme-policies/tenor/policies.tar.gz", "s3://acme-policies/b.tar.gz"}},
		"management.cloudformation.json": {Format: PolicyCloudFormation, Management: true, RoleName: "TenorAudit", ExternalID: "example"},
	} {
		t.Run(name, func(t *testing.T) {
			b, err := IAMPolicy(o)
			if err != nil {
				t.Fatal(err)
			}
			path := filepath.Join("testdata", "policy."+name)
			if *update {
				if err := os.WriteFile(path, b, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(b)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", path, diff)
			}
		})
	}
	for _, export := range []string{"exports/tenor-bill", "s3://acme-billing", "s3://acme-billing/", "s3://acme-billing/exports/*",
		"s3://*/exports"} {
		if b, err := IAMPolicy(PolicyOptions{Exports: []string{export}}); err == nil {
			t.Errorf("the export %q: %s", export, b)
		}
	}
	for _, bundle := range []string{"policies.tar.gz", "s3://acme-policies/*.tar.gz", "s3://acme-policies/policies",
		"https://acme/policies.tar.gz"} {
		if b, err := IAMPolicy(PolicyOptions{Bundles: []string{bundle}}); err == nil {
			t.Errorf("the bundle %q: %s", bundle, b)
		}
	}
	const want = `IAM policy: format "yaml": want json, terraform or cloudformation`
	if _, err := IAMPolicy(PolicyOptions{Format: "yaml"}); err == nil || err.Error() != want {
		t.Errorf("an unknown format: %v", err)
	}
}
