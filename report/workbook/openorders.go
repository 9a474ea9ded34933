package workbook

import (
	"slices"
	"strconv"

	"github.com/shopspring/decimal"

	"tenor/audit"
	"tenor/report/workbook/xlsx"
)

// openStatuses are those of an order that is under way.
var openStatuses = []scalar{"PREPARING", "IN_PROGRESS", "DELIVERED", "RECEIVED", "PENDING", "PROCESSING", "INSTALLING"}

func (o *order) open() bool { return slices.Contains(openStatuses, o.spec.Status) }

// months is how long the term of an order is; 0 for one that this program does not know.
func (o *order) months() int {
	return map[scalar]int{"ONE_YEAR": 12, "THREE_YEARS": 36, "FIVE_YEARS": 60}[o.spec.PaymentTerm]
}

// openOrder is a row of Open orders, and where its order stands.
type openOrder struct {
	*order
	place string
}

// newOpenOrders begins Open orders: the orders that are under way with what they were quoted. No commitment includes them before AWS has
// made them a subscription. Its rows come with those of Orders, and wait.
func (s *sheets) newOpenOrders() {
	s.orders = xlsx.NewTable(s.Book, "Open orders", "open orders", openOrderColumns())
	s.orders.Total, s.orders.TotalOf = "Total, not yet in the commitments", "Not yet in the commitments"
	s.orders.Waits = true
}

// writeOrder writes the row of an order, and that of Open orders where it is open.
func (s *sheets) writeOrder(t *xlsx.Table[*order], o *order) error {
	if err := t.Add(o); err != nil || !o.open() {
		return err
	}
	open := &openOrder{o, t.Place(t.Rows - 1)}
	if open.total() == "" && o.facts.Subscribed == nil {
		s.details.unpriced++
	}
	return s.orders.Add(open)
}

// closeOpenOrders ends Open orders.
func (s *sheets) closeOpenOrders() error {
	if n := s.details.unpriced; n > 0 {
		s.orders.Total += "; not included: " + audit.Counted(n, "order") + " without a known price"
	}
	return s.orders.Close()
}

// total returns upfront + monthly × months of what an order was quoted; "" where one of them is not known.
func (o *openOrder) total() string {
	q := o.facts.Quoted
	if q == nil || q.Upfront == "" || o.months() == 0 {
		return ""
	}
	upfront, err := decimal.NewFromString(string(q.Upfront))
	if err != nil {
		return ""
	}
	monthly, err := decimal.NewFromString(q.Monthly)
	if err != nil {
		return ""
	}
	return upfront.Add(monthly.Mul(decimal.NewFromInt(int64(o.months())))).String()
}

func openOrderColumns() []xlsx.Column[*openOrder] {
	type row = *openOrder
	quoted := func(head string, get func(q *audit.OrderPrice) string) xlsx.Column[row] {
		return xlsx.Column[row]{Head: head, Kind: xlsx.Money, When: func(o row) bool { return o.facts.Quoted != nil },
			Of: func(o row) string { return get(o.facts.Quoted) }}
	}
	return []xlsx.Column[row]{
		{Head: "Order", Of: func(o row) string { return o.ID }, Link: func(o row) string { return o.place }},
		{Head: "Status", Of: func(o row) string { return string(o.spec.Status) }},
		shown("Submitted", xlsx.Date, func(o row) scalar { return o.spec.OrderSubmissionDate }),
		{Head: "Term", Of: func(o row) string { return words(string(o.spec.PaymentTerm)) }},
		{Head: "Payment", Of: func(o row) string { return words(string(o.spec.PaymentOption)) }},
		{Head: "Months", Kind: xlsx.Integer, When: func(o row) bool { return o.months() != 0 },
			Of: func(o row) string { return strconv.Itoa(o.months()) }},
		quoted("Upfront", func(q *audit.OrderPrice) string { return string(q.Upfront) }),
		quoted("Per month", func(q *audit.OrderPrice) string { return q.Monthly }),
		{Head: "Total contract value", Kind: xlsx.Money, When: func(o row) bool { return o.total() != "" }, Of: row.total,
			Live: func(row) string { return "{Upfront}+{Per month}*{Months}" }},
		{Head: "Price", Of: func(o row) string {
			switch {
			case o.facts.Quoted != nil:
				return "as quoted"
			case o.gaps["quote_option"].Reason != "":
				return "not read"
			}
			return "not known: no quote names it"
		}},
		{Head: "Not yet in the commitments", Of: func(o row) string { return yes(o.facts.Subscribed == nil) }},
		shown("Quote", xlsx.Ident, func(o row) scalar { return o.spec.QuoteIdentifier }),
		{Head: "Account", Screen: true, Of: func(o row) string { return o.Account }},
		region[row](),
		owner[row](),
		shown("Outpost ID", xlsx.Ident, func(o row) scalar { return o.spec.OutpostId }),
		gaps[row](),
	}
}
