package policies

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"tenor/audit"
)

// Signed is what signed bundles say beside policies, as data.tenor. What they do not say is nil.
type Signed struct {
	Waivers   json.RawMessage                       `json:"waivers"`   // the list of a waivers.yaml
	Decisions json.RawMessage                       `json:"decisions"` // the list of a decisions.yaml
	Params    map[string]map[string]json.RawMessage `json:"params"`    // rule → parameter → value
	Severity  map[string]string                     `json:"severity"`  // rule → severity
	Disable   []string                              `json:"disable"`   // ids of rules
}

// ReadSigned reads data.tenor of the bundles of o, of which each must be signed with its key. Of two bundles that say the same thing
// none is taken: that is an error, as is what Signed does not have.
func ReadSigned(ctx context.Context, o Options) (Signed, error) {
	if o.Key == "" || len(o.Bundles) == 0 {
		return Signed{}, errors.New("policies.signed_only: want policies.key and a bundle that is signed with it")
	}
	data := map[string]any{}
	var errs []error
	var names []string
	for _, file := range once(o.Bundles) {
		sources, err := readBundle(ctx, file, o)
		errs = append(errs, err, mergeData(data, sources, func(own any, s *source) error {
			names = append(names, s.name)
			return mergeDoc(data, map[string]any{"tenor": own}, s.name, "")
		}))
	}
	if err := errors.Join(errs...); err != nil {
		return Signed{}, err
	}
	var s Signed
	if data["tenor"] == nil {
		return s, nil
	}
	text, err := audit.EncodeJSON(data["tenor"])
	if err != nil {
		return s, fmt.Errorf("%s: %w", names[0], err)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&s); err != nil && !errors.Is(err, io.EOF) {
		return s, signedError(slices.Compact(slices.Sorted(slices.Values(names)))[0], data["tenor"], err)
	}
	return s, nil
}

// signedError says in terms of the file what does not fit.
func signedError(file string, own any, err error) error {
	known := []string{"waivers", "decisions", "params", "severity", "disable"}
	doc, ok := own.(map[string]any)
	if !ok {
		return fmt.Errorf("%s:1: data.tenor: want an object of waivers, decisions, params, severity and disable", file)
	}
	for k := range doc {
		if !slices.Contains(known, k) {
			return fmt.Errorf("%s:1: data.tenor.%s: there is no such setting%s; want waivers, decisions, params, severity or disable", file, k,
				nearest(k, known))
		}
	}
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return fmt.Errorf("%s:1: data.tenor.%s: does not take a value of type %s", file, wrong.Field, wrong.Value)
	}
	return fmt.Errorf("%s:1: data.tenor: %w", file, err)
}
