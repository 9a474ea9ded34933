package policies

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/open-policy-agent/opa/v1/ast"

	"tenor/audit"
)

// What follows reads JSON that a decoder has checked before, straight into OPA's values. What is damaged all the same is
// an error or is not found; nothing panics.

var errJSON = errors.New("malformed JSON")

// jsonMember is a member of an object: its name as it is written, without the quotes, and its value.
type jsonMember struct {
	name  []byte
	value json.RawMessage
}

func (m jsonMember) is(name string) bool {
	if bytes.IndexByte(m.name, '\\') < 0 && utf8.Valid(m.name) {
		return string(m.name) == name
	}
	return unquote(m.name) == name
}

// indexMembers appends the members of an object to dst, in one pass that decodes nothing. What is no object has none; ok is
// false for an object that is damaged.
func indexMembers(dst []jsonMember, b []byte) (_ []jsonMember, ok bool) {
	i := skipSpace(b, 0)
	if i >= len(b) || b[i] != '{' {
		return dst, true
	}
	if i = skipSpace(b, i+1); i < len(b) && b[i] == '}' {
		return dst, true
	}
	for ; ; i++ {
		i = skipSpace(b, i)
		end := stringEnd(b, i)
		if i >= len(b) || b[i] != '"' || b[end-1] != '"' || end < i+2 {
			return dst, false
		}
		name := b[i+1 : end-1]
		if i = skipSpace(b, end); i >= len(b) || b[i] != ':' {
			return dst, false
		}
		i = skipSpace(b, i+1)
		end = valueEnd(b, i)
		dst = append(dst, jsonMember{name, b[i:end:end]})
		if i = skipSpace(b, end); i >= len(b) || b[i] != ',' {
			return dst, i < len(b) && b[i] == '}' && len(dst[len(dst)-1].value) > 0
		}
	}
}

func skipSpace(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\t' || b[i] == '\r') {
		i++
	}
	return i
}

// stringEnd returns the index after the string whose opening quote is at i, len(b) when it does not end.
func stringEnd(b []byte, i int) int {
	for i++; i < len(b); i += 2 { // from an escape to behind the character that it escapes
		n := bytes.IndexByte(b[i:], '"')
		if n < 0 {
			return len(b)
		}
		esc := bytes.IndexByte(b[i:i+n], '\\')
		if esc < 0 {
			return i + n + 1
		}
		i += esc
	}
	return len(b)
}

// valueEnd returns the index after the value that begins at i.
func valueEnd(b []byte, i int) int {
	if i >= len(b) {
		return len(b)
	}
	switch b[i] {
	case '"':
		return stringEnd(b, i)
	case '{', '[':
		for depth := 0; i < len(b); i++ {
			switch b[i] {
			case '"':
				i = stringEnd(b, i) - 1
			case '{', '[':
				depth++
			case '}', ']':
				if depth--; depth == 0 {
					return i + 1
				}
			}
		}
		return len(b)
	}
	for i < len(b) && !strings.ContainsRune(",}] \n\t\r", rune(b[i])) {
		i++
	}
	return i
}

// quote returns a string as JSON.
func quote(s string) json.RawMessage {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c >= 0x7f || c == '"' || c == '\\' {
			b, err := audit.EncodeJSON(s)
			if err != nil { // a string is always JSON
				return nil
			}
			return b
		}
	}
	b := make(json.RawMessage, 0, len(s)+2)
	return append(append(append(b, '"'), s...), '"')
}

// unquote returns the string between the quotes.
func unquote(b []byte) string {
	if bytes.IndexByte(b, '\\') < 0 && utf8.Valid(b) {
		return string(b)
	}
	var s string
	if json.Unmarshal(append(append([]byte{'"'}, b...), '"'), &s) != nil {
		return string(b)
	}
	return s
}

// decodeTerm returns JSON as OPA's value. Without nulls, the members of objects that are null are left out. Of the objects
// in lists, what r does not read is left out too.
func decodeTerm(b []byte, nulls bool, r *reads) (*ast.Term, error) {
	d := termDecoder{b: b, nulls: nulls}
	t := d.value(r)
	if d.i = skipSpace(d.b, d.i); t == nil || d.i != len(b) {
		return nil, errJSON
	}
	return t, nil
}

