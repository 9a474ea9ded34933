// Command collector measures how fast and how small the collector is, against a floor that is measured beside it:
//
//	go run ./bench/collector [-products 100000] [-quota 10] [-latency 20ms] [-runs 3] [-adaptive]
//
// A simulated AWS in a process of its own answers every call after the latency and throttles each account × region × API
// by a token bucket. The floor is the larger of two times: the calls of the slowest account × region × API ÷ its quota,
// and the same calls by bare SDK clients, pages thrown away, against a simulated AWS without quotas. The collector runs in
// a process of its own too, whose peak memory is printed; a second run at ten times the products shows how it grows. With
// -adaptive the bare clients are also measured with those quotas and the SDK's own adaptive retries.
package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"tenor/bench/estate"
	"tenor/bench/process"
	"tenor/internal/awssim"
)

func main() {
	s := settings{}
	flag.StringVar(&s.role, "role", "", "what this process is: sim, sdk, adaptive, collector; empty: the one that starts them")
	flag.IntVar(&s.products, "products", 100_000, "provisioned products in the estate")
	flag.Float64Var(&s.quota, "quota", 10, "calls a second that each account × region × API allows, and as many at once; 0: any")
	flag.DurationVar(&s.latency, "latency", 20*time.Millisecond, "of every call")
	flag.IntVar(&s.concurrency, "concurrency", 32, "calls in flight")
	flag.IntVar(&s.runs, "runs", 3, "how often each side runs, in turns; the medians count")
	flag.IntVar(&s.times, "times", 10, "the second run's products are so many times the first's; 0: no second run")
	flag.BoolVar(&s.adaptive, "adaptive", false, "measure bare SDK clients with the SDK's adaptive retries too")
	flag.StringVar(&s.endpoint, "endpoint", "", "where the simulated AWS is")
	flag.StringVar(&s.profile, "cpuprofile", "", "write the collector's CPU profile to this file")
	flag.Parse()
	process.Main(func(ctx context.Context, temp string) error {
		switch s.role {
		case "sim":
			return simulate(ctx, s)
		case "sdk", "adaptive":
			return report(bareSDK(ctx, s))
		case "collector":
			return report(collect(ctx, s, temp))
		}
		return compare(ctx, s)
	})
}

// settings are the flags, which a child process is given again.
type settings struct {
	role, endpoint, profile     string
	products, runs, concurrency int
	adaptive                    bool
	times                       int
	quota                       float64
	latency                     time.Duration
}

// result is what a child process measured.
type result struct {
	Seconds   float64
	Calls     int
	Throttles int
	Slowest   int // calls of the busiest account × region × API
	Gaps      int
	MiB       float64 // peak memory, filled in by the parent
	CPU       float64 // seconds, filled in by the parent
}

func report(r result, err error) error {
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(r)
}

// compare runs both sides in turns and prints what came out.
func compare(ctx context.Context, s settings) error {
	small, err := measure(ctx, s, s.runs)
	if err != nil {
		return err
	}
	fmt.Printf("%d Outposts, %d accounts × %d regions; quota %g/s, latency %s, %d in flight\n\n",
		estate.Outposts, estate.Accounts, len(estate.Regions), s.quota, s.latency, s.concurrency)
	small.print()
	if s.times == 0 {
		return nil
	}
	large := s
	large.products *= s.times
	grown, err := measure(ctx, large, 1)
	if err != nil {
		return err
	}
	grown.print()
	fmt.Printf("memory at %d times the products: %+.0f%% (at most +10%%)\n", s.times, 100*(grown.collector.MiB/small.collector.MiB-1))
	return nil
}

