package workbook

import (
	"strconv"
	"strings"

	"tenor/audit"
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

// rows returns the rows of a quote, at least one.
func (q *quote) rows() []*quotedOption {
	var rows []*quotedOption
	for i := range q.facts.Options {
		rows = append(rows, &quotedOption{q, i + 1, &q.facts.Options[i]})
	}
	if rows == nil {
		rows = append(rows, &quotedOption{quote: q, number: 1})
	}
	return rows
}

func quoteColumns() []column[*quotedOption] {
	spec := func(head string, k kind, of func(q *quotedOption) scalar) column[*quotedOption] {
		return column[*quotedOption]{head: head, kind: k, of: func(q *quotedOption) string { return string(of(q)) }}
	}
	cols := []column[*quotedOption]{
		id[*quotedOption]("Quote ID"),
		spec("Status", text, func(q *quotedOption) scalar { return q.spec.QuoteStatus }),
		spec("Expires", date, func(q *quotedOption) scalar { return q.spec.ExpirationDate }),
		{head: "Open", of: func(q *quotedOption) string { return yes(q.facts.Open) }},
		{head: "Outpost ID", kind: ident, of: func(q *quotedOption) string {
			_, id, _ := strings.Cut(string(q.spec.OutpostArn), ":outpost/")
			return id
		}},
	}
	cols = append(cols, optionColumns(func(q *quotedOption) *audit.PricedOption { return q.option })...)
	return append(cols,
		column[*quotedOption]{head: "Requirements failed", kind: prose, look: func(*quotedOption) look { return bad }, of: func(q *quotedOption) string {
			return list(q.spec.OrderingRequirements, func(r requirement) string {
				if r.Status != "FAIL" {
					return ""
				}
				return string(r.OrderingRequirementType)
			})
		}},
		column[*quotedOption]{head: "Account", screen: true, of: func(q *quotedOption) string { return q.Account }},
		region[*quotedOption](),
		spec("Country", text, func(q *quotedOption) scalar { return q.spec.CountryCode }),
		spec("Created", date, func(q *quotedOption) scalar { return q.spec.CreatedDate }),
		column[*quotedOption]{head: "Requested capacity", kind: prose, of: func(q *quotedOption) string {
			return list(q.spec.RequestedCapacities, func(c capacity) string { return string(c.Quantity + " × " + c.Unit) })
		}},
		column[*quotedOption]{head: "No.", kind: integer, of: func(q *quotedOption) string { return strconv.Itoa(q.number) }},
		column[*quotedOption]{head: "Quote option", kind: ident, of: func(q *quotedOption) string {
			if q.option == nil {
				return ""
			}
			return q.option.QuoteOption
		}},
		spec("Ordered as", ident, func(q *quotedOption) scalar { return q.spec.SubmittedOrderId }),
		gaps[*quotedOption](),
	)
}
