package collector

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tenor/audit"
	"tenor/internal/awsread"
	"tenor/internal/awssim"
)

// grouped writes groups one a line: API, status and reason, accounts, regions, and where something was found.
func grouped(groups []Group) []string {
	out := []string{}
	for _, g := range groups {
		out = append(out, strings.TrimRight(fmt.Sprintf("%s:%s %s/%s %s|%s|%s", g.Service, g.Operation, g.Status, g.Reason,
			strings.Join(g.Accounts, ","), strings.Join(g.Regions, ","), strings.Join(g.Found, ",")), "|"))
	}
	return out
}

func checked(t *testing.T, o Options) Checked {
	t.Helper()
	c, err := Check(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestCheck asks each API of an organization once a scope, groups the answers, and keeps within the calls of a run.
func TestCheck(t *testing.T) {
	for _, size := range []int{0, 1} {
		t.Run(fmt.Sprintf("pages of %d", size), func(t *testing.T) { checkOrganization(t, size) })
	}
}

// ofFew are the calls that are made for resources which need not be the one that is taken: a task that waits, a stack set.
var ofFew = []string{"outposts:ListBlockingInstancesForCapacityTask", "servicecatalog:ListStackInstancesForProvisionedProduct"}

func checkOrganization(t *testing.T, pageSize int) {
	sim := simulate(t, awssim.Options{PageSize: pageSize, Faults: []awssim.Fault{
		{Account: lab, Operation: "ListOrders", Kind: awssim.FaultAccessDenied},
		{Account: plant, Operation: "GetRenewalPricing", Kind: awssim.FaultDeniedBySCP},
		{Account: plant, Operation: "ListRegions", Kind: awssim.FaultAccessDenied},
	}})
	o := optionsFor(t, sim, management)
	o.Organization = organization()
	c := checked(t, o)
	const readable = plant + "," + lab + "," + management
	want := []string{
		": suspended/ " + gone,
		"sts:AssumeRole gap/access_denied " + locked,
		"sts:AssumeRole collected/ " + plant + "," + lab,
		"account:ListRegions optional/access_denied " + plant,
		"account:ListRegions collected/ " + lab + "," + management,
		"outposts:GetCapacityTask collected/ " + plant + "|eu-central-1|eu-central-1",
		"outposts:GetOrder collected/ " + plant + "|eu-central-1|eu-central-1",
		"outposts:GetOutpostBillingInformation collected/ " + plant + "|eu-central-1|eu-central-1",
		"outposts:GetQuote collected/ " + plant + "|eu-central-1|eu-central-1",
		"outposts:GetRenewalPricing gap/denied_by_scp " + plant + "|eu-central-1",
		"outposts:ListAssetInstances collected/ " + plant + "|eu-central-1|eu-central-1",
		"outposts:ListAssets collected/ " + plant + "|eu-central-1|eu-central-1",
		"outposts:ListCapacityTasks collected/ " + readable + "|eu-central-1|eu-central-1",
		"outposts:ListOrders gap/access_denied " + lab + "|eu-central-1",
		"outposts:ListOrders collected/ " + plant + "," + management + "|eu-central-1|eu-central-1",
		"outposts:ListOutposts collected/ " + readable + "|eu-central-1|eu-central-1",
		"outposts:ListQuotes collected/ " + readable + "|eu-central-1|eu-central-1",
		"outposts:ListSites collected/ " + plant + "|eu-central-1|eu-central-1",
		"servicecatalog:DescribeConstraint collected/ " + plant + "|eu-central-1|eu-central-1",
		"servicecatalog:DescribePortfolioShares collected/ " + plant + "|eu-central-1|eu-central-1",
		"servicecatalog:ListBudgetsForResource collected/ " + plant + "|eu-central-1|eu-central-1",
		"servicecatalog:ListConstraintsForPortfolio collected/ " + plant + "|eu-central-1|eu-central-1",
		"servicecatalog:ListPortfolios collected/ " + readable + "|eu-central-1|eu-central-1",
		"servicecatalog:ListPortfoliosForProduct collected/ " + plant + "|eu-central-1|eu-central-1",
		"servicecatalog:ListPrincipalsForPortfolio collected/ " + plant + "|eu-central-1|eu-central-1",
		"servicecatalog:ListProvisioningArtifacts collected/ " + plant + "|eu-central-1|eu-central-1",
		"servicecatalog:ListRecordHistory collected/ " + plant + "|eu-central-1|eu-central-1",
		"servicecatalog:SearchProductsAsAdmin collected/ " + readable + "|eu-central-1|eu-central-1",
		"servicecatalog:SearchProvisionedProducts collected/ " + readable + "|eu-central-1|eu-central-1",
		"budgets:DescribeBudgets collected/ " + plant + "|eu-central-1|eu-central-1",
		"cloudformation:ListStacks collected/ " + plant + "|eu-central-1|eu-central-1",
		"iam:GetGroup collected/ " + plant + "|eu-central-1|eu-central-1",
		"iam:GetRole collected/ " + plant + "|eu-central-1|eu-central-1",
		"iam:GetUser collected/ " + plant + "|eu-central-1|eu-central-1",
	}
	if d := cmp.Diff(want, grouped(c.Groups)); d != "" {
		t.Errorf("groups (-want +got):\n%s", d)
	}
	if len(c.Accounts) != 5 || c.Account != management || c.Partition != "aws" || cmp.Diff(ofFew, c.Untried) != "" {
		t.Errorf("checked %+v", c)
	}
	calls := map[string]int{}
	for _, r := range sim.Requests() {
		if r.Service == awsread.Outposts || r.Service == awsread.ServiceCatalog {
			calls[r.Account+" "+r.Operation]++
		}
	}
	paged := regexp.MustCompile("(GetOutpostBillingInformation|ListAssets|ListAssetInstances|ListBudgetsForResource|(Constraints|Principals)ForPortfolio)$")
	for call, n := range calls {
		if n > 1 && !paged.MatchString(call) {
			t.Errorf("%s: %d calls, want 1: a page of a list and one of its resources", call, n)
		}
	}
}

// TestCheckHasNothingToAskOf names the calls that an account without resources leaves untried.
func TestCheckHasNothingToAskOf(t *testing.T) {
	c := checked(t, optionsFor(t, simulate(t, awssim.Options{}), lab))
	want := []string{"outposts:ListSites", "outposts:GetOutpostBillingInformation", "outposts:GetRenewalPricing", "outposts:GetOrder",
		"outposts:GetQuote", "outposts:GetCapacityTask", "outposts:ListAssets", "outposts:ListAssetInstances",
		"outposts:ListBlockingInstancesForCapacityTask", "servicecatalog:ListRecordHistory", "servicecatalog:ListProvisioningArtifacts",
		"servicecatalog:ListStackInstancesForProvisionedProduct", "servicecatalog:DescribePortfolioShares",
		"servicecatalog:ListConstraintsForPortfolio", "servicecatalog:DescribeConstraint", "servicecatalog:ListPrincipalsForPortfolio",
		"servicecatalog:ListBudgetsForResource", "servicecatalog:ListPortfoliosForProduct"}
	if d := cmp.Diff(want, c.Untried); d != "" {
		t.Errorf("untried (-want +got):\n%s", d)
	}
}

// TestCheckSaysWhatCollectSays holds that a Check ends, for each list, as collecting does, whatever goes wrong.
func TestCheckSaysWhatCollectSays(t *testing.T) {
	lists := map[string]bool{}
	for _, k := range audit.CollectedKinds() {
		lists[k.List] = true
	}
	for _, kind := range awssim.FaultKinds() {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			fault := awssim.Fault{Account: plant, Operation: "ListQuotes", Kind: kind, Delay: 1}
			said := func(rows []audit.Coverage) []string {
				var out []string
				for _, row := range rows {
					if lists[row.Operation] {
						out = append(out, strings.Join([]string{row.Operation, string(row.Status), string(row.Reason)}, " "))
					}
				}
				slices.Sort(out)
				return slices.Compact(out)
			}
			o := optionsFor(t, simulate(t, awssim.Options{Faults: []awssim.Fault{fault}}), plant)
			var rows []audit.Coverage
			for _, g := range checked(t, o).Groups {
				rows = append(rows, g.Coverage)
			}
			o = optionsFor(t, simulate(t, awssim.Options{Faults: []awssim.Fault{fault}}), plant)
			have, want := said(rows), said(slices.Collect(collected(t, o).Manifest.Coverage.All()))
			if kind == awssim.FaultRepeatToken || kind == awssim.FaultEndlessPages { // which shows on a later page
				want = replaced(want, "ListQuotes gap malformed", "ListQuotes collected ")
			}
			if d := cmp.Diff(want, have); d != "" {
				t.Errorf("collected (-) and checked (+):\n%s", d)
			}
		})
	}
}

