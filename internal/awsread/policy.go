package awsread

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"tenor/audit"
)

// PolicyFormat is how an IAM policy is written.
type PolicyFormat string

// The formats.
const (
	PolicyJSON           PolicyFormat = "json"           // the policy document itself
	PolicyTerraform      PolicyFormat = "terraform"      // a data "aws_iam_policy_document"
	PolicyCloudFormation PolicyFormat = "cloudformation" // a template, in JSON, with an AWS::IAM::ManagedPolicy
)

// PolicyOptions says for whom a policy is.
type PolicyOptions struct {
	Format     PolicyFormat // empty: PolicyJSON
	Management bool         // for whoever runs tenor on an organization; else for one account, or the role in each of them
	Minimal    bool         // without the operations that the run does without
	DenyWrites bool         // adds an explicit deny of every action, of any service, that neither reading nor delivery needs
	Partition  string       // of PolicyJSON's ARNs; empty: aws. The other formats take their own
	RoleName   string       // the role that Management may assume, without which there is no such policy
	ExternalID string       // that Management must assume it with; empty: not held to one
	CloudWatch bool         // it may read CloudWatch, which has how much of Outposts was used; IAM can hold it to no metrics
	Exports    []string     // s3://bucket/prefix/export-name of what AWS charged, or CostExplorer, which it may read too; empty: no bill
	Bundles    []string     // s3://bucket/policies.tar.gz of policies, which it may read too
}

// deliveryActions are what whoever runs tenor may do beside reading: write the report, tell of it, and run as a function.
var deliveryActions = [...]string{
	"s3:PutObject", "s3:GetObject", "s3:ListBucket", "sns:Publish", "ses:SendEmail", "kms:GenerateDataKey", "kms:Decrypt",
	"secretsmanager:GetSecretValue", "logs:CreateLogStream", "logs:PutLogEvents", "sqs:SendMessage",
}

// setSourceIdentity is no call: AssumeRole needs it beside its own action, where a source identity is asked for.
const setSourceIdentity = STS + ":SetSourceIdentity"

// IAMPolicy returns the least that the collector needs, made from the table of its operations.
func IAMPolicy(o PolicyOptions) ([]byte, error) {
	switch {
	case o.Management && o.RoleName == "":
		return nil, errors.New("IAM policy for whoever runs tenor on an organization: which role may it assume? " +
			"Name the one in each account, such as TenorAudit")
	case o.Minimal && o.CloudWatch:
		return nil, errors.New("IAM policy: the minimal one leaves out the assets, about which CloudWatch is asked: want one of them")
	case !o.Management && o.RoleName+o.ExternalID != "":
		return nil, errors.New("IAM policy of one account: it assumes no role, so it takes neither a role nor an external id")
	}
	for _, export := range o.Exports {
		if !exportName.MatchString(export) && export != CostExplorer {
			return nil, fmt.Errorf("IAM policy: the export %q: want s3://bucket/prefix/export-name, or %s", export, CostExplorer)
		}
	}
	for _, bundle := range o.Bundles {
		if !exportName.MatchString(bundle) || !strings.HasSuffix(bundle, ".tar.gz") {
			return nil, fmt.Errorf("IAM policy: the bundle %q: want s3://bucket/policies.tar.gz", bundle)
		}
	}
	p := policyOf(operations, o)
	switch o.Format {
	case PolicyJSON, "":
		return p.document(cmp.Or(o.Partition, "aws"))
	case PolicyTerraform:
		return p.terraform(), nil
	case PolicyCloudFormation:
		return p.cloudFormation()
	}
	return nil, fmt.Errorf("IAM policy: format %q: want json, terraform or cloudformation", o.Format)
}

// CostExplorer stands for an export where the bill is read from Cost Explorer.
const CostExplorer = "cost-explorer"

// exportName is what names an export, or a bundle, in S3; nothing in it means something in a policy.
var exportName = regexp.MustCompile(`^s3://([a-z0-9][a-z0-9.-]+)/([\w!.'()=@/-]*[\w!.'()=@-])/?$`)

