package policies

import (
	_ "embed" // the templates
	"fmt"
	"path/filepath"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"

	"tenor/internal/atomicfile"
)

// newRule and newTest are a rule and its test as New writes them. ID and KIND stand for the rule's id and kind.
var (
	//go:embed new.rego.tmpl
	newRule string
	//go:embed new_test.rego.tmpl
	newTest string
)

// New writes a rule of the id, such as acme.order_waiting, for resources of a kind, and its test, below dir: both pass as they are, and are
// to be changed. It returns the files; none of them may be there already.
func New(dir, id, kind string) ([]string, error) {
	parts := strings.Split(id, ".")
	if len(parts) < 2 || parts[0] == ownOrigin {
		return nil, fmt.Errorf("rule %q: want an id such as acme.order_waiting: a domain, a dot and a name", id)
	}
	for _, part := range parts {
		if !identifier.MatchString(part) || ast.IsKeyword(part) {
			return nil, fmt.Errorf("rule %q: %q cannot be part of an id: want letters, digits and _, and no keyword of Rego", id, part)
		}
	}
	if err := checkKind(kind); err != nil {
		return nil, err
	}
	base := filepath.Join(dir, filepath.Join(parts...))
	files := []string{base + ".rego", base + "_test.rego"}
	for _, file := range files {
		if err := atomicfile.Free(file); err != nil {
			return nil, fmt.Errorf("new rule: %w", err)
		}
	}
	fill := strings.NewReplacer("ID", id, "KIND", kind)
	for i, text := range [...]string{newRule, newTest} {
		if err := atomicfile.Create(files[i], atomicfile.FileMode, []byte(fill.Replace(text))); err != nil {
			return nil, fmt.Errorf("new rule: %w", err)
		}
	}
	return files, nil
}
