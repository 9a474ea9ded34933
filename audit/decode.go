package audit

import (
	"errors"
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// lineOptions let through what encoding/json reads.
var lineOptions = json.JoinOptions(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))

// DecodeResource reads one line of a file of resources into r, which is empty. It checks the whole line, nested documents
// included, and leaves out members that it does not know. An error says in which column the line is no JSON or no resource.
func DecodeResource(line []byte, r *Resource) error {
	if k := jsontext.Value(line).Kind(); k != '{' && k != jsontext.KindInvalid {
		return fmt.Errorf("column 1: want an object, not a JSON %s", k)
	}
	err := json.Unmarshal(line, r, lineOptions)
	if e, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		return fmt.Errorf("column %d: %w", e.ByteOffset+1, e.Err)
	}
	if e, ok := errors.AsType[*json.SemanticError](err); ok {
		return fmt.Errorf("column %d: unexpected JSON %s in %s", e.ByteOffset+1, e.JSONKind, e.JSONPointer)
	}
	return err
}
