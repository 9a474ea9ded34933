package job

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"os"
	"slices"
	"strings"
	"time"

	"tenor/audit"
	"tenor/finance"
	"tenor/internal/atomicfile"
	"tenor/job/baseline"
	"tenor/job/waivers"
	"tenor/policies"
	"tenor/snapshot"
)

// inputs are what evaluates a snapshot.
type inputs struct {
	pack     *policies.Pack
	policies Policies // that hold
	assumed  audit.Assumptions
	rules    []audit.Rule // the pack's and the ones about waivers, by id
	waivers  *waivers.Set
	baseline *baseline.Baseline
	partials []*partial    // of the shards, when the run was done in shards; nil: every resource is to be evaluated
	last     *audit.Report // that the run replaces; nil: none
	warnings []string      // what the run goes on without
	began    time.Time

	opened []func() error // close the reports that are read
}

func (in *inputs) close() error {
	return errors.Join(audit.Map(in.opened, func(closeReport func() error) error { return closeReport() })...)
}

// prepare reads the policies, the waivers and the baseline, and checks what finance assumes.
func (j *Job) prepare(ctx context.Context) (*inputs, error) {
	c := &j.Config
	if err := c.Check(); err != nil {
		return nil, err
	}
	in, signed, err := j.rules(ctx)
	if err != nil {
		return nil, err
	}
	if j.shard {
		signed.Waivers = nil // they are the merge's
	}
	if in.waivers, err = c.waived(signed, in.began); err != nil {
		return nil, &EventError{err}
	}
	if in.assumed.Decisions, err = c.decided(signed); err != nil {
		return nil, &EventError{err}
	}
	if err := c.assumes(in); err != nil {
		return nil, err
	}
	return in, j.remember(ctx, in)
}

// rules begins the inputs with the policies, what finance assumes with them, and what signed bundles say beside.
func (j *Job) rules(ctx context.Context) (in *inputs, signed policies.Signed, err error) {
	in = &inputs{began: j.Now()}
	if in.policies, signed, err = j.Config.effectivePolicies(ctx); err == nil {
		in.pack, in.rules, err = in.policies.load(ctx, j.Log)
	}
	if _, fetching := errors.AsType[*bundleError](err); err != nil && !fetching && ctx.Err() == nil {
		err = &EventError{err}
	}
	if err != nil {
		return nil, signed, err
	}
	if in.assumed, err = j.Config.assumptions(&in.policies, in.pack); err != nil {
		return nil, signed, err
	}
	return in, signed, nil
}

// assumes reports what finance cannot calculate with, before AWS is asked.
func (c *Config) assumes(in *inputs) error {
	at := in.began
	if !c.AsOf.IsZero() {
		at = c.AsOf
	}
	_, err := finance.New(at, in.assumed)
	if wrong, ok := errors.AsType[*finance.ParamError](err); ok {
		for _, p := range in.assumed.Params() {
			if p.Name == wrong.Name {
				return in.policies.wrongParam(p.Rule, p.Name, wrong.Msg)
			}
		}
	}
	if err != nil {
		return fmt.Errorf("config: %w", err)
	}
	return nil
}

// paramError is of a rule's parameter.
type paramError struct {
	at   string // the file and line, or "config" where they are not known
	path string // policies.params.…
	msg  string
}

func (e *paramError) Error() string { return e.at + ": " + e.path + " " + e.msg }

// wrongParam is the error of a rule's parameter, with the file and line where they are known.
func (p *Policies) wrongParam(rule, name, msg string) error {
	path, at := []string{"policies", "params", rule, name}, ""
	if p.Place != nil {
		at = p.Place(path...)
	}
	return &paramError{cmp.Or(at, "config"), strings.Join(path, "."), msg}
}

// newPass returns a pass over the snapshot that has not begun. Whoever asks for it closes it.
func (j *Job) newPass(s *snapshot.Snapshot, in *inputs) (*pass, error) {
	run, err := j.describe(s, in)
	if err != nil {
		return nil, err
	}
	analyst, asOf, err := newAnalyst(run)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(j.Config.Output.Dir, atomicfile.DirMode); err != nil {
		return nil, err
	}
	b, err := openBill(s, &run)
	if err != nil {
		return nil, err
	}
	in.baseline.Against(&audit.Report{Run: run, Rules: ruleResults(in.rules, nil), Waivers: in.waivers.Results(asOf)})
	estate, renewals := newEstate(analyst, &run, b), audit.NewRenewalSorter(j.Config.Output.Dir)
	estate.Keep(renewals)
	return &pass{in: in, run: run, asOf: asOf, analyst: analyst, estate: estate, bill: b,
		sorter: audit.NewFindingSorter(j.Config.Output.Dir), renewals: renewals,
		calendar: audit.NewCalendarSorter(j.Config.Output.Dir), dir: j.Config.Output.Dir, tally: newTally(&j.Config),
		malformed: malformed{}, unread: baseline.Unread{}}, nil
}

// newEstate returns the estate of a run, empty, whose accounts have what was charged, if a bill was read.
func newEstate(analyst *finance.Analyst, run *audit.Run, b *bill) *finance.Estate {
	e := analyst.NewEstate(run.Accounts)
	e.Home(string(run.Account))
	if b != nil {
		e.Charge(b.Account)
	}
	return e
}

