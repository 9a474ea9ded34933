// Command lambda measures the function: the program that AWS Lambda would run, under Lambda's Runtime API, reads a simulated
// organization and delivers to a simulated bucket:
//
//	go run ./bench/lambda [-products 100000] [-memory 512] [-latency 20ms] [-formats json,xlsx]
//
// It prints the time from the event to the answer, the peak memory of the process and the most that stood in /tmp.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"tenor/bench/estate"
	"tenor/bench/process"
	"tenor/internal/awssim"
	"tenor/internal/lambdasim"
	"tenor/internal/s3sim"
)

type settings struct {
	products, memory int
	latency          time.Duration
	formats          string
}

func main() {
	var s settings
	flag.IntVar(&s.products, "products", 100_000, "provisioned products in the estate")
	flag.IntVar(&s.memory, "memory", 512, "megabytes that the function is configured with")
	flag.DurationVar(&s.latency, "latency", 20*time.Millisecond, "of every call")
	flag.StringVar(&s.formats, "formats", "json,xlsx", "what is delivered")
	flag.Parse()
	process.Main(func(ctx context.Context, temp string) error { return run(ctx, s, temp) })
}

func run(ctx context.Context, s settings, dir string) (err error) {
	program, temp := filepath.Join(dir, "bootstrap"), filepath.Join(dir, "tmp")
	if err := os.Mkdir(temp, 0o700); err != nil {
		return err
	}
	if err := process.Build(ctx, program, "./cmd/tenor-lambda", "-tags", "lambda.norpc", "-trimpath", "-ldflags", "-s -w"); err != nil {
		return err
	}
	e, err := awssim.LoadEstate(strings.NewReader(estate.JSON(s.products)), time.Now())
	if err != nil {
		return err
	}
	aws, err := awssim.Start(awssim.Options{Estate: e, Latency: s.latency})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, aws.Close()) }()
	s3 := s3sim.Start(s3sim.Options{Buckets: []s3sim.Bucket{{Name: "reports", Region: estate.Regions[0], Owner: estate.Management}}})
	defer s3.Close()

	var log bytes.Buffer
	command := exec.CommandContext(ctx, program)
	command.Stderr = &log
	command.Env = []string{
		"TMPDIR=" + temp, "AWS_REGION=" + estate.Regions[0], fmt.Sprint("AWS_LAMBDA_FUNCTION_MEMORY_SIZE=", s.memory),
		"AWS_ENDPOINT_URL=" + aws.URL(), "AWS_ENDPOINT_URL_S3=" + s3.URL(), "AWS_ACCESS_KEY_ID=" + awssim.AccessKey(estate.Management),
		"AWS_SECRET_ACCESS_KEY=simulated", "TENOR_OUTPUT_S3=s3://reports/audit",
	}
	function, err := lambdasim.Start(command)
	if err != nil {
		return err
	}
	event, err := json.Marshal(map[string]any{
		"regions": estate.Regions, "organization": map[string]any{"role_name": estate.RoleName,
			"exclude_accounts": []string{estate.Management}}, "rate": 1000,
		"output": map[string]any{"bucket_owner": estate.Management, "formats": strings.Split(s.formats, ",")},
	})
	if err != nil {
		return err
	}
	most := watch(temp)
	start := time.Now()
	answer, err := function.Invoke(ctx, event, 15*time.Minute) // the longest that Lambda allows
	took := time.Since(start)
	disk := most()
	if err := errors.Join(err, function.Close()); err != nil {
		return fmt.Errorf("%w\n%s", err, &log)
	}
	var notice struct {
		Status string
		Gaps   int
	}
	if err := json.Unmarshal(answer, &notice); err != nil {
		return err
	}
	if notice.Status != "findings" || notice.Gaps > 0 {
		return fmt.Errorf("want findings and no gaps: %s", answer)
	}
	fmt.Printf("%d products, %d Outposts, %d accounts × %d regions, every call %s; %s delivered\n\n",
		s.products, estate.Outposts, estate.Accounts, len(estate.Regions), s.latency, s.formats)
	fmt.Printf("event to answer  %8.1f s\npeak memory      %8.1f MiB of %d\n/tmp             %8.1f MiB at the most\n",
		took.Seconds(), process.Of(command, took).MiB, s.memory, float64(disk)/(1<<20))
	return nil
}

// watch begins to measure what stands in dir; the function that it returns ends that, and returns the most there was, in
// bytes.
func watch(dir string) (stop func() int64) {
	done, most := make(chan struct{}), make(chan int64)
	go func() {
		largest := int64(0)
		for tick := time.NewTicker(10 * time.Millisecond); ; {
			select {
			case <-tick.C:
				largest = max(largest, sizeOf(dir))
			case <-done:
				tick.Stop()
				most <- largest
				return
			}
		}
	}()
	return func() int64 {
		close(done)
		return <-most
	}
}

// sizeOf returns what the files in dir hold; those that go away meanwhile hold nothing.
func sizeOf(dir string) (n int64) {
	_ = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil //nolint:nilerr // see above
		}
		if info, err := d.Info(); err == nil {
			n += info.Size()
		}
		return nil
	})
	return n
}
