// Command policies measures the engine: how long it takes to evaluate a snapshot by every rule of the pack, against conftest
// and `opa eval` on the same documents and rules, and against the floor, which is decoding the same files into what the
// rules read:
//
//	go run ./bench/policies [-resources 130000] [-rounds 3] [-give-up 30] [-dir DIR] [-conftest PATH] [-opa PATH]
//
// Ten in thirteen of the resources are provisioned products, the others Outposts, orders, quotes and capacity tasks; one
// in twenty is bad. Each side runs in processes of its own, in turns; the medians count. The peers must find the failures
// that tenor finds, or the comparison fails.
//
// The peers hold all that they are given in memory, so they are given the resources in parts, a process a part, and the
// times of the parts are added up; writing the parts is not in them. A peer that has taken -give-up times as long as tenor
// is stopped there: its ratio is then a lower bound, marked so, and its failures are held against tenor's on the resources
// that it got through.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"iter"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"tenor/bench/process"
	"tenor/internal/memory"
)

type settings struct {
	role          string
	resources     int
	first         int
	rounds        int
	giveUp        float64
	dir           string
	conftest, opa string
	snapshot      string
	cpuprofile    string
}

func main() {
	var s settings
	flag.StringVar(&s.role, "role", "", "what this process is: tenor, floor, floor-jsonv2; empty: the one that starts them")
	flag.IntVar(&s.resources, "resources", 130_000, "resources in the snapshot")
	flag.IntVar(&s.first, "first", 0, "how many of the snapshot's resources this process evaluates; 0: all")
	flag.IntVar(&s.rounds, "rounds", 3, "how often each side runs")
	flag.Float64Var(&s.giveUp, "give-up", 30, "stop a peer once it has taken this many times as long as tenor; 0: never")
	flag.StringVar(&s.dir, "dir", "", "where the files go; empty: a temporary directory")
	flag.StringVar(&s.conftest, "conftest", "conftest", "conftest's binary; empty: leave it out")
	flag.StringVar(&s.opa, "opa", "opa", "OPA's binary; empty: leave it out")
	flag.StringVar(&s.snapshot, "snapshot", "", "the snapshot that this process evaluates")
	flag.StringVar(&s.cpuprofile, "cpuprofile", "", "write tenor's CPU profile to this file")
	flag.Parse()
	process.Main(func(ctx context.Context, temp string) error { return run(ctx, s, temp) })
}

func run(ctx context.Context, s settings, temp string) error {
	memory.KeepSmall() // as tenor does
	switch s.role {
	case "tenor":
		return tenor(ctx, s, temp)
	case "floor", "floor-jsonv2":
		return floor(ctx, s)
	case "":
		s.dir = cmp.Or(s.dir, temp)
		return compare(ctx, s)
	}
	return fmt.Errorf("there is no role %q", s.role)
}

// side is one way to evaluate the resources.
type side struct {
	name      string
	command   []string
	parts     iter.Seq2[int, error]            // of the input, ready for a process once it is yielded: the number of its resources
	count     func(stdout []byte) (int, error) // of failures; nil where none are looked for
	runs      []process.Usage
	evaluated int // resources, in the last round
	found     int // failures, in the last round
}

