package job

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"tenor/audit"
	"tenor/internal/atomicfile"
	"tenor/internal/wholefile"
	"tenor/report"
	"tenor/snapshot"
)

// A partial is what one shard leaves behind: a folder with its snapshot, a report.json without waivers, baseline and
// accounts, which need the whole run, and partial.json.
type partial struct {
	record   partialRecord
	report   audit.Report
	snapshot *snapshot.Snapshot
	close    func() error
}

// partialRecord is partial.json.
type partialRecord struct {
	SchemaVersion string `json:"schema_version"`
	Shard         int    `json:"shard"`  // from 0
	Config        string `json:"config"` // hex SHA-256 of what the config says about the evaluation of one resource
	// what rests on a bill is left to the merge, which has it
	Bill     bool                              `json:"bill,omitempty"`
	Counts   map[string]map[string]audit.Count `json:"counts"`   // account → kind → resources
	Products json.RawMessage                   `json:"products"` // finance.Estate.ProductGroups
	Plan     Plan                              `json:"plan"`
}

const partialName = "partial.json"

// RunShard reads and evaluates one shard of a plan into the run folder. The plan is a file, or an object of S3 beside which
// the partial then goes too. Findings and gaps are for the merge to weigh: the outcome is an error or none.
func (j *Job) RunShard(ctx context.Context, ref string, shard int) (_ *snapshot.Snapshot, err error) {
	place, err := j.openPlan(ctx, ref)
	if err != nil {
		return nil, err
	}
	closeFolder, err := j.openCollecting()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, closeFolder()) }()
	plan := place.plan
	if shard < 0 || shard >= len(plan.Shards) {
		return nil, fmt.Errorf("plan %s has shards 0 to %d, and no %d", ref, len(plan.Shards)-1, shard)
	}
	if plan.ToolVersion != j.Version { // whose shards the merge would refuse
		return nil, fmt.Errorf("plan %s was made by tenor %s, and this is %s: run its shards and its merge with that version, or make a new plan",
			ref, plan.ToolVersion, j.Version)
	}
	own, err := j.forShard(plan, shard)
	if err != nil {
		return nil, err
	}
	in, err := own.prepare(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, in.close()) }()
	s, err := own.collect(ctx)
	if err != nil {
		return nil, err
	}
	own.Now = j.Now
	if err := own.evaluateShard(ctx, s, in, partialRecord{SchemaVersion: PlanSchemaVersion, Shard: shard, Plan: plan}); err != nil {
		return nil, err
	}
	return s, place.put(ctx, own.Config.Output.Dir, shard)
}

// forShard returns the job of a shard: the plan's clock, the shard's accounts and regions, and nothing that needs the
// whole run.
func (j *Job) forShard(plan Plan, shard int) (*Job, error) {
	taken, err := parseTime(plan.TakenAt)
	if err != nil {
		return nil, fmt.Errorf("plan %s: taken_at: %w", plan.ID, err)
	}
	own := *j
	own.shard = true
	c := &own.Config
	if c.AsOf, err = parseTime(plan.AsOf); err != nil {
		return nil, fmt.Errorf("plan %s: as_of: %w", plan.ID, err)
	}
	own.Now = func() time.Time { return taken }
	c.Accounts, c.Regions = plan.Shards[shard].Accounts, nil
	if plan.RegionsNamed {
		c.Regions = plan.Shards[shard].Regions
	} else {
		own.listedRegions = plan.Shards[shard].Regions
		if slices.Contains(own.listedRegions, plan.Regions[0]) { // which one of the shards of an account has
			own.plannedRegions = plan.Regions
		}
	}
	own.listed = slices.DeleteFunc(slices.Clone(plan.Accounts), func(a snapshot.ManifestAccount) bool {
		return !slices.Contains(c.Accounts, a.ID)
	})
	own.members = plan.Chosen.Members(plan.Accounts)
	c.Waivers, c.Baseline, c.History = "", "", 0
	c.Output = Output{Dir: c.Output.Dir, Formats: []string{"json"}}
	return &own, nil
}

