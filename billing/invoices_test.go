package billing

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"tenor/audit"
)

// TestInvoices adds up the lines of Outposts contracts by invoice, in each format: tax, credits and usage are not among them, and FOCUS
// 1.0 has no ids.
func TestInvoices(t *testing.T) {
	lines := faultLines(t)
	type total struct {
		lines       int
		billed, net decimal.Decimal
	}
	for i, format := range formats {
		t.Run(format, func(t *testing.T) {
			sums := map[string]*total{}
			for _, l := range lines {
				if l.Code != outpostsCode || !slices.Contains([]string{"recurring", "upfront", "refund"}, l.Kind) {
					continue
				}
				if format == "focus10" {
					l.Invoice = ""
				}
				key := strings.Join([]string{l.Payer, l.Period, l.Invoice, l.Currency}, " ")
				if sums[key] == nil {
					sums[key] = &total{}
				}
				s := sums[key]
				s.lines++
				s.billed, s.net = s.billed.Add(decimal.NewFromFloat(l.Amount)), s.net.Add(decimal.NewFromFloat(l.Net))
			}
			want, got := map[string]string{}, map[string]string{}
			for key, s := range sums {
				want[key] = fmt.Sprintf("%d %s %s", s.lines, s.billed, s.net)
			}
			c, err := Read(t.Context(), testExport{format: format, lines: shuffled(lines, uint64(i)), chunks: 3, dir: t.TempDir()}.write(t), Months{}, nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range c.Sources {
				for _, v := range s.Invoices {
					got[strings.Join([]string{s.Payer, s.Period, string(v.Invoice), v.Currency}, " ")] = fmt.Sprintf("%d %s %s", v.Lines, v.Billed, v.Net)
				}
			}
			if d := cmp.Diff(want, got); d != "" || len(c.Gaps) > 0 {
				t.Errorf("%v\n(-lines +read):\n%s", c.Gaps, d)
			}
		})
	}
}

// TestInvoicesAreBounded refuses a month with more invoices than are kept, in one file or in several, and keeps one with as many.
func TestInvoicesAreBounded(t *testing.T) {
	of := func(n, first int) *tally {
		names := slices.Concat(focus.columns[:]...)
		f, _ := layoutOf(names)
		m := newTally()
		for i := range n {
			var l line
			l.text[code], l.text[category], l.text[invoice] = outpostsCode, classPurchase, fmt.Sprint("INV-", first+i)
			l.amount[contracted] = decimal.NewNullDecimal(decimal.NewFromInt(1))
			l.amount[billed] = l.amount[contracted]
			if err := m.add(f, &l); err != nil {
				return nil
			}
		}
		return m
	}
	if of(maxInvoices+1, 0) != nil {
		t.Error("one file: was read")
	}
	m := of(maxInvoices, 0)
	if m == nil || len(m.invoiceTotals()) != maxInvoices || m.invoiceTotals()[0] != (audit.InvoiceTotal{Invoice: "INV-0", Lines: 1, Billed: "1", Net: "1"}) {
		t.Fatal("as many as are kept were not read")
	}
	if err := m.merge(of(1, maxInvoices)); err == nil {
		t.Error("two files: were read")
	}
}
