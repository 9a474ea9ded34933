package job

import (
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"tenor/audit"
	"tenor/internal/awssim"
)

// billReference writes exports of an estate's bill, with faults of every kind, and what a careful reader says of them. Its Parquet needs
// DuckDB's module for Node.
const billReference = "../../shared/bill/refbill.py"

// billLabels are what is to be said of a bill.
type billLabels struct {
	AsOf            time.Time `json:"as_of"`
	Outposts        []billLabel
	AccountRegions  []billLabel `json:"account_regions"`
	UnknownOutposts []billLabel `json:"unknown_outposts"`
	Products        []struct {
		ARN, Verdict string
		Billed       map[string]string
	}
}

type billLabel struct {
	Period, Account, Region, Outpost, Subscription string
	Billed, Net, Expected, Difference, Verdict     string
	Final                                          bool
}

// labelStatus are the verdicts of the labels that are no difference.
var labelStatus = map[string]audit.BillStatus{"equal": audit.BillEqual, "month_to_month": audit.BillExplained,
	"upfront_in_other_month": audit.BillExplained, "corrected": audit.BillExplained, "proration": audit.BillExplained}

func (l *billLabel) status() audit.BillStatus {
	switch status, known := labelStatus[l.Verdict]; {
	case known:
		return status
	case strings.HasPrefix(l.Verdict, "cannot_tell"):
		return audit.BillCannotTell
	}
	return audit.BillDiffers
}

