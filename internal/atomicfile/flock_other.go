//go:build !unix || aix || solaris

package atomicfile

import (
	"errors"
	"os"
)

func flock(*os.File) error { return errors.ErrUnsupported }

func openLock(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_RDWR|os.O_CREATE, FileMode)
}
