package snapshot

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"tenor/internal/atomicfile"
)

// Adopt makes the files of a finished snapshot part of this one, each held against its digest. Its ledger is left to
// Finish. Two snapshots that have a part in common do not go together.
func (w *Writer) Adopt(s *Snapshot) error {
	have := map[string]bool{}
	for _, f := range w.files {
		have[f.Path] = true
	}
	for _, f := range s.Manifest.Files {
		if have[f.Path] {
			return fmt.Errorf("snapshot %s: %s is in another one too", s.Dir, f.Path)
		}
		from := filepath.Join(s.Dir, filepath.FromSlash(f.Path))
		if err := w.copyFile(from, f); err != nil {
			return fmt.Errorf("snapshot %s: %w", from, err)
		}
		w.mu.Lock()
		w.keep(PartRecord{File: f})
		w.mu.Unlock()
	}
	return nil
}

func (w *Writer) copyFile(from string, f File) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	return atomicfile.Write(filepath.Join(w.dir, filepath.FromSlash(f.Path)), atomicfile.FileMode, func(out io.Writer) error {
		sum := sha256.New()
		if _, err := io.Copy(io.MultiWriter(out, sum), in); err != nil {
			return err
		}
		if have := hex.EncodeToString(sum.Sum(nil)); have != f.SHA256 {
			return fmt.Errorf("the file is not the one in the manifest: SHA-256 %s, want %s", have, f.SHA256)
		}
		return nil
	})
}
