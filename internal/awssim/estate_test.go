package awssim

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestLoadEstateErrors(t *testing.T) {
	scope := func(s string) string {
		return "{\"accounts\": [{\"id\": \"111122223333\"}],\n \"regions\": [\"eu-central-1\"],\n \"scopes\": [{\"accounts\": " +
			"[\"111122223333\"], \"regions\": [\"eu-central-1\"],\n" + s + "}]}"
	}
	for _, tc := range []struct{ name, file, want string }{
		{"empty", "", "line 1: the file is cut off"},
		{"cut off", "{\n\"accounts\": [", "line 2: the file is cut off"},
		{"no JSON", "{\n\n\"accounts\": nope}", "line 3: invalid character 'o' in literal null (expecting 'u')"},
		{"two values", "{}\n{}", "line 2: something follows the end of the value"},
		{"not an object", "[]", "line 1: the estate is an object"},
		{"unknown key", "{\n \"regions\": [],\n \"acounts\": []}",
			`line 3: unknown key "acounts" in the estate, which has accounts, bill, organization, regions, role, scopes`},
		{"a key twice", "{\n\"regions\": [],\n\"regions\": []}", `line 3: the key "regions" stands twice`},
		{"no list", `{"regions": "eu-central-1"}`, "line 1: regions is a list"},
		{"no string", `{"regions": [1]}`, "line 1: a string was expected"},
		{"no flag", `{"accounts": [{"no_role": "yes"}]}`, "line 1: true or false was expected"},
		{"account id", `{"accounts": [{"id": "1111"}]}`, `line 1: the account id "1111" is not twelve digits`},
		{"an account twice", "{\"accounts\": [{\"id\": \"111122223333\"},\n{\"id\": \"111122223333\"}]}",
			"line 2: the account 111122223333 stands twice"},
		{"no management account", `{"organization": {"id": "o-1", "management_account": "111122223333"}}`,
			`line 1: the management account "111122223333" is not among the accounts`},
		{"unknown account", "{\n\"scopes\": [{\"accounts\": [\"111122223333\"]}]}",
			`line 2: the account "111122223333" is not among the accounts`},
		{"unknown region", strings.Replace(scope(`"sites": []`), "eu-central-1", "us-east-2", 1),
			`line 3: the region "eu-central-1" is not among the regions`},
		{"unknown key in a scope", scope(`"outpost": []`), `line 4: unknown key "outpost" in a scope, which has accounts, asset_instances, ` +
			`assets, capacity_history, capacity_tasks, orders, outposts, portfolios, products, provisioned_products, quotes, regions, sites`},
		{"unknown key in an Outpost", scope(`"outposts": [{"outposts": {}}]`),
			`line 4: unknown key "outposts" in an Outpost, which has billing, outpost, renewal_pricing`},
		{"no OutpostId", scope(`"outposts": [{"outpost": {"OwnerId": "111122223333"}}]`), "line 4: an Outpost needs its OutpostId and OwnerId"},
		{"a wrong type", scope(`"outposts": [{"outpost": {"OutpostId": 1}}]`),
			"line 4: an Outpost: json: cannot unmarshal number into Go struct field .OutpostId of type string"},
		{"no Outpost", scope(`"outposts": [{"billing": {}}]`), "line 4: an Outpost has no outpost"},
		{"no view", scope(`"products": [{"artifacts": []}]`), "line 4: a product has no product"},
		{"billing", scope(`"outposts": [{"outpost": {"OutpostId": "op-1", "OwnerId": "1"}, "billing": []}]`),
			"line 4: billing of op-1: not an object: []"},
		{"no OrderId", scope(`"orders": [{}]`), "line 4: an order needs its OrderId"},
		{"no QuoteId", scope(`"quotes": [{}]`), "line 4: a quote needs its QuoteId"},
		{"no CapacityTaskId", scope(`"capacity_tasks": [{"OutpostId": "op-1"}]`),
			"line 4: a capacity task needs its CapacityTaskId and OutpostId"},
		{"no ProductId", scope(`"products": [{"product": {}, "artifacts": []}]`), "line 4: a product needs its ProductViewSummary.ProductId"},
		{"no product", scope(`"provisioned_products": [{"records": []}]`), "line 4: a provisioned product has no product"},
		{"no Id", scope(`"provisioned_products": [{"product": {}}]`), "line 4: a provisioned product needs its Id"},
		{"no RecordId", scope(`"provisioned_products": [{"product": {"Id": "pp"}, "records": [{}]}]`), "line 4: a record needs its RecordId"},
		{"repeat", scope("\"orders\": [\n{\"repeat\": 0, \"each\": {}}]"), "line 5: repeat is a whole number from 1 to 10000000"},
		{"too many to hold", scope(`"orders": [{"repeat": 100001, "each": {"OrderId": "oo-${hex}"}}]`),
			"line 4: repeat is at most 100000 for what is no provisioned product"},
		{"repeat without each", scope(`"orders": [{"repeat": 2}]`), "line 4: a repetition without each"},
		{"vary without values", scope(`"orders": [{"repeat": 2, "vary": {"x": []}, "each": {}}]`), "line 4: vary.x has no values"},
		{"vary that is no object", scope(`"orders": [{"repeat": 2, "vary": [], "each": {}}]`), "line 4: vary is an object"},
		{"i without repeat", scope(`"orders": [{"OrderId": "oo-${i}"}]`), `line 4: "oo-${i}": ${i} is unknown here`},
		{"unknown name", scope(`"orders": [{"repeat": 2, "each": {"OrderId": "oo-${x}"}}]`), `line 4: "oo-${x}": ${x} is unknown here`},
		{"an object in a text", scope(`"orders": [{"repeat": 2, "vary": {"x": [{}]}, "each": {"OrderId": "oo-${x}"}}]`),
			`line 4: "oo-${x}": ${x} is not text and cannot stand inside a string`},
		{"an id that is not found again", scope(`"provisioned_products": [{"repeat": 2, "each": {"product": {"Id": "pp-${id}"}, "records": ` +
			`[{"RecordId": "rec-${i}"}]}}]`), `line 4: the RecordId "rec-0" of a repetition is not found again: it must be "rec-${id}" or ` +
			`"rec-${id:1}"`},
		{"label of an id", scope(`"orders": [{"OrderId": "oo-${id:16}"}]`), `line 4: "oo-${id:16}": the label of ${id} is a number below 16`},
		{"offset", scope(`"orders": [{"OrderId": "now+9999999d"}]`), `line 4: "now+9999999d": the offset "+9999999d" is above a million`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := LoadEstate(strings.NewReader(tc.file), now)
			if got := fmt.Sprint(err); got != "load estate: "+tc.want {
				t.Errorf("got  %s\nwant load estate: %s", got, tc.want)
			}
		})
	}
}

