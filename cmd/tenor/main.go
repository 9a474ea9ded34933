// Command tenor audits what an organisation has committed to on AWS Outposts and provisioned through AWS Service Catalog.
// It parses flags, wires the stages of package job, and turns their outcome into an exit code; it decides nothing itself.
package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"tenor/audit"
	"tenor/internal/memory"
	"tenor/job"
)

func main() {
	memory.KeepSmall()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(int(code))
}

// run is the whole program without the process around it.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) job.Exit {
	c := &cli{stdout: stdout, stderr: stderr, log: logWriter{w: stderr}, invocation: rand.Text()[:16]}
	root := c.root()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	exit, errs := job.ExitOf(root.ExecuteContext(ctx))
	for _, err := range errs {
		if errors.Is(err, context.Canceled) {
			err = errors.New("interrupted")
		}
		fmt.Fprintf(stderr, "tenor: %s\n", audit.Visible(audit.Joined(err.Error())))
	}
	return exit
}