// evaluateShard writes the report of a shard's snapshot and its partial.json.
func (j *Job) evaluateShard(ctx context.Context, s *snapshot.Snapshot, in *inputs, rec partialRecord) (err error) {
	p, err := j.newPass(s, in)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	p.billLater = j.Config.Billing != nil
	rec.Bill = p.billLater
	if err := p.read(ctx, s); err != nil {
		return err
	}
	renewals, err := p.estate.Renewals()
	if err != nil {
		return err
	}
	r := audit.Report{
		SchemaVersion: audit.ReportSchemaVersion, Run: p.run, Coverage: p.malformed.on(s.Manifest.Coverage), Rules: p.rules(),
		Findings: p.sorter.List(), Renewals: renewals, Commitments: p.estate.Commitments(), Waivers: []audit.WaiverResult{},
		Decisions: []audit.DecisionResult{}, Undelivered: []audit.Undelivered{},
	}
	r.Summary = p.summary(r.Rules, audit.SummariseCoverage(r.Coverage))
	r.Status = p.status(&r.Summary)
	dir := j.Config.Output.Dir
	if err := os.Remove(filepath.Join(dir, partialName)); err != nil && !errors.Is(err, os.ErrNotExist) { // it is of another report
		return err
	}
	if _, err := writeRecord(ctx, dir, r, nil); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	if rec.Counts, err = p.counts(); err != nil {
		return err
	}
	if rec.Products, err = p.estate.ProductGroups(); err != nil {
		return err
	}
	if rec.Config, err = j.Config.shardDigest(); err != nil {
		return err
	}
	b, err := audit.EncodeJSON(rec)
	if err != nil {
		return err
	}
	if err := j.logEvaluated(&r, s, p.tally); err != nil {
		return err
	}
	j.Log.Info("evaluated", "plan", rec.Plan.ID, "shard", rec.Shard, "of", len(rec.Plan.Shards), "findings", r.Summary.Failures(),
		"gaps", r.Summary.Coverage.Gaps)
	return atomicfile.WriteBytes(filepath.Join(dir, partialName), atomicfile.FileMode, append(b, '\n'))
}

// counts returns how many resources of each kind and status each account has.
func (p *pass) counts() (map[string]map[string]audit.Count, error) {
	counts := map[string]map[string]audit.Count{}
	for a, err := range p.estate.Accounts() {
		if err != nil {
			return nil, err
		}
		var facts audit.AccountFacts
		if err := json.Unmarshal(a.Facts, &facts); err != nil {
			return nil, fmt.Errorf("account %s: %w", a.ID, err)
		}
		counts[a.ID] = facts.Counts
	}
	return counts, nil
}

// shardDigest identifies what the config says about the evaluation of one resource: the gate and the waivers are for the merge.
func (c *Config) shardDigest() (string, error) {
	one := *c
	one.FailOn = ""
	b, err := one.evaluation()
	return digest(b), err
}

// maxPartial is how many bytes what a shard has added up may have.
const maxPartial = 512 * wholefile.MiB

// openPartial reads the partial in a folder.
func openPartial(dir string) (*partial, error) {
	name := filepath.Join(dir, partialName)
	b, err := wholefile.Read(name, maxPartial)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%s is no shard: it has no %s", dir, partialName)
	}
	if err != nil {
		return nil, err
	}
	p := &partial{}
	if err := audit.DecodeJSON(name, b, &p.record); err != nil {
		return nil, err
	}
	if err := audit.CheckSchemaVersion(p.record.SchemaVersion, PlanSchemaVersion); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if p.snapshot, err = openSnapshot(dir); err != nil {
		return nil, err
	}
	record := filepath.Join(dir, "report.json")
	if p.report, p.close, err = report.ReadJSON(record); err != nil {
		return nil, err
	}
	if p.report.Run.SnapshotDigest != p.snapshot.Digest {
		return nil, errors.Join(fmt.Errorf("%s: report.json is not of the snapshot beside it", dir), p.close())
	}
	return p, nil
}
