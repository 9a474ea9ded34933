package finance

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tenor/audit"
)

// failed returns a product whose launch failed so many days ago, with one error.
func failed(account, id, status, text string, ago int) *audit.Resource {
	at := time.Date(2026, 11, 20, 3, 0, 0, 0, time.UTC).AddDate(0, 0, -ago).Format(time.RFC3339)
	r := productWith(`{"Status":"`+status+`","ProductId":"prod-1","ProductName":"Web","ProvisioningArtifactId":"pa-1","ProvisioningArtifactName":"v1"}`,
		`{"RecordId":"rec-`+id+`","Status":"FAILED","RecordType":"PROVISION_PRODUCT","CreatedTime":"`+at+`","RecordErrors":[{"Code":"E","Description":`+fmt.Sprintf("%q", text)+`}]}`, false)
	r.Account, r.ID = account, id
	return r
}

// crowd returns products that fail, run and cannot be read at random, with more causes, versions and owners than are kept of some.
func crowd(rnd *rand.Rand, n int) []*audit.Resource {
	var list []*audit.Resource
	for i := range n {
		account := fmt.Sprintf("%012d", rnd.IntN(2*maxDistinct))
		r := failed(account, fmt.Sprintf("pp-%05d", i), []string{"TAINTED", "ERROR", "AVAILABLE"}[rnd.IntN(3)],
			fmt.Sprintf("cause %c%c%c", 'a'+rnd.IntN(26), 'a'+rnd.IntN(26), 'a'+rnd.IntN(4)), rnd.IntN(400))
		switch rnd.IntN(6) {
		case 0:
			r.Tags = map[string]string{audit.OwnerTag: fmt.Sprintf("team %d", rnd.IntN(300))}
		case 1:
			r.Related["artifact"] = json.RawMessage(`{"Id":"pa-1","Active":true,"Guidance":"DEPRECATED"}`)
		case 2:
			r.Gaps = map[string]audit.Gap{"records": {Operation: "ListRecordHistory", Reason: audit.ReasonThrottled, Message: r.ID}}
		case 3:
			r.Spec = json.RawMessage(`{"Status":5,`)
		}
		list = append(list, r)
	}
	return list
}