// TestCheckGroupsAnyNumber holds that what fails alike in ten thousand accounts is one group, whatever the order in which they answer.
func TestCheckGroupsAnyNumber(t *testing.T) {
	const accounts = 10_000
	var tl tally
	for _, i := range rand.New(rand.NewPCG(1, 2)).Perm(accounts) {
		id := fmt.Sprintf("%012d", i)
		tl.add(audit.Coverage{Account: id, Service: awsread.STS, Operation: "AssumeRole", Status: audit.StatusGap,
			Reason: audit.ReasonAccessDenied, Message: "denied in " + id})
	}
	groups := tl.groups()
	if len(groups) != 1 || len(groups[0].Accounts) != accounts || groups[0].Message != "denied in 000000000000" ||
		groups[0].Account != groups[0].Accounts[0] || len(groups[0].Regions) != 0 {
		t.Errorf("%d groups, the first %.200v", len(groups), groups[0])
	}
}

// TestCheckTakesTheTypical holds that the one resource is one about which everything is asked: an Outpost of the account's own, which does
// not come first, and a product with a version.
func TestCheckTakesTheTypical(t *testing.T) {
	text, err := os.ReadFile("testdata/estate.json")
	if err != nil {
		t.Fatal(err)
	}
	shared := strings.Replace(string(text), `"OwnerId": "${account}"`, `"OwnerId": "444455556666"`, 1)
	sim := simulate(t, awssim.Options{Estate: estate(t, shared)})
	if c := checked(t, optionsFor(t, sim, plant)); cmp.Diff(ofFew, c.Untried) != "" {
		t.Errorf("not tried: %v", c.Untried)
	}
	versioned := func(e json.RawMessage) bool { return productOf(e).versioned() }
	plain, full := json.RawMessage(`{"Id": "a"}`), json.RawMessage(`{"Id": "b", "ProductId": "p", "ProvisioningArtifactId": "v"}`)
	for _, c := range []struct{ of, want []json.RawMessage }{
		{[]json.RawMessage{plain, full}, []json.RawMessage{full}}, {[]json.RawMessage{plain, plain}, []json.RawMessage{plain}}, {nil, nil},
	} {
		if d := cmp.Diff(c.want, (&part{typical: versioned}).sample(c.of)); d != "" {
			t.Errorf("sample of %s (-want +got):\n%s", c.of, d)
		}
	}
}
