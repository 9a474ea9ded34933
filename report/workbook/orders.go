package workbook

import (
	"strconv"

	"tenor/audit"
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

func orderColumns() []column[*order] {
	spec := func(head string, k kind, of func(o *order) scalar) column[*order] {
		return column[*order]{head: head, kind: k, of: func(o *order) string { return string(of(o)) }}
	}
	return []column[*order]{
		id[*order]("Order ID"),
		account[*order](),
		region[*order](),
		{head: "Status", of: func(o *order) string { return string(o.spec.Status) }, look: func(o *order) look {
			if o.spec.Status == "ERROR" {
				return bad
			}
			return plain
		}},
		spec("Type", text, func(o *order) scalar { return o.spec.OrderType }),
		{head: "Term", of: func(o *order) string { return words(string(o.spec.PaymentTerm)) }},
		{head: "Payment", of: func(o *order) string { return words(string(o.spec.PaymentOption)) }},
		spec("Submitted", date, func(o *order) scalar { return o.spec.OrderSubmissionDate }),
		spec("Fulfilled", date, func(o *order) scalar { return o.spec.OrderFulfilledDate }),
		{head: "Items and their status", kind: prose, of: func(o *order) string {
			return list(o.spec.LineItems, func(i lineItem) string { return string(i.Quantity + " × " + i.CatalogItemId + " " + i.Status) })
		}},
		spec("Outpost ID", ident, func(o *order) scalar { return o.spec.OutpostId }),
		{head: "Outpost's contract end", kind: date, of: func(o *order) string { return string(o.facts.OutpostContractEnd) }},
		{head: "Outpost is month to month", of: func(o *order) string { return yes(o.facts.OutpostMonthToMonth) }},
		{head: "Line items", kind: integer, screen: true, of: func(o *order) string { return strconv.Itoa(len(o.spec.LineItems)) }},
		spec("Quote", ident, func(o *order) scalar { return o.spec.QuoteIdentifier }),
		spec("Quote option", ident, func(o *order) scalar { return o.spec.QuoteOptionIdentifier }),
		gaps[*order](),
	}
}
