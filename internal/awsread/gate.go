package awsread

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go/middleware"
	"golang.org/x/sync/semaphore"
)

// Gate is what every call of a run passes on its way out: the guard of the table, the limiter of its API, the bounds on how
// many are in flight and on what they may answer.
type Gate struct {
	cfg      aws.Config // of all clients, but for their region and credentials
	limiters limiters
	sent     func(Attempt)
	inFlight chan struct{}
	memory   *semaphore.Weighted // bytes of the answers that are being read or worked on
	pacing   Pacing
}

// Attempt is one time a call was sent.
type Attempt struct {
	Account, Region  string // as Config was told
	Operation        Operation
	Retry, Throttled bool
	Took             time.Duration
}

// NewGate returns the gate of a run whose clients have the configuration, with one pool of connections. Sent is told of each attempt, by
// several goroutines at once.
func NewGate(cfg aws.Config, p Pacing, sent func(Attempt)) *Gate {
	cfg = Guard(cfg)
	cfg.Retryer = func() aws.Retryer { return retryer{Pacing: p} }
	cfg.RetryMaxAttempts = 0 // it would bound throttles like errors
	client, ok := cfg.HTTPClient.(*awshttp.BuildableClient)
	if cfg.HTTPClient == nil {
		client, ok = awshttp.NewBuildableClient(), true
	}
	if ok { // room in the pool for every call in flight
		client = client.WithTransportOptions(func(t *http.Transport) {
			t.MaxIdleConns, t.MaxIdleConnsPerHost = 0, p.InFlight
		})
		cfg.HTTPClient = &http.Client{
			Transport: client.GetTransport(), Timeout: client.GetTimeout(),
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}
	}
	return &Gate{
		cfg: cfg, sent: sent, pacing: p, inFlight: make(chan struct{}, p.InFlight), memory: semaphore.NewWeighted(memoryBudget),
		limiters: limiters{start: p.Rate, patience: 2 * p.Attempts, byKey: map[callKey]*limiter{}},
	}
}

// Config returns the configuration of the clients of an account, empty where it is not known yet, and region. Credentials that AWS says
// have ended are dropped, so that the next attempt asks for new ones.
func (g *Gate) Config(account, region string, credentials aws.CredentialsProvider) aws.Config {
	cfg := g.cfg.Copy()
	cfg.Region, cfg.Credentials = region, credentials
	cfg.APIOptions = append(slices.Clone(cfg.APIOptions), func(stack *middleware.Stack) error {
		return g.steps(stack, account, region, credentials)
	})
	return cfg
}

// Forget says that an account and region is finished.
func (g *Gate) Forget(account, region string) { g.limiters.forget(account, region) }

// call is what the attempts of one call share.
type call struct {
	callKey
	attempts int
	leave    *ticket // for the first attempt
	placed   bool    // it has a place in flight
}

type callStateKey struct{}

// begin waits for a call's turn, and for its place in flight, before anything is made for it: hundreds of calls may wait at once.
func (g *Gate) begin(ctx context.Context, k callKey) (*call, error) {
	t, err := g.limiters.of(k).wait(ctx)
	c := &call{callKey: k, leave: &t}
	if err == nil {
		err = g.place(ctx, c)
	}
	return c, err
}

// place waits for a call's place in flight, unless it has it. A call for credentials needs none: it is made while another call waits for
// them, which may hold the last place.
func (g *Gate) place(ctx context.Context, c *call) error {
	if c.placed || c.op.Service == STS {
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
func (g *Gate) leave(c *call) {
	if c.placed {
		c.placed = false
		<-g.inFlight
	}
}

// steps puts the gate into the calls of an account and region, behind the guard.
func (g *Gate) steps(stack *middleware.Stack, account, region string, credentials aws.CredentialsProvider) error {
	turn := middleware.InitializeMiddlewareFunc("TenorTurn", func(
		ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
	) (middleware.InitializeOutput, middleware.Metadata, error) {
		op := operationOf(middleware.GetServiceID(ctx), middleware.GetOperationName(ctx))
		c, err := g.begin(ctx, callKey{account, region, *op})
		defer g.leave(c)
		if err != nil {
			return middleware.InitializeOutput{}, middleware.Metadata{}, err
		}
		return next.HandleInitialize(middleware.WithStackValue(ctx, callStateKey{}, c), in)
	})
	if err := stack.Initialize.Insert(turn, "TenorGuard", middleware.After); err != nil {
		return err
	}
	pace := middleware.FinalizeMiddlewareFunc("TenorPace", func(
		ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler,
	) (out middleware.FinalizeOutput, metadata middleware.Metadata, err error) {
		c, _ := middleware.GetStackValue(ctx, callStateKey{}).(*call)
		err = g.send(ctx, c, func(ctx context.Context) error {
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

// send makes one attempt of a call when its turn has come.
func (g *Gate) send(ctx context.Context, c *call, do func(context.Context) error) error {
	limiter := g.limiters.of(c.callKey)
	leave := c.leave
	if c.leave = nil; leave == nil {
		t, err := limiter.wait(ctx)
		if err != nil {
			return err
		}
		leave = &t
	}
	if err := g.place(ctx, c); err != nil {
		return err
	}
	defer g.leave(c)
	bounded, cancel := context.WithTimeout(ctx, g.pacing.Attempt)
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
	case err == nil || Answered(err):
		limiter.succeeded(*leave)
	}
	g.sent(Attempt{c.account, c.region, c.op, c.attempts > 0, throttled, time.Since(start)})
	c.attempts++
	return err
}
