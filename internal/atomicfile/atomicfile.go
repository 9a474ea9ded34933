// Package atomicfile puts files in place whole or not at all, and keeps two processes from writing into one folder. Call Write;
// whatever reads the file meanwhile sees the old one or the new one. Call Create where there may be no old one. Call Lock
// first where a process writes several files, and then Sweep, which removes what killed processes have left.
package atomicfile

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// The modes of what tenor writes: prices are confidential.
const (
	FileMode = 0o600
	DirMode  = 0o700
)

// Every temporary file is called TempPrefix, the name of what it becomes, a dot, a number, and TempSuffix, so that one that a
// killed process has left is known to be tenor's.
const (
	TempPrefix = ".tenor-"
	TempSuffix = ".tmp"
)

var errFolder = errors.New("is a folder: name a file")

// Write lets write fill a temporary file beside path, which is synced and renamed over path, with that mode whatever the
// umask. On an error, write's own included, nothing is left behind and path is as it was. Missing folders are made. What
// killed processes have left of the same file is removed.
func Write(path string, mode fs.FileMode, write func(io.Writer) error) error {
	f, err := Stage(path, mode, write)
	if err != nil {
		return err
	}
	return f.Place()
}

// Staged is a file that is written and not yet in its place. It ends with Place or Discard.
type Staged struct {
	file *os.File
	path string
}

// Stage is the part of Write that may fail for want of space: the file is on the disk, under another name.
func Stage(path string, mode fs.FileMode, write func(io.Writer) error) (_ *Staged, err error) {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, DirMode); err != nil {
		return nil, err
	}
	_ = sweep(dir, filepath.Base(path)) // what cannot be removed is in nobody's way
	f, err := CreateTemp(dir, filepath.Base(path))
	if err != nil {
		return nil, err
	}
	s, done := &Staged{f, path}, false
	defer func() {
		if !done {
			err = errors.Join(s.named(err), s.Discard())
		}
	}()
	buf := bufio.NewWriterSize(s, 1<<16)
	if err := write(buf); err != nil {
		return nil, err
	}
	if err := buf.Flush(); err != nil {
		return nil, err
	}
	if err := f.Chmod(mode); err != nil {
		return nil, err
	}
	if err := f.Sync(); err != nil {
		return nil, err
	}
	done = true
	return s, nil
}

// Name returns the path of the file as long as it is not in its place.
func (s *Staged) Name() string { return s.file.Name() }

// Write is of what fills the file.
func (s *Staged) Write(p []byte) (int, error) {
	n, err := s.file.Write(p)
	return n, s.named(err)
}

// End replaces what stands from an offset on, to the end of the file.
func (s *Staged) End(off int64, end []byte) error {
	if _, err := s.file.WriteAt(end, off); err != nil {
		return s.named(err)
	}
	if err := s.file.Truncate(off + int64(len(end))); err != nil {
		return s.named(err)
	}
	return s.named(s.file.Sync())
}

// Place renames the file over its path.
func (s *Staged) Place() error {
	if err := os.Rename(s.file.Name(), s.path); err != nil { // while it is open, and so no one else's to remove
		if info, serr := os.Stat(s.path); serr == nil && info.IsDir() {
			err = fmt.Errorf("%s %w", s.path, errFolder)
		}
		return errors.Join(s.named(err), s.Discard())
	}
	return s.file.Close()
}

// Discard removes the file.
func (s *Staged) Discard() error {
	return errors.Join(os.Remove(s.file.Name()), s.file.Close())
}

// named is an error that names the file and not the temporary one.
func (s *Staged) named(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok && e.Path == s.file.Name() {
		e.Path = s.path
	}
	return err
}

// WriteBytes is Write of what is in memory.
func WriteBytes(path string, mode fs.FileMode, b []byte) error {
	return Write(path, mode, func(w io.Writer) error { _, err := w.Write(b); return err })
}

// Create is WriteBytes of a new file. It takes the place of nothing, however late that came: the error is then Free's.
func Create(path string, mode fs.FileMode, b []byte) error {
	f, err := Stage(path, mode, func(w io.Writer) error { _, err := w.Write(b); return err })
	if err != nil {
		return err
	}
	switch err := os.Link(f.Name(), path); {
	case err == nil:
		return f.Discard()
	case errors.Is(err, fs.ErrExist):
		return errors.Join(takenError(path), f.Discard())
	}
	if err := Free(path); err != nil { // a file system without links
		return errors.Join(err, f.Discard())
	}
	return f.Place()
}

