package finance

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/shopspring/decimal"

	"tenor/audit"
)

// usedHistory is what finance reads of related.capacity_history.
type usedHistory struct {
	Days  int
	Since string
	Types []struct {
		InstanceType string
		Days         int
		Maximum      json.Number
		MaximumOn    string
	}
}

// readHistory takes off what is idle when the snapshot is taken what was used before, by the most that CloudWatch has of each instance
// type. It returns nil, and takes nothing off, where CloudWatch was not asked; where it cannot be told, nothing of the type is idle.
func readHistory(r *audit.Resource, types map[string]*typeCapacity) (*audit.CapacityHistory, error) {
	_, gap := r.Gaps[sectionHistoryUsed]
	read, err := decode[*usedHistory](section(r, sectionHistoryUsed), "related.capacity_history")
	if err != nil || read == nil && !gap {
		return nil, err
	}
	h := &audit.CapacityHistory{Types: []audit.TypeHistory{}}
	if read == nil {
		read = &usedHistory{}
	}
	h.Days, h.Since = read.Days, audit.Optional(read.Since)
	for _, kind := range slices.Sorted(maps.Keys(types)) {
		t := types[kind]
		h.IdleNow += t.idle
		if t.shared == 0 {
			zero := t.used // of Dedicated Hosts, which are full
			t.peak = &zero
			continue
		}
		of := audit.TypeHistory{InstanceType: kind, Slots: t.shared, Used: t.sharedUsed}
		for i := range read.Types {
			if m := &read.Types[i]; m.InstanceType == kind && m.Maximum != "" {
				most, err := percentage(m.Maximum)
				if err != nil {
					return nil, &UnreadableError{Path: fmt.Sprintf("related.capacity_history.Types[%d].Maximum", i), Err: err}
				}
				of.PeakPercent, of.PeakOn = percent(most), audit.Optional(m.MaximumOn)
				if m.Days >= read.Days {
					peak := max(slotsOf(most, t.shared), t.sharedUsed)
					of.Peak, t.peak = &peak, &peak
				}
			}
		}
		if of.Peak != nil {
			t.idle = max(0, t.idle-(*of.Peak-t.sharedUsed))
		} else {
			h.Unknown += t.idle
			t.idle = 0
		}
		of.Idle = t.idle
		h.Types = append(h.Types, of)
	}
	return h, nil
}

// percentage reads a number from 0 to 100.
func percentage(n json.Number) (decimal.Decimal, error) {
	d, err := decimal.NewFromString(n.String())
	if err != nil || d.Exponent() < -spendDecimals || d.Exponent() > wholeDigits || d.IsNegative() || d.GreaterThan(decimal.New(1, 2)) {
		return d, fmt.Errorf("want a percentage, and %.40s came", n)
	}
	return d, nil
}

// rounding is how much of a percentage may be rounding, a hundredth; no slot of an Outpost is as small a part of it.
var rounding = decimal.New(1, -2)

// slotsOf returns how many of some slots a percentage of them is: all that it may be.
func slotsOf(most decimal.Decimal, slots int) int {
	n := most.Sub(rounding).Mul(decimal.NewFromInt(int64(slots))).Shift(-2).Ceil().IntPart()
	return min(max(int(n), 0), slots)
}