func compare(ctx context.Context, s settings) error {
	snapshot := filepath.Join(s.dir, fmt.Sprint("snapshot-", s.resources))
	if err := generate(snapshot, s.resources); err != nil {
		return err
	}
	own := func(role string, first int) *side {
		return &side{
			name:    role,
			command: []string{os.Args[0], "-role", role, "-snapshot", snapshot, "-first", fmt.Sprint(first), "-cpuprofile", s.cpuprofile},
			parts:   func(yield func(int, error) bool) { yield(first, nil) },
		}
	}
	tenor := func(first int) *side {
		of := own("tenor", first)
		of.count = func(out []byte) (int, error) { return strconv.Atoi(strings.TrimSpace(string(out))) }
		return of
	}
	ours := tenor(s.resources)
	peers, err := peerSides(s, snapshot)
	if err != nil {
		return err
	}
	sides := append([]*side{ours, own("floor", s.resources), own("floor-jsonv2", s.resources)}, peers...)
	for range s.rounds {
		for _, side := range sides {
			limit := time.Duration(math.MaxInt64)
			if slices.Contains(peers, side) && s.giveUp > 0 {
				limit = time.Duration(s.giveUp * float64(ours.runs[len(ours.runs)-1].Wall))
			}
			if err := side.run(ctx, limit); err != nil {
				return err
			}
		}
	}
	table(s.resources, sides)
	for _, side := range peers {
		if side.evaluated == 0 {
			continue
		}
		same := ours
		if side.evaluated < s.resources {
			same = tenor(side.evaluated)
			if err := same.run(ctx, math.MaxInt64); err != nil {
				return err
			}
		}
		if side.found != same.found {
			return fmt.Errorf("of %d resources %s finds %d failures, tenor %d", side.evaluated, side.name, side.found, same.found)
		}
	}
	return nil
}

// run has the side evaluate its parts until the time is up, and adds a round to what it took.
func (s *side) run(ctx context.Context, limit time.Duration) error {
	fmt.Fprintln(os.Stderr, "…", s.name)
	var total process.Usage
	s.evaluated, s.found = 0, 0
	for n, err := range s.parts {
		if err != nil {
			return err
		}
		out, u, err := s.process(ctx, limit-total.Wall)
		total = process.Usage{Wall: total.Wall + u.Wall, CPU: total.CPU + u.CPU, MiB: max(total.MiB, u.MiB)}
		if errors.Is(err, context.DeadlineExceeded) {
			break
		}
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		if s.evaluated += n; s.count == nil {
			continue
		}
		found, err := s.count(out)
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		s.found += found
	}
	s.runs = append(s.runs, total)
	return nil
}

// process runs the command once; where it is stopped for its time, the error is the deadline's.
func (s *side) process(ctx context.Context, limit time.Duration) ([]byte, process.Usage, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	out, u, err := process.Run(exec.CommandContext(ctx, s.command[0], s.command[1:]...))
	switch exit, _ := errors.AsType[*exec.ExitError](err); {
	case exit != nil && exit.ExitCode() == 1: // conftest's where it finds failures
		err = nil
	case err != nil && ctx.Err() != nil:
		err = ctx.Err()
	}
	return out, u, err
}

func table(resources int, sides []*side) {
	ours := process.Median(sides[0].runs)
	fmt.Printf("%-14s %10s %10s %8s %10s %12s %10s %12s %12s\n", fmt.Sprint(resources),
		"wall s", "CPU s", "MiB", "evaluated", "resources/s", "failures", "wall ÷ ours", "CPU ÷ ours")
	for _, s := range sides {
		u, bound := process.Median(s.runs), ""
		if s.evaluated < resources {
			bound = "≥ "
		}
		fmt.Printf("%-14s %10.2f %10.2f %8.0f %10d %12.0f %10d %12s %12s\n",
			s.name, u.Wall.Seconds(), u.CPU.Seconds(), u.MiB, s.evaluated, float64(s.evaluated)/u.Wall.Seconds(), s.found,
			fmt.Sprintf("%s%.2f", bound, float64(u.Wall)/float64(ours.Wall)), fmt.Sprintf("%s%.2f", bound, float64(u.CPU)/float64(ours.CPU)))
	}
	for _, s := range sides[1:] {
		at := ""
		if s.evaluated < resources {
			at = ", which was stopped: at least"
		}
		process.Ratio(fmt.Sprintf("%d resources, wall time, %s ÷ tenor%s", resources, s.name, at),
			float64(process.Median(s.runs).Wall)/float64(ours.Wall))
	}
}
