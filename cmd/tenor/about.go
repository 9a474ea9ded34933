package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"tenor/docs/schemas"
	"tenor/internal/version"
	"tenor/policies"
)

func (c *cli) schemaCmd() *cobra.Command {
	names := slices.Concat(schemas.Names(), policies.Kinds())
	return &cobra.Command{
		Use:   "schema [NAME]",
		Short: "Print a JSON Schema, of a file or of the documents of a kind, or list the names of all schemas",
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				_, err := fmt.Fprintln(c.stdout, strings.Join(names, "\n"))
				return err
			}
			text, ok := schemas.Get(args[0])
			if !ok {
				text, ok = policies.Schema(args[0])
			}
			if !ok {
				return fmt.Errorf("schema %q: want one of %s", args[0], strings.Join(names, ", "))
			}
			_, err := c.stdout.Write(text)
			return err
		},
	}
}

func (c *cli) versionCmd() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "version",
		Short:   "Print the version",
		Example: "  tenor version --json",
		RunE: func(*cobra.Command, []string) error {
			if !asJSON {
				_, err := fmt.Fprintln(c.stdout, "tenor", version.String())
				return err
			}
			return c.printIndented(version.Of())
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print it as JSON, with the revision of the source, Go and the platform")
	return cmd
}
