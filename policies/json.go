package policies

import (
	"encoding/json"
	"errors"
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"

	"tenor/internal/rawjson"
)

var errJSON = errors.New("malformed JSON")

// decodeTerm returns JSON, which a decoder has checked before, as OPA's value; what is damaged all the same is an error. Without
// nulls, the members of objects that are null are left out. Of the objects in lists, what r does not read is left out too.
func decodeTerm(b []byte, nulls bool, r *reads) (*ast.Term, error) {
	d := termDecoder{b: b, nulls: nulls}
	t := d.value(r)
	if t == nil || rawjson.SkipSpace(d.b, d.i) != len(b) {
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
	d.i = rawjson.SkipSpace(d.b, d.i)
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
	end := rawjson.ValueEnd(d.b, d.i)
	if end < 0 {
		return nil
	}
	word := string(d.b[d.i:end])
	d.i = end
	switch word {
	case "null":
		return ast.NullTerm()
	case "true":
		return ast.InternedTerm(true)
	case "false":
		return ast.InternedTerm(false)
	default:
		if word[0] != '-' && (word[0] < '0' || word[0] > '9') {
			return nil
		}
		return ast.NumberTerm(json.Number(word))
	}
}

func (d *termDecoder) text() (string, bool) {
	end := rawjson.StringEnd(d.b, d.i)
	if end < 0 {
		return "", false
	}
	s := string(rawjson.Unquote(d.b[d.i+1 : end-1]))
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
		d.i = rawjson.SkipSpace(d.b, d.i)
		if d.i >= len(d.b) || d.b[d.i] != '"' {
			return nil
		}
		name, ok := d.text()
		d.i = rawjson.SkipSpace(d.b, d.i)
		if !ok || d.i >= len(d.b) || d.b[d.i] != ':' {
			return nil
		}
		d.i = rawjson.SkipSpace(d.b, d.i+1)
		if r.of(name) {
			v := d.value(r.member(name))
			if v == nil {
				return nil
			}
			members = append(members, [2]*ast.Term{ast.StringTerm(name), v})
		} else {
			end := rawjson.ValueEnd(d.b, d.i)
			if end < 0 {
				return nil
			}
			d.i = end
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
	if d.i = rawjson.SkipSpace(d.b, d.i); d.i < len(d.b) && d.b[d.i] == c {
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
