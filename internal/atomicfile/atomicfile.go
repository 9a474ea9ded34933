// Package atomicfile puts files in place whole or not at all. Call Write; whatever reads the file meanwhile sees the old one
// or the new one.
package atomicfile

import (
	"bufio"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// The modes of what tenor writes: prices are confidential.
const (
	FileMode = 0o600
	DirMode  = 0o700
)

// Write lets write fill a temporary file beside path, which is synced and renamed over path, with that mode whatever the
// umask. On an error, write's own included, nothing is left behind and path is as it was. Missing folders are made.
func Write(path string, mode fs.FileMode, write func(io.Writer) error) (err error) {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, DirMode); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, "."+filepath.Base(path)+".*.tmp")
	if err != nil {
		return err
	}
	placed := false
	defer func() {
		if !placed {
			_ = f.Close() // it may be closed already, and is thrown away
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	buf := bufio.NewWriterSize(f, 1<<16)
	if err := write(buf); err != nil {
		return err
	}
	if err := buf.Flush(); err != nil {
		return err
	}
	if err := f.Chmod(mode); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	placed = true
	return nil
}

// WriteBytes is Write of what is in memory.
func WriteBytes(path string, mode fs.FileMode, b []byte) error {
	return Write(path, mode, func(w io.Writer) error { _, err := w.Write(b); return err })
}
