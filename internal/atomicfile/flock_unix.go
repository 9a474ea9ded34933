//go:build unix && !aix && !solaris

package atomicfile

import (
	"errors"
	"os"
	"syscall"
)

// flock takes the lock of an open file, which ends when the file is closed, and so with the process. It does not wait. The error is
// ErrLocked when another has it, and errors.ErrUnsupported where the file system has no locks.
func flock(f *os.File) error {
	for {
		switch err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); {
		case errors.Is(err, syscall.EINTR):
		case errors.Is(err, syscall.EWOULDBLOCK):
			return ErrLocked
		case errors.Is(err, syscall.ENOLCK):
			return errors.ErrUnsupported
		default:
			return err // ENOSYS and ENOTSUP are errors.ErrUnsupported
		}
	}
}

// openLock opens the file that stands for a folder, and makes it when it is missing. It follows no link.
func openLock(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_RDWR|os.O_CREATE|syscall.O_NOFOLLOW, FileMode)
}
