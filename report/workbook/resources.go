package workbook

import (
	"bytes"
	stdjson "encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	jsonv1 "github.com/go-json-experiment/json/v1"

	"tenor/audit"
	"tenor/report/workbook/xlsx"
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
	return s.read(v, nil)
}

// read reads a value as it stands in a document.
func (s *scalar) read(v []byte, t *texts) error {
	switch {
	case string(v) == "null":
		*s = ""
	case len(v) < 2 || v[0] != '"':
		*s = scalar(t.add(v))
	case bytes.IndexByte(v, '\\') < 0:
		*s = scalar(t.add(v[1 : len(v)-1]))
	default:
		b, err := jsontext.AppendUnquote(nil, v)
		if err != nil {
			return err
		}
		*s = scalar(b)
	}
	return nil
}

// texts makes the strings of rows that are soon gone: in blocks, each of which lives as long as any of its strings.
type texts struct{ block strings.Builder }

// add returns a string of its own, which is in no block where there are no texts.
func (t *texts) add(v []byte) string {
	if t == nil {
		return string(v)
	}
	const size = 16 << 10
	if t.block.Cap()-t.block.Len() < len(v) {
		t.block = strings.Builder{}
		t.block.Grow(max(size, len(v)))
	}
	start := t.block.Len()
	t.block.Write(v)
	return t.block.String()[start:]
}

// lenient lets through what AWS should not send and a snapshot may hold, and goes on after a value of another type.
var lenient = json.JoinOptions(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true),
	jsonv1.ReportErrorsWithLegacySemantics(true))

// decode reads one of AWS's documents of the resource into v, whose fields are the ones the workbook shows. No document is
// no error. What is not of the documented type is left out, and the row says so.
func (s *source) decode(section string, doc []byte, v any) {
	if len(doc) == 0 {
		return
	}
	if err := json.Unmarshal(doc, v, lenient); err != nil {
		s.malformed(section, err)
	}
}

// malformed notes that a section could not be read, unless it is noted as missing already.
func (s *source) malformed(section string, err error) {
	if _, ok := s.gaps[section]; ok {
		return
	}
	gaps := map[string]audit.Gap{section: {Reason: audit.ReasonMalformed, Message: err.Error()}}
	maps.Copy(gaps, s.gaps)
	s.gaps = gaps
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

// source is what a row keeps of its resource: the documents are not held once they are read.
type source struct {
	Account, Region, ID, Name, Owner string
	gaps                             map[string]audit.Gap
}

func sourceOf(r *audit.Resource) source {
	return source{r.Account, r.Region, r.ID, r.Name, r.Tags[audit.OwnerTag], r.Gaps}
}

func (s *source) from() *source { return s }

// sourced is a row of any kind of resource.
type sourced interface{ from() *source }

// The columns that say which resource a row is.

func id[T sourced](head string) xlsx.Column[T] {
	return shown(head, xlsx.Ident, func(v T) string { return v.from().ID })
}

func account[T sourced]() xlsx.Column[T] {
	return shown("Account", xlsx.Text, func(v T) string { return v.from().Account })
}

func region[T sourced]() xlsx.Column[T] {
	return shown("Region", xlsx.Text, func(v T) string { return v.from().Region })
}

func owner[T sourced]() xlsx.Column[T] {
	return shown("Owner", xlsx.Text, func(v T) string { return v.from().Owner })
}

// gaps is the column that says what could not be collected.
func gaps[T sourced]() xlsx.Column[T] {
	return xlsx.Column[T]{Head: "Not collected", Kind: xlsx.Prose, Look: func(T) xlsx.Look { return xlsx.Bad }, Of: func(v T) string {
		gaps := v.from().gaps
		if len(gaps) == 0 {
			return ""
		}
		return list(slices.Sorted(maps.Keys(gaps)), func(section string) string { return section + ": " + string(gaps[section].Reason) })
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
