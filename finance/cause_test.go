package finance

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// filed is what a product says of its failure, and the name under which a person files it.
type filed struct {
	under  string
	errors []string
}

// checkCauses expects one cause for all that is filed under one name, but for at most so many that are split, and never one for two.
func checkCauses(t *testing.T, table []filed, splits int) {
	t.Helper()
	names, causes := map[string]string{}, map[string]map[string]bool{}
	for _, c := range table {
		cause := causeOf(c.errors, "")
		if other, ok := names[cause]; ok && other != c.under {
			t.Errorf("%s and %s are one cause: %s", other, c.under, cause)
		}
		names[cause] = c.under
		if causes[c.under] == nil {
			causes[c.under] = map[string]bool{}
		}
		causes[c.under][cause] = true
	}
	for name, of := range causes {
		if len(of) > 1 {
			splits -= len(of) - 1
			t.Logf("%s: %d causes: %v", name, len(of), of)
		}
	}
	if splits < 0 {
		t.Errorf("%d more causes are split than may be", -splits)
	}
}

// TestCauses has errors as AWS, Terraform and Control Tower word them.
func TestCauses(t *testing.T) {
	denied := func(account, vpc, token string) []string {
		return []string{`AmazonCloudFormationException: Resource handler returned message: "User: arn:aws:sts::` + account +
			`:assumed-role/Launch/servicecatalog is not authorized to perform: ec2:CreateVpcEndpoint on resource: arn:aws:ec2:eu-west-1:` +
			account + `:vpc/` + vpc + `" (RequestToken: ` + token + `, HandlerErrorCode: AccessDenied)`}
	}
	table := []filed{
		{"endpoint", denied("111122223333", "vpc-0a", "7c1b2f0e-1111-2222-3333-444455556666")},
		{"endpoint", denied("444455556666", "vpc-0b1c2d3e", "abcdefab-abcd-abcd-abcd-abcdefabcdef")},
		{"other action", []string{`User: arn:aws:sts::111122223333:assumed-role/Launch/x is not authorized to perform: rds:CreateDBInstance`}},
		{"key", []string{"Parameters: [KeyName] must have values"}},
		{"subnets", []string{"Parameters: [SubnetIds] must have values"}},
		{"bucket", []string{"failed to delete: [Logs4f9e93]. The bucket is not empty (Service: S3, Status Code: 409, Request ID: C263278A655346AA)"}},
		{"bucket", []string{"failed to delete: [Logs0c09e4]. The bucket is not empty (Service: S3, Status Code: 409, Request ID: ABCDEFABCDEFABCD)"}},
		{"capacity", []string{"db.r5.4xlarge has insufficient capacity on op-f3f826156c230ce08."}},
		{"capacity", []string{"db.r5.4xlarge has insufficient capacity on op-25ca7c11871a329a6."}},
		{"capacity of another class", []string{"db.m5.large has insufficient capacity on op-25ca7c11871a329a6."}},
		{"email", []string{"The email address aws+team92@example.com is already in use by another AWS account."}},
		{"email", []string{"The email address aws+b@example.com is already in use by another AWS account."}},
		{"moved", []string{"could not complete the update: account 834035657718 was moved to ou-c5c8-cf902e33."}},
		{"moved", []string{"could not complete the update: account 511638746179 was moved to ou-f886-3ff9f006."}},
		{"quoted", []string{`the name "orders" is taken since 2026-11-01T10:00:00Z`}},
		{"quoted", []string{`the name 'invoices' is taken since 2026-11-02T11:30:00Z`}},
		{"address", []string{"the block 10.0.0.0/16 overlaps with 10.20.0.0/16"}},
		{"address", []string{"the block 10.1.0.0/16 overlaps with 172.16.0.0/12"}},
		{"error number", []string{"Error 1045: access denied"}},
		{"another number", []string{"Error 2003: access denied"}},
		{"ARN", []string{"the policy of arn:aws:s3:::orders/* does not allow it, nor does arn:aws-cn:iam::aws:policy/ReadOnly"}},
		{"ARN", []string{"the policy of arn:aws:s3:::invoices does not allow it, nor does arn:aws:iam::111122223333:role/path/Launch"}},
		{"UUID", []string{"the operation 7c1b2f0e-1111-4222-b333-444455556666 has failed"}},
		{"UUID", []string{"the operation ABCDEFAB-ABCD-4BCD-ABCD-ABCDEFABCDEF has failed"}},
		{"nothing", nil},
	}
	checkCauses(t, table, 0)
	for _, own := range []string{"web-portal", "orders"} {
		if got := causeOf([]string{"the stack of " + own + " failed: " + own + "."}, own); got != "the stack of <name> failed: <name>." {
			t.Errorf("the product's own name %s: %s", own, got)
		}
	}
}

// TestCauseBounds: what is as short as words are stays, and a cause is no longer than it may be, in whole characters.
func TestCauseBounds(t *testing.T) {
	long := strings.Repeat("x", maxCause-1)
	for _, tc := range []struct{ name, text, want string }{
		{"abc", "the stack abc failed", "the stack <name> failed"},
		{"ab", "the stack ab failed", "the stack ab failed"},
		{"", "on ab12cd", "on <id>"},
		{"", "on ab12c", "on ab12c"},
		{"", long + "y", long + "y"},
		{"", long + "yz", long + "y"},
		{"", long + "é", long},
	} {
		if got := causeOf([]string{tc.text}, tc.name); got != tc.want {
			t.Errorf("%q of %q: got %q, want %q", tc.text, tc.name, got, tc.want)
		}
	}
}

// TestCausesOfSamples holds the causes of errors that people have filed against one another. They are no part of the project.
func TestCausesOfSamples(t *testing.T) {
	b, err := os.ReadFile("../../shared/cases/causes.json")
	if err != nil {
		t.Skip(err)
	}
	var cases []struct{ Cause, Code, Description string }
	if err := json.Unmarshal(b, &cases); err != nil {
		t.Fatal(err)
	}
	var table []filed
	for _, c := range cases {
		r := record{RecordErrors: []struct{ Code, Description string }{{c.Code, c.Description}}}
		table = append(table, filed{c.Cause, r.errors()})
	}
	checkCauses(t, table, 1)
}
