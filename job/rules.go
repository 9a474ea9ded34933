package job

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"path/filepath"
	"slices"
	"time"

	"tenor/audit"
	"tenor/finance"
	"tenor/job/decisions"
	"tenor/job/waivers"
	"tenor/policies"
	"tenor/report"
	"tenor/snapshot"
)

// LoadPolicies loads the pack as the config sets it, and returns every rule that is on, ordered by id: the pack's and
// the ones about waivers and decisions. It warns of files that rules may miss.
func LoadPolicies(ctx context.Context, log *slog.Logger, c *Config) (*policies.Pack, []audit.Rule, error) {
	p, _, err := c.effectivePolicies(ctx)
	if err != nil {
		return nil, nil, err
	}
	return p.load(ctx, log)
}

// load is LoadPolicies of the settings that hold.
func (p Policies) load(ctx context.Context, log *slog.Logger) (*policies.Pack, []audit.Rule, error) {
	options, err := p.options()
	if err != nil {
		return nil, nil, err
	}
	if log.Enabled(ctx, slog.LevelDebug) {
		options.Print = func(rule string, r *audit.Resource, lines []string) {
			for _, line := range lines {
				log.Debug("printed", "rule", rule, "kind", r.Kind, "resource", r.ID, "account", r.Account, "region", r.Region, "line", line)
			}
		}
	}
	pack, err := policies.Load(ctx, options)
	if err != nil {
		return nil, nil, err
	}
	WarnUnread(log, pack)
	rules := slices.Concat(waivers.Rules(p.Disable, p.Severity), decisions.Rules(p.Disable, p.Severity), pack.Rules())
	slices.SortFunc(rules, func(a, b audit.Rule) int { return cmp.Compare(a.ID, b.ID) })
	return pack, rules, nil
}

// shownWarnings are as many lines about policies as one warning holds.
const shownWarnings = 10

// WarnUnread warns of the files that may be meant as data, and are none, of what policies say that does not count, of functions that
// they call and tenor does not have, and of rules that are for other documents.
func WarnUnread(log *slog.Logger, pack *policies.Pack) {
	if files := pack.Unread(); len(files) > 0 {
		log.Warn("not read: data is in data.json and data.yaml", "files", files)
	}
	if lines := pack.Warnings(); len(lines) > 0 {
		shown := lines[:min(len(lines), shownWarnings)]
		log.Warn("not all that the policies say is read: `tenor policies check` lists it", "count", len(lines), "lines", shown)
	}
	if lines := pack.Lacking(); len(lines) > 0 {
		log.Warn("policies call functions that tenor does not have: a rule that does is an error", "lines", lines)
	}
	if ids := pack.Elsewhere(); len(ids) > 0 {
		shown := ids[:min(len(ids), shownWarnings)]
		log.Warn("rules read only members that no document has: what they say is of no resource", "count", len(ids), "rules", shown)
	}
}

// builtIn reports whether a rule is one that is not Rego: it evaluates the waivers or the decisions themselves.
func builtIn(id string) bool { return waivers.IsRule(id) || decisions.IsRule(id) }

// PolicyOptions returns what the pack is told of the config: all but the built-in rules, which it does not have.
func (c *Config) PolicyOptions(ctx context.Context) (policies.Options, error) {
	p, _, err := c.effectivePolicies(ctx)
	if err != nil {
		return policies.Options{}, err
	}
	return p.options()
}

func (p Policies) options() (policies.Options, error) {
	o := policies.Options{
		Dirs: p.Dirs, Bundles: p.Bundles, Archives: p.Archives, Key: p.Key, SignedOnly: p.SignedOnly, Namespaces: p.Namespaces,
		Timeout: p.Timeout, MaxFindings: p.MaxFindings,
		Disable: slices.DeleteFunc(slices.Clone(p.Disable), builtIn), Severity: map[string]audit.Severity{},
		Params: map[string]map[string]json.RawMessage{}, Place: p.Place,
	}
	for id, s := range p.Severity {
		if !builtIn(id) {
			o.Severity[id] = audit.Severity(s)
		}
	}
	for rule, params := range p.Params {
		o.Params[rule] = map[string]json.RawMessage{}
		for name, v := range params {
			b, err := paramJSON(v)
			if err != nil {
				return o, fmt.Errorf("config: policies.params.%s.%s: %w", rule, name, err)
			}
			o.Params[rule][name] = b
		}
	}
	return o, nil
}

// paramJSON returns a parameter's value as rules read it.
func paramJSON(v any) (json.RawMessage, error) {
	b, err := audit.EncodeJSON(v)
	if number, ok := errors.AsType[*json.UnsupportedValueError](err); ok {
		return nil, fmt.Errorf("%s is no number that a rule can read", number.Str)
	}
	if _, ok := errors.AsType[*json.UnsupportedTypeError](err); ok {
		return nil, errors.New("the keys of a mapping must be strings: write them in quotes")
	}
	return b, err
}

// Documents returns the resource documents of a run folder as its rules saw them, facts included, and the run's clock.
func Documents(run string) (asOf time.Time, documents iter.Seq2[*audit.Resource, error], err error) {
	path := recordIn(run)
	r, closeReport, err := report.ReadJSON(path)
	if err != nil {
		return asOf, nil, err
	}
	if err := errors.Join(report.Current(&r, path), closeReport()); err != nil {
		return asOf, nil, err
	}
	analyst, asOf, err := newAnalyst(r.Run)
	if err != nil {
		return asOf, nil, fmt.Errorf("%s: %w", path, err)
	}
	s, b, err := madeFrom(&r, path)
	if err != nil {
		return asOf, nil, err
	}
	return asOf, withAccounts(s, b, r.Coverage, newEstate(analyst, &r.Run, b)), nil
}

// madeFrom opens the snapshot and the bill that the report at path was made from, which lie beside it.
func madeFrom(r *audit.Report, path string) (*snapshot.Snapshot, *bill, error) {
	s, err := openSnapshot(filepath.Dir(path))
	if err != nil {
		return nil, nil, err
	}
	if s.Digest != r.Run.SnapshotDigest {
		return nil, nil, fmt.Errorf("snapshot %s is not the one that %s was made from", s.Dir, path)
	}
	b, err := openBill(s, &r.Run)
	return s, b, err
}

// withAccounts ranges over the resources with their facts, and then over the accounts that finance makes of them.
func withAccounts(s *snapshot.Snapshot, b *bill, ledger *audit.Ledger, estate *finance.Estate) iter.Seq2[*audit.Resource, error] {
	return func(yield func(*audit.Resource, error) bool) {
		for r, err := range enriched(s, b, estate.Enrich) {
			if !yield(r, err) || err != nil {
				return
			}
		}
		accountsOf(estate, ledger)(yield)
	}
}
