package policies

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// warning is about a line of a file: what it says is not taken as it may be meant.
type warning struct {
	line   int
	text   string
	refuse bool // an error in a package under tenor
}

func (s *source) warn(line int, format string, args ...any) {
	s.warnings = append(s.warnings, warning{line: line, text: fmt.Sprintf(format, args...)})
}

// refuse warns of what is an error in a package under tenor.
func (s *source) refuse(line int, format string, args ...any) {
	s.warnings = append(s.warnings, warning{line: line, text: fmt.Sprintf(format, args...), refuse: true})
}

// refused returns the warnings about a package under tenor that are errors, and takes them out.
func (s *source) refused() error {
	var errs []error
	s.warnings = slices.DeleteFunc(s.warnings, func(w warning) bool {
		if w.refuse {
			errs = append(errs, fmt.Errorf("%s:%d: %s", s.name, w.line, w.text))
		}
		return w.refuse
	})
	return errors.Join(errs...)
}

// Lacking returns a line for each function that is declared and that tenor does not have, in each policy that calls it. A line begins
// with the file:line of the first call.
func (p *Pack) Lacking() []string { return p.lacking }

// Elsewhere returns the ids of the rules in force that were written for other documents: all that they read of one is what none of
// tenor's has, such as input.aws.
func (p *Pack) Elsewhere() []string {
	var ids []string
	for _, r := range p.rules {
		if len(p.reads[r.ID].strange()) > 0 {
			ids = append(ids, r.ID)
		}
	}
	return ids
}

// strange returns the members of a document that are read, in order, where no document has any of them.
func (r *reads) strange() []string {
	names := slices.Sorted(maps.Keys(r.members))
	known := func(name string) bool { return slices.Contains(documentMembers[:], name) }
	if r.value || r.elems != nil || slices.ContainsFunc(names, known) {
		return nil
	}
	return names
}

// Warnings returns what the user's policies and data say that is not taken as it may be meant, such as METADATA that does not
// count: a line each, which begins with the file:line, ordered by file and line.
func (p *Pack) Warnings() []string {
	sorted := slices.SortedFunc(slices.Values(p.files), func(a, b *source) int { return strings.Compare(a.name, b.name) })
	var lines []string
	for _, s := range sorted {
		for _, w := range slices.SortedStableFunc(slices.Values(s.warnings), func(a, b warning) int { return cmp.Compare(a.line, b.line) }) {
			lines = append(lines, fmt.Sprintf("%s:%d: %s", s.name, w.line, w.text))
		}
	}
	return slices.Compact(lines) // the data of a bundle is read twice
}
