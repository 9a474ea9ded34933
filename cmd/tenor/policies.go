package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"regexp"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tenor/audit"
	"tenor/job"
	"tenor/policies"
	"tenor/report"
)

func (c *cli) policiesCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use: "policies", Short: "List, show, explain, write, test, check and export rules",
	}
	cmd.AddCommand(c.policiesListCmd(), c.policiesShowCmd(), c.policiesExplainCmd(), c.policiesNewCmd(), c.policiesTestCmd(),
		c.policiesCheckCmd(), c.policiesExportCmd())
	return cmd
}

// policyOptions returns what the config and the flags say of policies; dirs are added to them.
func (c *cli) policyOptions(cmd *cobra.Command, f *flags, dirs ...string) (policies.Options, error) {
	f.policies = append(f.policies, dirs...)
	cfg, err := c.config(cmd, f, nil)
	if err != nil {
		return policies.Options{}, err
	}
	return cfg.PolicyOptions(cmd.Context())
}

// print shows what write writes, less what a terminal would act on: METADATA, sources and what tests print are of whoever
// wrote the policies.
func (c *cli) print(write func(io.Writer) error) error {
	var out bytes.Buffer
	if err := write(&out); err != nil {
		return err
	}
	return report.Text(c.stdout, out.String())
}

func (c *cli) policiesListCmd() *cobra.Command {
	var f flags
	format := "table"
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the rules in force, with their parameters and where each value came from",
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := c.config(cmd, &f, nil)
			if err != nil {
				return err
			}
			_, rules, err := job.LoadPolicies(cmd.Context(), c.logger(), &cfg)
			if err != nil {
				return err
			}
			if format == "json" {
				return c.printIndented(rules)
			}
			return c.print(func(w io.Writer) error { return policies.WriteList(w, rules) })
		},
	}
	cmd.Flags().VarP(word{&format, []string{"table", "json"}}, "format", "f", "`format`: table or json")
	addFlags(cmd, f.rules())
	return cmd
}

func (c *cli) policiesShowCmd() *cobra.Command {
	var f flags
	cmd := &cobra.Command{
		Use:     "show RULE",
		Short:   "Show a rule: what it is about, its source, and an example on which it fires",
		Example: "  tenor policies show outposts.notice_deadline",
		ValidArgsFunction: func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return c.ruleIDs(cmd, &f), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			o, err := c.policyOptions(cmd, &f)
			if err != nil {
				return err
			}
			return c.print(func(w io.Writer) error { return policies.Show(cmd.Context(), w, args[0], o) })
		},
	}
	addFlags(cmd, f.rules())
	return cmd
}

// ruleIDs lists the rules there are, none where the policies do not load.
func (c *cli) ruleIDs(cmd *cobra.Command, f *flags) []string {
	o, err := c.policyOptions(cmd, f)
	if err != nil {
		return nil
	}
	pack, err := policies.Load(cmd.Context(), o)
	if err != nil {
		return nil
	}
	return pack.IDs()
}

func (c *cli) policiesExplainCmd() *cobra.Command {
	var f flags
	cmd := &cobra.Command{
		Use:   "explain RULE RESOURCE [RUN]",
		Short: "Say why a rule fired, passed or is unknown on a resource",
		Long: `Evaluate a rule on a resource of a run, and show each body of it that held, with the values, or the first expression that did
not. It also shows what the policy prints, gaps and the waiver. RESOURCE is an id, an ARN or a name, RUN a run folder with its
snapshot, out by default.`,
		Example: "  tenor run --demo --out demo\n  tenor policies explain outposts.order_error oo-149b8b21589a065f7 demo",
		ValidArgsFunction: func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			switch len(args) {
			case 0:
				return c.ruleIDs(cmd, &f), cobra.ShellCompDirectiveNoFileComp
			case 1:
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return nil, cobra.ShellCompDirectiveDefault
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := c.config(cmd, &f, nil)
			if err != nil {
				return err
			}
			return c.print(func(w io.Writer) error {
				return job.Explain(cmd.Context(), w, &cfg, args[0], args[1], append(args, defaultRun)[2])
			})
		},
	}
	addFlags(cmd, f.rules())
	return cmd
}

func (c *cli) policiesNewCmd() *cobra.Command {
	var kind string
	cmd := &cobra.Command{
		Use:     "new DIR ID",
		Short:   "Begin a rule: the policy, its test and an example on which it fires",
		Example: "  tenor policies new more-policies acme.order_name --kind outposts.order\n  tenor policies test more-policies",
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := needs(cmd, "kind"); err != nil {
				return err
			}
			files, err := policies.New(args[0], args[1], kind)
			return errors.Join(err, c.showFiles(files))
		},
	}
	cmd.Flags().Var(word{&kind, policies.Kinds()}, "kind", "`kind` of resource that it evaluates: "+strings.Join(policies.Kinds(), ", "))
	return cmd
}

