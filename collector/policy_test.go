package collector

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/outposts"
	outpoststypes "github.com/aws/aws-sdk-go-v2/service/outposts/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/servicecatalog"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/google/go-cmp/cmp"

	"tenor/audit"
	"tenor/internal/awssim"
)

// TestTablePolicyAndCallsAgree holds the three against one another: what the table lists, what the policy allows, and what
// AWS is asked when everything there is to ask is asked.
func TestTablePolicyAndCallsAgree(t *testing.T) {
	sim := simulate(t, awssim.Options{PageSize: 1})
	o := optionsFor(t, sim, management)
	o.Organization, o.CloudWatchDays = organization(), 1
	collected(t, o)
	o.Organization.IncludeOUs = []string{"ou-abcd-plants01"}
	collected(t, o)
	seen := map[string]bool{}
	for _, r := range sim.Requests() {
		seen[r.Service+":"+r.Operation] = true
	}
	if seen["monitoring:GetMetricData"] { // by which name CloudWatch is signed for
		delete(seen, "monitoring:GetMetricData")
		seen["cloudwatch:GetMetricData"] = true
	}
	table, own := map[string]bool{}, map[string]bool{}
	for _, op := range operations {
		if op.ofBill() { // which is no call of the collector's own
			continue
		}
		table[op.iamAction()] = true
		own[op.iamAction()] = !op.ofOrganization()
	}
	for _, op := range operations { // AWS is asked by the operation, and allowed by the action
		if seen[op.service+":"+op.name] {
			delete(seen, op.service+":"+op.name)
			seen[op.iamAction()] = true
		}
	}
	if diff := cmp.Diff(table, seen); diff != "" {
		t.Errorf("operations (-in the table +seen):\n%s", diff)
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
		for service, client := range map[string]reflect.Type{serviceOutposts: reflect.TypeFor[*outposts.Client](),
			serviceCatalog: reflect.TypeFor[*servicecatalog.Client](), serviceOrganizations: reflect.TypeFor[*organizations.Client](),
			serviceSTS: reflect.TypeFor[*sts.Client]()} {
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
	budgets := operation{"Budgets", "budgets", "DescribeBudgets", "ViewBudget", "arn:${Partition}:budgets::*:budget/*", "", true}
	want := policy{
		{"TenorDescribeBudgets", "Allow", []string{"budgets:ViewBudget"}, []string{"arn:${Partition}:budgets::*:budget/*"}, false, nil},
		{"TenorGetOrder", "Allow", []string{"outposts:GetOrder"}, []string{"*"}, false, nil},
	}
	if diff := cmp.Diff(want, policyOf([]operation{budgets, getOrder}, PolicyOptions{}), cmp.AllowUnexported(statement{})); diff != "" {
		t.Errorf("policy (-want +got):\n%s", diff)
	}
}

// TestOptionalIsNoGap: what a run does without is on the ledger with its reason, and is no gap; the rest is.
func TestOptionalIsNoGap(t *testing.T) {
	gap := audit.Gap{Operation: "X", Reason: audit.ReasonAccessDenied, Message: "no"}
	for _, optional := range []bool{false, true} {
		op := operation{"S", "s", "X", "", "", "", optional}
		want := audit.Coverage{Account: plant, Region: "eu-central-1", Service: "s", Operation: "X", Status: audit.StatusGap, Reason: audit.ReasonAccessDenied, Count: 2, Message: "a: no (and 1 more)"}
		if optional {
			want.Status = audit.StatusOptional
		}
		var l ledger
		l.collected(op, 2)
		l.failed(op, "b", gap)
		l.failed(op, "a", gap)
		if diff := cmp.Diff([]audit.Coverage{want}, l.coverage(plant, "eu-central-1")); diff != "" {
			t.Errorf("optional %t (-want +got):\n%s", optional, diff)
		}
	}
}

// TestWhatARunDoesWithout holds the operations that are optional here to the sections that audit knows for such, and leaves them, and no
// others, out of the minimal policy.
func TestWhatARunDoesWithout(t *testing.T) {
	for _, kind := range audit.CollectedKinds() {
		for _, s := range kind.Sections {
			if s.Name == audit.SectionCharges { // no call of the collector's gives it
				continue
			}
			if op := operationNamed(s.Operation); op.optional != audit.IsOptional(s.Operation) {
				t.Errorf("%s of %s: %s is optional to the collector: %t, to the report: %t", s.Name, kind.Name, op.name, op.optional, audit.IsOptional(s.Operation))
			}
		}
	}
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
			if !allows(whole) || allows(minimal) == op.optional {
				t.Errorf("%+v: %s: allowed %t, in the minimal policy %t", o, op.name, allows(whole), allows(minimal))
			}
		}
	}
}

