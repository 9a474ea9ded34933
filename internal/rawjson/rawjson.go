// Package rawjson reads JSON (RFC 8259) where it stands and writes strings of it: the one scanner and the one quoter of tenor, for
// what there are millions of and decoding would cost several times as much. Members, Elements and Find look into a value, Text
// and Unquote read a string, AppendQuote writes one; StringEnd, ValueEnd and SkipSpace are for those who decode on their own.
//
// The input is trusted to be JSON, which a decoder has checked before: only what is needed to find the way is looked at again,
// neither the spelling of numbers and words nor which bracket closes which. Anything else may be read as nonsense, but nothing
// panics, and everything ends. What is returned shares the bytes of the input.
package rawjson

import (
	"bytes"
	"encoding/json"
	"iter"
	"math"
	"slices"
	"unicode/utf8"
)

// A Member says where a member of an object stands in it. It points at nothing, so that there can be millions of them.
type Member struct {
	name, nameEnd, value, end uint32
	plain                     bool // the name is written as it is
}

// Is reports whether the member of the object has that name, decoded.
func (m Member) Is(object []byte, name string) bool {
	written := object[m.name:m.nameEnd]
	if m.plain {
		return string(written) == name
	}
	return string(Unquote(written)) == name
}

// Value returns the value of the member of the object as it is written, without white space around it.
func (m Member) Value(object []byte) json.RawMessage { return object[m.value:m.end:m.end] }

// Index appends the members of an object to dst in the order in which they are written, two of one name both. What is no object
// has none. It is false for an object that is damaged where it looked: one that is cut off, or lacks a name, a colon, a value or
// a comma. One of over 4 GiB counts as damaged.
func Index(dst []Member, b []byte) ([]Member, bool) {
	if uint64(len(b)) > math.MaxUint32 {
		return dst, false
	}
	ok := walk(b, '{', func(name, nameEnd, value, end int) bool {
		dst = append(dst, Member{uint32(name), uint32(nameEnd), uint32(value), uint32(end), plain(b[name:nameEnd])})
		return true
	})
	return dst, ok
}

// Members ranges over the members of an object: the names as they are written, without their quotes, and the values. What is no
// object has none, and what is damaged ends it.
func Members(b []byte) iter.Seq2[[]byte, []byte] {
	return func(yield func(name, value []byte) bool) {
		walk(b, '{', func(name, nameEnd, value, end int) bool { return yield(b[name:nameEnd], b[value:end:end]) })
	}
}

// Elements ranges over the elements of an array. What is no array has none, and what is damaged ends it.
func Elements(b []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		walk(b, '[', func(_, _, value, end int) bool { return yield(b[value:end:end]) })
	}
}

// Find returns the value of the first member of an object whose name is written so; nil when there is none or b is no object.
func Find(b []byte, name string) (found []byte) {
	walk(b, '{', func(begin, end, value, valueEnd int) bool {
		if string(b[begin:end]) != name {
			return true
		}
		found = b[value:valueEnd:valueEnd]
		return false
	})
	return found
}

// FindPair returns the values of two members of an object, in one walk over it; nil for one that is missing.
func FindPair(object []byte, one, other string) (a, b []byte) {
	for k, v := range Members(object) {
		switch {
		case a == nil && string(k) == one:
			a = v
		case b == nil && string(k) == other:
			b = v
		}
		if a != nil && b != nil {
			break
		}
	}
	return a, b
}

// walk calls yield for what stands between the brackets of which open is the first: with where the name begins and ends between its
// quotes, and where the value does. It reports whether it is whole as far as it was walked. What begins otherwise is whole and has nothing.
func walk(b []byte, open byte, yield func(name, nameEnd, value, end int) bool) bool {
	const toEnd = '}' - '{' // and ']' - '['
	i := SkipSpace(b, 0)
	if i >= len(b) || b[i] != open {
		return true
	}
	if i = SkipSpace(b, i+1); i < len(b) && b[i] == open+toEnd {
		return true
	}
	for i < len(b) {
		var name, nameEnd int
		if open == '{' {
			end := -1
			if b[i] == '"' {
				end = StringEnd(b, i)
			}
			if end < 0 {
				return false
			}
			name, nameEnd = i+1, end-1
			if i = SkipSpace(b, end); i >= len(b) || b[i] != ':' {
				return false
			}
			i = SkipSpace(b, i+1)
		}
		end := ValueEnd(b, i)
		if end < 0 {
			return false
		}
		if !yield(name, nameEnd, i, end) {
			return true
		}
		if i = SkipSpace(b, end); i >= len(b) || b[i] != ',' {
			return i < len(b) && b[i] == open+toEnd
		}
		i = SkipSpace(b, i+1)
	}
	return false
}

