package baseline

import (
	"cmp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"tenor/audit"
)

// Scopes knows what a report judged, so that what it did not judge is never called resolved.
type Scopes struct {
	rules map[string]bool    // that ran
	read  map[[3]string]bool // account, region, service with a row that is collected; the account or the region alone too
	blind map[[3]string]bool // those with a row that is not collected
	gaps  bool               // some row is a gap

	NarrowAccounts, NarrowRegions bool // the run left some of the estate's out
}

// NewScopes returns those of a report with that ledger and those rules.
func NewScopes(coverage []audit.Coverage, rules []audit.RuleResult) *Scopes {
	s := &Scopes{rules: map[string]bool{}, read: map[[3]string]bool{}, blind: map[[3]string]bool{}}
	for _, r := range rules {
		s.rules[r.ID] = true
	}
	for _, c := range coverage {
		switch c.Status {
		case audit.StatusOptional, audit.StatusNotOffered: // they hide nothing
			continue
		case audit.StatusCollected:
			s.read[[3]string{c.Account, c.Region, c.Service}] = true
			s.read[[3]string{c.Account}] = true
			s.read[[3]string{"", c.Region}] = true
			continue
		}
		s.blind[[3]string{c.Account, c.Region, c.Service}] = true
		s.blind[[3]string{c.Account}] = true
		s.gaps = s.gaps || c.Status == audit.StatusGap
	}
	return s
}

// hidden reports whether the report could not have shown f if it were still there.
func (s *Scopes) hidden(f *audit.Finding) bool {
	r := &f.Resource
	switch {
	case !s.rules[f.Rule]:
		return true
	case r.Kind == audit.KindWaiver:
		_, resource, _ := strings.Cut(r.ID, " ")
		return !s.ReadAll(r.Account, resource)
	case r.Region == "": // an account: any gap in it may hide something
		return !s.read[[3]string{r.Account}] || s.blind[[3]string{r.Account}]
	default:
		scope := [3]string{r.Account, r.Region, audit.KindOf(r.Kind).Service}
		return !s.read[scope] || s.blind[scope]
	}
}

// ReadAll reports whether all was read that a waiver for the resource, of any account when that is empty, can match.
func (s *Scopes) ReadAll(account, resource string) bool {
	region := ""
	if a, err := arn.Parse(resource); err == nil && !strings.ContainsAny(a.Region+a.AccountID, "*?") {
		account, region = cmp.Or(account, a.AccountID), a.Region
	}
	switch {
	case s.gaps || len(s.read) == 0:
		return false
	case account == "" && s.NarrowAccounts || account != "" && !s.read[[3]string{account}]:
		return false
	case region == "" && s.NarrowRegions || region != "" && !s.read[[3]string{"", region}]:
		return false
	}
	return true
}
