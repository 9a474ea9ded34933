package main

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"tenor/audit"
	"tenor/billing"
	"tenor/job"
	"tenor/report"
	"tenor/snapshot"
)

func (c *cli) billCmd() *cobra.Command {
	var f flags
	run, format := "out", "table"
	cmd := &cobra.Command{
		Use:   "bill [EXPORT...]",
		Short: "Compare what AWS charged with the contracts",
		Long: "Read AWS Data Exports (FOCUS 1.0, FOCUS 1.2 or CUR 2.0) and show, for each month and Outpost, what the contract says, what AWS\n" +
			"charged and the difference; and what broken Service Catalog products cost. EXPORT is the folder of an export, or\n" +
			"s3://bucket/prefix/export-name; without one the bill of the config is read, its exports or Cost Explorer.\n" +
			"Nothing is written, in AWS or here; docs/bill.md says how to set up an export.\n\n" +
			"Exit codes: 0 nothing differs; 1 something differs; 3 something could not be determined; 2 the command failed.",
		Example: "  tenor bill s3://acme-billing/exports/tenor-bill\n  tenor bill exports/tenor-bill --run out --format json",
		RunE: func(cmd *cobra.Command, args []string) error {
			known, asOf, err := knownIn(run)
			if err != nil {
				return err
			}
			j, err := c.configured(cmd, &f)
			if err != nil {
				return err
			}
			charges, err := j.ReadBill(cmd.Context(), args)
			if err != nil {
				return err
			}
			if len(args) == 0 {
				known.DiscountPercent = j.Config.Billing.Discount()
			}
			if len(charges.Sources) == 0 {
				return errors.Join(audit.Map(charges.Gaps, func(g audit.ChargeGap) error { return errors.New(g.Text()) })...)
			}
			bill := billing.Reconcile(charges, known, asOf)
			if format == "json" {
				err = c.printJSON(bill)
			} else {
				err = billTable(c.stdout, bill)
			}
			for i := range charges.Gaps {
				if _, werr := fmt.Fprintf(c.stderr, "tenor: %s\n", audit.Visible(charges.Gaps[i].Text())); werr != nil {
					err = errors.Join(err, werr)
				}
			}
			if err != nil {
				return err
			}
			return job.BillExit(bill, charges).Err()
		},
	}
	addFlags(cmd, f.credentials())
	s := cmd.Flags()
	s.StringVar(&run, "run", run, "run `folder` that has the contracts")
	s.VarP(word{&format, []string{"table", "json"}}, "format", "f", "`format`: table or json")
	return cmd
}

// knownIn returns what the run in a folder read of contracts and products, and its clock.
func knownIn(dir string) (k billing.Known, asOf time.Time, err error) {
	r, closeReport, err := report.ReadJSON(filepath.Join(dir, "report.json"))
	if err != nil {
		return k, asOf, err
	}
	if err := errors.Join(report.Current(&r, dir), closeReport()); err != nil {
		return k, asOf, err
	}
	if asOf, err = time.Parse(time.RFC3339, r.Run.AsOf); err != nil {
		return k, asOf, fmt.Errorf("%s: as_of %q is no time: evaluate its snapshot again", dir, r.Run.AsOf)
	}
	s, err := snapshot.Open(filepath.Join(dir, "snapshot"))
	if err != nil {
		return k, asOf, err
	}
	k, err = job.Known(s, asOf, &r.Run.Assumptions, func(string) bool { return true })
	return k, asOf, err
}

// billTable writes a bill for people: a table for each part that has something in it.
func billTable(out io.Writer, b *audit.Billing) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	var failed error
	row := func(cells ...string) {
		for i := range cells {
			if cells[i] = audit.Visible(cells[i]); cells[i] == "" {
				cells[i] = "-"
			}
		}
		if _, err := fmt.Fprintln(w, strings.Join(cells, "\t")); failed == nil {
			failed = err
		}
	}
	head := func(title string, columns ...string) {
		if _, err := fmt.Fprintf(w, "\n%s\n%s\n", title, strings.Join(columns, "\t")); failed == nil {
			failed = err
		}
	}
	var counts [4]int
	statuses := [...]audit.BillStatus{audit.BillEqual, audit.BillExplained, audit.BillDiffers, audit.BillCannotTell}
	if len(b.Outposts)+len(b.AccountRegions) > 0 {
		head("Outposts", "MONTH", "ACCOUNT", "REGION", "OUTPOST", "SUBSCRIPTION", "EXPECTED", "BILLED", "DIFFERENCE", "STATUS", "WHY")
	}
	for _, o := range slices.Concat(b.Outposts, b.AccountRegions) {
		row(o.Period, o.Account, o.Region, string(o.Outpost), string(o.Subscription), string(o.Expected), audit.InCurrency(o.Billed, o.Currency),
			string(o.Difference), string(o.Status), string(o.Why))
		counts[slices.Index(statuses[:], o.Status)]++
	}
	if len(b.Unmatched) > 0 {
		head("Charges without a contract that was read", "MONTH", "ACCOUNT", "REGION", "OUTPOST", "BILLED", "WHY")
	}
	for _, u := range b.Unmatched {
		row(u.Period, u.Account, u.Region, string(u.Outpost), audit.InCurrency(u.Billed, u.Currency), u.Why)
	}
	costly := slices.DeleteFunc(slices.Clone(b.Products), func(p audit.ProductCost) bool {
		return p.Why == "" && p.Status != "TAINTED" && p.Status != "ERROR"
	})
	if len(costly) > 0 {
		head("Service Catalog products that are broken, gone or not read", "PRODUCT", "STATUS", "WHY", "COST BY MONTH")
	}
	for _, p := range costly {
		var months []string
		for _, s := range periodsOf(b) {
			if cost := p.Periods[s]; cost != "" {
				months = append(months, s+" "+audit.InCurrency(cost, p.Currency))
			}
		}
		row(p.ARN, string(p.Status), string(p.Why), strings.Join(months, ", "))
	}
	if err := errors.Join(failed, w.Flush()); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "\n%s: %d equal, %d explained, %d differ, %d cannot be told; %s without a contract that was read\n",
		audit.Counted(len(b.Outposts)+len(b.AccountRegions), "row"), counts[0], counts[1], counts[2], counts[3],
		audit.Counted(len(b.Unmatched), "charge"))
	return err
}

// periodsOf returns the months of a bill, in order.
func periodsOf(b *audit.Billing) []string {
	list := audit.Map(b.Sources, func(s audit.BillingSource) string { return s.Period })
	slices.Sort(list)
	return slices.Compact(list)
}
