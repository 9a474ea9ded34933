// Package process runs the programs that are measured, and says what each took.
package process

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"
)

// Usage is what a process took.
type Usage struct {
	Wall, CPU time.Duration
	MiB       float64 // peak memory
}

// Of returns what a process took that has ended; of one that did not start it is nothing.
func Of(cmd *exec.Cmd, wall time.Duration) Usage {
	state := cmd.ProcessState
	if state == nil {
		return Usage{Wall: wall}
	}
	u := Usage{Wall: wall, CPU: state.UserTime() + state.SystemTime()}
	if r, ok := state.SysUsage().(*syscall.Rusage); ok {
		u.MiB = float64(r.Maxrss) / 1024
	}
	return u
}

// Run runs a program to its end. Its standard error is this process's.
func Run(cmd *exec.Cmd) (stdout []byte, u Usage, err error) {
	cmd.Stderr = os.Stderr
	start := time.Now()
	stdout, err = cmd.Output()
	return stdout, Of(cmd, time.Since(start)), err
}

// Median returns the median times of some runs, and the most memory of any.
func Median(runs []Usage) (m Usage) {
	var wall, cpu []time.Duration
	for _, u := range runs {
		wall, cpu, m.MiB = append(wall, u.Wall), append(cpu, u.CPU), max(m.MiB, u.MiB)
	}
	slices.Sort(wall)
	slices.Sort(cpu)
	m.Wall, m.CPU = wall[len(wall)/2], cpu[len(cpu)/2]
	return m
}

// Side is a program that is measured.
type Side struct {
	Name    string
	Command []string
	Runs    []Usage
	Out     []byte // of the last run
}

// Self is a side that this program is itself, with other arguments.
func Self(name string, args ...string) *Side {
	return &Side{Name: name, Command: append([]string{os.Args[0]}, args...)}
}

// Run runs the side once. An exit code of 1 is no failure: tenor and its peers say so that there are findings.
func (s *Side) Run(ctx context.Context) error {
	fmt.Fprintln(os.Stderr, "…", s.Name)
	out, u, err := Run(exec.CommandContext(ctx, s.Command[0], s.Command[1:]...))
	if exit, ok := errors.AsType[*exec.ExitError](err); err != nil && (!ok || exit.ExitCode() != 1) {
		return fmt.Errorf("%s: %w", s.Name, err)
	}
	s.Out, s.Runs = out, append(s.Runs, u)
	return nil
}

// Turns runs each side so many times, in turns.
func Turns(ctx context.Context, rounds int, sides ...*Side) error {
	for range rounds {
		for _, s := range sides {
			if err := s.Run(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// Build compiles a command of this module into a program.
func Build(ctx context.Context, program, command string, flags ...string) error {
	_, _, err := Run(exec.CommandContext(ctx, "go", append(append([]string{"build"}, flags...), "-o", program, command)...))
	return err
}

// Main is the main of a benchmark, which an interrupt ends; temp is a folder that is gone afterwards.
func Main(run func(ctx context.Context, temp string) error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	temp, err := os.MkdirTemp("", "tenor-bench-")
	if err == nil {
		err = errors.Join(run(ctx, temp), os.RemoveAll(temp))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// ratioMark begins a line of Ratio.
const ratioMark = "ratio: "

// Ratio prints what tenor takes against something else, on a line of its own that ReadRatio finds again.
func Ratio(what string, value float64) { fmt.Printf("%s%s: %.2f\n", ratioMark, what, value) }

// ReadRatio takes a line of Ratio apart; ok is false for any other.
func ReadRatio(line string) (what, value string, ok bool) {
	text, ok := strings.CutPrefix(strings.TrimSpace(line), ratioMark)
	if i := strings.LastIndex(text, ": "); ok && i >= 0 {
		return text[:i], text[i+2:], true
	}
	return "", "", false
}
