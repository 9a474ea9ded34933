package collector

import (
	"fmt"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tenor/audit"
	"tenor/internal/awsread"
	"tenor/internal/awssim"
	"tenor/internal/extsort"
	"tenor/snapshot"
)

// oneAccount is an estate of one account with those provisioned products.
func oneAccount(t *testing.T, products ...string) *awssim.Estate {
	t.Helper()
	return estate(t, `{
 "accounts": [{"id": "111122223333", "name": "plant", "email": "plant@example.com", "unit": "r-abcd"}],
 "scopes": [{"accounts": ["111122223333"], "regions": ["eu-central-1"], "provisioned_products": [`+strings.Join(products, ",")+`]}]
}`)
}

const stackPrefix = "arn:aws:cloudformation:eu-central-1:111122223333:stack/"

// stackProduct is a product of a stack, which the estate makes, or which rest says more of.
func stackProduct(id, physicalID, created, rest string) string {
	return fmt.Sprintf(`{"product": {"Id": %q, "Name": %q, "Type": "CFN_STACK", "Status": "AVAILABLE", "PhysicalId": %q, "CreatedTime": %q}%s}`,
		id, id, physicalID, created, rest)
}

// saidOf is what a snapshot says of a section of a product: itself, why it is a gap, or nothing.
func saidOf(t *testing.T, s *snapshot.Snapshot, id, section string) string {
	t.Helper()
	r := resource(t, s, id)
	if gap, ok := r.Gaps[section]; ok {
		return fmt.Sprintf("%s %s: %s", gap.Operation, gap.Reason, gap.Message)
	}
	return string(r.Related[section])
}

// rowOf returns the row of an operation, in words; empty where it was not asked.
func rowOf(s *snapshot.Snapshot, op awsread.Operation) string {
	for c := range s.Manifest.Coverage.All() {
		if c.Operation == op.Name {
			return strings.TrimSpace(fmt.Sprintf("%s %s %d %s", c.Status, c.Reason, c.Count, c.Message))
		}
	}
	return ""
}