func TestTemplate(t *testing.T) {
	env := environment{now: now.Add(250 * time.Millisecond), account: plant, region: "eu-central-1", group: 3}
	repeated := env
	repeated.repeated = true
	repeated.vary = map[string][]template{"team": {{{text: []byte(`"a\"b"`)}}, {{text: []byte(`"c"`)}}},
		"n": {{{text: []byte("131072.010")}}}, "tags": {{{text: []byte(`[{"Key":"x"}]`)}}}}
	for _, tc := range []struct {
		env   *environment
		value string
		i     int
		want  string
	}{
		{&env, `"now"`, 0, "1787045400.25"},
		{&env, `"now-30d"`, 0, "1784453400.25"},
		{&env, `"now+36h-5m+2s"`, 0, "1787174702.25"},
		{&env, `"now+80d|2006-01-02T15:04:05Z"`, 0, `"2026-11-06T09:30:00Z"`},
		{&env, `"now+80d|01/02/2006"`, 0, `"11/06/2026"`},
		{&env, `"nowhere"`, 0, `"nowhere"`},
		{&env, `"know-1d"`, 0, `"know-1d"`},
		{&env, `{"b": 99999999.99, "a": [1E+3, true, null, "<é\n>"]}`, 0, `{"b":99999999.99,"a":[1E+3,true,null,"<é\n>"]}`},
		{&env, `"${account}/${region}"`, 0, `"111122223333/eu-central-1"`},
		{&env, `"$ {account}"`, 0, `"$ {account}"`},
		{&repeated, `"${i} ${team} ${n}"`, 2, `"2 a\"b 131072.010"`},
		{&repeated, `"${team}"`, 3, `"c"`},
		{&repeated, `{"Price": "${n}", "Tags": "${tags}"}`, 7, `{"Price":131072.010,"Tags":[{"Key":"x"}]}`},
	} {
		n, err := parseTree(strings.NewReader(tc.value))
		if err != nil {
			t.Fatal(err)
		}
		c, err := compile(n, tc.env)
		if err != nil {
			t.Errorf("%s: %v", tc.value, err)
			continue
		}
		diff(t, tc.value, tc.want, string(c.render(nil, tc.i)))
	}
}

