package finance

import (
	"fmt"

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
	f.Open = q.QuoteStatus == "CREATED" && (q.ExpirationDate.IsZero() || !q.ExpirationDate.Before(a.asOf))
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
