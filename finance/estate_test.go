package finance

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tenor/audit"
)

// in returns r as it stands in another account and region.
func in(account, region string, r *audit.Resource) *audit.Resource {
	r.Account, r.Region = account, region
	r.Spec = json.RawMessage(strings.ReplaceAll(string(r.Spec), "111122223333", account))
	return r
}

func other(kind, id, account, spec string) *audit.Resource {
	return &audit.Resource{Kind: kind, ID: id, Account: account, Region: "us-east-1", Spec: json.RawMessage(spec)}
}

// company returns the resources of two accounts in every contract situation.
func company() []*audit.Resource {
	const one, two = "111122223333", "444455556666"
	prices := priced(price(oneYear, noUpfront, "0", "1000.10"), price(threeYears, allUpfront, "30000.00", "0"))
	long := func(end, monthly string) string { return sub("ORIGINAL", "ACTIVE", "2024-01-01", end, "0", monthly) }
	shared := outpost("op-shared", "", "")
	shared.Spec = json.RawMessage(`{"OwnerId":"999988887777","LifeCycleStatus":"ACTIVE"}`)
	return []*audit.Resource{
		outpost("op-due", bill("2026-12-31", long("2026-12-31T23:59:59Z", "500")), prices),
		outpost("op-decided", bill("2026-12-31", long("2026-12-31T23:59:59Z", "500"),
			sub("RENEWAL", "PENDING", "2027-01-01", "2027-12-31T23:59:59Z", "600", "50")), prices),
		outpost("op-month", bill("2026-10-31", sub("RENEWAL", "ACTIVE", "2026-11-01", "2026-11-30", "0", "900")), prices),
		outpost("op-unknown", bill("", sub("ORIGINAL", "INACTIVE", "", "", "0", "1")), prices),
		shared,
		in(two, "us-east-1", outpost("op-late", bill("2026-11-24", long("2026-11-24", "700")), `{"PricingResult":"UNABLE_TO_PRICE"}`)),
		in(two, "eu-west-1", outpost("op-far", bill("2027-06-30", long("2027-06-30T23:59:59Z", "131072.01")), prices)),
		other(audit.KindOrder, "oo-1", one, `{"Status":"PREPARING"}`), other(audit.KindOrder, "oo-2", one, `{"Status":"PREPARING"}`),
		other(audit.KindOrder, "oo-3", one, `{}`),
		other(audit.KindQuote, "oq-1", two, `{"QuoteStatus":"CREATED"}`),
		other(audit.KindQuote, "oq-3", one, `{"QuoteStatus":"CREATED","OutpostArn":"arn:aws:outposts:us-east-1:1:outpost/op-due"}`),
		other(audit.KindQuote, "oq-2", one, `{"QuoteStatus":"CREATED","OutpostArn":"arn:aws:outposts:us-east-1:1:outpost/op-due"}`),
		other(audit.KindCapacityTask, "cap-1", two, `{"CapacityTaskStatus":"FAILED"}`),
		other(audit.KindProvisionedProduct, "pp-1", two, `{"Status":"AVAILABLE"}`),
		other(audit.KindProvisionedProduct, "pp-2", two, `{"Status":"TAINTED"}`),
	}
}

// answers is all that an estate says.
type answers struct {
	Accounts     []audit.Resource
	Renewals     []audit.Renewal
	Commitments  audit.Commitments
	Deadlines    []audit.Deadline
	DecisionsDue []audit.DecisionsDue
	MonthToMonth audit.MonthToMonth
}

func ask(t testing.TB, e *Estate) answers {
	t.Helper()
	accounts := accountsOf(t, e)
	return answers{accounts, renewals(t, e), e.Commitments(), e.Deadlines(), e.DecisionsDue(), e.MonthToMonth()}
}

// accountsOf returns the accounts of an estate.
func accountsOf(t testing.TB, e *Estate) []audit.Resource {
	t.Helper()
	list := []audit.Resource{}
	for r, err := range e.Accounts() {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, *r)
	}
	return list
}

// renewals returns those that an estate has kept.
func renewals(t testing.TB, e *Estate) []audit.Renewal {
	t.Helper()
	list, err := e.Renewals()
	if err != nil {
		t.Fatal(err)
	}
	rs, err := list.First(list.Len)
	if err != nil {
		t.Fatal(err)
	}
	return rs
}

