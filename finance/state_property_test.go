package finance

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tenor/audit"
)

var (
	states    = flag.Int("states", 4000, "the random billing documents of TestStateProperties")
	stateSeed = flag.Uint64("states.seed", 45, "their seed")
)

// randomSub is a subscription of a random billing document; its dates are as they stand in JSON.
type randomSub struct{ id, kind, status, begin, end, monthly string }

func (s randomSub) json() string {
	return fmt.Sprintf(`{"SubscriptionId":%q,"SubscriptionType":%q,"SubscriptionStatus":%q,"BeginDate":%s,"EndDate":%s,`+
		`"MonthlyRecurringPrice":%s,"Currency":"USD"}`,
		s.id, s.kind, s.status, s.begin, s.end, s.monthly)
}

// randomBill is a random billing document.
type randomBill struct {
	end  string
	subs []randomSub
}

func (b randomBill) read(t *testing.T) *contract {
	t.Helper()
	list := make([]string, len(b.subs))
	for i, s := range b.subs {
		list[i] = s.json()
	}
	c, err := readContract([]byte(`{"ContractEndDate":`+b.end+`,"Subscriptions":[`+strings.Join(list, ",")+`]}`), "billing")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// with returns b with one more subscription, somewhere in its list.
func (b randomBill) with(r *rand.Rand, s randomSub) randomBill {
	s.id = "more"
	return randomBill{b.end, slices.Insert(slices.Clone(b.subs), r.IntN(len(b.subs)+1), s)}
}

const unreadable = `"soon"`

// pick returns one of a list.
func pick[T any](r *rand.Rand, list ...T) T { return list[r.IntN(len(list))] }

// near returns the date some days from today, as one of the ways in which it can be written; of ten one is none.
func near(r *rand.Rand, today time.Time, days int) string {
	d := today.AddDate(0, 0, days)
	switch r.IntN(10) {
	case 0:
		return pick(r, unreadable, "null", `""`, "1e3", `"2026-13-01"`)
	case 1:
		return `"` + d.Format("01/02/2006") + `"`
	case 2:
		return fmt.Sprint(d.Add(time.Duration(r.IntN(86400)) * time.Second).Unix())
	case 3:
		return d.Format(`"2006-01-02"`)
	default:
		return `"` + d.Format("2006-01-02T") + pick(r, "00:00:00Z", "23:59:59Z", "23:00:00-08:00", "01:00:00+09:00", "12:00:00Z") + `"`
	}
}

// someDays returns a number of days, often on a boundary.
func someDays(r *rand.Rand) int {
	if r.IntN(3) == 0 {
		return r.IntN(2400) - 1200
	}
	return pick(r, 0, 0, 1, -1, 29, 30, 44, 45, 46, 90, 91, -30, -44, -45, -46, 365, -365)
}

func someSub(r *rand.Rand, today time.Time, id string) randomSub {
	begin := someDays(r)
	length := pick(r, 0, 1, 29, 30, 44, 45, 46, 364, 1095, someDays(r))
	return randomSub{id, pick(r, "ORIGINAL", "RENEWAL", "RENEWAL", "RENEWAL", "CAPACITY_INCREASE", "UPGRADE", ""),
		pick(r, "ACTIVE", "ACTIVE", "ACTIVE", "PENDING", "PENDING", "INACTIVE", "CANCELLED", "PAUSED"), near(r, today, begin),
		near(r, today, begin+length),
		pick(r, "0", "100.01", "8000")}
}

func someBill(r *rand.Rand, today time.Time) randomBill {
	b := randomBill{near(r, today, someDays(r)), nil}
	for i := range r.IntN(6) {
		b.subs = append(b.subs, someSub(r, today, fmt.Sprintf("s-%d", i%5)))
	}
	return b
}

// ahead returns the first of ContractEndDate and the ends of the ACTIVE terms that is today or later; zero when none is.
func (c *contract) ahead(today time.Time) (first time.Time, term bool) {
	take := func(end time.Time) {
		if !end.Before(today) && (first.IsZero() || end.Before(first)) {
			first = end
		}
	}
	take(c.endDate)
	for _, s := range c.subscriptions {
		if s.active() && s.term() {
			take(s.end)
			term = term || !s.end.Before(today)
		}
	}
	return first, term
}

// TestStateProperties: what holds of the state of any billing document.
func TestStateProperties(t *testing.T) {
	random := rand.New(rand.NewPCG(*stateSeed, 46))
	today, tomorrow := newAnalyst(t), newAnalyst(t, func(c *config) { c.AsOf = c.AsOf.AddDate(0, 0, 1) })
	seen := map[string]int{}
	for i := 0; i < *states && !t.Failed(); i++ {
		b := someBill(random, today.today)
		st := today.state(b.read(t), "ACTIVE")
		seen[st.name]++
		oneState(t, today, b, st)
		orderDoesNotMatter(t, random, today, b, st)
		deadlineStays(t, random, today, b, st)
		if later := tomorrow.state(b.read(t), "ACTIVE"); st.name == audit.StateMonthToMonth && later.name == audit.StateRunning {
			t.Errorf("month-to-month runs again a day later: %+v", b)
		}
		knownDatesStay(t, random, today, b, st)
	}
	t.Log(seen)
	for _, s := range audit.States {
		if !t.Failed() && seen[s] < *states/200 {
			t.Errorf("of %d documents only %d are %s", *states, seen[s], s)
		}
	}
}

// oneState holds a state against what its dates say on their own.
func oneState(t *testing.T, a *Analyst, b randomBill, st contractState) {
	t.Helper()
	first, term := b.read(t).ahead(a.today)
	renewal := slices.ContainsFunc(b.read(t).subscriptions, func(s subscription) bool {
		return s.kind == typeRenewal && s.term() && s.runs() && !s.end.Before(a.today)
	})
	switch {
	case !slices.Contains(audit.States, st.name):
		t.Errorf("no state %q: %+v", st.name, b)
	case st.end.IsZero() != (st.endSource == ""):
		t.Errorf("an end %s from %q: %+v", st.end, st.endSource, b)
	case !first.IsZero() && (!st.end.Equal(first) || st.name == audit.StateUnknown):
		t.Errorf("%s to %s, though %s is ahead: %+v", st.name, st.end, first, b)
	case term && st.name != audit.StateRunning && st.name != audit.StateRenewed:
		t.Errorf("%s, though a term runs: %+v", st.name, b)
	case st.name == audit.StateRunning && st.end.Before(a.today):
		t.Errorf("runs to %s: %+v", st.end, b)
	case st.name == audit.StateRenewed && !renewal:
		t.Errorf("renewed by nothing: %+v", b)
	}
}

func orderDoesNotMatter(t *testing.T, r *rand.Rand, a *Analyst, b randomBill, st contractState) {
	t.Helper()
	other := randomBill{b.end, slices.Clone(b.subs)}
	r.Shuffle(len(other.subs), func(i, j int) { other.subs[i], other.subs[j] = other.subs[j], other.subs[i] })
	x, y := b.read(t), other.read(t)
	if got := a.state(y, "ACTIVE"); got != st {
		t.Errorf("%+v, in another order %+v: %+v", st, got, b)
	}
	if diff := cmp.Diff(first(x.billedMonth(a.today)), first(y.billedMonth(a.today)),
		cmp.Comparer(func(x, y usd) bool { return x == y })); diff != "" {
		t.Errorf("a month's price by order: %s: %+v", diff, b)
	}
}

// deadlineStays: a contract that runs keeps its end, whatever month, added capacity or ended subscription is listed beside an ACTIVE term.
func deadlineStays(t *testing.T, r *rand.Rand, a *Analyst, b randomBill, st contractState) {
	t.Helper()
	active := slices.ContainsFunc(b.read(t).subscriptions, func(s subscription) bool { return s.term() && s.active() })
	if st.name != audit.StateRunning || !active {
		return
	}
	written := func(days int) string { return a.today.AddDate(0, 0, days).Format(`"2006-01-02"`) }
	begin := someDays(r)
	for name, more := range map[string]randomSub{
		"a month": {"", "RENEWAL", pick(r, "ACTIVE", "PENDING", "INACTIVE", "CANCELLED", "PAUSED"), written(begin),
			written(begin + r.IntN(46)), "1"},
		"added capacity": {"", "CAPACITY_INCREASE", pick(r, "ACTIVE", "PENDING", "INACTIVE", "CANCELLED"), near(r, a.today, begin),
			near(r, a.today, someDays(r)), "1"},
		"what has ended": {"", pick(r, "ORIGINAL", "RENEWAL"), pick(r, "INACTIVE", "CANCELLED"), near(r, a.today, begin),
			near(r, a.today, someDays(r)), "1"},
		"what is past": {"", pick(r, "ORIGINAL", "RENEWAL"), pick(r, "ACTIVE", "PENDING"), written(-1200), written(-1 - r.IntN(1000)), "1"},
	} {
		if first, _ := b.read(t).ahead(a.today); first.IsZero() && more.kind != typeIncrease {
			continue // the contract end is that of a term that is not ACTIVE, for want of another: the latest there is
		}
		if got := a.state(b.with(r, more).read(t), "ACTIVE"); got.name != st.name || !got.end.Equal(st.end) {
			t.Errorf("%s %+v: %s to %s, without it %s to %s: %+v", name, more, got.name, got.end, st.name, st.end, b)
		}
	}
}

// knownDatesStay: a date that cannot be read takes away nothing that the others say. Two may be taken for another: the begin of a
// PENDING renewal, for the day on which the term ends; and the end of an ACTIVE term, for the contract end.
func knownDatesStay(t *testing.T, r *rand.Rand, a *Analyst, b randomBill, st contractState) {
	t.Helper()
	worse := randomBill{b.end, slices.Clone(b.subs)}
	switch i := r.IntN(len(b.subs) + 1); {
	case i == len(b.subs):
		worse.end = unreadable
	case r.IntN(2) == 0:
		worse.subs[i].end = unreadable
		if got := a.state(worse.read(t), "ACTIVE"); worse.subs[i].status == statusActive && got.name == audit.StateRenewed {
			return
		}
	case worse.subs[i].kind == typeRenewal && worse.subs[i].status == statusPending:
		s := b.read(t).subscriptions
		if i >= len(s) || s[i].term() || s[i].end.IsZero() || audit.DaysBetween(a.today, s[i].end) > rollingDays {
			return
		}
		worse.subs[i].begin = unreadable // a month, and known to be one by its end
	default:
		worse.subs[i].begin = unreadable
	}
	if st.name != audit.StateRunning && st.name != audit.StateMonthToMonth {
		return
	}
	got, c := a.state(worse.read(t), "ACTIVE"), worse.read(t)
	months := func(c *contract) (n int) {
		for _, s := range c.subscriptions {
			if s.rolling() {
				n++
			}
		}
		return n
	}
	if st.name == audit.StateRunning && months(c) != months(b.read(t)) {
		return // what was a month is a term of unknown length, whose end counts
	}
	first, _ := c.ahead(a.today)
	settled := got.name == audit.StateRetired || got.name == audit.StateRenewed
	if settled && worse.end == b.end && (st.name == audit.StateMonthToMonth || !first.IsZero()) {
		t.Errorf("%s to %s, and %s to %s where a date is unreadable\n%+v\n%+v", st.name, st.end, got.name, got.end, b, worse)
	}
	if st.name == audit.StateRunning && !first.IsZero() && (got.name != audit.StateRunning || !got.end.Equal(first)) {
		t.Errorf("%s to %s where a date is unreadable, though %s is ahead: %+v, %+v", got.name, got.end, first, b, worse)
	}
}

func first(price *usd, _ bool) *usd { return price }
