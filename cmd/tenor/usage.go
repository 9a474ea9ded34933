package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tenor/policies"
)

// strict holds a command and those below it to what they say they take. What is wrong is an error of one line that names it, and the
// nearest thing that would be right; flags and arguments of a few words complete to these.
func strict(cmd *cobra.Command) {
	cmd.Args = positional
	cmd.SetFlagErrorFunc(flagError)
	if !cmd.Runnable() { // a group
		cmd.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
	}
	complete := func(fl *pflag.Flag) {
		value, ok := fl.Value.(interface{ choices() []string })
		if !ok {
			return
		}
		if err := cmd.RegisterFlagCompletionFunc(fl.Name, completing(value.choices())); err != nil {
			panic(err) // the flag is the command's, and new
		}
	}
	cmd.LocalNonPersistentFlags().VisitAll(complete)
	cmd.PersistentFlags().VisitAll(complete)
	for _, sub := range cmd.Commands() {
		strict(sub)
	}
}

// completing completes to one of the words, or to another in a list with commas.
func completing(of []string) cobra.CompletionFunc {
	return func(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
		before := typed[:strings.LastIndex(typed, ",")+1]
		out := make([]string, len(of))
		for i, w := range of {
			out[i] = before + w
		}
		return out, cobra.ShellCompDirectiveNoFileComp
	}
}

// positional holds the arguments to the command's Use line: NAME is needed, [NAME] may be left out, NAME... may be repeated.
func positional(cmd *cobra.Command, args []string) error {
	for _, name := range strings.Fields(cmd.Use)[1:] {
		plain := strings.Trim(name, "[].")
		switch {
		case len(args) > 0 && args[0] == "":
			return fmt.Errorf("%s is empty: see %s --help", plain, cmd.CommandPath())
		case len(args) == 0 && !strings.HasPrefix(name, "["):
			return fmt.Errorf("missing %s: see %s --help", plain, cmd.CommandPath())
		case strings.Contains(name, "..."):
			return nil
		case len(args) > 0:
			args = args[1:]
		}
	}
	switch {
	case len(args) == 0:
		return nil
	case cmd.HasSubCommands():
		return unknownCommand(cmd, args[0])
	}
	return unexpected(cmd, args[0])
}

func unexpected(cmd *cobra.Command, arg string) error {
	return fmt.Errorf("unexpected argument %q: see %s --help", arg, cmd.CommandPath())
}

func unknownCommand(group *cobra.Command, name string) error {
	var names []string
	for _, sub := range group.Commands() {
		if sub.IsAvailableCommand() {
			names = append(names, sub.Name())
		}
	}
	if near := policies.Nearest(name, names); near != "" {
		return fmt.Errorf("unknown command %q; did you mean %q?", name, near)
	}
	return fmt.Errorf("unknown command %q: %s --help lists them", name, group.CommandPath())
}

// wants says what a flag takes, by pflag's name of its type.
var wants = map[string]string{
	"bool": "true or false", "int": "a whole number", "duration": "a duration such as 90s or 15m",
	"stringSlice": "names separated by commas, without quotes",
}

// flagError says what is wrong with a flag.
func flagError(cmd *cobra.Command, err error) error {
	if args := cmd.Flags().Args(); cmd.HasSubCommands() && len(args) > 0 { // the flag is of a command that does not exist
		return unknownCommand(cmd, args[0])
	}
	if e, ok := errors.AsType[*pflag.NotExistError](err); ok {
		return unknownFlag(cmd, e)
	}
	if e, ok := errors.AsType[*pflag.ValueRequiredError](err); ok {
		return fmt.Errorf("--%s needs a value", e.GetFlag().Name)
	}
	if e, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		want, known := wants[e.GetFlag().Value.Type()]
		switch {
		case errors.Is(e, strconv.ErrRange):
			return fmt.Errorf("--%s %q: is too large", e.GetFlag().Name, e.GetValue())
		case known:
			return fmt.Errorf("--%s %q: want %s", e.GetFlag().Name, e.GetValue(), want)
		}
		return fmt.Errorf("--%s %w", e.GetFlag().Name, e.Unwrap()) // of the types in flags.go, whose errors begin with the value
	}
	if e, ok := errors.AsType[*pflag.InvalidSyntaxError](err); ok {
		return fmt.Errorf("%s is no flag: want --name or --name=value", e.GetSpecifiedFlag())
	}
	return err
}

func unknownFlag(cmd *cobra.Command, e *pflag.NotExistError) error {
	given, name := "--"+e.GetSpecifiedName(), e.GetSpecifiedName()
	if shorthands := e.GetSpecifiedShortnames(); shorthands != "" {
		given, name = "-"+shorthands, shorthands // -demo is read as -d, -e, -m, -o
	}
	var names []string
	cmd.Flags().VisitAll(func(fl *pflag.Flag) { names = append(names, fl.Name) })
	near := policies.Nearest(name, names)
	if slices.Contains(names, name) {
		near = name
	}
	if near != "" {
		return fmt.Errorf("unknown flag %s; did you mean --%s?", given, near)
	}
	return fmt.Errorf("unknown flag %s: see %s --help", given, cmd.CommandPath())
}

// helpCmd shows the help of a command.
func helpCmd(root *cobra.Command) *cobra.Command {
	find := func(args []string) (*cobra.Command, error) {
		cmd, rest, err := root.Find(args)
		switch {
		case err != nil || len(rest) == 0:
			return cmd, err
		case cmd.HasSubCommands():
			return nil, unknownCommand(cmd, rest[0])
		}
		return nil, unexpected(cmd, rest[0])
	}
	return &cobra.Command{
		Use:   "help [COMMAND...]",
		Short: "Show the help of a command",
		RunE: func(_ *cobra.Command, args []string) error {
			cmd, err := find(args)
			if err != nil {
				return err
			}
			return cmd.Help()
		},
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			var names []string
			if cmd, err := find(args); err == nil {
				for _, sub := range cmd.Commands() {
					if sub.IsAvailableCommand() {
						names = append(names, sub.Name())
					}
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
	}
}
