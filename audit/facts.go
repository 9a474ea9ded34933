package audit

import (
	"encoding/json"
	"slices"
)

// The facts of a resource: what finance derives from it at as_of, and what Resource.Facts holds as JSON. Kinds
// says which kind has which.
//
// Money stands twice: as an exact decimal string, and under the same name with _cents as whole cents, rounded half away
// from zero, which is what Rego computes with. Both are USD. A pointer that is nil is null in JSON and means unknown.
// Dates are RFC 3339 in UTC unless a comment says YYYY-MM-DD. Rates are percent a year.
//
// The tag sections names the sections of related on which a fact rests: whoever reads the fact reads them. Prices is no section of
// its own: it is the prices and dates of the subscriptions in billing, a gap where those of one that is ACTIVE or PENDING are not known.

// OutpostFacts are the facts of an Outpost's contract. All but Shared need the billing section: where it is missing they
// are zero, and HasBilling says so.
type OutpostFacts struct {
	Shared     bool `json:"shared" sections:"spec"`         // another account owns it: billing and prices belong there
	HasBilling bool `json:"has_billing" sections:"billing"` // the billing section was collected

	PaymentTerm   string `json:"payment_term" sections:"billing"`   // ONE_YEAR, THREE_YEARS, FIVE_YEARS, or a value newer than this program
	PaymentOption string `json:"payment_option" sections:"billing"` // ALL_UPFRONT, PARTIAL_UPFRONT, NO_UPFRONT, or newer

	// ContractState is one of the States, and null for an Outpost that another account owns.
	ContractState Optional `json:"contract_state" sections:"spec,billing"`
	// ContractEnd is the calendar day, YYYY-MM-DD, to whose end the contract runs: of ContractEndDate and the ends of the ACTIVE
	// terms the first that is as_of's day or later, else the latest; null when no date is known.
	ContractEnd Optional `json:"contract_end" sections:"billing"`
	// "contract_end_date" or "subscriptions": where ContractEnd stands
	ContractEndSource Optional `json:"contract_end_source" sections:"billing"`
	// AWS's field of that name, YYYY-MM-DD; null when missing or unreadable
	ContractEndDate Optional `json:"contract_end_date" sections:"billing"`
	// the latest end of the ACTIVE terms that have begun, YYYY-MM-DD
	LatestTermEnd Optional `json:"latest_term_end" sections:"billing"`
	// calendar days from as_of's day to ContractEnd: 0 on the last day, negative when past
	DaysToEnd *int `json:"days_to_end" sections:"billing"`
	// NoticeDeadline is the last day, YYYY-MM-DD, to renew or return in time; null where the Outpost runs month-to-month: no notice is
	// due of it. BusinessDaysToNotice is null then too.
	NoticeDeadline Optional `json:"notice_deadline" sections:"billing"`
	// BusinessDaysToNotice counts the business days after as_of's date up to and including NoticeDeadline: 0 on the
	// day itself, negative once it has passed.
	BusinessDaysToNotice *int `json:"business_days_to_notice" sections:"billing"`
	// RenewalChargeDate is the day, YYYY-MM-DD, on which the cash flow has the upfront of a renewal charged; null when a
	// renewal is settled, or the contract end unknown.
	RenewalChargeDate Optional `json:"renewal_charge_date" sections:"billing"`
	// the first day of its term, YYYY-MM-DD; null where RenewalChargeDate is
	RenewalStartDate Optional `json:"renewal_start_date" sections:"billing"`

	// CurrentMonthly is the effective monthly price of the ACTIVE subscriptions; null where the price of one is not known.
	CurrentMonthly      Optional `json:"current_monthly" sections:"billing,prices"`
	CurrentMonthlyCents *int64   `json:"current_monthly_cents" sections:"billing,prices"`
	// RemainingCommitment is what is still to be paid on the ACTIVE and PENDING subscriptions; null where the price or the dates of
	// one are not known.
	RemainingCommitment      Optional `json:"remaining_commitment" sections:"billing,prices"`
	RemainingCommitmentCents *int64   `json:"remaining_commitment_cents" sections:"billing,prices"`

	Subscriptions []Subscription `json:"subscriptions" sections:"billing"` // those of billing, in AWS's order

	// PricingResult: PRICED, UNABLE_TO_PRICE; null when renewal_pricing is missing
	Priced Optional `json:"priced" sections:"billing,renewal_pricing"`
	// the renewal options in the order of term, then ALL, PARTIAL, NO_UPFRONT
	Options []PricedOption `json:"options" sections:"billing,renewal_pricing"`

	// MonthToMonthPrice is what a month costs without a contract: what AWS bills of a month-to-month Outpost, else what is
	// assumed, the monthly price of NO_UPFRONT for the configured term (ONE_YEAR) or the nearest longer one that is priced.
	MonthToMonthPrice       Optional `json:"month_to_month_price" sections:"billing,renewal_pricing"`
	MonthToMonthPriceCents  *int64   `json:"month_to_month_price_cents" sections:"billing,renewal_pricing"`
	MonthToMonthPriceSource Optional `json:"month_to_month_price_source" sections:"billing,renewal_pricing"` // "billed" or "assumed"
	// CostOfInaction is what a month past the contract's end costs more than it has to: MonthToMonthPrice less the level price of
	// what is recommended, 0 where that is month-to-month.
	CostOfInaction      Optional `json:"cost_of_inaction" sections:"billing,renewal_pricing"`
	CostOfInactionCents *int64   `json:"cost_of_inaction_cents" sections:"billing,renewal_pricing"`

	Recommended *Recommendation `json:"recommended" sections:"billing,renewal_pricing"` // nil when nothing that is allowed is priced

	Decision *DecisionFacts `json:"decision" sections:"spec,billing"` // on file; nil when there is none

	// Capacity is what the hosts hold and what runs on them; nil where one of the two lists was not read, and for an Outpost that
	// another account owns.
	Capacity *Capacity `json:"capacity" sections:"spec,assets,asset_instances,capacity_history"`
	// IdleMonthly is the share of CurrentMonthly that is paid for idle slots: CurrentMonthly × idle ÷ slots; null where CurrentMonthly
	// or the share is not known.
	IdleMonthly      Optional `json:"idle_monthly" sections:"spec,billing,prices,assets,asset_instances,slots,capacity_history"`
	IdleMonthlyCents *int64   `json:"idle_monthly_cents" sections:"spec,billing,prices,assets,asset_instances,slots,capacity_history"`
	// BilledLastFinalMonth is what AWS charged in the last month that is final, before discounts, "0.00" where nothing; left out, as the
	// others are, without a bill, and where it cannot be told.
	BilledLastFinalMonth      Optional `json:"billed_last_final_month,omitzero" sections:"charges"`
	BilledLastFinalMonthCents *int64   `json:"billed_last_final_month_cents,omitzero" sections:"charges"`
	// BilledDifference is billed − expected over all final months, so that a charge that slipped into the next month is none.
	BilledDifference      Optional `json:"billed_difference,omitzero" sections:"charges"`
	BilledDifferenceCents *int64   `json:"billed_difference_cents,omitzero" sections:"charges"`
	// BilledExpected is what was expected over the same months.
	BilledExpected      Optional `json:"billed_expected,omitzero" sections:"charges"`
	BilledExpectedCents *int64   `json:"billed_expected_cents,omitzero" sections:"charges"`
	// BilledAfterEnd is what of BilledDifference AWS charged since the contract ended, of an Outpost that runs month-to-month and has
	// no subscription for it; left out where that is nothing.
	BilledAfterEnd      Optional `json:"billed_after_end,omitzero" sections:"spec,billing,charges"`
	BilledAfterEndCents *int64   `json:"billed_after_end_cents,omitzero" sections:"spec,billing,charges"`
}

