package policies

import (
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/topdown"
)

// callables are the built-ins that the fast path calls: those whose value follows from their operands alone, and that take
// no time to speak of with the patterns, formats and delimiters of the pack. Its rules use one other, numbers.range.
var callables = []*ast.Builtin{
	ast.Equal, ast.NotEqual, ast.GreaterThan, ast.GreaterThanEq, ast.LessThan, ast.LessThanEq, ast.Member, ast.MemberWithKey,
	ast.Plus, ast.Minus, ast.Multiply, ast.Divide, ast.Rem, ast.Round, ast.Floor, ast.Ceil, ast.Abs,
	ast.Count, ast.Sum, ast.Max, ast.Min, ast.Sort, ast.And, ast.Or, ast.ArrayConcat, ast.ArraySlice,
	ast.IsNumber, ast.IsString, ast.IsBoolean, ast.IsArray, ast.IsSet, ast.IsObject, ast.IsNull,
	ast.ObjectGet, ast.ObjectFilter, ast.ObjectRemove, ast.ObjectUnion, ast.ToNumber,
	ast.StartsWith, ast.EndsWith, ast.Contains, ast.Lower, ast.Upper, ast.Trim, ast.TrimSpace, ast.TrimPrefix, ast.TrimSuffix,
	ast.Substring, ast.Split, ast.Concat, ast.Sprintf, ast.RegexFind, ast.RegexMatch, ast.ParseRFC3339Nanos, ast.ParseNanos,
}

// callable reports whether a built-in is one of the callables. A format with a number in it may ask for any width.
func callable(name string, terms []*ast.Term) bool {
	if !slices.ContainsFunc(callables, func(b *ast.Builtin) bool { return b.Name == name }) {
		return false
	}
	if name != ast.Sprintf.Name {
		return true
	}
	format, ok := terms[1].Value.(ast.String)
	return ok && !strings.ContainsAny(strings.ReplaceAll(string(format), "%02d", ""), "*123456789")
}

// The bounds of what a built-in is given here. Most take time and memory that grow with their operands. regex.match and
// concat may take their product, but one factor is a constant of the pack.
const (
	maxWeight   = 1 << 14 // bytes, of all that it is given
	maxDigits   = 200     // of a number
	maxExponent = 2       // digits of its exponent
	perStep     = 32      // bytes of them are worth a step
)

// builtin returns what a call of a built-in comes to; nil for nothing.
func (f *fastPath) builtin(vars []value, s *step) *ast.Term {
	begin, weight := len(f.args), 0
	for _, arg := range s.args {
		if !arg.known(vars) {
			panic(giveUp{})
		}
		v := f.value(vars, arg)
		t := f.stands(v)
		if !s.typed {
			t = f.term(v)
		}
		weight = bytesOf(t.Value, weight)
		f.args = append(f.args, t)
	}
	f.spend(weight / perStep)
	f.out = nil
	err := s.call(topdown.BuiltinContext{}, f.args[begin:len(f.args):len(f.args)], f.take)
	if f.args = f.args[:begin]; err != nil {
		panic(giveUp{})
	}
	return f.out
}

// bytesOf adds to the weight that of a value, and gives up on what is more than a built-in is to be given.
func bytesOf(v ast.Value, weight int) int {
	weight++
	switch v := v.(type) {
	case ast.String:
		weight += len(v)
	case ast.Number:
		e := strings.IndexAny(string(v), "eE")
		if len(v) > maxDigits || e >= 0 && len(strings.TrimLeft(string(v[e+1:]), "+-")) > maxExponent {
			panic(giveUp{})
		}
	case *ast.Array:
		for i := range v.Len() {
			weight = bytesOf(v.Elem(i).Value, weight)
		}
	case ast.Object:
		weight = objectBytes(v, weight)
	case ast.Set:
		for _, elem := range v.Slice() {
			weight = bytesOf(elem.Value, weight)
		}
	}
	if weight > maxWeight {
		panic(giveUp{})
	}
	return weight
}

// objectBytes is bytesOf for an object. It is apart since its closure would make every call of bytesOf allocate.
func objectBytes(v ast.Object, weight int) int {
	v.Foreach(func(key, member *ast.Term) { weight = bytesOf(member.Value, bytesOf(key.Value, weight)) })
	return weight
}
