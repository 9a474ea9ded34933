package collector

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"

	"tenor/audit"
	"tenor/internal/awsread"
	"tenor/internal/rawjson"
)

// section is what a call gave for one section of a resource. Both are set when only a part of it could be read.
type section struct {
	doc   json.RawMessage
	err   error
	twice error // of entries that contradict each other: the section stands, and the ledger says which; nil: none do
}

// relate puts a section into a resource, and its call onto the ledger.
func (p *part) relate(r *audit.Resource, name string, op awsread.Operation, s section) {
	if s.doc != nil {
		r.Related[name] = s.doc
	}
	p.contradictory(r.ID, op, s.twice)
	if p.flaw(r, name, op, s.err) {
		return
	}
	p.ledger.collected(op, 1)
}

// contradictory notes entries of one id with different content, which are no gap of the section they stand in.
func (p *part) contradictory(subject string, op awsread.Operation, twice error) {
	if twice != nil {
		p.ledger.failed(op, subject, op.Gap(twice))
	}
}

// flaw notes an error that is a gap of a resource's section, on the resource and on the ledger, and reports whether there
// was one.
func (p *part) flaw(r *audit.Resource, section string, op awsread.Operation, err error) bool {
	if err == nil {
		return false
	}
	gap := op.Gap(err)
	r.Gaps[section] = gap
	p.ledger.failed(op, r.ID, gap)
	return true
}

// withdraw takes off the ledger's counts what was read of a resource that came again on a later page. Its gaps stay.
func (p *part) withdraw(r *audit.Resource) {
	kind := audit.KindOf(p.kind)
	p.ledger.collected(awsread.OperationNamed(kind.List), -1)
	for _, s := range kind.Sections {
		_, gap := r.Gaps[s.Name]
		if !s.Shared && !gap && (s.Name == "spec" || r.Related[s.Name] != nil) {
			p.ledger.collected(awsread.OperationNamed(s.Operation), -1)
		}
	}
}

// describe sets the spec of a resource to the entry of its list.
func (p *part) describe(r *audit.Resource, op awsread.Operation, s *shape, entry json.RawMessage) {
	doc, err := s.document(entry)
	r.Spec = doc
	p.flaw(r, "spec", op, err)
}

// detail is an operation that gives what a list does not say of its entries.
type detail struct {
	op     awsread.Operation
	member string // of the answer that is the resource; empty: the whole answer
	list   inner  // inside it
	shape  *shape // of the resource
	entry  *shape // of the list's entry
	get    func(ctx context.Context, entry json.RawMessage) ([]byte, error)
}

// detailed reads a list and each of its entries, and hands the resources to take. Where the detail fails, the entry of
// the list stands in for it, and the spec is a gap.
func (p *part) detailed(ctx context.Context, l awsread.Listing, d detail, take func(*audit.Resource) error) error {
	return p.list(ctx, l, func(entries []json.RawMessage) error {
		details := make([]section, len(entries))
		parallel(len(entries), func(i int) { details[i] = d.read(ctx, entries[i], l.ID) })
		for i, e := range entries {
			r := p.resource(textOf(e, l.ID))
			if r.Spec = details[i].doc; r.Spec == nil {
				p.describe(r, l.Op, d.entry, bytes.Clone(e))
			}
			p.contradictory(r.ID, d.op, details[i].twice)
			if !p.flaw(r, "spec", d.op, details[i].err) {
				p.ledger.collected(d.op, 1)
			}
			if err := take(r); err != nil {
				return err
			}
		}
		return nil
	})
}

// read reads an entry's detail, which has the same id as a member of the same name.
func (d detail) read(ctx context.Context, entry json.RawMessage, id string) section {
	body, err := d.get(ctx, entry)
	if err != nil {
		return section{err: timely(ctx, err)}
	}
	doc := json.RawMessage(body)
	if d.member != "" {
		doc = rawjson.Find(body, d.member)
	}
	if err := isOf(doc, id, textOf(entry, id)); err != nil {
		return section{err: err}
	}
	return d.list.tidied(d.shape.document(doc))
}

// isOf reports as an error that a document does not have the id of what was asked for.
func isOf(doc []byte, name, want string) error {
	switch have := textOf(doc, name); have {
	case want:
		return nil
	case "":
		return awsread.Malformed("the body has no %s", name)
	default:
		return awsread.Malformed("%s %s was asked for, and %q came", name, want, have)
	}
}

// join puts into a resource what is joined of another. The gap of what could not be read is on the ledger already.
func join(r *audit.Resource, name string, j joined) {
	switch {
	case j.doc != nil:
		r.Related[name] = j.doc
	case j.gap != nil:
		r.Gaps[name] = *j.gap
	}
}

// tagsOf returns the tags of a resource, empty when it has none: of a map, as Outposts sends them, or of a list of Key and
// Value, as Service Catalog does.
func tagsOf(tags []byte) map[string]string {
	out := map[string]string{}
	switch {
	case isObject(tags):
		for k, v := range rawjson.Members(tags) {
			out[string(rawjson.Unquote(k))] = text(v)
		}
	case isArray(tags):
		for t := range rawjson.Elements(tags) {
			key, value := rawjson.FindPair(t, "Key", "Value")
			out[text(key)] = text(value)
		}
	}
	return out
}

// index is what other parts of the scope need to know of the resources of one part. Until ready is closed only that
// part touches it.
type index struct {
	list  awsread.Operation // that finds the resources
	join  func(*audit.Resource) joined
	ready chan struct{}
	byID  map[string]joined
	gap   *audit.Gap // why a resource may be missing; nil: the list is complete
}

// joined is what is joined of a resource: a document, or the gap that it is.
type joined struct {
	doc json.RawMessage
	gap *audit.Gap
}

func newIndex(list awsread.Operation, join func(*audit.Resource) joined) *index {
	return &index{list: list, join: join, ready: make(chan struct{}), byID: map[string]joined{}}
}

func (ix *index) add(r *audit.Resource) {
	if ix != nil {
		ix.byID[r.ID] = ix.join(r)
	}
}

// learn takes from the part's ledger whether its list is complete. A list that is not enabled is not, for a resource that
// names one of its entries.
func (ix *index) learn(row audit.Coverage) {
	if ix != nil && row.Operation == ix.list.Name && row.Status != audit.StatusCollected {
		ix.gap = &audit.Gap{Operation: row.Operation, Reason: cmp.Or(row.Reason, audit.ReasonError), Message: row.Message}
	}
}

// find returns what is joined of a resource. Both are nil when the scope has none of that id.
func (ix *index) find(id string) joined {
	j, ok := ix.byID[id]
	if !ok {
		return joined{gap: ix.gap}
	}
	return j
}
