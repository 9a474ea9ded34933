package awssim

import (
	_ "embed" // of demo.json
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// Estate is what a simulated AWS has in it. It does not change once it is loaded, and several servers may share it.
type Estate struct {
	Organization Organization // without an ID when the accounts are in no organization
	Role         Role
	Accounts     []Account
	Regions      []string // that the accounts have enabled; nil: whatever region is asked
	Bill         *Bill    // what AWS charged; nil: there is no export of it
	scopes       map[scopeKey]*scope
}

// Organization is what AWS Organizations knows beside the accounts.
type Organization struct {
	ID, Root, ManagementAccount string
	Units                       []Unit
}

// Unit is an organizational unit. Its parent is the root or another unit.
type Unit struct{ ID, Name, Parent string }

// Role is what can be assumed in every account but those with NoRole.
type Role struct {
	Name       string
	ExternalID string // empty: none is asked for
}

// Account is one AWS account.
type Account struct {
	ID, Name, Email string
	State           string // ACTIVE, SUSPENDED, PENDING_CLOSURE, CLOSED or PENDING_ACTIVATION
	Unit            string // the root or the unit that it is in
	NoRole          bool
	DisabledRegions []string        // of Estate.Regions, those that this account has not enabled
	Deleted         []string        // principals that IAM does not know: role/NAME, user/NAME or group/NAME; it knows every other
	joined          json.RawMessage // epoch seconds
	budgets         []budget
}

type scopeKey struct{ account, region string }

// scope is what one account has in one region, ready for the wire and in the order of the file.
type scope struct {
	outposts  []outpost
	documents map[string][]document // by list
	products  []product
	folios    []portfolio
	fleets    []fleet
	records   map[string]recordPlace // of fleets that are not repeated
}

// Demo is the estate file of DemoEstate.
//
//go:embed demo.json
var Demo string

// DemoEstate returns the estate of demo.json, a company in every kind of trouble, with its dates set around now.
func DemoEstate(now time.Time) (*Estate, error) {
	return LoadEstate(strings.NewReader(Demo), now)
}

// LoadEstate reads an estate file, the form of which the package's documentation shows. An error names the line.
func LoadEstate(r io.Reader, now time.Time) (*Estate, error) {
	root, err := parseTree(r)
	if err != nil {
		return nil, fmt.Errorf("load estate: %w", err)
	}
	l := loader{now: now, estate: &Estate{scopes: map[scopeKey]*scope{}}}
	l.root(root)
	if b := l.estate.Bill; b != nil && l.err == nil {
		l.err = b.write(l.estate, now)
	}
	if l.err != nil {
		return nil, fmt.Errorf("load estate: %w", l.err)
	}
	return l.estate, nil
}

// account returns an account by its id, or nil.
func (e *Estate) account(id string) *Account {
	i := slices.IndexFunc(e.Accounts, func(a Account) bool { return a.ID == id })
	if i < 0 {
		return nil
	}
	return &e.Accounts[i]
}

// scope returns what an account has in a region, which may be nothing.
func (e *Estate) scope(account, region string) *scope {
	if s := e.scopes[scopeKey{account, region}]; s != nil {
		return s
	}
	return &scope{}
}

// enabled reports whether an account can use a region.
func (e *Estate) enabled(account, region string) bool {
	a := e.account(account)
	return (e.Regions == nil || slices.Contains(e.Regions, region)) && (a == nil || !slices.Contains(a.DisabledRegions, region))
}

// optIn is what account:ListRegions says of a region.
func (e *Estate) optIn(account, region string) string {
	switch {
	case !e.enabled(account, region):
		return "DISABLED"
	case slices.Contains(defaultRegions, region):
		return "ENABLED_BY_DEFAULT"
	}
	return "ENABLED"
}
