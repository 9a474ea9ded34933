package collector

import (
	"bytes"
	"encoding/json"
	"iter"
)

// The functions of this file walk JSON that compact has checked, so they neither look for errors nor skip white space.

// members ranges over the members of an object: names as they are written, without their quotes, and values.
func members(object []byte) iter.Seq2[[]byte, []byte] {
	return func(yield func([]byte, []byte) bool) {
		for i := 1; i < len(object)-1; i++ { // i is at the quote of a name; the step at the end skips a comma
			colon := valueEnd(object, i)
			end := valueEnd(object, colon+1)
			if !yield(object[i+1:colon-1], object[colon+1:end]) {
				return
			}
			i = end
		}
	}
}

// elements ranges over the elements of an array.
func elements(array []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for i := 1; i < len(array)-1; i++ {
			end := valueEnd(array, i)
			if !yield(array[i:end]) {
				return
			}
			i = end
		}
	}
}

// valueEnd returns the index after the value that begins at i.
func valueEnd(b []byte, i int) int {
	switch b[i] {
	case '"':
		return stringEnd(b, i)
	case '{', '[':
		for depth := 0; ; i++ {
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
	default:
		for i < len(b) && b[i] != ',' && b[i] != '}' && b[i] != ']' {
			i++
		}
		return i
	}
}

// stringEnd returns the index after the string whose opening quote is at i.
func stringEnd(b []byte, i int) int {
	for start := i + 1; ; {
		i += 1 + bytes.IndexByte(b[i+1:], '"')
		first := i // of the backslashes before the quote, which escape it when they are odd
		for first > start && b[first-1] == '\\' {
			first--
		}
		if (i-first)%2 == 0 {
			return i + 1
		}
	}
}

// member returns the value of an object's member, or nil when it has none or object is none.
func member(object []byte, name string) json.RawMessage {
	if !isObject(object) {
		return nil
	}
	for k, v := range members(object) {
		if string(k) == name {
			return v
		}
	}
	return nil
}

// textOf returns the string that is a member of an object; empty when it is missing or no string.
func textOf(object []byte, name string) string { return text(member(object, name)) }

// text returns the string that a value is; empty when it is none.
func text(value []byte) string {
	if len(value) < 2 || value[0] != '"' {
		return ""
	}
	if bytes.IndexByte(value, '\\') < 0 {
		return string(value[1 : len(value)-1])
	}
	var s string
	if err := json.Unmarshal(value, &s); err != nil {
		return "" // not reached: the value was checked
	}
	return s
}

func isObject(value []byte) bool { return len(value) > 0 && value[0] == '{' }
func isArray(value []byte) bool  { return len(value) > 0 && value[0] == '[' }

// object builds a JSON object member by member.
type object []byte

// set adds a member; a nil value adds none.
func (o *object) set(name string, value []byte) {
	if value == nil {
		return
	}
	if len(*o) > 0 {
		*o = append(*o, ',')
	}
	*o = append(append(append(*o, '"'), name...), '"', ':')
	*o = append(*o, value...)
}

// copyFrom adds those of the named members that src has.
func (o *object) copyFrom(src []byte, names ...string) {
	for _, name := range names {
		o.set(name, member(src, name))
	}
}

// json returns the object.
func (o object) json() json.RawMessage {
	return append(append(json.RawMessage{'{'}, o...), '}')
}

// array builds a JSON array element by element.
type array []byte

func (a *array) add(value []byte) {
	if len(*a) > 0 {
		*a = append(*a, ',')
	}
	*a = append(*a, value...)
}

// json returns the array.
func (a array) json() json.RawMessage {
	return append(append(json.RawMessage{'['}, a...), ']')
}

// quoted returns s as a JSON string.
func quoted(s string) []byte {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string always encodes
	}
	return b
}