// describe returns what the report is made from.
func (j *Job) describe(s *snapshot.Snapshot, in *inputs) (audit.Run, error) {
	c, m := j.Config, &s.Manifest
	c.Policies = in.policies
	settings, err := c.evaluation()
	if err != nil {
		return audit.Run{}, err
	}
	accepted, err := audit.EncodeJSON(struct {
		Waivers   []audit.WaiverResult
		Decisions []audit.Decision
	}{in.waivers.Results(time.Time{}), in.assumed.Decisions})
	if err != nil {
		return audit.Run{}, err
	}
	run := audit.Run{
		ToolVersion: j.Version, TakenAt: m.TakenAt, AsOf: m.TakenAt, SnapshotDigest: s.Digest, PolicyDigest: in.pack.Digest(),
		ConfigDigest: digest(settings, accepted), Params: in.pack.Params(), Account: audit.Optional(m.Account),
		Accounts: []audit.Account{}, Regions: append([]string{}, m.Regions...),
		Assumptions: in.assumed, NotifyDays: append([]int{}, c.Notify.DeadlineDays...), Settings: c.settings(m),
	}
	if m.CloudWatch != nil {
		run.Settings.CloudWatchDays = m.CloudWatch.Days
	}
	if !c.AsOf.IsZero() {
		run.AsOf = c.AsOf.UTC().Format(time.RFC3339)
	}
	for _, a := range m.Accounts {
		run.Accounts = append(run.Accounts, audit.Account{ID: a.ID, Name: a.Name})
	}
	run.ID = digest([]byte(s.Digest), []byte(run.PolicyDigest), []byte(run.ConfigDigest), []byte(run.AsOf))[:16]
	return run, nil
}

// settings returns what the config says about what is evaluated, of a snapshot with that manifest, which says what was asked for.
func (c *Config) settings(m *snapshot.Manifest) audit.Settings {
	chosen, bill := &m.Chosen, snapshot.Bill{Exports: []string{}}
	if m.Charges != nil {
		if bill = m.Charges.Bill; bill.Exports == nil {
			bill.Exports = []string{"not known"}
		}
	}
	s := audit.Settings{
		Disabled: c.Policies.Disable, Namespaces: c.Policies.Namespaces, SignedOnly: c.Policies.SignedOnly, WaiversMaxDays: c.WaiversMaxDays,
		FailOn: c.FailOn, Regions: chosen.Regions, Accounts: chosen.Accounts, Units: chosen.Units, ExcludeAccounts: chosen.ExcludeAccounts,
		RegionsNarrowed: chosen.RegionsNarrowed, AccountsChosen: chosen.AccountsChosen,
		NotifyOn: c.Notify.On, Told: c.Output.told(), Bill: bill.Exports, BillMonths: bill.Months,
	}
	for _, list := range [...]*[]string{&s.Disabled, &s.Namespaces, &s.Regions, &s.Accounts, &s.Units, &s.ExcludeAccounts, &s.Told} {
		*list = slices.Compact(ordered(*list))
	}
	return s
}

// ordered returns a list in order; empty for nil.
func ordered(list []string) []string {
	return append([]string{}, slices.Sorted(slices.Values(list))...)
}

func digest(parts ...[]byte) string {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%d:", len(p))
		h.Write(p)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// assumed returns the assumptions that the config has.
func (c *Config) assumed() audit.Assumptions {
	f := &c.Finance
	return audit.Assumptions{
		DiscountRate: string(f.DiscountRate), FiscalYearStart: f.FiscalYearStart, Calendar: f.Calendar, Holidays: f.Holidays,
		MonthToMonthTerm: f.MonthToMonthTerm, ApprovalBasis: f.ApprovalBasis, RetiredStatuses: f.RetiredStatuses,
		BillingDiscountPercent: c.Billing.discount(),
	}
}

// assumptions joins the config's with those that are parameters of rules, so that a measure and a rule never differ. The policies are those
// that were loaded.
func (c *Config) assumptions(of *Policies, pack *policies.Pack) (audit.Assumptions, error) {
	a := c.assumed()
	a.Holidays, a.RetiredStatuses = ordered(a.Holidays), ordered(a.RetiredStatuses)
	for _, p := range a.Params() {
		v, ok := pack.Params()[p.Rule][p.Name]
		if !ok {
			return a, fmt.Errorf("config: policies: %s has no parameter %s, which finance rests on", p.Rule, p.Name)
		}
		to := p.To
		if decimal, ok := to.(*string); ok { // a number that is kept as it was written
			to = (*json.Number)(decimal)
		}
		if json.Unmarshal(v, to) != nil { // the type is right, or the policies would not have been loaded
			return a, of.wrongParam(p.Rule, p.Name, fmt.Sprintf("%s: want a whole number", v))
		}
	}
	return a, nil
}

// newAnalyst returns the finance of a run and its clock, from what its report says of itself: so a report can be enriched again.
func newAnalyst(run audit.Run) (*finance.Analyst, time.Time, error) {
	asOf, err := parseTime(run.AsOf)
	if err != nil {
		return nil, asOf, fmt.Errorf("as_of: %w", err)
	}
	analyst, err := finance.New(asOf, run.Assumptions)
	return analyst, asOf, err
}

// enriched ranges over the snapshot with what was charged and the facts that derive sets.
func enriched(s *snapshot.Snapshot, b *bill, derive func(*audit.Resource) error) iter.Seq2[*audit.Resource, error] {
	return func(yield func(*audit.Resource, error) bool) {
		for r, err := range s.Resources() {
			if err == nil {
				err = b.join(r)
			}
			if err == nil {
				enrich(r, derive)
			}
			if !yield(r, err) || err != nil {
				return
			}
		}
	}
}
