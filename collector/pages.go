package collector

import (
	"context"
	"encoding/json"
	"hash/maphash"
	"iter"
	"slices"
	"sync"

	"golang.org/x/sync/semaphore"

	"tenor/audit"
	"tenor/internal/rawjson"
)

// listing is a paged operation.
type listing struct {
	op      operation
	list    string // the member of the answer that is the list
	next    string // the member that is the token of the next page
	id      string // the member of an entry that identifies it
	page    func(ctx context.Context, token *string) ([]byte, error)
	decode  func(body []byte) ([]byte, error) // makes JSON without white space of an answer that is none; nil: it is JSON
	within  bool                              // it is read while the page of another list is worked on, and is short
	held    *semaphore.Weighted               // bounds the pages in memory, over all listings that share it; nil: no bound
	typical func(entry json.RawMessage) bool  // of an entry about which everything is asked, so that Check takes it; nil: any
}

// sample returns one of the entries, one that is typical where there is any; none of none.
func (l listing) sample(entries []json.RawMessage) []json.RawMessage {
	if len(entries) == 0 {
		return entries
	}
	i := 0
	if l.typical != nil {
		i = max(0, slices.IndexFunc(entries, l.typical))
	}
	return entries[i : i+1]
}

// page is one answer of a listing.
type page struct {
	body    []byte
	entries []json.RawMessage // which share the body's bytes
	sum     uint64            // of the list
}

// barrenPages is how many pages in a row may be empty, or have the entries of the one before: a list that does not end would otherwise be
// read for as long as the largest there may be.
const barrenPages = 500

// pages ranges over the pages of a listing, one read ahead of the one that is worked on. An error ends it: of the call,
// or of a body without its list, of a token that has come before, of many pages in a row that say nothing new, or of more pages than most.
func (l listing) pages(ctx context.Context, most int) iter.Seq2[page, error] {
	return func(yield func(page, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		var reading sync.WaitGroup
		answers := make(chan answer, 1)
		defer func() {
			cancel()
			reading.Wait()
			if len(answers) > 0 {
				l.release(<-answers)
			}
		}()
		ask := func(token *string) { // which points into no answer: that one's page would stay in memory until the next is here
			reading.Go(func() { answers <- l.ask(ctx, token) })
		}
		seen := map[string]bool{}
		barren, last := 0, uint64(0)
		for ask(nil); ; {
			a := <-answers
			if a.err != nil {
				l.release(a)
				yield(page{}, a.err)
				return
			}
			if barren++; len(a.page.entries) > 0 && a.page.sum != last {
				barren = 0
			}
			last = a.page.sum
			var end error
			switch {
			case seen[a.token]:
				end = malformed("the token of the next page has come before")
			case a.token != "" && barren == barrenPages:
				end = malformed("the list goes on, and its last %d pages have nothing that the one before them has not", barrenPages)
			case a.token != "" && len(seen)+1 == most:
				end = malformed("the list goes on after %d pages", most)
			case a.token != "":
				seen[a.token] = true
				token := a.token
				ask(&token)
			}
			wanted := yield(a.page, nil)
			l.release(a)
			if !wanted || a.token == "" {
				return
			}
			if end != nil {
				yield(page{}, end)
				return
			}
		}
	}
}

// answer is what came of asking for a page.
type answer struct {
	page  page
	token string // of the next page; empty on the last
	held  bool   // it has one of the places for pages, which release returns
	want  *wanted
	err   error
}

func (l listing) ask(ctx context.Context, token *string) answer {
	a := answer{want: &wanted{large: !l.within, decode: l.decode}, held: l.held != nil}
	if a.held {
		if err := l.held.Acquire(ctx, 1); err != nil {
			return answer{want: a.want, err: err}
		}
	}
	a.want.check = func(body []byte) (err error) {
		a.page, a.token, err = l.cut(body)
		return err
	}
	_, a.err = l.page(context.WithValue(ctx, bodyKey{}, a.want), token)
	return a
}

func (l listing) release(a answer) {
	a.want.release()
	if a.held {
		l.held.Release(1)
	}
}

var pageSeed = maphash.MakeSeed()

// cut takes the entries and the token out of an answer. The token is empty on the last page.
func (l listing) cut(body []byte) (page, string, error) {
	list, token := pairOf(body, l.list, l.next)
	if !isArray(list) {
		return page{}, "", malformed("the body has no list %s", l.list)
	}
	p := page{body: body, sum: maphash.Bytes(pageSeed, list)}
	for e := range rawjson.Elements(list) {
		p.entries = append(p.entries, e)
	}
	if token != nil && token[0] != '"' && string(token) != "null" {
		return page{}, "", malformed("%s is no string", l.next)
	}
	return p, text(token), nil
}

// list reads a listing into the ledger and hands each page's entries to take, some at a time, which returns an error only when the run
// cannot go on. Entries without an id are left out, which is a gap.
func (p *part) list(ctx context.Context, l listing, take func([]json.RawMessage) error) error {
	p.ledger.collected(l.op, 0)
	first, most := true, p.run.gate.pacing.pages
	if p.run.checks() {
		most = 1
	}
	for pg, err := range l.pages(ctx, most) {
		if aborted := aborted(ctx); aborted != nil {
			return aborted
		}
		switch {
		case err != nil && first:
			p.answered(isDenied(err)) // which AWS says to credentials that it knows
			if status := p.absent(l.op, err); status != "" {
				p.ledger.absent(l.op, status, messageOf(err))
				return nil
			}
			fallthrough
		case err != nil:
			p.ledger.failed(l.op, "", gapOf(l.op, timely(ctx, err)))
			return nil
		}
		first = false
		p.answered(true)
		entries := pg.entries[:0]
		for _, e := range pg.entries {
			if textOf(e, l.id) == "" {
				p.ledger.failed(l.op, "", gapOf(l.op, malformed("an entry has no %s", l.id)))
				continue
			}
			entries = append(entries, e)
		}
		if p.run.checks() {
			entries = l.sample(entries)
		}
		p.ledger.collected(l.op, len(entries))
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

// absent returns the status of a listing that failed because there is nothing to ask: the account has not enabled the region,
// or the region has no endpoint of the service, nor does the SDK know of one. It is empty where that is not sure: a gap.
func (p *part) absent(op operation, err error) audit.CoverageStatus {
	switch {
	case isNoHost(err) && !offers(p.run.caller.partition, p.region, op.service):
		return audit.StatusNotOffered
	case isRefused(err) && !p.certain():
		return audit.StatusNotEnabled
	}
	return ""
}

// detailsAtOnce bounds the calls that one part has waiting for the gate.
const detailsAtOnce = 4

// parallel calls do with 0 to n-1, several at once, and returns when all are done.
func parallel(n int, do func(i int)) {
	var g sync.WaitGroup
	places := make(chan struct{}, detailsAtOnce)
	for i := range n {
		places <- struct{}{}
		g.Go(func() {
			defer func() { <-places }()
			do(i)
		})
	}
	g.Wait()
}