// referenceBill writes the exports of one format, and returns them with their labels.
func referenceBill(t *testing.T, format string, drop []string) (exports []string, l billLabels) {
	t.Helper()
	dir := t.TempDir()
	args := []string{"-B", billReference, "../testdata/bill/faults/bill.py", dir, "--formats", format}
	for i := range drop {
		drop[i] = format + ":" + drop[i]
	}
	if len(drop) > 0 {
		args = append(args, "--drop", strings.Join(drop, ","))
	}
	if out, err := exec.CommandContext(t.Context(), "python3", args...).CombinedOutput(); err != nil {
		if strings.Contains(string(out), "Cannot find module") || strings.Contains(string(out), "'node'") {
			t.Skip("DuckDB is not here, which writes the Parquet")
		}
		t.Fatalf("%v\n%s", err, out)
	}
	text, err := os.ReadFile(filepath.Join(dir, "labels.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &l); err != nil {
		t.Fatal(err)
	}
	exports, err = filepath.Glob(filepath.Join(dir, format, "*", "tenor-bill"))
	if err != nil || len(exports) != 3 {
		t.Fatal(exports, err)
	}
	return exports, l
}

// labelled is what labels say of amounts, by account and month, and which verdicts of rules they allow.
type labelled struct {
	rows     map[string][]string // what the rows of one key may say: amounts of them, with and without charges that have no contract
	statuses map[string]audit.BillStatus
	products map[string]string
	fails    []string // rule, resource, amount
}

// billedKey names what a row is about: an Outpost's subscription, an Outpost, or an account's region.
func billedKey(period, account, region, outpost, subscription string) string {
	return strings.Join([]string{period, account, region, outpost, subscription}, " ")
}

func (l *billLabels) reading() *labelled {
	out := &labelled{rows: map[string][]string{}, statuses: map[string]audit.BillStatus{}, products: map[string]string{}}
	type sums struct{ billed, net, expected, loose decimal.Decimal }
	by := map[string]*sums{}
	at := func(key string) *sums {
		if by[key] == nil {
			by[key] = &sums{}
		}
		return by[key]
	}
	number := func(s string) decimal.Decimal { d, _ := decimal.NewFromString(s); return d }
	cumulative, blind := map[string]decimal.Decimal{}, map[string]bool{}
	for _, o := range l.Outposts {
		out.statuses[billedKey(o.Period, o.Account, o.Region, o.Outpost, o.Subscription)] = o.status()
		for key := range map[string]bool{billedKey(o.Period, o.Account, o.Region, o.Outpost, o.Subscription): true,
			billedKey(o.Period, o.Account, o.Region, o.Outpost, ""): true, billedKey(o.Period, o.Account, o.Region, "", ""): true} {
			s := at(key)
			s.billed, s.net, s.expected = s.billed.Add(number(o.Billed)), s.net.Add(number(o.Net)), s.expected.Add(number(o.Expected))
		}
		if o.Final {
			cumulative[o.Outpost] = cumulative[o.Outpost].Add(number(o.Difference))
			blind[o.Outpost] = blind[o.Outpost] || o.status() == audit.BillCannotTell
		}
	}
	for _, o := range l.AccountRegions {
		out.statuses[billedKey(o.Period, o.Account, o.Region, "", "")] = o.status()
	}
	for id, d := range cumulative {
		if !blind[id] && d.Abs().GreaterThan(decimal.NewFromInt(1)) {
			out.fails = append(out.fails, "outposts.billed_differs_from_contract "+id+" "+d.StringFixed(2))
		}
	}
	loose := map[string]decimal.Decimal{}
	for _, u := range l.UnknownOutposts {
		s := at(billedKey(u.Period, u.Account, u.Region, "", ""))
		s.loose = s.loose.Add(number(u.Billed))
		if u.Final && u.Account != "111122223310" {
			loose[u.Account] = loose[u.Account].Add(number(u.Billed))
		}
	}
	for account, d := range loose {
		out.fails = append(out.fails, "billing.charge_without_contract "+account+" "+d.StringFixed(2))
	}
	out.fails = append(out.fails, "billing.cost_of_gone_product 111122223300 37.02", "billing.cost_tag_inactive 111122223306 ")
	for key, s := range by {
		for _, billed := range []decimal.Decimal{s.billed, s.billed.Add(s.loose)} {
			out.rows[key] = append(out.rows[key], billed.StringFixed(2)+" "+s.expected.StringFixed(2))
		}
	}
	for _, p := range l.Products {
		for period, amount := range p.Billed {
			out.products[p.ARN+" "+period] = amount
		}
	}
	slices.Sort(out.fails)
	return out
}

// billRules are the rules that rest on a bill alone.
var billRules = []string{"outposts.billed_differs_from_contract", "outposts.month_to_month_rate", "outposts.not_billed",
	"billing.charge_without_contract", "billing.cost_of_gone_product", "billing.cost_tag_inactive", "service_catalog.broken_still_costs"}

// billFails lists what the rules of a bill find.
func billFails(t *testing.T, r *audit.Report) []string {
	t.Helper()
	list := []string{}
	for f, err := range r.Findings.All() {
		if err != nil {
			t.Fatal(err)
		}
		if f.Verdict == audit.Fail && slices.Contains(billRules, f.Rule) {
			amount := ""
			if f.Amount != nil {
				amount = f.Amount.Value
			}
			list = append(list, f.Rule+" "+f.Resource.ID+" "+amount)
		}
	}
	slices.Sort(list)
	return list
}

// TestBillOfTheReference runs bills that have each fault, in each format and without each of the columns that are read, over the estate
// that they are of. With all columns everything is said that the labels say. Without one, what is still said is right: no amount is
// another, no difference and no failure is one that the whole bill has not.
func TestBillOfTheReference(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long under the race detector, and starts no goroutines that others do not")
	}
	if _, err := os.Stat(billReference); err != nil {
		t.Skip("the reference is not here")
	}
	if _, err := exec.LookPath("python3"); err != nil {
		t.Skip("Python is not here, which writes the exports")
	}
	type variant struct {
		format string
		drop   []string
	}
	var variants []variant
	for _, format := range []string{"focus12", "focus10", "cur2", "cur2map", "cur2csv"} {
		variants = append(variants, variant{format: format})
	}
	for format, columns := range map[string]string{
		"focus10": "BillingAccountId SubAccountId RegionId x_ServiceCode ServiceName x_ServiceCode+ServiceName ChargeCategory ChargeClass " +
			"ChargeFrequency BillingCurrency ContractedCost ListCost BilledCost CommitmentDiscountId ResourceId ChargeDescription Tags",
		"focus12": "InvoiceId CommitmentDiscountId ContractedCost",
		"cur2csv": "bill_invoice_id resource_tags_aws_servicecatalog_provisioned_product_arn line_item_unblended_cost",
		"cur2map": "bill_payer_account_id line_item_usage_account_id product_region_code line_item_product_code line_item_line_item_type " +
			"bill_bill_type line_item_currency_code line_item_unblended_cost line_item_net_unblended_cost reservation_subscription_id " +
			"reservation_reservation_a_r_n reservation_subscription_id+reservation_reservation_a_r_n line_item_resource_id " +
			"line_item_line_item_description resource_tags",
	} {
		for column := range strings.FieldsSeq(columns) {
			variants = append(variants, variant{format, strings.Split(column, "+")})
		}
	}
	for _, v := range variants {
		t.Run(strings.Join(append([]string{v.format}, v.drop...), " without "), func(t *testing.T) {
			t.Parallel()
			whole := len(v.drop) == 0
			exports, labels := referenceBill(t, v.format, slices.Clone(v.drop))
			want := labels.reading()
			estate := knownEstate(t, "../testdata/bill/faults/estate.json", labels.AsOf, "111122223310")
			j := with(t, jobOn(t, estate, labels.AsOf, awssim.Fault{Operation: "GetOutpostBillingInformation", Account: "111122223312",
				Kind: awssim.FaultAccessDenied}), func(c *Config) { c.Billing = &Billing{Exports: exports} })
			r := runJob(t, j).Report
			checkReading(t, r.Billing, want, whole)
			fails := billFails(t, &r)
			if whole {
				if d := cmp.Diff(want.fails, fails); d != "" {
					t.Errorf("failures (-labels +run):\n%s", d)
				}
				return
			}
			for _, f := range fails {
				if !slices.Contains(want.fails, f) {
					t.Errorf("%s: the whole bill has no such failure", f)
				}
			}
		})
	}
}

