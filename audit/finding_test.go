package audit

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tenor/internal/extsort"
)

func randomFinding(rnd *rand.Rand) Finding {
	pick := func(s ...string) string { return s[rnd.IntN(len(s))] }
	f := Finding{
		Rule: pick("a.b", "a.b_c", "z.y"), Severity: Severities[rnd.IntN(len(Severities))], Verdict: Verdicts[rnd.IntN(4)],
		Resource: ResourceRef{Kind: pick(KindOrder, KindOutpost), ID: pick("op-1", "op-10", "op-2", "é"), ARN: Optional(pick("", "arn:x")),
			Account: pick("111122223333", "444455556666"), Region: pick("", "eu-central-1")},
		Msg: pick("one", "two <&>", "three \u2028 \U0001f525 \x01"), Due: Optional(pick("", "2026-01-01", "2026-12-31")),
		Evidence: json.RawMessage(pick(`null`, `{"a":1.10,"b":[{"c":"<\u00e9>"},1e400]}`)), Remediation: pick("", "Renew it.\nOr return it."),
		Command: Optional(pick("", "aws outposts list-outposts")), FirstSeen: Optional(pick("", "2026-11-20T06:00:00Z")),
		Amount: pickOne(rnd, nil, &Money{Value: "1234567.89", Currency: "USD"}),
		Waiver: pickOne(rnd, nil, &WaiverRef{Owner: "a@example.com", Reason: "it is accepted", Expires: "2027-01-01"}),
	}
	f.Fingerprint = Fingerprint(f.Rule, f.Resource, pick("", "k"))
	return f
}

func pickOne[T any](rnd *rand.Rand, of ...T) T { return of[rnd.IntN(len(of))] }

// TestFindingSorterOrders: each of these differs from the one before it in one thing, and comes earlier by all that counts less.
func TestFindingSorterOrders(t *testing.T) {
	last := Finding{Verdict: Waived, Severity: Info, Rule: "z", Fingerprint: "9", Msg: "z",
		Resource: ResourceRef{Account: "9", Region: "z", Kind: "z", ID: "z"}}
	want := []Finding{last}
	before := func(change func(*Finding)) {
		f := last
		change(&f)
		want = slices.Insert(want, 0, f)
	}
	before(func(f *Finding) { f.Msg = "y" })
	before(func(f *Finding) { f.Fingerprint = "8" })
	before(func(f *Finding) { f.Resource.ID, f.Fingerprint = "y", "90" })
	before(func(f *Finding) { f.Resource.Kind, f.Resource.ID = "y", "za" })
	before(func(f *Finding) { f.Resource.Region, f.Resource.Kind = "", "za" })
	before(func(f *Finding) { f.Resource.Account, f.Resource.Region = "8", "za" })
	before(func(f *Finding) { f.Rule, f.Resource.Account = "y", "91" })
	before(func(f *Finding) { f.Due, f.Rule = "2026-12-31", "za" })
	before(func(f *Finding) { f.Due, f.Rule = "2026-12-30", "zb" })
	before(func(f *Finding) { f.Severity = Low })
	before(func(f *Finding) { f.Severity, f.Due = Critical, "2026-12-31" })
	for _, v := range []Verdict{Unknown, Error, Fail} {
		before(func(f *Finding) { f.Verdict = v })
	}
	fs := NewFindingSorter(t.TempDir())
	for i := range want { // as far as possible from the order
		if err := fs.Add(&want[(i*7+3)%len(want)]); err != nil {
			t.Fatal(err)
		}
	}
	got, err := fs.List().First(len(want) + 1)
	for i := range got {
		got[i].Evidence = nil // "null" is what it is read as
	}
	if d := cmp.Diff(want, got); d != "" || err != nil {
		t.Error(err, d)
	}
}

func TestFindingSorterKeepsTheTotalOrder(t *testing.T) {
	rnd := rand.New(rand.NewPCG(7, 7))
	fs := NewFindingSorter(t.TempDir())
	fs.s = extsort.New(t.TempDir(), 4_000) // which spills
	var want []Finding
	for range 300 {
		f := randomFinding(rnd)
		want = append(want, f)
		if err := fs.Add(&f); err != nil {
			t.Fatal(err)
		}
	}
	slices.SortStableFunc(want, func(a, b Finding) int { return bytes.Compare(findingKey(&a), findingKey(&b)) })
	list := fs.List()
	if list.Len != len(want) {
		t.Fatalf("%d findings, want %d", list.Len, len(want))
	}
	var got []Finding
	for f, err := range list.All() {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, f)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Fatal(d)
	}
	if err := fs.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestFingerprint(t *testing.T) {
	r := ResourceRef{Kind: "k", Account: "a", Region: "r", ID: "i", Name: "not part of it", Owner: "nor this"}
	base := Fingerprint("rule", r, "")
	seen := map[string]string{base: "base"}
	for name, other := range map[string]string{
		"rule":    Fingerprint("rule2", r, ""),
		"kind":    Fingerprint("rule", ResourceRef{Kind: "k2", Account: "a", Region: "r", ID: "i"}, ""),
		"account": Fingerprint("rule", ResourceRef{Kind: "k", Account: "a2", Region: "r", ID: "i"}, ""),
		"region":  Fingerprint("rule", ResourceRef{Kind: "k", Account: "a", Region: "r2", ID: "i"}, ""),
		"id":      Fingerprint("rule", ResourceRef{Kind: "k", Account: "a", Region: "r", ID: "i2"}, ""),
		"key":     Fingerprint("rule", r, "key"),
		"shifted": Fingerprint("rule", ResourceRef{Kind: "ka", Account: "", Region: "r", ID: "i"}, ""),
	} {
		if was, dup := seen[other]; dup {
			t.Errorf("%s has the fingerprint of %s", name, was)
		}
		seen[other] = name
	}
	if again := Fingerprint("rule", ResourceRef{Kind: "k", Account: "a", Region: "r", ID: "i"}, ""); again != base {
		t.Error("name and owner change the fingerprint")
	}
	// Baselines and waivers hold fingerprints of earlier versions: this one is fixed.
	if want := "f5ad6de9"; base[:8] != want {
		t.Errorf("fingerprint %s…, want %s…", base[:8], want)
	}
}