// Capacity is how much of an Outpost is used. A slot is room for one instance of the type that it is configured for. Slots, Used and
// Idle are those of the hosts that name their slots.
//
// Slots is no section of its own: it is those that the hosts in assets name, a gap where one that is in service names none.
type Capacity struct {
	Hosts     int `json:"hosts"`      // the servers that run instances
	NotInUse  int `json:"not_in_use"` // of them those that AWS installs, retires or services (no State ACTIVE): none of their slots is idle
	Dedicated int `json:"dedicated"`  // of the others those that are a Dedicated Host: an account has the whole of it, so none is idle
	Unknown   int `json:"unknown"`    // of the others those that name no slots
	Unmatched int `json:"unmatched"`  // of the others those that run more than their slots, or come twice: taken to be full
	Slots     int `json:"slots"`
	Used      int `json:"used"`      // by the instances of every account, when the snapshot was taken
	Idle      int `json:"idle"`      // of the hosts that can take a new instance; with a History those that nothing has used in its days
	Accounts  int `json:"accounts"`  // whose instances run on it
	Instances int `json:"instances"` // that run on it, on whatever host
	// IdlePercent is Idle of Slots to 6 decimal places; null where there are no slots, some host in service names none, or the history
	// of an instance type that may be idle is not known.
	IdlePercent *json.Number     `json:"idle_percent"`
	Families    []FamilyCapacity `json:"families"` // by name
	// History is what CloudWatch says of the time before; null where the run did not ask it.
	History *CapacityHistory `json:"history"`
}

