package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"tenor/audit"
	"tenor/job"
)

func (c *cli) checkCmd() *cobra.Command {
	var f flags
	format := "table"
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Check what a run needs, before the first one",
		Long: `Try what a run with the same config and flags needs: policies, waivers, decisions, the baseline, the credentials, the role in each
account, each API once in each account and region, the exports of the bill, and the bucket. It evaluates, writes and sends nothing, so
it cannot tell whether the bucket can be written, or whether messages reach the topic, the webhook and mail. It lists what was checked,
and what to do about each line that is not ok:

ok: a run has it. gap: a run goes on without it, and its report is incomplete. optional: a run does without it, or it cannot be tried
here. error: a run could not be done.

Exit codes: 0 a run would be complete; 3 something would be a gap; 2 it could not be done.`,
		Example: "  tenor check\n  tenor check --config tenor.yaml --region eu-central-1 --format json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := c.config(cmd, &f, nil)
			if err != nil {
				return c.checked([]job.Check{job.ConfigCheck(err)}, format)
			}
			j := c.job(cfg)
			done := c.progress(j)
			list, err := j.Check(cmd.Context())
			done()
			if err != nil {
				return err
			}
			if c.readConfig != "" {
				list[0].Check += " " + c.readConfig
			}
			return c.checked(list, format)
		},
	}
	addFlags(cmd, f.output(), f.credentials(), f.scope(), f.inputs(), f.rules())
	cmd.Flags().VarP(word{&format, []string{"table", "json"}}, "format", "f", "`format`: table or json")
	return cmd
}

// checked shows checks, and returns how a run would end.
func (c *cli) checked(list []job.Check, format string) (err error) {
	switch {
	case format == "json":
		err = c.printJSON(list)
	case !c.quiet:
		err = checkTable(c.stdout, list)
	}
	return errors.Join(err, job.CheckExit(list))
}

// checkTable writes checks for people: a line for each, and below them what was said of those that are not ok.
func checkTable(out io.Writer, list []job.Check) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	var said []string
	fmt.Fprintln(w, "CHECK\tRESULT\tWHAT TO DO") // whose errors Flush has
	for _, check := range list {
		name := audit.Visible(check.Check + placesOf(&check))
		fmt.Fprintf(w, "%s\t%s\t%s\n", name, check.Result, audit.Visible(cmp.Or(check.Do, "-")))
		if check.Said != "" {
			if n := len(check.Accounts); n > 1 {
				name += ": " + strings.Join(check.Accounts[:min(n, shownAccounts)], ", ")
				if n > shownAccounts {
					name += fmt.Sprintf(" and %d more", n-shownAccounts)
				}
			}
			said = append(said, name+": "+audit.Visible(check.Said))
		}
	}
	if err := w.Flush(); err != nil || len(said) == 0 {
		return err
	}
	_, err := fmt.Fprintf(out, "\nWhat was said:\n%s\n", strings.Join(said, "\n"))
	return err
}

// shownAccounts are as many accounts as are named of one check. JSON has all.
const shownAccounts = 3

// placesOf says where a check is of: " in 111122223333/eu-central-1", " in 3 accounts, 2 regions".
func placesOf(c *job.Check) string {
	switch {
	case len(c.Accounts) == 0:
		return ""
	case len(c.Accounts) == 1 && len(c.Regions) == 1:
		return " in " + c.Accounts[0] + "/" + c.Regions[0]
	}
	return " in " + oneOrMany(c.Accounts, "account") + strings.TrimSuffix(", "+oneOrMany(c.Regions, "region"), ", ")
}

// oneOrMany names the only one of a list, or counts them; empty for none.
func oneOrMany(list []string, noun string) string {
	switch len(list) {
	case 0:
		return ""
	case 1:
		return list[0]
	}
	return audit.Counted(len(list), noun)
}