func TestCentsToMoney(t *testing.T) {
	for cents, want := range map[int64]string{0: "0.00", 5: "0.05", -5: "-0.05", 123456: "1234.56", -123456: "-1234.56",
		9_223_372_036_854_775_807: "92233720368547758.07", -9_223_372_036_854_775_808: "-92233720368547758.08"} {
		got := CentsToMoney(cents)
		if *got != (Money{want, "USD", PerOnce}) {
			t.Errorf("%d: %v, want %s once", cents, got, want)
		}
		if month := got.Monthly(); *month != (Money{want, "USD", PerMonth}) || got.Per != PerOnce {
			t.Errorf("%d: %v, want %s a month, and %v as it was", cents, month, want, got)
		}
	}
}

func TestNothingMonthly(t *testing.T) {
	if m := (*Money)(nil).Monthly(); m != nil {
		t.Errorf("got %v", m)
	}
}

func TestSeverity(t *testing.T) {
	for i, s := range Severities {
		got, err := ParseSeverity(string(s))
		if err != nil || got != s || s.Rank() != i {
			t.Errorf("%s: %s %d %v", s, got, s.Rank(), err)
		}
	}
	for _, bad := range []string{"", "HIGH", "urgent"} {
		if _, err := ParseSeverity(bad); err == nil {
			t.Errorf("%q is a severity", bad)
		}
	}
	if !Critical.AtLeast(High) || High.AtLeast(Critical) || !High.AtLeast(High) || Severity("x").AtLeast(Info) {
		t.Error("AtLeast is wrong")
	}
}

func TestOptional(t *testing.T) {
	type doc struct {
		A, B Optional
	}
	b, err := EncodeJSON(doc{A: "", B: `<"x">`})
	if want := `{"A":null,"B":"<\"x\">"}`; err != nil || string(b) != want {
		t.Fatalf("%s %v, want %s", b, err, want)
	}
	var back doc
	if err := json.Unmarshal(b, &back); err != nil || back != (doc{B: `<"x">`}) {
		t.Fatalf("%+v %v", back, err)
	}
	if err := json.Unmarshal([]byte(`{"A":5}`), &back); err == nil {
		t.Error("a number is no string")
	}
}

// BenchmarkFindingSorter puts findings in order, as many as fit the memory, and reads them twice, as two formats do.
func BenchmarkFindingSorter(b *testing.B) {
	rnd := rand.New(rand.NewPCG(7, 7))
	fs := make([]Finding, 2000)
	for i := range fs {
		fs[i] = randomFinding(rnd)
	}
	for b.Loop() {
		s := NewFindingSorter(b.TempDir())
		for i := range fs {
			if err := s.Add(&fs[i]); err != nil {
				b.Fatal(err)
			}
		}
		for range 2 {
			for _, err := range s.List().All() {
				if err != nil {
					b.Fatal(err)
				}
			}
		}
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// TestRenewalSorter spills, and gives back what it was given: by notice deadline, those without one last, account, region and id.
func TestRenewalSorter(t *testing.T) {
	percent := json.Number("-3.25")
	var want []Renewal
	for _, due := range []Optional{"2026-12-23", "2027-01-04", ""} {
		for _, account := range []string{"111122223333", "444455556666"} {
			for _, id := range []string{"op-1", "op-10", "op-2"} {
				want = append(want, Renewal{Resource: ResourceRef{Kind: KindOutpost, ID: id, Account: account, Region: "eu-central-1"},
					OutpostFacts: OutpostFacts{NoticeDeadline: due, Options: []PricedOption{{PaymentTerm: "ONE_YEAR", PriceChangePercent: &percent}}}})
			}
		}
	}
	rs := NewRenewalSorter(t.TempDir())
	rs.s = extsort.New(t.TempDir(), 4_000) // which spills
	for _, i := range rand.New(rand.NewPCG(7, 7)).Perm(len(want)) {
		if err := rs.Add(&want[i]); err != nil {
			t.Fatal(err)
		}
	}
	have, err := rs.List().First(len(want))
	if d := cmp.Diff(want, have); d != "" || err != nil {
		t.Errorf("%v (-want +have):\n%s", err, d)
	}
	if err := rs.Close(); err != nil {
		t.Error(err)
	}
}
