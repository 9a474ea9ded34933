package main

import (
	"errors"

	"github.com/spf13/cobra"

	"tenor/job"
)

func (c *cli) runCmd() *cobra.Command {
	var f flags
	var demo bool
	var shard string
	output, scope, clock, reporting := f.output(), f.scope(), f.clock("when the snapshot was taken"), f.reporting()
	cmd := &cobra.Command{
		Use:   "run",
		Short: "Collect, evaluate and report",
		Long: `Collect from AWS, evaluate what was found, and write the report into the run folder.

Exit codes: 0 complete, nothing at or above --fail-on; 1 findings at or above it; 2 the run could not be done, or a rule
failed while it ran; 3 the report is written but coverage is incomplete; 4 report.json is written, but
a format, a delivery or the metrics are missing.`,
		Example: "  tenor run --demo\n  tenor run --config tenor.yaml --fail-on medium --baseline last",
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			adjust := func(*job.Config) {}
			if demo {
				server, demonstrate, err := startDemo()
				if err != nil {
					return err
				}
				defer func() { err = errors.Join(err, server.Close()) }()
				adjust = demonstrate
			}
			cfg, err := c.config(cmd, &f, adjust)
			if err != nil {
				return err
			}
			j := c.job(cfg)
			if demo && c.readConfig != "" {
				j.Log.Info("the demo uses policies, waivers, finance and output of the config; accounts, regions, delivery and the gate are its own",
					"config", c.readConfig)
			}
			if shard != "" {
				if err := notOfShard(output, scope, clock, reporting); err != nil {
					return err
				}
				return c.runShard(cmd.Context(), j, shard)
			}
			done := c.progress(j)
			res, err := j.Run(cmd.Context())
			done()
			return c.finish(res, err)
		},
	}
	cmd.Flags().StringVar(&shard, "shard", "", "`shards.json#N` of tenor plan: collect and evaluate that shard alone, for tenor merge")
	cmd.Flags().BoolVar(&demo, "demo", false,
		"run against a simulated AWS in this process, with the config's policies, waivers, finance and output; "+
			"sets --fail-on none and --allow-incomplete unless they are given")
	addFlags(cmd, output, f.credentials(), scope, f.collecting(), clock, reporting, f.rules())
	return cmd
}

// finish shows a report; its exit code is the error.
func (c *cli) finish(res *job.Result, err error) error {
	if err != nil {
		return err
	}
	return errors.Join(c.show(res), res.Close(), res.Exit.Err())
}

func (c *cli) collectCmd() *cobra.Command {
	var f flags
	cmd := &cobra.Command{
		Use:   "collect",
		Short: "Take a snapshot of AWS",
		Long:  "Collect from AWS into snapshot/ in the run folder, for tenor evaluate.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			j, err := c.configured(cmd, &f)
			if err != nil {
				return err
			}
			done := c.progress(j)
			s, err := j.Collect(cmd.Context())
			done()
			if err != nil {
				return err
			}
			return errors.Join(c.showFiles([]string{s.Dir}), j.CollectExit(s).Err())
		},
	}
	cmd.Flags().VarP(folder(&f.cfg.Output.Dir), "out", "o", "run `folder` to write into (default out)")
	addFlags(cmd, f.credentials(), f.scope(), f.collecting(), f.allowIncomplete())
	return cmd
}

func (c *cli) evaluateCmd() *cobra.Command {
	var f flags
	cmd := &cobra.Command{
		Use:     "evaluate SNAPSHOT",
		Short:   "Make the report of a snapshot",
		Long:    "Evaluate a snapshot that tenor collect or tenor run took, and write the report into the run folder.",
		Example: "  tenor evaluate out/snapshot --out again --as-of 2026-12-31",
		RunE: func(cmd *cobra.Command, args []string) error {
			j, err := c.configured(cmd, &f)
			if err != nil {
				return err
			}
			res, err := j.Evaluate(cmd.Context(), args[0])
			return c.finish(res, err)
		},
	}
	addFlags(cmd, f.output(), f.clock("when the snapshot was taken"), f.reporting(), f.rules())
	return cmd
}

func (c *cli) reportCmd() *cobra.Command {
	var f flags
	cmd := &cobra.Command{
		Use:     "report RUN",
		Short:   "Write an existing report in other formats",
		Long:    "Write the report in a run folder, or a report.json, in other formats beside it, and show its summary.",
		Example: "  tenor report out --format markdown,sarif",
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg := job.DefaultConfig()
			cfg.Output.Formats = f.cfg.Output.Formats
			j := c.job(cfg)
			res, err := j.Report(cmd.Context(), args[0])
			return c.finish(res, err)
		},
	}
	addFlags(cmd, f.formats(""))
	return cmd
}
