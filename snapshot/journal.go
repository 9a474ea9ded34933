package snapshot

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"tenor/audit"
	"tenor/internal/atomicfile"
)

// journalName is the file of an unfinished snapshot: a JSON line that says what it is of, then one for each part that is
// finished.
const journalName = "journal.ndjson"

// Scope is what a snapshot is of, and when collecting it began. A snapshot is resumed only with the scope it was begun with.
type Scope struct {
	TakenAt  string   `json:"taken_at"` // RFC 3339 UTC
	Accounts []string `json:"accounts"` // ordered
	Regions  []string `json:"regions"`  // ordered
	Role     string   `json:"role"`     // assumed in the accounts; empty: none
	// CloudWatchDays is for how many days CloudWatch is asked; 0: it is not.
	CloudWatchDays int `json:"cloudwatch_days,omitempty"`
}

// scopeRecord is the first line of the journal.
type scopeRecord struct {
	Scope *Scope `json:"scope"`
}

// PartRecord is what the journal keeps of a finished part.
type PartRecord struct {
	File     File             `json:"file"` // Count is 0 and there is no file when nothing was found
	Coverage []audit.Coverage `json:"coverage"`
}

// Resume goes on with the unfinished snapshot in dir. A part whose file is missing or not as the journal has it
// is not finished.
func Resume(dir string) (*Writer, error) {
	if _, err := os.Stat(filepath.Join(dir, ManifestName)); err == nil {
		return nil, fmt.Errorf("resume snapshot: %s is finished: it has a %s", dir, ManifestName)
	}
	if err := CheckOwn(dir); err != nil {
		return nil, fmt.Errorf("resume snapshot: %w", err)
	}
	name := filepath.Join(dir, journalName)
	b, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("resume snapshot: %s holds no unfinished snapshot: %w", dir, err)
	}
	if err := sweep(dir); err != nil {
		return nil, fmt.Errorf("resume snapshot: %w", err)
	}
	lines := bytes.SplitAfter(b, []byte("\n"))
	lines = lines[:len(lines)-1] // the last is empty, or cut off by a crash: its part is asked for again
	var head scopeRecord
	if len(lines) > 0 {
		if err := audit.DecodeJSON(name, lines[0], &head); err != nil {
			return nil, fmt.Errorf("resume snapshot: %w", err)
		}
	}
	if head.Scope == nil {
		return nil, fmt.Errorf("resume snapshot: %s does not say what it is a snapshot of: run without --resume", name)
	}
	parts := map[string]PartRecord{}
	var charges *chargesPart
	whole := func(path, sum string) bool {
		have, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(path)))
		digest := sha256.Sum256(have)
		return err == nil && hex.EncodeToString(digest[:]) == sum
	}
	for n, line := range lines[1:] {
		var c chargesRecord
		if err := json.Unmarshal(line, &c); err == nil && c.Charges != nil {
			if err := c.Charges.File.check(); err != nil {
				return nil, fmt.Errorf("resume snapshot: %s:%d: %w", name, n+2, err)
			}
			if whole(c.Charges.File.Path, c.Charges.File.SHA256) {
				charges = c.Charges
			}
			continue
		}
		var p PartRecord
		if err := json.Unmarshal(line, &p); err != nil {
			return nil, fmt.Errorf("resume snapshot: %s:%d: the line is damaged: run without --resume", name, n+2)
		}
		if err := p.File.check(); err != nil {
			return nil, fmt.Errorf("resume snapshot: %s:%d: %w", name, n+2, err)
		}
		if p.File.Count > 0 && !whole(p.File.Path, p.File.SHA256) {
			continue
		}
		parts[p.File.Path] = p
	}
	return openWriter(dir, head.Scope, charges, parts)
}

// openWriter writes the journal anew and opens it.
func openWriter(dir string, scope *Scope, charges *chargesPart, parts map[string]PartRecord) (*Writer, error) {
	name := filepath.Join(dir, journalName)
	err := atomicfile.Write(name, atomicfile.FileMode, func(out io.Writer) error {
		if scope == nil {
			return nil
		}
		if err := writeLine(out, scopeRecord{scope}); err != nil {
			return err
		}
		if charges != nil {
			if err := writeLine(out, chargesRecord{charges}); err != nil {
				return err
			}
		}
		for _, path := range slices.Sorted(maps.Keys(parts)) {
			if err := writeLine(out, parts[path]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("open snapshot: %w", err)
	}
	j, err := os.OpenFile(name, os.O_WRONLY|os.O_APPEND, atomicfile.FileMode)
	if err != nil {
		return nil, fmt.Errorf("open snapshot: %w", err)
	}
	w := &Writer{dir: dir, scope: scope, charges: charges, parts: parts, journal: j}
	w.compressors.New = newCompressor
	return w, nil
}

func writeLine(w io.Writer, v any) error {
	b, err := audit.EncodeJSON(v)
	if err != nil {
		return err
	}
	_, err = w.Write(append(b, '\n'))
	return err
}

// Begin says what the snapshot is of, and returns when collecting it began, which for one that is resumed is an earlier
// time. Resuming another scope is an error: what was read of it would pass for all there is. Without Begin a snapshot
// cannot be resumed.
func (w *Writer) Begin(s Scope) (takenAt string, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.scope == nil {
		w.scope = &s
		return s.TakenAt, writeLine(w.journal, scopeRecord{&s})
	}
	differences := slices.Concat(
		difference("accounts", w.scope.Accounts, s.Accounts),
		difference("regions", w.scope.Regions, s.Regions),
		difference("role", []string{w.scope.Role}, []string{s.Role}),
		difference("days of CloudWatch", []string{strconv.Itoa(w.scope.CloudWatchDays)}, []string{strconv.Itoa(s.CloudWatchDays)}),
	)
	if len(differences) > 0 {
		return "", fmt.Errorf("resume snapshot: %s was begun with other settings (%s): resume it with those, or run without --resume",
			w.dir, strings.Join(differences, "; "))
	}
	return w.scope.TakenAt, nil
}

// alone reports as an error that another run has begun or finished a snapshot in the same folder meanwhile.
func (w *Writer) alone() error {
	ours, err := w.journal.Stat()
	if err != nil {
		return err
	}
	there, err := os.Stat(filepath.Join(w.dir, journalName))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err != nil || !os.SameFile(ours, there) {
		return fmt.Errorf("another run has written into %s meanwhile: run again, and give runs at the same time a folder each", w.dir)
	}
	return nil
}

// difference says what only one of two lists has: of a snapshot as it was begun, and of the run that would resume it.
func difference(what string, begun, now []string) []string {
	less := func(list, other []string) string {
		only := slices.DeleteFunc(slices.Clone(list), func(s string) bool { return s == "" || slices.Contains(other, s) })
		if len(only) == 0 {
			return "none"
		}
		const most = 5
		if n := len(only) - most; n > 0 {
			return fmt.Sprintf("%s and %d more", strings.Join(only[:most], ", "), n)
		}
		return strings.Join(only, ", ")
	}
	if slices.Equal(begun, now) {
		return nil
	}
	return []string{fmt.Sprintf("%s only there: %s, only here: %s", what, less(begun, now), less(now, begun))}
}

// Close leaves the snapshot as it is, unfinished unless Finish was called.
func (w *Writer) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.journal == nil {
		return nil
	}
	j := w.journal
	w.journal = nil
	return j.Close()
}
