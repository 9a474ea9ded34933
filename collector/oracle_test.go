package collector

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"tenor/audit"
	"tenor/internal/awsread"
	"tenor/internal/awssim"
	"tenor/snapshot"
)

func contains(s, sub string) bool { return strings.Contains(s, sub) }

// listOf names the operation that finds the resources of a kind.
var listOf = func() map[string]awsread.Operation {
	lists := map[string]awsread.Operation{}
	for _, kind := range audit.CollectedKinds() {
		lists[kind.Name] = awsread.OperationNamed(kind.List)
	}
	return lists
}()

// TestKindsNameOperations holds audit.Kinds to the table of operations.
func TestKindsNameOperations(t *testing.T) {
	derived := []string{"prices", "dates", "slots", "failure"} // by finance, from other sections
	for _, kind := range audit.CollectedKinds() {
		for _, s := range append(kind.Sections, audit.Section{Name: "the list", Operation: kind.List}) {
			if s.Name == audit.SectionCharges || s.Operation == "" && slices.Contains(derived, s.Name) { // no call of the collector's gives it
				continue
			}
			ofList := s.Operation == kind.List // what is joined in may be of another service
			if !slices.ContainsFunc(awsread.Operations(), func(op awsread.Operation) bool {
				return op.Name == s.Operation && (op.Service == kind.Service || !ofList)
			}) {
				t.Errorf("%s: %s: there is no operation %s of %s", kind.Name, s.Name, s.Operation, kind.Service)
			}
		}
		if !slices.ContainsFunc(kind.Sections, func(s audit.Section) bool { return s.Name == "spec" }) {
			t.Errorf("%s has no section spec", kind.Name)
		}
	}
}

// needs names the operation whose list must have come for another to be asked at all.
var needs = map[string]awsread.Operation{
	awsread.ListSites.Name:                               awsread.ListOutposts,
	awsread.GetOutpostBillingInformation.Name:            awsread.ListOutposts,
	awsread.GetRenewalPricing.Name:                       awsread.ListOutposts,
	awsread.ListAssets.Name:                              awsread.ListOutposts,
	awsread.GetMetricData.Name:                           awsread.ListAssets,
	awsread.ListAssetInstances.Name:                      awsread.ListOutposts,
	awsread.ListBlockingInstancesForCapacityTask.Name:    awsread.ListCapacityTasks,
	awsread.GetOrder.Name:                                awsread.ListOrders,
	awsread.GetQuote.Name:                                awsread.ListQuotes,
	awsread.GetCapacityTask.Name:                         awsread.ListCapacityTasks,
	awsread.ListRecordHistory.Name:                       awsread.SearchProvisionedProducts,
	awsread.ListProvisioningArtifacts.Name:               awsread.SearchProvisionedProducts,
	awsread.DescribePortfolioShares.Name:                 awsread.ListPortfolios,
	awsread.ListConstraintsForPortfolio.Name:             awsread.ListPortfolios,
	awsread.ListPrincipalsForPortfolio.Name:              awsread.ListPortfolios,
	awsread.DescribeConstraint.Name:                      awsread.ListConstraintsForPortfolio,
	awsread.ListStacks.Name:                              awsread.SearchProvisionedProducts,
	awsread.ListStackInstancesForProvisionedProduct.Name: awsread.SearchProvisionedProducts,
}

// namers are the operations that name what others are asked of: the principals for which IAM is asked, and what may have a budget.
var namers = func() map[string][]awsread.Operation {
	principals := []awsread.Operation{awsread.SearchProvisionedProducts, awsread.ListRecordHistory, awsread.ListPortfolios,
		awsread.ListConstraintsForPortfolio, awsread.DescribeConstraint, awsread.ListPrincipalsForPortfolio}
	budgeted := []awsread.Operation{awsread.ListPortfolios, awsread.SearchProductsAsAdmin, awsread.ListBudgetsForResource,
		awsread.ListPortfoliosForProduct}
	return map[string][]awsread.Operation{
		awsread.GetRole.Name: principals, awsread.GetUser.Name: principals, awsread.GetGroup.Name: principals,
		awsread.ListBudgetsForResource.Name: budgeted, awsread.ListPortfoliosForProduct.Name: budgeted, awsread.DescribeBudgets.Name: budgeted}
}()

// rowsOf are the rows of a ledger by what they are of.
type rowsOf map[[3]string]audit.Coverage

