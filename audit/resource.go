package audit

import (
	"cmp"
	"encoding/json"
	"regexp"
)

var accountID = regexp.MustCompile(`^[0-9]{12}$`)

// IsAccountID reports whether s is the twelve digits of an AWS account.
func IsAccountID(s string) bool { return accountID.MatchString(s) }

// Resource is the document that a policy sees as its input: one resource with everything joined in that a rule needs to
// evaluate it.
//
// Spec and the sections of Related are JSON as AWS sent it, with two changes: timestamps are RFC 3339 in UTC, and
// insignificant white space is gone. Numbers keep AWS's digits; fields and enum values the SDK does not know are kept.
//
// A section is in one of three states: present in Related; in Gaps, when it could not be collected; in neither, when
// the resource has none (an Outpost that another account shares has no billing here).
type Resource struct {
	Kind    string                     `json:"kind"`
	ID      string                     `json:"id"`
	ARN     string                     `json:"arn"` // empty where AWS gives none (orders, capacity tasks)
	Name    string                     `json:"name"`
	Account string                     `json:"account"` // the twelve digits of the account it was collected from
	Region  string                     `json:"region"`  // empty for estate.account
	Tags    map[string]string          `json:"tags"`    // nil where the kind has no tags
	Spec    json.RawMessage            `json:"spec"`
	Related map[string]json.RawMessage `json:"related"`
	// section → why it is not in Related; "spec" when Spec is only AWS's list entry
	Gaps  map[string]Gap  `json:"gaps"`
	Facts json.RawMessage `json:"facts,omitempty"` // what finance derives, one of the …Facts types; absent from the snapshot
}

// OwnerTag is the tag whose value is shown as a resource's owner.
const OwnerTag = "Owner"

// Ref returns the identity of r that findings carry.
func (r *Resource) Ref() ResourceRef {
	return ResourceRef{Kind: r.Kind, ID: r.ID, ARN: Optional(r.ARN), Name: r.Name, Account: r.Account, Region: r.Region,
		Owner: r.Tags[OwnerTag]}
}

// Gap says why something was not collected.
type Gap struct {
	Operation string `json:"operation"` // the AWS operation, such as GetOutpostBillingInformation
	Reason    Reason `json:"reason"`
	Message   string `json:"message"` // AWS's own words, or ours where AWS said nothing
	// Optional says that the run does without: its row of the ledger is StatusOptional.
	Optional bool `json:"optional,omitzero"`
}

// Reason classifies a gap.
type Reason string

// The reasons of a gap.
const (
	ReasonAccessDenied Reason = "access_denied" // no identity-based policy allows it
	ReasonDeniedBySCP  Reason = "denied_by_scp" // a service control policy denies it
	ReasonCredentials  Reason = "credentials"   // the credentials were refused, in a region that the account has enabled
	ReasonThrottled    Reason = "throttled"     // still throttled after every retry
	ReasonMalformed    Reason = "malformed"     // a body that is cut off, is no JSON, lacks its list, or holds an impossible date
	ReasonTimeout      Reason = "timeout"       // no answer in time, or the run's own deadline
	ReasonError        Reason = "error"         // anything else
)

// CoverageStatus is the state of a row of the coverage ledger.
type CoverageStatus string

// The states of a scope. A gap makes a report incomplete, and so does a ledger with nothing collected.
const (
	StatusCollected  CoverageStatus = "collected"
	StatusGap        CoverageStatus = "gap"
	StatusNotEnabled CoverageStatus = "not_enabled" // a region that the account has not enabled
	StatusNotOffered CoverageStatus = "not_offered" // a region without the service, or not known to have it and so not asked
	StatusSuspended  CoverageStatus = "suspended"   // a suspended account
	StatusOptional   CoverageStatus = "optional"    // a call that failed, and that the run does without
)

// CoverageStatuses are all of them, in the order in which they are shown.
var CoverageStatuses = [...]CoverageStatus{StatusCollected, StatusGap, StatusNotEnabled, StatusNotOffered, StatusSuspended, StatusOptional}

// Coverage is one row of the coverage ledger: one account × region × operation.
type Coverage struct {
	Account   string         `json:"account"`
	Region    string         `json:"region"` // empty for an operation of no region, such as AssumeRole
	Service   string         `json:"service"`
	Operation string         `json:"operation"` // empty for a scope that was not asked at all, such as a suspended account
	Status    CoverageStatus `json:"status"`
	Reason    Reason         `json:"reason,omitempty"` // set when Status is gap or optional
	Count     int            `json:"count"`            // items collected, which a gap does not make zero
	Message   string         `json:"message,omitempty"`
}

// Scope is what a row of the ledger is about.
type Scope struct{ Account, Region, Service, Operation string }

// Scope returns that of the row.
func (c *Coverage) Scope() Scope { return Scope{c.Account, c.Region, c.Service, c.Operation} }

// API names what was asked for, outposts:ListOutposts; everything, of a scope that was not asked at all.
func (c *Coverage) API() string {
	if c.Operation == "" {
		return "everything"
	}
	return c.Service + ":" + c.Operation
}

// CompareScopes orders scopes as CompareCoverage does their rows.
func CompareScopes(a, b Scope) int {
	return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Region, b.Region), cmp.Compare(a.Service, b.Service),
		cmp.Compare(a.Operation, b.Operation))
}

// CompareCoverage is the total order of the ledger.
func CompareCoverage(a, b Coverage) int {
	return cmp.Or(CompareScopes(a.Scope(), b.Scope()), cmp.Compare(a.Status, b.Status), cmp.Compare(a.Reason, b.Reason),
		cmp.Compare(a.Message, b.Message))
}