// FamilyCapacity is the part of one instance family, such as c5.
type FamilyCapacity struct {
	Family string `json:"family"`
	Slots  int    `json:"slots"`
	Used   int    `json:"used"`
	Idle   int    `json:"idle"`
	Peak   *int   `json:"peak"` // the sum of its types' in the history; null where that of one is
}

// CapacityHistory is the most that was used of an Outpost in some days.
type CapacityHistory struct {
	Days    int      `json:"days"`     // whole days by UTC, to the one before the snapshot's; 0 where the section is a gap
	Since   Optional `json:"since"`    // the first of them, YYYY-MM-DD
	IdleNow int      `json:"idle_now"` // slots that were idle when the snapshot was taken
	// Unknown are those of IdleNow of which it is not known whether something used them: CloudWatch has nothing of their type on one of
	// the days, or was not read. They are not among Idle.
	Unknown int           `json:"unknown"`
	Types   []TypeHistory `json:"types"` // by name; those that a host is configured for, a Dedicated Host left out
}

// TypeHistory is the part of one instance type.
type TypeHistory struct {
	InstanceType string `json:"instance_type"`
	Slots        int    `json:"slots"`
	Used         int    `json:"used"` // when the snapshot was taken
	// PeakPercent is the most of the slots there were then that was used at once; null where there is nothing.
	PeakPercent *json.Number `json:"peak_percent"`
	PeakOn      Optional     `json:"peak_on"` // the first day on which it was, YYYY-MM-DD
	Peak        *int         `json:"peak"`    // PeakPercent of Slots, or Used where that is more; null where a day is missing
	Idle        int          `json:"idle"`
}

// Subscription is one subscription of an Outpost, measured.
type Subscription struct {
	ID      string   `json:"id"`     // SubscriptionId; empty where AWS gives none
	Type    string   `json:"type"`   // ORIGINAL, RENEWAL, CAPACITY_INCREASE, or a value newer than this program
	Status  string   `json:"status"` // ACTIVE, PENDING, INACTIVE, CANCELLED, or newer
	Begins  Optional `json:"begins"` // YYYY-MM-DD, as is Ends
	Ends    Optional `json:"ends"`
	Days    *int     `json:"days"`    // calendar days from Begins to Ends; nil unless both are known and in order
	Rolling bool     `json:"rolling"` // a month without a contract: a RENEWAL of at most 45 days

	// AWS says neither of a subscription. The term is that of which its months, 12, 36 or 60, are at most one from its own; the
	// option is read from which of its prices are above 0. Both are null where none fits, the option for a month without a contract too.
	PaymentTerm   Optional `json:"payment_term"`
	PaymentOption Optional `json:"payment_option"`

	Upfront      Optional `json:"upfront"` // null where the subscription has no price in US dollars, as are Monthly and Total
	UpfrontCents *int64   `json:"upfront_cents"`
	Monthly      Optional `json:"monthly"`
	MonthlyCents *int64   `json:"monthly_cents"`
	Total        Optional `json:"total"` // upfront + monthly × months; null too where its length is not known
	TotalCents   *int64   `json:"total_cents"`
}

