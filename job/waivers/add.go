package waivers

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"tenor/internal/atomicfile"
	"tenor/internal/yamlfile"
)

// Add appends a waiver, which must hold at now, to the file at path, which is made when it is missing. Everything that
// stands in the file stays as it is, comments included; a file that would not be valid afterwards is not touched.
func Add(path string, w Waiver, now time.Time) error {
	if day, err := time.Parse(time.DateOnly, w.Expires); err == nil && !now.Before(day.AddDate(0, 0, 1)) {
		return fmt.Errorf("expires: %s has passed", w.Expires)
	}
	text, err := os.ReadFile(path)
	mode := fs.FileMode(0o644) // waivers hold no prices, and are kept under version control
	switch {
	case errors.Is(err, fs.ErrNotExist):
		text = nil
	case err != nil:
		return fmt.Errorf("waivers: %w", err)
	default:
		if _, err := parse(path, text); err != nil {
			return err
		}
		info, err := os.Stat(path)
		if err != nil {
			return fmt.Errorf("waivers: %w", err)
		}
		mode = info.Mode().Perm()
	}
	if text, err = appendWaiver(path, text, w); err != nil {
		return err
	}
	if _, err := parse(path, text); err != nil {
		return err
	}
	if err := atomicfile.WriteBytes(path, mode, text); err != nil {
		return fmt.Errorf("waivers: %w", err)
	}
	return nil
}

// appendWaiver returns text with w as the last of its waivers.
func appendWaiver(name string, text []byte, w Waiver) ([]byte, error) {
	item, err := yaml.Marshal([]Waiver{w})
	if err != nil {
		return nil, fmt.Errorf("waivers: %w", err)
	}
	var file waiverFile
	root, err := yamlfile.Decode(name, text, &file)
	if err != nil {
		return nil, err
	}
	indent := 2
	if len(file.Waivers) > 0 {
		_, list := yamlfile.Child(root.Content[0], "waivers")
		if list.Style&yaml.FlowStyle != 0 {
			return nil, fmt.Errorf("%s:%d: the waivers stand in brackets; write them as a list of lines that begin with a dash", name, list.Line)
		}
		indent = list.Column - 1
	} else if text = bytes.TrimRight(text, " \n"); len(root.Content) > 0 && root.Content[0].Kind == yaml.MappingNode {
		// waivers: with nothing, [] or null
		line, _ := yamlfile.Line(root, []string{"waivers"})
		lines := bytes.Split(text, []byte("\n"))
		lines[line-1] = []byte("waivers:")
		text = bytes.Join(lines, []byte("\n"))
	} else {
		text = append(text, "\nwaivers:"...)
	}
	text = append(bytes.TrimLeft(text, "\n"), '\n')
	text = append(bytes.TrimRight(text, "\n"), '\n')
	for line := range bytes.Lines(item) {
		text = append(append(text, strings.Repeat(" ", indent)...), line...)
	}
	return text, nil
}
