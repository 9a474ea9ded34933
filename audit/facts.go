package audit

import (
	"encoding/json"
	"slices"
	"time"
)

// The facts of a resource: what finance derives from it at as_of, and what Resource.Facts holds as JSON. Kinds
// says which kind has which.
//
// Money stands twice: as an exact decimal string, and under the same name with _cents as whole cents, rounded half away
// from zero, which is what Rego computes with. Both are USD. A pointer that is nil is null in JSON and means unknown.
// Dates are RFC 3339 in UTC unless a comment says YYYY-MM-DD. Rates are percent a year.
//
// The tag sections names the sections of related on which a fact rests: whoever reads the fact reads them.

// OutpostFacts are the facts of an Outpost's contract. All but Shared need the billing section: where it is missing they
// are zero, and HasBilling says so.
type OutpostFacts struct {
	Shared     bool `json:"shared" sections:"spec"`         // another account owns it: billing and prices belong there
	HasBilling bool `json:"has_billing" sections:"billing"` // the billing section was collected

	PaymentTerm   string `json:"payment_term" sections:"billing"`   // ONE_YEAR, THREE_YEARS, FIVE_YEARS, or a value newer than this program
	PaymentOption string `json:"payment_option" sections:"billing"` // ALL_UPFRONT, PARTIAL_UPFRONT, NO_UPFRONT, or newer

	ContractEnd       Optional `json:"contract_end" sections:"billing"`        // ContractEndDate when it parses, else LatestActiveEnd; null when neither is known
	ContractEndSource Optional `json:"contract_end_source" sections:"billing"` // "contract_end_date" or "subscriptions"
	ContractEndDate   Optional `json:"contract_end_date" sections:"billing"`   // ContractEndDate alone, parsed; null when missing or unreadable
	LatestActiveEnd   Optional `json:"latest_active_end" sections:"billing"`   // the latest EndDate of the ACTIVE subscriptions
	DaysToEnd         *int     `json:"days_to_end" sections:"billing"`         // whole days from as_of to ContractEnd, rounded down; negative when past
	NoticeDeadline    Optional `json:"notice_deadline" sections:"billing"`     // YYYY-MM-DD: the last day to renew or return in time
	// BusinessDaysToNotice counts the business days after as_of's date up to and including NoticeDeadline: 0 on the
	// day itself, negative once it has passed.
	BusinessDaysToNotice *int `json:"business_days_to_notice" sections:"billing"`
	MonthToMonth         bool `json:"month_to_month" sections:"billing"`
	Decided              bool `json:"decided" sections:"billing"` // a renewal is pending or has begun, see docs/finance.md
	// RenewalChargeDate is the day, YYYY-MM-DD, on which the cash flow has the upfront of a renewal charged; null when a
	// renewal is settled, or the contract end unknown.
	RenewalChargeDate Optional `json:"renewal_charge_date" sections:"billing"`
	RenewalStartDate  Optional `json:"renewal_start_date" sections:"billing"` // the first day of its term, YYYY-MM-DD; null where RenewalChargeDate is

	CurrentMonthly      string `json:"current_monthly" sections:"billing"` // effective monthly price of the ACTIVE subscriptions
	CurrentMonthlyCents int64  `json:"current_monthly_cents" sections:"billing"`
	// RemainingCommitment is what is still to be paid on the ACTIVE and PENDING subscriptions.
	RemainingCommitment      string `json:"remaining_commitment" sections:"billing"`
	RemainingCommitmentCents int64  `json:"remaining_commitment_cents" sections:"billing"`

	Priced  Optional       `json:"priced" sections:"billing,renewal_pricing"`  // PricingResult: PRICED, UNABLE_TO_PRICE; null when renewal_pricing is missing
	Options []PricedOption `json:"options" sections:"billing,renewal_pricing"` // the renewal options in the order of term, then ALL, PARTIAL, NO_UPFRONT

	// MonthToMonthPrice is what a month costs without a contract: the monthly price of NO_UPFRONT for the configured
	// term (ONE_YEAR), or the nearest longer one that is priced.
	MonthToMonthPrice      Optional `json:"month_to_month_price" sections:"billing,renewal_pricing"`
	MonthToMonthPriceCents *int64   `json:"month_to_month_price_cents" sections:"billing,renewal_pricing"`
	// CostOfInaction is a month at MonthToMonthPrice less the effective month of the best allowed option.
	CostOfInaction      Optional `json:"cost_of_inaction" sections:"billing,renewal_pricing"`
	CostOfInactionCents *int64   `json:"cost_of_inaction_cents" sections:"billing,renewal_pricing"`

	Recommended *Recommendation `json:"recommended" sections:"billing,renewal_pricing"` // nil when nothing is priced, or nothing that is priced is allowed
}

// Best returns the recommended one of the options, or nil when nothing is recommended.
func (f *OutpostFacts) Best() *PricedOption {
	if i := slices.IndexFunc(f.Options, func(o PricedOption) bool { return f.Recommended.Names(&o) }); i >= 0 {
		return &f.Options[i]
	}
	return nil
}