// The states of a contract. Exactly one fits, and every rule, sheet, table and sum goes by it; docs/finance.md says which.
const (
	StateRetired      = "retired"        // the Outpost is returned: nothing is to be decided
	StateRenewed      = "renewed"        // what follows the running term is settled
	StateUnknown      = "unknown"        // billing or its dates were not read
	StateMonthToMonth = "month_to_month" // it runs without a contract
	StateRunning      = "running"        // what follows is to be decided
)

// States are the states of a contract.
var States = []string{StateRetired, StateRenewed, StateUnknown, StateMonthToMonth, StateRunning}

// Best returns the option that is recommended, or nil when none is: nothing may be priced, or month-to-month recommended.
func (f *OutpostFacts) Best() *PricedOption { return f.Option(f.Recommended.Choice()) }

// Due reports whether a decision has to be taken before the contract ends: it runs, and none is on file that AWS may still show.
func (f *OutpostFacts) Due() bool {
	return f.ContractState == StateRunning && f.ContractEnd != "" && !f.OnFile()
}

// OnFile reports whether a decision is on file that AWS does not contradict.
func (f *OutpostFacts) OnFile() bool {
	return f.Decision != nil && (f.Decision.Status == DecisionOpen ||
		f.Decision.Status == DecisionDone && f.ContractState != StateRunning) // a contract that runs since is a new one to decide on
}

// Chosen returns what the cash flow goes by: the decision on file, else what is recommended; nil when there is neither.
func (f *OutpostFacts) Chosen() *Choice {
	if f.OnFile() {
		return f.Decision.Choice()
	}
	return f.Recommended.Choice()
}

// Option returns the option of a choice, or nil for one that is no renewal or that AWS does not price.
func (f *OutpostFacts) Option(c *Choice) *PricedOption {
	if c == nil || c.Action != ActionRenew {
		return nil
	}
	i := slices.IndexFunc(f.Options, func(o PricedOption) bool {
		return o.Months > 0 && o.PaymentTerm == string(c.PaymentTerm) && o.PaymentOption == string(c.PaymentOption)
	})
	if i < 0 {
		return nil
	}
	return &f.Options[i]
}

// MonthToMonth reports whether the Outpost runs without a contract.
func (f *OutpostFacts) MonthToMonth() bool { return f.ContractState == StateMonthToMonth }

// PricedOption is one way to pay: a renewal option of an Outpost, or one of a quote's.
type PricedOption struct {
	QuoteOption   string `json:"quote_option,omitempty"` // QuoteOptionIdentifier; empty for a renewal option
	PaymentTerm   string `json:"payment_term"`
	PaymentOption string `json:"payment_option"`
	// Months is 12, 36 or 60. 0 is for a term newer than this program, a price that is not in USD, and one of which AWS left out a part:
	// such an option has no measures: they are null.
	Months   int    `json:"months"`
	Currency string `json:"currency"`
	Allowed  bool   `json:"allowed"` // term and option are among the policy's allowed ones

	Upfront      string `json:"upfront"` // digits as AWS sent them
	UpfrontCents int64  `json:"upfront_cents"`
	Monthly      string `json:"monthly"` // digits as AWS sent them
	MonthlyCents int64  `json:"monthly_cents"`

	TCV                   Optional `json:"tcv"` // total contract value: upfront + monthly × months
	TCVCents              *int64   `json:"tcv_cents"`
	EffectiveMonthly      Optional `json:"effective_monthly"` // TCV / months, to 10 decimal places
	EffectiveMonthlyCents *int64   `json:"effective_monthly_cents"`
	// NPV is the net present value at the discount rate: the upfront on its charge date, each month's price at the
	// start of the month; to whole cents.
	NPV      Optional `json:"npv"`
	NPVCents *int64   `json:"npv_cents"`

	// ImpliedRatePercent is the effective yearly rate at which paying this way costs the same as ALL_UPFRONT of the same
	// term; 1000 stands for every rate above it. It is nil for ALL_UPFRONT, where that is not priced, or where it is no loan.
	ImpliedRatePercent *json.Number `json:"implied_rate_percent"`
	// The savings are over this option's own months; negative when it costs more; nil when the other price is unknown.
	SavingVsOneYear           Optional `json:"saving_vs_one_year"` // against ONE_YEAR NO_UPFRONT
	SavingVsOneYearCents      *int64   `json:"saving_vs_one_year_cents"`
	SavingVsMonthToMonth      Optional `json:"saving_vs_month_to_month"`
	SavingVsMonthToMonthCents *int64   `json:"saving_vs_month_to_month_cents"`
	// the first month by whose end it has cost no more than month-to-month; nil when never within the term
	BreakEvenMonth     *int         `json:"break_even_month"`
	PriceChangePercent *json.Number `json:"price_change_percent"` // effective monthly against CurrentMonthly; nil when that is 0 or unknown
}

