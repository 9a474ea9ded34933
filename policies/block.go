package policies

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"go.yaml.in/yaml/v3"

	"tenor/audit"
)

// block is a METADATA block of a policy, with the lines on which its keys stand.
type block struct {
	*ast.Annotations
	source *source
	root   *yaml.Node // a mapping; nil for a block without keys
}

// opaKeys are the keys of METADATA that OPA knows.
var opaKeys = []string{
	"scope", "title", "description", "organizations", "related_resources", "authors", "schemas", "entrypoint", "compile", "custom", "labels",
}

// blocks returns the METADATA of a policy as OPA found it, in its order.
func (s *source) blocks() ([]*block, error) {
	var out []*block
	for _, a := range s.module.Annotations {
		b := &block{Annotations: a, source: s}
		b.read()
		if weigh(a.Custom, maxRego) < 0 {
			return nil, fmt.Errorf("%s:%d: METADATA: custom: with its aliases it is larger than %d KiB", s.name, b.line("custom"), maxRego>>10)
		}
		out = append(out, b)
	}
	return out, nil
}

// read finds the keys of the block, which OPA has decoded. OPA reads its first YAML document alone.
func (b *block) read() {
	_, text, _ := bytes.Cut(b.Location.Text, []byte("\n"))
	text = append([]byte("\n"), bytes.ReplaceAll(bytes.TrimPrefix(text, []byte("# ")), []byte("\n# "), []byte("\n"))...)
	d := yaml.NewDecoder(bytes.NewReader(text))
	var doc, more yaml.Node
	if d.Decode(&doc) == nil && len(doc.Content) > 0 {
		b.root = doc.Content[0]
	}
	switch err := d.Decode(&more); {
	case errors.Is(err, io.EOF), err == nil && (len(more.Content) == 0 || more.Content[0].ShortTag() == "!!null"):
	case err != nil:
		b.source.refuse(b.Location.Row, "METADATA: what follows --- or ... in it is not read")
	default:
		b.source.refuse(b.row(more.Content[0]), "METADATA: it is not read from here on: it has one YAML document, without --- or ...")
	}
}

// row returns the line of the file on which a part of the block stands.
func (b *block) row(n *yaml.Node) int { return b.Location.Row + n.Line - 1 }

// member returns a member of a mapping, nil for none.
func member(n *yaml.Node, key string) (k, v *yaml.Node) {
	if n != nil && n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if n == nil || n.Kind != yaml.MappingNode {
		return nil, nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i], n.Content[i+1]
		}
	}
	return nil, nil
}

// line returns the line of the key at path; of one that is not there, that of the last above it.
func (b *block) line(path ...string) int {
	at, line := b.root, b.Location.Row
	for _, key := range path {
		k, v := member(at, key)
		if k == nil {
			break
		}
		at, line = v, b.row(k)
	}
	return line
}

// distance orders blocks by where they stand: on the package, on it and those below it, on a rule.
func (b *block) distance() int {
	switch b.Scope {
	case "package":
		return 0
	case "subpackages":
		return 1
	}
	return 2
}

// ofPackage reports whether the block stands on the package.
func (b *block) ofPackage() bool { return b.distance() < 2 }

// target returns the name of the rule on which the block stands; empty for the package.
func (b *block) target() string {
	path := b.GetTargetPath()[len(b.source.module.Package.Path):]
	if len(path) == 0 {
		return ""
	}
	name, _ := path[0].Value.(ast.String)
	return string(name)
}

// value returns what the block says under one of the keys that count, those of custom included; ok is false for nothing.
func (b *block) value(key string) (_ any, ok bool) {
	switch key {
	case "title":
		return b.Title, b.Title != ""
	case "description":
		return b.Description, strings.TrimSpace(b.Description) != ""
	case "related_resources":
		return b.RelatedResources, len(b.RelatedResources) > 0
	case "severity":
		if s := b.severity(); s != "" {
			return s, true
		}
	}
	v := b.Custom[key]
	return v, v != nil
}

// keyPath returns the path of one of the keys that count.
func keyPath(key string) []string {
	if slices.Contains(customKeys, key) {
		return []string{"custom", key}
	}
	return []string{key}
}

// unknown lists the keys of the block that neither OPA nor tenor knows, as paths.
func (b *block) unknown() [][]string {
	var paths [][]string
	if b.root != nil && b.root.Kind == yaml.MappingNode {
		for i := 0; i < len(b.root.Content); i += 2 {
			if key := b.root.Content[i].Value; key != "<<" && !slices.Contains(opaKeys, key) {
				paths = append(paths, []string{key})
			}
		}
	}
	for _, key := range slices.Sorted(maps.Keys(b.Custom)) {
		if !slices.Contains(customKeys, key) {
			paths = append(paths, []string{"custom", key})
		}
	}
	return paths
}

var leadingZero = regexp.MustCompile(`^[-+]?0[0-9_]+$`)

// leadsWithZero reports whether n is a number that YAML 1.1 takes for octal, as 010 is 8, or that loses its zeros.
func leadsWithZero(n *yaml.Node) bool {
	tag := n.ShortTag()
	return (tag == "!!int" || tag == "!!float") && leadingZero.MatchString(n.Value)
}

