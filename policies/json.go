package policies

import (
	"encoding/json"
	"errors"
	"slices"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/open-policy-agent/opa/v1/ast"

	"tenor/internal/rawjson"
)

var errJSON = errors.New("malformed JSON")

// decodeTerm returns JSON as OPA's value; what is damaged is an error. Without nulls, the members of objects that are null are left out.
// Of the objects in lists, what r does not read is left out too.
func decodeTerm(b []byte, nulls bool, r *reads) (*ast.Term, error) {
	if !jsontext.Value(b).IsValid(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)) {
		return nil, errJSON
	}
	return termOf(b[rawjson.SkipSpace(b, 0):], nulls, r), nil
}

// termOf is decodeTerm of what is valid, and begins where the value does.
func termOf(b []byte, nulls bool, r *reads) *ast.Term {
	switch b[0] {
	case '{':
		var members [][2]*ast.Term
		for name, value := range rawjson.Members(b) {
			if name := string(rawjson.Unquote(name)); r.of(name) {
				members = append(members, [2]*ast.Term{ast.StringTerm(name), termOf(value, nulls, r.member(name))})
			}
		}
		return ast.ObjectTerm(keep(members, nulls)...)
	case '[':
		var elems []*ast.Term
		for elem := range rawjson.Elements(b) {
			elems = append(elems, termOf(elem, nulls, r.element()))
		}
		return ast.ArrayTerm(elems...)
	case '"':
		text, _ := rawjson.Text(b[:rawjson.StringEnd(b, 0)])
		return ast.StringTerm(string(text))
	case 'n':
		return ast.NullTerm()
	case 't', 'f':
		return ast.InternedTerm(b[0] == 't')
	}
	return ast.NumberTerm(json.Number(b[:rawjson.ValueEnd(b, 0)]))
}

// fewMembers is up to how many members are compared with one another in search of two with one name.
const fewMembers = 16

// keep leaves out the members that another of the same name follows, as encoding/json does, and nulls unless they are to stay.
func keep(members [][2]*ast.Term, nulls bool) [][2]*ast.Term {
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
		if _, null := m[1].Value.(ast.Null); !again(i) && (nulls || !null) {
			kept = append(kept, m)
		}
	}
	return kept
}
