package yamlfile

import (
	"bytes"
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
	text, err := os.ReadFile(path)
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
	var list *yaml.Node
	if len(root.Content) > 0 {
		_, list = Child(root.Content[0], key)
	}
	if list != nil && len(list.Content) > 0 {
		if list.Style&yaml.FlowStyle != 0 {
			return nil, fmt.Errorf("%s:%d: the %s stand in brackets; write them as a list of lines that begin with a dash", name, list.Line, key)
		}
		indent = list.Column - 1
	} else if text = bytes.TrimRight(text, " \n"); len(root.Content) > 0 && root.Content[0].Kind == yaml.MappingNode {
		// the key with nothing, [] or null
		line, _ := Line(&root, []string{key})
		all := bytes.Split(text, []byte("\n"))
		all[line-1] = []byte(key + ":")
		text = bytes.Join(all, []byte("\n"))
	} else {
		text = append(text, "\n"+key+":"...)
	}
	text = append(bytes.Trim(text, "\n"), '\n')
	for line := range bytes.Lines(lines) {
		text = append(append(text, strings.Repeat(" ", indent)...), line...)
	}
	return text, nil
}
