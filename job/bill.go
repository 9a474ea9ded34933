package job

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"tenor/audit"
	"tenor/billing"
	"tenor/collector"
	"tenor/finance"
	"tenor/internal/rawjson"
	"tenor/snapshot"
)

// problems finds the settings of a bill that cannot be.
func (b *Billing) problems(bad func(msg string, path ...string)) {
	switch explorer := b.CostExplorer; {
	case explorer == nil && len(b.Exports) == 0:
		bad("missing: a folder of an AWS Data Export, or s3://bucket/prefix/export-name", "billing", "exports")
	case explorer != nil && len(b.Exports) > 0:
		bad("want exports or cost_explorer: the same charges would count twice", "billing", "cost_explorer")
	case explorer != nil && explorer.MaxCalls < 1:
		bad("want the most calls that a run may make, such as 10: AWS charges USD "+billing.ExplorerPrice(1)+" for each",
			"billing", "cost_explorer", "max_calls")
	}
	for i, export := range b.Exports {
		switch err := billing.CheckExport(export); {
		case err != nil:
			bad(fmt.Sprintf("%q: %v", export, err), "billing", "exports")
		case !billing.InS3(export) && remote.MatchString(export), export == "":
			bad(fmt.Sprintf("%q: want a folder on this machine, or s3://bucket/prefix/export-name", export), "billing", "exports")
		case slices.Contains(b.Exports[:i], export):
			bad(fmt.Sprintf("%q is named twice", export), "billing", "exports")
		}
	}
	if b.Months < 0 {
		bad("want a number of months above 0", "billing", "months")
	}
	if d, err := decimal.NewFromString(string(b.DiscountPercent)); b.DiscountPercent != "" &&
		(err != nil || d.IsNegative() || d.GreaterThan(decimal.NewFromInt(100))) {
		bad(fmt.Sprintf("%q: want a percentage from 0 to 100", b.DiscountPercent), "billing", "discount_percent")
	}
}

// Discount is the percentage that AWS takes off; 0 for a nil Billing.
func (b *Billing) Discount() decimal.Decimal {
	if b == nil {
		return decimal.Zero
	}
	d, _ := decimal.NewFromString(string(b.DiscountPercent)) // 0 where it is empty
	return d
}

// discount is the same in its shortest form; empty for 0.
func (b *Billing) discount() string {
	if d := b.Discount(); !d.IsZero() {
		return d.String()
	}
	return ""
}

// window returns the months that a run which began at a time reads: the last that has to be there is the last that AWS changes no more.
func (b *Billing) window(began time.Time) billing.Months {
	return billing.Months{From: (audit.MonthOf(began.UTC()) - audit.Month(b.months()-1)).String(), To: billing.LastFinal(began)}
}

// asked says in words what is asked of a bill, by which a run that is resumed knows its own.
func (b *Billing) asked() []string {
	return append(b.names(), fmt.Sprintf("%d months", b.months()))
}

// names are what the bill is read from.
func (b *Billing) names() []string {
	if b.CostExplorer != nil {
		return []string{audit.CostExplorer}
	}
	return slices.Clone(b.Exports)
}

// written are the names as the config has them, which are the same wherever its folder is.
func (b *Billing) written() []string {
	names := b.names()
	for i, name := range names {
		names[i] = cmp.Or(b.asWritten[name], name)
	}
	return names
}

func (b *Billing) months() int { return cmp.Or(b.Months, defaultMonths) }

// readBill reads what AWS charged into a snapshot that was begun at a time, unless the run that is resumed has. Its gaps are rows of the
// ledger; a deadline is one too.
func (j *Job) readBill(ctx context.Context, w *snapshot.Writer, began time.Time) error {
	b := j.Config.Billing
	if b == nil {
		_, err := w.HasCharges(nil) // of a run that is resumed without
		return err
	}
	if done, err := w.HasCharges(b.asked()); done || err != nil {
		return err
	}
	c, err := j.charges(ctx, began)
	if err != nil {
		return err
	}
	return w.SetCharges(c, snapshot.Bill{Exports: b.written(), Months: b.months()}, b.asked())
}

// charges reads what AWS charged up to the month in which a run began, with the credentials of the run itself.
func (j *Job) charges(ctx context.Context, began time.Time) (*audit.Charges, error) {
	c, err := j.readCharges(ctx, began)
	if errors.Is(err, context.DeadlineExceeded) || err != nil && errors.Is(context.Cause(ctx), context.DeadlineExceeded) {
		c, err = &audit.Charges{Sources: []audit.ChargeSource{}, Gaps: []audit.ChargeGap{}, Rows: []audit.Charge{}}, nil
		for _, name := range j.Config.Billing.names() {
			c.Gaps = append(c.Gaps, audit.ChargeGap{Export: name, Reason: audit.ReasonTimeout, Message: "the run's time was up"})
		}
	}
	return c, err
}

// ReadBill reads what AWS charged: every month of exports or, without any, what the config says.
func (j *Job) ReadBill(ctx context.Context, exports []string) (*audit.Charges, error) {
	switch {
	case len(exports) > 0:
		client, err := j.billClient(ctx, exports)
		if err != nil {
			return nil, err
		}
		return billing.Read(ctx, exports, billing.Months{}, client)
	case j.Config.Billing == nil:
		return nil, errors.New("no bill to read: name an export, or give billing in the config (docs/bill.md)")
	}
	return j.readCharges(ctx, j.Now())
}

