package job

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tenor/audit"
	"tenor/internal/awssim"
)

// asked is a request on a provisioned product: its RecordType, Status, time and error.
type asked struct{ kind, status, at, err string }

const (
	launch, update, terminate = "PROVISION_PRODUCT", "UPDATE_PROVISIONED_PRODUCT", "TERMINATE_PROVISIONED_PRODUCT"
	action                    = "EXECUTE_PROVISIONED_PRODUCT_SERVICE_ACTION"
)

// awkward is a provisioned product that something is the matter with, and the rules that fail on it.
type awkward struct {
	status   string
	history  []asked // the oldest first, behind a launch that succeeded unless it begins with one
	spec     map[string]any
	stack    any // as awssim has it; nil: as the product says
	fail     string
	unknown  string
	whole    string // what a remediation has to say
	statuses string // the rules that fail where nothing but the list of products is read
}

// awkwardProducts are those of an account, by name.
func awkwardProducts() map[string]awkward {
	var retried []asked
	for i := range 118 { // every 3.4 days
		retried = append(retried, asked{update, "FAILED", fmt.Sprintf("now-%dm", 400*24*60-i*4896), "no room"})
	}
	reboots := []asked{{update, "FAILED", "now-9d", "not hidden"}}
	for i := range 3 {
		reboots = append(reboots, asked{action, "SUCCEEDED", fmt.Sprintf("now-%dd", 8-i), ""})
	}
	running := func(at string) []asked { return []asked{{update, "IN_PROGRESS", at, ""}} }
	account := func(id string) map[string]any {
		return map[string]any{"Type": "CONTROL_TOWER_ACCOUNT", "PhysicalId": id}
	}
	of := func(kind string) map[string]any { return map[string]any{"Type": kind} }
	stack := map[string]any{"PhysicalId": "arn:aws:cloudformation:eu-central-1:111122223333:stack/SC-1/0a1b"}
	gone := map[string]any{"StackId": stack["PhysicalId"], "StackStatus": "DELETE_COMPLETE", "DeletionTime": "now-3d"}
	return map[string]awkward{
		"fine":    {status: "AVAILABLE"},
		"retried": {status: "TAINTED", history: retried, fail: "broken_long", statuses: "product_tainted"},
		"launch": {status: "ERROR", history: []asked{{launch, "FAILED", "now-20d", "no room"}}, fail: "launch_failed", statuses: "product_error",
			whole: "launch it again as a new product"},
		"yesterday": {status: "TAINTED", history: []asked{{update, "FAILED", "now-1d", "no room"}}, fail: "product_tainted", statuses: "product_tainted"},
		"terminate": {status: "TAINTED", history: []asked{{terminate, "FAILED", "now-1d", "not empty"}}, fail: "terminate_failed",
			statuses: "product_tainted", whole: "ask for the termination again"},
		"hidden": {status: "AVAILABLE", history: reboots, fail: "update_failed_hidden"},
		"last":   {status: "AVAILABLE", history: []asked{{update, "FAILED", "now-1d", "no"}}, fail: "last_request_failed"},
		"silent": {status: "ERROR", history: []asked{{update, "SUCCEEDED", "now-1d", ""}}, fail: "product_error", statuses: "product_error",
			unknown: "broken_long launch_failed terminate_failed update_failed_hidden"},
		"gone product": {status: "TAINTED", history: []asked{{update, "FAILED", "now-1d", "no"}}, spec: map[string]any{"ProductId": "prod-gone"},
			fail: "product_gone product_tainted", statuses: "product_tainted", whole: "share it again"},
		"gone version": {status: "AVAILABLE", spec: map[string]any{"ProvisioningArtifactId": "pa-gone"}, fail: "version_inactive"},
		"deprecated":   {status: "AVAILABLE", spec: map[string]any{"ProvisioningArtifactId": "pa-old"}, fail: "version_deprecated"},
		"deleted stack": {status: "ERROR", history: []asked{{update, "FAILED", "now-1d", "no"}}, spec: stack, stack: gone,
			fail: "product_error stack_missing", statuses: "product_error", whole: "an update fails"},
		"account":        {status: "TAINTED", history: []asked{{update, "FAILED", "now-50d", "moved"}}, spec: account("111122223333"), fail: "account_product_broken", statuses: "account_product_broken", whole: "unenrols the account"},
		"account hidden": {status: "AVAILABLE", history: reboots, spec: account("111122223333"), fail: "update_failed_hidden", whole: "unenrols the account"},
		"account closed": {status: "AVAILABLE", spec: account("444455556666"), fail: "account_product_of_closed_account", statuses: "account_product_of_closed_account"},
		"account left":   {status: "AVAILABLE", spec: account("777788889999"), fail: "account_product_of_closed_account", statuses: "account_product_of_closed_account"},
		"account nobody": {status: "AVAILABLE", spec: account(""), unknown: "account_product_of_closed_account"},
		"stack 7h":       {status: "UNDER_CHANGE", history: running("now-7h")},
		"stack 25h":      {status: "UNDER_CHANGE", history: running("now-25h"), fail: "product_stuck"},
		"terraform 7h":   {status: "UNDER_CHANGE", history: running("now-7h"), spec: of("TERRAFORM_OPEN_SOURCE"), fail: "product_stuck"},
		"external 7h":    {status: "UNDER_CHANGE", history: running("now-7h"), spec: of("EXTERNAL"), fail: "product_stuck"},
		"external 5h":    {status: "UNDER_CHANGE", history: running("now-5h"), spec: of("EXTERNAL")},
		"plan 73h":       {status: "PLAN_IN_PROGRESS", history: []asked{{update, "CREATED", "now-73h", ""}}, fail: "plan_pending"},
		"plan 71h":       {status: "PLAN_IN_PROGRESS", history: []asked{{update, "CREATED", "now-71h", ""}}},
		"rolling back":   {status: "UNDER_CHANGE", history: []asked{{update, "IN_PROGRESS_IN_ERROR", "now-2h", "no"}}, fail: "rolling_back"},
		"newer than us":  {status: "QUARANTINED"},
	}
}

