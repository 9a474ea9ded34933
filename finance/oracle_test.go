package finance

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tenor/audit"
)

var (
	estates    = flag.Int("estates", 3, "the random estates that TestOracle compares")
	oracleSeed = flag.Uint64("estates.seed", 7, "their seed")
)

// oracleFacts are the facts of an Outpost as the oracle says them; those of an Outpost that another account owns are but its State.
type oracleFacts struct {
	State          *string        `json:"state"`
	ContractEnd    *string        `json:"contract_end"`
	DaysToEnd      *int           `json:"days_to_end"`
	NoticeDeadline *string        `json:"notice_deadline"`
	Month          *int64         `json:"month_to_month"`
	MonthSource    *string        `json:"month_to_month_source"`
	Levels         [][3]any       `json:"level_prices"`
	Recommended    *audit.Choice  `json:"recommended"`
	Cost           *int64         `json:"cost_of_inaction"`
	NeedsApproval  bool           `json:"needs_approval"`
	Switches       []oracleSwitch `json:"switches"`
	Remaining      *int64         `json:"remaining"`
}

// oracleSwitch is a change of what is recommended between two steps of 0.01%, of which Percent is the second.
type oracleSwitch struct {
	Percent float64       `json:"percent"`
	Before  *audit.Choice `json:"before"`
	After   *audit.Choice `json:"after"`
}

// oracleTotals are the sums over an estate, in cents.
type oracleTotals struct {
	Due map[string]struct {
		Count, Unpriced int
		Amount          int64
	}
	MonthToMonth struct {
		Count int
		Price int64
		Above int64 `json:"above_recommended"`
	} `json:"month_to_month"`
}

type oracleAnswer struct {
	Outposts map[string]oracleFacts
	Totals   oracleTotals
}

// oracleEstate is what the oracle reads.
type oracleEstate struct {
	AsOf        time.Time        `json:"as_of"`
	Assumptions map[string]any   `json:"assumptions"`
	Outposts    []audit.Resource `json:"outposts"`
	config      config
}

// randomEstate returns an estate of some Outposts under random assumptions.
func randomEstate(r *rand.Rand) oracleEstate {
	asOf := time.Date(2025+r.IntN(3), time.Month(1+r.IntN(12)), 1+r.IntN(28), r.IntN(24), r.IntN(60), 0, 0, time.UTC)
	rate := pick(r, "0", "0.035", "0.08", "0.1234", "0.3", "1")
	limit := pick(r, "0", "250000", "250000.01", "1000000000")
	c := config{asOf, audit.Assumptions{DiscountRate: rate, FiscalYearStart: 1, Calendar: pick(r, "us", "us", "none"),
		NoticeBusinessDays: pick(r, 5, 5, 0, 20),
		MonthToMonthTerm:   pick(r, audit.PaymentTerms...), AllowedTerms: pick(r, audit.PaymentTerms, audit.PaymentTerms[:2], audit.PaymentTerms[:1], audit.PaymentTerms[2:], nil),
		AllowedOptions:   pick(r, []string{allUpfront, partialUpfront, noUpfront}, []string{allUpfront, partialUpfront}, []string{noUpfront}),
		Holidays:         pick(r, nil, []string{asOf.AddDate(0, 0, 10).Format(time.DateOnly), asOf.AddDate(0, 0, 30).Format(time.DateOnly)}),
		ApprovalLimitUSD: limit, ApprovalBasis: pick(r, BasisTotal, BasisUpfront), RetiredStatuses: []string{"RETIRED", "GONE"}}}
	ass := c.Assumptions
	e := oracleEstate{AsOf: asOf, config: c, Assumptions: map[string]any{
		"discount_rate": json.Number(rate), "month_to_month_term": ass.MonthToMonthTerm, "allowed_terms": append([]string{}, ass.AllowedTerms...),
		"allowed_options": ass.AllowedOptions,
		"approval_limit":  json.Number(limit), "approval_basis": ass.ApprovalBasis, "notice_business_days": ass.NoticeBusinessDays,
		"calendar": ass.Calendar,
		"holidays": append([]string{}, ass.Holidays...), "retired_statuses": ass.RetiredStatuses, "switch_rates": true}}
	for i := range 12 {
		e.Outposts = append(e.Outposts, *randomOutpost(r, asOf, fmt.Sprintf("op-%d", i)))
	}
	return e
}