// said is what an estate says of its products, as JSON.
func said(t *testing.T, e *Estate) string {
	t.Helper()
	accounts := accountsOf(t, e)
	b, err := json.Marshal(struct {
		Products *audit.Products
		Home     audit.Resource
	}{e.Products(), accounts[0]})
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestProductsInAnyOrderAndCut adds products in several orders, and cut into estates that are merged in any order, and wants the same.
func TestProductsInAnyOrderAndCut(t *testing.T) {
	for seed := range uint64(3) {
		rnd := rand.New(rand.NewPCG(20, seed))
		list := crowd(rnd, 2500)
		var want string
		for round := range 4 {
			e := newAnalyst(t).NewEstate(nil)
			parts := []*Estate{e}
			for range round {
				parts = append(parts, newAnalyst(t).NewEstate(nil))
			}
			rnd.Shuffle(len(list), func(i, k int) { list[i], list[k] = list[k], list[i] })
			for _, r := range list {
				own := *r
				own.Gaps = map[string]audit.Gap{}
				for k, v := range r.Gaps {
					own.Gaps[k] = v
				}
				part := parts[rnd.IntN(len(parts))]
				_ = part.Enrich(&own) // what cannot be read is counted all the same
				e.account(r.Account)
			}
			for _, part := range parts[1:] {
				b, err := part.ProductGroups()
				if err == nil {
					err = e.AddProductGroups(b)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			for _, acc := range e.accounts { // counts are merged by AddCounts
				acc.kinds = nil
			}
			got := said(t, e)
			if round == 0 {
				want = got
				continue
			}
			if got != want {
				t.Fatalf("seed %d, %d parts:\n%s", seed, len(parts), cmp.Diff(want, got))
			}
		}
		if p := productsIn(t, want); p.Unlisted.Causes == 0 || p.Unexplained == 0 || !slices.ContainsFunc(p.Causes, func(c audit.ProductCause) bool { return c.AtLeast || c.Products > 1 }) {
			t.Fatalf("seed %d shows nothing: %+v", seed, p.Unlisted)
		}
	}
}

func productsIn(t *testing.T, s string) *audit.Products {
	t.Helper()
	var v struct{ Products *audit.Products }
	if err := json.Unmarshal([]byte(s), &v); err != nil {
		t.Fatal(err)
	}
	return v.Products
}

// TestCostOfCauses holds what the products of a cause cost, of one estate and of shards that did not know it.
func TestCostOfCauses(t *testing.T) {
	billed := func(r *audit.Resource, final, periods string) *audit.Resource {
		r.Related["charges"] = json.RawMessage(`{"final":[` + final + `],"costs":[{"arn":"a","currency":"USD","periods":{` + periods + `}}]}`)
		return r
	}
	list := func() []*audit.Resource {
		untold := failed("111122223333", "pp-3", "AVAILABLE", "no room", 1)
		untold.Gaps["charges"] = audit.Gap{Operation: audit.OperationExport, Reason: audit.ReasonError, Message: "tag_inactive"}
		return []*audit.Resource{
			billed(failed("111122223333", "pp-1", "TAINTED", "no room", 1), `"2026-09","2026-10"`, `"2026-09":"500.00","2026-10":"10.10"`),
			billed(failed("444455556666", "pp-2", "ERROR", "no room", 1), `"2026-10"`, `"2026-10":"20.25"`), untold,
			billed(failed("111122223333", "pp-4", "TAINTED", "nothing is final", 1), ``, `"2026-11":"7.00"`),
			billed(failed("111122223333", "pp-5", "TAINTED", "costs nothing", 1), `"2026-10"`, ``),
		}
	}
	costs := func(e *Estate) map[string]string {
		of := map[string]string{}
		for _, c := range e.Products().Causes {
			of[c.Cause.Cause] = fmt.Sprintf("%q, %d of %d unknown", string(c.CostPerMonth), c.CostUnknown, c.Products)
		}
		return of
	}
	bill := func(string) (audit.AccountCharges, *audit.Gap) { return audit.AccountCharges{}, nil }
	half := func(list []*audit.Resource) *Estate {
		e := newAnalyst(t).NewEstate(nil)
		e.Charge(bill)
		for _, r := range list {
			if err := e.Enrich(r); err != nil {
				t.Fatal(err)
			}
		}
		return e
	}
	halves, other := half(list()[:1]), half(list()[1:])
	if b, err := other.ProductGroups(); err != nil || halves.AddProductGroups(b) != nil {
		t.Fatal(err)
	}
	whole, merged, shard, unbilled := newAnalyst(t).NewEstate(nil), newAnalyst(t).NewEstate(nil), newAnalyst(t).NewEstate(nil), newAnalyst(t).NewEstate(nil)
	whole.Charge(bill)
	merged.Charge(bill)
	for _, of := range []*Estate{whole, unbilled, shard} {
		for _, r := range list() {
			if of != whole {
				delete(r.Related, "charges")
				delete(r.Gaps, "charges")
			}
			if err := of.Enrich(r); err != nil {
				t.Fatal(err)
			}
		}
	}
	groups, err := shard.ProductGroups()
	if err == nil {
		err = merged.AddProductGroups(groups)
	}
	for _, r := range list() {
		if err == nil {
			err = merged.AddCost(r)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := merged.AddCost(outpost("op-1", threeYearContract, "")); err != nil { // it costs what its facts say
		t.Fatal(err)
	}
	want := map[string]string{"E: no room": `"30.35", 1 of 3 unknown`, "E: nothing is final": `"", 1 of 1 unknown`, "E: costs nothing": `"0.00", 0 of 1 unknown`}
	for name, e := range map[string]*Estate{"one estate": whole, "shards": merged, "two estates with a bill each": halves} {
		if d := cmp.Diff(want, costs(e)); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
	for cause, said := range costs(unbilled) {
		if said[:5] != `"", 0` {
			t.Errorf("without a bill, %s: %s", cause, said)
		}
	}
}

// TestProductsAddUp holds each number of some products against what a person counts.
func TestProductsAddUp(t *testing.T) {
	withArtifact := func(r *audit.Resource, artifact string) *audit.Resource {
		r.Related["artifact"] = json.RawMessage(artifact)
		return r
	}
	owned := func(r *audit.Resource, tag, launched string) *audit.Resource {
		r.Tags = map[string]string{audit.OwnerTag: tag}
		if launched != "" {
			r.Spec = json.RawMessage(strings.Replace(string(r.Spec), "{", fmt.Sprintf(`{"UserArn":%q,`, launched), 1))
		}
		return r
	}
	renamed := func(r *audit.Resource, product, version string) *audit.Resource {
		r.Spec = json.RawMessage(strings.NewReplacer(`"Web"`, product, `"v1"`, version).Replace(string(r.Spec)))
		return r
	}
	const gone, role = "AROAABCDEFGHIJKLMNOP:ann", "arn:aws:sts::1:assumed-role/Launch/ann"
	newest := `{"Id":"pa-1","Active":true,"CreatedTime":"2025-01-01T00:00:00Z","NewestActive":{"Id":"pa-9","Name":"v9",` +
		`"CreatedTime":"2026-01-01T00:00:00Z","Guidance":"DEFAULT"}}`
	unread := failed("1", "pp-8", "AVAILABLE", "x", 1)
	unread.Related = map[string]json.RawMessage{}
	unread.Gaps["records"] = audit.Gap{Operation: "ListRecordHistory", Reason: audit.ReasonThrottled}
	sound := productWith(`{"Status":"AVAILABLE","ProductId":"prod-1","ProvisioningArtifactId":"pa-1"}`, "", false)
	sound.Account, sound.ID = "2", "pp-9"
	stateless := productWith(`{"ProductId":"prod-2"}`, "", false)
	stateless.Account, stateless.ID = "2", "pp-0"
	list := []*audit.Resource{
		owned(withArtifact(failed("1", "pp-2", "TAINTED", "no room", 3), newest), " ops ", role),
		owned(renamed(withArtifact(failed("1", "pp-1", "ERROR", "no room", 1), newest), `"Web 2"`, `"v1 new"`), "ops", ""),
		owned(renamed(withArtifact(failed("2", "pp-3", "AVAILABLE", "no room", 400), newest), `""`, `""`), "", role),
		owned(withArtifact(failed("2", "pp-4", "TAINTED", "denied", 0), `{"Id":"pa-1","Active":true,"Guidance":"DEPRECATED"}`), "", gone),
		owned(withArtifact(sound, `{"Id":"pa-1","Active":true}`), "ops", ""), stateless, unread,
	}
	oldest := audit.ProductRef{ID: "pp-2", Name: "web", Account: "1", Since: "2026-11-17T03:00:00Z"}
	want := &audit.Products{Total: 7, Broken: 3, Unexplained: 1, Oldest: &oldest, Repairs: []audit.Repair{},
		Causes: []audit.ProductCause{
			{Cause: audit.Cause{Cause: "E: no room", Text: "E: no room", Products: 3, Broken: 2, Accounts: 2, Owners: 2,
				Oldest: "2025-10-16T03:00:00Z", // though that one is not broken
				Days:   []audit.FailureDay{{Day: "2026-11-19", Ago: 1, Products: 1}, {Day: "2026-11-17", Ago: 3, Products: 1}},
				Examples: []audit.ProductRef{{ID: "pp-1", Name: "web", Account: "1", Since: "2026-11-19T03:00:00Z"}, oldest,
					{ID: "pp-3", Name: "web", Account: "2", Since: "2025-10-16T03:00:00Z"}}}},
			{Cause: audit.Cause{Cause: "E: denied", Text: "E: denied", Products: 1, Broken: 1, Accounts: 1, Oldest: "2026-11-20T03:00:00Z",
				Days:     []audit.FailureDay{{Day: "2026-11-20", Products: 1}},
				Examples: []audit.ProductRef{{ID: "pp-4", Name: "web", Account: "2", Since: "2026-11-20T03:00:00Z"}}}},
		},
		Versions: []audit.ProductVersion{
			{ProductID: "prod-2", Products: 1, Accounts: 1},
			{ProductID: "prod-1", Product: "Web", VersionID: "pa-1", Version: "v1", Products: 1, Accounts: 1},
			{ProductID: "prod-1", Product: "Web", VersionID: "pa-1", Version: "v1", State: audit.VersionDeprecated, Products: 1,
				Broken: 1, Accounts: 1},
			{ProductID: "prod-1", Product: "Web 2", VersionID: "pa-1", Version: "v1 new", State: audit.VersionCurrent, Products: 4,
				Broken: 2, Accounts: 2, Newest: "v9"}, // as the first product that has names calls them
		},
		Owners: []audit.ProductOwner{{Owner: "ops", By: audit.OwnerByTag, Products: 3, OK: 1, Broken: 2},
			{By: audit.OwnerNobody, Products: 3, Broken: 1, Unknown: 2}, {Owner: role, By: audit.OwnerByLaunch, Products: 1, Behind: 1}},
	}
	for cut := range list { // into two estates that are merged
		e, other := newAnalyst(t).NewEstate(nil), newAnalyst(t).NewEstate(nil)
		for i, r := range list {
			of := map[bool]*Estate{false: e, true: other}[i < cut]
			if err := of.Enrich(r); err != nil {
				t.Fatal(err)
			}
		}
		groups, err := other.ProductGroups()
		if err == nil {
			err = e.AddProductGroups(groups)
		}
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, e.Products()); d != "" {
			t.Errorf("cut at %d: %s", cut, d)
		}
	}
}

// TestOlder: of two broken products that is older of which it is known that it broke earlier; of two that broke at once, the first by
// account, region and id.
func TestOlder(t *testing.T) {
	ref := func(account, since string) *audit.ProductRef {
		return &audit.ProductRef{Account: account, Since: audit.Optional(since)}
	}
	const early, late = "2026-11-19T23:59:59.9Z", "2026-11-20T00:00:00Z"
	for _, tc := range []struct{ first, second *audit.ProductRef }{ // first is the older one
		{ref("1", early), nil}, {ref("1", early), ref("2", late)}, {ref("2", early), ref("1", late)}, {ref("1", early), ref("2", early)},
		{ref("1", late), ref("2", "")}, {ref("2", late), ref("1", "")},
		{ref("1", "2026-11-20T00:00:00.25Z"), ref("2", "2026-11-20T00:00:00.5Z")},
	} {
		if a, b := older(tc.first, tc.second), older(tc.second, tc.first); a != tc.first || b != tc.first {
			t.Errorf("%+v and %+v: %+v, the other way round %+v", tc.first, tc.second, a, b)
		}
	}
	if got := older(nil, ref("1", "")); got != nil {
		t.Errorf("nothing is known, and %+v is old", got)
	}
}

func TestEarlier(t *testing.T) {
	for _, tc := range []struct{ a, b, want audit.Optional }{
		{"", "", ""}, {"2026-11-20T00:00:00Z", "", "2026-11-20T00:00:00Z"},
		{"2026-11-20T00:00:00Z", "2026-11-19T00:00:00Z", "2026-11-19T00:00:00Z"},
		{"2026-11-20T00:00:00.5Z", "2026-11-20T00:00:00Z", "2026-11-20T00:00:00Z"}, // which as texts stand the other way round
	} {
		if x, y := earlier(tc.a, tc.b), earlier(tc.b, tc.a); x != tc.want || y != tc.want {
			t.Errorf("%q and %q: %q and %q, want %q", tc.a, tc.b, x, y, tc.want)
		}
	}
	for _, tc := range [][2]audit.Optional{{"soon", "2026-11-20T00:00:00Z"}, {"2026-11-20T00:00:00Z", "soon"}} { // what came first stays
		if got := earlier(tc[0], tc[1]); got != tc[0] {
			t.Errorf("%q and %q: %q", tc[0], tc[1], got)
		}
	}
}

func TestKept(t *testing.T) {
	for _, tc := range []struct {
		s    string
		n    int
		want string
	}{{"abc", 3, "abc"}, {"abcd", 3, "abc"}, {"aé", 2, "a"}, {"aéb", 3, "aé"}, {"é", 1, ""},
		{"a\xffb", 5, "a\ufffdb"}, {"\xbf\xbf", 1, ""}} {
		if got := kept(tc.s, tc.n); got != tc.want {
			t.Errorf("%d bytes of %q: %q, want %q", tc.n, tc.s, got, tc.want)
		}
	}
}

// TestFailureDays: a failure counts on its day for a year, and on as_of's where AWS says that it is ahead; so many examples are kept.
func TestFailureDays(t *testing.T) {
	e := newAnalyst(t).NewEstate(nil)
	for i, ago := range []int{365, 366, -1, 0, 2, 2} {
		if err := e.Enrich(failed("1", fmt.Sprint("pp-", i), "TAINTED", "x", ago)); err != nil {
			t.Fatal(err)
		}
	}
	c := e.Products().Causes[0]
	want := []audit.FailureDay{{Day: "2026-11-20", Products: 2}, {Day: "2026-11-18", Ago: 2, Products: 2},
		{Day: "2025-11-20", Ago: 365, Products: 1}}
	if d := cmp.Diff(want, c.Days); d != "" || len(c.Examples) != min(6, audit.MaxExamples) {
		t.Errorf("%d examples, days: %s", len(c.Examples), d)
	}
}

// TestGroupsKeepTheSame: which keys are kept, and that there were more, does not rest on the order in which they come, nor on where they
// were counted first.
func TestGroupsKeepTheSame(t *testing.T) {
	const limit = 3
	var keys []string
	for i := range 12 {
		keys = append(keys, fmt.Sprint("key ", i))
	}
	smallest := slices.SortedFunc(slices.Values(keys), func(a, b string) int { return hashOf(a).compare(hashOf(b)) })[:limit]
	slices.Sort(smallest)
	rnd := rand.New(rand.NewPCG(3, 5))
	for range 200 {
		rnd.Shuffle(len(keys), func(i, k int) { keys[i], keys[k] = keys[k], keys[i] })
		var a, b groups[int]
		cut := rnd.IntN(len(keys) + 1)
		for i, key := range keys {
			to := &a
			if i < cut {
				to = &b
			}
			if n := to.at(key, limit); n != nil {
				*n++
			}
		}
		a.merge(&b, limit, func(to, from *int) { *to += *from })
		kept := slices.Sorted(maps.Keys(a.Of))
		if !slices.Equal(kept, smallest) || !a.Full {
			t.Fatalf("%v cut at %d keep %v, full %t; want %v", keys, cut, kept, a.Full, smallest)
		}
		for key, n := range a.Of {
			if *n != 1 {
				t.Fatalf("%s counts %d", key, *n)
			}
		}
	}
}

// TestCausesAreNotAll: where it is not known why a product failed, or there are more causes than are kept, the causes of the estate are a
// gap of the account on which they stand.
func TestCausesAreNotAll(t *testing.T) {
	unread := func(id, account string, gap audit.Gap) *audit.Resource {
		r := productWith(`{"Status":"TAINTED"}`, "", false)
		r.ID, r.Account, r.Gaps["records"] = id, account, gap
		return r
	}
	throttled := audit.Gap{Operation: "ListRecordHistory", Reason: audit.ReasonThrottled, Message: "slow down"}
	denied := audit.Gap{Operation: "ListRecordHistory", Reason: audit.ReasonAccessDenied, Message: "no"}
	many := []*audit.Resource{failed("1", "pp-x", "TAINTED", "word", 1)}
	for i := range maxCauses {
		cause := []rune{'a' + rune(i/676), 'a' + rune(i/26%26), 'a' + rune(i%26)}
		many = append(many, failed("1", fmt.Sprint("pp-", i), "TAINTED", string(cause), 1))
	}
	for _, tc := range []struct {
		name string
		of   []*audit.Resource
		want *audit.Gap
	}{
		{"all are known", many[:maxCauses], nil},
		{"one is not", []*audit.Resource{unread("pp-1", "1", throttled)}, &audit.Gap{Operation: "ListRecordHistory",
			Reason: audit.ReasonThrottled, Message: "1 product of which a request may have failed: why is not known; of one: slow down"}},
		{"two are not", []*audit.Resource{unread("pp-1", "1", throttled), unread("pp-2", "2", denied)}, &audit.Gap{
			Operation: "ListRecordHistory", Reason: audit.ReasonAccessDenied,
			Message: "2 products of which a request may have failed: why is not known; of one: no"}},
		{"more than are kept", many, &audit.Gap{Operation: "ListRecordHistory", Reason: audit.ReasonError,
			Message: fmt.Sprintf("there are more than %d causes", maxCauses)}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			e := newAnalyst(t).NewEstate(nil)
			for _, r := range tc.of {
				if err := e.Enrich(r); err != nil {
					t.Fatal(err)
				}
			}
			e.Home("1")
			gap, is := ask(t, e).Accounts[0].Gaps["causes"]
			if is != (tc.want != nil) || is && gap != *tc.want {
				t.Errorf("%t, %+v", is, gap)
			}
		})
	}
}

// TestProductsOfWhichNobodySaysWhy: a request failed whose record has no error. They are counted, also by the estate that takes the numbers
// of another, and no gap: every record was read.
func TestProductsOfWhichNobodySaysWhy(t *testing.T) {
	part, whole := newAnalyst(t).NewEstate(nil), newAnalyst(t).NewEstate([]audit.Account{{ID: "111122223333"}})
	if err := part.Enrich(failed("111122223333", "pp-1", "TAINTED", "no room", 3)); err != nil {
		t.Fatal(err)
	}
	silent := failed("111122223333", "pp-2", "TAINTED", "", 3)
	silent.Related["records"] = json.RawMessage(strings.Replace(string(silent.Related["records"]), `"RecordErrors":[{"Code":"E","Description":""}]`,
		`"RecordErrors":[]`, 1))
	if err := part.Enrich(silent); err != nil {
		t.Fatal(err)
	}
	groups, err := part.ProductGroups()
	if err != nil {
		t.Fatal(err)
	}
	if err := whole.AddProductGroups(groups); err != nil {
		t.Fatal(err)
	}
	for name, e := range map[string]*Estate{"the whole": part, "merged": whole} {
		p := e.Products()
		if p.Broken != 2 || p.Unexplained != 1 || len(p.Causes) != 1 {
			t.Errorf("%s: %d broken, %d of which it is not known why, %d causes", name, p.Broken, p.Unexplained, len(p.Causes))
		}
		if gaps := accountsOf(t, e)[0].Gaps; len(gaps) > 0 {
			t.Errorf("%s: gaps %v", name, gaps)
		}
	}
}
