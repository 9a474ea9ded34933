package collector

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"tenor/snapshot"
)

// meter counts the calls of a run.
type meter struct {
	mu    sync.Mutex
	calls map[callKey]*snapshot.CallMetrics
}

func newMeter() meter { return meter{calls: map[callKey]*snapshot.CallMetrics{}} }

// attempt is one time a call was sent.
type attempt struct {
	first, throttled bool
	took             time.Duration
}

func (m *meter) add(k callKey, a attempt) {
	m.mu.Lock()
	defer m.mu.Unlock()
	c, ok := m.calls[k]
	if !ok {
		c = &snapshot.CallMetrics{Account: k.account, Region: k.region, Service: k.op.service, Operation: k.op.name}
		m.calls[k] = c
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

// metrics returns the counts by account, region, service and operation. The calls made before it was known who makes them
// are the caller's.
func (m *meter) metrics(caller string) []snapshot.CallMetrics {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := make([]snapshot.CallMetrics, 0, len(m.calls))
	for _, c := range m.calls {
		row := *c
		row.Account = cmp.Or(row.Account, caller)
		out = append(out, row)
	}
	slices.SortFunc(out, func(a, b snapshot.CallMetrics) int {
		return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Region, b.Region), cmp.Compare(a.Service, b.Service),
			cmp.Compare(a.Operation, b.Operation))
	})
	return out
}
