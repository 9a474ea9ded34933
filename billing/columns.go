package billing

import (
	"slices"
	"strings"
)

// column is a field of a line that is read; every format has a name of its own for it.
type column int

const (
	payer column = iota
	account
	region
	code
	service // by its name, where a line has no code
	category
	class
	frequency
	currency
	contracted
	listed
	billed
	commitment
	reservation
	resource
	description
	invoice
	tags    // a map, or a JSON object
	product // the one tag that is read, as a column of its own
	columns
)

// productTags are the names that the tag of Service Catalog has: in FOCUS, which keeps AWS's key, and in CUR 2.0, which rewrites it.
const (
	productTag      = "aws:servicecatalog:provisionedProductArn"
	productTagSnake = "aws_servicecatalog_provisioned_product_arn"
)

// dialect is a family of formats.
type dialect struct {
	focus   bool
	columns [columns][]string // the names of each column: the first that a file has is read
}

var focus = dialect{focus: true, columns: [columns][]string{
	payer: {"BillingAccountId"}, account: {"SubAccountId"}, region: {"RegionId"}, code: {"x_ServiceCode"}, service: {"ServiceName"},
	category: {"ChargeCategory"}, class: {"ChargeClass"}, frequency: {"ChargeFrequency"}, currency: {"BillingCurrency"},
	contracted: {"ContractedCost"}, listed: {"ListCost"}, billed: {"BilledCost"}, commitment: {"CommitmentDiscountId"},
	resource: {"ResourceId"}, description: {"ChargeDescription"}, invoice: {"InvoiceId"}, tags: {"Tags"},
}}

var cur2 = dialect{columns: [columns][]string{
	payer: {"bill_payer_account_id"}, account: {"line_item_usage_account_id"}, region: {"product_region_code", "product_region"},
	code: {"line_item_product_code"}, category: {"line_item_line_item_type"}, frequency: {"bill_bill_type"},
	currency: {"line_item_currency_code"}, contracted: {"line_item_unblended_cost"}, billed: {"line_item_net_unblended_cost"},
	commitment: {"reservation_subscription_id"}, reservation: {"reservation_reservation_a_r_n"}, resource: {"line_item_resource_id"},
	description: {"line_item_line_item_description"}, invoice: {"bill_invoice_id"}, tags: {"resource_tags"},
	product: {"resource_tags_" + productTagSnake},
}}

// since12 are columns that FOCUS has since 1.1 or 1.2.
var since12 = []string{"InvoiceId", "BillingAccountType", "SubAccountType", "PricingCurrency", "ServiceSubcategory", "SkuMeter",
	"SkuPriceDetails", "CapacityReservationId", "CommitmentDiscountQuantity"}

// needs are the fields that something rests on, by the name under which a file without them is said to miss them. One of the columns is
// enough, and a dialect that has none of them misses nothing.
var needs = []struct {
	name string
	any  []column
}{
	{MissingAccount, []column{account}}, {missingRegion, []column{region}}, {MissingService, []column{code, service}},
	{MissingCategory, []column{category}}, {missingClass, []column{class}}, {missingFrequency, []column{frequency}},
	{MissingCurrency, []column{currency}}, {MissingContracted, []column{contracted}}, {missingListed, []column{listed}},
	{missingBilled, []column{billed}}, {missingCommitment, []column{commitment, reservation}}, {missingResource, []column{resource}},
	{missingDescription, []column{description}}, {missingTags, []column{tags, product}},
}

// The fields that a file can miss. Without one of the exported names nothing can be said of a month's contracts.
const (
	MissingAccount    = "account"
	MissingService    = "service code"
	MissingCategory   = "charge category"
	MissingCurrency   = "currency"
	MissingContracted = "contracted cost"

	missingRegion      = "region"
	missingClass       = "charge class"
	missingFrequency   = "charge frequency"
	missingListed      = "list cost"
	missingBilled      = "billed cost"
	missingCommitment  = "commitment id"
	missingResource    = "resource id"
	missingDescription = "description"
	missingTags        = "tags"
)

// layout is where a file has the columns.
type layout struct {
	*dialect
	at      [columns]int // the index in the file's names; -1: it has none
	format  string
	missing []string // of needs
}

// layoutOf finds the columns among the names of a file. It is false where the names are of no format that is known.
func layoutOf(names []string) (*layout, bool) {
	var best *layout
	most := 0
	for _, d := range []*dialect{&focus, &cur2} {
		l, n := &layout{dialect: d}, 0
		for c, known := range d.columns {
			l.at[c] = -1
			for _, name := range known {
				if l.at[c] < 0 {
					l.at[c] = slices.Index(names, name)
				}
			}
			if l.at[c] >= 0 {
				n++
			}
		}
		if n > most {
			best, most = l, n
		}
	}
	if best == nil || most < 3 { // one name alone, such as Tags, says nothing
		return nil, false
	}
	best.format = best.name(names)
	for _, need := range needs {
		known := func(c column) bool { return len(best.columns[c]) > 0 }
		there := func(c column) bool { return best.at[c] >= 0 }
		if slices.ContainsFunc(need.any, known) && !slices.ContainsFunc(need.any, there) {
			best.missing = append(best.missing, need.name)
		}
	}
	return best, true
}

func (f *layout) name(names []string) string {
	has := func(name string) bool { return slices.Contains(names, name) }
	switch {
	case f.focus && slices.ContainsFunc(since12, has):
		return "FOCUS 1.2"
	case f.focus:
		return "FOCUS 1.0"
	case !has("resource_tags") && slices.ContainsFunc(names, func(n string) bool { return strings.HasPrefix(n, "resource_tags_") }):
		return "CUR 2.0 flattened"
	}
	return "CUR 2.0"
}
