package baseline

import (
	"cmp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"tenor/audit"
)

// Scopes knows what a report evaluated, so that what it did not evaluate is never called resolved.
type Scopes struct {
	rules    map[string]bool     // that ran
	charged  map[string]bool     // those of them that rest on what AWS charged
	bill     bool                // it was asked for
	listed   map[string][]uint32 // account → region, by its number → the lists that were read whole, a bit for each of audit.Kinds
	number   map[string]int      // of a region
	accounts map[string]bool     // with a row that is collected
	regions  map[string]bool     // with one

	Gaps bool // something was not read

	NarrowAccounts, NarrowRegions bool     // the run left some of the estate's out
	Regions                       []string // that it read

	// Members are the accounts that the organization listed, when it listed all of them; nil: that is not known.
	Members map[string]bool
	// Excluded are those of them that the config leaves out.
	Excluded []string
}

// NewScopes returns those of a report with that ledger and those rules.
func NewScopes(coverage *audit.Ledger, rules []audit.RuleResult) *Scopes {
	s := &Scopes{rules: map[string]bool{}, charged: map[string]bool{}, listed: map[string][]uint32{}, number: map[string]int{},
		accounts: map[string]bool{}, regions: map[string]bool{}}
	for i := range rules {
		r := &rules[i]
		s.rules[r.ID] = true
		s.charged[r.ID] = slices.Contains(r.Requires, audit.SectionCharges)
	}
	for c := range coverage.All() {
		s.Gaps = s.Gaps || c.Status == audit.StatusGap
		if c.Service == audit.ServiceBilling { // of a payer, of whom nothing else need be read
			s.bill = true
			continue
		}
		if c.Status == audit.StatusCollected {
			s.accounts[c.Account], s.regions[c.Region] = true, true
			for i := range audit.Kinds {
				if k := &audit.Kinds[i]; c.Service == k.Service && c.Operation == k.List {
					s.list(c.Account, c.Region, i)
				}
			}
		}
	}
	return s
}

// list notes that the list of the kind in the i-th row was read whole.
func (s *Scopes) list(account, region string, i int) {
	n, ok := s.number[region]
	if !ok {
		n = len(s.number)
		s.number[region] = n
	}
	of := s.listed[account]
	for len(of) <= n {
		of = append(of, 0)
	}
	of[n] |= 1 << i
	s.listed[account] = of
}

// became says what a finding became that the new report does not have, and by which setting, when it is silenced; as wide, that it
// comes from a run of no more regions than this one.
func (b *Baseline) became(s *Scopes, f *audit.Finding, asWide bool) (audit.Change, *audit.Setting) {
	set, r := &b.settings, &f.Resource
	silenced := func(by *audit.Setting, otherwise audit.Change) (audit.Change, *audit.Setting) {
		if by != nil {
			return audit.ChangeSilenced, by
		}
		return otherwise, nil
	}
	read := s.read(r)
	switch {
	case !s.rules[f.Rule]:
		return silenced(set.off(f.Rule), "")
	case !read && set.excluded(r.Account, s.Excluded) != nil:
		return silenced(set.excluded(r.Account, s.Excluded), "")
	case s.left(r.Account):
		return silenced(set.gone(), audit.ChangeAccountGone)
	case !read || r.Kind == audit.KindAccount && !asWide && set.one(audit.SettingRegions, "") != nil:
		return silenced(set.narrowed(r, &b.Report.Run, s.accounts), audit.ChangeNotReevaluated)
	case s.charged[f.Rule] && !s.bill && set.unbilled() != nil:
		return silenced(set.unbilled(), "")
	case b.blind[spot(f)] || s.charged[f.Rule] && !s.bill || r.Kind == audit.KindAccount && s.NarrowRegions && !asWide:
		return audit.ChangeNotReevaluated, nil
	}
	return silenced(set.evaluated(f), audit.ChangeResolved)
}

// covers reports whether the run read each of some regions.
func (s *Scopes) covers(regions []string) bool {
	return !slices.ContainsFunc(regions, func(r string) bool { return !slices.Contains(s.Regions, r) })
}

// left reports whether an account is none of the estate's any more.
func (s *Scopes) left(account string) bool {
	return account != "" && s.Members != nil && !s.Members[account]
}

// read reports whether the report would have evaluated a resource if it were still there: a gap in the sections of one hides that
// one alone, and makes its rules blind.
func (s *Scopes) read(r *audit.ResourceRef) bool {
	switch r.Kind {
	case audit.KindWaiver:
		_, resource, _ := strings.Cut(r.ID, " ")
		return s.ReadAll(r.Account, resource)
	case audit.KindDecision:
		return s.ReadAll(r.Account, r.ID)
	case audit.KindAccount:
		return s.accounts[r.Account]
	}
	n, ok := s.number[r.Region]
	i, of := slices.IndexFunc(audit.Kinds[:], func(k audit.Kind) bool { return k.Name == r.Kind }), s.listed[r.Account]
	return ok && i >= 0 && n < len(of) && of[n]&(1<<i) != 0
}

// ReadAll reports whether all was read that a waiver for the resource, or a decision on it, of any account when that is empty, can match.
func (s *Scopes) ReadAll(account, resource string) bool {
	region := ""
	if a, err := arn.Parse(resource); err == nil && !strings.ContainsAny(a.Region+a.AccountID, "*?") {
		account, region = cmp.Or(account, a.AccountID), a.Region
	}
	switch {
	case s.Gaps || len(s.accounts) == 0:
		return false
	case account == "" && s.NarrowAccounts || account != "" && !s.accounts[account]:
		return false
	case region == "" && s.NarrowRegions || region != "" && !s.regions[region]:
		return false
	}
	return true
}
