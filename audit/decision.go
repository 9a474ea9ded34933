package audit

import (
	"strings"
	"time"
)

// Decision is what was decided about an Outpost's contract, and AWS may not show yet: decisions.yaml is a list of them.
type Decision struct {
	Outpost       string   `yaml:"outpost" json:"outpost"`                         // id or ARN
	Action        string   `yaml:"action" json:"action"`                           // renew, return or month_to_month
	PaymentTerm   Optional `yaml:"payment_term,omitempty" json:"payment_term"`     // of a renewal; nil for another action
	PaymentOption Optional `yaml:"payment_option,omitempty" json:"payment_option"` // of a renewal; nil for another action
	Owner         string   `yaml:"owner" json:"owner"`                             // who answers for it
	Reason        string   `yaml:"reason" json:"reason"`
	DecidedOn     string   `yaml:"decided_on" json:"decided_on"` // YYYY-MM-DD: a renewal that begins later carries it out
	Line          int      `yaml:"-" json:"line"`                // in the decisions file
}

// Choice returns what was decided.
func (d *Decision) Choice() *Choice { return &Choice{d.Action, d.PaymentTerm, d.PaymentOption} }

// OutpostID returns the id of an Outpost that is named by its id or its ARN.
func OutpostID(identifier string) string {
	return identifier[strings.LastIndexByte(identifier, '/')+1:]
}

// What became of a decision.
const (
	DecisionOpen         = "open"         // AWS does not show it yet
	DecisionDone         = "done"         // AWS shows it
	DecisionContradicted = "contradicted" // AWS shows something else
	DecisionUnknown      = "unknown"      // the state of the contract is unknown
	DecisionUnused       = "unused"       // its Outpost was not read
)

// DecisionFacts is the decision on file about an Outpost, held against its contract.
type DecisionFacts struct {
	Decision
	Status string `json:"status"` // DecisionOpen, DecisionDone, DecisionContradicted or DecisionUnknown
	// Deadline is the last day to carry it out, YYYY-MM-DD: the notice deadline of a renewal, some days earlier for a return, which has
	// to be completed by then. It is null for month-to-month, and where the notice deadline is.
	Deadline     Optional `json:"deadline"`
	BusinessDays *int     `json:"business_days"` // to Deadline, as BusinessDaysToNotice counts
	// LevelPriceCents is the level price of what was decided, as that of a Recommendation; nil for a return, and where AWS does not price it.
	LevelPriceCents *int64 `json:"level_price_cents"`
	// Note is what keeps an open decision from being carried out as it stands: AWS does not price it, or its date is ahead. It is left out
	// where nothing does.
	Note Optional `json:"note,omitzero"`
}

// DecisionResult is a decision and what became of it.
type DecisionResult struct {
	Decision
	Status  string `json:"status"` // one of the above
	Name    string `json:"name"`   // of the Outpost; empty, as are the others, where it was not read
	Account string `json:"account"`
	Region  string `json:"region"`
	// Note is that of DecisionFacts.
	Note Optional `json:"note,omitzero"`
}

// StatusText is the status, and what is to be said of it.
func (r *DecisionResult) StatusText() string { return statusText(r.Status, r.Note) }

// StatusText is the status, and what is to be said of it.
func (d *DecisionFacts) StatusText() string { return statusText(d.Status, d.Note) }

func statusText(status string, note Optional) string {
	if note != "" {
		status += ": " + string(note)
	}
	return status
}

// LatestToday is the day that it is at a moment where the day begins first: UTC+14.
func LatestToday(at time.Time) string {
	return at.UTC().Add(14 * time.Hour).Format(time.DateOnly)
}

// AWS's payment terms and options, in the order in which options are shown.
var (
	PaymentTerms   = []string{"ONE_YEAR", "THREE_YEARS", "FIVE_YEARS"}
	PaymentOptions = []string{"ALL_UPFRONT", "PARTIAL_UPFRONT", "NO_UPFRONT"}
)
