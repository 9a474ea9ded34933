package job

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"tenor/audit"
	"tenor/collector"
	"tenor/snapshot"
)

// PlanSchemaVersion is the version of shards.json and of the partial reports made from it.
const PlanSchemaVersion = "1.0"

// Plan is shards.json: a run cut into shards that can be read and evaluated apart, by as many machines, and merged into the
// report that one machine would have made.
type Plan struct {
	SchemaVersion string                     `json:"schema_version"`
	ToolVersion   string                     `json:"tool_version"`
	ID            string                     `json:"id"`            // hex, of everything below
	TakenAt       string                     `json:"taken_at"`      // RFC 3339 UTC: when the plan was made, which counts as when the run began
	AsOf          string                     `json:"as_of"`         // RFC 3339 UTC: the clock of every shard and of the merge
	Accounts      []snapshot.ManifestAccount `json:"accounts"`      // ordered by id
	Regions       []string                   `json:"regions"`       // ordered
	RegionsNamed  bool                       `json:"regions_named"` // by the config; else a region without a service is not asked for it
	Chosen        snapshot.Chosen            `json:"chosen"`        // how they came about
	Shards        []Shard                    `json:"shards"`        // every account × region is in one of them
}

// Shard is the part of a run that reads each of some accounts in each of some regions.
type Shard struct {
	Accounts []string `json:"accounts"`
	Regions  []string `json:"regions"`
}

// MakePlan asks AWS for the accounts and regions of the run, and cuts them into n shards or, where there is too little to
// cut, into fewer.
func (j *Job) MakePlan(ctx context.Context, n int) (Plan, error) {
	if n < 1 {
		return Plan{}, fmt.Errorf("plan: %d shards: want at least 1", n)
	}
	if err := j.Config.Check(); err != nil {
		return Plan{}, err
	}
	o, err := j.collecting(ctx)
	if err != nil {
		return Plan{}, err
	}
	accounts, regions, chosen, err := collector.ListScopes(ctx, o)
	if err != nil {
		return Plan{}, err
	}
	at := j.Now()
	p := Plan{
		ToolVersion: j.Version, TakenAt: at.UTC().Format(time.RFC3339), Accounts: accounts, Regions: regions,
		RegionsNamed: len(j.Config.Regions) > 0, Chosen: chosen, Shards: cut(accounts, regions, n),
	}
	p.AsOf = p.TakenAt
	if !j.Config.AsOf.IsZero() {
		p.AsOf = j.Config.AsOf.UTC().Format(time.RFC3339)
	}
	if p.ID, err = p.digest(); err != nil {
		return Plan{}, err
	}
	p.SchemaVersion = PlanSchemaVersion
	j.Log.Info("planned", "plan", p.ID, "accounts", len(p.Accounts), "regions", len(p.Regions), "shards", len(p.Shards))
	return p, nil
}

// cut divides the accounts among the shards, as evenly as they go. When there are more shards than accounts, it divides
// the regions of each account too.
func cut(accounts []snapshot.ManifestAccount, regions []string, n int) []Shard {
	ids := audit.Map(accounts, func(a snapshot.ManifestAccount) string { return a.ID })
	var shards []Shard
	for _, group := range even(ids, min(n, len(ids))) {
		for _, part := range even(regions, max(1, min(n/len(ids), len(regions)))) {
			shards = append(shards, Shard{Accounts: group, Regions: part})
		}
	}
	return shards
}

// even divides a list into n parts of nearly the same length, in order.
func even(list []string, n int) [][]string {
	parts := make([][]string, n)
	for i := range parts {
		parts[i] = list[i*len(list)/n : (i+1)*len(list)/n]
	}
	return parts
}

// digest identifies a plan by what it says.
func (p Plan) digest() (string, error) {
	p.ID, p.SchemaVersion = "", ""
	b, err := audit.EncodeJSON(p)
	if err != nil {
		return "", err
	}
	return digest(b)[:16], nil
}

// encode returns the text of shards.json.
func (p Plan) encode() ([]byte, error) {
	b, err := json.MarshalIndent(p, "", " ")
	return append(b, '\n'), err
}

// parsePlan reads a shards.json called name.
func parsePlan(name string, text []byte) (Plan, error) {
	var p Plan
	if err := audit.DecodeJSON(name, text, &p); err != nil {
		return p, fmt.Errorf("plan %w", err)
	}
	if err := audit.CheckSchemaVersion(p.SchemaVersion, PlanSchemaVersion); err != nil {
		return p, fmt.Errorf("plan %s: %w", name, err)
	}
	id, err := p.digest()
	if err == nil && (id != p.ID || len(p.Shards) == 0) {
		err = errors.New("was changed since it was made")
	}
	if err != nil {
		return p, fmt.Errorf("plan %s: %w", name, err)
	}
	return p, nil
}

// SplitShard splits shards.json#3 into the plan and the number of the shard. Without a number it is that of an array job:
// index looks up the variables in which AWS Batch and Kubernetes hand it to a process.
func SplitShard(ref string, index func(name string) string) (plan string, shard int, err error) {
	plan, number, ok := strings.Cut(ref, "#")
	at := ref
	for _, name := range [...]string{"AWS_BATCH_JOB_ARRAY_INDEX", "JOB_COMPLETION_INDEX"} {
		if !ok && index(name) != "" {
			number, ok, at = index(name), true, ref+": "+name
		}
	}
	if !ok {
		return "", 0, fmt.Errorf("%s: which shard? Want shards.json#N, or an array job's AWS_BATCH_JOB_ARRAY_INDEX or JOB_COMPLETION_INDEX", ref)
	}
	if shard, err = strconv.Atoi(number); err != nil || shard < 0 {
		return "", 0, fmt.Errorf("%s: %q is no number of a shard", at, number)
	}
	return plan, shard, nil
}
