package workbook

import (
	stdjson "encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"tenor/audit"
)

// scalar is a JSON string, number or boolean as text, null as "". A field whose type is not the documented one shows
// its JSON and does not fail the workbook.
type scalar string

// UnmarshalJSONFrom reads any value.
func (s *scalar) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	v, err := d.ReadValue()
	if err != nil {
		return err
	}
	switch v.Kind() {
	case 'n':
		*s = ""
	case '"':
		b, err := jsontext.AppendUnquote(nil, v)
		if err != nil {
			return err
		}
		*s = scalar(b)
	default:
		*s = scalar(v)
	}
	return nil
}

// decode reads one of AWS's documents of a resource into v, whose fields are the ones the workbook shows. No document is no error.
func decode(r *audit.Resource, section string, doc []byte, v any) error {
	if len(doc) == 0 {
		return nil
	}
	if err := json.Unmarshal(doc, v, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)); err != nil {
		return fmt.Errorf("%s %s in %s/%s: %s: %w", r.Kind, r.ID, r.Account, r.Region, section, err)
	}
	return nil
}

// decodeFacts reads a resource's facts into v, one of audit's …Facts types. No facts is no error.
func decodeFacts(r *audit.Resource, v any) error {
	if len(r.Facts) == 0 {
		return nil
	}
	if err := stdjson.Unmarshal(r.Facts, v); err != nil {
		return fmt.Errorf("%s %s in %s/%s: facts: %w", r.Kind, r.ID, r.Account, r.Region, err)
	}
	return nil
}

// documented is what every kind of row has.
type documented interface{ resource() *audit.Resource }

// document is the resource that a row shows.
type document struct{ *audit.Resource }

func (d document) resource() *audit.Resource { return d.Resource }

// The columns that say which resource a row is.

func id[T documented](head string) column[T] {
	return column[T]{head: head, kind: ident, of: func(v T) string { return v.resource().ID }}
}

func account[T documented]() column[T] {
	return column[T]{head: "Account", of: func(v T) string { return v.resource().Account }}
}

func region[T documented]() column[T] {
	return column[T]{head: "Region", of: func(v T) string { return v.resource().Region }}
}

func owner[T documented]() column[T] {
	return column[T]{head: "Owner", of: func(v T) string { return v.resource().Tags[audit.OwnerTag] }}
}

// gaps is the column that says what could not be collected.
func gaps[T documented]() column[T] {
	return column[T]{head: "Not collected", kind: prose, look: func(T) look { return bad }, of: func(v T) string {
		var gaps []string
		r := v.resource()
		for _, section := range slices.Sorted(maps.Keys(r.Gaps)) {
			gaps = append(gaps, section+": "+string(r.Gaps[section].Reason))
		}
		return strings.Join(gaps, ", ")
	}}
}

// yes shows a boolean.
func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// list shows values as one string.
func list[T any](vs []T, one func(T) string) string {
	var out []string
	for _, v := range vs {
		if s := one(v); s != "" {
			out = append(out, s)
		}
	}
	return strings.Join(out, ", ")
}