func (j *Job) readCharges(ctx context.Context, began time.Time) (*audit.Charges, error) {
	b := j.Config.Billing
	if b.CostExplorer != nil {
		return j.askExplorer(ctx, began)
	}
	client, err := j.billClient(ctx, b.Exports)
	if err != nil {
		return nil, err
	}
	return billing.Read(ctx, b.Exports, b.window(began), client)
}

// billClient returns the client that reads exports; nil where none is in S3.
func (j *Job) billClient(ctx context.Context, exports []string) (billing.S3, error) {
	if !slices.ContainsFunc(exports, billing.InS3) {
		return nil, nil
	}
	cfg, err := j.awsConfig(ctx)
	if err != nil {
		return nil, err
	}
	return billing.NewS3(cfg), nil
}

// askExplorer reads what Cost Explorer says of the account that runs tenor, once it has said what that may cost.
func (j *Job) askExplorer(ctx context.Context, began time.Time) (*audit.Charges, error) {
	b := j.Config.Billing
	cfg, err := j.awsConfig(ctx)
	if err != nil {
		return nil, err
	}
	payer, err := collector.CallerAccount(ctx, collector.Options{Config: cfg})
	if err != nil {
		return nil, err
	}
	calls := b.CostExplorer.MaxCalls
	j.Log.Info("asking Cost Explorer, which AWS charges by the call", "account", payer, "calls", fmt.Sprintf("at most %d", calls),
		"price", "at most USD "+billing.ExplorerPrice(calls))
	return billing.ReadCostExplorer(ctx, payer, b.window(began), audit.MonthOf(began.UTC()).String(), calls,
		billing.NewCostExplorer(cfg))
}

// Known returns what a snapshot has of contracts and of the products that are broken or that charged reports, as things stood at asOf,
// and of the assumptions the discount.
func Known(s *snapshot.Snapshot, asOf time.Time, assumed *audit.Assumptions, charged func(arn string) bool) (billing.Known, error) {
	k := billing.Known{Coverage: s.Manifest.Coverage}
	if d := assumed.BillingDiscountPercent; d != "" {
		var err error
		if k.DiscountPercent, err = decimal.NewFromString(d); err != nil {
			return k, fmt.Errorf("billing_discount_percent: %q is no number", d)
		}
	}
	for _, f := range s.Manifest.Files {
		if f.Kind != audit.KindOutpost && f.Kind != audit.KindProvisionedProduct {
			continue
		}
		for r, err := range s.ReadFile(f) {
			if err != nil {
				return k, err
			}
			if r.Kind == audit.KindOutpost {
				if contract := finance.Schedule(r, asOf); contract != nil {
					k.Contracts = append(k.Contracts, *contract)
				}
				continue
			}
			status, _ := rawjson.Text(rawjson.Find(r.Spec, audit.KindOf(r.Kind).Status))
			if p := (billing.Product{ARN: r.ARN, Account: r.Account, Status: string(status)}); p.Broken() || charged(r.ARN) {
				k.Products = append(k.Products, p)
			}
		}
	}
	return k, nil
}

// bill is what AWS charged as the documents of a run have it; nil: no bill is read.
type bill struct{ *billing.Documents }

// openBill joins what a snapshot has of a bill to what it has of contracts; nil where it has none.
func openBill(s *snapshot.Snapshot, run *audit.Run) (*bill, error) {
	c, err := s.Charges()
	if c == nil || err != nil {
		return nil, err
	}
	asOf, err := parseTime(run.AsOf)
	if err != nil {
		return nil, fmt.Errorf("as_of: %w", err)
	}
	charged := map[string]bool{}
	for i := range c.Rows {
		charged[c.Rows[i].Product] = true
	}
	known, err := Known(s, asOf, &run.Assumptions, func(arn string) bool { return charged[arn] })
	if err != nil {
		return nil, err
	}
	return &bill{billing.Join(c, known, asOf)}, nil
}

// part is the part of the report; nil without a bill.
func (b *bill) part() *audit.Billing {
	if b == nil {
		return nil
	}
	return b.Billing
}

// join puts what was charged into the document of a resource.
func (b *bill) join(r *audit.Resource) error {
	if b == nil {
		return nil
	}
	switch r.Kind {
	case audit.KindOutpost:
		if finance.Shared(r) { // whose bill is the owner's
			return nil
		}
		c, gap := b.Outpost(r.Account, r.Region, r.ID)
		return setCharges(r, c, gap)
	case audit.KindProvisionedProduct:
		c, gap := b.Product(r.Account, r.ARN)
		return setCharges(r, c, gap)
	}
	return nil
}

func setCharges(r *audit.Resource, charges any, gap *audit.Gap) error {
	text, err := audit.EncodeJSON(charges)
	if err != nil {
		return fmt.Errorf("%s %s: charges: %w", r.Kind, r.ID, err)
	}
	if r.Related == nil {
		r.Related = map[string]json.RawMessage{}
	}
	r.Related[audit.SectionCharges] = text
	if gap != nil {
		if r.Gaps == nil {
			r.Gaps = map[string]audit.Gap{}
		}
		r.Gaps[audit.SectionCharges] = *gap
	}
	return nil
}
