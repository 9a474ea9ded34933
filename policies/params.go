package policies

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"tenor/audit"
)

// The types that a parameter's value can have; an array's are followed by that of its elements, "array of string".
const (
	typeNumber = "number"
	typeString = "string"
	typeBool   = "boolean"
	typeObject = "object"
	typeArray  = "array"
	typeNull   = "null"
)

// newParam returns the parameter with its default in force.
func newParam(name string, meta paramMeta) (audit.Param, error) {
	if meta.Default == nil {
		meta.Default = json.RawMessage("null")
	}
	value, err := canonical(meta.Default)
	if err != nil {
		return audit.Param{}, fmt.Errorf("params.%s: %w", name, err)
	}
	switch t := typeOf(value); {
	case t == typeNull && meta.Type == "":
		return audit.Param{}, fmt.Errorf("params.%s: the default is null, so it needs a type", name)
	case t != typeNull && meta.Type != "" && meta.Type != t:
		return audit.Param{}, fmt.Errorf("params.%s: the default is of type %s, not %s", name, t, meta.Type)
	}
	return audit.Param{Name: name, Description: meta.Description, Default: value, Value: value, Source: "default"}, nil
}

// setParams puts the user's values in force.
func (r *rule) setParams(o Options) []error {
	values := o.Params[r.ID]
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(values)) {
		i := slices.IndexFunc(r.Params, func(p audit.Param) bool { return p.Name == name })
		if i < 0 {
			errs = append(errs, fmt.Errorf("%spolicies.params.%s: there is no parameter %q; it has %s", o.place("params", r.ID, name), r.ID,
				name, r.paramNames()))
			continue
		}
		value, err := canonical(values[name])
		if err == nil {
			err = r.checkType(&r.Params[i], value)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("%spolicies.params.%s.%s: %w", o.place("params", r.ID, name), r.ID, name, err))
			continue
		}
		r.Params[i].Value, r.Params[i].Source = value, "config"
	}
	return errs
}

func (r *rule) paramNames() string {
	if len(r.Params) == 0 {
		return "none"
	}
	return strings.Join(audit.Map(r.Params, func(p audit.Param) string { return p.Name }), ", ")
}

// checkType holds a value against the type of the parameter: its default's, or the one declared beside a null default,
// where null is a value too.
func (r *rule) checkType(p *audit.Param, value json.RawMessage) error {
	want, have := typeOf(p.Default), typeOf(value)
	if declared := r.types[p.Name]; declared != "" {
		if want == typeNull && have == typeNull {
			return nil
		}
		want = declared
	}
	empty := have == typeArray && strings.HasPrefix(want, typeArray) || want == typeArray && strings.HasPrefix(have, typeArray)
	if have == want || empty {
		return nil
	}
	return fmt.Errorf("%s is of type %s, want %s", value, have, want)
}

// typeOf names the type of a JSON value.
func typeOf(value json.RawMessage) string {
	switch value[0] {
	case '"':
		return typeString
	case 't', 'f':
		return typeBool
	case 'n':
		return typeNull
	case '{':
		return typeObject
	case '[':
		var elems []json.RawMessage
		if json.Unmarshal(value, &elems) != nil || len(elems) == 0 {
			return typeArray
		}
		first := typeOf(elems[0])
		for _, e := range elems[1:] {
			if typeOf(e) != first {
				return typeArray + " of mixed types"
			}
		}
		return typeArray + " of " + first
	default:
		return typeNumber
	}
}

// canonical returns a JSON value with sorted keys, no white space and its numbers' digits as they are.
func canonical(value json.RawMessage) (json.RawMessage, error) {
	d := json.NewDecoder(bytes.NewReader(value))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	return audit.EncodeJSON(v)
}

// paramsData returns data.tenor.params: the rule's id, part by part, then the parameter.
func paramsData(rules []*rule) (map[string]any, error) {
	root := map[string]any{}
	for _, r := range rules {
		if len(r.Params) == 0 {
			continue
		}
		at := root
		for _, part := range r.path() {
			next, ok := at[part].(map[string]any)
			if !ok {
				if _, taken := at[part]; taken {
					return nil, fmt.Errorf("%s: the parameters of %s clash with those of another rule", r.File, r.ID)
				}
				next = map[string]any{}
				at[part] = next
			}
			at = next
		}
		for _, p := range r.Params {
			if _, taken := at[p.Name]; taken {
				return nil, fmt.Errorf("%s: the parameter %s of %s clashes with another rule", r.File, p.Name, r.ID)
			}
			at[p.Name] = p.Value
		}
	}
	return root, nil
}
