package job

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"time"

	"tenor/audit"
	"tenor/finance"
	"tenor/job/delivery"
	"tenor/snapshot"
)

// Merge makes the report of a whole run from its partials: the same bytes as a run that was not sharded would have written.
// From is the folders of the partials, or one s3://…/shards.json beside which they lie. A shard that is missing becomes
// gaps.
func (j *Job) Merge(ctx context.Context, from []string) (_ *Result, err error) {
	if err := j.Config.Check(); err != nil {
		return nil, err
	}
	closeFolder, err := j.openCollecting()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(j.partialsDir()), closeFolder()) }()
	parts, err := j.openPartials(ctx, from)
	if err != nil {
		return nil, err
	}
	defer func() {
		for _, p := range parts {
			err = errors.Join(err, p.close())
		}
	}()
	plan := parts[0].record.Plan
	if !j.Config.AsOf.IsZero() && j.Config.AsOf.UTC().Format(time.RFC3339) != plan.AsOf {
		return nil, fmt.Errorf("merge: the shards are as of %s: make a new plan for another date", plan.AsOf)
	}
	own := *j
	if own.Config.AsOf, err = parseTime(plan.AsOf); err != nil {
		return nil, fmt.Errorf("merge: plan %s: as_of: %w", plan.ID, err)
	}
	in, err := own.prepare(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, in.close()) }()
	if err := own.checkPartials(parts, in); err != nil {
		return nil, fmt.Errorf("merge: %w", err)
	}
	in.partials = parts
	s, err := own.mergeSnapshots(ctx, plan, parts)
	if err != nil {
		return nil, fmt.Errorf("merge: %w", err)
	}
	own.logSnapshot(s)
	return own.evaluate(ctx, s, in)
}

// openPartials opens the partials, ordered by shard. All must be of one plan and each of another shard.
func (j *Job) openPartials(ctx context.Context, from []string) (parts []*partial, err error) {
	dirs := from
	if len(from) == 1 && delivery.IsS3(from[0]) {
		if dirs, err = j.fetchPartials(ctx, from[0]); err != nil {
			return nil, err
		}
	}
	defer func() {
		if err != nil {
			for _, p := range parts {
				err = errors.Join(err, p.close())
			}
		}
	}()
	folder := map[int]string{}
	for _, dir := range dirs {
		p, err := openPartial(dir)
		if err != nil {
			return parts, err
		}
		parts = append(parts, p)
		if first, other := parts[0].record.Plan.ID, p.record.Plan.ID; first != other {
			return parts, fmt.Errorf("%s is of plan %s, and %s of plan %s: shards of two runs do not mix", dirs[0], first, dir, other)
		}
		if twice, ok := folder[p.record.Shard]; ok {
			return parts, fmt.Errorf("%s and %s are both shard %d", twice, dir, p.record.Shard)
		}
		folder[p.record.Shard] = dir
	}
	if len(parts) == 0 {
		return nil, errors.New("merge: no shard was found: name the folders or the bucket to which tenor run --shard wrote")
	}
	slices.SortFunc(parts, func(a, b *partial) int { return cmp.Compare(a.record.Shard, b.record.Shard) })
	return parts, nil
}

// checkPartials reports whether the partials were made as the merge would make them.
func (j *Job) checkPartials(parts []*partial, in *inputs) error {
	config, err := j.Config.shardDigest()
	if err != nil {
		return err
	}
	for _, p := range parts {
		n, run := p.record.Shard, p.report.Run
		switch {
		case run.ToolVersion != j.Version || p.record.Plan.ToolVersion != j.Version:
			return fmt.Errorf("shard %d was made by tenor %s from a plan by %s, and this is %s: merge with the version of both, or make a new plan",
				n, run.ToolVersion, p.record.Plan.ToolVersion, j.Version)
		case run.PolicyDigest != in.pack.Digest():
			return fmt.Errorf("shard %d was evaluated by other policies", n)
		case p.record.Bill != (j.Config.Billing != nil):
			return fmt.Errorf("shard %d was evaluated with billing: %t, and the merge: %t", n, p.record.Bill, j.Config.Billing != nil)
		case p.record.Config != config:
			return fmt.Errorf("shard %d was evaluated with other parameters, severities or assumptions", n)
		case !reflect.DeepEqual(run.Assumptions, in.assumed):
			return fmt.Errorf("shard %d was evaluated with other decisions on file", n)
		case run.AsOf != p.record.Plan.AsOf || p.snapshot.Manifest.TakenAt != p.record.Plan.TakenAt:
			return fmt.Errorf("shard %d is as of %s, taken at %s, and not as its plan says", n, run.AsOf, p.snapshot.Manifest.TakenAt)
		}
	}
	return nil
}

// mergeSnapshots puts the snapshots of the shards together in the run folder, and reads what AWS charged.
func (j *Job) mergeSnapshots(ctx context.Context, plan Plan, parts []*partial) (_ *snapshot.Snapshot, err error) {
	for _, p := range parts {
		if rel, rerr := filepath.Rel(p.snapshot.Dir, j.SnapshotDir()); rerr == nil && filepath.IsLocal(rel) {
			return nil, fmt.Errorf("%s is one of the shards: merge into another folder", j.Config.Output.Dir)
		}
	}
	w, err := snapshot.Create(j.SnapshotDir())
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.Close())
		}
	}()
	for _, p := range parts {
		if err := w.Adopt(p.snapshot); err != nil {
			return nil, err
		}
	}
	began, err := parseTime(plan.TakenAt)
	if err != nil {
		return nil, fmt.Errorf("plan %s: taken_at: %w", plan.ID, err)
	}
	if err := j.readBill(ctx, w, began); err != nil {
		return nil, err
	}
	return w.Finish(mergeManifests(plan, parts))
}

