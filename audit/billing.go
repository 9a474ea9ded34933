package audit

import (
	"cmp"
	"slices"
	"strings"
)

// Charges is what AWS's bills say of Outposts and of what Service Catalog products cost, read from AWS Data Exports and added up. It is
// all that is kept of a bill: whatever is said later is made from it.
type Charges struct {
	Sources []ChargeSource `json:"sources"` // the months that were read, by payer, then period
	Gaps    []ChargeGap    `json:"gaps"`    // what was not, by payer, period, file, message
	Rows    []Charge       `json:"rows"`    // of the months in Sources, ordered by CompareCharges
}

// ChargeSource is one month of one payer that was read whole.
type ChargeSource struct {
	Payer    string       `json:"payer"`    // the account that AWS bills
	Period   string       `json:"period"`   // YYYY-MM, as the export's partition says
	Export   string       `json:"export"`   // its folder or s3:// URL, as it was given; or Cost Explorer: no files, and groups for lines
	Format   string       `json:"format"`   // FOCUS 1.0, FOCUS 1.2, CUR 2.0, CUR 2.0 flattened or Cost Explorer; several with commas
	Manifest string       `json:"manifest"` // its path in the export; empty of Cost Explorer
	Files    []ChargeFile `json:"files"`    // those the manifest names, in its order
	Lines    int64        `json:"lines"`    // all lines, whatever they are of
	Accounts []string     `json:"accounts"` // of all lines; ordered
	// OutpostsLines counts the lines of Outposts contracts, and NotInvoiced those of them without an invoice id. It is 0 where the
	// export has no invoice ids, as FOCUS 1.0 has none: such a month is final by its date alone. Of Cost Explorer it counts all lines of a
	// month that AWS says is estimated.
	OutpostsLines int64    `json:"outposts_lines"`
	NotInvoiced   int64    `json:"not_invoiced"`
	Missing       []string `json:"missing"` // the fields, such as "contracted cost", that a file has no column for; ordered
	// Invoices are what the lines of Outposts contracts come to, by invoice. Null in a snapshot from before they were kept.
	Invoices []InvoiceTotal `json:"invoices"`
}

// InvoiceTotal is what the lines of Outposts contracts on one invoice come to, in one currency. They are ordered by both.
type InvoiceTotal struct {
	Invoice  Optional `json:"invoice"` // null: of the lines without an id, as AWS gives none before it invoices, and FOCUS 1.0 none at all
	Currency string   `json:"currency"`
	Lines    int64    `json:"lines"`
	Billed   Optional `json:"billed"` // before discounts; null where the export has no column for it, as is Net
	Net      Optional `json:"net"`    // after them: what the invoice says, without tax and credits
}

// ChargeFile is a file of an export.
type ChargeFile struct {
	Name    string `json:"name"`    // in the export
	Size    int64  `json:"size"`    // bytes
	Version string `json:"version"` // S3's ETag; empty for a local file
}

// ChargeGap is a month of a payer, or a whole export, that was not read.
type ChargeGap struct {
	Payer   string `json:"payer"`  // empty where it is not known
	Period  string `json:"period"` // YYYY-MM; empty for a whole export
	Export  string `json:"export"`
	File    string `json:"file"` // in the export; empty for the export itself
	Reason  Reason `json:"reason"`
	Message string `json:"message"` // one line: what, and where in the file
}

// Text says on one line what was not read, and why.
func (g *ChargeGap) Text() string {
	at := g.Export
	if g.File != "" {
		at = strings.TrimRight(at, "/") + "/" + g.File
	}
	if g.Period != "" {
		at += " (" + g.Period + ")"
	}
	return at + ": " + g.Message
}

// The service and the operation of the coverage ledger under which bills stand.
const (
	ServiceBilling  = "billing"
	OperationExport = "Export"
	// CostExplorer stands for an export where there is none, and OperationCostAndUsage for its operation.
	CostExplorer          = "Cost Explorer"
	OperationCostAndUsage = "GetCostAndUsage"
)

// BillOperation is the operation of the ledger under which an export stands.
func BillOperation(export string) string {
	if export == CostExplorer {
		return OperationCostAndUsage
	}
	return OperationExport
}

// Coverage returns the rows of the ledger: one for each month that was read, and for each that was not.
func (c *Charges) Coverage() []Coverage {
	rows := make([]Coverage, 0, len(c.Sources)+len(c.Gaps))
	for _, s := range c.Sources {
		rows = append(rows, Coverage{Account: s.Payer, Service: ServiceBilling, Operation: BillOperation(s.Export), Status: StatusCollected,
			Count: int(s.Lines), Message: s.Period})
	}
	for i := range c.Gaps {
		rows = append(rows, Coverage{Account: c.Gaps[i].Payer, Service: ServiceBilling, Operation: BillOperation(c.Gaps[i].Export),
			Status: StatusGap, Reason: c.Gaps[i].Reason, Message: c.Gaps[i].Text()})
	}
	return rows
}

