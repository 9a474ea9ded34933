package finance

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tenor/audit"
)

// host is an asset of ListAssets.
func host(id, attributes string) string {
	return fmt.Sprintf(`{"AssetId":%q,"AssetType":"COMPUTE","ComputeAttributes":{%s}}`, id, attributes)
}

// slotted are the attributes of a host in service, of "c5.large 4, m5.large 2".
func slotted(types string) string {
	var list []string
	for _, t := range strings.Split(types, ", ") {
		var kind string
		var n int
		fmt.Sscan(t, &kind, &n)
		list = append(list, fmt.Sprintf(`{"InstanceType":%q,"Count":%d}`, kind, n))
	}
	return `"State":"ACTIVE","InstanceTypeCapacities":[` + strings.Join(list, ",") + `]`
}

// onHost are instances on a host.
func onHost(hostID, kind string, n int) []string {
	var list []string
	for i := range n {
		list = append(list, fmt.Sprintf(`{"InstanceId":"i-%s-%s-%d","InstanceType":%q,"AssetId":%q,"AccountId":"111122223333"}`, hostID, kind, i, kind, hostID))
	}
	return list
}

// capacityResource is an Outpost with hosts and instances. Of nil instances the list was not read.
func capacityResource(hosts, instances []string) *audit.Resource {
	r := &audit.Resource{Kind: audit.KindOutpost, ID: "op-1", Account: "111122223333", Spec: json.RawMessage(`{"OwnerId":"111122223333"}`),
		Related: map[string]json.RawMessage{"assets": json.RawMessage(`{"Assets":[` + strings.Join(hosts, ",") + `]}`)}}
	if instances != nil {
		r.Related["asset_instances"] = json.RawMessage(`{"AssetInstances":[` + strings.Join(instances, ",") + `]}`)
	}
	return r
}