// statement is one statement of a policy, with ${Partition} in its ARNs.
type statement struct {
	sid, effect        string
	actions, resources []string
	but                bool        // the actions are those that it is not about
	conditions         [][2]string // key and value, all of which must be equal; a * in the value stands for anything
}

// test is IAM's operator of a condition.
func test(condition [2]string) string {
	if strings.Contains(condition[1], "*") {
		return "StringLike"
	}
	return "StringEquals"
}

type policy []statement

func policyOf(table []Operation, o PolicyOptions) policy {
	var p policy
	for _, op := range table {
		if op.ofOrganization() && !o.Management || op.Optional && o.Minimal || op.ofBill() ||
			op == GetMetricData && !o.CloudWatch {
			continue
		}
		s := statement{effect: "Allow", resources: strings.Fields(cmp.Or(op.resources, "*"))}
		if key, value, ok := strings.Cut(op.condition, "="); ok {
			s.conditions = append(s.conditions, [2]string{key, value})
		}
		if op == AssumeRole {
			s.resources = []string{strings.ReplaceAll(roleARN, "${Role}", strings.TrimPrefix(o.RoleName, "/"))}
			s.conditions = append(s.conditions, [2]string{"aws:ResourceOrgID", "${aws:PrincipalOrgID}"}) // in no other organization
			if o.ExternalID != "" {
				s.conditions = append(s.conditions, [2]string{"sts:ExternalId", o.ExternalID})
			}
		}
		i := slices.IndexFunc(p, func(have statement) bool {
			return strings.HasPrefix(have.actions[0], op.Service+":") && slices.Equal(have.resources, s.resources) &&
				slices.Equal(have.conditions, s.conditions)
		})
		if i < 0 {
			s.sid = "Tenor" + op.Name
			p = append(p, s)
			i = len(p) - 1
		}
		p[i].actions = append(p[i].actions, op.iamAction())
		if op == AssumeRole {
			p[i].actions = append(p[i].actions, setSourceIdentity)
		}
	}
	for i, export := range o.Exports {
		if export == CostExplorer {
			p = append(p, statement{sid: "Tenor" + GetCostAndUsage.Name, effect: "Allow", actions: []string{GetCostAndUsage.iamAction()},
				resources: []string{"*"}})
			continue
		}
		name := exportName.FindStringSubmatch(export)
		in := strings.NewReplacer("${Bucket}", name[1], "${Prefix}", name[2], "${Export}", name[1]+"/"+name[2])
		for _, op := range table {
			if op.Service != S3 {
				continue
			}
			s := statement{sid: "TenorBill" + strings.TrimPrefix(op.iamAction(), "s3:"), effect: "Allow",
				actions: []string{op.iamAction()}, resources: []string{in.Replace(op.resources)}}
			if i > 0 {
				s.sid += fmt.Sprint(i + 1)
			}
			if key, value, ok := strings.Cut(op.condition, "="); ok {
				s.conditions = append(s.conditions, [2]string{key, in.Replace(value)})
			}
			p = append(p, s)
		}
	}
	if len(o.Bundles) > 0 {
		s := statement{sid: "TenorPolicyBundles", effect: "Allow", actions: []string{"s3:GetObject"}}
		for _, bundle := range o.Bundles {
			s.resources = append(s.resources, "arn:${Partition}:s3:::"+strings.TrimPrefix(bundle, "s3://"))
		}
		p = append(p, s)
	}
	if o.DenyWrites {
		deny := statement{sid: "TenorChangesNothing", effect: "Deny", resources: []string{"*"}, but: true}
		add := func(actions []string) {
			for _, action := range actions {
				if !slices.Contains(deny.actions, action) {
					deny.actions = append(deny.actions, action)
				}
			}
		}
		for _, s := range p {
			add(s.actions)
		}
		if o.Management {
			add(deliveryActions[:])
		}
		p = append(p, deny)
	}
	return p
}

