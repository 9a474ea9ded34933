package collector

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"strconv"
	"time"

	"tenor/audit"
	"tenor/internal/awsread"
	"tenor/internal/rawjson"
)

// shape says where the timestamps of a document are. Members and elements without any are left out; nil has none.
type shape struct {
	timestamp bool
	members   map[string]*shape // of an object
	each      *shape            // of an array's elements, or of a map's values
}

// shapeOf derives the shape of T, an output type of the SDK, whose time.Time members are AWS's timestamps. In both
// services the names of Go's fields are those on the wire.
func shapeOf[T any]() *shape { return shapeOfType(reflect.TypeFor[T]()) }

func shapeOfType(t reflect.Type) *shape {
	switch {
	case t == reflect.TypeFor[time.Time]():
		return &shape{timestamp: true}
	case t.Kind() == reflect.Pointer:
		return shapeOfType(t.Elem())
	case t.Kind() == reflect.Slice, t.Kind() == reflect.Map:
		if each := shapeOfType(t.Elem()); each != nil {
			return &shape{each: each}
		}
	case t.Kind() == reflect.Struct:
		s := &shape{members: map[string]*shape{}}
		for i := range t.NumField() {
			f := t.Field(i)
			if !f.IsExported() || f.Name == "ResultMetadata" {
				continue
			}
			if m := shapeOfType(f.Type); m != nil {
				s.members[f.Name] = m
			}
		}
		if len(s.members) > 0 {
			return s
		}
	}
	return nil
}

// document returns src with its timestamps as RFC 3339 in UTC. A timestamp that cannot be one is left out, and the
// first such is the error, awsread.Malformed, which comes with the rest of the document. The result may share src's bytes.
func (s *shape) document(src []byte) (json.RawMessage, error) {
	if s == nil {
		return src, nil
	}
	return s.documentIn(nil, src)
}

// documentIn is document for a shape that has timestamps, written over room.
func (s *shape) documentIn(room, src []byte) (json.RawMessage, error) {
	w := rewriter{out: slices.Grow(room[:0], len(src)+64)}
	w.value(s, src, nil)
	return w.out, w.err
}

type rewriter struct {
	out []byte
	err error // of the first timestamp left out
}

// value appends src, and reports false when it is a timestamp that had to be left out.
func (w *rewriter) value(s *shape, src, name []byte) bool {
	switch {
	case s == nil || string(src) == "null":
		w.out = append(w.out, src...)
	case s.timestamp:
		t, err := timestamp(src)
		if err != nil {
			if w.err == nil {
				w.err = awsread.Malformed("%s: %s %v", name, bytes.Trim(src, `"`), err)
			}
			return false
		}
		w.out = append(w.out, '"')
		w.out = t.AppendFormat(w.out, time.RFC3339Nano)
		w.out = append(w.out, '"')
	case isObject(src):
		w.out = append(w.out, '{')
		first := len(w.out)
		for k, v := range rawjson.Members(src) {
			at := len(w.out)
			if at > first {
				w.out = append(w.out, ',')
			}
			w.out = append(append(append(w.out, '"'), k...), '"', ':')
			m := s.each
			if s.members != nil {
				m = s.members[string(k)]
			}
			if !w.value(m, v, k) {
				w.out = w.out[:at]
			}
		}
		w.out = append(w.out, '}')
	case isArray(src):
		w.out = append(w.out, '[')
		first := len(w.out)
		for v := range rawjson.Elements(src) {
			at := len(w.out)
			if at > first {
				w.out = append(w.out, ',')
			}
			if !w.value(s.each, v, name) {
				w.out = w.out[:at]
			}
		}
		w.out = append(w.out, ']')
	default:
		w.out = append(w.out, src...)
	}
	return true
}

// The first and the last second, as epoch seconds, that a timestamp of these services can be.
var (
	firstSecond = time.Date(audit.FirstYear, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
	lastSecond  = time.Date(audit.LastYear, 12, 31, 23, 59, 59, 0, time.UTC).Unix()
)

// timestamp reads an instant: epoch seconds as a number, which is what both protocols send, or an RFC 3339 string, which
// some of AWS's own examples show.
func timestamp(src []byte) (time.Time, error) {
	t, ok := time.Time{}, false
	if src[0] == '"' {
		var err error
		t, err = time.Parse(time.RFC3339Nano, text(src))
		ok = err == nil
	} else {
		t, ok = epochTime(src)
	}
	if !ok {
		return t, awsread.Malformed("is no timestamp")
	}
	if s := t.Unix(); s < firstSecond || s > lastSecond {
		return t, awsread.Malformed("is outside 2015–2100")
	}
	return t.UTC(), nil
}

// farFuture stands for every instant beyond what epochTime can hold.
var farFuture = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

// epochTime reads a JSON number of seconds exactly, down to nanoseconds: 1577222793.358 or 1.577222793358E9.
func epochTime(number []byte) (time.Time, bool) {
	mantissa, exponent := number, 0
	if i := bytes.IndexAny(number, "eE"); i >= 0 {
		e, err := strconv.Atoi(string(bytes.TrimPrefix(number[i+1:], []byte("+"))))
		if err != nil {
			return farFuture, len(number) > i+1
		}
		mantissa, exponent = number[:i], e
	}
	whole, fraction, _ := bytes.Cut(mantissa, []byte("."))
	digits := append(append([]byte{}, whole...), fraction...)
	for _, c := range digits {
		if c < '0' || c > '9' {
			return time.Time{}, len(number) > 1 && number[0] == '-' // before 1970, or no number at all
		}
	}
	point := len(whole) + exponent // digits before the decimal point
	if point > 12 || point < 0 {
		return farFuture, true
	}
	for len(digits) < point+9 {
		digits = append(digits, '0')
	}
	seconds, err := strconv.ParseInt("0"+string(digits[:point]), 10, 64)
	if err != nil {
		return time.Time{}, false
	}
	nanos, err := strconv.ParseInt(string(digits[point:point+9]), 10, 64)
	if err != nil {
		return time.Time{}, false
	}
	return time.Unix(seconds, nanos), true
}
