package awsread

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"
)

// bucket is AWS's side of a quota: a token bucket.
type bucket struct {
	mu            sync.Mutex
	rate, burst   float64
	tokens        float64
	filled        time.Time
	calls, denied int
}

func (b *bucket) take() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	b.tokens = min(b.burst, b.tokens+b.rate*now.Sub(b.filled).Seconds())
	b.filled = now
	b.calls++
	if b.tokens < 1 {
		b.denied++
		return &smithy.GenericAPIError{Code: "ThrottlingException", Message: "Rate exceeded"}
	}
	b.tokens--
	return nil
}

// TestLimiterKeepsUpWithQuotas holds the limiter and the retries to what AWS allows and does not tell: in a time of its
// own, they may take a quarter longer than the quota, and nothing that was throttled may be lost.
func TestLimiterKeepsUpWithQuotas(t *testing.T) {
	for _, c := range []struct {
		quota, burst float64
		calls        int
	}{
		{1, 1, 60}, {2, 2, 60}, {5, 5, 150}, {10, 10, 300}, {20, 20, 600}, {50, 50, 1500}, {100, 100, 3000}, // half a minute and more
		{5, 1, 150}, {20, 5, 600}, // with next to no burst
		{2, 2, 25}, {5, 5, 25}, {20, 20, 100}, // over before much can be learnt
	} {
		t.Run(fmt.Sprintf("%g a second, burst %g", c.quota, c.burst), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				aws := &bucket{rate: c.quota, burst: c.burst, tokens: c.burst, filled: time.Now()}
				p := DefaultPacing()
				g := NewGate(awssdk.Config{}, p, func(Attempt) {})
				start := time.Now()
				var calls errgroup.Group
				calls.SetLimit(4)
				for range c.calls {
					calls.Go(func() error {
						return retried(t.Context(), g, retryer{Pacing: p}, func() error {
							time.Sleep(20 * time.Millisecond)
							return aws.take()
						})
					})
				}
				if err := calls.Wait(); err != nil {
					t.Errorf("lost: %v", err)
				}
				floor, took := float64(c.calls)/c.quota, time.Since(start).Seconds()
				if took > 1.3*floor {
					t.Errorf("took %.1f s, the quota allows it in %.1f s; %d of %d attempts were throttled", took, floor, aws.denied, aws.calls)
				}
			})
		})
	}
}

// TestLimiterHalvesAndRecovers follows the rate of one limiter through a throttle.
func TestLimiterHalvesAndRecovers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(8, 100)
		early := take(t, l)
		for range 20 {
			take(t, l)
		}
		late := take(t, l)
		var got []float64
		note := func() { got = append(got, math.Round(100*l.rate)/100) }
		l.throttled(late, errBlocked)
		note()
		l.throttled(early, errBlocked) // sent before the rate was halved
		note()
		for range 5 {
			time.Sleep(time.Millisecond)
			l.succeeded(ticket{sent: time.Now(), waited: true})
			note()
		}
		l.succeeded(ticket{sent: time.Now()}) // the limiter did not hold it up, so it says nothing of the rate
		note()
		if diff := cmp.Diff([]float64{4, 4, 5, 6, 7, 7.2, 7.25, 7.25}, got); diff != "" {
			t.Errorf("rates (-want +got):\n%s", diff)
		}
	})
}

