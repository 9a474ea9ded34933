package report

import (
	stdjson "encoding/json"
	"fmt"
	"io"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"tenor/audit"
)

// JSON writes the record of a run, report.json: one object, indented by one space, with one finding a line. Empty lists
// are [] and never null.
func JSON(w io.Writer, r audit.Report) error {
	list := slices.DeleteFunc(sections(&r), func(s section) bool {
		b, bill := s.value.(**audit.Billing)
		return s.name == undeliveredSection || bill && *b == nil // the last, and a bill where none is configured
	})
	if err := writeSections(w, list, " "); err != nil {
		return err
	}
	end, err := JSONEnd(r.Undelivered)
	if err == nil {
		_, err = w.Write(end)
	}
	return err
}

// writeSections begins an object with members, each on a line that begins with indent.
func writeSections(w io.Writer, list []section, indent string) error {
	sep := "{"
	for _, s := range list {
		if _, err := fmt.Fprintf(w, "%s\n%s%q: ", sep, indent, s.name); err != nil {
			return err
		}
		sep = ","
		if err := writeSection(w, s, indent); err != nil {
			return err
		}
	}
	return nil
}

// writeSection writes the value of a member whose line begins with indent.
func writeSection(w io.Writer, s section, indent string) error {
	switch v := s.value.(type) {
	case *audit.FindingList:
		return writeList(w, *v, indent, appendFinding)
	case *audit.SilencedList:
		return writeList(w, *v, indent, appendSilenced)
	case **audit.Ledger:
		rows := func(yield func(audit.Coverage, error) bool) {
			for c := range (*v).All() {
				if !yield(c, nil) {
					return
				}
			}
		}
		return writeList(w, audit.NewList((*v).Len(), rows), indent, func(b []byte, c *audit.Coverage) ([]byte, error) {
			return c.Append(b, indent+" ", appendString), nil
		})
	case *audit.ChangedList:
		return writeList(w, *v, indent, appendChanged)
	case *audit.RenewalList:
		return writeList(w, *v, indent, func(b []byte, rn *audit.Renewal) ([]byte, error) {
			text, err := json.Marshal(rn, jsonOptions(), jsontext.WithIndent(" "), jsontext.WithIndentPrefix(indent+" "))
			return append(b, text...), err
		})
	case **audit.Changes:
		if *v == nil {
			break
		}
		if err := writeSections(w, changeSections(*v), indent+" "); err != nil {
			return err
		}
		_, err := io.WriteString(w, "\n"+indent+"}")
		return err
	}
	if err := json.MarshalWrite(w, s.value, jsonOptions(), jsontext.WithIndent(" "), jsontext.WithIndentPrefix(indent)); err != nil {
		return fmt.Errorf("encode %s: %w", s.name, err)
	}
	return nil
}

// JSONEnd returns what a record ends with, its last section: so it can say what is missing without being encoded anew.
func JSONEnd(list []audit.Undelivered) ([]byte, error) {
	if list == nil {
		list = []audit.Undelivered{}
	}
	b, err := json.Marshal(list, jsonOptions(), jsontext.WithIndent(" "), jsontext.WithIndentPrefix(" "))
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", undeliveredSection, err)
	}
	return fmt.Appendf(nil, ",\n %q: %s\n}\n", undeliveredSection, b), nil
}

// writeList writes records, each from a line of its own.
func writeList[T any](w io.Writer, list audit.List[T], indent string, appendTo func([]byte, *T) ([]byte, error)) error {
	b, end := []byte("["), "[]"
	for v, err := range list.All() {
		if err != nil {
			return err
		}
		if b, err = appendTo(append(b, "\n "+indent...), &v); err != nil {
			return fmt.Errorf("encode a record: %w", err)
		}
		if _, err := w.Write(b); err != nil {
			return err
		}
		b, end = append(b[:0], ','), "\n"+indent+"]"
	}
	_, err := io.WriteString(w, end)
	return err
}

// A section is one member of the report's object.
type section struct {
	name  string
	value any // points to a field of an audit.Report
}

const (
	versionSection     = "schema_version"
	undeliveredSection = "undelivered"
)

// laterSections are those that reports of the first versions are without, or that not every report has.
var laterSections = []string{"settings", "silenced", undeliveredSection, "decisions", "contracts", "cash_by_fiscal_year", "billing",
	"products", "budgets"}

// sections lists the members of report.json in their order, for writing and for reading.
func sections(r *audit.Report) []section {
	return []section{
		{versionSection, &r.SchemaVersion},
		{"run", &r.Run},
		{"status", &r.Status},
		{"summary", &r.Summary},
		{"coverage", &r.Coverage},
		{"rules", &r.Rules},
		{"findings", &r.Findings},
		{"renewals", &r.Renewals},
		{"commitments", &r.Commitments},
		{"billing", &r.Billing},
		{"products", &r.Products},
		{"budgets", &r.Budgets},
		{"waivers", &r.Waivers},
		{"decisions", &r.Decisions},
		{"changes", &r.Changes},
		{undeliveredSection, &r.Undelivered},
	}
}

// changeSections lists the members of changes, as sections does.
func changeSections(c *audit.Changes) []section {
	return []section{
		{"baseline", &c.Baseline},
		{"settings", &c.Settings},
		{"new", &c.New},
		{"persisting", &c.Persisting},
		{"changed", &c.Changed},
		{"resolved", &c.Resolved},
		{"not_reevaluated", &c.NotReevaluated},
		{"silenced", &c.Silenced},
		{"contracts", &c.Contracts},
		{"cash_by_fiscal_year", &c.Cash},
	}
}

// jsonOptions are how report.json is encoded and decoded: keys of maps sorted, an invalid UTF-8 byte replaced, a raw
// message read back without the white space it was written with. The standard library's Number, which this encoder does
// not know, is a number with its own digits.
func jsonOptions() json.Options {
	return json.JoinOptions(
		json.Deterministic(true),
		jsontext.AllowInvalidUTF8(true),
		json.WithMarshalers(json.JoinMarshalers(json.MarshalToFunc(writeNumber), json.MarshalToFunc(writeCalendar))),
		json.WithUnmarshalers(readers()),
	)
}

func readers() *json.Unmarshalers {
	return json.JoinUnmarshalers(audit.Readers(), json.UnmarshalFromFunc(readRaw))
}

// writeCalendar writes the days as they come, since there may be very many.
func writeCalendar(e *jsontext.Encoder, days audit.CalendarList) error {
	if err := e.WriteToken(jsontext.BeginArray); err != nil {
		return err
	}
	for d, err := range days.All() {
		if err != nil {
			return err
		}
		if err := json.MarshalEncode(e, &d); err != nil {
			return err
		}
	}
	return e.WriteToken(jsontext.EndArray)
}

func writeNumber(e *jsontext.Encoder, n stdjson.Number) error {
	return e.WriteValue(jsontext.Value(n))
}

func readRaw(d *jsontext.Decoder, m *stdjson.RawMessage) error {
	v, err := d.ReadValue()
	if err != nil {
		return err
	}
	v = v.Clone()
	if err := v.Compact(d.Options()); err != nil {
		return err
	}
	*m = stdjson.RawMessage(v)
	return nil
}
