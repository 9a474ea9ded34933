package audit

import (
	"encoding/json"
	"strings"
)

// Provisions reports whether a request of that RecordType provisions: it launches, updates, imports or terminates a product, also by
// a plan. A service action, such as a reboot, does not, nor does a type newer than this program: neither makes a product whole.
func Provisions(recordType string) bool {
	return recordType == "UPDATE_PROVISIONED_PRODUCT" || recordType == "EXECUTE_PROVISIONED_PRODUCT_PLAN" ||
		strings.HasPrefix(recordType, "PROVISION_") || strings.HasPrefix(recordType, "TERMINATE_") ||
		strings.HasPrefix(recordType, "IMPORT_")
}

// Broken reports whether a provisioned product of that Status is not what was asked for.
func Broken(status string) bool { return status == "TAINTED" || status == "ERROR" }

// The states of the version that a provisioned product was made from.
const (
	VersionCurrent    = "current" // active and not deprecated
	VersionDeprecated = "deprecated"
	VersionInactive   = "inactive"
	VersionMissing    = "missing" // AWS knows it, or its product, no more
)

// Products are the provisioned products of the estate in numbers: what is broken and why, what runs in which version, and who answers
// for it. What there is no room for is counted.
type Products struct {
	Total  int `json:"total"`
	Broken int `json:"broken"` // TAINTED or ERROR
	// Unexplained are those of which a request failed, or may have, and it is not known why: their records were not read, or do not say.
	Unexplained int `json:"unexplained"`
	// Incomplete says that AWS did not list all of them: a gap hides some.
	Incomplete bool `json:"incomplete"`

	// Oldest is the broken product that is so for the longest time that is known; null without any.
	Oldest *ProductRef `json:"oldest"`
	// MedianRepairDays is the median of the Repairs, in days, with a half where it lies between two; null without any.
	MedianRepairDays *json.Number `json:"median_repair_days"`

	Causes   []ProductCause   `json:"causes"`   // by products, most first, then cause
	Versions []ProductVersion `json:"versions"` // by product, its id, version, its id and state
	Owners   []ProductOwner   `json:"owners"`   // by broken products, most first, then behind, products and owner
	// Unlisted are the products of causes, of versions and of owners for which the lists have no room.
	Unlisted UnlistedProducts `json:"unlisted"`

	Since   *ProductsSince `json:"since"`   // null without a baseline
	Repairs []Repair       `json:"repairs"` // that are known, the newest first, at most MaxRepairs
}

// UnlistedProducts counts products whose group is not in a list.
type UnlistedProducts struct {
	Causes   int `json:"causes"`
	Versions int `json:"versions"`
	Owners   int `json:"owners"`
}

// ProductRef is a provisioned product of which a request failed.
type ProductRef struct {
	ID      string   `json:"id"`
	Name    string   `json:"name"`
	Account string   `json:"account"`
	Region  string   `json:"region"`
	Since   Optional `json:"since"`  // broken_since
	Before  bool     `json:"before"` // it was so even before Since
}

// Cause is why requests of provisioned products failed, and of which.
type Cause struct {
	Cause    string `json:"cause"`    // as in ProductFacts
	Text     string `json:"text"`     // the errors of the first of Examples, as AWS sent them, at most 1,000 bytes
	Products int    `json:"products"` // of which the last request that failed, failed so
	Broken   int    `json:"broken"`   // of Products: those that are TAINTED or in ERROR
	Accounts int    `json:"accounts"` // in which they are
	Owners   int    `json:"owners"`   // who answer for them: see ProductOwner
	AtLeast  bool   `json:"at_least"` // there are more Accounts, or Owners, than could be counted

	Oldest Optional `json:"oldest"` // the earliest broken_since of them
	// Days are those of the last 366 up to as_of's on which they failed last, the newest first.
	Days     []FailureDay `json:"days"`
	Examples []ProductRef `json:"examples"` // the first of the products by account, region and id, at most MaxExamples
}

// FailureDay is a day on which products failed.
type FailureDay struct {
	Day      string `json:"day"`      // YYYY-MM-DD
	Ago      int    `json:"ago"`      // days before as_of's
	Products int    `json:"products"` // that failed last on that day
}

// ProductCause is a cause, the one thing to do about it, which is what the finding on the first of its examples says, and what its
// products cost where a bill was read.
type ProductCause struct {
	Cause
	Remediation Optional `json:"remediation"` // null without a finding on one
	// CostPerMonth is the sum of ProductFacts.CostPerMonth of Products, in US dollars; left out without a bill, and where none can be told.
	CostPerMonth Optional `json:"cost_per_month,omitzero"`
	CostUnknown  int      `json:"cost_unknown,omitzero"` // of Products: those of which it cannot be told; 0 without a bill
}

// ProductVersion is a version of a product in the catalogue, and how many provisioned products were made from it.
type ProductVersion struct {
	ProductID string   `json:"product_id"`
	Product   string   `json:"product"` // its name, as is Version
	VersionID string   `json:"version_id"`
	Version   string   `json:"version"`
	State     Optional `json:"state"` // VersionCurrent and so on; null where it was not read
	Products  int      `json:"products"`
	Broken    int      `json:"broken"`   // of them
	Accounts  int      `json:"accounts"` // in which they are
	AtLeast   bool     `json:"at_least"` // there are more Accounts than could be counted
	Newest    Optional `json:"newest"`   // the name of the version to go to; null where none is known to be one
}

// ProductOwner is who answers for provisioned products, and how they are. Products = OK + Broken + Behind + Unknown.
type ProductOwner struct {
	Owner    string `json:"owner"`    // the tag Owner, else who launched them; empty for nobody
	By       string `json:"by"`       // OwnerByTag, OwnerByLaunch or OwnerNobody
	Products int    `json:"products"` // of theirs
	OK       int    `json:"ok"`
	Broken   int    `json:"broken"`
	Behind   int    `json:"behind"`  // not broken, and not of a current version, or a newer one is active
	Unknown  int    `json:"unknown"` // not broken, and whether they are behind was not read
}

// How the owner of products is known.
const (
	OwnerByTag    = "tag"
	OwnerByLaunch = "launched_by"
	OwnerNobody   = "nobody" // no tag, and whoever launched them is not known or is deleted
)

// Bounds of what is listed of products.
const (
	MaxExamples = 50
	MaxRepairs  = 200
)

// ProductsSince is what has become of broken products since the baseline.
type ProductsSince struct {
	Baseline string `json:"baseline"` // RFC 3339: its as_of
	New      int    `json:"new"`      // broken, and not known to be so
	Mended   int    `json:"mended"`   // known to be broken, and not any more
}

// Repair is a product that was broken and is not any more.
type Repair struct {
	ID        string `json:"id"`
	Account   string `json:"account"`
	Region    string `json:"region"`
	FirstSeen string `json:"first_seen"` // RFC 3339: as_of of the first report that knew it
	Mended    string `json:"mended"`     // RFC 3339: as_of of the report that resolved it
	Days      int    `json:"days"`       // whole days between the two
}
