package audit

import (
	"cmp"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"
)

// ReportSchemaVersion is the version of report.json. A new minor version adds fields; a new major one may change them.
const ReportSchemaVersion = "2.0"

// CheckBaselineVersion reports whether a report of version have can be compared with: one of 1.x has the findings and deadlines that
// one of today has.
func CheckBaselineVersion(have string) error {
	if strings.HasPrefix(have, "1.") {
		return nil
	}
	return CheckSchemaVersion(have, ReportSchemaVersion)
}

// CheckSchemaVersion reports whether a file of version have can be read by a program of version want: the major
// numbers, before the dot, must be equal.
func CheckSchemaVersion(have, want string) error {
	major, _, _ := strings.Cut(have, ".")
	if wanted, _, _ := strings.Cut(want, "."); major != wanted {
		return fmt.Errorf("schema_version %q: this version of tenor reads %s", have, want)
	}
	return nil
}

// Status is the one-word answer of a report.
type Status string

// The statuses of a report: incomplete wins over findings, since what was not read may hold more of them.
const (
	Clean       Status = "clean"
	HasFindings Status = "findings"
	Incomplete  Status = "incomplete"
)

// Report is what report.json holds, and what every other format is made from.
type Report struct {
	SchemaVersion string           `json:"schema_version"`
	Run           Run              `json:"run"`
	Status        Status           `json:"status"`
	Summary       Summary          `json:"summary"`
	Coverage      *Ledger          `json:"coverage"` // ordered by CompareCoverage
	Rules         []RuleResult     `json:"rules"`    // ordered by id
	Findings      FindingList      `json:"findings"` // in the order of Sorter
	Renewals      RenewalList      `json:"renewals"` // ordered by notice deadline (none last), account, region, id
	Commitments   Commitments      `json:"commitments"`
	Billing       *Billing         `json:"billing,omitempty"` // what AWS charged; nil, and left out, where no bill is configured
	Products      *Products        `json:"products"`          // nil in a report that was made before there were any, and of a shard
	Budgets       *Budgets         `json:"budgets"`           // nil likewise
	Waivers       []WaiverResult   `json:"waivers"`           // in the order of the waivers file
	Decisions     []DecisionResult `json:"decisions"`         // in the order of the decisions file
	Changes       *Changes         `json:"changes"`           // nil without a baseline
	Undelivered   []Undelivered    `json:"undelivered"`       // in the order it was tried; empty when everything is there
}

// Undelivered is an output of a run that is missing though the report is there.
type Undelivered struct {
	Kind    OutputKind `json:"kind"`
	Name    string     `json:"name"`    // of the format; the URL, topic or host that it was for; the path of the file
	Message string     `json:"message"` // why, on one line
}

// OutputKind is a kind of output that a run makes beside its report.json.
type OutputKind string

// The kinds of output.
const (
	OutputFormat   OutputKind = "format"
	OutputDelivery OutputKind = "delivery" // to S3, an SNS topic, a webhook or by mail
	OutputMetrics  OutputKind = "metrics"
	OutputHistory  OutputKind = "history"
)

// Gaps returns the first rows of the ledger that were not read, at most so many, and how many there are in all.
func (r *Report) Gaps(most int) (first []Coverage, all int) {
	for c := range r.Coverage.Gaps() {
		if all < most {
			first = append(first, c)
		}
		all++
	}
	return first, all
}

// List is records of a report in their order. It may be on disk, so it is read by ranging over All, as often as one likes. The zero
// value is empty.
type List[T any] struct {
	Len int
	seq iter.Seq2[T, error]
}

// FindingList is a list of findings.
type FindingList = List[Finding]

// SilencedList is a list of what was silenced.
type SilencedList = List[Silenced]

// ChangedList is a list of what changed.
type ChangedList = List[Changed]

// RenewalList is a list of renewals.
type RenewalList = List[Renewal]

// CalendarList is a list of deadlines.
type CalendarList = List[CalendarDay]

// NewList returns the list of n records that seq ranges over in order, anew each time.
func NewList[T any](n int, seq iter.Seq2[T, error]) List[T] {
	return List[T]{Len: n, seq: seq}
}

