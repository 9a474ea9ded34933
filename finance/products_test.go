package finance

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
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
	accounts, err := e.Accounts()
	if err != nil {
		t.Fatal(err)
	}
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
	want := map[string]string{"E: no room": `"30.35", 1 of 3 unknown`, "E: nothing is final": `"", 1 of 1 unknown`, "E: costs nothing": `"0.00", 0 of 1 unknown`}
	for name, e := range map[string]*Estate{"one estate": whole, "shards": merged} {
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
