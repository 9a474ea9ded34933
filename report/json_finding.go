package report

import (
	"github.com/go-json-experiment/json/jsontext"

	"tenor/audit"
)

// appendFinding appends a finding as one line of JSON. It is what jsonOptions makes of it, written out, because a report
// may have a million of them; a test holds the two against each other.
func appendFinding(b []byte, f *audit.Finding) ([]byte, error) {
	b = appendString(append(b, `{"fingerprint":`...), f.Fingerprint)
	b = appendString(append(b, `,"rule":`...), f.Rule)
	b = appendString(append(b, `,"severity":`...), string(f.Severity))
	b = appendString(append(b, `,"verdict":`...), string(f.Verdict))
	b = appendRef(append(b, `,"resource":`...), &f.Resource)
	b = appendString(append(b, `,"msg":`...), f.Msg)
	b = append(b, `,"evidence":`...)
	if len(f.Evidence) == 0 {
		b = append(b, "null"...)
	} else {
		var err error
		if b, err = jsontext.AppendFormat(b, f.Evidence, jsontext.AllowInvalidUTF8(true)); err != nil {
			return b, err
		}
	}
	b = appendOptional(append(b, `,"due":`...), f.Due)
	b = append(b, `,"amount":`...)
	if m := f.Amount; m != nil {
		b = appendString(append(b, `{"value":`...), m.Value)
		b = appendString(append(b, `,"currency":`...), m.Currency)
		b = appendString(append(b, `,"per":`...), m.Per)
		b = append(b, '}')
	} else {
		b = append(b, "null"...)
	}
	b = appendString(append(b, `,"remediation":`...), f.Remediation)
	b = appendOptional(append(b, `,"command":`...), f.Command)
	b = appendOptional(append(b, `,"first_seen":`...), f.FirstSeen)
	b = appendOptional(append(b, `,"change":`...), f.Change)
	b = append(b, `,"waiver":`...)
	if w := f.Waiver; w != nil {
		b = appendString(append(b, `{"resource":`...), w.Resource)
		b = appendString(append(b, `,"reason":`...), w.Reason)
		b = appendString(append(b, `,"owner":`...), w.Owner)
		b = appendString(append(b, `,"expires":`...), w.Expires)
		b = append(b, '}')
	} else {
		b = append(b, "null"...)
	}
	if f.Optional {
		b = append(b, `,"optional":true`...)
	}
	return append(b, '}'), nil
}

// appendSilenced appends one line of JSON as appendFinding does.
func appendSilenced(b []byte, s *audit.Silenced) ([]byte, error) {
	b, err := appendFinding(append(b, `{"finding":`...), &s.Finding)
	if err != nil {
		return b, err
	}
	b = appendString(append(b, `,"by":`...), string(s.By))
	b = appendString(append(b, `,"name":`...), s.Name)
	b = appendOptional(append(b, `,"before":`...), s.Before)
	b = appendOptional(append(b, `,"after":`...), s.After)
	return append(b, '}'), nil
}

// appendChanged appends one line of JSON as appendFinding does.
func appendChanged(b []byte, c *audit.Changed) ([]byte, error) {
	b = appendString(append(b, `{"fingerprint":`...), c.Fingerprint)
	b = appendString(append(b, `,"rule":`...), c.Rule)
	b = append(b, `,"fields":[`...)
	for i, field := range c.Fields {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(b, field)
	}
	b, err := appendFinding(append(b, `],"before":`...), &c.Before)
	if err != nil {
		return b, err
	}
	b, err = appendFinding(append(b, `,"after":`...), &c.After)
	return append(b, '}'), err
}

func appendRef(b []byte, r *audit.ResourceRef) []byte {
	b = appendString(append(b, `{"kind":`...), r.Kind)
	b = appendString(append(b, `,"id":`...), r.ID)
	b = appendOptional(append(b, `,"arn":`...), r.ARN)
	b = appendString(append(b, `,"name":`...), r.Name)
	b = appendString(append(b, `,"account":`...), r.Account)
	b = appendString(append(b, `,"region":`...), r.Region)
	b = appendString(append(b, `,"owner":`...), r.Owner)
	return append(b, '}')
}

// appendString appends a string of JSON. An invalid UTF-8 byte is replaced, which is all that the error tells of.
func appendString(b []byte, s string) []byte {
	b, _ = jsontext.AppendQuote(b, s)
	return b
}

func appendOptional(b []byte, o audit.Optional) []byte {
	if o == "" {
		return append(b, "null"...)
	}
	return appendString(b, string(o))
}
