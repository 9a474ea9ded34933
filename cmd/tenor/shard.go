package main

import (
	"context"
	"fmt"
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tenor/job"
	"tenor/job/delivery"
)

func (c *cli) planCmd() *cobra.Command {
	var f flags
	var out string
	var shards int
	cmd := &cobra.Command{
		Use:   "plan",
		Short: "Cut a run into shards for several machines",
		Long: `Ask AWS for the accounts and regions of a run, and cut them into shards that tenor run --shard collects and evaluates,
each on any machine, and tenor merge puts together: the report is the one that a single machine would have made.`,
		Example: "  tenor plan --shards 20 --out shards.json\n  tenor run --shard shards.json#3 --out part-3\n  tenor merge part-* --out out",
		RunE: func(cmd *cobra.Command, _ []string) error {
			j, err := c.configured(cmd, &f)
			if err != nil {
				return err
			}
			plan, err := j.MakePlan(cmd.Context(), shards)
			if err != nil {
				return err
			}
			at, err := j.PutPlan(cmd.Context(), plan, out)
			if err != nil {
				return fmt.Errorf("write plan: %w", err)
			}
			return c.showFiles([]string{at})
		},
	}
	s := cmd.Flags()
	s.StringVarP(&out, "out", "o", "shards.json", "`file` to write, or s3://bucket/prefix")
	s.IntVar(&shards, "shards", 10, "`number` of shards, at the most")
	addFlags(cmd, f.credentials(), f.scope(), f.clock("when the plan is made"))
	return cmd
}

// notOfShard refuses flags that a shard cannot honour: those of the plan, and those of a report of the whole run.
func notOfShard(output, scope, clock, reporting *pflag.FlagSet) error {
	for _, of := range [...]struct {
		set  *pflag.FlagSet
		why  string
		when func(value string) bool
	}{
		{scope, "the plan says it, so give it to tenor plan", nil},
		{clock, "the plan says it, so give it to tenor plan", nil},
		{reporting, "it needs the whole run, so give it to tenor merge", nil},
		{output, "a shard goes into a folder and, when its plan is in S3, beside the plan", delivery.IsS3},
	} {
		var err error
		of.set.VisitAll(func(fl *pflag.Flag) {
			if fl.Changed && err == nil && (of.when == nil || of.when(fl.Value.String())) {
				err = fmt.Errorf("--%s does not go with --shard: %s", fl.Name, of.why)
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// runShard collects and evaluates one shard. Its findings and gaps are for the merge to weigh.
func (c *cli) runShard(ctx context.Context, j *job.Job, ref string) error {
	plan, shard, err := job.SplitShard(ref, os.Getenv)
	if err != nil {
		return fmt.Errorf("--shard %w", err)
	}
	done := c.progress(j)
	_, err = j.RunShard(ctx, plan, shard)
	done()
	if err != nil {
		return fmt.Errorf("shard %d: %w", shard, err)
	}
	return c.showFiles([]string{j.Config.Output.Dir})
}

func (c *cli) mergeCmd() *cobra.Command {
	var f flags
	cmd := &cobra.Command{
		Use:   "merge DIR...",
		Short: "Put the shards of a run together",
		Long: `Make the report of a run from the folders that tenor run --shard has left, or, given the s3:// URL of their shards.json, from
what they have left beside it. A shard that is missing becomes gaps. Policies and settings must be those of the shards;
waivers, the baseline and the gate are those of the merge.`,
		Example: "  tenor merge part-* --out out\n" +
			"  tenor merge s3://reports/audit/plans/20261120T090000Z-0123456789abcdef/shards.json --out s3://reports/audit",
		RunE: func(cmd *cobra.Command, args []string) error {
			j, err := c.configured(cmd, &f)
			if err != nil {
				return err
			}
			res, err := j.Merge(cmd.Context(), args)
			return c.finish(res, err)
		},
	}
	addFlags(cmd, f.output(), f.clock("when the plan was made"), f.reporting(), f.rules())
	return cmd
}
