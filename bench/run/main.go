// Command run measures the whole job from a snapshot to its outputs, `tenor evaluate`, at estates of several sizes:
//
//	go run ./bench/run [-sizes 20000:400,200000:4000,…] [-rounds 1] [-dir DIR]
//
// A size is provisioned products and Outposts; each Outpost has an order beside it, four in five a quote, one in five a capacity
// task. One in twenty of all is bad. 1000:20+10000x26 has beside them 10,000 accounts with 26 regions each, in which there is nothing but
// six rows of the ledger. report.json and the workbook are written. The floor reads the same snapshot and decodes each
// document of it with encoding/json/v2, on one core, and does nothing with them. The facts are none of the snapshot: the job computes
// them. Each runs in a process of its own, in turns; so does what writes the snapshot, as a collection does.
package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"tenor/bench/estate"
	"tenor/bench/process"
)

type settings struct {
	sizes  string
	rounds int
	dir    string
	floor  string
	write  string
}

func main() {
	var s settings
	flag.StringVar(&s.sizes, "sizes", "10000:20000,100000:20000,1000000:20000,1000000:100000,20000:400,200000:4000,1000:20,1000:20+10000x26",
		"products:Outposts of each estate")
	flag.IntVar(&s.rounds, "rounds", 1, "how often each side runs")
	flag.StringVar(&s.dir, "dir", "", "where the snapshots go; empty: a temporary directory")
	flag.StringVar(&s.floor, "floor", "", "the snapshot that this process reads as the floor; empty: it is the one that starts them")
	flag.StringVar(&s.write, "write", "", "the snapshot of the first size that this process writes; empty: it is the one that starts them")
	flag.Parse()
	process.Main(func(ctx context.Context, temp string) error {
		if s.floor != "" {
			return floor(s.floor)
		}
		if s.write != "" {
			return write(s.write, s.sizes)
		}
		return run(ctx, s, temp)
	})
}

func run(ctx context.Context, s settings, temp string) error {
	sizes, err := estate.ReadSizes(s.sizes)
	if err != nil {
		return err
	}
	program, out := filepath.Join(temp, "tenor"), filepath.Join(temp, "out")
	if err := process.Build(ctx, program, "./cmd/tenor"); err != nil {
		return err
	}
	fmt.Println("| products:Outposts | wall s | CPU s | MiB | floor CPU s | floor MiB | CPU ÷ floor | to write it MiB |")
	fmt.Println("|---|---|---|---|---|---|---|---|")
	var first float64 // peak memory at the first size
	var ratios []func()
	for _, size := range sizes {
		snap := filepath.Join(cmp.Or(s.dir, temp), size.Name())
		_, written, err := process.Run(exec.CommandContext(ctx, os.Args[0], "-write", snap, "-sizes", size.String()))
		if err != nil {
			return fmt.Errorf("write the snapshot of %s: %w", size, err)
		}
		ours := &process.Side{Name: "tenor", Command: []string{program, "evaluate", snap, "--out", out, "--format", "json,xlsx", "--quiet"}}
		floor := process.Self("floor", "-floor", snap)
		if err := os.RemoveAll(out); err != nil { // the report of another estate is no memory of this one
			return err
		}
		if err := process.Turns(ctx, s.rounds, ours, floor); err != nil {
			return err
		}
		u, f := process.Median(ours.Runs), process.Median(floor.Runs)
		fmt.Printf("| %s | %.1f | %.1f | %.0f | %.1f | %.0f | %.1f | %.0f |\n", size, u.Wall.Seconds(), u.CPU.Seconds(), u.MiB,
			f.CPU.Seconds(), f.MiB, float64(u.CPU)/float64(max(f.CPU, time.Millisecond)), written.MiB)
		ratios = append(ratios, func() {
			process.Ratio(fmt.Sprintf("%s, CPU, tenor ÷ floor", size), float64(u.CPU)/float64(max(f.CPU, time.Millisecond)))
			if size != sizes[0] {
				process.Ratio(fmt.Sprintf("peak memory, %s ÷ %s", size, sizes[0]), u.MiB/first)
			}
		})
		first = cmp.Or(first, u.MiB)
	}
	for _, print := range ratios { // after the table
		print()
	}
	return nil
}
