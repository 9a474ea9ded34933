package job

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"tenor/audit"
)

// brokenRules say that a provisioned product is broken: one of them, of each that is.
var brokenRules = []string{
	"service_catalog.product_error", "service_catalog.product_tainted", "service_catalog.broken_long", "service_catalog.launch_failed",
	"service_catalog.terminate_failed", "service_catalog.account_product_broken",
}

// brokenProduct is what findings say of a product that is broken, or was.
type brokenProduct struct {
	now, known bool           // broken in this report; in the earlier one, or not known to be mended
	resolved   audit.Optional // first_seen of what is resolved of it; empty: nothing is
}

// products returns the provisioned products in numbers: those of the estate, with what the findings say of them.
func (p *pass) products(r *audit.Report) (*audit.Products, error) {
	products := p.estate.Products()
	if err := advise(products, r.Findings); err != nil {
		return nil, err
	}
	if r.Changes == nil {
		return products, nil
	}
	broken, err := brokenOf(r)
	if err != nil {
		return nil, err
	}
	products.Since = &audit.ProductsSince{Baseline: r.Changes.Baseline.AsOf}
	if earlier := p.in.baseline.Report.Products; earlier != nil {
		products.Repairs = append(products.Repairs, earlier.Repairs...)
	}
	for key, b := range broken {
		switch {
		case b.now && !b.known && b.resolved == "":
			products.Since.New++
		case !b.now && !b.known && b.resolved != "":
			products.Since.Mended++
			products.Repairs = append(products.Repairs, audit.Repair{ID: key.ID, Account: key.Account, Region: key.Region,
				FirstSeen: string(b.resolved), Mended: p.run.AsOf, Days: wholeDays(string(b.resolved), p.asOf)})
		}
	}
	slices.SortFunc(products.Repairs, func(a, b audit.Repair) int {
		return cmp.Or(cmp.Compare(b.Mended, a.Mended), cmp.Compare(a.Account, b.Account), cmp.Compare(a.Region, b.Region),
			cmp.Compare(a.ID, b.ID), cmp.Compare(a.FirstSeen, b.FirstSeen))
	})
	products.Repairs = slices.Compact(products.Repairs)
	products.Repairs = products.Repairs[:min(len(products.Repairs), audit.MaxRepairs)]
	products.MedianRepairDays = medianDays(products.Repairs)
	return products, nil
}

// advise sets what is to be done about each cause: what the gravest finding that names it says of the first of its examples. What it
// names, such as a launch role, is of that one's account.
func advise(products *audit.Products, findings audit.FindingList) error {
	first := map[audit.ResourceKey]*audit.ProductCause{}
	for i := range products.Causes {
		c := &products.Causes[i]
		e := &c.Examples[0]
		first[audit.ResourceKey{Account: e.Account, Region: e.Region, ID: e.ID}] = c
	}
	for f, err := range findings.All() {
		if err != nil || len(first) == 0 {
			return err
		}
		if c := first[f.Resource.Key()]; c != nil && f.Verdict.Given() && f.Cause() == c.Cause.Cause {
			c.Remediation = audit.Optional(f.Remediation)
			if c.Accounts > 1 && f.Remediation != "" {
				c.Remediation += " This is said of the first product, in " + audit.Optional(f.Resource.Account) + ": do it in each account."
			}
			delete(first, f.Resource.Key())
		}
	}
	return nil
}

// brokenOf returns the products that are broken in a report, or were in its baseline. Those of an account that is gone are neither.
func brokenOf(r *audit.Report) (map[audit.ResourceKey]*brokenProduct, error) {
	broken := map[audit.ResourceKey]*brokenProduct{}
	note := func(f *audit.Finding, what func(*brokenProduct)) {
		if !f.Verdict.Given() || !slices.Contains(brokenRules, f.Rule) {
			return
		}
		b := broken[f.Resource.Key()]
		if b == nil {
			b = &brokenProduct{}
			broken[f.Resource.Key()] = b
		}
		what(b)
	}
	for _, list := range [...]struct {
		of   audit.FindingList
		what func(*audit.Finding, *brokenProduct)
	}{
		{r.Findings, func(f *audit.Finding, b *brokenProduct) {
			b.now, b.known = true, b.known || f.Change != audit.Optional(audit.ChangeNew)
		}},
		{r.Changes.NotReevaluated, func(_ *audit.Finding, b *brokenProduct) { b.known = true }},
		{r.Changes.Resolved, func(f *audit.Finding, b *brokenProduct) {
			if f.Change == audit.Optional(audit.ChangeResolved) && (b.resolved == "" || f.FirstSeen < b.resolved) {
				b.resolved = f.FirstSeen
			}
		}},
	} {
		for f, err := range list.of.All() {
			if err != nil {
				return nil, err
			}
			note(&f, func(b *brokenProduct) { list.what(&f, b) })
		}
	}
	for s, err := range r.Changes.Silenced.All() {
		if err != nil {
			return nil, err
		}
		note(&s.Finding, func(b *brokenProduct) { b.known = true })
	}
	return broken, nil
}

// wholeDays are those from a time in RFC 3339 to another; 0 where it cannot be read.
func wholeDays(from string, to time.Time) int {
	t, err := time.Parse(time.RFC3339, from)
	if err != nil {
		return 0
	}
	return max(int(to.Sub(t).Hours()/24), 0)
}

// medianDays returns the median of the days that repairs took; nil without any.
func medianDays(repairs []audit.Repair) *json.Number {
	if len(repairs) == 0 {
		return nil
	}
	days := audit.Map(repairs, func(r audit.Repair) int { return r.Days })
	slices.Sort(days)
	twice := days[(len(days)-1)/2] + days[len(days)/2]
	median := json.Number(strconv.Itoa(twice / 2))
	if twice%2 == 1 {
		median += ".5"
	}
	return &median
}