func TestStacks(t *testing.T) {
	const old, id = "now-10d", stackPrefix + "SC-pp-1/1"
	deleted := `, "stack": {"StackId": "` + id + `", "StackName": "SC-pp-1", "CreationTime": "now-9d", "DeletionTime": "now-3d", "StackStatus": "DELETE_COMPLETE"}`
	well := stackProduct("pp-2", stackPrefix+"SC-pp-2/2", old, "")
	for _, c := range []struct {
		name, product string
		faults        []awssim.Fault
		want, row     string
	}{
		{"there", stackProduct("pp-1", id, old, ""), nil, `{"StackId":"` + id + `","StackStatus":"CREATE_COMPLETE"}`, "collected  2"},
		{"deleted", stackProduct("pp-1", id, old, deleted), nil,
			`{"StackId":"` + id + `","StackStatus":"DELETE_COMPLETE","DeletionTime":"2026-11-17T12:00:00Z"}`, "collected  2"},
		{"deleted just before", stackProduct("pp-1", id, old, strings.Replace(deleted, "now-3d", "now-15m", 1)), nil,
			`{"StackId":"` + id + `","StackStatus":"DELETE_COMPLETE","DeletionTime":"2026-11-20T11:45:00Z"}`, "collected  2"},
		{"deleted beside the list", stackProduct("pp-1", id, old, strings.Replace(deleted, "now-3d", "now-14m-59s", 1)), nil,
			"ListStacks error: the stack was deleted when the stacks were listed: another run can tell", "collected  2"},
		{"missing", stackProduct("pp-1", id, old, `, "stack": null`), nil, `{"StackId":"` + id + `","Missing":true}`, "collected  1"},
		{"missing, launched just before", stackProduct("pp-1", id, "now-15m", `, "stack": null`), nil, `{"StackId":"` + id + `","Missing":true}`, "collected  1"},
		{"launched too late for the list", stackProduct("pp-1", id, "now-14m-59s", `, "stack": null`), nil,
			"ListStacks error: the product was launched when the stacks were listed: another run can tell", "collected  1"},
		{"launched late, and there", stackProduct("pp-1", id, "now-1m", ""), nil, `{"StackId":"` + id + `","StackStatus":"CREATE_COMPLETE"}`, "collected  2"},
		{"of another region", stackProduct("pp-1", strings.Replace(id, "eu-central-1", "us-east-1", 1), old, `, "stack": null`), nil,
			"ListStacks error: its PhysicalId is no stack of this account and region: " + strings.Replace(id, "eu-central-1", "us-east-1", 1), "collected  1"},
		{"no ARN", stackProduct("pp-1", "SC-pp-1", old, ""), nil,
			"ListStacks error: its PhysicalId is no stack of this account and region: SC-pp-1", "collected  1"},
		{"none yet", stackProduct("pp-1", "", old, ""), nil, "", "collected  1"},
		{"denied", stackProduct("pp-1", id, old, ""), []awssim.Fault{{Operation: awsread.ListStacks.Name, Kind: awssim.FaultDeniedBySCP}},
			"ListStacks denied_by_scp: AccessDenied: User: arn:aws:iam::111122223333:user/auditor is not authorized to perform: " +
				"cloudformation:ListStacks with an explicit deny in a service control policy",
			"optional denied_by_scp 0 AccessDenied: User: arn:aws:iam::111122223333:user/auditor is not authorized to perform: " +
				"cloudformation:ListStacks with an explicit deny in a service control policy"},
		{"on the first of two pages", stackProduct("pp-1", id, old, ""), []awssim.Fault{{Operation: awsread.ListStacks.Name, Kind: awssim.FaultMissingList, After: 2}},
			`{"StackId":"` + id + `","StackStatus":"CREATE_COMPLETE"}`, "optional malformed 1 the body has no list StackSummaries"},
		{"not on the first of two pages", stackProduct("pp-1", id, old, `, "stack": null`) + "," + stackProduct("pp-3", stackPrefix+"SC-pp-3/3", old, ""),
			[]awssim.Fault{{Operation: awsread.ListStacks.Name, Kind: awssim.FaultMissingList, After: 2}},
			"ListStacks malformed: the body has no list StackSummaries", "optional malformed 1 the body has no list StackSummaries"},
		{"a token that comes again", stackProduct("pp-1", id, old, `, "stack": null`), []awssim.Fault{{Operation: awsread.ListStacks.Name, Kind: awssim.FaultRepeatToken}},
			"ListStacks malformed: the token of the next page has come before", "optional malformed 1 the token of the next page has come before"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			sim := simulate(t, awssim.Options{Estate: oneAccount(t, c.product, well), Faults: c.faults, PageSize: 1})
			s := collected(t, optionsFor(t, sim, plant))
			if got := saidOf(t, s, "pp-1", "stacks"); got != c.want {
				t.Errorf("stacks: %s\nwant    %s", got, c.want)
			}
			if got := rowOf(s, awsread.ListStacks); got != c.row {
				t.Errorf("row %q, want %q", got, c.row)
			}
			if len(gaps(s)) > 0 {
				t.Errorf("gaps %v", gaps(s))
			}
		})
	}
}

