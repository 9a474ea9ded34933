package awssim

import (
	"sync"
	"time"
)

// Quota is a token bucket: Rate calls a second, and as many as Burst at once after a rest.
type Quota struct {
	Rate  float64
	Burst int
}

// usage counts calls and holds a token bucket for each account, region and operation; operation "" is all of them.
type usage struct {
	mu     sync.Mutex
	quotas map[string]Quota
	of     map[usageKey]*meter
}

type usageKey struct{ account, region, operation string }

type meter struct {
	calls  int
	tokens float64
	filled time.Time
}

// take counts a call, from 1, and tells whether its quota allows it.
func (u *usage) take(key usageKey, now time.Time) (nth int, allowed bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	quota, limited := u.quotas[key.operation]
	if !limited && key.operation != "" {
		quota, limited = u.quotas["*"]
	}
	m := u.of[key]
	if m == nil {
		m = &meter{tokens: float64(quota.Burst), filled: now}
		u.of[key] = m
	}
	m.calls++
	if !limited {
		return m.calls, true
	}
	m.tokens = min(float64(quota.Burst), m.tokens+now.Sub(m.filled).Seconds()*quota.Rate)
	m.filled = now
	if m.tokens < 1 {
		return m.calls, false
	}
	m.tokens--
	return m.calls, true
}
