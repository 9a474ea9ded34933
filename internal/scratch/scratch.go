// Package scratch makes the temporary files that only this process reads: they have no name, so that a process that is killed
// leaves nothing behind, and nobody else opens them.
package scratch

import (
	"errors"
	"io/fs"
	"os"

	"tenor/internal/atomicfile"
)

// File is a temporary file, read and written by the process that made it.
type File struct {
	*os.File
	name string // to be removed when it is closed; empty where that is done
}

// New makes a file in dir, "" for the system's folder of temporary files, of mode 0600.
func New(dir string) (*File, error) {
	f, err := os.CreateTemp(dir, atomicfile.TempPrefix+"sort.*"+atomicfile.TempSuffix)
	if err != nil {
		return nil, err
	}
	s := &File{File: f}
	if os.Remove(f.Name()) != nil { // Windows removes no file that is open
		s.name = f.Name()
	}
	return s, nil
}

// Close gives the file back. It may be called more than once.
func (f *File) Close() error {
	err := f.File.Close()
	if errors.Is(err, fs.ErrClosed) {
		return nil
	}
	if f.name != "" {
		err = errors.Join(err, os.Remove(f.name))
	}
	return err
}
