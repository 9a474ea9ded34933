package collector

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tenor/audit"
	"tenor/internal/awsread"
	"tenor/internal/awssim"
)

// hubEstate is a hub with portfolios of the lists given, in two regions, and a troubled product whose launch role is given.
func hubEstate(t *testing.T, portfolios, role, user string) *awssim.Estate {
	return estate(t, `{"accounts": [{"id": "111122223333", "name": "plant", "email": "plant@example.com", "unit": "r-abcd",
  "deleted": ["role/Gone", "user/jan", "group/old"]}], "scopes": [
 {"accounts": ["111122223333"], "regions": ["eu-central-1", "eu-west-1"], "portfolios": [`+portfolios+`],
  "products": [{"product": {"ProductViewSummary": {"ProductId": "prod-1", "Name": "Web"}, "Status": "AVAILABLE", "ProductARN": "arn:aws:catalog:${region}:${account}:product/prod-1"}}],
  "provisioned_products": [{"product": {"Id": "pp-1", "Name": "web", "Status": "TAINTED", "LastRecordId": "rec-1", "UserArn": "`+user+`"},
   "records": [{"RecordId": "rec-1", "ProvisionedProductId": "pp-1", "Status": "FAILED", "CreatedTime": "now-1d", "LaunchRoleArn": "`+role+`"}]}]}]}`)
}

const (
	iamOf = "arn:aws:iam::111122223333:"

	// sharedPortfolio has two pages of each list, where a page has one entry.
	sharedPortfolio = `{"portfolio": {"Id": "port-1", "ARN": "arn:aws:catalog:eu-central-1:111122223333:portfolio/port-1", "DisplayName": "Platform", "CreatedTime": "now-9d"},
  "shares": [{"PrincipalId": "1", "Type": "ACCOUNT", "Accepted": false}, {"PrincipalId": "2", "Type": "ACCOUNT", "Accepted": true}, {"PrincipalId": "o-1", "Type": "ORGANIZATION"}],
  "constraints": [
   {"ConstraintDetail": {"ConstraintId": "cons-1", "Type": "LAUNCH", "ProductId": "prod-1"}, "ConstraintParameters": "{\"RoleArn\":\"` + iamOf + `role/path/Gone\"}"},
   {"ConstraintDetail": {"ConstraintId": "cons-2", "Type": "LAUNCH", "ProductId": "prod-2"}, "ConstraintParameters": "{\"RoleArn\":\"arn:aws:iam::999999999999:role/Gone\"}"},
   {"ConstraintDetail": {"ConstraintId": "cons-3", "Type": "LAUNCH", "ProductId": "prod-3"}, "ConstraintParameters": "{\"LocalRoleName\":\"Gone\"}"},
   {"ConstraintDetail": {"ConstraintId": "cons-4", "Type": "NOTIFICATION", "ProductId": "prod-1"}, "ConstraintParameters": "no JSON"}],
  "principals": [{"PrincipalARN": "` + iamOf + `role/Users", "PrincipalType": "IAM"}, {"PrincipalARN": "` + iamOf + `user/jan", "PrincipalType": "IAM"},
   {"PrincipalARN": "` + iamOf + `group/old", "PrincipalType": "IAM"}, {"PrincipalARN": "arn:aws:iam::999999999999:user/jan", "PrincipalType": "IAM"}]}`
	emptyPortfolio = `{"portfolio": {"Id": "port-2", "DisplayName": "Empty"}}`
)