func TestIDs(t *testing.T) {
	type place struct{ group, slot, i int }
	for _, seed := range []uint64{0, fingerprint(plant, "eu-central-1"), 1<<64 - 1} {
		seen := map[string]place{}
		for _, p := range []place{{0, 0, 0}, {0, 0, 1}, {0, 1, 0}, {1, 0, 0}, {1<<12 - 1, idSlots - 1, 1<<48 - 1}, {7, 3, 999_999}} {
			id := string(appendID(nil, seed, p.group, p.slot, p.i))
			if other, ok := seen[id]; ok {
				t.Errorf("%v and %v are both %s", p, other, id)
			}
			seen[id] = p
			var got place
			var ok bool
			if got.group, got.slot, got.i, ok = parseID(id, seed); !ok || got != p {
				t.Errorf("%s is %v, want %v", id, got, p)
			}
			if len(id) != 13 {
				t.Errorf("%s has %d characters", id, len(id))
			}
		}
	}
	for _, bad := range []string{"", "short", "aaaaaaaaaaaa1", "aaaaaaaaaaaaaaaaaaaaa"} {
		if _, _, _, ok := parseID(bad, 0); ok {
			t.Errorf("%q is an id", bad)
		}
	}
}

// TestMillion holds a million products, finds the records of some, and must not hold the products.
func TestMillion(t *testing.T) {
	const estate = `{"accounts": [{"id": "111122223333"}], "scopes": [{"accounts": ["111122223333"], "regions": ["eu-central-1"],
	 "outposts": [{"repeat": 5, "each": {"outpost": {"OutpostId": "op-${hex:rack}", "OwnerId": "${account}"}}}],
	 "orders": [{"repeat": 5, "each": {"OrderId": "oo-${hex}", "OutpostId": "op-${hex:rack}"}}],
	 "provisioned_products": [
	  {"product": {"Id": "pp-first", "LastRecordId": "rec-first"}, "records": [{"RecordId": "rec-first"}]},
	  {"repeat": 1000000, "vary": {"status": ["AVAILABLE", "AVAILABLE", "TAINTED"]}, "each": {
	   "product": {"Id": "pp-${id}", "Name": "n${i}", "Status": "${status}", "LastRecordId": "rec-${id:2}"},
	   "records": [{"RecordId": "rec-${id:2}", "ProvisionedProductName": "n${i}"}]}}]}]}`
	c := client{t: t, server: start(t, Options{Estate: load(t, estate)}), key: AccessKey(plant), region: "eu-central-1"}
	outposts := c.pages("outposts", "", "/outposts", "Outposts", "OutpostId")
	diff(t, "the Outposts of the orders", outposts, c.pages("outposts", "", "/list-orders", "Orders", "OutpostId"))
	s := c.server.options.Estate.scope(plant, "eu-central-1")
	diff(t, "products", 1_000_001, s.productCount())
	for _, n := range []int{0, 1, 2, 500_000, 1_000_000} {
		var p struct{ Id, Name, Status, LastRecordId string }
		unmarshal(t, s.appendProduct(nil, n), &p)
		if n > 0 {
			diff(t, "product", []string{fmt.Sprint("n", n-1), []string{"AVAILABLE", "AVAILABLE", "TAINTED"}[(n-1)%3]}, []string{p.Name, p.Status})
		}
		var body struct {
			RecordDetail struct{ RecordId, ProvisionedProductName string }
		}
		c.post("servicecatalog", "DescribeRecord", fmt.Sprintf(`{"Id":%q}`, p.LastRecordId)).decode(t, &body)
		diff(t, "record", []string{p.LastRecordId, p.Name}, []string{body.RecordDetail.RecordId, body.RecordDetail.ProvisionedProductName})
	}
}

