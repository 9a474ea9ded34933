package policies

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/open-policy-agent/opa/v1/util"
	"go.yaml.in/yaml/v3"
)

// The most that is read of a file, or of all of a bundle: in memory, OPA makes hundreds of bytes of one byte of data, and a
// thousand of one of Rego.
const (
	maxRego = 512 << 10
	maxData = 4 << 20
)

// checkSize refuses a file that is larger than what is read of its kind.
func (s *source) checkSize(size int64) error {
	what, most := "data", int64(maxData)
	if isPolicy(s.path) {
		what, most = "policies", maxRego
	}
	if size <= most {
		return nil
	}
	return fmt.Errorf("%s:1: it is larger than %d KiB, the most that a file of %s may have", s.name, most>>10, what)
}

// isData reports whether a file holds data, by its name as OPA has it.
func isData(name string) bool {
	base := path.Base(name)
	return base == "data.json" || base == "data.yaml" || base == "data.yml"
}

// isUnread reports whether a file may be meant as data, as it would be for conftest, without being called so.
func isUnread(name string) bool {
	ext := path.Ext(name)
	return (ext == ".json" || ext == ".yaml" || ext == ".yml") && !isData(name) && !strings.HasPrefix(path.Base(name), ".")
}

// Unread lists the files of the user's that may be meant as data, but are not read since they are not called so.
func (p *Pack) Unread() []string {
	return slices.Clone(p.unread)
}

// takeUnread takes the files that are not read out of the sources, and returns the names of these.
func takeUnread(sources []*source) ([]*source, []string) {
	var names []string
	read := slices.DeleteFunc(sources, func(s *source) bool {
		if s.unread {
			names = append(names, s.name)
		}
		return s.unread
	})
	return read, names
}

// refuseOwn refuses data.tenor.
func refuseOwn(_ any, s *source) error { return fmt.Errorf("%s:1: data.tenor is tenor's own", s.name) }

// leaveOwn leaves data.tenor to ReadSigned.
func leaveOwn(any, *source) error { return nil }

// mergeData puts the data files among sources where their directories say, as OPA does. What they say of data.tenor goes to own.
func mergeData(data map[string]any, sources []*source, own func(any, *source) error) error {
	var errs []error
	for _, s := range sources {
		if !isData(s.path) {
			continue
		}
		doc, err := s.decode()
		if err != nil {
			errs = append(errs, err)
			continue
		}
		keys := strings.Split(path.Dir(s.path), "/")
		if keys[0] == "." {
			keys = nil
		}
		for i := len(keys) - 1; i >= 0; i-- {
			doc = map[string]any{keys[i]: doc}
		}
		if said, ok := doc["tenor"]; ok {
			errs = append(errs, own(said, s))
			delete(doc, "tenor")
		}
		errs = append(errs, mergeDoc(data, doc, s.name, ""))
	}
	return errors.Join(errs...)
}

func mergeDoc(into, doc map[string]any, file, at string) error {
	for _, k := range slices.Sorted(maps.Keys(doc)) {
		v := doc[k]
		have, exists := into[k]
		if !exists {
			into[k] = v
			continue
		}
		a, ok1 := have.(map[string]any)
		b, ok2 := v.(map[string]any)
		if !ok1 || !ok2 {
			return fmt.Errorf("%s:1: data%s.%s is given twice", file, at, k)
		}
		if err := mergeDoc(a, b, file, at+"."+k); err != nil {
			return err
		}
	}
	return nil
}

// decode reads a data file: nil when it is YAML that says nothing.
func (s *source) decode() (map[string]any, error) {
	check := s.checkYAML
	if path.Ext(s.path) == ".json" {
		check = checkJSON
	}
	text := bytes.TrimPrefix(s.text, []byte("\xef\xbb\xbf"))
	var v any
	err := check(text)
	if err == nil {
		err = util.Unmarshal(text, &v)
	}
	if err != nil {
		line, msg := s.dataLine(err)
		return nil, fmt.Errorf("%s:%d: %s", s.name, line, msg)
	}
	doc, ok := v.(map[string]any)
	if !ok && (v != nil || path.Ext(s.path) == ".json") {
		return nil, fmt.Errorf("%s:1: want an object, whose members are those of data", s.name)
	}
	return doc, nil
}

// dataLine takes the error of a data file apart: the line, 1 when it has none, and what is wrong there.
func (s *source) dataLine(err error) (int, string) {
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		return 1 + bytes.Count(s.text[:min(int(syntax.Offset), len(s.text))], []byte("\n")), syntax.Error()
	}
	m := yamlLine.FindStringSubmatch(err.Error())
	line, _ := strconv.Atoi(m[1])
	return max(line, 1), plainly(err.Error()[len(m[0]):])
}

// checkJSON finds the place of what is no JSON, which util.Unmarshal would try as YAML.
func checkJSON(text []byte) error {
	var raw json.RawMessage
	return json.Unmarshal(text, &raw)
}

// checkYAML refuses YAML that is no JSON, or that its aliases make too large: each stands for all that it names. It warns of
// numbers that OPA reads as others than those that stand there.
func (s *source) checkYAML(text []byte) error {
	var root yaml.Node
	if err := yaml.Unmarshal(text, &root); err != nil {
		return err
	}
	left := maxData
	if err := checkNode(&root, &left); err != nil {
		return err
	}
	s.warnOfZeros(&root)
	return nil
}

func (s *source) warnOfZeros(n *yaml.Node) {
	if n.Kind == yaml.ScalarNode && leadsWithZero(n) {
		s.warn(n.Line, "%s is not the number that YAML reads: write it in quotes, or without the leading zero", n.Value)
	}
	for _, c := range n.Content {
		s.warnOfZeros(c)
	}
}

// checkNode takes the size of n from left, and refuses what is no JSON or for which not enough is left.
func checkNode(n *yaml.Node, left *int) error {
	*left -= len(n.Value) + 1
	switch {
	case *left < 0:
		return fmt.Errorf("line %d: with its aliases it is larger than %d KiB, the most that a file of data may have", n.Line, maxData>>10)
	case n.Kind == yaml.AliasNode:
		*left -= 64 // an anchor that holds an alias of itself is to end here long before the stack does
		return checkNode(n.Alias, left)
	case n.Kind == yaml.ScalarNode && n.ShortTag() == "!!float" && strings.ContainsAny(n.Value, "nN"): // .inf and .nan
		return fmt.Errorf("line %d: %s is no number in JSON", n.Line, n.Value)
	}
	for i, c := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 0 && (c.Kind == yaml.MappingNode || c.Kind == yaml.SequenceNode) {
			return fmt.Errorf("line %d: a key must be a string", c.Line)
		}
		if err := checkNode(c, left); err != nil {
			return err
		}
	}
	return nil
}