// TestHub reads two portfolios, one with two pages and more of everything and one with nothing.
func TestHub(t *testing.T) {
	sim := simulate(t, awssim.Options{Estate: hubEstate(t, sharedPortfolio+","+emptyPortfolio, iamOf+"role/Gone", iamOf+"user/jan"), PageSize: 1})
	o := optionsFor(t, sim, plant)
	o.Regions = []string{"eu-central-1", "eu-west-1"}
	s := collected(t, o)
	if got := unread(s); len(got) > 0 {
		t.Fatalf("not read: %v", got)
	}
	port := resource(t, s, "port-1")
	want := map[string]string{
		"shares": `{"PortfolioShareDetails":[{"PrincipalId":"1","Type":"ACCOUNT","Accepted":false},{"PrincipalId":"2","Type":"ACCOUNT","Accepted":true}]}`,
		"launch_role": `{"Roles":[{"ConstraintId":"cons-1","ProductId":"prod-1","RoleArn":"` + iamOf + `role/path/Gone","Missing":true},` +
			`{"ConstraintId":"cons-2","ProductId":"prod-2","RoleArn":"arn:aws:iam::999999999999:role/Gone"},` +
			`{"ConstraintId":"cons-3","ProductId":"prod-3","LocalRoleName":"Gone"}]}`,
		"gone_principals": `{"PrincipalARNs":["` + iamOf + `user/jan","` + iamOf + `group/old"]}`,
	}
	for section, want := range want {
		if diff := cmp.Diff(want, string(port.Related[section])); diff != "" {
			t.Errorf("%s (-want +got):\n%s", section, diff)
		}
	}
	if n := strings.Count(string(port.Related["constraints"]), "cons-"); n != 4 || port.Name != "Platform" {
		t.Errorf("%d constraints of %q", n, port.Name)
	}
	if empty := resource(t, s, "port-2"); string(empty.Related["shares"]) != `{"PortfolioShareDetails":[]}` || empty.Related["launch_role"] != nil {
		t.Errorf("the empty portfolio has %s", empty.Related)
	}
	if p := resource(t, s, "prod-1"); p.Kind != audit.KindProduct || p.Name != "Web" {
		t.Errorf("the product is %s %q", p.Kind, p.Name)
	}
	pp := resource(t, s, "pp-1")
	if got := string(pp.Related["launch_role"]) + string(pp.Related["launched_by"]); got != `{"ARN":"`+iamOf+`role/Gone","Missing":true}{"ARN":"`+iamOf+`user/jan","Missing":true}` {
		t.Errorf("pp-1 has %s", got)
	}
	asked := map[string]int{} // of IAM: each once for both regions, at the one endpoint
	for _, q := range sim.Requests() {
		if q.Service == "iam" {
			asked[q.Region+" "+q.Operation+" "+q.Params["RoleName"]+q.Params["UserName"]+q.Params["GroupName"]]++
		}
	}
	if diff := cmp.Diff(map[string]int{"us-east-1 GetRole Gone": 1, "us-east-1 GetRole Users": 1, "us-east-1 GetUser jan": 1, "us-east-1 GetGroup old": 1}, asked); diff != "" {
		t.Errorf("asked of IAM (-want +got):\n%s", diff)
	}
}

// TestNoHub: an account without portfolios costs one call a region, and IAM none where nothing names a principal.
func TestNoHub(t *testing.T) {
	sim := simulate(t, awssim.Options{Estate: hubEstate(t, "", "", "AIDAQ3EGVDTJL5ZZEXMPL")})
	s := collected(t, optionsFor(t, sim, plant))
	var asked []string
	for _, q := range sim.Requests() {
		if slices.ContainsFunc(awsread.Operations(), func(op awsread.Operation) bool { return op.Optional && op.Name == q.Operation }) {
			asked = append(asked, q.Operation)
		}
	}
	slices.Sort(asked)
	if diff := cmp.Diff([]string{"ListPortfolios", "ListRegions"}, asked); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
	pp := resource(t, s, "pp-1")
	if len(pp.Gaps) > 0 || pp.Related["launch_role"] != nil || pp.Related["launched_by"] != nil {
		t.Errorf("gaps %v, sections %s", pp.Gaps, pp.Related)
	}
}

