package main

import (
	"github.com/spf13/cobra"

	"tenor/audit"
	"tenor/job"
	"tenor/report"
)

func (c *cli) diffCmd() *cobra.Command {
	format := "text"
	cmd := &cobra.Command{
		Use:     "diff BEFORE AFTER",
		Short:   "Show what changed from one report to another",
		Long:    "Compare two reports, each a run folder or a report.json. What the later one could not read is never called resolved.",
		Example: "  tenor diff last-week/report.json out",
		RunE: func(_ *cobra.Command, args []string) error {
			return job.Diff(args[0], args[1], func(changes *audit.Changes, added audit.FindingList) error {
				if format == "text" {
					return report.Diff(c.stdout, changes, added, c.style())
				}
				return report.DiffJSON(c.stdout, changes, added)
			})
		},
	}
	cmd.Flags().VarP(word{&format, []string{"text", "json"}}, "format", "f", "`format`: text or json")
	return cmd
}
