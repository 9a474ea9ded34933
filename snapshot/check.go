package snapshot

import (
	"fmt"
	"path"
	"regexp"
	"slices"

	"tenor/audit"
)

func partPath(account, region, kind string) string {
	return path.Join(resourcesName, account, region, kind+partSuffix)
}

const (
	resourcesName = "resources" // the folder of the parts
	partSuffix    = ".ndjson.gz"
)

// pathPart is what an account, a region and a kind may be in a path: no "..", and no slash.
var pathPart = regexp.MustCompile(`^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$`)

// check reports why a file cannot be that of its part.
func (f *File) check() error {
	for _, s := range [...]string{f.Account, f.Region, f.Kind} {
		if !pathPart.MatchString(s) {
			return fmt.Errorf("%q cannot be part of a path", s)
		}
	}
	if f.Path != partPath(f.Account, f.Region, f.Kind) {
		return fmt.Errorf("the path %q is not that of its part", f.Path)
	}
	return nil
}

// check holds the files of a manifest against its counts and its ledger: a file that is left out would pass for resources that
// are not there.
func (m *Manifest) check() error {
	counts, seen := map[string]int{}, map[string]int{} // by kind, by path
	for i := range m.Files {
		f := &m.Files[i]
		if err := f.check(); err != nil {
			return err
		}
		if _, twice := seen[f.Path]; twice || f.Count <= 0 {
			return fmt.Errorf("the file %s is listed twice, or with %d resources", f.Path, f.Count)
		}
		seen[f.Path] = f.Count
		counts[f.Kind] += f.Count
	}
	if m.Charges != nil {
		if err := m.Charges.check(); err != nil {
			return err
		}
	}
	for kind, n := range m.Counts {
		if counts[kind] != n {
			return fmt.Errorf("counts say %d of %s, and files %d: the manifest is damaged", n, kind, counts[kind])
		}
		delete(counts, kind)
	}
	for kind, n := range counts {
		return fmt.Errorf("files have %d of %s, and counts do not name it: the manifest is damaged", n, kind)
	}
	kinds := audit.CollectedKinds()
	for c := range m.Coverage.All() {
		if c.Status != audit.StatusCollected || c.Count == 0 {
			continue
		}
		for _, kind := range kinds { // as many are in the file as its list had
			if c.Service != kind.Service || c.Operation != kind.List {
				continue
			}
			if have := seen[partPath(c.Account, c.Region, kind.Name)]; have < c.Count {
				return fmt.Errorf("the ledger has %d of %s:%s in %s/%s, and files have %d: the manifest is damaged",
					c.Count, c.Service, c.Operation, c.Account, c.Region, have)
			}
		}
	}
	return nil
}

// known returns the ledger with a gap for each row whose status this version does not know: nobody can say that it was read.
func known(ledger *audit.Ledger) *audit.Ledger {
	all := true
	for c := range ledger.All() {
		all = all && slices.Contains(audit.CoverageStatuses[:], c.Status)
	}
	if all {
		return ledger
	}
	out := &audit.Ledger{}
	for c := range ledger.All() {
		if !slices.Contains(audit.CoverageStatuses[:], c.Status) {
			c.Message = fmt.Sprintf("the status %q is not known to this version of tenor", c.Status)
			c.Status, c.Reason = audit.StatusGap, audit.ReasonMalformed
		}
		out.Add(c)
	}
	return out
}
