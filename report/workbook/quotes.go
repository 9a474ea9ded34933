package workbook

import (
	"strconv"
	"strings"

	"tenor/audit"
	"tenor/report/workbook/xlsx"
)

// quote is what the rows of a quote share.
type quote struct {
	source
	spec struct {
		QuoteStatus, OutpostArn, CountryCode, CreatedDate, ExpirationDate, SubmittedOrderId scalar
		RequestedCapacities                                                                 []capacity
		OrderingRequirements                                                                []requirement
	}
	facts audit.QuoteFacts
}

type capacity struct{ QuoteCapacityType, Unit, Quantity scalar }

type requirement struct{ OrderingRequirementType, Status scalar }

// quotedOption is a row of Quotes: one priced option, or the quote alone when it has none.
type quotedOption struct {
	*quote
	number int                 // of the row among the quote's, from 1
	option *audit.PricedOption // nil when the quote is not priced
}

// newQuote reads a quote.
func newQuote(r *audit.Resource) (*quote, error) {
	q := &quote{source: sourceOf(r)}
	q.decode("spec", r.Spec, &q.spec)
	return q, decodeFacts(r, &q.facts)
}

// writeQuote writes the rows of a quote, at least one.
func writeQuote(t *xlsx.Table[*quotedOption], q *quote) error {
	if len(q.facts.Options) == 0 {
		return t.Add(&quotedOption{quote: q, number: 1})
	}
	for i := range q.facts.Options {
		if err := t.Add(&quotedOption{q, i + 1, &q.facts.Options[i]}); err != nil {
			return err
		}
	}
	return nil
}

func quoteColumns() []xlsx.Column[*quotedOption] {
	type row = *quotedOption
	cols := []xlsx.Column[row]{
		id[*quotedOption]("Quote ID"),
		shown("Status", xlsx.Text, func(q row) scalar { return q.spec.QuoteStatus }),
		shown("Expires", xlsx.Date, func(q row) scalar { return q.spec.ExpirationDate }),
		{Head: "Open", Of: func(q row) string { return yes(q.facts.Open) }},
		{Head: "Outpost ID", Kind: xlsx.Ident, Of: func(q row) string {
			_, id, _ := strings.Cut(string(q.spec.OutpostArn), ":outpost/")
			return id
		}},
	}
	cols = append(cols, optionColumns(func(q *quotedOption) *audit.PricedOption { return q.option })...)
	return append(cols,
		xlsx.Column[row]{Head: "Requirements failed", Kind: xlsx.Prose, Look: func(row) xlsx.Look { return xlsx.Bad }, Of: func(q row) string {
			return list(q.spec.OrderingRequirements, func(r requirement) string {
				if r.Status != "FAIL" {
					return ""
				}
				return string(r.OrderingRequirementType)
			})
		}},
		xlsx.Column[row]{Head: "Account", Screen: true, Of: func(q row) string { return q.Account }},
		region[*quotedOption](),
		shown("Country", xlsx.Text, func(q row) scalar { return q.spec.CountryCode }),
		shown("Created", xlsx.Date, func(q row) scalar { return q.spec.CreatedDate }),
		xlsx.Column[row]{Head: "Requested capacity", Kind: xlsx.Prose, Of: func(q row) string {
			return list(q.spec.RequestedCapacities, func(c capacity) string { return string(c.Quantity + " × " + c.Unit) })
		}},
		xlsx.Column[row]{Head: "No.", Kind: xlsx.Integer, Of: func(q row) string { return strconv.Itoa(q.number) }},
		xlsx.Column[row]{Head: "Quote option", Kind: xlsx.Ident, When: func(q row) bool { return q.option != nil },
			Of: func(q row) string { return q.option.QuoteOption }},
		shown("Ordered as", xlsx.Ident, func(q row) scalar { return q.spec.SubmittedOrderId }),
		gaps[*quotedOption](),
	)
}
