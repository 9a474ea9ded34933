package awssim

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"

	"tenor/internal/rawjson"
)

// fleet is a provisioned product and its records, repeated count times. What is repeated is made when it is asked for, so
// a million cost no memory.
type fleet struct {
	first   int // products of the fleets before it
	count   int
	product template
	records []template

	stack     template   // StackSummary, or null where there is none; nil: as the product says
	instances []template // StackInstances of a stack set
}

// recordPlace is where a record is in a scope.
type recordPlace struct{ fleet, record int }

// product is a product of the catalogue and its versions.
type product struct {
	id, name  string
	view      json.RawMessage // ProductViewDetail
	artifacts json.RawMessage // ProvisioningArtifactDetails
	summaries json.RawMessage // ProvisioningArtifactSummaries
}

// addProduct takes a product and its versions, which may be nil.
func (s *scope) addProduct(parts ...[]byte) error {
	summary := rawjson.Find(parts[0], "ProductViewSummary")
	p := product{id: textMember(summary, "ProductId"), name: textMember(summary, "Name"), view: parts[0], artifacts: parts[1]}
	if p.id == "" {
		return errors.New("a product needs its ProductViewSummary.ProductId")
	}
	if p.artifacts == nil {
		p.artifacts = []byte("[]")
	}
	summaries := []json.RawMessage{}
	for artifact := range rawjson.Elements(p.artifacts) {
		summaries = append(summaries, pick(artifact, "Id", "Name", "Description", "CreatedTime").encode())
	}
	var err error
	p.summaries, err = json.Marshal(summaries)
	s.products = append(s.products, p)
	return err
}

// addFleet tries the fleet's first product and records, which must be well formed and found by their ids.
func (s *scope) addFleet(f fleet, env *environment) error {
	f.first = s.productCount()
	at := len(s.fleets)
	if at >= 1<<12 {
		return fmt.Errorf("more than %d entries; repeat what is alike", 1<<12)
	}
	s.fleets = append(s.fleets, f)
	for r, t := range f.records {
		id := textMember(t.render(nil, 0), "RecordId")
		if id == "" {
			return errors.New("a record needs its RecordId")
		}
		if !env.repeated {
			s.records[id] = recordPlace{at, r}
		} else if s.record(env.account, env.region, id) == nil {
			return fmt.Errorf(`the RecordId %q of a repetition is not found again: it must be "rec-${id}" or "rec-${id:1}"`, id)
		}
	}
	if textMember(f.product.render(nil, 0), "Id") == "" {
		return errors.New("a provisioned product needs its Id")
	}
	return nil
}

func (s *scope) productCount() int {
	if len(s.fleets) == 0 {
		return 0
	}
	last := s.fleets[len(s.fleets)-1]
	return last.first + last.count
}

// appendProduct appends the n-th provisioned product.
func (s *scope) appendProduct(b []byte, n int) []byte {
	at := sort.Search(len(s.fleets), func(i int) bool { return s.fleets[i].first > n }) - 1
	return s.fleets[at].product.render(b, n-s.fleets[at].first)
}

func (s *scope) recordCount() int {
	n := 0
	for _, f := range s.fleets {
		n += f.count * len(f.records)
	}
	return n
}

// appendRecord appends the n-th record, those of one product together.
func (s *scope) appendRecord(b []byte, n int) []byte {
	for _, f := range s.fleets {
		if held := f.count * len(f.records); n >= held {
			n -= held
			continue
		}
		return f.records[n%len(f.records)].render(b, n/len(f.records))
	}
	return b
}

// repetition returns which product of which fleet has an id that was made of ${id}, as far as the id says.
func (s *scope) repetition(account, region, id string) (f fleet, i int, ok bool) {
	group, _, i, ok := parseID(id[strings.LastIndexByte(id, '-')+1:], fingerprint(account, region))
	if !ok || group >= len(s.fleets) || i >= s.fleets[group].count {
		return fleet{}, 0, false
	}
	return s.fleets[group], i, true
}

// fleetByID returns the fleet of a provisioned product, and which of its repetitions the product is. A repetition is found by what
// stands behind "pp-", which is "${id}"; any other product by looking at all that are not repeated.
func (s *scope) fleetByID(account, region, id string) (f fleet, i int, ok bool) {
	is := func(f fleet, i int) bool { return textMember(f.product.render(nil, i), "Id") == id }
	if f, i, ok := s.repetition(account, region, id); ok && is(f, i) {
		return f, i, true
	}
	at := slices.IndexFunc(s.fleets, func(f fleet) bool { return f.count == 1 && is(f, 0) })
	if at < 0 {
		return fleet{}, 0, false
	}
	return s.fleets[at], 0, true
}

// productRecords returns the records of a provisioned product, the newest first. A repetition is found by what stands behind "pp-",
// which is "${id}" as for its records; any other product by looking at all that are not repeated.
func (s *scope) productRecords(account, region, id string) [][]byte {
	var found [][]byte
	take := func(f fleet, i int) {
		for _, t := range f.records {
			if r := t.render(nil, i); textMember(r, "ProvisionedProductId") == id {
				found = append(found, r)
			}
		}
	}
	if f, i, ok := s.repetition(account, region, id); ok {
		take(f, i)
	}
	for _, f := range s.fleets {
		if f.count == 1 && len(found) == 0 {
			take(f, 0)
		}
	}
	slices.SortStableFunc(found, func(a, b []byte) int { return cmp.Compare(createdTime(b), createdTime(a)) })
	return found
}

func textMember(doc []byte, name string) string {
	text, _ := rawjson.Text(rawjson.Find(doc, name))
	return string(text)
}

// createdTime is a record's CreatedTime, epoch seconds; 0 where it has none.
func createdTime(record []byte) float64 {
	seconds, _ := strconv.ParseFloat(string(rawjson.Find(record, "CreatedTime")), 64)
	return seconds
}

// record returns a record by its id, or nil.
func (s *scope) record(account, region, id string) []byte {
	if at, ok := s.records[id]; ok {
		return s.fleets[at.fleet].records[at.record].render(nil, 0)
	}
	f, i, _ := s.repetition(account, region, id)
	for _, t := range f.records {
		if b := t.render(nil, i); textMember(b, "RecordId") == id {
			return b
		}
	}
	return nil
}
