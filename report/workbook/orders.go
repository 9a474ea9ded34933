package workbook

import (
	"strconv"

	"tenor/audit"
	"tenor/report/workbook/xlsx"
)

// order is a row of Orders.
type order struct {
	source
	spec struct {
		OutpostId, Status, OrderType, PaymentOption, PaymentTerm scalar
		OrderSubmissionDate, OrderFulfilledDate                  scalar
		QuoteIdentifier, QuoteOptionIdentifier                   scalar
		LineItems                                                []lineItem
	}
	facts audit.OrderFacts
}

type lineItem struct{ CatalogItemId, Quantity, Status scalar }

func newOrder(r *audit.Resource) (*order, error) {
	o := &order{source: sourceOf(r)}
	o.decode("spec", r.Spec, &o.spec)
	return o, decodeFacts(r, &o.facts)
}

func orderColumns() []xlsx.Column[*order] {
	return []xlsx.Column[*order]{
		id[*order]("Order ID"),
		account[*order](),
		region[*order](),
		{Head: "Status", Of: func(o *order) string { return string(o.spec.Status) },
			Look: func(o *order) xlsx.Look { return badIf(o.spec.Status == "ERROR") }},
		shown("Type", xlsx.Text, func(o *order) scalar { return o.spec.OrderType }),
		{Head: "Term", Of: func(o *order) string { return words(string(o.spec.PaymentTerm)) }},
		{Head: "Payment", Of: func(o *order) string { return words(string(o.spec.PaymentOption)) }},
		shown("Submitted", xlsx.Date, func(o *order) scalar { return o.spec.OrderSubmissionDate }),
		shown("Fulfilled", xlsx.Date, func(o *order) scalar { return o.spec.OrderFulfilledDate }),
		{Head: "Items and their status", Kind: xlsx.Prose, Of: func(o *order) string {
			return list(o.spec.LineItems, func(i lineItem) string { return string(i.Quantity + " × " + i.CatalogItemId + " " + i.Status) })
		}},
		shown("Outpost ID", xlsx.Ident, func(o *order) scalar { return o.spec.OutpostId }),
		{Head: "Outpost's contract end", Kind: xlsx.Date, Of: func(o *order) string { return string(o.facts.OutpostContractEnd) }},
		{Head: "Outpost's contract", Of: func(o *order) string { return ourWords(string(o.facts.OutpostContractState)) }},
		{Head: "Line items", Kind: xlsx.Integer, Screen: true, Of: func(o *order) string { return strconv.Itoa(len(o.spec.LineItems)) }},
		shown("Quote", xlsx.Ident, func(o *order) scalar { return o.spec.QuoteIdentifier }),
		shown("Quote option", xlsx.Ident, func(o *order) scalar { return o.spec.QuoteOptionIdentifier }),
		gaps[*order](),
	}
}