// randomOutpost returns one that mostly makes sense: every second is a contract with what often follows it.
func randomOutpost(r *rand.Rand, asOf time.Time, id string) *audit.Resource {
	today := dateOf(asOf)
	b := someBill(r, today)
	if r.IntN(2) == 0 {
		written := func(days int) string { return today.AddDate(0, 0, days).Format(`"2006-01-02T00:00:00Z"`) }
		end := pick(r, someDays(r), r.IntN(200))
		b = randomBill{pick(r, written(end), near(r, today, end)),
			[]randomSub{{"s-0", "ORIGINAL", pick(r, "ACTIVE", "ACTIVE", "INACTIVE"), written(end - 1095), written(end), someMoney(r, 9000)}}}
		for k := range r.IntN(3) {
			begin := end + 1 + pick(r, 0, 0, 31*k, -30)
			b.subs = append(b.subs, randomSub{fmt.Sprintf("s-%d", k+1), pick(r, "RENEWAL", "RENEWAL", "CAPACITY_INCREASE"),
				pick(r, "ACTIVE", "PENDING"), written(begin),
				written(begin + pick(r, 29, 30, 364, 1095)), someMoney(r, 9000)})
		}
	}
	var subs []string
	for _, s := range b.subs {
		subs = append(subs, s.json())
	}
	owner := pick(r, "111122223333", "111122223333", "111122223333", "111122223333", "111122223333", "111122223333", "999988887777")
	o := &audit.Resource{Kind: audit.KindOutpost, ID: id, Account: "111122223333", Region: "eu-central-1",
		Related: map[string]json.RawMessage{}, Gaps: map[string]audit.Gap{},
		Spec: json.RawMessage(fmt.Sprintf(`{"OwnerId":%q,"LifeCycleStatus":%q}`, owner,
			pick(r, "ACTIVE", "ACTIVE", "ACTIVE", "ACTIVE", "PENDING", "RETIRED")))}
	if r.IntN(15) == 0 {
		o.Gaps[sectionBilling] = audit.Gap{Operation: "GetOutpostBillingInformation", Reason: audit.ReasonTimeout}
	} else if owner == o.Account {
		o.Related[sectionBilling] = json.RawMessage(`{"ContractEndDate":` + b.end + `,"Subscriptions":[` + strings.Join(subs, ",") + `]}`)
	}
	if owner == o.Account && r.IntN(10) > 0 {
		o.Related[sectionPricing] = json.RawMessage(randomPrices(r))
	}
	return o
}

// someMoney returns an amount around so many dollars.
func someMoney(r *rand.Rand, dollars int64) string {
	return pick(r, strconv.FormatInt(dollars, 10), audit.CentsToMoney(dollars*80+r.Int64N(dollars*40)).Value)
}

// randomPrices returns renewal prices, often near one another, sometimes the same.
func randomPrices(r *rand.Rand) string {
	var list []string
	for _, term := range append(audit.PaymentTerms, "TEN_YEARS") {
		months := int64(max(12, termMonths(term)))
		for _, option := range []string{allUpfront, partialUpfront, noUpfront} {
			if r.IntN(5) == 0 {
				continue
			}
			upfront, monthly := "0", "0.0"
			switch option {
			case allUpfront:
				upfront = someMoney(r, 9000*months*9/10)
			case partialUpfront:
				upfront, monthly = someMoney(r, 4500*months*9/10), someMoney(r, 4500)
			default:
				monthly = someMoney(r, 9000)
			}
			entry := price(term, option, upfront, monthly)
			if r.IntN(20) == 0 {
				entry = strings.Replace(entry, `"USD"`, `"EUR"`, 1)
			}
			list = append(list, entry)
		}
	}
	r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	return priced(list...)
}

// asOracle returns what the program says, in the oracle's form; what it says of switches is compared by itself.
func asOracle(f *audit.OutpostFacts, whole bool) oracleFacts {
	text := func(s audit.Optional) *string {
		if s == "" {
			return nil
		}
		return ptr(string(s))
	}
	if f.Shared {
		return oracleFacts{State: text(f.ContractState)}
	}
	o := oracleFacts{State: text(f.ContractState), ContractEnd: text(f.ContractEnd), DaysToEnd: f.DaysToEnd,
		NoticeDeadline: text(f.NoticeDeadline),
		Month:          f.MonthToMonthPriceCents, MonthSource: text(f.MonthToMonthPriceSource), Cost: f.CostOfInactionCents,
		Recommended: f.Recommended.Choice()}
	if whole {
		o.Remaining = f.RemainingCommitmentCents
	}
	if f.Recommended != nil {
		o.NeedsApproval = f.Recommended.NeedsApproval
	}
	return o
}

// TestOracle compares with testdata/oracle.py, a second program in another language, on random estates.
func TestOracle(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("no python3 here")
	}
	random := rand.New(rand.NewPCG(*oracleSeed, 8))
	var in bytes.Buffer
	var list []oracleEstate
	for range *estates {
		e := randomEstate(random)
		list = append(list, e)
		if err := json.NewEncoder(&in).Encode(e); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(python, "testdata/oracle.py")
	var out, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = &in, &out, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: %v\n%s", cmd, err, &stderr)
	}
	answers := json.NewDecoder(&out)
	seen := map[string]int{}
	for i, e := range list {
		var want oracleAnswer
		if err := answers.Decode(&want); err != nil {
			t.Fatalf("estate %d: %v", i, err)
		}
		compareEstate(t, fmt.Sprintf("estate %d", i), e, want, seen)
	}
	t.Log(seen)
}

