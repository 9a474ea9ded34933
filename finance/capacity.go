package finance

import (
	"cmp"
	"fmt"
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
// is listed twice.
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
	families := map[string]*audit.FamilyCapacity{}
	var gap *audit.Gap
	for i := range assets.Assets {
		a := &assets.Assets[i]
		if a.AssetType != "" && a.AssetType != assetCompute || a.Attributes == nil && a.AssetType == "" {
			continue // switches, power shelves, storage
		}
		c.Hosts++
		slots := a.slots()
		full := true // none of its slots is idle
		switch state := a.Attributes; {
		case state != nil && state.State != assetActive:
			c.NotInUse++
		case state != nil && state.HostID != "":
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
			family, _, _ := strings.Cut(kind, ".")
			f := families[family]
			if f == nil {
				f = &audit.FamilyCapacity{Family: family}
				families[family] = f
			}
			taken := min(used[a.ID][kind], n)
			f.Slots += n
			f.Used += taken
			if !full {
				f.Idle += n - taken
			}
		}
	}
	c.Families = []audit.FamilyCapacity{}
	for _, f := range families {
		c.Families = append(c.Families, *f)
		c.Slots, c.Used, c.Idle = c.Slots+f.Slots, c.Used+f.Used, c.Idle+f.Idle
	}
	slices.SortFunc(c.Families, func(a, b audit.FamilyCapacity) int { return strings.Compare(a.Family, b.Family) })
	if c.Slots > 0 && c.Unknown == 0 {
		c.IdlePercent = percent(decimal.NewFromInt(int64(c.Idle)).Shift(2).DivRound(decimal.NewFromInt(int64(c.Slots)), solvePlaces))
	}
	return c, gap, nil
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
