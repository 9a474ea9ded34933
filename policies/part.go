package policies

import (
	"encoding/json"
	"errors"

	"github.com/open-policy-agent/opa/v1/ast"
)

// part is an object of the document that is only looked into. It stands for the way to a value, never for one: a rule gets a part
// only where all its references go on to a member. OPA's evaluator asks for members with Get and Find, and for all names where a
// reference goes on by a name that it has to find; that, and whatever else it may ask, makes a value of the whole, and is noted as
// a read of the whole.
//
// OPA seals its interface of objects. Embedding it is a way in that breaks at compile time or in the tests of this
// package when OPA changes what it asks of an object, and never in silence: the embedded object is nil.
type part struct {
	ast.Object
	doc   *document
	at    *place
	reads *reads
}

var errNotFound = errors.New("not found")

func (p *part) Get(k *ast.Term) *ast.Term {
	name, ok := k.Value.(ast.String)
	if !ok {
		return nil // no member goes by it, which rests on there being an object: that is noted
	}
	return p.doc.get(p.doc.child(p.at, string(name)), p.reads.member(string(name)))
}

func (p *part) Find(path ast.Ref) (ast.Value, error) {
	if len(path) == 0 {
		return p, nil
	}
	t := p.Get(path[0])
	if t == nil {
		return nil, errNotFound
	}
	return t.Value.Find(path[1:])
}

func (p *part) IsGround() bool { return true }

// all makes a value of the whole.
func (p *part) all() ast.Object {
	if p.Object == nil {
		p.doc.note(p.at)
		if t := p.doc.termAt(p.at, everything); t != nil {
			p.Object, _ = t.Value.(ast.Object)
		}
		if p.Object == nil { // it was no JSON, which the document says
			p.Object = ast.NewObject()
		}
	}
	return p.Object
}

func (p *part) Compare(other ast.Value) int                   { return p.all().Compare(other) }
func (p *part) Hash() int                                     { return p.all().Hash() }
func (p *part) String() string                                { return p.all().String() }
func (p *part) Len() int                                      { return p.all().Len() }
func (p *part) Copy() ast.Object                              { return p.all().Copy() }
func (p *part) Insert(k, v *ast.Term)                         { p.all().Insert(k, v) }
func (p *part) Iter(f func(*ast.Term, *ast.Term) error) error { return p.all().Iter(f) }
func (p *part) Until(f func(*ast.Term, *ast.Term) bool) bool  { return p.all().Until(f) }
func (p *part) Foreach(f func(*ast.Term, *ast.Term))          { p.all().Foreach(f) }
func (p *part) Diff(other ast.Object) ast.Object              { return p.all().Diff(other) }
func (p *part) Intersect(other ast.Object) [][3]*ast.Term     { return p.all().Intersect(other) }
func (p *part) Merge(other ast.Object) (ast.Object, bool)     { return p.all().Merge(other) }
func (p *part) Filter(filter ast.Object) (ast.Object, error)  { return p.all().Filter(filter) }
func (p *part) Keys() []*ast.Term                             { return p.all().Keys() }
func (p *part) KeysIterator() ast.ObjectKeysIterator          { return p.all().KeysIterator() }
func (p *part) MarshalJSON() ([]byte, error)                  { return json.Marshal(p.all()) }
func (p *part) Map(f func(*ast.Term, *ast.Term) (*ast.Term, *ast.Term, error)) (ast.Object, error) {
	return p.all().Map(f)
}
func (p *part) MergeWith(other ast.Object, resolve func(v1, v2 *ast.Term) (*ast.Term, bool)) (ast.Object, bool) {
	return p.all().MergeWith(other, resolve)
}