// The actions that can be recommended, or decided on.
const (
	ActionRenew        = "renew"
	ActionReturn       = "return" // decided on alone: nothing knows whether an Outpost is needed
	ActionMonthToMonth = "month_to_month"
)

// Recommendation is the one thing to do about a contract, and why in one sentence: to take one of the Outpost's options, or to
// stay month-to-month.
type Recommendation struct {
	Action          string       `json:"action"`       // ActionRenew or ActionMonthToMonth
	PaymentTerm     Optional     `json:"payment_term"` // of the option; null for month-to-month, as is PaymentOption
	PaymentOption   Optional     `json:"payment_option"`
	LevelPrice      string       `json:"level_price"` // the price at the start of each month that is worth as much, to 10 decimal places
	LevelPriceCents int64        `json:"level_price_cents"`
	Reason          string       `json:"reason"`
	NeedsApproval   bool         `json:"needs_approval"` // what is to be approved of it is above the approval limit
	SwitchRates     []SwitchRate `json:"switch_rates"`   // by rate; empty when the same is recommended at every rate from 0 to 30%
}

// SwitchRate is a discount rate at which another choice becomes the cheapest.
type SwitchRate struct {
	Percent json.Number `json:"percent"` // a year, to 2 decimal places
	Below   Choice      `json:"below"`   // what is recommended at lower rates, down to the switch before
	Above   Choice      `json:"above"`   // and at higher ones
}

// Choice is what can be recommended.
type Choice struct {
	Action        string   `json:"action"`
	PaymentTerm   Optional `json:"payment_term"` // null for month-to-month, as is PaymentOption
	PaymentOption Optional `json:"payment_option"`
}

// Words says what to do about a contract: renew, 3 years, no upfront; empty for nil.
func (c *Choice) Words() string {
	switch {
	case c == nil:
		return ""
	case c.Action == ActionRenew:
		return "renew, " + PricedWords(string(c.PaymentTerm), string(c.PaymentOption))
	case c.Action == ActionReturn:
		return "return"
	}
	return "month-to-month"
}

// Choice returns what is recommended, without its reasons; nil for nil.
func (r *Recommendation) Choice() *Choice {
	if r == nil {
		return nil
	}
	return &Choice{r.Action, r.PaymentTerm, r.PaymentOption}
}

// Names reports whether it is o that is recommended: never for a nil Recommendation, nor for an option without measures.
func (r *Recommendation) Names(o *PricedOption) bool {
	return r != nil && r.Action == ActionRenew && o.Months > 0 &&
		string(r.PaymentTerm) == o.PaymentTerm && string(r.PaymentOption) == o.PaymentOption
}

// OrderFacts are the facts of an order. All but Quoted rest on its Outpost and are null when related.outpost is missing.
type OrderFacts struct {
	OutpostContractEnd   Optional `json:"outpost_contract_end" sections:"outpost"`   // YYYY-MM-DD
	OutpostContractState Optional `json:"outpost_contract_state" sections:"outpost"` // one of the States

	// Quoted is the price of its term and option in related.quote_option; nil without one in US dollars.
	Quoted *OrderPrice `json:"quoted" sections:"quote_option"`
	// Subscribed is what the subscriptions come to that name the order: not those that are CANCELLED, and no renewals, whose price is
	// another. It is nil where there is none, where one has no price in US dollars, and where one names other orders too.
	Subscribed *OrderPrice `json:"subscribed" sections:"outpost"`
}

// OrderPrice is a price that an order has.
type OrderPrice struct {
	Upfront      Optional `json:"upfront"` // null where it is a part: that of a subscription which is shorter or longer than the order's term
	UpfrontCents *int64   `json:"upfront_cents"`
	Monthly      string   `json:"monthly"`
	MonthlyCents int64    `json:"monthly_cents"`
}

