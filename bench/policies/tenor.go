package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/pprof"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"tenor/audit"
	"tenor/bench/estate"
	"tenor/policies"
	"tenor/snapshot"
)

// batch is consecutive lines of a file, copied.
type batch struct {
	file  snapshot.File
	lines []snapshot.Line
}

// batchLines is how many lines go to a worker at once.
const batchLines = 256

// eachBatch reads the first resources of the snapshot in one goroutine and has as many workers as there are cores evaluate the
// batches.
func eachBatch(ctx context.Context, s settings, worker func() (func(batch) error, error)) error {
	list, err := files(s.snapshot)
	if err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	batches := make(chan batch, 2)
	g.Go(func() error {
		defer close(batches)
		read := 0
		for _, f := range list {
			b := batch{file: f}
			flush := func() error {
				select {
				case batches <- b:
				case <-ctx.Done():
					return ctx.Err()
				}
				b = batch{file: f}
				return nil
			}
			for line, err := range lines(f) {
				if err != nil {
					return err
				}
				if read++; read > s.first && s.first > 0 {
					break
				}
				line.JSON = append([]byte(nil), line.JSON...)
				if b.lines = append(b.lines, line); len(b.lines) == batchLines {
					if err := flush(); err != nil {
						return err
					}
				}
			}
			if err := flush(); err != nil {
				return err
			}
		}
		return nil
	})
	for range runtime.GOMAXPROCS(0) {
		evaluate, err := worker()
		if err != nil {
			return err
		}
		g.Go(func() error {
			for b := range batches {
				if err := evaluate(b); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return g.Wait()
}

// tenor evaluates the snapshot as the job does, facts aside, which stand in it, and prints the number of failures.
func tenor(ctx context.Context, s settings, temp string) (err error) {
	if s.cpuprofile != "" {
		f, err := os.Create(s.cpuprofile)
		if err != nil {
			return err
		}
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	pack, err := policies.Load(ctx, policies.Options{})
	if err != nil {
		return err
	}
	sorter := audit.NewFindingSorter(temp)
	defer func() { err = errors.Join(err, sorter.Close()) }()
	var failures atomic.Int64
	err = eachBatch(ctx, s, func() (func(batch) error, error) {
		e, err := pack.NewEvaluator(estate.AsOf())
		if err != nil {
			return nil, err
		}
		return func(b batch) error {
			for _, line := range b.lines {
				r, err := line.Resource(b.file)
				if err != nil {
					return err
				}
				found, err := e.Eval(ctx, r)
				if err != nil {
					return err
				}
				for i := range found {
					if found[i].Verdict != audit.Fail {
						return fmt.Errorf("%s on %s: %s", found[i].Rule, r.ID, found[i].Msg)
					}
					failures.Add(1)
					if err := sorter.Add(&found[i]); err != nil {
						return err
					}
				}
			}
			return nil
		}, nil
	})
	if err != nil {
		return err
	}
	fmt.Println(failures.Load())
	return nil
}
