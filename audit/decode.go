package audit

import (
	"bytes"
	"cmp"
	stdjson "encoding/json"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// lineOptions let through what encoding/json reads.
var lineOptions = json.JoinOptions(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))

// DecodeResource reads one line of a file of resources into r, which is empty. It checks the whole line, nested documents
// included, and leaves out members that it does not know. An error says in which column the line is no JSON or no resource.
func DecodeResource(line []byte, r *Resource) error {
	if k := jsontext.Value(line).Kind(); k != '{' && k != jsontext.KindInvalid {
		return fmt.Errorf("column 1: want an object, not a JSON %s", k)
	}
	err := json.Unmarshal(line, r, lineOptions)
	if e, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		return fmt.Errorf("column %d: %w", e.ByteOffset+1, e.Err)
	}
	if e, ok := errors.AsType[*json.SemanticError](err); ok {
		return fmt.Errorf("column %d: unexpected JSON %s in %s", e.ByteOffset+1, e.JSONKind, e.JSONPointer)
	}
	return err
}

// DecodeJSON reads the text of a file called name, one JSON value, into v, and leaves out members that v does not have. An error says
// in which line, and of what member, the text is not that: "snapshot/manifest.json:3: /accounts/0: …".
func DecodeJSON(name string, text []byte, v any) error {
	return decode(name, json.Unmarshal(text, v, lineOptions), func() io.Reader { return bytes.NewReader(text) })
}

// DecodeJSONFrom is DecodeJSON of a file that is not to be held in memory; again reads it from its beginning, to find a line.
func DecodeJSONFrom(name string, r io.Reader, again func() io.Reader, v any) error {
	return decode(name, json.UnmarshalRead(r, v, lineOptions), again)
}

// decode says where in a file an error of its decoder is.
func decode(name string, err error, again func() io.Reader) error {
	at := func(offset int64) string { return fmt.Sprintf("%s:%d", name, LineAt(again(), offset)) }
	if cut := CutOff(err); errors.Is(cut, errCutOff) {
		return fmt.Errorf("%s: %w", at(math.MaxInt64), cut)
	}
	if e, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		return fmt.Errorf("%s: %w", at(e.ByteOffset), e.Err)
	}
	if e, ok := errors.AsType[*json.SemanticError](err); ok {
		return fmt.Errorf("%s: %s: unexpected JSON %s", at(e.ByteOffset), cmp.Or(string(e.JSONPointer), "/"), e.JSONKind)
	}
	return err
}

var errCutOff = errors.New("the file is cut off")

// CutOff says in words that a file ends before what it has is whole, of an error of its reader that is, or wraps, io.EOF or
// io.ErrUnexpectedEOF. Every other error, and nil, is returned as it is.
func CutOff(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errCutOff
	}
	return err
}

// LineAt returns the line, from 1, at which an offset of a text is: of one that cannot be read so far, the last that can.
func LineAt(text io.Reader, offset int64) int {
	line, buf := 1, make([]byte, 32<<10)
	for r := io.LimitReader(text, offset); ; {
		n, err := r.Read(buf)
		line += bytes.Count(buf[:n], []byte("\n"))
		if err != nil {
			return line
		}
	}
}

// Readers read what the decoder does not know, or not as fast: the standard library's Number, which is a number with its own digits,
// and Optional, which fills reports, without its detour over that library.
func Readers() *json.Unmarshalers {
	return json.JoinUnmarshalers(json.UnmarshalFromFunc(readOptional), json.UnmarshalFromFunc(readNumber))
}

func readOptional(d *jsontext.Decoder, o *Optional) error {
	t, err := d.ReadToken()
	switch {
	case err != nil:
		return err
	case t.Kind() == 'n':
		*o = ""
	case t.Kind() == '"':
		*o = Optional(t.String())
	default:
		return fmt.Errorf("does not take a value of kind %s", t.Kind())
	}
	return nil
}

func readNumber(d *jsontext.Decoder, n *stdjson.Number) error {
	if k := d.PeekKind(); k != '0' {
		return fmt.Errorf("does not take a value of kind %s", k)
	}
	v, err := d.ReadValue()
	*n = stdjson.Number(v)
	return err
}