// All ranges over the records. An error ends it and comes with a zero record.
func (l List[T]) All() iter.Seq2[T, error] {
	if l.seq == nil {
		return func(func(T, error) bool) {}
	}
	return l.seq
}

// First returns the first n of the records, or as many as there are.
func (l List[T]) First(n int) ([]T, error) {
	var fs []T
	for f, err := range l.All() {
		if err != nil {
			return nil, err
		}
		if len(fs) == n {
			break
		}
		fs = append(fs, f)
	}
	return fs, nil
}

// RuleError is a rule that failed while it ran, which makes the exit code 2.
type RuleError struct {
	Rule      string
	Resources int     // on which it failed
	First     Finding // what it says of the first of them
}

// RuleErrors returns the rules that failed while they ran, ordered by id. It reads as many findings as it must; an error is
// that of reading them.
func (r *Report) RuleErrors() ([]RuleError, error) {
	var failed []RuleError
	at := map[string]int{}
	for _, rule := range r.Rules {
		if n := rule.Verdicts[Error]; n > 0 {
			at[rule.ID] = len(failed)
			failed = append(failed, RuleError{Rule: rule.ID, Resources: n})
		}
	}
	if failed == nil {
		return nil, nil
	}
	for f, err := range r.Findings.All() {
		if err != nil {
			return nil, fmt.Errorf("findings: %w", err)
		}
		if i, ok := at[f.Rule]; ok && f.Verdict == Error {
			failed[i].First = f
			if delete(at, f.Rule); len(at) == 0 {
				break
			}
		}
	}
	return failed, nil
}

// Run says what a report was made from. The same run values and the same snapshot give the same bytes.
type Run struct {
	ID             string `json:"id"` // hex, from the snapshot, the policies, their parameters and as_of
	ToolVersion    string `json:"tool_version"`
	TakenAt        string `json:"taken_at"`        // RFC 3339: when the snapshot was taken
	AsOf           string `json:"as_of"`           // RFC 3339: the clock of every rule and measure
	SnapshotDigest string `json:"snapshot_digest"` // hex SHA-256 of the snapshot's manifest
	PolicyDigest   string `json:"policy_digest"`   // hex SHA-256 over the sources of every policy
	// hex SHA-256 of what the config says about the evaluation: policies, finance, waivers, fail_on
	ConfigDigest string                                `json:"config_digest"`
	Params       map[string]map[string]json.RawMessage `json:"params"` // rule → parameter → value, defaults merged
	// Account is the one whose credentials collected the snapshot; null where that does not say.
	Account     Optional    `json:"account"`
	Accounts    []Account   `json:"accounts"` // ordered by id
	Regions     []string    `json:"regions"`  // ordered
	Settings    Settings    `json:"settings"`
	Assumptions Assumptions `json:"assumptions"`
	// NotifyDays are the days before a deadline on which people are told of it, as the config has them.
	NotifyDays []int `json:"notify_days"`
	// what the run went on without, such as a last report that cannot be read
	Warnings []string `json:"warnings"`
}

// Account is an account of the run.
type Account struct {
	ID   string `json:"id"`
	Name string `json:"name"` // from Organizations; empty where it is not known
}

// Assumptions are finance's settings for the run.
type Assumptions struct {
	DiscountRate       string   `json:"discount_rate"`     // a year, as a decimal: "0.08"
	FiscalYearStart    int      `json:"fiscal_year_start"` // month, 1 to 12
	Calendar           string   `json:"calendar"`          // of business days: "us"
	Holidays           []string `json:"holidays"`          // more of them, YYYY-MM-DD, ordered
	NoticeBusinessDays int      `json:"notice_business_days"`
	MonthToMonthTerm   string   `json:"month_to_month_term"` // whose NO_UPFRONT price is month-to-month's: ONE_YEAR
	AllowedTerms       []string `json:"allowed_terms"`
	AllowedOptions     []string `json:"allowed_options"`
	ApprovalLimitUSD   string   `json:"approval_limit_usd"`
	ApprovalBasis      string   `json:"approval_basis"`   // what is held against the limit: "total" (contract value) or "upfront"
	RetiredStatuses    []string `json:"retired_statuses"` // the values of LifeCycleStatus of an Outpost that is returned
	// ReturnLeadDays is how many days before the notice deadline a return has to be under way.
	ReturnLeadDays int        `json:"return_lead_days"`
	Decisions      []Decision `json:"decisions"` // on file, in the order of the file
	// BillingDiscountPercent is what AWS takes off the price of contracts that were negotiated; left out where it is not known.
	BillingDiscountPercent string `json:"billing_discount_percent,omitempty"`
}

