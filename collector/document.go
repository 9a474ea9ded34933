package collector

import (
	"encoding/json"

	"tenor/internal/rawjson"
)

// textOf returns the string that is a member of an object; empty when it is missing or no string.
func textOf(object []byte, name string) string { return text(rawjson.Find(object, name)) }

// text returns the string that a value is; empty when it is none.
func text(value []byte) string {
	s, _ := rawjson.Text(value)
	return string(s)
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
		o.set(name, rawjson.Find(src, name))
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