// TestNoStacksNoCall asks of no stack where no product has one, and once where many have.
func TestNoStacksNoCall(t *testing.T) {
	for _, c := range []struct {
		name     string
		products []string
		calls    int
	}{
		{"no product", nil, 0},
		{"none with a stack", []string{`{"product": {"Id": "pp-1", "Name": "a", "Type": "EXTERNAL", "Status": "AVAILABLE", "PhysicalId": "x"}}`,
			`{"product": {"Id": "pp-2", "Name": "b", "Type": "CFN_STACKSET", "Status": "AVAILABLE", "PhysicalId": "arn:aws:cloudformation:eu-central-1:111122223333:stackset/a:1"}}`}, 0},
		{"many", []string{`{"repeat": 95, "each": ` + stackProduct("pp-${id}", stackPrefix+"SC-${id}/1", "now-9d", "") + `}`}, 1},
		{"more than a page", []string{`{"repeat": 201, "each": ` + stackProduct("pp-${id}", stackPrefix+"SC-${id}/1", "now-9d", "") + `}`}, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			sim := simulate(t, awssim.Options{Estate: oneAccount(t, c.products...)})
			collected(t, optionsFor(t, sim, plant))
			calls := 0
			for _, r := range sim.Requests() {
				if r.Operation == awsread.ListStacks.Name {
					calls++
				}
			}
			if calls != c.calls {
				t.Errorf("%d calls, want %d", calls, c.calls)
			}
		})
	}
}

// TestStacksAreNotKept lists many stacks and holds that hardly anything of them stays in memory until they are joined.
func TestStacksAreNotKept(t *testing.T) {
	const many = 200_000
	l := &stackList{begun: testNow, list: newIndex(awsread.ListStacks, nil), sorter: extsort.New(t.TempDir(), 16<<10)}
	id := func(i int) string { return fmt.Sprintf("%sSC-pp-%d/1", stackPrefix, i) }
	before := heapInUse()
	for i := range many {
		if err := l.add([]byte(`{"StackId":"` + id(i) + `","StackStatus":"CREATE_COMPLETE","DeletionTime":""}`)); err != nil {
			t.Fatal(err)
		}
	}
	if grown := heapInUse() - before; grown > 1<<20 {
		t.Errorf("%d stacks take %d bytes of memory while they are read", many, grown)
	}
	for i := 0; i < many; i += 9973 {
		want := `{"StackId":"` + id(i) + `","StackStatus":"CREATE_COMPLETE"}`
		if got, err := l.find([]byte(id(i)), false); err != nil || string(got.doc) != want {
			t.Fatalf("%s, %v, want %s", got.doc, err, want)
		}
	}
	if got, err := l.find([]byte(id(many)), false); err != nil || !strings.Contains(string(got.doc), `"Missing":true`) {
		t.Errorf("%s, %v", got.doc, err)
	}
	if grown := heapInUse() - before; grown > many*40 {
		t.Errorf("%d stacks take %d bytes of memory while they are joined", many, grown)
	}
	if err := l.close(); err != nil {
		t.Error(err)
	}
}

