package main

import (
	"bufio"
	"context"
	"io"
	"regexp"
	"testing"

	"tenor/job"
)

// A profile with a role_arn asks STS by itself: the variables that are printed must point that at the simulated AWS too. Python's SDK, and
// with it the first version of the AWS CLI, knows the region by another name.
func TestSimulateIsolatesSTS(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	r, w := io.Pipe()
	ended := make(chan job.Exit, 1)
	go func() { ended <- run(ctx, []string{"simulate"}, w, io.Discard) }()
	in := bufio.NewReader(r)
	line, err := in.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`^export AWS_ENDPOINT_URL=(http://127\.0\.0\.1:\d+) AWS_ENDPOINT_URL_STS=(\S+) AWS_ACCESS_KEY_ID=\S+ ` +
		`AWS_SECRET_ACCESS_KEY=simulated AWS_REGION=(\S+) AWS_DEFAULT_REGION=(\S+)\n$`).FindStringSubmatch(line)
	if m == nil || m[1] != m[2] || m[3] != m[4] {
		t.Errorf("it printed %q", line)
	}
	stop()
	go func() { _, _ = io.Copy(io.Discard, in) }()
	if code := <-ended; code != job.ExitClean {
		t.Errorf("exit %d", code)
	}
}
