package collector

import (
	"context"
	"encoding/json"
	"slices"

	"golang.org/x/sync/errgroup"

	"tenor/audit"
	"tenor/internal/awsread"
)

// list reads a listing into the ledger and hands each page's entries to take, some at a time, which returns an error only when the run
// cannot go on. Entries without an id are left out, which is a gap.
func (p *part) list(ctx context.Context, l awsread.Listing, take func([]json.RawMessage) error) error {
	p.ledger.collected(l.Op, 0)
	first := true
	if p.run.checks() {
		l.Most = 1
	}
	for pg, err := range p.run.gate.Pages(ctx, l) {
		if aborted := aborted(ctx); aborted != nil {
			return aborted
		}
		switch {
		case err != nil && first:
			p.answered(awsread.IsDenied(err)) // which AWS says to credentials that it knows
			if status := p.absent(l.Op, err); status != "" {
				p.ledger.absent(l.Op, status, awsread.MessageOf(err))
				return nil
			}
			fallthrough
		case err != nil:
			p.ledger.failed(l.Op, "", l.Op.Gap(timely(ctx, err)))
			return nil
		}
		first = false
		p.answered(true)
		entries := pg.Entries[:0]
		for _, e := range pg.Entries {
			if textOf(e, l.ID) == "" {
				p.ledger.failed(l.Op, "", l.Op.Gap(awsread.Malformed("an entry has no %s", l.ID)))
				continue
			}
			entries = append(entries, e)
		}
		if p.run.checks() {
			entries = p.sample(entries)
		}
		p.ledger.collected(l.Op, len(entries))
		for some := range slices.Chunk(entries, takenAtOnce) {
			if err := take(some); err != nil {
				return err
			}
		}
		if p.run.checks() {
			return nil
		}
	}
	return nil
}

// takenAtOnce is how many entries of a page are worked on, and have their details in memory, at once.
const takenAtOnce = 50

// sample returns one of the entries for a Check, one that is typical where there is any; none of none.
func (p *part) sample(entries []json.RawMessage) []json.RawMessage {
	if len(entries) == 0 {
		return entries
	}
	i := 0
	if p.typical != nil {
		i = max(0, slices.IndexFunc(entries, p.typical))
	}
	return entries[i : i+1]
}

// absent returns the status of a listing that failed because there is nothing to ask: the account has not enabled the region,
// or the region has no endpoint of the service, nor does the SDK know of one. It is empty where that is not sure, as in a region whose
// name nobody but the config knows: a gap.
func (p *part) absent(op awsread.Operation, err error) audit.CoverageStatus {
	switch {
	case !p.real:
		return ""
	case awsread.IsNoHost(err) && !offers(p.run.caller.partition, p.region, op.Service):
		return audit.StatusNotOffered
	case awsread.IsRefused(err) && !p.certain():
		return audit.StatusNotEnabled
	}
	return ""
}

// detailsAtOnce bounds the calls that one part has waiting for the gate.
const detailsAtOnce = 4

// parallel calls do with 0 to n-1, several at once, and returns when all are done.
func parallel(n int, do func(i int)) {
	var g errgroup.Group
	g.SetLimit(detailsAtOnce)
	for i := range n {
		g.Go(func() error { do(i); return nil })
	}
	_ = g.Wait() // no error
}
