package main

import (
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

// manCmd writes a manual page for each command into a folder. It is there for the packages of a release, and in no list of commands.
// The date on the pages is SOURCE_DATE_EPOCH, as reproducible builds have it.
func (c *cli) manCmd() *cobra.Command {
	return &cobra.Command{
		Use:    "man DIR",
		Short:  "Write the manual pages",
		Hidden: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := os.MkdirAll(args[0], 0o755); err != nil { //nolint:gosec // manual pages are for all
				return err
			}
			withoutTag(cmd.Root())
			return doc.GenManTree(cmd.Root(), &doc.GenManHeader{Title: "TENOR", Section: "1", Source: "tenor", Manual: "tenor"}, args[0])
		},
	}
}

// withoutTag keeps the moment of the build out of the pages of a command and of those below it.
func withoutTag(cmd *cobra.Command) {
	cmd.DisableAutoGenTag = true
	for _, sub := range cmd.Commands() {
		withoutTag(sub)
	}
}