func ledgerOf(t *testing.T, s *snapshot.Snapshot) rowsOf {
	t.Helper()
	rows := rowsOf{}
	for c := range s.Manifest.Coverage.All() {
		key := [3]string{c.Account, c.Region, c.Operation}
		if _, twice := rows[key]; twice {
			t.Errorf("two rows of the ledger are of %v", key)
		}
		rows[key] = c
	}
	return rows
}

// told reports whether the ledger says that an operation of a scope was not read whole.
func (rows rowsOf) told(account, region, op string) bool {
	if row, ok := rows[[3]string{account, "", awsread.AssumeRole.Name}]; ok && row.Status == audit.StatusGap {
		return true
	}
	row, ok := rows[[3]string{account, region, op}]
	return ok && row.Reason != "" // of an operation that the run does without, too
}

// hidden reports whether the ledger says that the list which an operation needs was not read, or the list that this one needs.
func (rows rowsOf) hidden(account, region, op string) bool {
	list, dependent := needs[op]
	return dependent && (rows.told(account, region, list.Name) || rows.hidden(account, region, list.Name))
}

// nothingByStealth holds a snapshot that was taken under faults against one of the same estate without: whatever it lacks,
// the ledger tells, and the resource too when it is a section; whatever it has, is the same.
func nothingByStealth(t *testing.T, whole, s *snapshot.Snapshot) {
	t.Helper()
	rows := ledgerOf(t, s)
	have := map[string]*audit.Resource{}
	for _, r := range resources(t, s) {
		have[r.Account+r.Region+r.Kind+r.ID] = r
	}
	for _, want := range resources(t, whole) {
		key := want.Account + want.Region + want.Kind + want.ID
		got, ok := have[key]
		delete(have, key)
		if !ok {
			if !rows.told(want.Account, want.Region, listOf[want.Kind].Name) {
				t.Errorf("%s %s is missing, and the ledger does not tell", want.Kind, want.ID)
			}
			continue
		}
		compareSections(t, rows, want, got)
	}
	for _, r := range have {
		t.Errorf("%s %s is not in the estate", r.Kind, r.ID)
	}
	for key, want := range ledgerOf(t, whole) {
		account, region, op := key[0], key[1], key[2]
		got, ok := rows[key]
		unnamed := slices.ContainsFunc(namers[op], func(by awsread.Operation) bool { return rows.told(account, region, by.Name) })
		switch {
		case rows.told(account, region, op), unnamed:
		case !ok:
			if !rows.hidden(account, region, op) {
				t.Errorf("the ledger has no row of %v", key)
			}
		case got.Count != want.Count && !rows.told(account, region, needs[op].Name):
			t.Errorf("row %v: %d collected, want %d", key, got.Count, want.Count)
		}
	}
}

func compareSections(t *testing.T, rows rowsOf, want, got *audit.Resource) {
	t.Helper()
	sections := func(r *audit.Resource) map[string]json.RawMessage {
		m := maps.Clone(r.Related)
		m["spec"] = r.Spec
		return m
	}
	wanted, gotten := sections(want), sections(got)
	for _, name := range slices.Sorted(maps.Keys(wanted)) {
		gap, isGap := got.Gaps[name]
		switch {
		case isGap && !rows.told(got.Account, got.Region, gap.Operation):
			t.Errorf("%s %s: the gap %s of %s is not on the ledger", got.Kind, got.ID, name, gap.Operation)
		case strings.Contains(string(gotten[name]), `"Conflict":true`) &&
			rows.told(got.Account, got.Region, awsread.GetOutpostBillingInformation.Name):
			// two subscriptions of one id with different content, of which the ledger tells
		case !isGap && string(gotten[name]) != string(wanted[name]):
			t.Errorf("%s %s: %s is not as it was, and no gap:\n want %s\n got  %s", got.Kind, got.ID, name, wanted[name], gotten[name])
		}
	}
	for _, s := range audit.KindOf(got.Kind).Sections {
		if gap, ok := got.Gaps[s.Name]; ok && !s.Shared && gap.Operation != s.Operation {
			t.Errorf("%s %s: the gap %s is of %s, and audit.Kinds says %s", got.Kind, got.ID, s.Name, gap.Operation, s.Operation)
		}
	}
	for name := range gotten {
		if _, ok := wanted[name]; !ok {
			t.Errorf("%s %s has a section %s that it has not", got.Kind, got.ID, name)
		}
	}
	b, err := audit.EncodeJSON(got)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(b), awssim.Secret) {
		t.Errorf("%s %s holds a secret of a record's outputs", got.Kind, got.ID)
	}
}
