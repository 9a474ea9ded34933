package snapshot

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
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
	old, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("resume snapshot: %s holds no unfinished snapshot: %w", dir, err)
	}
	defer old.Close()
	if err := sweep(dir); err != nil {
		return nil, fmt.Errorf("resume snapshot: %w", err)
	}
	w := &Writer{dir: dir, earlier: map[partKey]int64{}}
	if err := w.open(func(out io.Writer) error { return w.recall(bufio.NewReaderSize(old, 1<<16), out) }); err != nil {
		return nil, fmt.Errorf("resume snapshot: %w", err)
	}
	return w, nil
}

// recall copies a journal that was begun, but for the parts that are not whole, and keeps what it says.
func (w *Writer) recall(old *bufio.Reader, out io.Writer) error {
	name := filepath.Join(w.dir, journalName)
	var at int64 // bytes written
	for n := 1; ; n++ {
		line, err := old.ReadBytes('\n')
		if errors.Is(err, io.EOF) { // the last is empty, or cut off by a crash: its part is asked for again
			break
		}
		if err != nil {
			return err
		}
		var keep bool
		if n == 1 {
			var head scopeRecord
			if err := audit.DecodeJSON(name, line, &head); err != nil {
				return err
			}
			if w.scope, keep = head.Scope, true; w.scope == nil {
				break
			}
		} else if keep, err = w.recallLine(line, at); err != nil {
			return fmt.Errorf("%s:%d: %w", name, n, err)
		}
		if keep {
			if _, err := out.Write(line); err != nil {
				return err
			}
			at += int64(len(line))
		}
	}
	if w.scope == nil {
		return fmt.Errorf("%s does not say what it is a snapshot of: run without --resume", name)
	}
	return nil
}

// recallLine keeps what a line after the first says, and reports whether it does: a part whose file is not the one it was is asked for
// again. The line is at that byte of the journal.
func (w *Writer) recallLine(line []byte, at int64) (bool, error) {
	whole := func(path, sum string) bool {
		f, err := os.Open(filepath.Join(w.dir, filepath.FromSlash(path)))
		if err != nil {
			return false
		}
		defer f.Close()
		have := sha256.New()
		_, err = io.Copy(have, f)
		return err == nil && hex.EncodeToString(have.Sum(nil)) == sum
	}
	var c chargesRecord
	if err := json.Unmarshal(line, &c); err == nil && c.Charges != nil {
		if err := c.Charges.File.check(); err != nil {
			return false, err
		}
		if !whole(c.Charges.File.Path, c.Charges.File.SHA256) {
			return false, nil
		}
		w.charges = c.Charges
		return true, nil
	}
	var p PartRecord
	if err := json.Unmarshal(line, &p); err != nil {
		return false, errors.New("the line is damaged: run without --resume")
	}
	if err := p.File.check(); err != nil {
		return false, err
	}
	key := keyOf(p.File.Path)
	if _, twice := w.earlier[key]; twice || p.File.Count > 0 && !whole(p.File.Path, p.File.SHA256) {
		return false, nil
	}
	w.earlier[key] = at
	w.keep(p)
	return true, nil
}

// partKey stands for the path of a part, of which an organization has a million.
type partKey [sha256.Size / 2]byte

func keyOf(path string) partKey {
	sum := sha256.Sum256([]byte(path))
	return partKey(sum[:])
}

// open puts the beginning of a journal in its place and opens it.
func (w *Writer) open(begin func(io.Writer) error) error {
	name := filepath.Join(w.dir, journalName)
	err := atomicfile.Write(name, atomicfile.FileMode, func(f io.Writer) error {
		out := bufio.NewWriterSize(f, 1<<16)
		if err := begin(out); err != nil {
			return err
		}
		return out.Flush()
	})
	if err != nil {
		return err
	}
	w.journal, err = os.OpenFile(name, os.O_RDWR|os.O_APPEND, atomicfile.FileMode)
	w.compressors.New = newCompressor
	return err
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
		return fmt.Errorf("another run has written into %s meanwhile: run again, and give each run a folder of its own", w.dir)
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