// Charge is the sum of the lines of one month that have all of its first members in common.
type Charge struct {
	Period      string `json:"period"`
	Payer       string `json:"payer"`
	Account     string `json:"account"` // whose usage or purchase it is
	Region      string `json:"region"`
	Code        string `json:"code"`        // AWS's service code, such as AWSOutposts
	Class       string `json:"class"`       // Purchase, Correction, Usage, Tax or Credit; another as AWS has it; empty: unknown
	Frequency   string `json:"frequency"`   // One-Time, Recurring or Usage-Based; another as AWS has it; empty: unknown
	Commitment  string `json:"commitment"`  // of an Outposts contract: the ids and ARNs of the commitment or reservation, with spaces between
	Outpost     string `json:"outpost"`     // id of the Outpost that the line's resource is, or is on
	Description string `json:"description"` // of an Outposts contract; cut after 1,000 bytes
	Product     string `json:"product"`     // ARN of the provisioned product in the tag
	Currency    string `json:"currency"`

	// exact sums as decimals. Contracted is before private discounts, which a contract's prices are too; Billed is after them. Null where
	// the export has no column for it.
	Contracted Optional `json:"contracted"`
	Billed     Optional `json:"billed"`
	Negotiated bool     `json:"negotiated"` // a line has another contracted than list cost: its price was agreed with AWS
	Lines      int64    `json:"lines"`
	Invoices   []string `json:"invoices"` // ids, ordered
}

// CompareCharges is the total order of charges: by all that tells two apart.
func CompareCharges(a, b Charge) int {
	return cmp.Or(cmp.Compare(a.Period, b.Period), cmp.Compare(a.Payer, b.Payer), cmp.Compare(a.Account, b.Account),
		cmp.Compare(a.Region, b.Region), cmp.Compare(a.Code, b.Code), cmp.Compare(a.Class, b.Class), cmp.Compare(a.Frequency, b.Frequency),
		cmp.Compare(a.Commitment, b.Commitment), cmp.Compare(a.Outpost, b.Outpost), cmp.Compare(a.Description, b.Description),
		cmp.Compare(a.Product, b.Product), cmp.Compare(a.Currency, b.Currency))
}

// ContractSchedule is what an Outpost's contract says is to be paid, and when.
type ContractSchedule struct {
	Account, Region, Outpost string
	Unread                   bool                   // its billing was not read: nothing is known of its subscriptions
	Subscriptions            []SubscriptionSchedule // those that are not CANCELLED, in AWS's order
}

// SubscriptionSchedule is what a subscription is to pay.
type SubscriptionSchedule struct {
	ID           string   // empty where AWS gives none
	Begins, Ends string   // YYYY-MM-DD; empty when unknown
	Rolling      bool     // a month without a contract
	Known        bool     // its dates and its prices in US dollars are; else there are no Charges
	Monthly      string   // exact decimals, as is Upfront
	Upfront      string   // "0" where nothing is
	Charges      []string // the days, YYYY-MM-DD, on which Monthly is charged, up to the clock; ordered
}

// Billing is what AWS charged, held against the contracts: the part billing of a report.
type Billing struct {
	Sources        []BillingSource   `json:"sources"`         // by payer, then period
	Outposts       []OutpostBill     `json:"outposts"`        // by period, account, region, Outpost, subscription
	AccountRegions []OutpostBill     `json:"account_regions"` // likewise; without Outpost: of several, where only their sum can be told
	Unmatched      []UnmatchedCharge `json:"unmatched"`       // by period, account, region, Outpost, currency
	Products       []ProductCost     `json:"products"`        // by ARN
}

// BillingSource is a month of a payer's bill.
type BillingSource struct {
	Payer    string `json:"payer"`
	Period   string `json:"period"`
	Format   string `json:"format"`
	Final    bool   `json:"final"` // AWS changes it no more: 14 days have passed since its end, and all is invoiced
	Lines    int64  `json:"lines"`
	Manifest string `json:"manifest"`
	// Invoices are what the lines of Outposts contracts come to, by invoice; amounts have two decimals.
	Invoices []InvoiceTotal `json:"invoices"`
}

// BillStatus says how a charge stands to the contract.
type BillStatus string

// The statuses of a charge.
const (
	BillEqual      BillStatus = "equal"       // within 0.01
	BillDiffers    BillStatus = "differs"     // and nothing that is known explains it
	BillExplained  BillStatus = "explained"   // Why says by what
	BillCannotTell BillStatus = "cannot_tell" // Why says for want of what
)