// QuoteFacts are the facts of a quote.
type QuoteFacts struct {
	Open    bool           `json:"open" sections:"spec"`    // CREATED and not past its ExpirationDate
	Options []PricedOption `json:"options" sections:"spec"` // every priced option of every quote option, in AWS's order
}

// ProductFacts are what the records of a provisioned product say of it, and the versions of what it was made from. A request counts
// as failed for the product where its record is FAILED, it Provisions, and it is newer than the last such request that succeeded; where
// a product is TAINTED or in ERROR and none does, any request that failed since.
//
// Failure is no section of its own: it is what records say of a failure, a gap where they do not say what they must.
type ProductFacts struct {
	// BrokenSince is when the first of the requests that failed was made; null where none did. BrokenBefore says that it was broken even
	// before that: the history goes on beyond what is read of it.
	BrokenSince  Optional `json:"broken_since" sections:"records,failure"`
	BrokenBefore bool     `json:"broken_before" sections:"records,failure"`
	Attempts     int      `json:"attempts" sections:"records,failure"` // the requests that failed, as far as the history is read
	// Succeeded says that a request that Provisions has succeeded at some time.
	Succeeded bool `json:"succeeded" sections:"spec,records"`

	// of the last request that failed
	FailedRecord Optional `json:"failed_record" sections:"records,failure"` // RecordId
	FailedOn     Optional `json:"failed_on" sections:"records,failure"`     // CreatedTime
	RequestType  Optional `json:"request_type" sections:"records,failure"`  // RecordType, as AWS sends it
	// Errors are its RecordErrors, "code: description"; without any, the product's StatusMessage. Empty where neither says anything.
	Errors []string `json:"errors" sections:"records,failure"`
	// Cause is Errors without what differs from product to product: names, ids, accounts, times; null without any.
	Cause Optional `json:"cause" sections:"records,failure"`
	// LaunchRole, an ARN, and PathID are those of its record, else of the newest.
	LaunchRole Optional `json:"launch_role" sections:"records,failure"`
	PathID     Optional `json:"path_id" sections:"records,failure"`

	LastRecord  Optional `json:"last_record" sections:"records"`  // RecordId of the newest record of all; null without records
	LastStatus  Optional `json:"last_status" sections:"records"`  // its Status, as AWS sends it
	LastCreated Optional `json:"last_created" sections:"records"` // its CreatedTime
	LastUpdated Optional `json:"last_updated" sections:"records"` // its UpdatedTime; its CreatedTime where it has none
	LastErrors  []string `json:"last_errors" sections:"records"`  // its RecordErrors, "code: description"
	LastCause   Optional `json:"last_cause" sections:"records"`   // LastErrors as Cause has Errors; null without any

	LaunchedBy Optional `json:"launched_by" sections:"spec"` // UserArn

	// VersionState is one of VersionCurrent and so on; null where it was not read.
	VersionState Optional `json:"version_state" sections:"artifact"`

	NewestActive *NewerVersion `json:"newest_active" sections:"spec,artifact"` // nil where none is known to be one to go to

	// CostPerMonth is what the product cost in the last month that is final, after discounts, without tax and credits; "0.00" where no
	// charge has its tag. It is left out without a bill, where it cannot be told, and in another currency than US dollars.
	CostPerMonth      Optional `json:"cost_per_month,omitzero" sections:"charges"`
	CostPerMonthCents *int64   `json:"cost_per_month_cents,omitzero" sections:"charges"`
	// CostSinceBroken is what it cost in the months after that of BrokenSince, those that are not final among them: at the least what it
	// has cost since. It is left out too where BrokenSince is null.
	CostSinceBroken      Optional `json:"cost_since_broken,omitzero" sections:"records,failure,charges"`
	CostSinceBrokenCents *int64   `json:"cost_since_broken_cents,omitzero" sections:"records,failure,charges"`
}

// CatalogueFacts are the facts of a product of the catalogue.
type CatalogueFacts struct {
	// Budgets are those of the product and of the portfolios that it is in, which limit what is spent or used, by name: one for
	// savings plans or reservations is none. Nil where they were not read.
	Budgets []BudgetUse `json:"budgets" sections:"budgets"`
}

