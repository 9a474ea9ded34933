package yamlfile

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"go.yaml.in/yaml/v3"

	"tenor/internal/atomicfile"
)

// Append writes item as the last one of the list under key, the only key of the file at path, which is made when it is missing.
// Everything that stands in the file stays as it is, comments included. Check is given the text as it is and as it would be; a file
// for which it has an error is not touched.
func Append(path, key string, item any, check func(text []byte) error) error {
	text, err := Read(path)
	mode := fs.FileMode(0o644) // such a file holds no prices, and is kept under version control
	switch {
	case errors.Is(err, fs.ErrNotExist):
		text = nil
	case err != nil:
		return err
	default:
		if err := check(text); err != nil {
			return err
		}
		info, err := os.Stat(path)
		if err != nil {
			return err
		}
		mode = info.Mode().Perm()
	}
	if text, err = appendItem(path, text, key, item); err != nil {
		return err
	}
	if err := check(text); err != nil {
		return err
	}
	return atomicfile.WriteBytes(path, mode, text)
}

// appendItem returns text with item as the last one of the list under key.
func appendItem(name string, text []byte, key string, item any) ([]byte, error) {
	lines, err := yaml.Marshal([]any{item})
	if err != nil {
		return nil, err
	}
	var root yaml.Node
	if err := yaml.Unmarshal(text, &root); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	indent := 2
	if len(root.Content) > 0 && root.Content[0].Kind == yaml.MappingNode {
		all := root.Content[0]
		_, list := Child(all, key)
		if list != nil && list.Kind == yaml.SequenceNode && list.Style&yaml.FlowStyle == 0 {
			indent = list.Column - 1
		} else if text = withoutEmpty(text, list); text == nil || all.Style&yaml.FlowStyle != 0 {
			line := cmp.Or(list, all).Line
			return nil, fmt.Errorf("%s:%d: the %s stand in brackets; write them as a list of lines that begin with a dash", name, line, key)
		}
	} else {
		text = append(endLine(text), key+":\n"...)
	}
	text = endLine(text)
	for line := range bytes.Lines(lines) {
		text = append(append(text, strings.Repeat(" ", indent)...), line...)
	}
	return text, nil
}

// endLine ends the last line, where there is one that does not end.
func endLine(text []byte) []byte {
	if len(text) > 0 && text[len(text)-1] != '\n' {
		text = append(text, '\n')
	}
	return text
}

// withoutEmpty returns text without the null or [] that stands for an empty list, so that lines can follow the key; nil where the list
// is anything else.
func withoutEmpty(text []byte, list *yaml.Node) []byte {
	if list == nil || len(list.Content) > 0 {
		return nil
	}
	value := list.Value
	if list.Kind == yaml.SequenceNode {
		value = "[]"
	}
	if value == "" {
		return text
	}
	all := bytes.Split(text, []byte("\n"))
	line := all[list.Line-1]
	at := list.Column - 1
	if at > len(line) || !bytes.HasPrefix(line[at:], []byte(value)) {
		return nil
	}
	all[list.Line-1] = append(bytes.TrimRight(line[:at], " "), line[at+len(value):]...)
	return bytes.Join(all, []byte("\n"))
}
