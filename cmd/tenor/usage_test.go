package main

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// TestSlips: a flag or a command with two letters in each other's place, or without its last, is named in the error, of every command.
func TestSlips(t *testing.T) {
	tried := 0
	try := func(args []string, what, given, want string) {
		root := (&cli{stdout: io.Discard, stderr: io.Discard}).root()
		root.SetArgs(append(args, given))
		root.SetOut(io.Discard)
		root.SetErr(io.Discard)
		tried++
		if err := root.Execute(); err == nil || err.Error() != fmt.Sprintf("unknown %s; did you mean %s?", what, want) {
			t.Errorf("%s %s: %v, want %s", strings.Join(args, " "), given, err, want)
		}
	}
	slips := func(name string) []string {
		return []string{name[:1] + name[2:3] + name[1:2] + name[3:], name[:len(name)-1]}
	}
	var visit func(cmd *cobra.Command, path []string)
	visit = func(cmd *cobra.Command, path []string) {
		known := map[string]bool{}
		cmd.InheritedFlags() // which makes them the command's
		cmd.Flags().VisitAll(func(f *pflag.Flag) { known[f.Name] = true })
		for name := range known {
			for _, slip := range slips(name) {
				if len(slip) > 2 && !known[slip] {
					try(path, "flag --"+slip, "--"+slip, "--"+name)
				}
			}
		}
		names := map[string]bool{}
		for _, sub := range cmd.Commands() {
			names[sub.Name()] = true
		}
		for _, sub := range cmd.Commands() {
			if !sub.IsAvailableCommand() {
				continue
			}
			for _, slip := range slips(sub.Name()) {
				if len(slip) > 2 && !names[slip] {
					try(path, fmt.Sprintf("command %q", slip), slip, fmt.Sprintf("%q", sub.Name()))
				}
			}
			visit(sub, append(path[:len(path):len(path)], sub.Name()))
		}
	}
	visit((&cli{stdout: io.Discard, stderr: io.Discard}).root(), nil)
	if tried < 200 {
		t.Errorf("%d slips were tried", tried)
	}
}
