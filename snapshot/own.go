package snapshot

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"tenor/internal/atomicfile"
)

// previous is where Create puts a finished snapshot aside.
func previous(dir string) string { return dir + ".previous" }

// CheckOwn reports why Create must not replace what stands in dir, or beside it as dir.previous: it is no snapshot of tenor's, it
// holds something that is not of one, or there is a link in it. Nothing there, and an empty folder, may be replaced.
func CheckOwn(dir string) error {
	for _, d := range [...]string{dir, previous(dir)} {
		if err := checkOwn(d); err != nil {
			return fmt.Errorf("%w: give --out another folder, or move it away", err)
		}
	}
	return nil
}

func checkOwn(dir string) error {
	info, err := os.Lstat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case info.Mode()&fs.ModeSymlink != 0:
		return fmt.Errorf("%s is a link, which is not followed", dir)
	case !info.IsDir():
		return fmt.Errorf("%s is a file, and no folder of a snapshot", dir)
	}
	named := false // tenor's own manifest or journal is there
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		switch parts := strings.Split(filepath.ToSlash(rel), "/"); {
		case d.IsDir() && parts[0] == resourcesName && len(parts) <= 3:
			return nil
		case !d.Type().IsRegular():
		case atomicfile.IsTemp(d.Name()) && (len(parts) == 1 || parts[0] == resourcesName):
			return nil
		case rel == chargesName:
			return nil
		case rel == ManifestName || rel == journalName:
			named = true
			return checkHead(path)
		case parts[0] == resourcesName && len(parts) == 4 && strings.HasSuffix(rel, partSuffix):
			return nil
		}
		return fmt.Errorf("%s is nothing that tenor has written", path)
	})
	if err != nil || named {
		return err
	}
	if entries, err := os.ReadDir(filepath.Join(dir, resourcesName)); err != nil && !errors.Is(err, fs.ErrNotExist) || len(entries) > 0 {
		return errors.Join(
			fmt.Errorf("%s has a folder %s, and neither a %s nor a %s of tenor's", dir, resourcesName, ManifestName, journalName), err)
	}
	return nil
}

// checkHead reports why a file is not tenor's own manifest or journal: of whichever version, a manifest says what tool wrote it and
// what was read, and a journal, unless it was cut off, begins with its scope.
func checkHead(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	in := bufio.NewReaderSize(f, 1<<16)
	text := io.Reader(in)
	wanted := [][]string{{"schema_version", "tool_version", "taken_at", "coverage", "files"}}
	if filepath.Base(path) == journalName {
		line, err := in.ReadBytes('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		const begin = `{"scope":`
		if err != nil && strings.HasPrefix(string(line), begin[:min(len(line), len(begin))]) {
			return nil
		}
		text, wanted = bytes.NewReader(line), [][]string{{"scope"}, {"file", "coverage"}}
	}
	members, err := membersOf(text)
	if _, ok := errors.AsType[*fs.PathError](err); ok {
		return err
	}
	all := func(names []string) bool {
		return !slices.ContainsFunc(names, func(name string) bool { return !members[name] })
	}
	if err != nil || !slices.ContainsFunc(wanted, all) {
		return fmt.Errorf("%s is not tenor's", path)
	}
	return nil
}

// membersOf returns the names of the members of a JSON object, of which no more than a token is held in memory.
func membersOf(text io.Reader) (map[string]bool, error) {
	d := jsontext.NewDecoder(text, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	if d.PeekKind() != '{' {
		return nil, errors.New("no object")
	}
	members := map[string]bool{}
	for depth := -1; depth != 0; {
		depth = d.StackDepth()
		kind, length := d.StackIndex(depth)
		t, err := d.ReadToken()
		if err != nil {
			return nil, err
		}
		if depth == 1 && kind == '{' && length%2 == 0 && t.Kind() == '"' {
			members[t.String()] = true
		}
		depth = d.StackDepth()
	}
	if _, err := d.ReadToken(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more follows after the object")
	}
	return members, nil
}

// remove removes the snapshot in a folder that CheckOwn has let pass, its manifest and journal last: what is left when it is
// stopped halfway is still known to be tenor's.
func remove(dir string) error {
	if err := os.RemoveAll(filepath.Join(dir, resourcesName)); err != nil {
		return err
	}
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, e := range entries {
		if err := os.Remove(filepath.Join(dir, e.Name())); err != nil {
			return err
		}
	}
	return nil
}

// removePrevious removes what Create has put aside.
func removePrevious(dir string) error {
	err := remove(previous(dir))
	if err == nil {
		err = os.Remove(previous(dir))
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// sweep removes what killed runs have left among the parts of an unfinished snapshot.
func sweep(dir string) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			err = atomicfile.Sweep(path)
		}
		return err
	})
}
