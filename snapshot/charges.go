package snapshot

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/klauspost/compress/gzip"

	"tenor/audit"
	"tenor/internal/atomicfile"
	"tenor/internal/wholefile"
)

// chargesName is the file of what AWS charged: an audit.Charges, gzipped.
const chargesName = "charges.json.gz"

// maxCharges bounds what the file holds, so that a damaged one cannot take all the memory.
const maxCharges = 1 << 30

// Charges is the file of what AWS charged, of a snapshot that was taken with a bill.
type Charges struct {
	Path   string `json:"path"`
	Count  int    `json:"count"`  // rows
	SHA256 string `json:"sha256"` // of the file as it is on disk, hex
	Bill
}

// Bill is what was asked for, in the words of the config.
type Bill struct {
	Exports []string `json:"exports"` // what it is read from; nil in a snapshot of an earlier version
	Months  int      `json:"months"`  // of it that are read
}

// chargesRecord is what the journal keeps of them once they are read.
type chargesRecord struct {
	Charges *chargesPart `json:"charges"`
}

type chargesPart struct {
	File     Charges          `json:"file"`
	Asked    []string         `json:"asked"` // see SetCharges
	Coverage []audit.Coverage `json:"coverage"`
}

// HasCharges reports whether an earlier run has read what AWS charged. It is an error where that was asked for in another way: what was
// read of one bill would pass for another.
func (w *Writer) HasCharges(asked []string) (bool, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.charges == nil {
		return false, nil
	}
	if !slices.Equal(w.charges.Asked, asked) {
		return true, fmt.Errorf("resume snapshot: %s was begun with another bill (%s): resume it with that, or run without --resume",
			w.dir, strings.Join(difference("billing", w.charges.Asked, asked), "; "))
	}
	return true, nil
}

// SetCharges keeps what AWS charged, and its rows of the ledger. Asked says in words of the caller's what was asked for, with the places
// that the words of the config stand for.
func (w *Writer) SetCharges(c *audit.Charges, bill Bill, asked []string) error {
	text, err := audit.EncodeJSON(c)
	if err != nil {
		return fmt.Errorf("snapshot: %w", err)
	}
	if err := w.alone(); err != nil {
		return err
	}
	var file bytes.Buffer
	gz := gzip.NewWriter(&file)
	_, err = gz.Write(append(text, '\n'))
	if err = errors.Join(err, gz.Close()); err == nil {
		err = atomicfile.WriteBytes(filepath.Join(w.dir, chargesName), atomicfile.FileMode, file.Bytes())
	}
	if err != nil {
		return fmt.Errorf("snapshot: %w", err)
	}
	sum := sha256.Sum256(file.Bytes())
	part := &chargesPart{File: Charges{Path: chargesName, Count: len(c.Rows), SHA256: hex.EncodeToString(sum[:]), Bill: bill},
		Asked: asked, Coverage: c.Coverage()}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.charges = part
	if err := writeLine(w.journal, chargesRecord{part}); err != nil {
		return fmt.Errorf("snapshot %s: %w", chargesName, err)
	}
	return nil
}

// check reports why a file cannot be that of the charges.
func (c *Charges) check() error {
	if c.Path != chargesName {
		return fmt.Errorf("the path %q is not that of the charges", c.Path)
	}
	return nil
}

// Charges reads what AWS charged; nil where the snapshot was taken without a bill.
func (s *Snapshot) Charges() (*audit.Charges, error) {
	f := s.Manifest.Charges
	if f == nil {
		return nil, nil
	}
	name := filepath.Join(s.Dir, f.Path)
	file, err := wholefile.Read(name, maxCharges)
	if err != nil {
		return nil, fmt.Errorf("snapshot: %w", err)
	}
	sum := sha256.Sum256(file)
	if have := hex.EncodeToString(sum[:]); have != f.SHA256 {
		return nil, fmt.Errorf("snapshot %s: the file is not the one in the manifest: SHA-256 %s, want %s", name, have, f.SHA256)
	}
	gz, err := gzip.NewReader(bytes.NewReader(file))
	if err != nil {
		return nil, fmt.Errorf("snapshot %s: %w", name, err)
	}
	text, err := io.ReadAll(io.LimitReader(gz, maxCharges+1))
	if err == nil && len(text) > maxCharges {
		err = errors.New("more than 1 GiB")
	}
	if err != nil {
		return nil, fmt.Errorf("snapshot %s: %w", name, err)
	}
	var c audit.Charges
	if err := audit.DecodeJSON(name, text, &c); err != nil {
		return nil, err
	}
	if len(c.Rows) != f.Count {
		return nil, fmt.Errorf("snapshot %s: %d rows, want %d", name, len(c.Rows), f.Count)
	}
	return &c, nil
}