// TestDemoEstate counts the demo, whose every document TestResponsesMatchSchemas looks at.
func TestDemoEstate(t *testing.T) {
	for _, at := range []time.Time{now, time.Date(2027, 12, 31, 23, 59, 0, 0, time.UTC)} {
		e, err := DemoEstate(at)
		if err != nil {
			t.Fatal(err)
		}
		type counts struct{ Accounts, Suspended, Regions, Outposts, Shared, Orders, Quotes, Tasks, Products int }
		got := counts{Accounts: len(e.Accounts), Regions: len(e.Regions)}
		ids := map[string]bool{}
		unique := func(id string) {
			if ids[id] {
				t.Errorf("%s stands twice", id)
			}
			ids[id] = true
		}
		statuses := map[string]bool{}
		for _, a := range e.Accounts {
			if a.State == "SUSPENDED" {
				got.Suspended++
			}
			for _, r := range e.Regions {
				s := e.scope(a.ID, r)
				for _, o := range s.outposts {
					if o.owner != a.ID {
						got.Shared++
						continue
					}
					unique(o.id)
					got.Outposts++
				}
				for _, o := range s.documents["orders"] {
					unique(o.id)
					var v struct{ Status string }
					unmarshal(t, o.body, &v)
					statuses[v.Status] = true
				}
				for _, q := range s.documents["quotes"] {
					unique(q.id)
				}
				for _, k := range s.documents["capacity_tasks"] {
					unique(k.id)
				}
				got.Orders, got.Quotes = got.Orders+len(s.documents["orders"]), got.Quotes+len(s.documents["quotes"])
				got.Tasks, got.Products = got.Tasks+len(s.documents["capacity_tasks"]), got.Products+s.productCount()
				for n := range s.productCount() {
					var p struct {
						Id, LastRecordId string
						CreatedTime      json.Number
					}
					unmarshal(t, s.appendProduct(nil, n), &p)
					unique(p.Id)
					if s.record(a.ID, r, p.LastRecordId) == nil {
						t.Errorf("%s has no record %s", p.Id, p.LastRecordId)
					}
				}
			}
		}
		diff(t, "counts", counts{Accounts: 5, Suspended: 1, Regions: 3, Outposts: 22, Shared: 1, Orders: 41, Quotes: 10, Tasks: 10,
			Products: 216}, got)
		diff(t, "order statuses", []string{"CANCELLED", "COMPLETED", "DELIVERED", "ERROR", "FULFILLED", "INSTALLING", "IN_PROGRESS", "PENDING",
			"PREPARING", "PROCESSING", "RECEIVED"}, slices.Sorted(maps.Keys(statuses)))
	}
}

func FuzzLoadEstate(f *testing.F) {
	f.Add(small)
	f.Add(`{"scopes": [{"orders": [{"repeat": 2, "each": {"OrderId": "${i}now+1d"}}]}]}`)
	f.Fuzz(func(t *testing.T, file string) {
		if e, err := LoadEstate(strings.NewReader(file), now); (e == nil) == (err == nil) {
			t.Errorf("%v, %v", e, err)
		}
	})
}

// TestDemoLeavesNothingOpen: a name that is no placeholder stands for itself, so a misspelt label would make one id of many.
func TestDemoLeavesNothingOpen(t *testing.T) {
	for _, r := range crawl(t, demoServer(t)) {
		if strings.Contains(string(r.body), "${") {
			t.Errorf("%s %s: %.200s", r.service, r.operation, r.body[strings.Index(string(r.body), "${"):])
		}
	}
}
