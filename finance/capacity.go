package finance

import (
	"cmp"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"tenor/audit"
)

// asset is what finance reads of ListAssets.
type asset struct {
	ID         string `json:"AssetId"`
	AssetType  string
	Attributes *struct {
		HostID     string `json:"HostId"`
		State      string
		Capacities []struct {
			InstanceType string
			Count        int
		} `json:"InstanceTypeCapacities"`
	} `json:"ComputeAttributes"`
}

// assetInstance is what finance reads of ListAssetInstances.
type assetInstance struct {
	ID           string `json:"InstanceId"`
	InstanceType string
	AssetID      string `json:"AssetId"`
	AccountID    string `json:"AccountId"`
}

const (
	assetCompute = "COMPUTE"
	assetActive  = "ACTIVE"
)

// capacity returns what the hosts of an Outpost hold and what runs on them, nil where one of the two was not read; and why it is
// not known how much, where a host in service does not say.
//
// Nothing is idle that may not be: not the slots of a host that AWS installs, retires or services, those of a Dedicated Host, which an
// account has as a whole, nor those of a host that runs more of a type than it has slots of, as while it is being reconfigured, or that
// is listed twice. Where CloudWatch was asked, nothing is idle that was used in its days, or may have been.
func capacity(r *audit.Resource) (*audit.Capacity, *audit.Gap, error) {
	assets, err := decode[*struct{ Assets []asset }](section(r, sectionAssets), "related.assets")
	if err != nil {
		return nil, nil, err
	}
	running, err := decode[*struct{ AssetInstances []assetInstance }](section(r, sectionInstances), "related.asset_instances")
	if err != nil || assets == nil || running == nil {
		return nil, nil, err
	}
	used, accounts := map[string]map[string]int{}, map[string]bool{} // asset → instance type → instances
	for _, i := range running.AssetInstances {
		if used[i.AssetID] == nil {
			used[i.AssetID] = map[string]int{}
		}
		used[i.AssetID][i.InstanceType]++
		if i.AccountID != "" {
			accounts[i.AccountID] = true
		}
	}
	c := &audit.Capacity{Accounts: len(accounts), Instances: len(running.AssetInstances)}
	times := map[string]int{} // that an asset comes in the list, each with another content
	for i := range assets.Assets {
		times[assets.Assets[i].ID]++
	}
	types := map[string]*typeCapacity{}
	var gap *audit.Gap
	for i := range assets.Assets {
		a := &assets.Assets[i]
		if a.AssetType != "" && a.AssetType != assetCompute || a.Attributes == nil && a.AssetType == "" {
			continue // switches, power shelves, storage
		}
		c.Hosts++
		slots := a.slots()
		full := true // none of its slots is idle
		dedicated := a.Attributes != nil && a.Attributes.HostID != ""
		switch state := a.Attributes; {
		case state != nil && state.State != assetActive:
			c.NotInUse++
		case dedicated:
			c.Dedicated++
		case len(slots) == 0:
			c.Unknown++
			gap = cmp.Or(gap, &audit.Gap{Operation: audit.KindOf(r.Kind).Operation(sectionAssets), Reason: audit.ReasonMalformed,
				Message: fmt.Sprintf("the host %s names no slots", a.ID)})
		case exceeds(used[a.ID], slots) || times[a.ID] > 1:
			c.Unmatched++
		default:
			full = false
		}
		for kind, n := range slots {
			t := types[kind]
			if t == nil {
				t = &typeCapacity{}
				types[kind] = t
			}
			taken := min(used[a.ID][kind], n)
			t.slots, t.used = t.slots+n, t.used+taken
			if !dedicated {
				t.shared, t.sharedUsed = t.shared+n, t.sharedUsed+taken
			}
			if !full {
				t.idle += n - taken
			}
		}
	}
	if c.History, err = readHistory(r, types); err != nil {
		return nil, nil, err
	}
	addUp(c, types)
	if c.Slots > 0 && c.Unknown == 0 && (c.History == nil || c.History.Unknown == 0) {
		c.IdlePercent = percent(decimal.NewFromInt(int64(c.Idle)).Shift(2).DivRound(decimal.NewFromInt(int64(c.Slots)), solvePlaces))
	}
	return c, gap, nil
}

// typeCapacity is the part of one instance type.
type typeCapacity struct {
	slots, used        int
	shared, sharedUsed int // of them those of hosts that are no Dedicated Host, which CloudWatch counts
	idle               int
	peak               *int // nil: it is not known
}

// addUp returns the sums over all instance types.
func addUp(c *audit.Capacity, types map[string]*typeCapacity) {
	c.Families = []audit.FamilyCapacity{}
	for _, kind := range slices.Sorted(maps.Keys(types)) {
		t := types[kind]
		family, _, _ := strings.Cut(kind, ".")
		i := slices.IndexFunc(c.Families, func(f audit.FamilyCapacity) bool { return f.Family == family })
		if i < 0 {
			i = len(c.Families)
			c.Families = append(c.Families, audit.FamilyCapacity{Family: family, Peak: new(int)})
		}
		f := &c.Families[i]
		f.Slots, f.Used, f.Idle = f.Slots+t.slots, f.Used+t.used, f.Idle+t.idle
		if f.Peak != nil && t.peak != nil {
			*f.Peak += *t.peak
		} else {
			f.Peak = nil
		}
		c.Slots, c.Used, c.Idle = c.Slots+t.slots, c.Used+t.used, c.Idle+t.idle
	}
	slices.SortFunc(c.Families, func(a, b audit.FamilyCapacity) int { return strings.Compare(a.Family, b.Family) })
}

// slots are how many instances of each type a host is configured for; empty where it does not say.
func (a *asset) slots() map[string]int {
	slots := map[string]int{}
	if a.Attributes != nil {
		for _, s := range a.Attributes.Capacities {
			if s.Count > 0 && s.InstanceType != "" {
				slots[s.InstanceType] += s.Count
			}
		}
	}
	return slots
}

// exceeds reports whether more instances of a type run than there are slots of it.
func exceeds(used, slots map[string]int) bool {
	for kind, n := range used {
		if n > slots[kind] {
			return true
		}
	}
	return false
}

// idleMonthly returns the share of a month's price that is paid for idle slots, exactly; it is false where the share is not known.
func idleMonthly(month fraction, c *audit.Capacity) (fraction, bool) {
	if c == nil || c.IdlePercent == nil {
		return fraction{}, false
	}
	num, den := big.NewInt(int64(c.Idle)), big.NewInt(int64(c.Slots))
	return fraction{num.Mul(num, month.num), den.Mul(den, month.den)}, true
}