// TestCapacity counts slots: nothing is idle that may not be.
func TestCapacity(t *testing.T) {
	for _, c := range []struct {
		name      string
		hosts     []string
		instances []string
		want      string // slots/used/idle, percent, then the hosts that are not counted as idle, then families
	}{
		{"nothing", nil, []string{}, "0 hosts: 0/0/0"},
		{"idle", []string{host("a", slotted("c5.large 4, m5.large 2"))}, onHost("a", "c5.large", 3), "1 hosts: 6/3/3 50%: c5 4/3/1, m5 2/0/2"},
		{"full", []string{host("a", slotted("c5.large 2"))}, onHost("a", "c5.large", 2), "1 hosts: 2/2/0 0%: c5 2/2/0"},
		{"a third", []string{host("a", slotted("c5.large 3"))}, onHost("a", "c5.large", 2), "1 hosts: 3/2/1 33.333333%: c5 3/2/1"},
		{"two sizes of a family", []string{host("a", slotted("c5.large 2, c5.xlarge 2"))}, onHost("a", "c5.large", 2), "1 hosts: 4/2/2 50%: c5 4/2/2"},
		{
			"on the other host", []string{host("a", slotted("c5.large 2")), host("b", slotted("c5.large 2"))},
			onHost("b", "c5.large", 2), "2 hosts: 4/2/2 50%: c5 4/2/2",
		},
		{
			"more than its slots, which the other host's cannot be taken for",
			[]string{host("a", slotted("c5.large 2")), host("b", slotted("c5.large 2"))},
			onHost("b", "c5.large", 3), "2 hosts: 4/2/2 50% 1 unmatched: c5 4/2/2",
		},
		{
			"an instance of another type takes the host", []string{host("a", slotted("c5.large 4"))}, onHost("a", "c5.4xlarge", 1),
			"1 hosts: 4/0/0 0% 1 unmatched: c5 4/0/0",
		},
		{
			"a host that comes twice with different content", []string{host("a", slotted("c5.large 4")), host("a", slotted("c5.large 8"))}, []string{},
			"2 hosts: 12/0/0 0% 2 unmatched: c5 12/0/0",
		},
		{"installing", []string{host("a", `"State":"INSTALLING"`)}, []string{}, "1 hosts: 0/0/0 1 not in use"},
		{
			"retiring and isolated, with slots", []string{
				host("a", strings.Replace(slotted("c5.large 4"), "ACTIVE", "RETIRING", 1)), host("b", strings.Replace(slotted("c5.large 4"), "ACTIVE", "ISOLATED", 1)),
			}, onHost("a", "c5.large", 1), "2 hosts: 8/1/0 0% 2 not in use: c5 8/1/0",
		},
		{
			"a state newer than this program", []string{host("a", strings.Replace(slotted("c5.large 4"), "ACTIVE", "DREAMING", 1))}, []string{},
			"1 hosts: 4/0/0 0% 1 not in use: c5 4/0/0",
		},
		{"a Dedicated Host", []string{host("a", `"HostId":"h-1",`+slotted("c5.large 4"))}, []string{}, "1 hosts: 4/0/0 0% 1 dedicated: c5 4/0/0"},
		{"a Dedicated Host without slots", []string{host("a", `"HostId":"h-1","State":"ACTIVE"`)}, []string{}, "1 hosts: 0/0/0 1 dedicated"},
		{
			"a host in service that names no slots", []string{host("a", slotted("c5.large 4")), host("b", `"State":"ACTIVE"`)}, []string{},
			"2 hosts: 4/0/4 1 unknown: c5 4/0/4; gap: the host b names no slots",
		},
		{"a host of which nothing is said", []string{`{"AssetId":"a","AssetType":"COMPUTE"}`}, []string{}, "1 hosts: 0/0/0 1 unknown; gap: the host a names no slots"},
		{"what is no host", []string{`{"AssetId":"a","AssetType":"SWITCH"}`, `{"AssetId":"b","AssetType":"STORAGE"}`}, []string{}, "0 hosts: 0/0/0"},
		{"what does not say what it is", []string{`{"AssetId":"a"}`, `{"AssetId":"b","ComputeAttributes":{` + slotted("c5.large 1") + `}}`},
			[]string{}, "1 hosts: 1/0/1 100%: c5 1/0/1"},
		{"slots of no number and of no type", []string{host("a", slotted("c5.large 0")),
			host("b", `"State":"ACTIVE","InstanceTypeCapacities":[{"Count":2}]`)},
			[]string{}, "2 hosts: 0/0/0 2 unknown; gap: the host a names no slots"},
		{"instances not read", []string{host("a", slotted("c5.large 4"))}, nil, "nil"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, gap, err := capacity(capacityResource(c.hosts, c.instances))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, capacityWords(got, gap)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestCapacityCountsAccounts: each that runs an instance counts once, and one that is not named does not.
func TestCapacityCountsAccounts(t *testing.T) {
	of := func(account string) string {
		return `{"AssetId":"a","InstanceType":"c5.large","AccountId":"` + account + `"}`
	}
	for want, instances := range [][]string{{of("")}, {of("1"), of("1"), of("")}, {of("1"), of("2"), of("1")}} {
		got, _, err := capacity(capacityResource([]string{host("a", slotted("c5.large 4"))}, instances))
		if err != nil || got.Accounts != want || got.Instances != len(instances) {
			t.Errorf("%v: %+v, %v; want %d accounts", instances, got, err, want)
		}
	}
}

func capacityWords(c *audit.Capacity, gap *audit.Gap) string {
	if c == nil {
		return "nil"
	}
	s := fmt.Sprintf("%d hosts: %d/%d/%d", c.Hosts, c.Slots, c.Used, c.Idle)
	if c.IdlePercent != nil {
		s += " " + c.IdlePercent.String() + "%"
	}
	for _, n := range []struct {
		n    int
		what string
	}{{c.NotInUse, "not in use"}, {c.Dedicated, "dedicated"}, {c.Unknown, "unknown"}, {c.Unmatched, "unmatched"}} {
		if n.n > 0 {
			s += fmt.Sprintf(" %d %s", n.n, n.what)
		}
	}
	for i, f := range c.Families {
		s += map[bool]string{true: ": ", false: ", "}[i == 0] + fmt.Sprintf("%s %d/%d/%d", f.Family, f.Slots, f.Used, f.Idle)
	}
	if gap != nil {
		s += "; gap: " + gap.Message
	}
	return s
}

// TestIdleMonthly holds the share of the price to the cent, and to nothing where the share is not known.
func TestIdleMonthly(t *testing.T) {
	percentOf := json.Number("0")
	for _, c := range []struct {
		price       string
		idle, slots int
		unknown     bool
		want        string
	}{
		{"1000.00", 3, 10, false, "300.00"},
		{"100.00", 1, 3, false, "33.3333333333"},
		{"0.01", 2, 3, false, "0.0066666667"},
		{"1000.00", 0, 10, false, "0.00"},
		{"99999999999.99", 7, 7, false, "99999999999.99"},
		{"1000.00", 3, 10, true, "unknown"},
	} {
		price, err := readAmount(c.price)
		if err != nil {
			t.Fatal(err)
		}
		month := fraction{new(big.Int), big.NewInt(1)}
		month.add(price, 1)
		of := &audit.Capacity{Slots: c.slots, Idle: c.idle, IdlePercent: &percentOf}
		if c.unknown {
			of.IdlePercent = nil
		}
		got := "unknown"
		if share, known := idleMonthly(month, of); known {
			got = share.round(10).String()
		}
		if got != c.want || month.round(10).String() != price.round(10).String() {
			t.Errorf("%d of %d slots at %s: %s, want %s; a month is %s then", c.idle, c.slots, c.price, got, c.want, month.round(10))
		}
	}
	if _, known := idleMonthly(fraction{new(big.Int), big.NewInt(1)}, nil); known {
		t.Error("an Outpost whose capacity was not read has an idle share")
	}
}

// TestCapacityOfAnOutpost holds where the facts have it: with or without a contract, not for an Outpost of another account, and not
// of a list that is a gap.
func TestCapacityOfAnOutpost(t *testing.T) {
	hosts, instances := []string{host("a", slotted("c5.large 4"))}, onHost("a", "c5.large", 3)
	billing := json.RawMessage(`{"Subscriptions":[{"SubscriptionId":"1","SubscriptionType":"ORIGINAL","SubscriptionStatus":"ACTIVE",` +
		`"BeginDate":"2026-01-01T00:00:00Z","EndDate":"2026-12-31T00:00:00Z","MonthlyRecurringPrice":1000.02,"UpfrontPrice":0}]}`)
	for _, c := range []struct {
		name string
		set  func(*audit.Resource)
		want string // capacity, idle_monthly, gaps
	}{
		{"with a contract", func(*audit.Resource) {}, "1 hosts: 4/3/1 25%: c5 4/3/1, 250.005, []"},
		{"without one", func(r *audit.Resource) { delete(r.Related, "billing") }, "1 hosts: 4/3/1 25%: c5 4/3/1, , []"},
		{"shared", func(r *audit.Resource) { r.Spec = json.RawMessage(`{"OwnerId":"444455556666"}`) }, "nil, , []"},
		{
			"half a list", func(r *audit.Resource) { r.Gaps = map[string]audit.Gap{"assets": {Operation: "ListAssets"}} },
			"nil, , [assets]",
		},
		{
			"damage", func(r *audit.Resource) {
				r.Related["assets"] = json.RawMessage(`{"Assets":[{"AssetId":"a","ComputeAttributes":{"InstanceTypeCapacities":[{"Count":"x"}]}}]}`)
			}, "nil, , [assets]",
		},
		{
			"a host without slots", func(r *audit.Resource) {
				r.Related["assets"] = json.RawMessage(`{"Assets":[` + host("b", `"State":"ACTIVE"`) + `,` + hosts[0] + `]}`)
			}, "2 hosts: 4/3/1 1 unknown: c5 4/3/1, , [slots]",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := capacityResource(hosts, instances)
			r.Related["billing"] = billing
			c.set(r)
			_ = newAnalyst(t).Enrich(r) // what it cannot read is a gap, too
			var f audit.OutpostFacts
			if err := json.Unmarshal(r.Facts, &f); err != nil {
				t.Fatal(err)
			}
			got := fmt.Sprintf("%s, %s, %v", capacityWords(f.Capacity, nil), f.IdleMonthly, slices.Sorted(maps.Keys(r.Gaps)))
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