// Due reports whether a decision on the contract is to be taken: its end is after asOf and what follows is not settled. A
// month-to-month Outpost has no term left to give notice on.
func (f *OutpostFacts) Due(asOf time.Time) bool {
	end, err := time.Parse(time.RFC3339, string(f.ContractEnd))
	return err == nil && end.After(asOf) && !f.Decided && !f.MonthToMonth
}

// PricedOption is one way to pay: a renewal option of an Outpost, or one of a quote's.
type PricedOption struct {
	QuoteOption   string `json:"quote_option,omitempty"` // QuoteOptionIdentifier; empty for a renewal option
	PaymentTerm   string `json:"payment_term"`
	PaymentOption string `json:"payment_option"`
	Months        int    `json:"months"` // 12, 36 or 60; 0 for a term newer than this program, which has no measures
	Currency      string `json:"currency"`
	Allowed       bool   `json:"allowed"` // term and option are among the policy's allowed ones

	Upfront      string `json:"upfront"` // digits as AWS sent them
	UpfrontCents int64  `json:"upfront_cents"`
	Monthly      string `json:"monthly"` // digits as AWS sent them
	MonthlyCents int64  `json:"monthly_cents"`

	TCV                   string `json:"tcv"` // total contract value: upfront + monthly × months
	TCVCents              int64  `json:"tcv_cents"`
	EffectiveMonthly      string `json:"effective_monthly"` // TCV / months, to 10 decimal places
	EffectiveMonthlyCents int64  `json:"effective_monthly_cents"`
	// NPV is the net present value at the discount rate: the upfront on its charge date, each month's price at the
	// start of the month; to whole cents.
	NPV      string `json:"npv"`
	NPVCents int64  `json:"npv_cents"`

	// ImpliedRatePercent is the effective yearly rate at which paying this way costs the same as ALL_UPFRONT of the same
	// term; 1000 stands for every rate above it. It is nil for ALL_UPFRONT, where that is not priced, or where it is no loan.
	ImpliedRatePercent *json.Number `json:"implied_rate_percent"`
	// The savings are over this option's own months; negative when it costs more; nil when the other price is unknown.
	SavingVsOneYear           Optional     `json:"saving_vs_one_year"` // against ONE_YEAR NO_UPFRONT
	SavingVsOneYearCents      *int64       `json:"saving_vs_one_year_cents"`
	SavingVsMonthToMonth      Optional     `json:"saving_vs_month_to_month"`
	SavingVsMonthToMonthCents *int64       `json:"saving_vs_month_to_month_cents"`
	BreakEvenMonth            *int         `json:"break_even_month"`     // the first month by whose end it has cost no more than month-to-month; nil when never within the term
	PriceChangePercent        *json.Number `json:"price_change_percent"` // effective monthly against CurrentMonthly; nil when that is 0 or unknown
}

// Recommendation names one of an Outpost's options and says why in one sentence.
type Recommendation struct {
	PaymentTerm   string `json:"payment_term"`
	PaymentOption string `json:"payment_option"`
	Reason        string `json:"reason"`
	NeedsApproval bool   `json:"needs_approval"` // its upfront is above the approval limit
}

// Names reports whether it is o that is recommended: never for a nil Recommendation, nor for an option without measures.
func (r *Recommendation) Names(o *PricedOption) bool {
	return r != nil && o.Months > 0 && o.PaymentTerm == r.PaymentTerm && o.PaymentOption == r.PaymentOption
}

// OrderFacts are the facts of an order that rest on its Outpost; all are zero when related.outpost is missing.
type OrderFacts struct {
	OutpostContractEnd  Optional `json:"outpost_contract_end" sections:"outpost"`
	OutpostMonthToMonth bool     `json:"outpost_month_to_month" sections:"outpost"`
}

// QuoteFacts are the facts of a quote.
type QuoteFacts struct {
	Open    bool           `json:"open" sections:"spec"`    // CREATED and not past its ExpirationDate
	Options []PricedOption `json:"options" sections:"spec"` // every priced option of every quote option, in AWS's order
}

// AccountFacts are what an account has committed to and when that ends.
type AccountFacts struct {
	Name                     string           `json:"name"`
	RemainingCommitment      string           `json:"remaining_commitment" sections:"commitments"` // what it still has to pay on its contracts
	RemainingCommitmentCents int64            `json:"remaining_commitment_cents" sections:"commitments"`
	ContractEnds             []ContractEnd    `json:"contract_ends" sections:"commitments"` // by date, then Outpost; month-to-month and unknown ones are left out
	Counts                   map[string]Count `json:"counts" sections:"counts"`             // by kind
}

// ContractEnd is the end of one Outpost's contract.
type ContractEnd struct {
	Outpost string `json:"outpost"`
	Name    string `json:"name"`
	Region  string `json:"region"`
	End     string `json:"end"`
	Decided bool   `json:"decided"`
}

// Count is a number of resources, and how many of them are in each status.
type Count struct {
	Total    int            `json:"total"`
	ByStatus map[string]int `json:"by_status"`
}
