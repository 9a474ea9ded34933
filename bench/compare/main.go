// Command compare holds the job as it is here against that of another revision, on the same snapshot, in turns:
//
//	go run ./bench/compare -old REVISION [-size 20000:400] [-rounds 5]
//
// Each pair of runs gives a ratio of CPU, wall time and peak memory, new ÷ old; the median is printed, and the least and the most. Below 1
// the new one takes less. A snapshot that the old revision cannot read ends the comparison.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"tenor/bench/estate"
	"tenor/bench/process"
)

func main() {
	old := flag.String("old", "", "the revision to compare with")
	size := flag.String("size", "20000:400", "products:Outposts of the estate")
	rounds := flag.Int("rounds", 5, "how often each runs")
	flag.Parse()
	process.Main(func(ctx context.Context, temp string) error {
		sizes, err := estate.ReadSizes(*size)
		if err == nil && (*old == "" || *rounds < 1) {
			err = errors.New("want -old REVISION, and at least one round")
		}
		if err != nil {
			return err
		}
		return compare(ctx, temp, *old, sizes[0], *rounds)
	})
}

func compare(ctx context.Context, temp, old string, size estate.Size, rounds int) (err error) {
	tree := filepath.Join(temp, "old")
	if _, err := git(ctx, "worktree", "add", "--quiet", "--detach", tree, old); err != nil {
		return err
	}
	defer func() {
		_, rerr := git(context.WithoutCancel(ctx), "worktree", "remove", "--force", tree)
		err = errors.Join(err, rerr)
	}()
	snap := filepath.Join(temp, size.Name())
	if err := estate.WriteSnapshot(snap, size); err != nil {
		return err
	}
	var sides [2]*process.Side
	for i, dir := range [...]string{tree, "."} {
		name := [...]string{"old", "new"}[i]
		program := filepath.Join(temp, "tenor-"+name)
		build := exec.CommandContext(ctx, "go", "build", "-o", program, "./cmd/tenor")
		build.Dir = dir
		if _, _, err := process.Run(build); err != nil {
			return fmt.Errorf("build the %s one: %w", name, err)
		}
		sides[i] = &process.Side{Name: name, Command: []string{program, "evaluate", snap, "--out", filepath.Join(temp, "out-"+name),
			"--format", "json,xlsx", "--quiet"}}
	}
	if err := process.Turns(ctx, rounds, sides[:]...); err != nil {
		return err
	}
	is, err := git(ctx, "log", "-1", "--format=%h %s", old)
	if err != nil {
		return err
	}
	fmt.Printf("old: %s\n%s products:Outposts, %d rounds in turns\n\n", is, size, rounds)
	fmt.Printf("| | old | new | new ÷ old | least | most |\n|---|---|---|---|---|---|\n")
	for _, m := range [...]struct {
		what string
		of   func(process.Usage) float64
	}{
		{"CPU s", func(u process.Usage) float64 { return u.CPU.Seconds() }},
		{"wall s", func(u process.Usage) float64 { return u.Wall.Seconds() }},
		{"peak MiB", func(u process.Usage) float64 { return u.MiB }},
	} {
		var olds, news, ratios []float64
		for i := range sides[0].Runs {
			o, n := m.of(sides[0].Runs[i]), m.of(sides[1].Runs[i])
			olds, news, ratios = append(olds, o), append(news, n), append(ratios, n/o)
		}
		fmt.Printf("| %s | %.2f | %.2f | %.2f | %.2f | %.2f |\n", m.what, median(olds), median(news), median(ratios), slices.Min(ratios),
			slices.Max(ratios))
	}
	return nil
}

// median is that of numbers of which there is one at least; of an even number of them the upper of the two in the middle.
func median[N cmp.Ordered](list []N) N {
	sorted := slices.Sorted(slices.Values(list))
	return sorted[len(sorted)/2]
}

func git(ctx context.Context, args ...string) (string, error) {
	out, _, err := process.Run(exec.CommandContext(ctx, "git", args...))
	if err != nil {
		return "", fmt.Errorf("git %s: %w", args[0], err)
	}
	return strings.TrimSpace(string(out)), nil
}
