// Command shards measures a run that is cut into shards, on one machine:
//
//	go run ./bench/shards [-products 20000] [-shards 1,2,4,8]
//
// The estate is that of bench/collector, from a simulated AWS that answers in 20 ms and allows any number of calls. Plan, each shard and
// the merge are processes of their own, one after the other, as machines would run them beside each other: what one shard takes is what
// one machine takes, and a run on machines of their own takes the plan, the slowest shard and the merge.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"tenor/bench/estate"
	"tenor/bench/process"
	"tenor/internal/awssim"
)

type settings struct {
	products int
	shards   string
	simulate bool
}

func main() {
	var s settings
	flag.IntVar(&s.products, "products", 20_000, "provisioned products in the estate")
	flag.StringVar(&s.shards, "shards", "1,2,4,8", "numbers of shards")
	flag.BoolVar(&s.simulate, "simulate", false, "be the simulated AWS, and say where on standard output")
	flag.Parse()
	process.Main(func(ctx context.Context, temp string) error {
		if s.simulate {
			return simulate(ctx, s.products)
		}
		return run(ctx, s, temp)
	})
}

// simulate serves the estate until it is told to end.
func simulate(ctx context.Context, products int) error {
	e, err := awssim.LoadEstate(strings.NewReader(estate.JSON(products)), time.Now())
	if err != nil {
		return err
	}
	return estate.Serve(ctx, os.Stdout, awssim.Options{Estate: e, Latency: 20 * time.Millisecond})
}

// config is that of every step.
const config = `organization: {role_name: %s, exclude_accounts: ["%s"]}
regions: [%s]
rate: 1000
output: {formats: [json, xlsx]}
`

func run(ctx context.Context, s settings, temp string) (err error) {
	program, file := filepath.Join(temp, "tenor"), filepath.Join(temp, "config.yaml")
	if err := process.Build(ctx, program, "./cmd/tenor"); err != nil {
		return err
	}
	text := fmt.Sprintf(config, estate.RoleName, estate.Management, strings.Join(estate.Regions, ", "))
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		return err
	}
	aws := exec.CommandContext(ctx, os.Args[0], "-simulate", "-products", strconv.Itoa(s.products))
	aws.Cancel = func() error { return aws.Process.Signal(os.Interrupt) }
	out, err := aws.StdoutPipe()
	if err != nil {
		return err
	}
	if err := aws.Start(); err != nil {
		return err
	}
	defer func() {
		_ = aws.Process.Signal(os.Interrupt)
		err = errors.Join(err, aws.Wait())
	}()
	var url string
	if _, err := fmt.Fscanln(out, &url); err != nil {
		return fmt.Errorf("the simulated AWS did not start: %w", err)
	}
	m := measured{program: program, config: file, env: append(os.Environ(), "AWS_ENDPOINT_URL="+url, "AWS_REGION="+estate.Regions[0],
		"AWS_ACCESS_KEY_ID="+awssim.AccessKey(estate.Management), "AWS_SECRET_ACCESS_KEY=simulated")}
	fmt.Println("| shards | plan wall s | slowest shard wall s | all shards CPU s | most of a shard MiB | merge wall s | CPU s | MiB |")
	fmt.Println("|---|---|---|---|---|---|---|---|")
	for text := range strings.SplitSeq(s.shards, ",") {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return fmt.Errorf("shards %q: want a number above 0", text)
		}
		if err := m.shards(ctx, n, filepath.Join(temp, text)); err != nil {
			return err
		}
	}
	return nil
}

// measured runs the steps of a run.
type measured struct {
	program, config string
	env             []string
}

func (m measured) step(ctx context.Context, args ...string) (process.Usage, error) {
	cmd := exec.CommandContext(ctx, m.program, append(args, "--config", m.config)...)
	cmd.Env = m.env
	_, u, err := process.Run(cmd)
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.ExitCode() == 1 { // there are findings
		err = nil
	}
	if err != nil {
		return u, fmt.Errorf("tenor %s: %w", args[0], err)
	}
	return u, nil
}

// shards measures a run of n shards in a folder.
func (m measured) shards(ctx context.Context, n int, dir string) error {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	file := filepath.Join(dir, "shards.json")
	plan, err := m.step(ctx, "plan", "--shards", strconv.Itoa(n), "--out", file)
	if err != nil {
		return err
	}
	var all process.Usage // the slowest and largest, and the CPU of all together
	merge := []string{"merge", "--out", filepath.Join(dir, "merged")}
	for i := range n {
		part := filepath.Join(dir, fmt.Sprint("part-", i))
		u, err := m.step(ctx, "run", "--shard", fmt.Sprint(file, "#", i), "--out", part, "--quiet")
		if err != nil {
			return err
		}
		all.Wall, all.MiB, all.CPU = max(all.Wall, u.Wall), max(all.MiB, u.MiB), all.CPU+u.CPU
		merge = append(merge, part)
	}
	merged, err := m.step(ctx, append(merge, "--quiet")...)
	if err != nil {
		return err
	}
	fmt.Printf("| %d | %.1f | %.1f | %.1f | %.0f | %.1f | %.1f | %.0f |\n", n, plan.Wall.Seconds(), all.Wall.Seconds(), all.CPU.Seconds(),
		all.MiB, merged.Wall.Seconds(), merged.CPU.Seconds(), merged.MiB)
	return os.RemoveAll(dir)
}
