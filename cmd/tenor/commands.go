package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tenor/docs/schemas"
	"tenor/internal/awssim"
	"tenor/internal/version"
	"tenor/job"
)

func (c *cli) runCmd() *cobra.Command {
	var f flags
	var demo bool
	var shard string
	cmd := &cobra.Command{
		Use:   "run",
		Short: "Collect, evaluate and report",
		Long: `Collect from AWS, judge what was found, and write the report into the run folder.

Exit codes: 0 complete, nothing at or above --fail-on; 1 findings at or above it; 2 the run could not be done, or a rule
failed while it ran; 3 the report is written but coverage is incomplete; 4 the report is written here but its delivery failed.`,
		Example: "  tenor run --demo\n  tenor run --config tenor.yaml --fail-on medium --baseline last",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			cfg, err := c.config(cmd, &f, !demo)
			if err != nil {
				return err
			}
			if demo {
				stop, err := startDemo(cmd, &cfg)
				if err != nil {
					return err
				}
				defer func() { err = errors.Join(err, stop()) }()
			}
			if shard != "" {
				return c.runShard(cmd, cfg, shard, f.out)
			}
			j, err := c.job(cfg)
			if err != nil {
				return err
			}
			done := c.progress(j)
			res, err := j.Run(cmd.Context())
			done()
			return c.finish(res, err)
		},
	}
	cmd.Flags().StringVar(&shard, "shard", "", "`shards.json#N` of tenor plan: read and judge that shard alone, for tenor merge")
	cmd.Flags().BoolVar(&demo, "demo", false, "run against a simulated AWS in this process; sets --fail-on none and --allow-incomplete unless they are given")
	f.output(cmd)
	f.collecting(cmd)
	f.judging(cmd)
	return cmd
}

// finish shows a report and leaves its exit code.
func (c *cli) finish(res *job.Result, err error) error {
	if err != nil {
		return err
	}
	c.exit = res.Exit
	return errors.Join(c.show(res), res.Close())
}

// startDemo points the config at a simulated AWS on loopback.
func startDemo(cmd *cobra.Command, cfg *job.Config) (stop func() error, err error) {
	estate, err := awssim.DemoEstate(time.Now())
	if err != nil {
		return nil, fmt.Errorf("demo: %w", err)
	}
	server, err := awssim.Start(awssim.Options{Estate: estate})
	if err != nil {
		return nil, fmt.Errorf("demo: %w", err)
	}
	cfg.Endpoint, cfg.AccessKey = server.URL(), awssim.AccessKey(estate.Organization.ManagementAccount)
	cfg.Organization = &job.Organization{RoleName: estate.Role.Name, ExternalID: estate.Role.ExternalID}
	if len(cfg.Regions) == 0 {
		cfg.Regions = estate.Regions
	}
	if !cmd.Flags().Changed("fail-on") {
		cfg.FailOn = job.FailOnNone
	}
	if !cmd.Flags().Changed("allow-incomplete") {
		cfg.AllowIncomplete = true
	}
	return server.Close, nil
}

func (c *cli) collectCmd() *cobra.Command {
	var f flags
	cmd := &cobra.Command{
		Use:   "collect",
		Short: "Take a snapshot of AWS",
		Long:  "Collect from AWS into the folder snapshot of the run folder, for tenor evaluate.",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := c.config(cmd, &f, true)
			if err != nil {
				return err
			}
			j, err := c.job(cfg)
			if err != nil {
				return err
			}
			done := c.progress(j)
			snapshot, err := j.Collect(cmd.Context())
			done()
			if err != nil {
				return err
			}
			c.exit = j.CollectExit(snapshot)
			return c.showFiles([]string{snapshot.Dir})
		},
	}
	f.output(cmd)
	f.collecting(cmd)
	cmd.Flags().BoolVar(&f.allowIncomplete, "allow-incomplete", false, "incomplete coverage does not make exit code 3")
	return cmd
}

