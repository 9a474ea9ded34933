package billing

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tenor/audit"
	"tenor/finance"
)

// labels are what a careful reader says of a bill.
type labels struct {
	AsOf            string   `json:"as_of"`
	TagInactive     []string `json:"tag_inactive_payers"`
	Outposts        []label
	AccountRegions  []label `json:"account_regions"`
	UnknownOutposts []label `json:"unknown_outposts"`
	Products        []struct {
		ARN, Status, Verdict string
		Services             []string
		Billed               map[string]string
	}
}

type label struct {
	Period, Account, Region, Outpost, Subscription string
	MatchedBy                                      string `json:"matched_by"`
	Billed, Net, Expected, Difference              string
	Final                                          bool
	Verdict                                        string
}

// verdicts are the words of the labels in ours.
var verdicts = map[string][2]string{
	"equal": {"equal", ""}, "billed_more": {"differs", ""}, "billed_less": {"differs", ""}, "billed_twice": {"differs", ""},
	"not_billed": {"differs", ""}, "billed_after_end": {"differs", ""}, "month_to_month": {"explained", audit.WhyMonthToMonth},
	"upfront_in_other_month": {"explained", audit.WhyUpfrontElsewhere}, "corrected": {"explained", audit.WhyCorrection},
	"proration": {"explained", audit.WhyProration},
}

// knownOf returns what a run has read of an estate of the reference.
func knownOf(t *testing.T, name string, asOf time.Time) Known {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var estate struct {
		Resources []audit.Resource
		Read      [][2]string
	}
	if err := json.Unmarshal(text, &estate); err != nil {
		t.Fatal(err)
	}
	var k Known
	for i := range estate.Resources {
		r := &estate.Resources[i]
		if r.Kind == audit.KindOutpost {
			if s := finance.Schedule(r, asOf); s != nil {
				k.Contracts = append(k.Contracts, *s)
			}
			continue
		}
		var spec struct{ Status string }
		if err := json.Unmarshal(r.Spec, &spec); err != nil {
			t.Fatal(err)
		}
		k.Products = append(k.Products, Product{r.ARN, r.Account, spec.Status})
	}
	k.Coverage = &audit.Ledger{}
	for _, at := range estate.Read {
		for service, operation := range map[string]string{"outposts": "ListOutposts", "servicecatalog": "SearchProvisionedProducts"} {
			k.Coverage.Add(audit.Coverage{Account: at[0], Region: at[1], Service: service, Operation: operation,
				Status: audit.StatusCollected})
		}
	}
	return k
}

