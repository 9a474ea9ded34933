package audit

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// wholeCents is how an amount of whole cents is written.
var wholeCents = regexp.MustCompile(`^-?[0-9]{1,16}(\.[0-9]{1,2})?$`)

// ParseCents returns a decimal string of at most two decimals as whole cents, of at most 18 digits.
func ParseCents(value string) (int64, error) {
	if !wholeCents.MatchString(value) {
		return 0, errors.New("it is no amount of whole cents in 18 digits")
	}
	whole, fraction, _ := strings.Cut(value, ".")
	return strconv.ParseInt(whole+(fraction + "00")[:2], 10, 64)
}

// BillTotals are a bill in numbers: what every output says of it first. Sums are in US dollars and of what is known.
type BillTotals struct {
	Month    string     // the last final month of any payer, YYYY-MM; empty: none is final yet
	Over     *Money     // what AWS charged more than the contracts say, in all final months, over the Outposts with more; nil: none
	Under    *Money     // likewise what it charged less, above 0
	Differs  []BillItem // the Outposts with a difference, the largest first
	Unread   int        // contracts of which that cannot be told
	NoReason *Money     // charged in final months for Outposts without a contract; nil: nothing
	Broken   *Money     // what broken products cost in Month; nil: nothing that is known
	Gone     *Money     // what products cost in Month that are gone; nil: nothing that is known
	Products []BillItem // those that are broken or gone and cost something in Month, the most expensive first
	Untold   int        // products whose cost cannot be told
}

// BillItem is an Outpost or a product, and what a bill says of it.
type BillItem struct {
	Resource ResourceRef // of a product its ARN, which is its id here, its account, and as name the end of its ARN
	What     string      // in words: BillMore, BillAfterEnd, BillLess, BillBroken or BillGone
	Cents    int64       // above 0
}

// What a bill says of an Outpost or a product.
const (
	BillMore     = "more than the contract"
	BillAfterEnd = "after the contract's end"
	BillLess     = "less than the contract"
	BillBroken   = "broken product"
	BillGone     = "product that is gone"
)

// Amount is its amount: over all final months of an Outpost, and of a product in the last of them.
func (i *BillItem) Amount() *Money { return CentsToMoney(i.Cents) }

// OfOneMonth reports whether Amount is of the last final month alone.
func (i *BillItem) OfOneMonth() bool { return i.What == BillBroken || i.What == BillGone }

// Largest returns the first five of Differs and of Products, for outputs that have no room for all.
func (t *BillTotals) Largest() []BillItem {
	if t == nil {
		return nil
	}
	const most = 5
	return slices.Concat(t.Differs[:min(len(t.Differs), most)], t.Products[:min(len(t.Products), most)])
}

// Bill returns what the report's bill comes to; nil where none was read. An error is that of reading the renewals.
func (r *Report) Bill() (*BillTotals, error) {
	b := r.Billing
	if b == nil {
		return nil, nil
	}
	t := &BillTotals{}
	for _, s := range b.Sources {
		if s.Final {
			t.Month = max(t.Month, s.Period)
		}
	}
	if err := t.contracts(r.Renewals); err != nil {
		return nil, err
	}
	var unmatched int64
	for _, u := range b.Unmatched {
		if u.Final && u.Why == WhyNoContract && u.Currency == usd {
			unmatched += centsOf(string(u.Billed))
		}
	}
	t.NoReason = positive(unmatched)
	t.products(b.Products)
	return t, nil
}

const usd = "USD"

func largestFirst(a, b BillItem) int { return cmp.Compare(b.Cents, a.Cents) }

// contracts adds up the differences of the Outposts.
func (t *BillTotals) contracts(renewals RenewalList) error {
	var over, under int64
	for rn, err := range renewals.All() {
		if err != nil {
			return fmt.Errorf("renewals: %w", err)
		}
		switch c := rn.BilledDifferenceCents; {
		case rn.Shared:
			continue
		case c == nil:
			t.Unread++
		case *c != 0:
			over, under = over+max(*c, 0), under-min(*c, 0)
			item := BillItem{rn.Resource, BillMore, *c}
			switch after := rn.BilledAfterEndCents; {
			case *c < 0:
				item.What, item.Cents = BillLess, -*c
			case after != nil && *after == *c:
				item.What = BillAfterEnd
			}
			t.Differs = append(t.Differs, item)
		}
	}
	t.Over, t.Under = positive(over), positive(under)
	slices.SortStableFunc(t.Differs, largestFirst)
	return nil
}

// products adds up what the products cost.
func (t *BillTotals) products(products []ProductCost) {
	var broken, gone int64
	for i := range products {
		p := &products[i]
		ref := ResourceRef{Kind: KindProvisionedProduct, ID: p.ARN, ARN: Optional(p.ARN), Name: p.Label(), Account: p.Account}
		item := BillItem{ref, BillBroken, centsOf(p.Periods[t.Month])}
		switch {
		case p.Why == WhyGone:
			item.What = BillGone
		case p.Why != "":
			t.Untold++
			continue
		case !p.Broken():
			continue
		}
		if item.Cents <= 0 || p.Currency != usd {
			continue
		}
		if item.What == BillGone {
			gone += item.Cents
		} else {
			broken += item.Cents
		}
		t.Products = append(t.Products, item)
	}
	t.Broken, t.Gone = positive(broken), positive(gone)
	slices.SortStableFunc(t.Products, largestFirst)
}

// Broken reports whether the product is TAINTED or in ERROR.
func (p *ProductCost) Broken() bool { return p.Status == "TAINTED" || p.Status == "ERROR" }

// Label is what a reader calls the product: the name and the id at the end of its ARN.
func (p *ProductCost) Label() string {
	return strings.TrimPrefix(p.ARN[strings.LastIndex(p.ARN, ":")+1:], "stack/")
}

// centsOf is ParseCents of an amount that may be missing, which adds nothing.
func centsOf(value string) int64 {
	c, _ := ParseCents(value)
	return c
}

func positive(cents int64) *Money {
	if cents <= 0 {
		return nil
	}
	return CentsToMoney(cents)
}

// Lines say a bill in two lines, that on the contracts and that on the products; nil for nil.
func (t *BillTotals) Lines() []string {
	switch {
	case t == nil:
		return nil
	case t.Month == "":
		return []string{"The bill: no month is final yet"}
	}
	said := func(m *Money, words string) string {
		if m == nil {
			return ""
		}
		return m.Text() + " " + words
	}
	contracts := joined("nothing differs from the contracts",
		said(t.Over, BillMore), said(t.Under, BillLess), said(t.NoReason, "without a contract"))
	products := joined("nothing for broken products", said(t.Broken, "for broken products"), said(t.Gone, "for gone products"))
	if t.Unread > 0 {
		contracts += fmt.Sprintf(" (%s cannot be told)", Counted(t.Unread, "Outpost"))
	}
	if t.Untold > 0 {
		products += fmt.Sprintf(" (%s cannot be told)", Counted(t.Untold, "product"))
	}
	return []string{"Billed for Outposts up to " + t.Month + ": " + contracts, "Billed in " + t.Month + ": " + products}
}

// joined joins those that say something; otherwise where none does.
func joined(otherwise string, parts ...string) string {
	parts = slices.DeleteFunc(parts, func(s string) bool { return s == "" })
	return cmp.Or(strings.Join(parts, ", "), otherwise)
}
