package collector

import (
	"cmp"
	"sync"
	"time"

	"tenor/snapshot"
)

// meter counts the calls of a run.
type meter struct {
	mu      sync.Mutex
	calls   map[place]map[operation]*snapshot.CallMetrics
	settled snapshot.Calls // of the places that are finished
}

// place is an account and region.
type place struct{ account, region string }

func newMeter() meter { return meter{calls: map[place]map[operation]*snapshot.CallMetrics{}} }

// attempt is one time a call was sent.
type attempt struct {
	first, throttled bool
	took             time.Duration
}

func (m *meter) add(k callKey, a attempt) {
	m.mu.Lock()
	defer m.mu.Unlock()
	at := place{k.account, k.region}
	if m.calls[at] == nil {
		m.calls[at] = map[operation]*snapshot.CallMetrics{}
	}
	c, ok := m.calls[at][k.op]
	if !ok {
		c = &snapshot.CallMetrics{Account: k.account, Region: k.region, Service: k.op.service, Operation: k.op.name}
		m.calls[at][k.op] = c
	}
	c.Calls++
	if !a.first {
		c.Retries++
	}
	if a.throttled {
		c.Throttles++
	}
	c.Seconds += a.took.Seconds()
}

// settle says that a place is finished: what it took is packed. More may come, and is added up in the end.
func (m *meter) settle(at place) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, c := range m.calls[at] {
		m.settled.Add(*c)
	}
	delete(m.calls, at)
}

// metrics returns the counts by account, region, service and operation. The calls made before it was known who makes them
// are the caller's.
func (m *meter) metrics(caller string) *snapshot.Calls {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, of := range m.calls {
		for _, c := range of {
			m.settled.Add(*c)
		}
	}
	clear(m.calls)
	var out snapshot.Calls
	for c := range m.settled.Sum().All() {
		c.Account = cmp.Or(c.Account, caller)
		out.Add(c)
	}
	return out.Sorted()
}
