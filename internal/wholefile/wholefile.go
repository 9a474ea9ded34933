// Package wholefile reads what is held in memory as a whole: never more of it than it may have. A file that a user names may be anything,
// a device that never ends included.
package wholefile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// MiB is the unit of limits.
const MiB = 1 << 20

// Read reads a file of at most so many bytes. The error names it.
func Read(path string, most int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	return read(f, path, most)
}

// ReadFS does the same in a file system.
func ReadFS(fsys fs.FS, path string, most int64) ([]byte, error) {
	f, err := fsys.Open(path)
	if err != nil {
		return nil, err
	}
	return read(f, path, most)
}

func read(f io.ReadCloser, path string, most int64) ([]byte, error) {
	text, err := From(f, most)
	if err := errors.Join(err, f.Close()); err != nil {
		if named := (*fs.PathError)(nil); errors.As(err, &named) {
			err = named.Err // the file is named once
		}
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return text, nil
}

// From reads at most so many bytes, and more are an error.
func From(r io.Reader, most int64) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(r, most+1))
	if err != nil {
		return nil, err
	}
	if int64(len(text)) > most {
		return nil, fmt.Errorf("it is larger than %d KiB", most>>10)
	}
	return text, nil
}