// checkLabels reads exports and holds what is said of them against the labels.
func checkLabels(t *testing.T, labelsFile, estate string, exports []string) {
	t.Helper()
	text, err := os.ReadFile(labelsFile)
	if err != nil {
		t.Fatal(err)
	}
	var want labels
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	asOf, err := time.Parse(time.RFC3339, want.AsOf)
	if err != nil {
		t.Fatal(err)
	}
	c, err := Read(t.Context(), exports, Months{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range c.Gaps {
		t.Errorf("gap: %+v", g)
	}
	known := knownOf(t, estate, asOf)
	got := Reconcile(c, known, asOf)
	collected := readScopes(known.Coverage, "outposts")

	rows := map[[5]string]audit.OutpostBill{}
	for _, b := range slices.Concat(got.Outposts, got.AccountRegions) {
		rows[[5]string{b.Period, b.Account, b.Region, string(b.Outpost), string(b.Subscription)}] = b
	}
	unmatched := map[[4]string]audit.UnmatchedCharge{}
	for _, u := range got.Unmatched {
		unmatched[[4]string{u.Period, u.Account, u.Region, string(u.Outpost)}] = u
	}
	for _, w := range slices.Concat(want.Outposts, want.AccountRegions) {
		k := [5]string{w.Period, w.Account, w.Region, w.Outpost, w.Subscription}
		b, ok := rows[k]
		delete(rows, k)
		if w.Verdict == "cannot_tell:which_outpost" {
			if ok {
				t.Errorf("%v: a row of an Outpost where only the sum can be told: %+v", k, b)
			}
			continue
		}
		if !collected[scope{w.Account, w.Region}] {
			if ok {
				t.Errorf("%v: a row of an account that was not read: %+v", k, b)
			}
			continue
		}
		status, why := verdicts[w.Verdict][0], verdicts[w.Verdict][1]
		if reason, cannot := strings.CutPrefix(w.Verdict, "cannot_tell:"); cannot {
			status, why = string(audit.BillCannotTell), reason
		}
		switch {
		case !ok:
			t.Errorf("%v: no row: want %+v", k, w)
		case string(b.Status) != status || string(b.Why) != why || string(b.Billed) != w.Billed || string(b.Expected) != w.Expected ||
			string(b.Difference) != w.Difference || b.Final != w.Final || w.Net != "" && string(b.Net) != w.Net:
			t.Errorf("%v:\ngot  %+v\nwant %+v", k, b, w)
		case w.MatchedBy != "" && b.MatchedBy != "" && string(b.MatchedBy) != w.MatchedBy:
			t.Errorf("%v: matched by %s, want %s", k, b.MatchedBy, w.MatchedBy)
		}
	}
	for _, b := range rows {
		t.Errorf("not in the labels: %+v", b)
	}
	for _, w := range want.UnknownOutposts {
		sum := false
		for _, u := range unmatched {
			sum = sum || u.Period == w.Period && u.Account == w.Account && u.Region == w.Region && string(u.Billed) == w.Billed && u.Final == w.Final
		}
		if !sum {
			t.Errorf("not unmatched: %+v\n%+v", w, got.Unmatched)
		}
	}
	products := map[string]audit.ProductCost{}
	for _, p := range got.Products {
		products[p.ARN] = p
	}
	for _, w := range want.Products {
		p, ok := products[w.ARN]
		delete(products, w.ARN)
		why := map[string]string{"gone_costs": audit.WhyGone, "gone_and_over": audit.WhyGone, "cannot_tell:not_collected": audit.WhyNotCollected,
			"cannot_tell:tag_inactive": audit.WhyTagInactive}[w.Verdict]
		if why == audit.WhyTagInactive {
			w.Billed, w.Services = map[string]string{}, []string{}
		}
		if slices.ContainsFunc(p.Services, func(s string) bool { return strings.Contains(s, " ") }) { // the name, of a month without codes
			p.Services = w.Services
		}
		a, _ := json.Marshal([]any{w.Billed, w.Services, w.Status, why})
		b, _ := json.Marshal([]any{p.Periods, p.Services, string(p.Status), string(p.Why)})
		if !ok || string(a) != string(b) {
			t.Errorf("%s: got %s, want %s", w.ARN, b, a)
		}
	}
	for _, p := range products {
		t.Errorf("not in the labels: %+v", p)
	}
}

// TestReference holds what is said of the reference bill against its labels.
func TestReference(t *testing.T) {
	if _, err := os.Stat(reference); err != nil {
		t.Skip("the reference exports are not here")
	}
	for _, format := range formats {
		t.Run(format, func(t *testing.T) {
			checkLabels(t, filepath.Join(reference, "expected.json"), "../testdata/bill/reference.json", []string{
				filepath.Join(reference, format, "900000000009/tenor-bill")})
		})
	}
}

// TestFaults holds a bill with each fault, in each format, against labels that another program made of it.
func TestFaults(t *testing.T) {
	lines := faultLines(t)
	for i, format := range formats {
		t.Run(format, func(t *testing.T) {
			exports := testExport{format: format, lines: shuffled(lines, uint64(i)), chunks: 1 + i, dir: t.TempDir()}.write(t)
			checkLabels(t, "../testdata/bill/faults/labels.json", "../testdata/bill/faults/estate.json", exports)
		})
	}
}

// TestDocumentedColumns: docs/bill.md names the columns that are read, in its table and in the export that it sets up.
func TestDocumentedColumns(t *testing.T) {
	text, err := os.ReadFile("../docs/bill.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(text), "| What it is for | FOCUS | CUR 2.0 |\n")
	table, _, _ = strings.Cut(table, "\n\n")
	cells := [2][]string{}
	for line := range strings.Lines(table) {
		cell := strings.Split(line, "|")
		for i := range cells {
			cells[i] = append(cells[i], regexp.MustCompile(`\w*[A-Z_]\w*`).FindAllString(strings.Trim(cell[i+2], "- "), -1)...)
		}
	}
	query := regexp.MustCompile(`SELECT (.*) FROM FOCUS_1_2_AWS`).FindStringSubmatch(string(text))
	if query == nil {
		t.Fatal("no export of FOCUS 1.2")
	}
	for name, tt := range map[string]struct {
		of   *dialect
		have []string
	}{
		"the table, FOCUS": {&focus, cells[0]}, "the table, CUR 2.0": {&cur2, cells[1]},
		"the export": {&focus, strings.Split(query[1], ", ")},
	} {
		var want []string
		for _, known := range tt.of.columns {
			if len(known) > 0 {
				want = append(want, known[0]) // the others are of older exports
			}
		}
		slices.Sort(want)
		slices.Sort(tt.have)
		if d := cmp.Diff(want, tt.have); d != "" {
			t.Errorf("%s (-read +documented):\n%s", name, d)
		}
	}
	if l, ok := layoutOf(strings.Split(query[1], ", ")); !ok || l.format != "FOCUS 1.2" || len(l.missing) > 0 {
		t.Errorf("the export is %+v", l)
	}
}