// document returns the policy as IAM reads it.
func (p policy) document(partition string) ([]byte, error) {
	return audit.IndentedJSON(p.json(func(arn string) any { return strings.ReplaceAll(arn, "${Partition}", partition) }))
}

// cloudFormation returns a template of a managed policy, for any partition.
func (p policy) cloudFormation() ([]byte, error) {
	document := p.json(func(arn string) any {
		if !strings.Contains(arn, "${Partition}") {
			return arn
		}
		return map[string]string{"Fn::Sub": strings.ReplaceAll(arn, "${Partition}", "${AWS::Partition}")}
	})
	type properties struct {
		Description    string
		PolicyDocument any
	}
	type resource struct {
		Type       string
		Properties properties
	}
	return audit.IndentedJSON(struct {
		AWSTemplateFormatVersion, Description string
		Resources, Outputs                    map[string]any
	}{
		"2010-09-09", "What tenor may read of AWS Outposts and Service Catalog",
		map[string]any{"TenorPolicy": resource{"AWS::IAM::ManagedPolicy", properties{"Read-only: what tenor asks, and nothing else", document}}},
		map[string]any{"TenorPolicyArn": map[string]any{"Value": map[string]string{"Ref": "TenorPolicy"}}},
	})
}

// json returns the policy document as a value to encode, its ARNs as arn writes them.
func (p policy) json(arn func(string) any) any {
	type encoded struct {
		Sid, Effect string
		Action      []string `json:",omitempty"`
		NotAction   []string `json:",omitempty"`
		Resource    []any
		Condition   map[string]map[string]string `json:",omitempty"`
	}
	out := struct {
		Version   string
		Statement []encoded
	}{Version: "2012-10-17"}
	for _, s := range p {
		e := encoded{Sid: s.sid, Effect: s.effect}
		if s.but {
			e.NotAction = s.actions
		} else {
			e.Action = s.actions
		}
		for _, r := range s.resources {
			e.Resource = append(e.Resource, arn(r))
		}
		if len(s.conditions) > 0 {
			e.Condition = map[string]map[string]string{}
			for _, c := range s.conditions {
				if e.Condition[test(c)] == nil {
					e.Condition[test(c)] = map[string]string{}
				}
				e.Condition[test(c)][c[0]] = c[1]
			}
		}
		out.Statement = append(out.Statement, e)
	}
	return out
}

// terraform returns the policy as a data source, for any partition.
func (p policy) terraform() []byte {
	var b bytes.Buffer
	list := func(name string, values []string) {
		fmt.Fprintf(&b, "\n    %s = [\n", name)
		for _, v := range values {
			fmt.Fprintf(&b, "      %s,\n", hclString(v))
		}
		b.WriteString("    ]\n")
	}
	b.WriteString("data \"aws_partition\" \"current\" {}\n\ndata \"aws_iam_policy_document\" \"tenor\" {\n")
	for i, s := range p {
		if i > 0 {
			b.WriteString("\n")
		}
		fmt.Fprintf(&b, "  statement {\n    sid    = %s\n    effect = %s\n", hclString(s.sid), hclString(s.effect))
		if s.but {
			list("not_actions", s.actions)
		} else {
			list("actions", s.actions)
		}
		list("resources", s.resources)
		for _, c := range s.conditions {
			fmt.Fprintf(&b, "\n    condition {\n      test     = \"%s\"\n      variable = %s\n      values   = [%s]\n    }\n",
				test(c), hclString(c[0]), hclString(c[1]))
		}
		b.WriteString("  }\n")
	}
	b.WriteString("}\n")
	return b.Bytes()
}

// hclString returns s as a string of Terraform's language, in which ${Partition} is the provider's.
func hclString(s string) string {
	s = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "${Partition}", "${data.aws_partition.current.partition}", "${", "$${", "%{",
		"%%{").Replace(s)
	return `"` + s + `"`
}