// Summary is the report in numbers.
type Summary struct {
	Resources    map[string]int              `json:"resources"` // kind → how many were evaluated
	Verdicts     map[Verdict]int             `json:"verdicts"`  // over every rule and resource
	Findings     map[string]map[Severity]int `json:"findings"`  // domain → severity → findings with the verdict fail
	Coverage     CoverageSummary             `json:"coverage"`
	MonthToMonth MonthToMonth                `json:"month_to_month"`
	Deadlines    []Deadline                  `json:"deadlines"` // the five nearest that are to be decided, those of Carried among them
	// all that an earlier report knew and this run could not read, as Deadlines are ordered
	Carried      []Deadline     `json:"carried"`
	DecisionsDue []DecisionsDue `json:"decisions_due"` // within 30, 90 and 180 days, each counting the ones before
	Calendar     CalendarList   `json:"calendar"`      // every deadline of a contract, by date, account, region, id and kind
}

// CalendarDay is a deadline of an Outpost's contract, as a calendar keeps it: it is known by its Outpost and kind, and stays on record
// once it is settled or cannot be read any more, until the contract has ended.
type CalendarDay struct {
	Kind     string      `json:"kind"` // CalendarNotice or CalendarCarryOut
	Resource ResourceRef `json:"resource"`
	Day      string      `json:"day"` // YYYY-MM-DD
	// ContractEnd is the day to whose end the contract runs, YYYY-MM-DD.
	ContractEnd string   `json:"contract_end"`
	Settled     bool     `json:"settled"` // an earlier report had it, and there is nothing more to do by that day
	AsOf        Optional `json:"as_of"`   // RFC 3339: as_of of the report that read it last; null when it is this one
}

// The kinds of deadlines of a contract.
const (
	CalendarNotice   = "notice"    // to decide and give notice by
	CalendarCarryOut = "carry_out" // to carry the decision on file out by
)

// CalendarDays returns the deadlines of the contract as of a time: to decide, or to carry out what was decided.
func (r *Renewal) CalendarDays(asOf time.Time) []CalendarDay {
	var days []CalendarDay
	add := func(kind, day string) {
		days = append(days, CalendarDay{Kind: kind, Resource: r.Resource, Day: day, ContractEnd: string(r.ContractEnd)})
	}
	if d, ok := r.Deadline(asOf); ok {
		add(CalendarNotice, d.NoticeDeadline)
	}
	if d := r.Decision; d != nil && d.Status == DecisionOpen && d.Deadline != "" {
		add(CalendarCarryOut, string(d.Deadline))
	}
	return days
}

// BySeverity adds up the findings with the verdict fail over the domains. Every severity is a key.
func (s *Summary) BySeverity() map[Severity]int {
	counts := map[Severity]int{}
	for _, sev := range Severities {
		counts[sev] = 0
		for _, domain := range s.Findings {
			counts[sev] += domain[sev]
		}
	}
	return counts
}

// Failures is how many findings have the verdict fail. A rule may have several on one resource, so it is not Verdicts[Fail].
func (s *Summary) Failures() int {
	all := 0
	for _, n := range s.BySeverity() {
		all += n
	}
	return all
}

// CoverageSummary counts the rows of the ledger. Each row is in one of the counts.
type CoverageSummary struct {
	Collected  int `json:"collected"`
	Gaps       int `json:"gaps"`
	NotEnabled int `json:"not_enabled"`
	NotOffered int `json:"not_offered"`
	Suspended  int `json:"suspended"`
	Optional   int `json:"optional"`
}

// SummariseCoverage counts the rows of a ledger.
func SummariseCoverage(l *Ledger) CoverageSummary {
	var s CoverageSummary
	for c := range l.All() {
		*s.count(c.Status)++
	}
	return s
}

// Count returns how many rows have a status.
func (s CoverageSummary) Count(status CoverageStatus) int { return *s.count(status) }