// mergeManifests joins what the shards noted.
func mergeManifests(plan Plan, parts []*partial) snapshot.Manifest {
	m := snapshot.Manifest{
		ToolVersion: plan.ToolVersion, TakenAt: plan.TakenAt, Accounts: plan.Accounts, Regions: slices.Clone(plan.Regions), Chosen: plan.Chosen,
	}
	m.Coverage = mergeLedgers(plan, parts, func(p *partial) *audit.Ledger { return p.snapshot.Manifest.Coverage })
	calls := &snapshot.Calls{}
	for _, p := range parts {
		m.Regions = append(m.Regions, p.snapshot.Manifest.Regions...) // an account may have named one that is not in the plan
		m.Partition, m.Account = p.snapshot.Manifest.Partition, p.snapshot.Manifest.Account
		for c := range p.snapshot.Manifest.Calls.All() {
			calls.Add(c)
		}
		if of := p.snapshot.Manifest.CloudWatch; of != nil {
			if m.CloudWatch == nil {
				m.CloudWatch = &snapshot.CloudWatch{Days: of.Days}
			}
			m.CloudWatch.Metrics += of.Metrics
		}
	}
	m.Calls = calls.Sum()
	slices.Sort(m.Regions)
	m.Regions = slices.Compact(m.Regions)
	return m
}

// mergeLedgers joins the ledgers of the shards. A row about an account as a whole is in that of every shard that has a part
// of it, and is kept once. A shard that is missing is gaps.
func mergeLedgers(plan Plan, parts []*partial, of func(*partial) *audit.Ledger) *audit.Ledger {
	all := &audit.Ledger{}
	missing := map[int]bool{}
	for i := range plan.Shards {
		missing[i] = true
	}
	for _, p := range parts {
		delete(missing, p.record.Shard)
		for c := range of(p).All() {
			all.Add(c)
		}
	}
	for i, shard := range plan.Shards {
		if !missing[i] {
			continue
		}
		for _, account := range shard.Accounts {
			for _, region := range shard.Regions {
				all.Add(audit.Coverage{Account: account, Region: region, Status: audit.StatusGap, Reason: audit.ReasonError,
					Message: fmt.Sprintf("shard %d of plan %s is missing", i, plan.ID)})
			}
		}
	}
	ledger := &audit.Ledger{}
	var last audit.Coverage
	for c := range all.Sorted().All() {
		if ledger.Len() == 0 || c != last {
			ledger.Add(c)
		}
		last = c
	}
	return ledger
}

// replay fills the pass from what the shards have evaluated. Outposts and quotes are few, and are read again for the estate. What rests on
// the bill is evaluated here: a shard sees only its own contracts, and a charge may be of any.
func (p *pass) replay(ctx context.Context, s *snapshot.Snapshot) error {
	p.ledger = mergeLedgers(p.in.partials[0].record.Plan, p.in.partials, func(part *partial) *audit.Ledger { return part.report.Coverage })
	for c := range s.Manifest.Coverage.All() {
		if c.Service == audit.ServiceBilling {
			p.ledger.Add(c)
		}
	}
	p.ledger = p.ledger.Sorted()
	var w *worker // of what rests on the bill; nil without one
	if p.bill != nil {
		var err error
		if w, err = p.worker(); err != nil {
			return err
		}
		w.eval.Divide(audit.SectionCharges, true)
	}
	type evaluated struct{ rule, account, region, kind, id string }
	waived := map[evaluated]bool{}
	failed := map[evaluated]bool{} // of the rules with a waiver for a single finding; another one goes for all of a rule on a resource
	for _, part := range p.in.partials {
		for kind, n := range part.report.Summary.Resources {
			p.tally.resources[kind] += n
		}
		for _, rule := range part.report.Rules {
			for v, n := range rule.Verdicts {
				p.tally.count(rule.ID, v, n)
			}
		}
		for account, counts := range part.record.Counts {
			p.estate.AddCounts(account, counts)
		}
		if err := p.estate.AddProductGroups(part.record.Products); err != nil {
			return fmt.Errorf("shard %d: %w", part.record.Shard, err)
		}
		for f, err := range part.report.Findings.All() {
			if err == nil {
				err = ctx.Err()
			}
			if err == nil {
				err = p.add(&f)
			}
			if err != nil {
				return fmt.Errorf("shard %d: %w", part.record.Shard, err)
			}
			at := evaluated{f.Rule, f.Resource.Account, f.Resource.Region, f.Resource.Kind, f.Resource.ID}
			switch {
			case f.Verdict == audit.Waived:
				waived[at] = true
			case f.Verdict == audit.Fail && p.in.waivers.Single(f.Rule):
				failed[at] = true
			}
		}
	}
	for w := range waived {
		if failed[w] {
			continue
		}
		p.tally.count(w.rule, audit.Fail, -1)
		p.tally.count(w.rule, audit.Waived, 1)
	}
	for _, file := range s.Manifest.Files {
		held, charged := finance.Held(file.Kind), w != nil && w.eval.Evaluates(file.Kind)
		costs := p.bill != nil && file.Kind == audit.KindProvisionedProduct
		if !held && !charged && !costs {
			continue
		}
		for r, err := range s.ReadFile(file) {
			if err == nil && held {
				err = p.enrich(r)
			} else if err == nil {
				if err = p.bill.join(r); err == nil {
					enrich(r, p.estate.AddCost) // whose gaps are on the shard's ledger
				}
			}
			if err == nil && charged {
				err = w.evaluate(ctx, r)
			}
			if err != nil {
				return err
			}
		}
	}
	if w != nil {
		w.merge()
	}
	return nil
}
