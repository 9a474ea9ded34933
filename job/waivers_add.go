package job

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"tenor/audit"
	"tenor/internal/atomicfile"
	"tenor/report"
)

// minPrefix is how much of a fingerprint must be given to name a finding.
const minPrefix = 8

// FindingOf returns the finding of a report (a run folder or a report.json) whose fingerprint begins with prefix, and
// whether it is the only one of its rule on its resource.
func FindingOf(run, prefix string) (_ audit.Finding, alone bool, err error) {
	if len(prefix) < minPrefix {
		return audit.Finding{}, false, fmt.Errorf("fingerprint %q: give at least %d characters", prefix, minPrefix)
	}
	r, closeReport, err := report.ReadJSON(recordIn(run))
	if err != nil {
		return audit.Finding{}, false, err
	}
	defer func() { err = errors.Join(err, closeReport()) }()
	var found *audit.Finding
	for f, err := range r.Findings.All() {
		switch {
		case err != nil:
			return audit.Finding{}, false, err
		case !strings.HasPrefix(f.Fingerprint, prefix):
		case found != nil:
			return audit.Finding{}, false, fmt.Errorf("fingerprint %q: %s has more than one finding that begins so", prefix, run)
		default:
			found = &f
		}
	}
	if found == nil {
		return audit.Finding{}, false, fmt.Errorf("fingerprint %q: %s has no such finding", prefix, run)
	}
	n := 0
	for f, err := range r.Findings.All() {
		if err != nil {
			return audit.Finding{}, false, err
		}
		if f.Rule == found.Rule && f.Resource.ID == found.Resource.ID && f.Resource.Account == found.Resource.Account {
			n++
		}
	}
	return *found, n == 1, nil
}

// AddWaiver appends a waiver, which must hold at now, to the file at path, which is made when it is missing. Everything that
// stands in the file stays as it is, comments included; a file that would not be valid afterwards is not touched.
func AddWaiver(path string, w Waiver, now time.Time) error {
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
		if _, err := parseWaivers(path, text); err != nil {
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
	if _, err := parseWaivers(path, text); err != nil {
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
	root, err := decodeYAML(name, text, &file)
	if err != nil {
		return nil, err
	}
	indent := 2
	if len(file.Waivers) > 0 {
		_, list := child(root.Content[0], "waivers")
		if list.Style&yaml.FlowStyle != 0 {
			return nil, fmt.Errorf("%s:%d: the waivers stand in brackets; write them as a list of lines that begin with a dash", name, list.Line)
		}
		indent = list.Column - 1
	} else if text = bytes.TrimRight(text, " \n"); len(root.Content) > 0 && root.Content[0].Kind == yaml.MappingNode { // waivers: with nothing, [] or null
		line, _ := lineAt(root, []string{"waivers"})
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