// Free returns an error, which is fs.ErrExist, when something is at the path, be it a link that leads nowhere.
func Free(path string) error {
	_, err := os.Lstat(path)
	switch {
	case err == nil:
		return takenError(path)
	case errors.Is(err, fs.ErrNotExist):
		return nil
	}
	return err
}

type takenError string

func (e takenError) Error() string { return string(e) + " is there already" }
func (takenError) Unwrap() error   { return fs.ErrExist }

// CreateTemp makes a temporary file for name in dir. Sweep leaves it alone as long as it is open.
func CreateTemp(dir, name string) (*os.File, error) {
	for {
		f, err := os.CreateTemp(dir, TempPrefix+name+".*"+TempSuffix)
		if err != nil {
			return nil, err
		}
		if err := flock(f); err != nil && !errors.Is(err, errors.ErrUnsupported) && !errors.Is(err, ErrLocked) {
			return nil, errors.Join(err, f.Close(), os.Remove(f.Name()))
		}
		if there(f) {
			return f, nil
		}
		if err := f.Close(); err != nil { // it was swept before it was locked
			return nil, err
		}
	}
}

// Sweep removes the temporary files from dir that processes have left there which do not live any more; a dir that is missing has
// none. It does not look into folders below, and follows no link.
func Sweep(dir string) error { return sweep(dir, "") }

// sweep is Sweep of the temporary files for one name; empty: for every one.
func sweep(dir, name string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var failed error
	for _, e := range entries {
		if e.Type().IsRegular() && isTemp(e.Name(), name) {
			failed = errors.Join(failed, removeDead(filepath.Join(dir, e.Name())))
		}
	}
	return failed
}

// IsTemp reports whether a file's name is that of a temporary one.
func IsTemp(file string) bool { return isTemp(file, "") }

// isTemp is IsTemp for one name; empty: for every one.
func isTemp(file, name string) bool {
	rest, ours := strings.CutPrefix(file, TempPrefix)
	rest, temp := strings.CutSuffix(rest, TempSuffix)
	dot := strings.LastIndexByte(rest, '.')
	if !ours || !temp || dot <= 0 || name != "" && rest[:dot] != name {
		return false
	}
	number := rest[dot+1:]
	return number != "" && strings.Trim(number, "0123456789") == ""
}

// removeDead removes a temporary file unless a process has it open.
func removeDead(path string) error {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	err = flock(f)
	switch {
	case errors.Is(err, ErrLocked), errors.Is(err, errors.ErrUnsupported): // it lives, or nobody can say
		err = nil
	case err == nil && there(f):
		if err = os.Remove(path); errors.Is(err, fs.ErrNotExist) {
			err = nil
		}
	}
	return errors.Join(err, f.Close())
}

// there reports whether an open file is still what its name leads to.
func there(f *os.File) bool {
	ours, err := f.Stat()
	if err != nil {
		return false
	}
	named, err := os.Lstat(f.Name())
	return err == nil && os.SameFile(ours, named)
}

// ErrLocked is the error of a lock that another has.
var ErrLocked = errors.New("another process is writing there")

// lockName is the file that stands for a folder.
const lockName = ".tenor.lock"

// Lock takes the lock of a folder, which must be there. It is released by unlock, and by the end of the process, however that
// ends. The error is ErrLocked when another has it, and errors.ErrUnsupported where the file system has no locks.
func Lock(dir string) (unlock func() error, err error) {
	for {
		f, err := openLock(filepath.Join(dir, lockName))
		if err != nil {
			return nil, fmt.Errorf("lock %s: %w", dir, err)
		}
		if err := flock(f); err != nil {
			return nil, errors.Join(fmt.Errorf("lock %s: %w", dir, err), f.Close())
		}
		if there(f) {
			return func() error { return errors.Join(os.Remove(f.Name()), f.Close()) }, nil
		}
		if err := f.Close(); err != nil { // whoever had it has removed it meanwhile
			return nil, err
		}
	}
}