// awkwardEstate has awkwardProducts in one account and forty products that fail alike in three.
func awkwardEstate(t *testing.T, now time.Time) *awssim.Estate {
	t.Helper()
	records := 0
	product := func(name string, a awkward) map[string]any {
		id := "pp-" + strings.ReplaceAll(name, " ", "-")
		if len(a.history) == 0 || a.history[0].kind != launch {
			a.history = append([]asked{{launch, "SUCCEEDED", "now-600d", ""}}, a.history...)
		}
		spec := map[string]any{"Id": id, "Name": name, "Arn": "arn:aws:servicecatalog:${region}:${account}:stack/" + name + "/" + id, "Type": "CFN_STACK",
			"Status": a.status, "CreatedTime": "now-600d", "ProductId": "prod-1", "ProductName": "Web", "ProvisioningArtifactId": "pa-1",
			"ProvisioningArtifactName": "v1", "Tags": []any{map[string]any{"Key": "Owner", "Value": "me"}, map[string]any{"Key": "CostCenter", "Value": "1"}}}
		list := []any{}
		for _, h := range a.history {
			records++
			r := map[string]any{"RecordId": fmt.Sprintf("rec-%05d", records), "ProvisionedProductId": id, "RecordType": h.kind, "Status": h.status,
				"CreatedTime": h.at, "UpdatedTime": h.at}
			if h.err != "" {
				r["RecordErrors"] = []any{map[string]any{"Code": "E", "Description": h.err}}
			}
			list = append(list, r)
			spec["LastRecordId"] = r["RecordId"]
			if h.kind != action {
				spec["LastProvisioningRecordId"] = r["RecordId"]
				if h.status == "SUCCEEDED" {
					spec["LastSuccessfulProvisioningRecordId"] = r["RecordId"]
				}
			}
		}
		maps.Copy(spec, a.spec)
		p := map[string]any{"product": spec, "records": list}
		if a.stack != nil {
			p["stack"] = a.stack
		}
		return p
	}
	catalogue := []any{map[string]any{"product": map[string]any{"ProductViewSummary": map[string]any{"ProductId": "prod-1", "Name": "Web"}},
		"artifacts": []any{
			map[string]any{"Id": "pa-old", "Name": "v0", "CreatedTime": "now-700d", "Active": true, "Guidance": "DEPRECATED"},
			map[string]any{"Id": "pa-1", "Name": "v1", "CreatedTime": "now-650d", "Active": true, "Guidance": "DEFAULT"}}}}
	accounts := []string{"111122223333", "222233334444", "333344445555"}
	of := map[string][]any{}
	for i := range 40 {
		account := accounts[i%3]
		of[account] = append(of[account], product(fmt.Sprintf("alike%d", i), awkward{status: "TAINTED", history: []asked{{update, "FAILED",
			fmt.Sprintf("now-%dd", 2+i%3), fmt.Sprintf("not authorized to perform: ec2:RunInstances on arn:aws:ec2:eu-central-1:%s:vpc/vpc-%017x", account, i)}}}))
	}
	products := awkwardProducts()
	for _, name := range slices.Sorted(maps.Keys(products)) {
		of[accounts[0]] = append(of[accounts[0]], product(name, products[name]))
	}
	var members, scopes []any
	for _, id := range append(accounts, "444455556666") {
		state := map[bool]string{true: "ACTIVE", false: "SUSPENDED"}[id != "444455556666"]
		members = append(members, map[string]any{"id": id, "name": "a" + id, "email": id + "@example.com", "state": state, "unit": "r-1", "joined": "now-900d"})
		scopes = append(scopes, map[string]any{"accounts": []any{id}, "regions": []any{"eu-central-1"}, "products": catalogue,
			"provisioned_products": append([]any{}, of[id]...)})
	}
	text, err := json.Marshal(map[string]any{
		"organization": map[string]any{"id": "o-example0001", "root": "r-1", "management_account": accounts[0], "units": []any{}},
		"role":         map[string]any{"name": "Audit", "external_id": "x"}, "regions": []any{"eu-central-1"}, "accounts": members, "scopes": scopes})
	if err != nil {
		t.Fatal(err)
	}
	estate, err := awssim.LoadEstate(strings.NewReader(string(text)), now)
	if err != nil {
		t.Fatal(err)
	}
	return estate
}