func (m measured) print() {
	fmt.Printf("products          %10d\n", m.products)
	fmt.Printf("floor: quota      %10.2f s   %d calls of the busiest API\n", m.quotaFloor, m.collector.Slowest)
	fmt.Printf("floor: bare SDK   %10.2f s   %.2f s CPU, %.0f MiB, %d calls\n", m.sdk.Seconds, m.sdk.CPU, m.sdk.MiB, m.sdk.Calls)
	fmt.Printf("collector         %10.2f s   %.2f s CPU, %d calls, %d throttles, %d gaps\n",
		m.collector.Seconds, m.collector.CPU, m.collector.Calls, m.collector.Throttles, m.collector.Gaps)
	fmt.Printf("ratio             %10.2f     (at most 1.1)\n", m.collector.Seconds/max(m.quotaFloor, m.sdk.Seconds))
	fmt.Printf("peak memory       %10.1f MiB (at most 96)\n\n", m.collector.MiB)
	if a := m.adaptive; a.Calls > 0 {
		fmt.Printf("adaptive retries  %10.2f s   %.2f s CPU, %.0f MiB, %d calls, %d throttles\n\n", a.Seconds, a.CPU, a.MiB, a.Calls, a.Throttles)
	}
	process.Ratio(fmt.Sprintf("%d products, time, tenor ÷ floor", m.products), m.collector.Seconds/max(m.quotaFloor, m.sdk.Seconds))
	process.Ratio(fmt.Sprintf("%d products, CPU, tenor ÷ bare SDK", m.products), m.collector.CPU/m.sdk.CPU)
}

type measured struct {
	products                 int
	sdk, collector, adaptive result
	quotaFloor               float64
}

func measure(ctx context.Context, s settings, runs int) (measured, error) {
	m := measured{products: s.products}
	results, roles := map[string][]result{}, []string{"sdk", "collector"}
	if s.adaptive {
		roles = append(roles, "adaptive")
	}
	for range runs {
		for _, role := range roles {
			r, err := side(ctx, s, role)
			if err != nil {
				return m, fmt.Errorf("%s: %w", role, err)
			}
			results[role] = append(results[role], r)
		}
	}
	m.sdk, m.collector = median(results["sdk"]), median(results["collector"])
	if s.adaptive {
		m.adaptive = median(results["adaptive"])
	}
	if s.quota > 0 {
		m.quotaFloor = float64(m.collector.Slowest) / s.quota
	}
	return m, nil
}

// median returns the run of median time, with the largest memory of all.
func median(rs []result) result {
	slices.SortFunc(rs, func(a, b result) int { return cmp.Compare(a.Seconds, b.Seconds) })
	m := rs[len(rs)/2]
	for _, r := range rs {
		m.MiB = max(m.MiB, r.MiB)
	}
	return m
}

// side runs one side against a fresh simulated AWS. The bare SDK has no quotas to keep.
func side(ctx context.Context, s settings, role string) (result, error) {
	sim := s
	sim.role = "sim"
	if role == "sdk" {
		sim.quota = 0
	}
	server := child(ctx, sim)
	server.Cancel = func() error { return server.Process.Signal(os.Interrupt) }
	out, err := server.StdoutPipe()
	if err != nil {
		return result{}, err
	}
	if err := server.Start(); err != nil {
		return result{}, err
	}
	defer func() {
		_ = server.Process.Signal(os.Interrupt) // it only serves; how it ends is of no interest
		_ = server.Wait()
	}()
	url, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return result{}, fmt.Errorf("the simulated AWS did not start: %w", err)
	}
	s.role, s.endpoint = role, strings.TrimSpace(url)
	answer, used, err := process.Run(child(ctx, s))
	if err != nil {
		return result{}, err
	}
	var r result
	if err := json.Unmarshal(answer, &r); err != nil {
		return result{}, err
	}
	r.MiB, r.CPU = used.MiB, used.CPU.Seconds()
	return r, nil
}

// child is this program in another role.
func child(ctx context.Context, s settings) *exec.Cmd {
	cmd := exec.CommandContext(ctx, os.Args[0], "-role", s.role, "-products", fmt.Sprint(s.products), "-quota", fmt.Sprint(s.quota),
		"-latency", s.latency.String(), "-concurrency", fmt.Sprint(s.concurrency), "-endpoint", s.endpoint, "-cpuprofile", s.profile)
	cmd.Stderr = os.Stderr
	return cmd
}

func simulate(ctx context.Context, s settings) error {
	e, err := awssim.LoadEstate(strings.NewReader(estate.JSON(s.products)), time.Now())
	if err != nil {
		return err
	}
	o := awssim.Options{Estate: e, Latency: s.latency}
	if s.quota > 0 {
		o.Quota = map[string]awssim.Quota{"*": {Rate: s.quota, Burst: max(1, int(s.quota))}, "AssumeRole": {Rate: 1000, Burst: 1000}}
	}
	return estate.Serve(ctx, os.Stdout, o)
}