// count returns the place in which the rows of a status are counted. What this program does not know was not read.
func (s *CoverageSummary) count(status CoverageStatus) *int {
	switch status {
	case StatusCollected:
		return &s.Collected
	case StatusNotEnabled:
		return &s.NotEnabled
	case StatusNotOffered:
		return &s.NotOffered
	case StatusSuspended:
		return &s.Suspended
	case StatusOptional:
		return &s.Optional
	}
	return &s.Gaps
}

// MonthToMonth is what the Outposts that run without a contract come to.
type MonthToMonth struct {
	Count    int    `json:"count"`
	Price    *Money `json:"price"`    // a month, of those whose price is known; nil when none is
	Above    *Money `json:"above"`    // of Price, what a month costs more than what is recommended; nil when nothing is known
	Unpriced int    `json:"unpriced"` // how many of Count have no known price
}

// Text says it in one line; empty when there is none.
func (m *MonthToMonth) Text() string {
	if m.Count == 0 {
		return ""
	}
	text := "Month-to-month: " + Counted(m.Count, "Outpost")
	if m.Price != nil {
		text += ", " + m.Price.PerText()
	}
	if m.Above != nil {
		text += "; renewing saves " + m.Above.Text() + " of it"
	}
	if m.Unpriced > 0 {
		text += fmt.Sprintf(" (%d without a known price)", m.Unpriced)
	}
	return text
}

// Deadline is a renewal to decide.
type Deadline struct {
	Resource       ResourceRef `json:"resource"`
	NoticeDeadline string      `json:"notice_deadline"` // YYYY-MM-DD
	ContractEnd    string      `json:"contract_end"`
	DaysLeft       int         `json:"days_left"`   // calendar days from as_of's day to NoticeDeadline; negative once it has passed
	Recommended    *Choice     `json:"recommended"` // nil when nothing is
	Amount         *Money      `json:"amount"`      // total contract value of the recommended option; nil when none is
	// NeedsApproval: what is to be approved of the recommended option is above the approval limit; nil when nothing is recommended.
	NeedsApproval *bool    `json:"needs_approval"`
	PerMonth      *Money   `json:"per_month"` // cost of inaction; nil when unknown
	AsOf          Optional `json:"as_of"`     // RFC 3339: as_of of the report that read it last; null when it is this one
}

// Overdue names the Outposts of the nearest deadlines that have passed.
func (s *Summary) Overdue() []string {
	return s.named(func(d *Deadline) bool { return d.DaysLeft < 0 })
}

// NeedApproval names the Outposts of the nearest deadlines whose recommended option needs an approval.
func (s *Summary) NeedApproval() []string {
	return s.named(func(d *Deadline) bool { return d.NeedsApproval != nil && *d.NeedsApproval })
}

func (s *Summary) named(holds func(*Deadline) bool) (names []string) {
	for i := range s.Deadlines {
		if d := &s.Deadlines[i]; holds(d) {
			names = append(names, d.Resource.Label())
		}
	}
	return names
}

// CompareDeadlines orders deadlines by date, account, region and id.
func CompareDeadlines(a, b Deadline) int {
	x, y := &a.Resource, &b.Resource
	return cmp.Or(cmp.Compare(a.NoticeDeadline, b.NoticeDeadline), cmp.Compare(x.Account, y.Account), cmp.Compare(x.Region, y.Region),
		cmp.Compare(x.ID, y.ID))
}

// NearestDeadlines is how many of them Summary.Deadlines has at the most.
const NearestDeadlines = 5

// Carry adds deadlines that were read earlier, in their order, to those that were read at asOf.
func (s *Summary) Carry(earlier []Deadline, asOf time.Time) {
	s.Carried = append([]Deadline{}, earlier...)
	s.Deadlines = slices.Concat(s.Deadlines, earlier)
	slices.SortStableFunc(s.Deadlines, CompareDeadlines)
	s.Deadlines = s.Deadlines[:min(len(s.Deadlines), NearestDeadlines)]
	for i := range s.DecisionsDue {
		due := &s.DecisionsDue[i]
		for _, d := range earlier {
			if notice, err := time.Parse(time.DateOnly, d.NoticeDeadline); err == nil && !notice.After(asOf.AddDate(0, 0, due.WithinDays)) {
				due.Carried++
			}
		}
	}
}