// checkReading holds what is said of a bill against its labels.
func checkReading(t *testing.T, b *audit.Billing, want *labelled, whole bool) {
	t.Helper()
	statuses := maps.Clone(want.statuses)
	for _, o := range slices.Concat(b.Outposts, b.AccountRegions) {
		key := billedKey(o.Period, o.Account, o.Region, string(o.Outpost), string(o.Subscription))
		amounts := want.rows[key]
		if !slices.ContainsFunc(amounts, func(a string) bool {
			billed, expected, _ := strings.Cut(a, " ")
			return (o.Billed == "" || string(o.Billed) == billed) && (o.Net == "" || string(o.Net) == billed || o.Account == "111122223307") &&
				(o.Difference == "" || string(o.Expected) == expected)
		}) {
			t.Errorf("a wrong amount: %+v, want one of %q", o, amounts)
		}
		status, known := statuses[key]
		delete(statuses, key)
		if o.Status != audit.BillCannotTell && known && status != o.Status || whole && status != o.Status {
			t.Errorf("%+v: want %s", o, status)
		}
	}
	if whole {
		checkInvoices(t, b)
	}
	for key := range statuses {
		if whole && !strings.Contains(key, " 111122223304 ") { // two Outposts that no charge tells apart
			t.Errorf("no row: %s", key)
		}
	}
	for _, p := range b.Products {
		for period, amount := range p.Periods {
			if known := want.products[p.ARN+" "+period]; amount != known {
				t.Errorf("%s cost %s in %s, want %q", p.ARN, amount, period, known)
			}
		}
	}
}

// checkInvoices wants the invoices to come to what the rows and what is unmatched do.
func checkInvoices(t *testing.T, b *audit.Billing) {
	t.Helper()
	left := map[string]decimal.Decimal{} // by month and currency
	add := func(period, currency string, amount audit.Optional, sign int64) {
		d, err := decimal.NewFromString(string(amount))
		if err != nil {
			t.Errorf("%s: %v", period, err)
		}
		left[period+" "+currency] = left[period+" "+currency].Add(d.Mul(decimal.NewFromInt(sign)))
	}
	for _, s := range b.Sources {
		for _, v := range s.Invoices {
			add(s.Period, v.Currency, v.Billed, 1)
		}
	}
	for _, o := range slices.Concat(b.Outposts, b.AccountRegions) {
		add(o.Period, o.Currency, o.Billed, -1)
	}
	for _, u := range b.Unmatched {
		add(u.Period, u.Currency, u.Billed, -1)
	}
	for at, d := range left {
		if !d.IsZero() || len(left) != 7 { // four months in dollars, three in euros
			t.Errorf("%s: the invoices come to %s more than the rows", at, d)
		}
	}
}