func heapInUse() int {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

// TestNothingWaitsForStacks answers ListStacks only when every page of the products and the records of the last have been asked for.
func TestNothingWaitsForStacks(t *testing.T) {
	const products, troubled = 5, `{"repeat": 5, "each": {"product": {"Id": "pp-${id}", "Name": "pp-${i}", "Type": "CFN_STACK", "Status": "TAINTED", "LastRecordId": "rec-${id}",
  "PhysicalId": "` + stackPrefix + `SC-${i}/1", "CreatedTime": "now-9d"}, "records": [{"RecordId": "rec-${id}", "ProvisionedProductId": "pp-${id}", "CreatedTime": "now-3d", "Status": "FAILED"}]}}`
	var pages, records atomic.Int64
	asked := make(chan bool)
	sim := simulate(t, awssim.Options{Estate: oneAccount(t, troubled), PageSize: 1, OnRequest: func(r awssim.Request) {
		switch r.Operation {
		case awsread.SearchProvisionedProducts.Name:
			pages.Add(1)
		case awsread.ListRecordHistory.Name:
			records.Add(1)
		default:
			return
		}
		if pages.Load() == products && records.Load() == products {
			close(asked)
		}
	}})
	o := optionsFor(t, sim, plant)
	o.Config.HTTPClient = doer(func(r *http.Request) (*http.Response, error) {
		if contains(r.Header.Get("Authorization"), "/cloudformation/aws4_request") {
			select {
			case <-asked:
			case <-time.After(20 * time.Second):
				t.Error("the products, or their records, wait for the stacks")
			}
		}
		return http.DefaultClient.Do(r)
	})
	s := collected(t, o)
	all := resources(t, s)
	if got := saidOf(t, s, all[slices.IndexFunc(all, func(r *audit.Resource) bool { return r.Name == "pp-4" })].ID, "stacks"); got != `{"StackId":"`+stackPrefix+`SC-4/1","StackStatus":"UPDATE_ROLLBACK_COMPLETE"}` {
		t.Errorf("stacks of the last product: %s", got)
	}
}

// TestStackComesTwice keeps a stack that one page says is there and another was deleted.
func TestStackComesTwice(t *testing.T) {
	live, dead := `{"StackId":"a","StackStatus":"UPDATE_COMPLETE"}`, `{"StackId":"a","StackStatus":"DELETE_COMPLETE","DeletionTime":"2026-11-01T00:00:00.123Z"}`
	for _, pages := range [][]string{{live, dead}, {dead, live}, {dead, live, dead}} {
		l := &stackList{begun: testNow, list: newIndex(awsread.ListStacks, nil), sorter: extsort.New(t.TempDir(), 1)}
		for _, p := range pages {
			if err := l.add([]byte(p)); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := l.find([]byte("a"), false); string(got.doc) != live || err != nil {
			t.Errorf("%v: %s, %v", pages, got.doc, err)
		}
		if err := l.close(); err != nil {
			t.Error(err)
		}
	}
}

// stackSetProduct is a product of a stack set with those instances, each "account region status".
func stackSetProduct(instances ...string) string {
	var list []string
	for _, i := range instances {
		f := strings.Fields(i)
		list = append(list, fmt.Sprintf(`{"Account": %q, "Region": %q, "StackInstanceStatus": %q}`, f[0], f[1], f[2]))
	}
	return `{"product": {"Id": "pp-1", "Name": "vpc", "Type": "CFN_STACKSET", "Status": "AVAILABLE", "CreatedTime": "now-9d", "LastRecordId": "rec-1",
  "LastSuccessfulProvisioningRecordId": "rec-1"}, "records": [{"RecordId": "rec-1", "ProvisionedProductId": "pp-1", "Status": "SUCCEEDED",
  "RecordType": "PROVISION_PRODUCT", "CreatedTime": "now-9d", "UpdatedTime": "now-8d"}], "stack_instances": [` + strings.Join(list, ",") + `]}`
}

func TestStackInstances(t *testing.T) {
	const denied = "ListStackInstancesForProvisionedProduct access_denied: AccessDeniedException: "
	var many []string
	for i := range 12 {
		many = append(many, fmt.Sprintf("1111222233%02d us-east-1 OUTDATED", 99-i))
	}
	for _, c := range []struct {
		name      string
		instances []string
		faults    []awssim.Fault
		want, row string // their beginnings
		records   bool
	}{
		{"none", nil, nil, `{"Total":0,"Counts":{},"NotCurrent":[]}`, "collected  1", false},
		{"all current", []string{"111122223333 us-east-1 CURRENT", "111122223333 eu-west-1 CURRENT"}, nil,
			`{"Total":2,"Counts":{"CURRENT":2},"NotCurrent":[]}`, "collected  1", false},
		{"one of each, and one that is new", []string{"b us-east-1 OUTDATED", "c us-east-1 INOPERABLE", "a us-east-1 CURRENT", "a eu-west-1 NEWER"}, nil,
			`{"Total":4,"Counts":{"CURRENT":1,"INOPERABLE":1,"NEWER":1,"OUTDATED":1},"NotCurrent":[{"Account":"c","Region":"us-east-1",` +
				`"StackInstanceStatus":"INOPERABLE"},{"Account":"a","Region":"eu-west-1","StackInstanceStatus":"NEWER"},{"Account":"b","Region":` +
				`"us-east-1","StackInstanceStatus":"OUTDATED"}]}`, "collected  1", true},
		{"the first ten", many, nil, `{"Total":12,"Counts":{"OUTDATED":12},"NotCurrent":[{"Account":"111122223388","Region":"us-east-1",`, "collected  1", true},
		{"each twice", many[:1], []awssim.Fault{{Operation: awsread.ListStackInstancesForProvisionedProduct.Name, Kind: awssim.FaultDuplicate}},
			`{"Total":1,"Counts":{"OUTDATED":1},`, "collected  1", true},
		{"two statuses of one", []string{"a us-east-1 CURRENT", "a us-east-1 OUTDATED"}, nil,
			"ListStackInstancesForProvisionedProduct malformed: the stack instance of a in us-east-1 is CURRENT and OUTDATED", "optional malformed 0", false},
		{"denied", many, []awssim.Fault{{Operation: awsread.ListStackInstancesForProvisionedProduct.Name, Kind: awssim.FaultAccessDenied}}, denied,
			"optional access_denied 0 pp-1: ", false},
		{"denied on the second page", many, []awssim.Fault{{Operation: awsread.ListStackInstancesForProvisionedProduct.Name, Kind: awssim.FaultAccessDenied, After: 2}}, denied,
			"optional access_denied 0 pp-1: ", false},
		{"an entry that is null", many[:1], []awssim.Fault{{Operation: awsread.ListStackInstancesForProvisionedProduct.Name, Kind: awssim.FaultNullItem}},
			"ListStackInstancesForProvisionedProduct malformed: a stack instance has no Account", "optional malformed 0", false},
		{"pages without end", many, []awssim.Fault{{Operation: awsread.ListStackInstancesForProvisionedProduct.Name, Kind: awssim.FaultEndlessPages}},
			"ListStackInstancesForProvisionedProduct malformed: the list goes on after 300 pages", "optional malformed 0", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			sim := simulate(t, awssim.Options{Estate: oneAccount(t, stackSetProduct(c.instances...)), Faults: c.faults, PageSize: 1})
			s := collected(t, optionsFor(t, sim, plant))
			got := saidOf(t, s, "pp-1", "stack_instances")
			if !strings.HasPrefix(got, c.want) {
				t.Errorf("stack_instances: %s\nwant             %s", got, c.want)
			}
			if c.name == "the first ten" && strings.Count(got, `"Account"`) != instancesShown {
				t.Errorf("not the first ten: %s", got)
			}
			if got := rowOf(s, awsread.ListStackInstancesForProvisionedProduct); !strings.HasPrefix(got, c.row) {
				t.Errorf("row %q, want %q", got, c.row)
			}
			if asked := rowOf(s, awsread.ListRecordHistory) != ""; asked != c.records || len(gaps(s)) > 0 {
				t.Errorf("records asked: %t, want %t; gaps %v", asked, c.records, gaps(s))
			}
		})
	}
}

func TestAccountState(t *testing.T) {
	chosen := snapshot.Chosen{WholeOrganization: true, Excluded: []string{"333322221111"}}
	all := membersOf(chosen.Members([]snapshot.ManifestAccount{{ID: plant, Status: "ACTIVE"}, {ID: gone, Status: "SUSPENDED"}}))
	some := membersOf((&snapshot.Chosen{}).Members([]snapshot.ManifestAccount{{ID: plant, Status: "ACTIVE"}}))
	const tag = `[{"Key":%q,"Value":%q}]`
	for _, c := range []struct {
		name                     string
		members                  members
		physicalID, tags, record string
		want                     string
	}{
		{"active", all, plant, "", "", `{"AccountId":"111122223333","State":"ACTIVE","Source":"PhysicalId"}`},
		{"suspended", all, gone, "", "", `{"AccountId":"777788889999","State":"SUSPENDED","Source":"PhysicalId"}`},
		{"left", all, "999999999999", "", "", `{"AccountId":"999999999999","Missing":true,"Source":"PhysicalId"}`},
		{"by an ARN", all, "arn:aws:organizations::900000000009:account/o-a/777788889999", "", "", `{"AccountId":"777788889999","State":"SUSPENDED","Source":"PhysicalId"}`},
		{"by a tag", all, "stack", fmt.Sprintf(tag, "account-ID", gone), "", `{"AccountId":"777788889999","State":"SUSPENDED","Source":"Tags"}`},
		{"by a tag of a record", all, "", "", fmt.Sprintf(tag, "AccountId", gone), `{"AccountId":"777788889999","State":"SUSPENDED","Source":"RecordTags"}`},
		{"PhysicalId before tags", all, plant, fmt.Sprintf(tag, "AccountId", gone), "", `{"AccountId":"111122223333","State":"ACTIVE","Source":"PhysicalId"}`},
		{"by another tag", all, "", fmt.Sprintf(tag, "BillingAccount", gone), "", "neither PhysicalId, nor tags, nor records of the product name its account"},
		{"a tag that is no id", all, "", fmt.Sprintf(tag, "AccountId", "77778888999"), "", "neither PhysicalId, nor tags, nor records of the product name its account"},
		{"by no id", all, "", "", "", "neither PhysicalId, nor tags, nor records of the product name its account"},
		{"excluded", all, "333322221111", "", "", "account 333322221111 is left out of the run, and its state is not known"},
		{"not listed completely", some, gone, "", "", "the accounts of the organization were not all listed, so nothing is known of account 777788889999"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.record == "" {
				c.record = "[]"
			}
			p := product{physicalID: c.physicalID, tags: []byte(c.tags)}
			j := c.members.find(p.accountID([]byte(`{"RecordDetails":[{"RecordTags":` + c.record + `}]}`)))
			got := string(j.doc)
			if j.gap != nil {
				got = j.gap.Message
			}
			if got != c.want {
				t.Errorf("%s\nwant %s", got, c.want)
			}
		})
	}
}