// DecisionsDue is what must be decided within some days of as_of.
type DecisionsDue struct {
	WithinDays int    `json:"within_days"`
	Count      int    `json:"count"`
	Amount     *Money `json:"amount"`   // of the recommended options, where known
	Unpriced   int    `json:"unpriced"` // how many of Count have no recommendation
	Carried    int    `json:"carried"`  // how many more an earlier report knew and this run could not read; not in Count or Amount
}

// Rule is a rule as its METADATA and the config describe it.
type Rule struct {
	ID               string            `json:"id"` // its package without tenor.
	Title            string            `json:"title"`
	Description      string            `json:"description"`
	Severity         Severity          `json:"severity"` // in force
	Kinds            []string          `json:"kinds"`
	Requires         []string          `json:"requires"` // sections whose gap makes the verdict unknown
	Optional         []string          `json:"optional"` // sections that are evaluated as absent where they are a gap
	Params           []Param           `json:"params"`   // ordered by name
	Remediation      string            `json:"remediation"`
	RelatedResources []RelatedResource `json:"related_resources"`
	Frameworks       []Framework       `json:"frameworks"` // the controls that it checks, in its own order
	File             string            `json:"file"`       // the policy's path, slashes, relative to its root
	Line             int               `json:"line"`       // of its package clause
	Origin           string            `json:"origin"`     // "tenor", or the directory or bundle of a user's policy
	Digest           Optional          `json:"digest"`     // hex SHA-256 over its policy and all that this may use; null: it is not Rego
}

// Param is a parameter of a rule.
type Param struct {
	Name        string          `json:"name"`
	Description string          `json:"description"`
	Default     json.RawMessage `json:"default"`
	Value       json.RawMessage `json:"value"`  // in force
	Source      string          `json:"source"` // "default" or "config"
}

// Framework is a control of a framework of compliance, such as the organisation's own.
type Framework struct {
	ID      string `json:"id"`      // of the framework, such as "ISO/IEC 27001:2022"
	Control string `json:"control"` // such as "A.5.9"
}

func (f Framework) String() string { return f.ID + " " + f.Control }

// RelatedResource is a link in a rule's METADATA.
type RelatedResource struct {
	Ref         string `json:"ref"`
	Description string `json:"description"`
}

// RuleResult is a rule and how often it gave each verdict.
type RuleResult struct {
	Rule
	Verdicts map[Verdict]int `json:"verdicts"` // all five, zeroes included
}

// Renewal is one Outpost's contract and what its renewal can cost.
type Renewal struct {
	Resource ResourceRef `json:"resource"`
	OutpostFacts
}

// Deadline returns the decision that is to be taken on the contract, as of a time; false when there is none.
func (r *Renewal) Deadline(asOf time.Time) (Deadline, bool) {
	notice, err := time.Parse(time.DateOnly, string(r.NoticeDeadline))
	if err != nil || !r.Due() {
		return Deadline{}, false
	}
	d := Deadline{Resource: r.Resource, NoticeDeadline: string(r.NoticeDeadline), ContractEnd: string(r.ContractEnd),
		DaysLeft: DaysBetween(asOf, notice), Recommended: r.Recommended.Choice()}
	if best := r.Best(); best != nil {
		d.Amount = moneyOf(best.TCVCents)
	}
	if best := r.Recommended; best != nil {
		d.NeedsApproval = &best.NeedsApproval
	}
	if r.CostOfInactionCents != nil {
		d.PerMonth = CentsToMoney(*r.CostOfInactionCents).Monthly()
	}
	return d, true
}

// Later returns a deadline that was read earlier as it stands at asOf; false when its contract has ended.
func (d Deadline) Later(asOf time.Time) (Deadline, bool) {
	notice, err := time.Parse(time.DateOnly, d.NoticeDeadline)
	end, endErr := time.Parse(time.DateOnly, DayOf(d.ContractEnd)) // a report of 1.0 has a time too
	d.DaysLeft = DaysBetween(asOf, notice)
	return d, err == nil && endErr == nil && DaysBetween(asOf, end) >= 0
}