// SkipSpace returns the index of the first byte at i or after it that is no white space, len(b) when there is none.
func SkipSpace(b []byte, i int) int {
	for i < len(b) && b[i] <= ' ' && (b[i] == ' ' || b[i] == '\n' || b[i] == '\t' || b[i] == '\r') {
		i++
	}
	return i
}

// StringEnd returns the index after the string whose opening quote is at i; -1 when it does not end.
func StringEnd(b []byte, i int) int {
	for start := i + 1; ; {
		n := bytes.IndexByte(b[i+1:], '"')
		if n < 0 {
			return -1
		}
		i += 1 + n
		if b[i-1] != '\\' {
			return i + 1
		}
		first := i - 1 // of the backslashes before the quote, which escape it when they are odd
		for first > start && b[first-1] == '\\' {
			first--
		}
		if (i-first)%2 == 0 {
			return i + 1
		}
	}
}

// ValueEnd returns the index after the value that begins at i; -1 when none begins there or it does not end.
func ValueEnd(b []byte, i int) int {
	if i >= len(b) {
		return -1
	}
	switch b[i] {
	case '"':
		return StringEnd(b, i)
	case '{', '[':
		for depth := 0; i < len(b); i++ {
			switch b[i] {
			case '"':
				end := StringEnd(b, i)
				if end < 0 {
					return -1
				}
				i = end - 1
			case '{', '[':
				depth++
			case '}', ']':
				if depth--; depth == 0 {
					return i + 1
				}
			}
		}
		return -1
	}
	for end := i; ; end++ {
		if end < len(b) {
			switch b[end] {
			default:
				continue
			case ',', '}', ']', ' ', '\n', '\t', '\r':
			}
		}
		if end == i {
			return -1
		}
		return end
	}
}

// Text returns the string that a value is, and false when it is none. Where nothing is to decode it shares the value's bytes.
func Text(value []byte) ([]byte, bool) {
	if len(value) < 2 || value[0] != '"' {
		return nil, false
	}
	return Unquote(value[1 : len(value)-1]), true
}

// Unquote decodes what stands between the quotes of a string, as encoding/json does: invalid UTF-8 and half a surrogate pair
// become U+FFFD. Where nothing is to decode it returns b, and so it does where b is no such thing.
func Unquote(b []byte) []byte {
	if plain(b) {
		return b
	}
	var s string
	if json.Unmarshal(slices.Concat([]byte{'"'}, b, []byte{'"'}), &s) != nil {
		return b
	}
	return []byte(s)
}

// plain reports whether nothing is to decode.
func plain(b []byte) bool {
	if len(b) > 32 {
		return bytes.IndexByte(b, '\\') < 0 && utf8.Valid(b)
	}
	for _, c := range b { // which is faster for what is as short as names are
		if c == '\\' || c >= utf8.RuneSelf {
			return c != '\\' && bytes.IndexByte(b, '\\') < 0 && utf8.Valid(b)
		}
	}
	return true
}

// AppendQuote appends s as a JSON string, in the bytes of an encoder of encoding/json that does not escape HTML: U+2028, U+2029
// and invalid UTF-8, as U+FFFD, are written as escapes, everything else above the control characters as it is.
func AppendQuote(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return appendEscaped(b, s)
		}
	}
	b = slices.Grow(b, len(s)+2)
	return append(append(append(b, '"'), s...), '"')
}

func appendEscaped(b []byte, s string) []byte {
	var buf bytes.Buffer
	e := json.NewEncoder(&buf)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a string is always JSON
	return append(b, bytes.TrimSuffix(buf.Bytes(), []byte("\n"))...)
}
