package finance

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tenor/audit"
)

// withHistory gives an Outpost what CloudWatch says of 30 days: "c5.large 50 30", by type the most and the days.
func withHistory(r *audit.Resource, types ...string) *audit.Resource {
	var list []string
	for _, t := range types {
		var kind, most string
		var days int
		fmt.Sscan(t, &kind, &most, &days)
		maximum := ""
		if most != "-" {
			maximum = fmt.Sprintf(`,"Maximum":%s,"MaximumOn":"2026-11-08"`, most)
		}
		list = append(list, fmt.Sprintf(`{"InstanceType":%q,"Days":%d%s}`, kind, days, maximum))
	}
	r.Related["capacity_history"] = json.RawMessage(`{"Days":30,"Since":"2026-10-21","Types":[` + strings.Join(list, ",") + `]}`)
	return r
}

// historyWords are what the facts say of the past: idle, and percent; now and unknown; by type what was used of its slots at the most.
func historyWords(c *audit.Capacity) string {
	percent := "null"
	if c.IdlePercent != nil {
		percent = c.IdlePercent.String()
	}
	s := fmt.Sprintf("idle %d %s%%", c.Idle, percent)
	if c.History == nil {
		return s
	}
	s += fmt.Sprintf(" of %d, unknown %d, %d days", c.History.IdleNow, c.History.Unknown, c.History.Days)
	for _, t := range c.History.Types {
		s += fmt.Sprintf("; %s %d/%d/%s", t.InstanceType, t.Slots, t.Used, numberOr(t.Peak))
		if t.PeakPercent != nil {
			s += fmt.Sprintf(" at %s%% on %s", *t.PeakPercent, t.PeakOn)
		}
	}
	for _, f := range c.Families {
		s += fmt.Sprintf("; %s %s", f.Family, numberOr(f.Peak))
	}
	return s
}

func numberOr(n *int) string {
	if n == nil {
		return "?"
	}
	return fmt.Sprint(*n)
}

