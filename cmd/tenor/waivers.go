package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"tenor/audit"
	"tenor/job"
	"tenor/job/waivers"
)

func (c *cli) waiversCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use: "waivers", Short: "Check and add waivers", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(c.waiversCheckCmd(), c.waiversAddCmd())
	return cmd
}

func (c *cli) waiversCheckCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "check FILE",
		Short: "Check a waivers file",
		Args:  cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			ws, err := waivers.Load(args[0])
			if err != nil {
				return err
			}
			results := ws.Results(time.Now())
			expired := 0
			for _, r := range results {
				if r.Status == "expired" {
					expired++
					fmt.Fprintf(c.stdout, "%s:%d: %s for %s expired on %s\n", args[0], r.Line, r.Rule, r.Resource, r.Expires)
				}
			}
			_, err = fmt.Fprintf(c.stdout, "%s: %d waivers, %d of them expired\n", args[0], len(results), expired)
			return err
		},
	}
}

func (c *cli) waiversAddCmd() *cobra.Command {
	var run, fingerprint, file string
	var w waivers.Waiver
	cmd := &cobra.Command{
		Use:     "add",
		Short:   "Waive a finding of a report",
		Long:    "Append a waiver for one finding of a report to the waivers file, which keeps its comments.",
		Example: "  tenor waivers add --finding 3f2a91c0 --reason 'known to AWS support' --owner platform --expires 2027-01-31",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			f, alone, err := job.FindingOf(run, fingerprint)
			if err != nil {
				return err
			}
			if f.Verdict != audit.Fail {
				return fmt.Errorf("the finding's verdict is %s; only a failure can be waived", f.Verdict)
			}
			w.Rule, w.Resource, w.Account = f.Rule, f.Resource.ID, f.Resource.Account
			if !alone {
				w.Finding = f.Fingerprint
			}
			if err := waivers.Add(file, w, time.Now()); err != nil {
				return err
			}
			_, err = fmt.Fprintf(c.stdout, "%s: %s is waived for %s until %s\n", file, w.Rule, w.Resource, w.Expires)
			return err
		},
	}
	s := cmd.Flags()
	s.StringVar(&run, "run", "out", "run `folder`, or report.json, that has the finding")
	s.StringVar(&file, "file", "waivers.yaml", "waivers `file`")
	s.StringVar(&fingerprint, "finding", "", "`fingerprint` of the finding, or how it begins")
	s.StringVar(&w.Reason, "reason", "", "why it is accepted")
	s.StringVar(&w.Owner, "owner", "", "who answers for it")
	s.StringVar(&w.Expires, "expires", "", "last `day` on which it holds, YYYY-MM-DD")
	for _, name := range []string{"finding", "reason", "owner", "expires"} {
		if err := cmd.MarkFlagRequired(name); err != nil {
			panic(err) // a flag that is not there
		}
	}
	return cmd
}
