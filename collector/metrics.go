package collector

import (
	"cmp"
	"sync"

	"tenor/internal/awsread"
	"tenor/snapshot"
)

// meter counts the calls of a run.
type meter struct {
	mu      sync.Mutex
	calls   map[place]map[awsread.Operation]*snapshot.CallMetrics
	settled snapshot.Calls // of the places that are finished
}

// place is an account and region.
type place struct{ account, region string }

func newMeter() meter { return meter{calls: map[place]map[awsread.Operation]*snapshot.CallMetrics{}} }

// add counts an attempt.
func (m *meter) add(a awsread.Attempt) {
	m.mu.Lock()
	defer m.mu.Unlock()
	at := place{a.Account, a.Region}
	if m.calls[at] == nil {
		m.calls[at] = map[awsread.Operation]*snapshot.CallMetrics{}
	}
	c, ok := m.calls[at][a.Operation]
	if !ok {
		c = &snapshot.CallMetrics{Account: a.Account, Region: a.Region, Service: a.Operation.Service, Operation: a.Operation.Name}
		m.calls[at][a.Operation] = c
	}
	c.Calls++
	if a.Retry {
		c.Retries++
	}
	if a.Throttled {
		c.Throttles++
	}
	c.Seconds += a.Took.Seconds()
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
