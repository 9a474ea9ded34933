package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"tenor/audit"
	"tenor/job"
	"tenor/report"
)

func (c *cli) diffCmd() *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:     "diff BEFORE AFTER",
		Short:   "Show what one report changes over another",
		Long:    "Compare two reports, each a run folder or a report.json. What the later one could not read is never called resolved.",
		Example: "  tenor diff last-week/report.json out",
		Args:    cobra.ExactArgs(2),
		RunE: func(_ *cobra.Command, args []string) error {
			if format != "text" && format != "json" {
				return fmt.Errorf("--format %q: want text or json", format)
			}
			return job.Diff(args[0], args[1], func(changes *audit.Changes, added audit.FindingList) error {
				if format == "text" {
					return report.Diff(c.stdout, changes, added, c.style())
				}
				return report.DiffJSON(c.stdout, changes, added)
			})
		},
	}
	cmd.Flags().StringVarP(&format, "format", "f", "text", "`format`: text or json")
	return cmd
}
