// Package process runs the programs that are measured, and says what each took.
package process

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"slices"
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

// Main is the main of a benchmark, which an interrupt ends.
func Main(run func(context.Context) error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}
