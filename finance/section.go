package finance

import (
	stdjson "encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"tenor/audit"
)

// The sections of Related that finance reads.
const (
	sectionBilling     = "billing"
	sectionPricing     = "renewal_pricing"
	sectionOutpost     = "outpost"
	sectionQuoteOption = "quote_option"
	sectionPrices      = "prices" // of the subscriptions in billing; finance alone makes it a gap, as it does
	sectionDates       = "dates"  // those that say in which state a contract is
	sectionAssets      = "assets"
	sectionInstances   = "asset_instances"
	sectionHistoryUsed = "capacity_history"
	sectionSlots       = "slots" // that the hosts in assets name; a gap made by finance alone
	sectionArtifact    = "artifact"
	sectionRecords     = "records"
	sectionHistory     = "history" // as far back as a failure goes; a gap made by finance alone
	sectionBudgets     = "budgets"
	sectionFailure     = "failure" // what records say of one; finance alone makes it a gap, as it does
)

// section returns a section of r, and nil where it was not collected whole: what Related has of one with a gap, such as
// the first of two pages, is not to be taken for all.
func section(r *audit.Resource, name string) stdjson.RawMessage {
	if _, gap := r.Gaps[name]; gap {
		return nil
	}
	return r.Related[name]
}

// UnreadableError says which part of a resource is no JSON of the shape that AWS documents, or holds a price that is none.
type UnreadableError struct {
	Path   string // from the document's root: spec, related.billing.Subscriptions[0].UpfrontPrice
	Err    error
	Stands bool // its section does without it: the facts that rest on it are unknown, the others are not
}

func (e *UnreadableError) Error() string { return "read " + e.Path + ": " + e.Err.Error() }

func (e *UnreadableError) Unwrap() error { return e.Err }

// Section is the section in which the part lies: spec, or the name of one of related.
func (e *UnreadableError) Section() string {
	path, _ := strings.CutPrefix(e.Path, "related.")
	section, _, _ := strings.Cut(path, ".")
	return section
}

// GapOf returns the gap that an error of Enrich is, on the ledger and in the section of a resource of the kind; no section where the
// error names none, or only of a part that its section does without.
func GapOf(kind string, err error) (section string, gap audit.Gap) {
	u, ok := errors.AsType[*UnreadableError](err)
	if ok {
		section, err = u.Section(), u
	}
	gap = audit.Gap{Operation: audit.KindOf(kind).Operation(section), Reason: audit.ReasonMalformed, Message: err.Error()}
	if ok && u.Stands {
		section = ""
	}
	return section, gap
}

// decode reads the JSON of a section, and returns the zero value where it is missing or null. The error names the path of
// what could not be read.
func decode[T any](b stdjson.RawMessage, path string) (T, error) {
	var v T
	if len(b) == 0 || json.Unmarshal(b, &v, decoding) == nil {
		return v, nil
	}
	// The standard library takes some more, such as a name that comes twice, and says what is wrong with the rest.
	var again T
	err := stdjson.Unmarshal(b, &again)
	if e, ok := errors.AsType[*stdjson.UnmarshalTypeError](err); ok {
		if e.Field != "" {
			path += "." + e.Field
		}
		return again, &UnreadableError{Path: path, Err: fmt.Errorf("unexpected JSON %s", e.Value)}
	}
	if err != nil {
		return again, &UnreadableError{Path: path, Err: err}
	}
	return again, nil
}

// decoding are the options of a decoder that takes half as long as the standard library's, whose Number it does not know.
var decoding = json.WithUnmarshalers(json.UnmarshalFromFunc(readNumber))

func readNumber(d *jsontext.Decoder, n *stdjson.Number) error {
	v, err := d.ReadValue()
	if err != nil {
		return err
	}
	switch v.Kind() {
	case 'n':
		*n = ""
		return nil
	case '0':
		*n = stdjson.Number(v)
		return nil
	}
	return errors.New("want a number")
}