// TestRetryDelay holds the pauses: any length up to a bound that doubles, and none after the last attempt.
func TestRetryDelay(t *testing.T) {
	r := retryer{Pacing: DefaultPacing()}
	throttle, broken := &smithy.GenericAPIError{Code: "ThrottlingException"}, Malformed("the body is cut off after 1 bytes")
	for attempt, most := range map[int]time.Duration{1: 100 * time.Millisecond, 2: 200 * time.Millisecond, 5: 1600 * time.Millisecond, 6: 2 * time.Second, 11: 2 * time.Second} {
		var longest time.Duration
		for range 1000 {
			d, err := r.RetryDelay(attempt, throttle)
			if err != nil || d < 0 || d > most {
				t.Fatalf("after attempt %d: %s, %v, want at most %s", attempt, d, err, most)
			}
			longest = max(longest, d)
		}
		if longest < most/2 {
			t.Errorf("after attempt %d: never more than %s, want up to %s", attempt, longest, most)
		}
	}
	for _, c := range []struct {
		err  error
		last int
	}{{throttle, r.MaxAttempts()}, {broken, r.Transient}, {errAttemptTime, r.Slow}} {
		tries := 1
		for ; tries < r.MaxAttempts(); tries++ {
			if _, err := r.RetryDelay(tries, c.err); err != nil {
				break
			}
		}
		if tries != c.last || !r.IsErrorRetryable(c.err) {
			t.Errorf("%v: %d attempts, want %d", c.err, tries, c.last)
		}
	}
	for _, err := range []error{errRefused, errBlocked, &smithy.GenericAPIError{Code: "AccessDeniedException"}, context.Canceled} {
		if r.IsErrorRetryable(fmt.Errorf("call: %w", err)) {
			t.Errorf("%v is tried again", err)
		}
	}
}

func take(t *testing.T, l *limiter) ticket {
	t.Helper()
	ticket, err := l.wait(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return ticket
}

// TestLimiterGivesUpWithItsContext cancels a call that waits for its turn.
func TestLimiterGivesUpWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(1, 100)
		take(t, l)
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		errs := make(chan error)
		for range 2 { // one waits for a token, one for its turn
			go func() {
				_, err := l.wait(ctx)
				errs <- err
			}()
		}
		for range 2 {
			if err := <-errs; !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("wait: %v, want a deadline exceeded", err)
			}
		}
		take(t, l) // its turn and its token are still to be had
	})
}

// TestPlacesInFlight holds that a call has its place while it is sent, none while it waits to be tried again, and gives it back
// when it is never sent.
func TestPlacesInFlight(t *testing.T) {
	p := DefaultPacing()
	p.InFlight, p.Rate = 1, 1000
	g := NewGate(awssdk.Config{}, p, func(Attempt) {})
	k := callKey{"111122223333", "eu-central-1", ListRecordHistory}
	c, err := g.begin(t.Context(), k)
	if err != nil || len(g.inFlight) != 1 {
		t.Fatalf("begun: %v, %d in flight", err, len(g.inFlight))
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if waiting, err := g.begin(ctx, k); !errors.Is(err, context.DeadlineExceeded) || waiting.placed {
		t.Errorf("another call did not wait for a place: %v", err)
	}
	for range 2 {
		err := g.send(t.Context(), c, func(context.Context) error {
			if len(g.inFlight) != 1 {
				t.Errorf("%d in flight while it is sent", len(g.inFlight))
			}
			return io.ErrUnexpectedEOF
		})
		if !errors.Is(err, io.ErrUnexpectedEOF) || len(g.inFlight) != 0 {
			t.Errorf("%v, %d in flight between attempts", err, len(g.inFlight))
		}
	}
	g.leave(c)
	if c, err = g.begin(t.Context(), k); err != nil {
		t.Fatal(err)
	}
	if g.leave(c); len(g.inFlight) != 0 {
		t.Error("a call that is never sent keeps its place")
	}
}

// retried makes one call through the gate, tried again as the SDK does with the retryer.
func retried(ctx context.Context, g *Gate, r retryer, do func() error) error {
	k := callKey{"111122223333", "eu-central-1", ListRecordHistory}
	c, err := g.begin(ctx, k)
	defer g.leave(c)
	if err != nil {
		return err
	}
	for attempt := 1; ; attempt++ {
		err := g.send(ctx, c, func(context.Context) error { return do() })
		if err == nil || !r.IsErrorRetryable(err) || attempt >= r.MaxAttempts() {
			return err
		}
		delay, derr := r.RetryDelay(attempt, err)
		if derr != nil {
			return derr
		}
		if err := sleep(ctx, delay); err != nil {
			return err
		}
	}
}

// sleep waits, or returns ctx's error when that ends first.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