// TestAwkwardProducts has every rule on the products that something is the matter with, and then with nothing read but their list: what
// rests on a status alone is still said.
func TestAwkwardProducts(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long under the race detector, and starts no goroutines that others do not")
	}
	estate := awkwardEstate(t, deliveryDay)
	products := awkwardProducts()
	verdicts := func(r *audit.Report, verdict audit.Verdict) map[string]string {
		of := map[string][]string{}
		for f, err := range r.Findings.All() {
			if err != nil {
				t.Fatal(err)
			}
			if _, ok := products[f.Resource.Name]; ok && f.Verdict == verdict {
				of[f.Resource.Name] = append(of[f.Resource.Name], strings.TrimPrefix(f.Rule, "service_catalog."))
			}
			for word := range strings.FieldsSeq(string(f.Command)) {
				if strings.HasPrefix(word, "terminate") || strings.HasPrefix(word, "update") || strings.HasPrefix(word, "delete") {
					t.Errorf("%s: %s", f.Resource.Name, f.Command)
				}
			}
		}
		said := map[string]string{}
		for name := range products {
			slices.Sort(of[name])
			said[name] = strings.Join(of[name], " ")
		}
		return said
	}
	wanted := func(of func(awkward) string) map[string]string {
		list := map[string]string{}
		for name, a := range products {
			list[name] = of(a)
		}
		return list
	}
	r := runJob(t, jobOn(t, estate, deliveryDay)).Report
	if gaps, _ := r.Gaps(9); len(gaps) > 0 {
		t.Fatalf("%+v", gaps)
	}
	if d := cmp.Diff(wanted(func(a awkward) string { return a.fail }), verdicts(&r, audit.Fail)); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(wanted(func(a awkward) string { return a.unknown }), verdicts(&r, audit.Unknown)); d != "" {
		t.Error("unknown: " + d)
	}
	alike := r.Products.Causes[0]
	if alike.Products != 40 || alike.Broken != 40 || alike.Accounts != 3 ||
		!strings.HasSuffix(string(alike.Remediation), " This is said of the first product, in 111122223333: do it in each account.") {
		t.Errorf("%+v", alike)
	}
	list, err := r.Findings.First(1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range list {
		if whole := products[f.Resource.Name].whole; f.Verdict == audit.Fail && f.Cause() != "" && !strings.Contains(f.Remediation, whole) {
			t.Errorf("%s, %s: %s", f.Resource.Name, f.Rule, f.Remediation)
		}
	}
	same := slices.DeleteFunc(list, func(f audit.Finding) bool { return f.Rule != "estate.same_cause" })
	if len(same) != 1 || !strings.HasPrefix(same[0].Msg, "the same error in 40 products since 2026-11-16: ") {
		t.Errorf("%+v", same)
	}

	var faults []awssim.Fault
	for _, op := range []string{"ListRecordHistory", "ListProvisioningArtifacts", "ListStacks", "ListPortfolios", "SearchProductsAsAdmin", "GetRole", "GetUser"} {
		faults = append(faults, awssim.Fault{Operation: op, Kind: awssim.FaultAccessDenied})
	}
	r = runJob(t, jobOn(t, estate, deliveryDay, faults...)).Report
	if d := cmp.Diff(wanted(func(a awkward) string { return a.statuses }), verdicts(&r, audit.Fail)); d != "" {
		t.Error("nothing but the list: " + d)
	}
}