// TestHubDenied: with every call of it denied there is a row for each that was tried, no gap of the run, and a gap of each section.
func TestHubDenied(t *testing.T) {
	hub := []string{"ListPortfolios", "DescribePortfolioShares", "ListConstraintsForPortfolio", "DescribeConstraint", "ListPrincipalsForPortfolio", "SearchProductsAsAdmin",
		"GetRole", "GetUser", "GetGroup"}
	for _, c := range []struct {
		name   string
		denied []string
		rows   []string // optional
		gaps   []string // of port-1 and pp-1
	}{
		{
			"all", hub, []string{"GetRole", "GetUser", "ListPortfolios", "SearchProductsAsAdmin"},
			[]string{"pp-1 launch_role GetRole", "pp-1 launched_by GetUser"},
		},
		{
			"IAM", hub[6:], []string{"GetGroup", "GetRole", "GetUser"},
			[]string{"port-1 gone_principals GetGroup", "port-1 launch_role GetRole", "pp-1 launch_role GetRole", "pp-1 launched_by GetUser"},
		},
		{
			"the lists of a portfolio", hub[1:5], []string{"DescribePortfolioShares", "ListConstraintsForPortfolio", "ListPrincipalsForPortfolio"},
			[]string{
				"port-1 constraints ListConstraintsForPortfolio", "port-1 gone_principals ListPrincipalsForPortfolio",
				"port-1 launch_role ListConstraintsForPortfolio", "port-1 principals ListPrincipalsForPortfolio", "port-1 shares DescribePortfolioShares",
			},
		},
		{
			"a constraint", hub[3:4], []string{"DescribeConstraint"}, []string{"port-1 launch_role DescribeConstraint"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			var faults []awssim.Fault
			for _, op := range c.denied {
				faults = append(faults, awssim.Fault{Operation: op, Kind: awssim.FaultAccessDenied})
			}
			sim := simulate(t, awssim.Options{Estate: hubEstate(t, sharedPortfolio, iamOf+"role/Gone", iamOf+"user/jan"), Faults: faults})
			s := collected(t, optionsFor(t, sim, plant))
			if got := gaps(s); len(got) > 0 {
				t.Errorf("gaps of the run: %v", got)
			}
			var rows, sections []string
			for _, row := range unread(s) {
				rows = append(rows, row.Operation)
			}
			for _, r := range resources(t, s) {
				for name, gap := range r.Gaps {
					if !gap.Optional || gap.Reason != audit.ReasonAccessDenied {
						t.Errorf("%s %s: %+v", r.ID, name, gap)
					}
					sections = append(sections, fmt.Sprintf("%s %s %s", r.ID, name, gap.Operation))
				}
			}
			slices.Sort(rows)
			slices.Sort(sections)
			if diff := cmp.Diff(c.rows, rows); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(c.gaps, sections); diff != "" {
				t.Errorf("sections (-want +got):\n%s", diff)
			}
		})
	}
}

// TestHubSpoiled: what of it cannot be read is a gap, and never a principal that is gone.
func TestHubSpoiled(t *testing.T) {
	role := iamOf + "role/There"
	portfolio := func(principal, kind string, parameters string) string {
		return fmt.Sprintf(`{"portfolio": {"Id": "port-1"}, "principals": [{"PrincipalARN": %q, "PrincipalType": %q}],
  "constraints": [{"ConstraintDetail": {"ConstraintId": "cons-1", "Type": "LAUNCH"}, "ConstraintParameters": %q}]}`, principal, kind, parameters)
	}
	whole := portfolio(role, "IAM", "{}")
	for _, c := range []struct {
		name, portfolio string
		fault           awssim.Fault
		want            []string // the gaps of the portfolio
	}{
		{"an answer without its role", whole, awssim.Fault{Operation: "GetRole", Kind: awssim.FaultMissingList},
			[]string{`gone_principals GetRole malformed: There was asked for, and "" came`}},
		{"an answer that is cut off", whole, awssim.Fault{Operation: "GetRole", Kind: awssim.FaultCutOff}, []string{"gone_principals GetRole malformed: the body is cut off after "}},
		{"IAM throttles", whole, awssim.Fault{Operation: "GetRole", Kind: awssim.FaultThrottle}, []string{"gone_principals GetRole throttled: Throttling: Rate exceeded"}},
		{"a control policy", whole, awssim.Fault{Operation: "GetRole", Kind: awssim.FaultDeniedBySCP}, []string{"gone_principals GetRole denied_by_scp: AccessDenied: User: "}},
		{"page two of the shares", strings.Replace(sharedPortfolio, "Gone", "There", 1), awssim.Fault{Operation: "DescribePortfolioShares", Kind: awssim.FaultServerError, After: 2},
			[]string{"shares DescribePortfolioShares error: "}},
		{"a pattern", portfolio("arn:aws:iam:::role/team-*", "IAM_PATTERN", "{}"), awssim.Fault{Operation: "none", Kind: awssim.FaultEmpty},
			[]string{"gone_principals GetRole error: arn:aws:iam:::role/team-* is a pattern, whose principals IAM cannot be asked for"}},
		{"parameters that are no JSON", portfolio(role, "IAM", "{"), awssim.Fault{Operation: "none", Kind: awssim.FaultEmpty},
			[]string{"launch_role DescribeConstraint malformed: ConstraintParameters is no JSON object"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			size := map[bool]int{true: 1}[c.fault.After > 0]
			s := collected(t, optionsFor(t, simulate(t, awssim.Options{Estate: hubEstate(t, c.portfolio, "", ""), Faults: []awssim.Fault{c.fault}, PageSize: size}), plant))
			r := resource(t, s, "port-1")
			var got []string
			for name, gap := range r.Gaps {
				got = append(got, fmt.Sprintf("%s %s %s: %s", name, gap.Operation, gap.Reason, gap.Message))
			}
			if len(got) != 1 || !strings.HasPrefix(got[0], c.want[0]) || len(unread(s)) != 1 || len(gaps(s)) != 0 {
				t.Errorf("gaps %q, want %q; not read: %v", got, c.want, unread(s))
			}
		})
	}
}