// misread returns the first value at or under n that YAML reads as another than what stands there, such as a date; nil for none.
// It follows aliases, so it is for what has been weighed.
func misread(n *yaml.Node) *yaml.Node {
	switch {
	case n.Kind == yaml.AliasNode:
		return misread(n.Alias)
	case n.Kind == yaml.ScalarNode && (leadsWithZero(n) || n.ShortTag() == "!!timestamp"):
		return n
	}
	for _, c := range n.Content {
		if m := misread(c); m != nil {
			return m
		}
	}
	return nil
}

var (
	metadataHead = regexp.MustCompile(`(?i)^[#\s]*METADATA\s*:?\s*$`)
	metadataKey  = regexp.MustCompile(`^[#\s]*[a-z_]+\s*:`)
	ownKey       = regexp.MustCompile(`(?i)^\s*(custom:\s*(\{.*)?$|severity:\s*["']?(critical|high|medium|low|info)["']?\s*$)`)
	topKey       = regexp.MustCompile(`^ ?(` + strings.Join(opaKeys, "|") + `):(\s|$)`)
)

// warnOfComments names the comments that look like METADATA and are in no block, so that OPA reads them as comments.
func (s *source) warnOfComments() {
	lines := bytes.Split(s.text, []byte("\n"))
	ends := map[int]int{} // line in a block → the last of the block
	for _, a := range s.module.Annotations {
		for row := a.Location.Row; row <= a.EndLoc().Row; row++ {
			ends[row] = a.EndLoc().Row
		}
	}
	var run []*ast.Comment // on lines that follow each other
	for i, c := range s.module.Comments {
		row := c.Location.Row
		if ends[row] == 0 && bytes.HasPrefix(bytes.TrimSpace(lines[row-1]), []byte("#")) {
			run = append(run, c)
		}
		if i+1 < len(s.module.Comments) && s.module.Comments[i+1].Location.Row == row+1 || len(run) == 0 {
			continue
		}
		s.warnOfRun(run, ends)
		run = nil
	}
}

// warnOfRun names a run of comments on lines that follow each other, if it looks like METADATA.
func (s *source) warnOfRun(run []*ast.Comment, ends map[int]int) {
	first := run[0].Location.Row
	if ends[first-1] != 0 {
		s.warn(first, "METADATA: the block above ends here, and this is not read: begin the line with # in the first column")
		return
	}
	above := s.aboveStatement(first, ends)
	for i, c := range run {
		text := string(c.Text)
		switch {
		case metadataHead.MatchString(text) && i+1 < len(run) && metadataKey.Match(run[i+1].Text):
			s.warn(c.Location.Row, "METADATA: it is not read: a block begins with a line `# METADATA`, in capitals and in the first column")
			return
		case ownKey.MatchString(text), above && topKey.MatchString(text):
			s.warn(c.Location.Row, "METADATA: it is not read: it is in no block, which begins with a line `# METADATA` and has no empty line in it")
			return
		}
	}
}

// aboveStatement reports whether row is between a block and what it stands on.
func (s *source) aboveStatement(row int, ends map[int]int) bool {
	end := 0
	for at := range ends {
		if at < row {
			end = max(end, at)
		}
	}
	between := func(l *ast.Location) bool { return l != nil && l.Row > end && l.Row < row }
	return end > 0 && !between(s.module.Package.Location) &&
		!slices.ContainsFunc(s.module.Imports, func(i *ast.Import) bool { return between(i.Location) }) &&
		!slices.ContainsFunc(s.module.Rules, func(r *ast.Rule) bool { return between(r.Location) })
}

// dropSchemas takes the schemas that a user's policy names out of it: there are none by name, and OPA would refuse the policy.
func (s *source) dropSchemas() {
	if inTenor(packageName(s.module)) {
		return
	}
	for _, a := range s.module.Annotations {
		var names []string
		a.Schemas = slices.DeleteFunc(a.Schemas, func(x *ast.SchemaAnnotation) bool {
			if x.Definition == nil {
				names = append(names, x.Schema.String())
			}
			return x.Definition == nil
		})
		if len(names) > 0 {
			s.warn(a.Location.Row, "METADATA: there is no schema %s: what the policy reads is not checked against it", strings.Join(names, ", "))
		}
	}
}

// giver returns the block whose value of a key counts, nil for none: the package's; then, of those on the rules of its sets, the
// first, or the most severe for a severity.
func (r *rule) giver(key string) *block {
	var giver *block
	for _, b := range r.blocks {
		if _, ok := b.value(key); !ok {
			continue
		}
		if giver == nil || key == "severity" && !giver.ofPackage() && b.severity().Rank() < giver.severity().Rank() {
			giver = b
		}
	}
	return giver
}

// severity returns the severity in the block, empty for what is none.
func (b *block) severity() audit.Severity {
	text, _ := b.Custom["severity"].(string)
	severity, _ := audit.ParseSeverity(strings.ToLower(text))
	return severity
}

// warnOfOthers names what stands in the blocks of a rule and does not count, since another block says otherwise.
func (r *rule) warnOfOthers() {
	for _, key := range slices.Concat(topKeys, customKeys) {
		giver := r.giver(key)
		for _, b := range r.blocks {
			have, ok := b.value(key)
			if !ok || b == giver {
				continue
			}
			if counts, _ := giver.value(key); !reflect.DeepEqual(have, counts) {
				at := fmt.Sprintf("%s:%d", giver.source.name, giver.line(keyPath(key)...))
				b.source.refuse(b.line(keyPath(key)...), "METADATA: %s is not read: that in %s counts", key, at)
			}
		}
	}
}