// TestAccountStateOfARun joins it in a run of the organization, in one of some of it, and in none.
func TestAccountStateOfARun(t *testing.T) {
	whole := []snapshot.ManifestAccount{{ID: plant, Status: "ACTIVE"}, {ID: gone, Status: "SUSPENDED"}}
	for _, c := range []struct {
		name string
		set  func(*Options)
		want string
	}{
		{"the whole organization", func(o *Options) { o.Organization = organization() }, `{"AccountId":"777788889999","State":"SUSPENDED","Source":"PhysicalId"}`},
		{"a shard of it", func(o *Options) {
			o.Organization, o.Accounts, o.Listed, o.Members = organization(), []string{plant}, whole[:1], whole
		}, `{"AccountId":"777788889999","State":"SUSPENDED","Source":"PhysicalId"}`},
		{"accounts that are named", func(o *Options) { o.Organization, o.Accounts = organization(), []string{plant} },
			"ListAccounts error: the accounts of the organization were not all listed, so nothing is known of account 777788889999"},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := optionsFor(t, simulate(t, awssim.Options{}), management)
			c.set(&o)
			s := collected(t, o)
			if got := saidOf(t, s, "pp-0000000000004", "account_state"); got != c.want {
				t.Errorf("%s\nwant %s", got, c.want)
			}
			if slices.ContainsFunc(gaps(s), func(row audit.Coverage) bool { return row.Operation == awsread.ListAccounts.Name }) {
				t.Errorf("gaps %v", gaps(s))
			}
		})
	}
	if diff := cmp.Diff([]snapshot.ManifestAccount{{ID: "1", Status: "ACTIVE"}, {ID: "2"}},
		(&snapshot.Chosen{WholeOrganization: true, Excluded: []string{"2"}}).Members([]snapshot.ManifestAccount{{ID: "1", Status: "ACTIVE"}})); diff != "" {
		t.Error(diff)
	}
}
