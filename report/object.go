package report

import (
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// object is a JSON object, written out as it is to stand: its members in their order. One whose value is nil is left out.
type object []member

type member struct {
	name  string
	value any
}

// encode writes a value. Of strings, numbers and objects, of which there are most, the encoder need not learn the type.
func encode(e *jsontext.Encoder, value any) error {
	switch v := value.(type) {
	case string:
		return e.WriteToken(jsontext.String(v))
	case int:
		return e.WriteToken(jsontext.Int(int64(v)))
	case []object:
		if err := e.WriteToken(jsontext.BeginArray); err != nil {
			return err
		}
		for _, o := range v {
			if err := encode(e, o); err != nil {
				return err
			}
		}
		return e.WriteToken(jsontext.EndArray)
	case object:
		if err := e.WriteToken(jsontext.BeginObject); err != nil {
			return err
		}
		for _, m := range v {
			if m.value == nil {
				continue
			}
			if err := e.WriteToken(jsontext.String(m.name)); err != nil {
				return err
			}
			if err := encode(e, m.value); err != nil {
				return err
			}
		}
		return e.WriteToken(jsontext.EndObject)
	}
	return json.MarshalEncode(e, value)
}

// given is a value, or nil when it is empty: an empty string, or a pointer to nothing.
func given[T comparable](v T) any {
	var empty T
	if v == empty {
		return nil
	}
	return v
}
