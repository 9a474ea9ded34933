package billing

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"tenor/audit"
)

// productCosts returns what products cost: those that a charge is tagged with, and the broken ones of which no charge is.
func productCosts(c *audit.Charges, known Known, b *bill) []audit.ProductCost {
	type costs struct {
		account, currency string
		periods           map[string]decimal.NullDecimal
		services          map[string]bool
	}
	type key struct{ arn, currency string }
	charged, active := map[key]*costs{}, map[string]bool{}
	for i := range c.Rows {
		r := &c.Rows[i]
		if r.Product == "" {
			continue
		}
		active[r.Payer] = true
		if r.Class == classTax || r.Class == classCredit {
			continue
		}
		k := key{r.Product, r.Currency}
		p := charged[k]
		if p == nil {
			p = &costs{account: r.Account, currency: r.Currency, periods: map[string]decimal.NullDecimal{}, services: map[string]bool{}}
			charged[k] = p
		}
		have, again := p.periods[r.Period]
		more := amountIn(r.Billed)
		p.periods[r.Period] = decimal.NullDecimal{Decimal: have.Decimal.Add(more.Decimal), Valid: more.Valid && (have.Valid || !again)}
		p.services[r.Code] = true
	}
	status := map[string]string{}
	read := readScopes(known.Coverage, audit.ServiceCatalog)
	for _, p := range known.Products {
		if status[p.ARN] = p.Status; !p.Broken() {
			continue
		}
		if _, there := charged[key{p.ARN, usDollar}]; !there {
			charged[key{p.ARN, usDollar}] = &costs{account: p.Account, currency: usDollar}
		}
	}
	out := make([]audit.ProductCost, 0, len(charged))
	for k, p := range charged {
		arn := strings.SplitN(k.arn, ":", 6)
		cost := audit.ProductCost{ARN: k.arn, Account: p.account, Status: audit.Optional(status[k.arn]), Currency: k.currency,
			Periods: map[string]string{}, Services: append([]string{}, slices.Sorted(maps.Keys(p.services))...)}
		region := ""
		if len(arn) == 6 && audit.IsAccountID(arn[4]) {
			cost.Account, region = arn[4], arn[3]
		}
		for period, amount := range p.periods {
			if amount.Valid {
				cost.Periods[period] = string(cents(amount))
			} else {
				cost.Why = audit.WhyMissingColumn
			}
		}
		_, there := status[k.arn]
		switch {
		case cost.Why != "":
		case !there && read[scope{cost.Account, region}]:
			cost.Why = audit.WhyGone
		case !there:
			cost.Why = audit.WhyNotCollected
		case p.periods == nil:
			cost.Why = audit.Optional(b.untold(cost.Account, active))
		}
		out = append(out, cost)
	}
	slices.SortFunc(out, func(a, b audit.ProductCost) int {
		return cmp.Or(cmp.Compare(a.ARN, b.ARN), cmp.Compare(a.Currency, b.Currency))
	})
	return out
}

// Broken reports whether the product does not work.
func (p *Product) Broken() bool { return p.Status == "TAINTED" || p.Status == "ERROR" }

// untold returns why no charge is tagged with a product of an account; empty where it is because it has cost nothing.
func (b *bill) untold(account string, active map[string]bool) string {
	payers := b.payers[account]
	if len(payers) == 0 {
		return audit.WhyNotCollected
	}
	why := ""
	for at, s := range b.sources {
		if payers[at[0]] && slices.Contains(s.Missing, missingTags) {
			return audit.WhyMissingColumn
		}
		if payers[at[0]] && !active[at[0]] {
			why = audit.WhyTagInactive
		}
	}
	return why
}