func compareEstate(t *testing.T, name string, e oracleEstate, want oracleAnswer, seen map[string]int) {
	t.Helper()
	a, err := New(e.config.AsOf, e.config.Assumptions)
	if err != nil {
		t.Fatal(err)
	}
	sums := a.NewEstate(nil)
	var got oracleTotals
	for i := range e.Outposts {
		r := &e.Outposts[i]
		if err := sums.Enrich(r); err != nil {
			t.Fatal(err)
		}
		var f audit.OutpostFacts
		if err := json.Unmarshal(r.Facts, &f); err != nil {
			t.Fatal(err)
		}
		w := want.Outposts[r.ID]
		seen[string(f.ContractState)]++
		o := asOracle(&f, w.Remaining != nil)
		levels, switches := w.Levels, w.Switches
		w.Levels, w.Switches = nil, nil
		if f.ContractState == audit.StateRetired || !f.HasBilling {
			w.Recommended, w.Cost, w.NeedsApproval = nil, nil, false // in no decision
		}
		if !f.HasBilling {
			w.Month, w.MonthSource, levels, switches = nil, nil, nil, nil
		}
		if diff := cmp.Diff(w, o); diff != "" {
			t.Errorf("%s, %s: %s\n%s", name, r.ID, diff, r.Related[sectionBilling])
		}
		compareLevels(t, name+", "+r.ID, a, r, levels)
		if f.Recommended != nil {
			compareSwitches(t, name+", "+r.ID, f.Recommended.SwitchRates, switches)
			seen[f.Recommended.Action]++
			seen["switches"] += len(switches)
		}
	}
	m := sums.MonthToMonth()
	got.MonthToMonth.Count = m.Count
	got.MonthToMonth.Price, got.MonthToMonth.Above = cents(t, m.Price), cents(t, m.Above)
	got.Due = want.Totals.Due
	if diff := cmp.Diff(want.Totals, got); diff != "" {
		t.Errorf("%s: %s", name, diff)
	}
	for _, d := range sums.DecisionsDue() {
		if w := want.Totals.Due[strconv.Itoa(d.WithinDays)]; d.Count != w.Count || d.Unpriced != w.Unpriced || cents(t, d.Amount) != w.Amount {
			t.Errorf("%s: due %+v of %v, want %+v", name, d, d.Amount, w)
		}
	}
}

// cents reads an amount; nil is 0.
func cents(t *testing.T, m *audit.Money) int64 {
	t.Helper()
	if m == nil {
		return 0
	}
	n, err := strconv.ParseInt(strings.Replace(m.Value, ".", "", 1), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// compareLevels compares the level price of each measured option.
func compareLevels(t *testing.T, name string, a *Analyst, r *audit.Resource, want [][3]any) {
	t.Helper()
	in, err := decode[renewalPricing](r.Related[sectionPricing], "renewal_pricing")
	if err != nil {
		t.Fatal(err)
	}
	options, err := a.readOptions(in.PricingOptions, "renewal_pricing", "")
	if err != nil {
		t.Fatal(err)
	}
	i := 0
	for _, o := range options {
		if !o.measured() || want == nil {
			continue
		}
		got := [3]any{o.PaymentTerm, o.PaymentOption, float64(a.annuity[o.Months].level(o.upfront, o.monthly).cents())}
		if i >= len(want) || want[i] != got {
			t.Errorf("%s: level prices %v, want %v at %d", name, got, want, i)
			return
		}
		i++
	}
	if i != len(want) {
		t.Errorf("%s: %d level prices, want %v", name, i, want)
	}
}

// compareSwitches compares each switch with the step of 0.01% in which the oracle sees it: the rate is within a hundredth of it.
func compareSwitches(t *testing.T, name string, got []audit.SwitchRate, want []oracleSwitch) {
	t.Helper()
	ok := len(got) == len(want)
	for i := range min(len(got), len(want)) {
		percent, err := got[i].Percent.Float64()
		step := want[i].Percent
		ok = ok && err == nil && step-0.01-1e-9 <= percent && percent <= step+1e-9 &&
			cmp.Equal(&got[i].Below, want[i].Before) && cmp.Equal(&got[i].Above, want[i].After)
	}
	if !ok {
		g, _ := json.Marshal(got)
		w, _ := json.Marshal(want)
		t.Errorf("%s: switches\n%s\nwant\n%s", name, g, w)
	}
}
