package audit

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// The modes of what tenor writes: prices are confidential.
const (
	FileMode = 0o600
	DirMode  = 0o700
)

// WriteFile puts a file in place whole or not at all: write fills a temporary file beside path, which is synced and
// renamed over path. On an error nothing is left behind and path is as it was. Missing folders are made.
func WriteFile(path string, write func(io.Writer) error) (err error) {
	f, err := newTempFile(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.discard()) }()
	buf := bufio.NewWriterSize(f, 1<<16)
	if err := write(buf); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := buf.Flush(); err != nil {
		return err
	}
	return f.commit()
}

// tempFile is a file on its way to its place.
type tempFile struct {
	*os.File
	path string
	done bool
}

func newTempFile(path string) (*tempFile, error) {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, DirMode); err != nil {
		return nil, err
	}
	f, err := os.CreateTemp(dir, "."+filepath.Base(path)+".*.tmp") // mode 0600
	if err != nil {
		return nil, err
	}
	return &tempFile{File: f, path: path}, nil
}

// commit syncs the file and renames it into its place.
func (f *tempFile) commit() error {
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), f.path); err != nil {
		return err
	}
	f.done = true
	return nil
}

// discard removes the file unless it was committed.
func (f *tempFile) discard() error {
	if f.done {
		return nil
	}
	f.done = true
	_ = f.Close() // it may be closed already, and is thrown away
	return os.Remove(f.Name())
}
