package collector

import (
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// The rates of a limiter, in calls a second.
const (
	defaultRate = 10.0
	minRate     = 0.2
	maxRate     = 1000.0
)

// limiter keeps one account × region × API below the rate at which AWS throttles it, which AWS does not publish. It
// halves its rate on a throttle; then every call that had to wait and went well raises it, quickly up to near the rate
// at which the throttle came, slowly beyond.
type limiter struct {
	mu       sync.Mutex
	bucket   *rate.Limiter
	rate     float64
	ceiling  float64   // the rate at the last throttle
	lastHalf time.Time // throttles of calls sent before it do not halve again
}

func newLimiter(perSecond float64) *limiter {
	return &limiter{bucket: rate.NewLimiter(rate.Limit(perSecond), max(1, int(perSecond))), rate: perSecond, ceiling: maxRate}
}

// ticket is leave to send one call.
type ticket struct {
	sent   time.Time
	waited bool // so the limiter, and not the caller, sets the pace
}

// wait returns when the next call may be sent.
func (l *limiter) wait(ctx context.Context) (ticket, error) {
	r := l.bucket.Reserve()
	delay := r.Delay()
	if delay > 0 {
		if err := sleep(ctx, delay); err != nil {
			r.Cancel()
			return ticket{}, err
		}
	}
	return ticket{sent: time.Now(), waited: delay > 0}, nil
}

// succeeded notes that a call was not throttled.
func (l *limiter) succeeded(t ticket) {
	if !t.waited {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	step := 1.0 // each second doubles the rate
	if l.rate > 0.9*l.ceiling {
		step = 0.1
	}
	l.set(min(l.rate+step, maxRate))
}

// throttled notes that a call was throttled.
func (l *limiter) throttled(t ticket) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if t.sent.Before(l.lastHalf) {
		return
	}
	l.lastHalf = time.Now()
	l.ceiling = l.rate
	l.set(max(l.rate/2, minRate))
}

func (l *limiter) set(perSecond float64) {
	l.rate = perSecond
	l.bucket.SetLimit(rate.Limit(perSecond))
	l.bucket.SetBurst(max(1, int(perSecond)))
}

// limiters holds the limiter of each scope's operations.
type limiters struct {
	mu    sync.Mutex
	start float64
	byKey map[callKey]*limiter
}

// callKey is one API of one account and region.
type callKey struct {
	account, region string
	op              operation
}

func (ls *limiters) of(k callKey) *limiter {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	l, ok := ls.byKey[k]
	if !ok {
		l = newLimiter(ls.start)
		ls.byKey[k] = l
	}
	return l
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
