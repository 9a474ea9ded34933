package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"tenor/audit"
	"tenor/job"
	"tenor/job/waivers"
	"tenor/policies"
)

func (c *cli) waiversCmd() *cobra.Command {
	cmd := &cobra.Command{Use: "waivers", Short: "Check and add waivers"}
	cmd.AddCommand(c.waiversCheckCmd(), c.waiversAddCmd())
	return cmd
}

// waiverLimit is how long a waiver may hold from today, as the config says.
func (c *cli) waiverLimit() (waivers.Limit, error) {
	cfg, err := c.fileConfig()
	return waivers.Limit{Days: cfg.WaiversMaxDays, From: time.Now()}, err
}

func (c *cli) waiversCheckCmd() *cobra.Command {
	var f flags
	cmd := &cobra.Command{
		Use:   "check FILE",
		Short: "Check a waivers file",
		Long:  "Check a waivers file: what each waiver says, and that its rule exists: one of ours, of the config's or of --policy's.",
		RunE: func(cmd *cobra.Command, args []string) error {
			limit, err := c.waiverLimit()
			if err != nil {
				return err
			}
			ws, err := waivers.Load(args[0], limit)
			if err != nil {
				return err
			}
			o, err := c.policyOptions(cmd, &f)
			if err != nil {
				return err
			}
			pack, err := policies.Load(cmd.Context(), o)
			if err != nil {
				return err
			}
			results := ws.Results(time.Now())
			expired := 0
			var unknown []error
			for _, r := range results {
				if err := pack.CheckRule(r.Rule); err != nil {
					unknown = append(unknown, fmt.Errorf("%s:%d: %w", args[0], r.Line, err))
				}
				if r.Status == "expired" {
					expired++
					fmt.Fprintf(c.stdout, "%s:%d: %s for %s expired on %s\n", args[0], r.Line, r.Rule, r.Resource, r.Expires)
				}
			}
			if err := errors.Join(unknown...); err != nil {
				return err
			}
			_, err = fmt.Fprintf(c.stdout, "%s: %d waivers, %d of them expired\n", args[0], len(results), expired)
			return err
		},
	}
	addFlags(cmd, f.rules())
	return cmd
}

func (c *cli) waiversAddCmd() *cobra.Command {
	var run, fingerprint, file string
	var w waivers.Waiver
	cmd := &cobra.Command{
		Use:     "add",
		Short:   "Waive a finding of a report",
		Long:    "Append a waiver for one finding of a report to the waivers file and keep its comments.",
		Example: "  tenor waivers add --finding 3f2a91c0 --reason 'known to AWS support' --owner platform --expires 2027-01-31",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := needs(cmd, "finding", "reason", "owner", "expires"); err != nil {
				return err
			}
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
			limit, err := c.waiverLimit()
			if err != nil {
				return err
			}
			if err := waivers.Add(file, w, limit); err != nil {
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
	return cmd
}