func (c *cli) evaluateCmd() *cobra.Command {
	var f flags
	cmd := &cobra.Command{
		Use:     "evaluate SNAPSHOT",
		Short:   "Make the report of a snapshot",
		Long:    "Judge a snapshot that tenor collect or tenor run took, and write the report into the run folder.",
		Example: "  tenor evaluate out/snapshot --out again --as-of 2026-12-31",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := c.config(cmd, &f, true)
			if err != nil {
				return err
			}
			j, err := c.job(cfg)
			if err != nil {
				return err
			}
			res, err := j.Evaluate(cmd.Context(), args[0])
			return c.finish(res, err)
		},
	}
	f.output(cmd)
	f.judging(cmd)
	return cmd
}

func (c *cli) reportCmd() *cobra.Command {
	var f flags
	cmd := &cobra.Command{
		Use:     "report RUN",
		Short:   "Write an existing report in other formats",
		Long:    "Write the report in a run folder, or a report.json, in other formats beside it, and show its summary.",
		Example: "  tenor report out --format markdown,sarif",
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			cfg := job.DefaultConfig()
			cfg.Output.Formats = f.formats
			j, err := c.job(cfg)
			if err != nil {
				return err
			}
			res, err := j.Report(args[0])
			return c.finish(res, err)
		},
	}
	cmd.Flags().StringSliceVarP(&f.formats, "format", "f", nil, "`formats` to write: "+strings.Join(job.FormatNames(), ", "))
	return cmd
}

func (c *cli) simulateCmd() *cobra.Command {
	var addr, estateFile, faultsFile string
	cmd := &cobra.Command{
		Use:   "simulate",
		Short: "Serve a simulated AWS on loopback",
		Long:  "Serve a simulated AWS (Outposts, Service Catalog, STS, Organizations) on loopback until interrupted, and print the variables that point any AWS SDK at it.",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o := awssim.Options{Addr: addr}
			var err error
			if o.Estate, err = loadEstate(estateFile); err != nil {
				return err
			}
			if o.Faults, err = loadFaults(faultsFile); err != nil {
				return err
			}
			server, err := awssim.Start(o)
			if err != nil {
				return fmt.Errorf("simulate: %w", err)
			}
			e := o.Estate
			fmt.Fprintf(c.stdout, "export AWS_ENDPOINT_URL=%s AWS_ACCESS_KEY_ID=%s AWS_SECRET_ACCESS_KEY=simulated AWS_REGION=%s\n", server.URL(), awssim.AccessKey(e.Organization.ManagementAccount), e.Regions[0])
			fmt.Fprintf(c.stdout, "# organization: {role_name: %s, external_id: %s}, regions: [%s]\n", e.Role.Name, e.Role.ExternalID, strings.Join(e.Regions, ", "))
			<-cmd.Context().Done()
			return server.Close()
		},
	}
	cmd.Flags().StringVar(&addr, "addr", "127.0.0.1:0", "`address` to listen on; loopback only")
	cmd.Flags().StringVar(&estateFile, "estate", "", "estate `file` (default: the demo's)")
	cmd.Flags().StringVar(&faultsFile, "faults", "", "`file` of faults to answer with")
	return cmd
}

func loadEstate(path string) (*awssim.Estate, error) {
	if path == "" {
		return awssim.DemoEstate(time.Now())
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	e, err := awssim.LoadEstate(f, time.Now())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return e, nil
}

func loadFaults(path string) ([]awssim.Fault, error) {
	if path == "" {
		return nil, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	faults, err := awssim.LoadFaults(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return faults, nil
}

func (c *cli) schemaCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "schema [NAME]",
		Short: "Print a JSON Schema, or the names there are",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				_, err := fmt.Fprintln(c.stdout, strings.Join(schemas.Names(), "\n"))
				return err
			}
			text, ok := schemas.Get(args[0])
			if !ok {
				return fmt.Errorf("schema %q: want one of %s", args[0], strings.Join(schemas.Names(), ", "))
			}
			_, err := c.stdout.Write(text)
			return err
		},
	}
}

func (c *cli) versionCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintln(c.stdout, "tenor", version.String())
			return err
		},
	}
}