// TestPolicyFormats holds every format against a golden file.
func TestPolicyFormats(t *testing.T) {
	for name, o := range map[string]PolicyOptions{
		"member.json":          {},
		"management.json":      {Management: true, Partition: "aws-us-gov", RoleName: "/audit/TenorAudit", ExternalID: "example", DenyWrites: true},
		"management.tf":        {Format: PolicyTerraform, Management: true, RoleName: "TenorAudit", ExternalID: `quo"te ${x}`, DenyWrites: true},
		"member.cloudwatch.tf": {Format: PolicyTerraform, DenyWrites: true, CloudWatch: true},
		"member.explorer.json": {DenyWrites: true, Exports: []string{CostExplorer}},
		"member.billing.json":  {DenyWrites: true, Exports: []string{"s3://acme-billing/exports/tenor-bill", "s3://acme-billing/exports/second/"}},
		"management.billing.tf": {Format: PolicyTerraform, Management: true, RoleName: "TenorAudit",
			Exports: []string{"s3://acme-billing/exports/tenor-bill"}},
		"member.bundles.json":            {DenyWrites: true, Bundles: []string{"s3://acme-policies/tenor/policies.tar.gz", "s3://acme-policies/b.tar.gz"}},
		"management.cloudformation.json": {Format: PolicyCloudFormation, Management: true, RoleName: "TenorAudit", ExternalID: "example"},
	} {
		t.Run(name, func(t *testing.T) {
			b, err := IAMPolicy(o)
			if err != nil {
				t.Fatal(err)
			}
			goldenBytes(t, "policy."+name, b)
		})
	}
	for _, export := range []string{"exports/tenor-bill", "s3://acme-billing", "s3://acme-billing/", "s3://acme-billing/exports/*", "s3://*/exports"} {
		if b, err := IAMPolicy(PolicyOptions{Exports: []string{export}}); err == nil {
			t.Errorf("the export %q: %s", export, b)
		}
	}
	for _, bundle := range []string{"policies.tar.gz", "s3://acme-policies/*.tar.gz", "s3://acme-policies/policies", "https://acme/policies.tar.gz"} {
		if b, err := IAMPolicy(PolicyOptions{Bundles: []string{bundle}}); err == nil {
			t.Errorf("the bundle %q: %s", bundle, b)
		}
	}
	if _, err := IAMPolicy(PolicyOptions{Format: "yaml"}); err == nil || err.Error() != `IAM policy: format "yaml": want json, terraform or cloudformation` {
		t.Errorf("an unknown format: %v", err)
	}
}

// TestGuardRefusesWhatIsNotInTheTable calls what the collector never does through its own clients, and expects that AWS
// hears nothing of it.
func TestGuardRefusesWhatIsNotInTheTable(t *testing.T) {
	sim := simulate(t, awssim.Options{})
	o := optionsFor(t, sim, plant)
	r := newRun(o)
	s := newScope(r, plant, "eu-central-1", r.cfg.Credentials)
	cfg := r.configFor(plant, "eu-central-1", r.cfg.Credentials)
	for name, call := range map[string]func() error{
		"Outposts CreateOrder": func() error {
			_, err := s.outposts.CreateOrder(t.Context(), &outposts.CreateOrderInput{OutpostIdentifier: aws.String("op-1"), PaymentOption: outpoststypes.PaymentOptionAllUpfront})
			return err
		},
		"Outposts GetSiteAddress": func() error {
			_, err := s.outposts.GetSiteAddress(t.Context(), &outposts.GetSiteAddressInput{SiteId: aws.String("os-1"), AddressType: outpoststypes.AddressTypeOperatingAddress})
			return err
		},
		"Service Catalog TerminateProvisionedProduct": func() error {
			_, err := s.catalog.TerminateProvisionedProduct(t.Context(), &servicecatalog.TerminateProvisionedProductInput{ProvisionedProductId: aws.String("pp-1"), TerminateToken: aws.String("t")})
			return err
		},
		"Service Catalog GetProvisionedProductOutputs": func() error {
			_, err := s.catalog.GetProvisionedProductOutputs(t.Context(), &servicecatalog.GetProvisionedProductOutputsInput{ProvisionedProductId: aws.String("pp-1")})
			return err
		},
		"Organizations LeaveOrganization": func() error {
			_, err := organizations.NewFromConfig(cfg).LeaveOrganization(t.Context(), &organizations.LeaveOrganizationInput{})
			return err
		},
		"S3 DeleteObject": func() error {
			_, err := s3.NewFromConfig(Guarded(o.Config)).DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: aws.String("b"), Key: aws.String("k")})
			return err
		},
		"STS GetSessionToken": func() error {
			_, err := sts.NewFromConfig(cfg).GetSessionToken(t.Context(), &sts.GetSessionTokenInput{})
			return err
		},
	} {
		if err := call(); !errors.Is(err, errRefused) || !contains(fmt.Sprint(err), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if seen := sim.Requests(); len(seen) > 0 {
		t.Errorf("AWS was asked: %+v", seen)
	}
}
