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

func (s *scope) addProduct(view, artifacts []byte) error {
	var v struct {
		ProductViewSummary struct{ ProductId, Name string }
	}
	if err := json.Unmarshal(view, &v); err != nil {
		return fmt.Errorf("a product: %w", err)
	}
	p := product{id: v.ProductViewSummary.ProductId, name: v.ProductViewSummary.Name, view: view, artifacts: artifacts}
	if p.id == "" {
		return errors.New("a product needs its ProductViewSummary.ProductId")
	}
	if artifacts == nil {
		p.artifacts = []byte("[]")
	}
	var details []json.RawMessage
	if err := json.Unmarshal(p.artifacts, &details); err != nil {
		return fmt.Errorf("artifacts of %s: %w", p.id, err)
	}
	summaries := []json.RawMessage{}
	for _, d := range details {
		summary, err := pick(d, "Id", "Name", "Description", "CreatedTime")
		if err != nil {
			return fmt.Errorf("artifacts of %s: %w", p.id, err)
		}
		summaries = append(summaries, summary.encode())
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
		id, err := recordID(t.render(nil, 0))
		if err != nil {
			return err
		}
		if !env.repeated {
			s.records[id] = recordPlace{at, r}
		} else if s.record(env.account, env.region, id) == nil {
			return fmt.Errorf(`the RecordId %q of a repetition is not found again: it must be "rec-${id}" or "rec-${id:1}"`, id)
		}
	}
	var p struct{ Id string }
	if err := json.Unmarshal(f.product.render(nil, 0), &p); err != nil {
		return fmt.Errorf("a provisioned product: %w", err)
	}
	if p.Id == "" {
		return errors.New("a provisioned product needs its Id")
	}
	return nil
}

func recordID(record []byte) (string, error) {
	var v struct{ RecordId string }
	if err := json.Unmarshal(record, &v); err != nil {
		return "", fmt.Errorf("a record: %w", err)
	}
	if v.RecordId == "" {
		return "", errors.New("a record needs its RecordId")
	}
	return v.RecordId, nil
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

// fleetByID returns the fleet of a provisioned product, and which of its repetitions the product is. A repetition is found by what
// stands behind "pp-", which is "${id}"; any other product by looking at all that are not repeated.
func (s *scope) fleetByID(account, region, id string) (f fleet, i int, ok bool) {
	is := func(f fleet, i int) bool { return textMember(f.product.render(nil, i), "Id") == id }
	group, _, i, ok := parseID(id[strings.LastIndexByte(id, '-')+1:], fingerprint(account, region))
	if ok && group < len(s.fleets) && i < s.fleets[group].count && is(s.fleets[group], i) {
		return s.fleets[group], i, true
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
	group, _, i, ok := parseID(id[strings.LastIndexByte(id, '-')+1:], fingerprint(account, region))
	if ok && group < len(s.fleets) && i < s.fleets[group].count {
		take(s.fleets[group], i)
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
	seconds, err := strconv.ParseFloat(string(rawjson.Find(record, "CreatedTime")), 64)
	if err != nil {
		return 0
	}
	return seconds
}

// record returns a record by its id, or nil.
func (s *scope) record(account, region, id string) []byte {
	if at, ok := s.records[id]; ok {
		return s.fleets[at.fleet].records[at.record].render(nil, 0)
	}
	group, _, i, ok := parseID(id[strings.LastIndexByte(id, '-')+1:], fingerprint(account, region))
	if !ok || group >= len(s.fleets) || i >= s.fleets[group].count {
		return nil
	}
	for _, t := range s.fleets[group].records {
		b := t.render(nil, i)
		if is, err := recordID(b); err == nil && is == id {
			return b
		}
	}
	return nil
}
