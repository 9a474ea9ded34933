package collector

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go/middleware"
	"golang.org/x/sync/semaphore"
)

// errRefused is the error of a call that is not in the table of operations. It never leaves the process.
var errRefused = errors.New("refused: not in the table of read operations")

// guarded returns the operation of the table that a call is of, or errRefused.
func guarded(ctx context.Context) (operation, error) {
	service, name := middleware.GetServiceID(ctx), middleware.GetOperationName(ctx)
	op, ok := operationOf(service, name)
	if !ok {
		return op, fmt.Errorf("%s %s: %w", service, name, errRefused)
	}
	return op, nil
}

// Guarded returns a configuration whose clients refuse, before it leaves the process, every call that is not in the table of operations.
func Guarded(cfg aws.Config) aws.Config {
	cfg = cfg.Copy()
	cfg.APIOptions = append(slices.Clone(cfg.APIOptions), func(stack *middleware.Stack) error {
		return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("TenorGuard", func(
			ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
		) (middleware.InitializeOutput, middleware.Metadata, error) {
			if _, err := guarded(ctx); err != nil {
				return middleware.InitializeOutput{}, middleware.Metadata{}, err
			}
			return next.HandleInitialize(ctx, in)
		}), middleware.Before)
	})
	return cfg
}

// timeoutError is the error of a call that timed out.
type timeoutError struct{ what string }

func (e *timeoutError) Error() string { return e.what }
func (e *timeoutError) Timeout() bool { return true }

// The ways for a call's time to be up.
var (
	errAttemptTime = &timeoutError{"no answer in time"}
	errRunTime     = &timeoutError{"the run's time was up"}
)

// gate is what every call of a run passes on its way out: the guard of the table, the limiter of its API, the bounds on how
// many are in flight and on what they may answer. It also counts them.
type gate struct {
	limiters limiters
	meter    meter
	inFlight chan struct{}
	memory   *semaphore.Weighted // bytes of the answers that are being read or worked on
	pacing   pacing
}

// forget says that a place is finished.
func (g *gate) forget(account, region string) {
	g.limiters.forget(account, region)
	g.meter.settle(place{account, region})
}

func newGate(perSecond float64, concurrency int, p pacing) *gate {
	return &gate{
		limiters: limiters{start: perSecond, patience: 2 * p.attempts, byKey: map[callKey]*limiter{}},
		meter:    newMeter(),
		inFlight: make(chan struct{}, concurrency),
		memory:   semaphore.NewWeighted(memoryBudget),
		pacing:   p,
	}
}

// call is what the attempts of one call share.
type call struct {
	attempts int
	leave    *ticket // for the first attempt
	placed   bool    // it has a place in flight
}

type callStateKey struct{}

// begin waits for a call's turn, and for its place in flight, before anything is made for it: hundreds of calls may wait at once.
func (g *gate) begin(ctx context.Context, k callKey) (*call, error) {
	t, err := g.limiters.of(k).wait(ctx)
	c := &call{leave: &t}
	if err == nil {
		err = g.place(ctx, k, c)
	}
	return c, err
}

// place waits for a call's place in flight, unless it has it. A call for credentials needs none: it is made while another call waits for
// them, which may hold the last place.
func (g *gate) place(ctx context.Context, k callKey, c *call) error {
	if c.placed || k.op.service == serviceSTS {
		return nil
	}
	select {
	case g.inFlight <- struct{}{}:
		c.placed = true
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// leave gives the place in flight back, if the call has it.
func (g *gate) leave(c *call) {
	if c.placed {
		c.placed = false
		<-g.inFlight
	}
}

// steps returns the client option that puts the gate into the calls of an account and region. Credentials that AWS says have
// ended are dropped, so that the next attempt asks for new ones.
func (g *gate) steps(account, region string, credentials aws.CredentialsProvider) func(*middleware.Stack) error {
	return func(stack *middleware.Stack) error {
		guard := middleware.InitializeMiddlewareFunc("TenorGuard", func(
			ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
		) (middleware.InitializeOutput, middleware.Metadata, error) {
			op, err := guarded(ctx)
			if err != nil {
				return middleware.InitializeOutput{}, middleware.Metadata{}, err
			}
			c, err := g.begin(ctx, callKey{account, region, op})
			defer g.leave(c)
			if err != nil {
				return middleware.InitializeOutput{}, middleware.Metadata{}, err
			}
			return next.HandleInitialize(middleware.WithStackValue(ctx, callStateKey{}, c), in)
		})
		if err := stack.Initialize.Add(guard, middleware.Before); err != nil {
			return err
		}
		pace := middleware.FinalizeMiddlewareFunc("TenorPace", func(
			ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler,
		) (out middleware.FinalizeOutput, metadata middleware.Metadata, err error) {
			op, _ := operationOf(middleware.GetServiceID(ctx), middleware.GetOperationName(ctx))
			err = g.send(ctx, callKey{account, region, op}, func(ctx context.Context) error {
				out, metadata, err = next.HandleFinalize(ctx, in)
				return err
			})
			if cache, ok := credentials.(*aws.CredentialsCache); ok && isExpired(err) {
				cache.Invalidate()
			}
			return out, metadata, err
		})
		if err := stack.Finalize.Insert(pace, "Retry", middleware.After); err != nil {
			return err
		}
		return stack.Deserialize.Insert(middleware.DeserializeMiddlewareFunc("TenorBody", g.body), "OperationDeserializer", middleware.After)
	}
}

// send makes one attempt of a call when its turn has come.
func (g *gate) send(ctx context.Context, k callKey, do func(context.Context) error) error {
	limiter := g.limiters.of(k)
	c, _ := middleware.GetStackValue(ctx, callStateKey{}).(*call)
	leave := c.leave
	if c.leave = nil; leave == nil {
		t, err := limiter.wait(ctx)
		if err != nil {
			return err
		}
		leave = &t
	}
	if err := g.place(ctx, k, c); err != nil {
		return err
	}
	defer g.leave(c)
	bounded, cancel := context.WithTimeout(ctx, g.pacing.attempt)
	defer cancel()
	start := time.Now()
	err := do(bounded)
	if err != nil && ctx.Err() == nil && bounded.Err() != nil {
		err = errAttemptTime
	}
	throttled := err != nil && isThrottle(err)
	switch {
	case throttled:
		limiter.throttled(*leave, err)
	case err == nil || answered(err):
		limiter.succeeded(*leave)
	}
	c.attempts++
	g.meter.add(k, attempt{first: c.attempts == 1, throttled: throttled, took: time.Since(start)})
	return err
}
