package collector

import (
	"fmt"
	"slices"
	"sync"

	"tenor/audit"
	"tenor/internal/awsread"
)

// ledger counts what became of the operations of one part. The zero value is empty. Its methods may be called by several
// goroutines at once.
type ledger struct {
	mu   sync.Mutex
	rows []*ledgerRow
}

type ledgerRow struct {
	op       awsread.Operation
	count    int
	failures int
	first    audit.Gap            // of the failures, by the order of their subjects
	subject  string               // of that failure: the resource; empty for the list itself
	status   audit.CoverageStatus // why there is nothing to ask; empty: there is
	message  string               // that goes with it
}

// row returns the row of an operation; the caller holds the lock.
func (l *ledger) row(op awsread.Operation) *ledgerRow {
	if i := slices.IndexFunc(l.rows, func(r *ledgerRow) bool { return r.op == op }); i >= 0 {
		return l.rows[i]
	}
	r := &ledgerRow{op: op}
	l.rows = append(l.rows, r)
	return r
}

// collected notes n more items; 0 makes the operation known.
func (l *ledger) collected(op awsread.Operation, n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.row(op).count += n
}

// failed notes a gap of a resource, or of the list when subject is empty.
func (l *ledger) failed(op awsread.Operation, subject string, gap audit.Gap) {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := l.row(op)
	if r.failures == 0 || subject < r.subject {
		r.first, r.subject = gap, subject
	}
	r.failures++
}

// absent notes that there is nothing to ask, and why.
func (l *ledger) absent(op awsread.Operation, status audit.CoverageStatus, message string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := l.row(op)
	r.status, r.message = status, message
}

// failedRow is the row of an operation that could not be read: a gap, unless the run does without.
func failedRow(account, region string, op awsread.Operation, gap audit.Gap) audit.Coverage {
	c := audit.Coverage{
		Account: account, Region: region, Service: op.Service, Operation: op.Name, Status: audit.StatusGap, Reason: gap.Reason,
		Message: gap.Message,
	}
	if op.Optional {
		c.Status = audit.StatusOptional
	}
	return c
}

// coverage returns a row for each operation.
func (l *ledger) coverage(account, region string) []audit.Coverage {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := make([]audit.Coverage, 0, len(l.rows))
	for _, r := range l.rows {
		c := audit.Coverage{Account: account, Region: region, Service: r.op.Service, Operation: r.op.Name, Status: audit.StatusCollected,
			Count: r.count}
		switch {
		case r.failures > 0:
			c = failedRow(account, region, r.op, r.first)
			c.Count = r.count
			if r.subject != "" {
				c.Message = r.subject + ": " + c.Message
			}
			more := ""
			if r.failures > 1 {
				more = fmt.Sprintf(" (and %d more)", r.failures-1)
			}
			c.Message = audit.Clip(c.Message, audit.MaxMessage-len(more)) + more
		case r.status != "":
			c.Status, c.Message = r.status, r.message
		}
		out = append(out, c)
	}
	slices.SortFunc(out, audit.CompareCoverage)
	return out
}
