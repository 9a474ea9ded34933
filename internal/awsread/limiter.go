package awsread

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// The rates that a limiter may come to, in calls a second.
const (
	minRate = 0.5
	maxRate = 1000.0
)

// limiter keeps one account × region × API below the rate at which AWS throttles it, which AWS does not publish. It is a
// token bucket that holds a second's worth. A throttle means that AWS's bucket is empty: ours is emptied too, and its
// rate halves. Then every call that had to wait and went well raises it: quickly up to near the rate that the throttle
// showed to be too much, slowly from there, and faster again the longer no other throttle comes.
type limiter struct {
	turn   chan struct{} // held by the one caller that waits for the next token; the others queue for it
	faster chan struct{} // tells that caller that the rate has changed

	mu       sync.Mutex
	rate     float64
	tokens   float64
	filled   time.Time
	ceiling  float64   // the rate at the last throttle
	lastHalf time.Time // throttles of calls sent before it do not halve again
	denied   int       // throttles since a call was last let through
	patience int       // how many of them are enough to ask no more
	blocked  error     // the last of those; nil: calls are sent
}

func newLimiter(perSecond float64, patience int) *limiter {
	return &limiter{
		turn: make(chan struct{}, 1), faster: make(chan struct{}, 1), patience: patience,
		rate: perSecond, tokens: max(1, perSecond), filled: time.Now(), ceiling: maxRate,
	}
}

// errBlocked is the error of a call that is not made because AWS throttles its API without end.
var errBlocked = errors.New("skipped after repeated throttling")

// ticket is leave to send one call.
type ticket struct {
	sent   time.Time
	waited bool // so the limiter, and not the caller, sets the pace
}

// wait returns when the next call may be sent, or at once with the reason why it may not at all.
func (l *limiter) wait(ctx context.Context) (ticket, error) {
	t := ticket{}
	select {
	case l.turn <- struct{}{}:
	default:
		t.waited = true
		select {
		case l.turn <- struct{}{}:
		case <-ctx.Done():
			return t, ctx.Err()
		}
	}
	defer func() { <-l.turn }()
	for {
		pause, err := l.take()
		if err != nil {
			return t, err
		}
		if pause == 0 {
			t.sent = time.Now()
			return t, nil
		}
		t.waited = true
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-l.faster:
			timer.Stop()
		case <-ctx.Done():
			timer.Stop()
			return t, ctx.Err()
		}
	}
}

// take takes a token, or returns how long it will be until there is one, or errBlocked.
func (l *limiter) take() (time.Duration, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.blocked != nil {
		return 0, fmt.Errorf("%w: %w", errBlocked, l.blocked)
	}
	l.fill()
	if l.tokens >= 1 {
		l.tokens--
		return 0, nil
	}
	return time.Duration((1-l.tokens)/l.rate*float64(time.Second)) + 1, nil
}

func (l *limiter) fill() {
	now := time.Now()
	l.tokens = min(max(1, l.rate), l.tokens+l.rate*now.Sub(l.filled).Seconds())
	l.filled = now
}

// succeeded notes that a call was not throttled.
func (l *limiter) succeeded(t ticket) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.denied = 0
	if !t.waited {
		return
	}
	if near := 0.9 * l.ceiling; l.rate < near {
		l.set(min(l.rate+1, near)) // doubles in a second
	} else {
		quiet := time.Since(l.lastHalf).Seconds() / 4 // the longer, the likelier the ceiling was too low
		l.set(min(l.rate+min(0.05, l.rate/100)*(1+quiet*quiet), maxRate))
	}
}

// throttled notes that a call was throttled. After many in a row the limiter is blocked: by then the rate is at its lowest,
// and calls have come through one in half a minute at most.
func (l *limiter) throttled(t ticket, throttle error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.denied++; l.denied >= l.patience {
		l.blocked = throttle
	}
	if t.sent.Before(l.lastHalf) {
		return
	}
	l.fill()
	l.lastHalf = l.filled
	l.tokens = 0.5 // so the next call comes after as long as the last rate would have had it wait
	l.ceiling = l.rate
	l.set(max(l.rate/2, minRate))
}

func (l *limiter) set(perSecond float64) {
	l.fill()
	l.rate = perSecond
	select {
	case l.faster <- struct{}{}:
	default:
	}
}

// limiters holds the limiter of each scope's operations.
type limiters struct {
	mu       sync.Mutex
	start    float64
	patience int
	byKey    map[callKey]*limiter
}

// callKey is one API of one account and region.
type callKey struct {
	account, region string
	op              Operation
}

func (ls *limiters) of(k callKey) *limiter {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	l, ok := ls.byKey[k]
	if !ok {
		l = newLimiter(ls.start, ls.patience)
		ls.byKey[k] = l
	}
	return l
}

// forget drops the limiters of a scope that is finished: an organization can have ten thousands.
func (ls *limiters) forget(account, region string) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	for _, op := range operations {
		if !op.ofOrganization() {
			delete(ls.byKey, callKey{account, region, op})
		}
	}
}
