// Package yamlfile reads the YAML that people write: one document, no key that nobody reads, and every error one line that
// names the file and the line. Call Decode; Line finds where a setting stands that turns out wrong later.
package yamlfile

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"tenor/internal/wholefile"
)

// maxSize is how many bytes a file may have: a thousand times as many as most have.
const maxSize = 8 * wholefile.MiB

// Read returns the text of the file at path.
func Read(path string) ([]byte, error) { return wholefile.Read(path, maxSize) }

// Decode reads one YAML document into v, refusing keys that v does not have, and returns its tree. An empty text leaves
// v as it is.
func Decode(name string, text []byte, v any) (*yaml.Node, error) {
	var root yaml.Node
	if err := yaml.Unmarshal(text, &root); err != nil {
		return nil, explain(name, err)
	}
	if n := octal(&root); n != nil {
		return nil, fmt.Errorf("%s:%d: YAML reads %s as another number: write it in quotes, or without the leading zero", name, n.Line, n.Value)
	}
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	if err := d.Decode(v); err != nil && !errors.Is(err, io.EOF) {
		return nil, explain(name, err)
	}
	if err := d.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: more than one YAML document", name)
	}
	return &root, nil
}

var leadingZero = regexp.MustCompile(`^[-+]?0[0-9_]+$`)

// octal returns the first number at or under n that has a leading zero, nil for none: YAML reads 010 as 8, and an account id as
// another number.
func octal(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.ScalarNode && n.ShortTag() != "!!str" && leadingZero.MatchString(n.Value) {
		return n
	}
	for _, c := range n.Content {
		if o := octal(c); o != nil {
			return o
		}
	}
	return nil
}

var (
	atLine     = regexp.MustCompile(`^(?:yaml: )?(?:unmarshal errors:\s+)?line ([0-9]+): `)
	unknownKey = regexp.MustCompile(`field (\S+) not found in type \S+`)
	setTwice   = regexp.MustCompile(`field (\S+) already set in type \S+`)
	keyIsNoKey = regexp.MustCompile(`^invalid map key: .*`)
	wrongType  = regexp.MustCompile("cannot unmarshal !!(\\w+) (`[^`]*`)? ?into (.+)$")
)

// explain turns the first of the library's errors into one line: file:line: what.
func explain(name string, err error) error {
	msg := err.Error()
	if te, ok := errors.AsType[*yaml.TypeError](err); ok {
		msg = te.Errors[0]
	}
	at := name
	if m := atLine.FindStringSubmatch(msg); m != nil {
		at, msg = name+":"+m[1], msg[len(m[0]):]
	}
	msg = strings.TrimPrefix(msg, "yaml: ")
	msg = unknownKey.ReplaceAllString(msg, `unknown key "$1"`)
	msg = setTwice.ReplaceAllString(msg, `the key "$1" stands twice`)
	msg = keyIsNoKey.ReplaceAllString(msg, "a key must be a string")
	msg = wrongType.ReplaceAllStringFunc(msg, func(s string) string {
		m := wrongType.FindStringSubmatch(s)
		return fmt.Sprintf("%s does not fit: want %s", cmp.Or(strings.Trim(m[2], "`"), plainTags[m[1]], m[1]), plainType(m[3]))
	})
	return fmt.Errorf("%s: %s", at, msg)
}

// plainTags and plainTypes name what stands in the file, by YAML's tag for it, and what fits, by its type in Go.
var (
	plainTags  = map[string]string{"map": "a mapping", "seq": "a list"}
	plainTypes = map[string]string{"string": "text", "bool": "true or false", "time.Duration": "a duration such as 2s", "time.Time": "a date"}
)

// plainType names a type of Go as somebody who writes YAML would; the named ones are mappings.
func plainType(name string) string {
	switch {
	case strings.HasPrefix(name, "[]"):
		return "a list"
	case strings.HasPrefix(name, "int"), strings.HasPrefix(name, "uint"):
		return "a whole number"
	case strings.HasPrefix(name, "float"):
		return "a number"
	}
	return cmp.Or(plainTypes[name], "a mapping")
}

// Line returns the line of the deepest part of path that root has, and whether that is all of it: keys of mappings, numbers or
// values of lists.
func Line(root *yaml.Node, path []string) (line int, found bool) {
	n, line := root, 1
	if n.Kind == yaml.DocumentNode && len(n.Content) > 0 {
		n = n.Content[0]
	}
	for _, key := range path {
		key, value := Child(n, key)
		if value == nil {
			return line, false
		}
		n, line = value, key.Line
	}
	return line, true
}

// Child returns the node of a mapping's key, or of a list's number or value, and its value; nil where there is none.
func Child(n *yaml.Node, key string) (at, value *yaml.Node) {
	switch n.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == key {
				return n.Content[i], n.Content[i+1]
			}
		}
	case yaml.SequenceNode:
		if i, err := strconv.Atoi(key); err == nil && i < len(n.Content) {
			return n.Content[i], n.Content[i]
		}
		for _, item := range n.Content {
			if item.Kind == yaml.ScalarNode && item.Value == key {
				return item, item
			}
		}
	}
	return nil, nil
}