// Why a charge is explained, cannot be told, or has no contract.
const (
	WhyUpfrontElsewhere = "upfront in another month"
	WhyCorrection       = "correction"
	WhyProration        = "proration"
	WhyMonthToMonth     = "month_to_month"

	WhyNotFinal       = "not_final"
	WhyCurrency       = "currency"
	WhyWhichOutpost   = "which_outpost"
	WhyContractUnread = "contract_unread"
	WhyNotCollected   = "not_collected"
	WhyTagInactive    = "tag_inactive"
	WhyMissingColumn  = "missing_column"
	WhyDiscount       = "discount"

	WhyNoContract = "no_contract" // of an unmatched charge: everything was read, and no contract is there for it
	WhyGone       = "gone"        // of a product: its account was read and has it no more
)

// OutpostBill is what one month charged for an Outpost, or one of its subscriptions, against what the contract says. Amounts have two
// decimals.
type OutpostBill struct {
	Period       string     `json:"period"` // YYYY-MM
	Final        bool       `json:"final"`
	Account      string     `json:"account"`
	Region       string     `json:"region"`
	Outpost      Optional   `json:"outpost"`      // null in account_regions
	Subscription Optional   `json:"subscription"` // null where the bill does not tell the Outpost's subscriptions apart
	MatchedBy    Optional   `json:"matched_by"`   // commitment, description, resource or account_region; null where nothing was charged
	Billed       Optional   `json:"billed"`       // before discounts; null when unknown, as are the others
	Net          Optional   `json:"net"`          // after them
	Expected     Optional   `json:"expected"`
	Difference   Optional   `json:"difference"` // billed − expected; null in another currency than US dollars, and where a column is missing
	Currency     string     `json:"currency"`
	Status       BillStatus `json:"status"`
	Why          Optional   `json:"why"`
}

// EvensOut reports whether what the row of a final month lacks is an upfront that was charged in a later month, one that is not final yet:
// once it is, the two even out. open are the rows of the Outpost for months that are not final.
func (b *OutpostBill) EvensOut(open []OutpostBill) bool {
	lacks, ok := strings.CutPrefix(string(b.Difference), "-")
	return ok && b.Why == WhyUpfrontElsewhere && slices.ContainsFunc(open, func(later OutpostBill) bool {
		return later.Period > b.Period && later.Subscription == b.Subscription && string(later.Difference) == lacks
	})
}

// UnmatchedCharge is a charge of an Outposts contract that was not read, or that is not there.
type UnmatchedCharge struct {
	Period   string   `json:"period"`
	Final    bool     `json:"final"`
	Account  string   `json:"account"`
	Region   string   `json:"region"`
	Outpost  Optional `json:"outpost"` // as the charge names it
	Billed   Optional `json:"billed"`
	Currency string   `json:"currency"`
	Why      string   `json:"why"` // no_contract, not_collected, which_outpost, contract_unread or missing_column
}

// ProductCost is what a provisioned product cost, as its tag says.
type ProductCost struct {
	ARN      string            `json:"arn"`
	Account  string            `json:"account"`
	Status   Optional          `json:"status"`  // AWS's, such as TAINTED; null where it was not read or is gone
	Periods  map[string]string `json:"periods"` // YYYY-MM → cost after discounts, without tax and credits
	Currency string            `json:"currency"`
	Services []string          `json:"services"` // service codes, ordered
	Why      Optional          `json:"why"`      // gone, not_collected, tag_inactive or missing_column; null: it is told
}

// OutpostCharges is related.charges of an Outpost of the account's own: what AWS charged for it. Where gaps.charges stands beside it, it
// has what could be told, and no fact rests on it.
type OutpostCharges struct {
	Final []string      `json:"final"` // the final months of its account's bill that were read, YYYY-MM; ordered
	Rows  []OutpostBill `json:"rows"`  // its rows of Billing.Outposts; empty where nothing was expected or charged, or only sums can be told
}

// ProductCharges is related.charges of a provisioned product: what it cost, by its tag.
type ProductCharges struct {
	Final []string      `json:"final"` // as in OutpostCharges
	Costs []ProductCost `json:"costs"` // its entries of Billing.Products, one a currency; empty where no charge has its tag
}

// AccountCharges is related.charges of an account: what stands on none of its documents.
type AccountCharges struct {
	Final          []string          `json:"final"`           // as in OutpostCharges
	AccountRegions []OutpostBill     `json:"account_regions"` // its rows of Billing.AccountRegions
	Unmatched      []UnmatchedCharge `json:"unmatched"`       // its entries of Billing.Unmatched
	Products       []ProductCost     `json:"products"`        // its entries of Billing.Products that are gone, or were not read
	// TagInactive says that no line of the account's payers carries the tag of provisioned products: what they cost is not known.
	TagInactive bool `json:"tag_inactive"`
}