// BudgetUse is how much of a budget is spent in its running period. Actual, Limit and Forecast are in Unit, to two decimal places: AWS
// sends them with all the decimals that a double takes. Under the same name with _cents they are hundredths.
type BudgetUse struct {
	Name          string   `json:"name"`
	Type          string   `json:"type"`      // COST or USAGE
	Period        Optional `json:"period"`    // TimeUnit: MONTHLY, QUARTERLY, ANNUALLY, DAILY, or a value newer than this program
	Resources     []string `json:"resources"` // the ids of the product or the portfolios that it is of
	Unit          string   `json:"unit"`      // USD, GB, Hrs
	Limit         string   `json:"limit"`
	LimitCents    int64    `json:"limit_cents"`
	Actual        string   `json:"actual"`
	ActualCents   int64    `json:"actual_cents"`
	Forecast      Optional `json:"forecast"` // at the end of the period; null where AWS has none
	ForecastCents *int64   `json:"forecast_cents"`
}

// NewerVersion is a version to go to: the newest that is active and not deprecated, where it is newer than the one that runs.
type NewerVersion struct {
	ID        string `json:"id"`
	Name      string `json:"name"`       // its id where it has no name
	DaysNewer int    `json:"days_newer"` // the difference of their days
}

// AccountFacts are what an account has committed to and when that ends.
type AccountFacts struct {
	Name                     string `json:"name"`
	RemainingCommitment      string `json:"remaining_commitment" sections:"commitments"` // what it still has to pay on its contracts
	RemainingCommitmentCents int64  `json:"remaining_commitment_cents" sections:"commitments"`

	// ContractEnds are those of running and renewed contracts, by date, then Outpost.
	ContractEnds []ContractEnd `json:"contract_ends" sections:"commitments"`
	// OpenQuotes has a list for each Outpost with open quotes, by Outpost; in it the quotes by Created (an unknown one first), then id.
	OpenQuotes [][]OpenQuote    `json:"open_quotes" sections:"quotes"`
	Counts     map[string]Count `json:"counts" sections:"counts"` // by kind
	// Causes are those by which requests of provisioned products failed, in all accounts: on the run's own account alone, null on the
	// others. By products, most first, then cause.
	Causes []Cause `json:"causes" sections:"causes"`

	// UnmatchedCharges is what AWS charged the account in final months for Outposts without a contract, no_contract in
	// related.charges.unmatched; "0.00" where nothing. It is left out without a bill, and where it cannot be told.
	UnmatchedCharges      Optional `json:"unmatched_charges,omitzero" sections:"charges"`
	UnmatchedChargesCents *int64   `json:"unmatched_charges_cents,omitzero" sections:"charges"`
	// GoneProducts are the provisioned products that AWS lists no more and that cost something, by ARN; left out where there are none.
	GoneProducts []GoneProduct `json:"gone_products,omitzero" sections:"charges"`
}

// GoneProduct is a provisioned product that is gone and still costs something.
type GoneProduct struct {
	ARN       string `json:"arn"`
	Cost      string `json:"cost"` // over all final months, after discounts, without tax and credits; in US dollars
	CostCents int64  `json:"cost_cents"`
	Last      string `json:"last"` // the last final month in which it cost something, YYYY-MM
}

// OpenQuote is a quote for an Outpost that can be ordered from: CREATED and not past its ExpirationDate.
type OpenQuote struct {
	Quote   string   `json:"quote"`   // its id
	Outpost string   `json:"outpost"` // the id of the Outpost it adds to or replaces
	Region  string   `json:"region"`
	Created Optional `json:"created"` // the days, YYYY-MM-DD; null where it cannot be read
	Expires Optional `json:"expires"`
}

// ContractEnd is the end of one Outpost's contract.
type ContractEnd struct {
	Outpost string `json:"outpost"`
	Name    string `json:"name"`
	Region  string `json:"region"`
	End     string `json:"end"`   // YYYY-MM-DD
	Days    int    `json:"days"`  // calendar days from as_of's day to End; negative when past
	State   string `json:"state"` // running or renewed: the others are left out
}

// Count is a number of resources, and how many of them are in each status.
type Count struct {
	Total    int            `json:"total"`
	ByStatus map[string]int `json:"by_status"`
}
