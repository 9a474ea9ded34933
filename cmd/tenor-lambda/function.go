package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/lambda/messages"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"tenor/audit"
	"tenor/job"
)

// margin is how long before the function's deadline collecting ends, so that there is time to evaluate and to deliver.
const margin = time.Minute

// function is what the process knows, whatever it is invoked with.
type function struct {
	log     *slog.Logger
	metrics io.Writer // which CloudWatch reads
	now     func() time.Time
	version string
	name    string
	sinks   job.Sinks
	webhook string // of TENOR_WEBHOOK, which is refused: the configuration of a function is no place for a secret
	temp    string // folder for a folder that lives as long as an invocation

	invocation string       // the id that Lambda has given it; empty between two
	running    *slog.Logger // of the invocation that runs, or ran last, for what the runtime's library writes; nil: log
}

// The types of the errors, by which a state machine can tell them apart.
const (
	typePrefix      = "Tenor."
	typeEvent       = "Tenor.BadEvent"    // the event, the config, policies, waivers or decisions: trying again does not help
	typeRun         = "Tenor.RunFailed"   // the run could not be done
	typeUndelivered = "Tenor.Undelivered" // the report was made and did not arrive
)

// handle answers one event.
func (f *function) handle(ctx context.Context, event []byte) (any, error) {
	if lc, ok := lambdacontext.FromContext(ctx); ok {
		own := *f // of this invocation, by the id that Lambda's own lines have
		own.invocation, own.log = lc.AwsRequestID, f.log.With("invocation", lc.AwsRequestID)
		f.running = own.log
		f = &own
	}
	dir, err := os.MkdirTemp(f.temp, "tenor-")
	if err != nil {
		return nil, f.failed(err)
	}
	answer, err := f.answer(ctx, event, dir)
	if rerr := os.RemoveAll(dir); err == nil {
		err = rerr
	}
	if err != nil {
		return nil, f.failed(err)
	}
	return answer, nil
}

// failed logs a failure, which Lambda itself would log as text if at all, and returns it as a state machine sees it.
func (f *function) failed(err error) error {
	e := failure(err)
	f.log.Error("failed", "type", e.Type, "error", e.Message)
	return e
}

// Write takes what the library of Lambda's runtime writes, as text: a failure of ours, which is logged already, or a panic. It becomes a
// line as all others are.
func (f *function) Write(text []byte) (int, error) {
	var said struct{ ErrorType, ErrorMessage string }
	if json.Unmarshal(text, &said) == nil && strings.HasPrefix(said.ErrorType, typePrefix) {
		return len(text), nil
	}
	cmp.Or(f.running, f.log).Error("failed", "type", cmp.Or(said.ErrorType, "Runtime"), "error", strings.TrimSpace(string(text)))
	return len(text), nil
}

// answer is handle with a folder for what the invocation writes.
func (f *function) answer(ctx context.Context, event []byte, dir string) (any, error) {
	if f.webhook != "" {
		return nil,
			badEvent("TENOR_WEBHOOK is not read by a function: put the URL into a secret, and the secret's ARN into TENOR_WEBHOOK_SECRET_ARN")
	}
	ev, err := job.ReadEvent(ctx, event, filepath.Join(dir, "config"))
	if err != nil {
		return nil, err
	}
	if err := f.sinks.Hold(&ev); err != nil {
		return nil, err
	}
	cfg := ev.Config
	cfg.Output.Dir = filepath.Join(dir, "out")
	if cfg.Output.S3 == "" {
		return nil, badEvent("event: output.s3 is missing: a function keeps nothing")
	}
	if deadline, ok := ctx.Deadline(); ok {
		cfg.Timeout = deadline.Sub(f.now()) - margin
		if cfg.Timeout <= 0 {
			return nil, badEvent("the function has %s to run, and the last %s are for the report: give it a longer timeout",
				(cfg.Timeout + margin).Round(time.Second), margin)
		}
	}
	j := &job.Job{Config: cfg, Version: f.version, Log: f.log, Invocation: f.invocation, Now: f.now}
	switch ev.Step {
	case "":
		return f.finish(j.Run(ctx))
	case "plan":
		return plan(ctx, j, cmp.Or(ev.Shards, defaultShards))
	case "shard":
		if ev.Shard == nil {
			return nil, badEvent("event: shard is missing: the step shard needs a number from the answer to the step plan")
		}
		return shard(ctx, j, ev.Plan, *ev.Shard)
	case "merge":
		return f.finish(j.Merge(ctx, []string{ev.Plan}))
	}
	return nil, badEvent("event: step %q: want plan, shard or merge, or none", ev.Step)
}

// defaultShards is how many shards a plan has at the most, when the event does not say.
const defaultShards = 50

// planned is the answer to the step plan: each number of Shards goes into an event of the step shard.
type planned struct {
	Plan   string `json:"plan"`
	Shards []int  `json:"shards"`
}

func plan(ctx context.Context, j *job.Job, n int) (any, error) {
	p, err := j.MakePlan(ctx, n)
	if err != nil {
		return nil, err
	}
	at, err := j.PutPlan(ctx, p, j.Config.Output.S3)
	if err != nil {
		return nil, err
	}
	answer := planned{Plan: at, Shards: []int{}}
	for i := range p.Shards {
		answer.Shards = append(answer.Shards, i)
	}
	return answer, nil
}

// evaluated is the answer to the step shard, kept small: a state machine collects as many as there are shards.
type evaluated struct {
	Shard     int `json:"shard"`
	Resources int `json:"resources"`
}

func shard(ctx context.Context, j *job.Job, plan string, n int) (any, error) {
	s, err := j.RunShard(ctx, plan, n)
	if err != nil {
		return nil, err
	}
	answer := evaluated{Shard: n}
	for _, count := range s.Manifest.Counts {
		answer.Resources += count
	}
	return answer, nil
}

// finish turns a finished run into the answer, and its numbers into metrics.
func (f *function) finish(res *job.Result, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	if err := errors.Join(res.Metrics.EMF(f.metrics, f.name), res.Close()); err != nil {
		return nil, err
	}
	if res.Delivery.Err != nil {
		return nil, res.Delivery.Err
	}
	return res.Notice, nil
}

func badEvent(format string, args ...any) error {
	return &job.EventError{Err: fmt.Errorf(format, args...)}
}

// failure is the error as a state machine sees it.
func failure(err error) messages.InvokeResponse_Error {
	kind := typeRun
	if _, ok := errors.AsType[*job.EventError](err); ok {
		kind = typeEvent
	} else if _, ok := errors.AsType[*job.UndeliveredError](err); ok {
		kind = typeUndelivered
	}
	return messages.InvokeResponse_Error{Type: kind, Message: audit.Visible(audit.Joined(err.Error()))}
}
