package policies

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// newRule and newTest are a rule and its test as New writes them. ID and KIND stand for the rule's id and kind.
const (
	newRule = `# METADATA
# scope: package
# title: Name begins with a reserved prefix
# description: >-
#   What is wrong, and why that matters. Fires when the name begins with ` + "`prefix`" + `.
# related_resources:
#   - ref: https://docs.aws.amazon.com/
#     description: Where to read on
# custom:
#   severity: medium
#   kinds: [KIND]
#   params:
#     prefix: {default: tmp-, description: How a name begins that is reserved}
#   remediation: What to do about it.
package tenor.ID

import data.tenor.params.ID as params

deny contains {
	"msg": sprintf("the name %s begins with %s", [input.name, params.prefix]),
	"evidence": {"name": input.name},
} if {
	input.kind == "KIND"
	startswith(input.name, params.prefix)
}
`
	newTest = `package tenor.ID_test

import data.tenor.ID as rule

# A document on which the rule fires; tenor policies show prints it.
example := {"kind": "KIND", "id": "example", "name": "tmp-1", "account": "111122223333", "region": "eu-central-1"}

test_reports_reserved_name if {
	rule.deny == {{"msg": "the name tmp-1 begins with tmp-", "evidence": {"name": "tmp-1"}}} with input as example
}

test_ignores_other_names if {
	rule.deny == set() with input as object.union(example, {"name": "1-tmp-"})
}

test_reports_by_the_configured_prefix if {
	count(rule.deny) == 1 with input as object.union(example, {"name": "old-1"})
		with data.tenor.params.ID.prefix as "old-"
}

test_ignores_missing_name if {
	rule.deny == set() with input as json.remove(example, ["name"])
}
`
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
		if _, err := os.Lstat(file); !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("new rule: %s is there already", file)
		}
	}
	fill := strings.NewReplacer("ID", id, "KIND", kind)
	for i, text := range [...]string{newRule, newTest} {
		if err := writeFile(files[i], []byte(fill.Replace(text))); err != nil {
			return nil, fmt.Errorf("new rule: %w", err)
		}
	}
	return files, nil
}
