package job

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"tenor/audit"
	"tenor/report"
)

// baseline is what is known of an earlier report, to say what changed since.
type baseline struct {
	report audit.Report
	close  func() error
	known  map[string]*known // by fingerprint

	mu      sync.Mutex
	changes audit.Changes
	blind   map[blindSpot]bool // what the new report could not judge
}

// known is what is kept of a finding of the baseline while the new report is made.
type known struct {
	severity  audit.Severity
	verdict   audit.Verdict
	msg       string
	firstSeen audit.Optional
	seen      bool
}

type blindSpot struct{ rule, account, region, kind, id string }

// openBaseline reads the report.json at path.
func openBaseline(path string) (*baseline, error) {
	r, closeFile, err := report.ReadJSON(path)
	if err != nil {
		return nil, fmt.Errorf("baseline: %w", err)
	}
	b := &baseline{report: r, close: closeFile, known: map[string]*known{}, blind: map[blindSpot]bool{}}
	b.changes = audit.Changes{Baseline: audit.BaselineRef{ID: r.Run.ID, AsOf: r.Run.AsOf}, Changed: []audit.Changed{}, Resolved: []audit.Finding{}, NotReevaluated: []audit.Finding{}}
	for f, err := range r.Findings.All() {
		if err != nil {
			return nil, errors.Join(fmt.Errorf("baseline: %w", err), closeFile())
		}
		b.known[f.Fingerprint] = &known{severity: f.Severity, verdict: f.Verdict, msg: f.Msg, firstSeen: f.FirstSeen}
	}
	return b, nil
}

// note sets what a finding of the new report says of the baseline, and returns the baseline's of the same fingerprint, nil
// when it had none. A nil baseline knows nothing.
func (b *baseline) note(f *audit.Finding, asOf string) *known {
	f.FirstSeen = audit.Optional(asOf)
	if b == nil {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if f.Verdict == audit.Unknown || f.Verdict == audit.Error {
		b.blind[blindSpot{f.Rule, f.Resource.Account, f.Resource.Region, f.Resource.Kind, f.Resource.ID}] = true
	}
	k := b.known[f.Fingerprint]
	if k == nil {
		f.Change = audit.Optional(audit.ChangeNew)
		b.changes.New++
		return nil
	}
	k.seen = true
	if k.firstSeen != "" {
		f.FirstSeen = k.firstSeen
	}
	fields := k.differs(f)
	if len(fields) == 0 {
		f.Change = audit.Optional(audit.ChangePersisting)
		b.changes.Persisting++
		return k
	}
	f.Change = audit.Optional(audit.ChangeChanged)
	b.changes.Changed = append(b.changes.Changed, audit.Changed{Fingerprint: f.Fingerprint, Rule: f.Rule, Fields: fields, After: *f})
	return k
}

func (k *known) differs(f *audit.Finding) []string {
	var fields []string
	if k.severity != f.Severity {
		fields = append(fields, "severity")
	}
	if k.verdict != f.Verdict {
		fields = append(fields, "verdict")
	}
	if k.msg != f.Msg {
		fields = append(fields, "msg")
	}
	return fields
}

// finish goes through the baseline once more and returns what changed. scopes answers for what the new report did not read.
func (b *baseline) finish(s *scopes) (*audit.Changes, error) {
	if b == nil {
		return nil, nil
	}
	changed := map[string]int{}
	for i, c := range b.changes.Changed {
		changed[c.Fingerprint] = i
	}
	for f, err := range b.report.Findings.All() {
		if err != nil {
			return nil, fmt.Errorf("baseline: %w", err)
		}
		k := b.known[f.Fingerprint]
		switch i, ok := changed[f.Fingerprint]; {
		case ok:
			b.changes.Changed[i].Before = f
		case k.seen:
		case b.blind[blindSpot{f.Rule, f.Resource.Account, f.Resource.Region, f.Resource.Kind, f.Resource.ID}] || s.hidden(&f):
			b.changes.NotReevaluated = append(b.changes.NotReevaluated, f)
		default:
			b.changes.Resolved = append(b.changes.Resolved, f)
		}
	}
	slices.SortFunc(b.changes.Changed, func(x, y audit.Changed) int { return audit.CompareFindings(&x.After, &y.After) })
	return &b.changes, nil
}

// scopes knows what a report judged, so that what it did not judge is never called resolved.
type scopes struct {
	rules map[string]bool    // that ran
	read  map[[3]string]bool // account, region, service with a row that is collected; the account or the region alone too
	blind map[[3]string]bool // those with a row that is not collected
	gaps  bool               // some row is a gap

	narrowAccounts, narrowRegions bool // the run left some of the estate's out
}

func newScopes(coverage []audit.Coverage, rules []audit.RuleResult) *scopes {
	s := &scopes{rules: map[string]bool{}, read: map[[3]string]bool{}, blind: map[[3]string]bool{}}
	for _, r := range rules {
		s.rules[r.ID] = true
	}
	for _, c := range coverage {
		if c.Status == audit.StatusCollected {
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
func (s *scopes) hidden(f *audit.Finding) bool {
	r := &f.Resource
	switch service, _, _ := strings.Cut(r.Kind, "."); {
	case !s.rules[f.Rule]:
		return true
	case r.Kind == audit.KindWaiver:
		_, resource, _ := strings.Cut(r.ID, " ")
		return !s.waiver(r.Account, resource)
	case r.Region == "": // an account: any gap in it may hide something
		return !s.read[[3]string{r.Account}] || s.blind[[3]string{r.Account}]
	default:
		scope := [3]string{r.Account, r.Region, strings.ReplaceAll(service, "_", "")} // service_catalog is servicecatalog on the ledger
		return !s.read[scope] || s.blind[scope]
	}
}

// waiver reports whether all was read that a waiver for the resource, of any account when that is empty, can match.
func (s *scopes) waiver(account, resource string) bool {
	region := ""
	if a, err := arn.Parse(resource); err == nil && !strings.ContainsAny(a.Region+a.AccountID, "*?") {
		account, region = cmp.Or(account, a.AccountID), a.Region
	}
	switch {
	case s.gaps || len(s.read) == 0:
		return false
	case account == "" && s.narrowAccounts || account != "" && !s.read[[3]string{account}]:
		return false
	case region == "" && s.narrowRegions || region != "" && !s.read[[3]string{"", region}]:
		return false
	}
	return true
}
