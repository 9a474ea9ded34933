package finance

import (
	"cmp"
	"fmt"
	"slices"

	"tenor/audit"
)

// quote is what finance reads of a quote.
type quote struct {
	QuoteStatus    string
	ExpirationDate timestamp
	QuoteOptions   []struct {
		QuoteOptionIdentifier string
		PricingOptions        []pricing
	}
}

// quoteFacts returns the facts of a quote. The options of one quote option are compared with one another.
func (a *Analyst) quoteFacts(r *audit.Resource) (audit.QuoteFacts, error) {
	q, err := decode[quote](r.Spec, "spec")
	if err != nil {
		return audit.QuoteFacts{}, err
	}
	f := audit.QuoteFacts{Options: []audit.PricedOption{}}
	f.Open = a.open(q.QuoteStatus, q.ExpirationDate)
	for i, qo := range q.QuoteOptions {
		options, err := a.readOptions(qo.PricingOptions, fmt.Sprintf("spec.QuoteOptions[%d].PricingOptions", i), qo.QuoteOptionIdentifier)
		if err != nil {
			return audit.QuoteFacts{}, err
		}
		compare(options, usd{}, a.monthToMonthPrice(options))
		f.Options = append(f.Options, facts(options)...)
	}
	return f, nil
}

// open reports whether a quote can still be ordered from: it is CREATED and not past its expiration. One without a date is.
func (a *Analyst) open(status string, expires timestamp) bool {
	return status == "CREATED" && (expires.IsZero() || !expires.Before(a.asOf))
}

// openQuote returns what an estate keeps of a quote: nil for one that is not open or is for no Outpost, and for another kind. Where
// that cannot be told, the gap says why; the prices do not matter.
func (a *Analyst) openQuote(r *audit.Resource) (*audit.OpenQuote, *audit.Gap) {
	if r.Kind != audit.KindQuote {
		return nil, nil
	}
	if gap, ok := r.Gaps["spec"]; ok {
		return nil, &gap
	}
	q, err := decode[struct {
		QuoteStatus, OutpostArn     string
		CreatedDate, ExpirationDate timestamp
	}](r.Spec, "spec")
	if err != nil {
		_, gap := GapOf(r.Kind, err)
		return nil, &gap
	}
	if q.OutpostArn == "" || !a.open(q.QuoteStatus, q.ExpirationDate) {
		return nil, nil
	}
	return &audit.OpenQuote{Quote: r.ID, Outpost: audit.OutpostID(q.OutpostArn), Region: r.Region,
		Created: dateString(dateOf(q.CreatedDate.Time)), Expires: dateString(dateOf(q.ExpirationDate.Time))}, nil
}

// quotesByOutpost groups open quotes by their Outpost, whose order is that of the groups, and orders each group by the day on which the
// quotes were made, an unknown one first, and their ids.
func quotesByOutpost(quotes []audit.OpenQuote) [][]audit.OpenQuote {
	groups := [][]audit.OpenQuote{}
	slices.SortFunc(quotes, func(a, b audit.OpenQuote) int {
		return cmp.Or(cmp.Compare(a.Outpost, b.Outpost), cmp.Compare(a.Created, b.Created), cmp.Compare(a.Quote, b.Quote))
	})
	for i, q := range quotes {
		if i == 0 || q.Outpost != quotes[i-1].Outpost {
			groups = append(groups, nil)
		}
		last := &groups[len(groups)-1]
		*last = append(*last, q)
	}
	return groups
}