type termDecoder struct {
	b     []byte
	i     int
	nulls bool
	depth int
}

// maxDepth bounds the nesting that is followed, as encoding/json does.
const maxDepth = 10000

// value decodes the value at d.i; nil when there is none.
func (d *termDecoder) value(r *reads) *ast.Term {
	d.i = skipSpace(d.b, d.i)
	if d.i >= len(d.b) || d.depth > maxDepth {
		return nil
	}
	switch d.b[d.i] {
	case '{':
		return d.object(r)
	case '[':
		return d.array(r)
	case '"':
		s, ok := d.text()
		if !ok {
			return nil
		}
		return ast.StringTerm(s)
	}
	start := d.i
	d.i = valueEnd(d.b, d.i)
	switch word := string(d.b[start:d.i]); word {
	case "null":
		return ast.NullTerm()
	case "true":
		return ast.InternedTerm(true)
	case "false":
		return ast.InternedTerm(false)
	default:
		if word == "" || word[0] != '-' && (word[0] < '0' || word[0] > '9') {
			return nil
		}
		return ast.NumberTerm(json.Number(word))
	}
}

func (d *termDecoder) text() (string, bool) {
	end := stringEnd(d.b, d.i)
	if end < d.i+2 || d.b[end-1] != '"' {
		return "", false
	}
	s := unquote(d.b[d.i+1 : end-1])
	d.i = end
	return s, true
}

func (d *termDecoder) array(r *reads) *ast.Term {
	var elems []*ast.Term
	d.depth++
	defer func() { d.depth-- }()
	if d.i++; d.closes(']') {
		return ast.ArrayTerm()
	}
	for {
		t := d.value(r.element())
		if t == nil {
			return nil
		}
		elems = append(elems, t)
		if d.closes(']') {
			return ast.ArrayTerm(elems...)
		}
		if !d.comma() {
			return nil
		}
	}
}

// object decodes an object, which inside a list holds only what r reads by name.
func (d *termDecoder) object(r *reads) *ast.Term {
	var members [][2]*ast.Term
	d.depth++
	defer func() { d.depth-- }()
	if d.i++; d.closes('}') {
		return ast.ObjectTerm()
	}
	for {
		d.i = skipSpace(d.b, d.i)
		if d.i >= len(d.b) || d.b[d.i] != '"' {
			return nil
		}
		name, ok := d.text()
		d.i = skipSpace(d.b, d.i)
		if !ok || d.i >= len(d.b) || d.b[d.i] != ':' {
			return nil
		}
		d.i = skipSpace(d.b, d.i+1)
		if r.of(name) {
			v := d.value(r.member(name))
			if v == nil {
				return nil
			}
			members = append(members, [2]*ast.Term{ast.StringTerm(name), v})
		} else {
			d.i = valueEnd(d.b, d.i)
		}
		if d.closes('}') {
			return ast.ObjectTerm(d.keep(members)...)
		}
		if !d.comma() {
			return nil
		}
	}
}

// fewMembers is up to how many members are compared with one another in search of two with one name.
const fewMembers = 16

// keep leaves out the members that another of the same name follows, as encoding/json does, and nulls.
func (d *termDecoder) keep(members [][2]*ast.Term) [][2]*ast.Term {
	again := func(i int) bool {
		name := members[i][0].Value.(ast.String)
		return slices.ContainsFunc(members[i+1:], func(o [2]*ast.Term) bool { return o[0].Value.(ast.String) == name })
	}
	if len(members) > fewMembers {
		last := map[ast.Value]int{}
		for i, m := range members {
			last[m[0].Value] = i
		}
		again = func(i int) bool { return last[members[i][0].Value] != i }
	}
	kept := members[:0]
	for i, m := range members {
		if _, null := m[1].Value.(ast.Null); !again(i) && (d.nulls || !null) {
			kept = append(kept, m)
		}
	}
	return kept
}

// closes steps over the bracket c if it is next.
func (d *termDecoder) closes(c byte) bool {
	if d.i = skipSpace(d.b, d.i); d.i < len(d.b) && d.b[d.i] == c {
		d.i++
		return true
	}
	return false
}

func (d *termDecoder) comma() bool {
	if d.i < len(d.b) && d.b[d.i] == ',' {
		d.i++
		return true
	}
	return false
}