func (c *cli) policiesTestCmd() *cobra.Command {
	var f flags
	var which policies.Tests
	var run string
	format := "table"
	cmd := &cobra.Command{
		Use:   "test [DIR]",
		Short: "Run Rego tests, with coverage",
		Long: `Run the Rego tests of your policies, and say how much of them the tests reached. Where no folder or bundle is named, by DIR,
--policy or the config, tenor's own are run. With -v every test is listed.`,
		Example: "  tenor policies test my-policies\n  tenor policies test my-policies --run order_waiting -v --format table",
		RunE: func(cmd *cobra.Command, args []string) error {
			o, err := c.policyOptions(cmd, &f, args...)
			if err != nil {
				return err
			}
			if run != "" {
				if which.Run, err = regexp.Compile(run); err != nil {
					return fmt.Errorf("--run %q: want a regular expression", run)
				}
			}
			r, err := policies.Test(cmd.Context(), o, which)
			if err != nil {
				return err
			}
			if run != "" && len(r.Tests) == 0 {
				return fmt.Errorf("--run %q: no test has such a name: -v without --run lists them", run)
			}
			if err := c.showTests(r, format); err != nil {
				return err
			}
			return job.TestsExit(r).Err()
		},
	}
	cmd.Flags().BoolVar(&which.Pack, "pack", false, "run tenor's own tests too")
	cmd.Flags().StringVarP(&run, "run", "r", "", "run only tests whose name, such as data.acme.late_test.test_late, this `regex` matches")
	cmd.Flags().VarP(word{&format, []string{"table", "json", "junit"}}, "format", "f", "`format`: table, json or junit")
	addFlags(cmd, f.rules())
	return cmd
}

// showTests prints what the tests of policies gave.
func (c *cli) showTests(r *policies.TestReport, format string) error {
	switch format {
	case "json":
		return c.printIndented(r)
	case "junit":
		var cases []report.TestCase
		for _, t := range r.Tests {
			cases = append(cases, report.TestCase{Suite: t.Package, Name: t.Name, File: t.File, Line: t.Line, Problem: t.Problem,
				Failed: !t.Passed && !t.Skipped, Skipped: t.Skipped, Output: t.Output, Took: t.Took})
		}
		return report.JUnitTests(c.stdout, cases)
	}
	return c.print(func(w io.Writer) error { return r.Write(w, c.verbose) })
}

func (c *cli) policiesCheckCmd() *cobra.Command {
	var f flags
	cmd := &cobra.Command{
		Use:     "check [DIR]",
		Short:   "Check that policies compile, with their types and METADATA",
		Example: "  tenor policies check my-policies",
		RunE: func(cmd *cobra.Command, args []string) error {
			o, err := c.policyOptions(cmd, &f, args...)
			if err != nil {
				return err
			}
			return c.print(func(w io.Writer) error { return policies.Check(cmd.Context(), w, o) })
		},
	}
	addFlags(cmd, f.rules())
	return cmd
}

func (c *cli) policiesExportCmd() *cobra.Command {
	var f flags
	var run string
	out := "export"
	cmd := &cobra.Command{
		Use:   "export",
		Short: "Write the policies, and a run's resources, for conftest and OPA",
		Long: `Write policy/ and data/, tests/, schemas/ with the schema of each kind's documents, .regal/ with a configuration for Regal and,
with --run, a JSON document for each resource of a run under resources/. Then

  conftest test --policy policy --data data --all-namespaces resources

finds what tenor found, and

  opa test policy tests

runs the tests of the policies.`,
		Example: "  tenor policies export --out export --run out",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if out == "" {
				return errors.New("--out is empty: name a folder")
			}
			o, err := c.policyOptions(cmd, &f)
			if err != nil {
				return err
			}
			return export(cmd.Context(), c.logger(), o, out, run)
		},
	}
	cmd.Flags().VarP(folder(&out), "out", "o", "`folder` to write into")
	cmd.Flags().StringVar(&run, "run", "", "run `folder`, or report.json, whose resources to write too")
	addFlags(cmd, f.rules())
	return cmd
}

func export(ctx context.Context, log *slog.Logger, o policies.Options, out, run string) error {
	pack, err := policies.Load(ctx, o)
	if err != nil {
		return err
	}
	job.WarnUnread(log, pack)
	asOf := time.Now()
	var resources iter.Seq2[*audit.Resource, error]
	if run != "" {
		if asOf, resources, err = job.Documents(run); err != nil {
			return err
		}
	}
	return pack.Export(out, asOf, resources)
}