// TestPrincipalsThatAreAsked says for what IAM is asked, and by which call.
func TestPrincipalsThatAreAsked(t *testing.T) {
	ps := &principals{account: plant}
	for of, want := range map[string]string{
		iamOf + "role/a/b/Name": "GetRole Name", iamOf + "user/Name": "GetUser Name", iamOf + "group/Name": "GetGroup Name",
		"arn:aws-cn:iam::111122223333:role/Name":                "GetRole Name",
		"arn:aws:sts::111122223333:assumed-role/Name/a-session": "GetRole Name",
		"arn:aws:iam::999999999999:role/Name":                   "",
		"arn:aws:sts::111122223333:federated-user/Name":         "",
		iamOf + "root":                           "",
		iamOf + "role/":                          "",
		iamOf + "role/N*":                        "",
		"arn:aws:iam:::role/Name":                "",
		"AIDAQ3EGVDTJL5ZZEXMPL":                  "",
		"":                                       "",
		"arn:aws:sts::111122223333:assumed-role": "",
		"arn:aws:servicecatalog::111122223333:role/Name": "",
	} {
		op, name, ok := ps.operation(of)
		if got := strings.TrimSpace(op.Name + " " + name); ok != (want != "") || ok && got != want {
			t.Errorf("%q: %q %t, want %q", of, got, ok, want)
		}
	}
}

// TestSessionsOfARole asks IAM once for a role of which every product was launched by a session of its own.
func TestSessionsOfARole(t *testing.T) {
	const products = `{"repeat": 30, "each": {"product": {"Id": "pp-${id}", "Name": "pp-${i}", "Type": "EXTERNAL", "Status": "AVAILABLE",
  "UserArn": "arn:aws:sts::111122223333:assumed-role/Deploy/build-${i}"}}}`
	for _, denied := range []bool{false, true} {
		var faults []awssim.Fault
		want := "collected  1"
		if denied {
			faults = []awssim.Fault{{Operation: awsread.GetRole.Name, Kind: awssim.FaultAccessDenied}}
			want = "optional access_denied 0 Deploy: AccessDenied: "
		}
		sim := simulate(t, awssim.Options{Estate: oneAccount(t, products), Faults: faults})
		s := collected(t, optionsFor(t, sim, plant))
		asked := 0
		for _, r := range sim.Requests() {
			if r.Operation == awsread.GetRole.Name {
				asked++
			}
		}
		if row := rowOf(s, awsread.GetRole); asked != 1 || !strings.HasPrefix(row, want) {
			t.Errorf("asked %d times, row %q, want %q", asked, row, want)
		}
		for _, r := range resources(t, s) {
			by := strings.Replace(r.Name, "pp-", "build-", 1)
			if _, gap := r.Gaps["launched_by"]; gap != denied || !denied && !strings.Contains(string(r.Related["launched_by"]), by) {
				t.Errorf("%s: launched by %s, gap %t", r.Name, r.Related["launched_by"], gap)
			}
		}
	}
}