// Commitments is what is committed, by account and as a whole.
type Commitments struct {
	Currency string              `json:"currency"`
	Total    AccountCommitment   `json:"total"`
	Accounts []AccountCommitment `json:"accounts"` // ordered by account; those without a contract, known or not, are left out
}

// AccountCommitment is the commitment of one account, or of all with an empty Account.
type AccountCommitment struct {
	Account    string `json:"account"`
	Name       string `json:"name"`
	Outposts   int    `json:"outposts"`
	Incomplete bool   `json:"incomplete"` // a gap may hide contracts or payments, which no amount includes
	// Outposts of which that is known: they are there, and what is paid on them is not known
	NotIncluded           int       `json:"not_included"`
	Remaining             string    `json:"remaining"`           // to be paid on running and pending subscriptions
	CashByMonth           []Period  `json:"cash_by_month"`       // from as_of's month to the last with an amount, no gaps
	CashByFiscalYear      []Period  `json:"cash_by_fiscal_year"` // the same money
	AmortisedByMonth      []Period  `json:"amortised_by_month"`  // what a month costs, upfronts spread over their subscription
	AmortisedByFiscalYear []Period  `json:"amortised_by_fiscal_year"`
	ContractEnds          []Quarter `json:"contract_ends"` // by calendar quarter, no gaps
}

// Period is an amount in a month or a fiscal year.
type Period struct {
	Period       string `json:"period"`        // "2026-12", or "FY2027", named after the year in which it ends
	Committed    string `json:"committed"`     // on contracts as they stand
	WithRenewals string `json:"with_renewals"` // Committed, plus what is recommended for each contract that runs or is month-to-month
}

// Quarter is a number of contract ends in a calendar quarter.
type Quarter struct {
	Quarter   string `json:"quarter"` // "2027-Q1"
	Decided   int    `json:"decided"`
	Undecided int    `json:"undecided"`
}

// WaiverResult is a waiver and what became of it.
type WaiverResult struct {
	Rule     string   `json:"rule"`
	Resource string   `json:"resource"` // id, ARN or glob
	Account  Optional `json:"account"`
	Finding  string   `json:"finding,omitempty"` // fingerprint of the one finding it is for; empty: all of the rule on the resource
	Reason   string   `json:"reason"`
	Owner    string   `json:"owner"`
	Expires  string   `json:"expires"` // YYYY-MM-DD, the last day on which it holds
	Status   string   `json:"status"`  // "used", "unused" or "expired"
	Matched  int      `json:"matched"` // findings it waived, or would waive were it not expired
	Line     int      `json:"line"`    // in the waivers file
}

// Changes compares with a baseline report. What it compares are findings with the verdict fail or waived: one that is unknown or
// an error says only that nothing could be said. A finding of the baseline counts once: it persists, is changed, or is in one of the
// lists Resolved, NotReevaluated and Silenced, as it was when it was last evaluated. All four lists stand in the order of
// Sorter.
type Changes struct {
	Baseline   BaselineRef `json:"baseline"`
	Settings   []Setting   `json:"settings"` // what people changed about what is evaluated and how; ordered by kind and name
	New        int         `json:"new"`
	Persisting int         `json:"persisting"`
	Changed    ChangedList `json:"changed"`
	Resolved   FindingList `json:"resolved"` // changes resolved and account_gone
	// NotReevaluated are known and could not be evaluated: the next report knows them too, until one reads their scope.
	NotReevaluated FindingList `json:"not_reevaluated"` // change not_reevaluated
	// Silenced are gone, waived or less severe, and one of Settings may be why: nothing shows that anybody resolved them.
	Silenced SilencedList `json:"silenced"`
	// Contracts and Cash are what Compare makes of both reports; nil of a report that has none.
	Contracts []ContractChange `json:"contracts"`
	Cash      []CashChange     `json:"cash_by_fiscal_year"`
}

// BaselineRef names the baseline.
type BaselineRef struct {
	ID   string `json:"id"`
	AsOf string `json:"as_of"`
}

// Changed is a finding that stands in both reports and is not the same.
type Changed struct {
	Fingerprint string   `json:"fingerprint"`
	Rule        string   `json:"rule"`
	Fields      []string `json:"fields"` // of severity, verdict and msg, those that differ
	Before      Finding  `json:"before"`
	After       Finding  `json:"after"`
}
