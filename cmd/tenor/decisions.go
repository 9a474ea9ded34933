package main

import (
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"tenor/audit"
	"tenor/job"
	"tenor/job/decisions"
)

func (c *cli) decisionsCmd() *cobra.Command {
	cmd := &cobra.Command{Use: "decisions", Short: "Check, add and list decisions about contracts"}
	cmd.AddCommand(c.decisionsCheckCmd(), c.decisionsAddCmd(), c.decisionsListCmd())
	return cmd
}

func (c *cli) decisionsCheckCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "check FILE",
		Short: "Check a decisions file",
		RunE: func(_ *cobra.Command, args []string) error {
			list, err := decisions.Load(args[0])
			if err == nil {
				err = decisions.CheckDays(args[0], list, time.Now())
			}
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(c.stdout, "%s: %d decisions\n", args[0], len(list))
			return err
		},
	}
}

func (c *cli) decisionsAddCmd() *cobra.Command {
	var file, term, option string
	d := audit.Decision{}
	cmd := &cobra.Command{
		Use:   "add",
		Short: "Add a decision about a contract",
		Long: "Append what was decided about an Outpost's contract to the decisions file and keep its comments. Nothing is sent\n" +
			"to AWS: tenor decisions list --commands prints the call that carries it out.",
		Example: "  tenor decisions add --outpost op-0123456789abcdef0 --action renew --payment-term THREE_YEARS \\\n" +
			"    --payment-option NO_UPFRONT --owner finance@example.com --reason 'refresh planned for 2029'",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := needs(cmd, "outpost", "action", "owner", "reason"); err != nil {
				return err
			}
			d.PaymentTerm, d.PaymentOption = audit.Optional(term), audit.Optional(option)
			if err := decisions.Add(file, d, time.Now()); err != nil {
				return err
			}
			_, err := fmt.Fprintf(c.stdout, "%s: %s: %s\n", file, audit.OutpostID(d.Outpost), decisions.Words(&d))
			return err
		},
	}
	s := cmd.Flags()
	s.StringVar(&file, "file", "decisions.yaml", "decisions `file`")
	s.StringVar(&d.Outpost, "outpost", "", "`id` or ARN of the Outpost")
	s.StringVar(&d.Action, "action", "", "what was decided: renew, return or month_to_month")
	s.StringVar(&term, "payment-term", "", "`term` of a renewal: "+strings.Join(audit.PaymentTerms, ", "))
	s.StringVar(&option, "payment-option", "", "payment `option` of a renewal: "+strings.Join(audit.PaymentOptions, ", "))
	s.StringVar(&d.Owner, "owner", "", "who answers for it")
	s.StringVar(&d.Reason, "reason", "", "why")
	for name, values := range map[string][]string{"action": decisions.Actions, "payment-term": audit.PaymentTerms,
		"payment-option": audit.PaymentOptions} {
		if err := cmd.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)); err != nil {
			panic(err) // a flag that is not there
		}
	}
	s.StringVar(&d.DecidedOn, "decided-on", time.Now().UTC().Format(time.DateOnly), "`day` of the decision, YYYY-MM-DD")
	return cmd
}

func (c *cli) decisionsListCmd() *cobra.Command {
	var commands bool
	cmd := &cobra.Command{
		Use:   "list [RUN]",
		Short: "List the decisions of a run, and whether AWS shows them",
		Long: "List the decisions on file that a run read, and whether AWS shows them. RUN is a run folder or a report.json, out by\n" +
			"default.\n\n" +
			"With --commands it prints, for each decision that AWS does not show yet, the AWS CLI call that carries it out. A renewal is a\n" +
			"purchase and a decommission cannot be taken back: no other output of tenor has such a call, and tenor never makes one.",
		Example: "  tenor decisions list\n  tenor decisions list --commands",
		RunE: func(_ *cobra.Command, args []string) error {
			return job.ReadReport(append(args, defaultRun)[0], func(r *audit.Report) error {
				if commands {
					return c.decisionCommands(r.Decisions)
				}
				w := tabwriter.NewWriter(c.stdout, 0, 0, 2, ' ', 0)
				fmt.Fprintln(w, "OUTPOST\tNAME\tDECISION\tBY\tON\tSTATUS")
				for i := range r.Decisions {
					d := &r.Decisions[i]
					fmt.Fprintln(w, strings.Join([]string{audit.OutpostID(d.Outpost), audit.Visible(d.Name), decisions.Words(&d.Decision),
						audit.Visible(d.Owner), d.DecidedOn, d.StatusText()}, "\t"))
				}
				return w.Flush()
			})
		},
	}
	cmd.Flags().BoolVar(&commands, "commands", false, "print the AWS CLI calls that carry the open decisions out")
	return cmd
}

// decisionCommands prints the calls that carry out what AWS does not show yet.
func (c *cli) decisionCommands(list []audit.DecisionResult) error {
	for i := range list {
		d := &list[i]
		command := decisions.Command(&d.Decision, d.Region)
		if d.Status != audit.DecisionOpen || command == nil {
			continue
		}
		if _, err := fmt.Fprintln(c.stdout, strings.Join(command, " ")); err != nil {
			return err
		}
	}
	return nil
}