// estate returns an estate of the resources, enriched.
func estate(t testing.TB, a *Analyst, resources ...*audit.Resource) *Estate {
	t.Helper()
	e := a.NewEstate([]audit.Account{{ID: "444455556666", Name: "two"}, {ID: "111122223333", Name: "one"}})
	kept := audit.NewRenewalSorter(t.TempDir())
	t.Cleanup(func() { _ = kept.Close() })
	e.Keep(kept)
	for _, r := range resources {
		if err := e.Enrich(r); err != nil {
			t.Fatal(err)
		}
	}
	return e
}

func TestAccounts(t *testing.T) {
	type fact struct {
		ID, Name, Spec string
		Gaps           map[string]audit.Gap
		Facts          audit.AccountFacts
	}
	var got []fact
	for _, r := range ask(t, estate(t, newAnalyst(t), company()...)).Accounts {
		var f audit.AccountFacts
		if err := json.Unmarshal(r.Facts, &f); err != nil {
			t.Fatal(err)
		}
		if r.Kind != audit.KindAccount || r.Account != r.ID || r.Region != "" {
			t.Errorf("got %+v", r)
		}
		got = append(got, fact{r.ID, r.Name, string(r.Spec), r.Gaps, f})
	}
	want := []fact{
		{"111122223333", "one", `{"AccountId":"111122223333","Name":"one"}`, map[string]audit.Gap{}, audit.AccountFacts{
			Name: "one", RemainingCommitment: "1600.00", RemainingCommitmentCents: 160000, // twice 500 in December, and 12 × 50
			ContractEnds: []audit.ContractEnd{
				{Outpost: "op-decided", Name: "rack op-decided", Region: "eu-central-1", End: "2026-12-31", Days: 41, State: audit.StateRenewed},
				{Outpost: "op-due", Name: "rack op-due", Region: "eu-central-1", End: "2026-12-31", Days: 41, State: audit.StateRunning},
			},
			Counts: map[string]audit.Count{
				audit.KindOutpost: {Total: 5, ByStatus: map[string]int{"ACTIVE": 5}},
				audit.KindOrder:   {Total: 3, ByStatus: map[string]int{"PREPARING": 2}},
				audit.KindQuote:   {Total: 2, ByStatus: map[string]int{"CREATED": 2}},
			},
			OpenQuotes: [][]audit.OpenQuote{{
				{Quote: "oq-2", Outpost: "op-due", Region: "us-east-1"}, {Quote: "oq-3", Outpost: "op-due", Region: "us-east-1"},
			}},
			Causes: []audit.Cause{},
		}},
		{"444455556666", "two", `{"AccountId":"444455556666","Name":"two"}`, map[string]audit.Gap{}, audit.AccountFacts{
			Name: "two", RemainingCommitment: "917504.07", RemainingCommitmentCents: 91750407, // 7 × 131072.01
			ContractEnds: []audit.ContractEnd{
				{Outpost: "op-late", Name: "rack op-late", Region: "us-east-1", End: "2026-11-24", Days: 4, State: audit.StateRunning},
				{Outpost: "op-far", Name: "rack op-far", Region: "eu-west-1", End: "2027-06-30", Days: 222, State: audit.StateRunning},
			},
			Counts: map[string]audit.Count{
				audit.KindOutpost:            {Total: 2, ByStatus: map[string]int{"ACTIVE": 2}},
				audit.KindQuote:              {Total: 1, ByStatus: map[string]int{"CREATED": 1}},
				audit.KindCapacityTask:       {Total: 1, ByStatus: map[string]int{"FAILED": 1}},
				audit.KindProvisionedProduct: {Total: 2, ByStatus: map[string]int{"AVAILABLE": 1, "TAINTED": 1}},
			},
		}},
	}
	for i, f := range want {
		if want[i].Facts.OpenQuotes == nil {
			want[i].Facts.OpenQuotes = [][]audit.OpenQuote{}
		}
		for _, kind := range audit.CollectedKinds() { // what is not counted is none
			if _, ok := f.Facts.Counts[kind.Name]; !ok {
				f.Facts.Counts[kind.Name] = audit.Count{ByStatus: map[string]int{}}
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestUncounted: a kind whose list failed, without which the run does, has no count, and the others have theirs.
func TestUncounted(t *testing.T) {
	e := newAnalyst(t).NewEstate([]audit.Account{{ID: "1"}})
	e.Uncounted("1", "ListPortfolios")
	e.Uncounted("1", "GetRole") // which lists nothing
	accounts := accountsOf(t, e)
	var f audit.AccountFacts
	if err := json.Unmarshal(accounts[0].Facts, &f); err != nil {
		t.Fatal(err)
	}
	if _, ok := f.Counts[audit.KindPortfolio]; ok || len(f.Counts) != len(audit.CollectedKinds())-1 || len(accounts[0].Gaps) > 0 {
		t.Errorf("counts %v, gaps %v", f.Counts, accounts[0].Gaps)
	}
}

// TestOrderDoesNotMatter adds the resources in many orders and by several goroutines.
func TestOrderDoesNotMatter(t *testing.T) {
	a := newAnalyst(t)
	gaps := []audit.Gap{{Operation: "ListOutposts", Reason: audit.ReasonThrottled, Message: "z"},
		{Operation: "ListOutposts", Reason: audit.ReasonAccessDenied, Message: "b"},
		{Operation: "ListOutposts", Reason: audit.ReasonAccessDenied, Message: "a"},
		{Operation: "ListOutposts", Reason: audit.ReasonDeniedBySCP, Message: "a"}}
	resources := company()
	broken := outpost("op-broken", "", "")
	broken.Gaps["billing"] = audit.Gap{Operation: "GetOutpostBillingInformation", Reason: audit.ReasonTimeout}
	resources = append(resources, broken, outpost("op-undated", bill("", sub("ORIGINAL", "ACTIVE", "", "", "", "5")), ""))
	want := estate(t, a, resources...)
	for _, g := range gaps {
		want.Incomplete("444455556666", g)
	}
	random := rand.New(rand.NewPCG(5, 6))
	for range 50 {
		random.Shuffle(len(resources), func(i, j int) { resources[i], resources[j] = resources[j], resources[i] })
		random.Shuffle(len(gaps), func(i, j int) { gaps[i], gaps[j] = gaps[j], gaps[i] })
		got := estate(t, a)
		var g sync.WaitGroup
		for w := range 3 {
			g.Go(func() {
				for i := w; i < len(resources); i += 3 {
					if err := got.Enrich(resources[i]); err != nil {
						t.Error(err)
					}
				}
				for i := w; i < len(gaps); i += 3 {
					got.Incomplete("444455556666", gaps[i])
				}
			})
		}
		g.Wait()
		if diff := cmp.Diff(ask(t, want), ask(t, got)); diff != "" {
			t.Fatal(diff)
		}
	}
}

func TestIncomplete(t *testing.T) {
	billing := audit.Gap{Operation: "GetOutpostBillingInformation", Reason: audit.ReasonDeniedBySCP, Message: "no"}
	withGap := func(r *audit.Resource) *audit.Resource {
		r.Gaps["billing"] = billing
		return r
	}
	malformed := func(id string) *audit.Gap {
		return &audit.Gap{Operation: "GetOutpostBillingInformation", Reason: audit.ReasonMalformed,
			Message: "it is not known what is paid, and when, on subscription s-1 of " + id}
	}
	gap := func(operation string) []audit.Gap {
		return []audit.Gap{{Operation: operation, Reason: audit.ReasonAccessDenied}}
	}
	hidesQuotes := func(operation string) bool {
		return slices.Contains([]string{"", "AssumeRole", "ListQuotes"}, operation)
	}
	for _, tc := range []struct {
		name string
		r    *audit.Resource
		gaps []audit.Gap
		want *audit.Gap // of commitments
	}{
		{"nothing missing", outpost("op-1", threeYearContract, ""), nil, nil},
		{"billing", withGap(outpost("op-1", "", "")), nil, &billing},
		{"prices", func() *audit.Resource {
			r := outpost("op-1", threeYearContract, "")
			r.Gaps["renewal_pricing"] = audit.Gap{Operation: "GetRenewalPricing", Reason: audit.ReasonTimeout}
			return r
		}(), nil, nil},
		{"a subscription that cannot be scheduled", outpost("op-1", bill("2027-01-01", sub("ORIGINAL", "ACTIVE", "2026-01-01", "", "", "5")),
			""), nil, malformed("op-1")},
		{"a subscription without a price", outpost("op-1", bill("2027-01-01", sub("RENEWAL", "PENDING", "2027-01-01", "2028-01-01", "", "")),
			""), nil, malformed("op-1")},
		{"an inactive one like it", outpost("op-1", bill("2027-01-01", sub("ORIGINAL", "INACTIVE", "", "", "", "")), ""), nil, nil},
		{"the list of Outposts", outpost("op-1", threeYearContract, ""), gap("ListOutposts"), &gap("ListOutposts")[0]},
		{"the account", outpost("op-1", threeYearContract, ""), gap("AssumeRole"), &gap("AssumeRole")[0]},
		{"a scope that was not asked", outpost("op-1", threeYearContract, ""), gap(""), &gap("")[0]},
		{"orders", outpost("op-1", threeYearContract, ""), gap("ListOrders"), nil},
		{"quotes", outpost("op-1", threeYearContract, ""), gap("ListQuotes"), nil},
		{"products", outpost("op-1", threeYearContract, ""), gap("SearchProvisionedProducts"), nil},
		{"the first of several", withGap(outpost("op-1", "", "")), append(gap("ListOutposts"), gap("AssumeRole")...), &gap("AssumeRole")[0]},
	} {
		t.Run(tc.name, func(t *testing.T) {
			e := estate(t, newAnalyst(t), tc.r)
			for _, g := range tc.gaps {
				e.Incomplete("111122223333", g)
			}
			want := map[string]audit.Gap{}
			if tc.want != nil {
				want["commitments"] = *tc.want
			}
			if tc.gaps != nil { // each hides resources
				want["counts"] = slices.MinFunc(tc.gaps, func(a, b audit.Gap) int { return strings.Compare(a.Operation, b.Operation) })
			}
			if i := slices.IndexFunc(tc.gaps, func(g audit.Gap) bool { return hidesQuotes(g.Operation) }); i >= 0 {
				want["quotes"] = tc.gaps[i]
			}
			if i := slices.IndexFunc(tc.gaps, func(g audit.Gap) bool { return hides(audit.KindProvisionedProduct, g.Operation) }); i >= 0 {
				want["causes"] = tc.gaps[i]
			}
			accounts := ask(t, e).Accounts
			if diff := cmp.Diff(want, accounts[0].Gaps); diff != "" {
				t.Error(diff)
			}
			if len(accounts[1].Gaps) != 0 {
				t.Errorf("the other account has gaps %v", accounts[1].Gaps)
			}
		})
	}
}

// TestEmptyEstate: lists are empty, never nil, and accounts without anything are there.
func TestEmptyEstate(t *testing.T) {
	got := ask(t, newAnalyst(t).NewEstate(nil))
	none := audit.AccountCommitment{Remaining: "0.00", CashByMonth: []audit.Period{}, CashByFiscalYear: []audit.Period{},
		AmortisedByMonth: []audit.Period{}, AmortisedByFiscalYear: []audit.Period{}, ContractEnds: []audit.Quarter{}}
	zero := &audit.Money{Value: "0.00", Currency: "USD", Per: audit.PerOnce}
	want := answers{Accounts: []audit.Resource{},
		Commitments: audit.Commitments{Currency: "USD", Total: none, Accounts: []audit.AccountCommitment{}}, Deadlines: []audit.Deadline{},
		DecisionsDue: []audit.DecisionsDue{{WithinDays: 30, Amount: zero}, {WithinDays: 90, Amount: zero}, {WithinDays: 180, Amount: zero}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	e := estate(t, newAnalyst(t))
	if accounts := ask(t, e).Accounts; len(accounts) != 2 || accounts[0].Name != "one" {
		t.Errorf("got accounts %+v", accounts)
	}
}

// TestUnreadableIsCounted gives the estate an Outpost whose term is a number: it is one of the account's all the same.
func TestUnreadableIsCounted(t *testing.T) {
	e := newAnalyst(t).NewEstate(nil)
	if err := e.Enrich(outpost("op-1", `{"PaymentTerm":3}`, "")); err == nil {
		t.Fatal("it was read")
	}
	accounts := ask(t, e).Accounts
	if len(accounts) != 1 {
		t.Fatalf("got %d accounts", len(accounts))
	}
	var f audit.AccountFacts
	if err := json.Unmarshal(accounts[0].Facts, &f); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(audit.Count{Total: 1, ByStatus: map[string]int{"ACTIVE": 1}}, f.Counts[audit.KindOutpost]); diff != "" {
		t.Error(diff)
	}
}

// TestUnreadableHidesContracts: of an Outpost that cannot be read nobody knows what it commits to; of a quote there was nothing to know.
func TestUnreadableHidesContracts(t *testing.T) {
	quote := &audit.Resource{Kind: audit.KindQuote, ID: "oq-1", Account: "111122223333", Spec: json.RawMessage(`{"QuoteOptions":`)}
	rack := outpost("op-1", threeYearContract, "")
	rack.Spec = json.RawMessage(`{"OwnerId":`)
	for r, hides := range map[*audit.Resource]bool{rack: true, quote: false} {
		e := newAnalyst(t).NewEstate(nil)
		if err := e.Enrich(r); err == nil {
			t.Fatalf("%s was read", r.Kind)
		}
		_, hidden := ask(t, e).Accounts[0].Gaps["commitments"]
		if total := e.Commitments().Total; hidden != hides || total.Incomplete != hides || (total.NotIncluded == 1) != hides {
			t.Errorf("%s: %t, %+v", r.Kind, hidden, total)
		}
	}
}

// TestAddCounts adds what two estates have counted, kind by kind and status by status; what an estate keeps more of is counted when it
// is enriched.
func TestAddCounts(t *testing.T) {
	e := newAnalyst(t).NewEstate(nil)
	if err := e.Enrich(productWith(`{"Status":"TAINTED"}`, "", false)); err != nil {
		t.Fatal(err)
	}
	const newer = "service_catalog.newer"
	for range 2 {
		e.AddCounts("", map[string]audit.Count{
			audit.KindProvisionedProduct: {Total: 5, ByStatus: map[string]int{"TAINTED": 2, "AVAILABLE": 1}},
			newer:                        {Total: 1, ByStatus: map[string]int{"NEW": 1}},
			audit.KindOutpost:            {Total: 7}, audit.KindQuote: {Total: 8}, audit.KindOrder: {Total: 9},
		})
	}
	var f audit.AccountFacts
	if err := json.Unmarshal(ask(t, e).Accounts[0].Facts, &f); err != nil {
		t.Fatal(err)
	}
	for kind, want := range map[string]audit.Count{
		audit.KindProvisionedProduct: {Total: 11, ByStatus: map[string]int{"TAINTED": 5, "AVAILABLE": 2}},
		newer:                        {Total: 2, ByStatus: map[string]int{"NEW": 2}},
		audit.KindOutpost:            {ByStatus: map[string]int{}}, audit.KindQuote: {ByStatus: map[string]int{}},
		audit.KindOrder: {Total: 18, ByStatus: map[string]int{}},
	} {
		if d := cmp.Diff(want, f.Counts[kind]); d != "" {
			t.Errorf("%s: %s", kind, d)
		}
	}
}

// TestSharedCommitsNothing: what an Outpost of another account costs is that account's, whether its billing was read or not; one without a
// contract hides none.
func TestSharedCommitsNothing(t *testing.T) {
	shared := func(r *audit.Resource) *audit.Resource {
		r.Spec = json.RawMessage(`{"OwnerId":"444455556666"}`)
		return r
	}
	denied := outpost("op-1", "", "")
	denied.Gaps["billing"] = audit.Gap{Operation: "GetOutpostBillingInformation", Reason: audit.ReasonAccessDenied}
	for name, r := range map[string]*audit.Resource{"billing": shared(outpost("op-1", threeYearContract, nineOptions)),
		"a gap": shared(denied), "its own, without a contract": outpost("op-1", "", "")} {
		e := newAnalyst(t).NewEstate(nil)
		if err := e.Enrich(r); err != nil {
			t.Fatal(err)
		}
		total, accounts := e.Commitments().Total, ask(t, e).Accounts
		if total.Outposts != 0 || total.Incomplete || len(total.CashByMonth) != 0 || len(accounts[0].Gaps) != 0 || len(e.Deadlines()) != 0 {
			t.Errorf("%s: %+v, gaps %v", name, total, accounts[0].Gaps)
		}
	}
}