// TestCapacityHistory: nothing is idle that was used, or may have been.
func TestCapacityHistory(t *testing.T) {
	twelve := []string{host("a", slotted("c5.large 6")), host("b", slotted("c5.large 6"))}
	for _, c := range []struct {
		name      string
		hosts     []string
		instances []string
		history   []string
		want      string
	}{
		{"a quiet hour", twelve, onHost("a", "c5.large", 2), []string{"c5.large 75 30"}, "idle 3 25% of 10, unknown 0, 30 days; c5.large 12/2/9 at 75% on 2026-11-08; c5 9"},
		{"all was used once", twelve, nil, []string{"c5.large 100 30"}, "idle 0 0% of 12, unknown 0, 30 days; c5.large 12/0/12 at 100% on 2026-11-08; c5 12"},
		{"nothing was ever used", twelve, nil, []string{"c5.large 0 30"}, "idle 12 100% of 12, unknown 0, 30 days; c5.large 12/0/0 at 0% on 2026-11-08; c5 0"},
		{"a part of a slot is one", twelve, nil, []string{"c5.large 8.4 30"}, "idle 10 83.333333% of 12, unknown 0, 30 days; c5.large 12/0/2 at 8.4% on 2026-11-08; c5 2"},
		{"a third, rounded up", twelve, nil, []string{"c5.large 33.34 30"}, "idle 8 66.666667% of 12, unknown 0, 30 days; c5.large 12/0/4 at 33.34% on 2026-11-08; c5 4"},
		{"a third, rounded down", twelve, nil, []string{"c5.large 33.33 30"}, "idle 8 66.666667% of 12, unknown 0, 30 days; c5.large 12/0/4 at 33.33% on 2026-11-08; c5 4"},
		{"a double of a third", twelve, nil, []string{"c5.large 33.333333333333336 30"}, "idle 8 66.666667% of 12, unknown 0, 30 days; c5.large 12/0/4 at 33.333333% on 2026-11-08; c5 4"},
		{"less than now", twelve, onHost("a", "c5.large", 4), []string{"c5.large 25 30"}, "idle 8 66.666667% of 8, unknown 0, 30 days; c5.large 12/4/4 at 25% on 2026-11-08; c5 4"},
		{
			"a day is missing", twelve, onHost("a", "c5.large", 2), []string{"c5.large 75 29"},
			"idle 0 null% of 10, unknown 10, 30 days; c5.large 12/2/? at 75% on 2026-11-08; c5 ?",
		},
		{"CloudWatch has nothing", twelve, nil, []string{"c5.large - 0"}, "idle 0 null% of 12, unknown 12, 30 days; c5.large 12/0/?; c5 ?"},
		{"it has another type", twelve, nil, []string{"m5.large 0 30"}, "idle 0 null% of 12, unknown 12, 30 days; c5.large 12/0/?; c5 ?"},
		{
			"of what is full now nothing needs to be known", []string{host("a", slotted("c5.large 2, m5.large 4"))}, onHost("a", "c5.large", 2), []string{"m5.large 25 30"},
			"idle 3 50% of 4, unknown 0, 30 days; c5.large 2/2/?; m5.large 4/0/1 at 25% on 2026-11-08; c5 ?; m5 1",
		},
		{
			"one type of two is not known", []string{host("a", slotted("c5.large 2, c5.xlarge 4"))}, nil, []string{"c5.large 50 30", "c5.xlarge 0 20"},
			"idle 1 null% of 6, unknown 4, 30 days; c5.large 2/0/1 at 50% on 2026-11-08; c5.xlarge 4/0/? at 0% on 2026-11-08; c5 ?",
		},
		{
			"a Dedicated Host, which CloudWatch leaves out", []string{host("a", slotted("c5.large 4")), host("b", `"HostId":"h-1",`+slotted("c5.large 4, r5.large 2"))}, nil,
			[]string{"c5.large 50 30"}, "idle 2 20% of 4, unknown 0, 30 days; c5.large 4/0/2 at 50% on 2026-11-08; c5 2; r5 0",
		},
		{
			"a host that AWS services counts as used", []string{host("a", slotted("c5.large 4")), host("b", strings.Replace(slotted("c5.large 4"), "ACTIVE", "ISOLATED", 1))},
			onHost("b", "c5.large", 4), []string{"c5.large 62.5 30"}, "idle 3 37.5% of 4, unknown 0, 30 days; c5.large 8/4/5 at 62.5% on 2026-11-08; c5 5",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.instances == nil {
				c.instances = []string{}
			}
			got, _, err := capacity(withHistory(capacityResource(c.hosts, c.instances), c.history...))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, historyWords(got)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestCapacityHistoryGap: where CloudWatch was asked and could not be read, it is not known what is idle; where it was not asked, it is
// what is idle when the snapshot is taken.
func TestCapacityHistoryGap(t *testing.T) {
	hosts := []string{host("a", slotted("c5.large 4"))}
	for _, c := range []struct {
		name string
		set  func(*audit.Resource)
		want string
	}{
		{"not asked", func(*audit.Resource) {}, "idle 3 75%, gaps []"},
		{"denied", func(r *audit.Resource) {
			r.Gaps = map[string]audit.Gap{"capacity_history": {Operation: "GetMetricData", Optional: true}}
		}, "idle 0 null% of 3, unknown 3, 0 days; c5.large 4/1/?; c5 ?, gaps [capacity_history]"},
		{"no percentage", func(r *audit.Resource) { withHistory(r, "c5.large 100.5 30") }, "idle 0 null% of 3, unknown 3, 0 days; c5.large 4/1/?; c5 ?, gaps [capacity_history]"},
		{"far too many digits", func(r *audit.Resource) { withHistory(r, "c5.large 1e-999999999 30") }, "idle 0 null% of 3, unknown 3, 0 days; c5.large 4/1/?; c5 ?, gaps [capacity_history]"},
		{"damage", func(r *audit.Resource) {
			r.Related["capacity_history"] = json.RawMessage(`{"Days":"x"}`)
		}, "idle 0 null% of 3, unknown 3, 0 days; c5.large 4/1/?; c5 ?, gaps [capacity_history]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := capacityResource(hosts, onHost("a", "c5.large", 1))
			c.set(r)
			_ = newAnalyst(t).Enrich(r) // what it cannot read is a gap, too
			var f audit.OutpostFacts
			if err := json.Unmarshal(r.Facts, &f); err != nil {
				t.Fatal(err)
			}
			gaps := []string{}
			for name := range r.Gaps {
				gaps = append(gaps, name)
			}
			if diff := cmp.Diff(c.want, fmt.Sprintf("%s, gaps %v", historyWords(f.Capacity), gaps)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestHistoryOnlyTakesAway: whatever CloudWatch says, no more is idle than when the snapshot was taken; the more was used the less is idle;
// and of what is idle, unknown or used since, nothing is lost.
func TestHistoryOnlyTakesAway(t *testing.T) {
	random := rand.New(rand.NewPCG(22, 1))
	for range 300 {
		var hosts, instances []string
		for h := range 1 + random.IntN(3) {
			id := fmt.Sprint("h", h)
			attributes := slotted(fmt.Sprintf("c5.large %d, m5.large %d", 1+random.IntN(6), 1+random.IntN(6)))
			if random.IntN(4) == 0 {
				attributes = strings.Replace(attributes, "ACTIVE", "RETIRING", 1)
			}
			hosts = append(hosts, host(id, attributes))
			instances = slices.Concat(instances, onHost(id, "c5.large", random.IntN(4)), onHost(id, "m5.large", random.IntN(4)))
		}
		if instances == nil {
			instances = []string{}
		}
		of := func(most float64, days int) *audit.Capacity {
			c, _, err := capacity(withHistory(capacityResource(hosts, instances), fmt.Sprintf("c5.large %g %d", most, days), "m5.large 0 30"))
			if err != nil {
				t.Fatal(err)
			}
			return c
		}
		now, _, err := capacity(capacityResource(hosts, instances))
		if err != nil {
			t.Fatal(err)
		}
		most := random.Float64() * 100
		less, more, unknown := of(most/2, 30), of(most, 30), of(most, 29)
		if less.Idle > now.Idle || more.Idle > less.Idle || unknown.Idle > more.Idle || less.History.IdleNow != now.Idle ||
			unknown.Idle+unknown.History.Unknown > now.Idle || more.Idle < 0 {
			t.Fatalf("%v %v at %g%%: %d idle now, %d, then %d, and %d with %d unknown", hosts, instances, most, now.Idle, less.Idle, more.Idle,
				unknown.Idle, unknown.History.Unknown)
		}
	}
}
