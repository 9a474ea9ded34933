package awsread

import (
	"cmp"
	"context"
	"encoding/json"
	"hash/maphash"
	"iter"
	"sync"

	"golang.org/x/sync/semaphore"

	"tenor/internal/rawjson"
)

// Listing is a paged operation.
type Listing struct {
	Op     Operation
	List   string                                                   // the member of the answer that is the list
	Next   string                                                   // the member that is the token of the next page
	ID     string                                                   // the member of an entry that identifies it
	Page   func(ctx context.Context, token *string) ([]byte, error) // by Raw
	Decode func(body []byte) ([]byte, error)                        // makes JSON without white space of an answer in XML; nil: it is JSON
	Within bool                                                     // it is read while the page of another list is worked on, and is short
	Held   *semaphore.Weighted                                      // bounds the pages in memory, of all that share it; nil: no bound
	Most   int                                                      // pages; 0: as many as Pacing has
}

// Page is one answer of a listing.
type Page struct {
	Body    []byte
	Entries []json.RawMessage // which share the body's bytes
	sum     uint64            // of the list
}

// barrenPages is how many pages in a row may be empty, or have the entries of the one before: a list that does not end would otherwise be
// read for as long as the largest there may be.
const barrenPages = 500

// Pages ranges over the pages of a listing, one read ahead of the one that is worked on. An error ends it: of the call,
// or of a body without its list, of a token that has come before, of many pages in a row that say nothing new, or of more pages than most.
func (g *Gate) Pages(ctx context.Context, l Listing) iter.Seq2[Page, error] {
	most := min(cmp.Or(l.Most, g.pacing.Pages), g.pacing.Pages)
	return func(yield func(Page, error) bool) {
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
				yield(Page{}, a.err)
				return
			}
			if barren++; len(a.page.Entries) > 0 && a.page.sum != last {
				barren = 0
			}
			last = a.page.sum
			var end error
			switch {
			case seen[a.token]:
				end = Malformed("the token of the next page has come before")
			case a.token != "" && barren == barrenPages:
				end = Malformed("the list goes on, and its last %d pages have nothing that the one before them has not", barrenPages)
			case a.token != "" && len(seen)+1 == most:
				end = Malformed("the list goes on after %d pages", most)
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
				yield(Page{}, end)
				return
			}
		}
	}
}

// answer is what came of asking for a page.
type answer struct {
	page  Page
	token string // of the next page; empty on the last
	held  bool   // it has one of the places for pages, which release returns
	want  *wanted
	err   error
}

func (l Listing) ask(ctx context.Context, token *string) answer {
	a := answer{want: &wanted{large: !l.Within, decode: l.Decode}, held: l.Held != nil}
	if a.held {
		if err := l.Held.Acquire(ctx, 1); err != nil {
			return answer{want: a.want, err: err}
		}
	}
	a.want.check = func(body []byte) (err error) {
		a.page, a.token, err = l.Cut(body)
		return err
	}
	_, a.err = l.Page(context.WithValue(ctx, bodyKey{}, a.want), token)
	return a
}

func (l Listing) release(a answer) {
	a.want.release()
	if a.held {
		l.Held.Release(1)
	}
}

var pageSeed = maphash.MakeSeed()

// Cut takes the entries and the token out of an answer. The token is empty on the last page.
func (l Listing) Cut(body []byte) (Page, string, error) {
	list, token := rawjson.FindPair(body, l.List, l.Next)
	if len(list) == 0 || list[0] != '[' {
		return Page{}, "", Malformed("the body has no list %s", l.List)
	}
	p := Page{Body: body, sum: maphash.Bytes(pageSeed, list)}
	for e := range rawjson.Elements(list) {
		p.Entries = append(p.Entries, e)
	}
	next, isText := rawjson.Text(token)
	if token != nil && !isText && string(token) != "null" {
		return Page{}, "", Malformed("%s is no string", l.Next)
	}
	return p, string(next), nil
}
