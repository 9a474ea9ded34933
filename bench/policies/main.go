// Command policies measures the engine: how long it takes to judge a snapshot by every rule of the pack, against conftest
// and `opa eval` on the same documents and rules, and against the floor, which is decoding the same files and the same
// rules written by hand in Go:
//
//	go run ./bench/policies [-resources 130000] [-peers 13000] [-rounds 3] [-dir DIR] [-conftest PATH] [-opa PATH]
//
// Ten in thirteen of the resources are provisioned products, the others Outposts, orders, quotes and capacity tasks; one
// in twenty is bad. Each side runs in a process of its own, in turns; the medians count. All must find the same failures,
// or the comparison fails. The peers read one file with all documents in an array, and since they hold it in memory and
// take their time over it, only the first -peers resources, on which tenor runs as well.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

type settings struct {
	role          string
	resources     int
	peers         int
	rounds        int
	dir           string
	conftest, opa string
	snapshot      string
	cpuprofile    string
}

func main() {
	var s settings
	flag.StringVar(&s.role, "role", "", "what this process is: tenor, floor, floor-jsonv2; empty: the one that starts them")
	flag.IntVar(&s.resources, "resources", 130_000, "resources in the snapshot")
	flag.IntVar(&s.peers, "peers", 13_000, "resources that the peers are given; 0: no peers")
	flag.IntVar(&s.rounds, "rounds", 3, "how often each side runs")
	flag.StringVar(&s.dir, "dir", "", "where the files go; empty: a temporary directory")
	flag.StringVar(&s.conftest, "conftest", "conftest", "conftest's binary; empty: leave it out")
	flag.StringVar(&s.opa, "opa", "opa", "OPA's binary; empty: leave it out")
	flag.StringVar(&s.snapshot, "snapshot", "", "the snapshot that this process judges")
	flag.StringVar(&s.cpuprofile, "cpuprofile", "", "write tenor's CPU profile to this file")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, s); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, s settings) error {
	switch s.role {
	case "tenor":
		return tenor(ctx, s)
	case "floor", "floor-jsonv2":
		return floor(ctx, s)
	case "":
		return compare(ctx, s)
	}
	return fmt.Errorf("there is no role %q", s.role)
}

// side is one way to judge the resources.
type side struct {
	name      string
	resources int
	command   []string
	count     func(stdout []byte) (int, error) // of failures
	wall, cpu []time.Duration
	memory    int64 // KiB, the most of any round
	found     int
}

func compare(ctx context.Context, s settings) (err error) {
	if s.dir == "" {
		if s.dir, err = os.MkdirTemp("", "tenor-bench-"); err != nil {
			return err
		}
		defer func() {
			if e := os.RemoveAll(s.dir); err == nil {
				err = e
			}
		}()
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	all := filepath.Join(s.dir, fmt.Sprint("snapshot-", s.resources))
	if err := generate(all, s.resources); err != nil {
		return err
	}
	own := func(role, snapshot string, n int) *side {
		return &side{name: fmt.Sprintf("%s, %d", role, n), resources: n, command: []string{self, "-role", role, "-snapshot", snapshot, "-cpuprofile", s.cpuprofile}, count: plainCount}
	}
	sides := []*side{own("tenor", all, s.resources), own("floor", all, s.resources), own("floor-jsonv2", all, s.resources)}
	var peers []*side
	if s.peers > 0 {
		some := filepath.Join(s.dir, fmt.Sprint("snapshot-", s.peers))
		if err := generate(some, s.peers); err != nil {
			return err
		}
		work := filepath.Join(s.dir, fmt.Sprint("export-", s.peers))
		if err := export(some, work); err != nil {
			return err
		}
		peers = append([]*side{own("tenor", some, s.peers)}, peerSides(s, work)...)
	}
	for range s.rounds {
		for _, side := range append(slices.Clone(sides), peers...) {
			if err := side.run(ctx); err != nil {
				return err
			}
		}
	}
	table(sides)
	if len(peers) > 0 {
		table(peers)
	}
	return agree(sides, peers)
}

func (s *side) run(ctx context.Context) error {
	fmt.Fprintln(os.Stderr, "…", s.name)
	cmd := exec.CommandContext(ctx, s.command[0], s.command[1:]...)
	cmd.Stderr = os.Stderr
	start := time.Now()
	out, err := cmd.Output()
	if code := cmd.ProcessState.ExitCode(); err != nil && code != 1 { // conftest exits with 1 where it finds failures
		return fmt.Errorf("%s: %w", s.name, err)
	}
	s.wall = append(s.wall, time.Since(start))
	s.cpu = append(s.cpu, cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime())
	if u, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		s.memory = max(s.memory, u.Maxrss)
	}
	if s.found, err = s.count(out); err != nil {
		return fmt.Errorf("%s: %w", s.name, err)
	}
	return nil
}

func plainCount(out []byte) (int, error) { return strconv.Atoi(strings.TrimSpace(string(out))) }

func table(sides []*side) {
	first := sides[0]
	fmt.Printf("%-24s %9s %9s %8s %12s %9s %12s %12s\n", "", "wall s", "CPU s", "MiB", "resources/s", "failures", "wall ÷ ours", "CPU ÷ ours")
	for _, s := range sides {
		wall, cpu := median(s.wall).Seconds(), median(s.cpu).Seconds()
		fmt.Printf("%-24s %9.2f %9.2f %8.0f %12.0f %9d %12.2f %12.2f\n", s.name, wall, cpu, float64(s.memory)/1024, float64(s.resources)/wall, s.found,
			wall/median(first.wall).Seconds(), cpu/median(first.cpu).Seconds())
	}
	fmt.Println()
}

func median(ds []time.Duration) time.Duration {
	ds = slices.Sorted(slices.Values(ds))
	return ds[len(ds)/2]
}

// agree fails unless all sides of a table found the same number of failures.
func agree(tables ...[]*side) error {
	for _, sides := range tables {
		for _, s := range sides {
			if s.found != sides[0].found {
				return fmt.Errorf("%s finds %d failures, %s %d", s.name, s.found, sides[0].name, sides[0].found)
			}
		}
	}
	return nil
}
