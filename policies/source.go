package policies

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/util"
)

// ownOrigin is the origin of the rules of our own pack.
const ownOrigin = "tenor"

// source is one file: a policy, or data for policies.
type source struct {
	name   string      // as errors show it
	path   string      // slashes, relative to its root
	origin string      // "tenor", or the directory or bundle
	text   []byte      // as read
	module *ast.Module // nil for a data file
	kinds  []string    // that its METADATA names
}

func (s *source) test() bool { return strings.HasSuffix(s.path, "_test.rego") }

// own reports whether s belongs to our pack.
func (s *source) own() bool { return s.origin == ownOrigin }

// userOrigin is the origin of what a user keeps at a path: the path itself, and ./tenor for tenor, which is ours.
func userOrigin(path string) string {
	if path == ownOrigin {
		return "./" + path
	}
	return path
}

// userFile returns the name of a file of a user's, which is never that of one of ours.
func userFile(origin, name string) string {
	shown := path.Join(filepath.ToSlash(origin), name)
	if _, err := fs.Stat(pack, shown); err == nil {
		return "./" + shown
	}
	return shown
}

// readAll reads every policy, test and data file, parses the policies and merges the data.
func readAll(ctx context.Context, o Options) ([]*source, map[string]any, error) {
	sources, err := readTree(pack, ownOrigin, ".")
	if err != nil {
		return nil, nil, err
	}
	data := map[string]any{}
	var errs []error
	for _, dir := range once(o.Dirs) {
		more, err := readDir(dir)
		errs = append(errs, err, mergeData(data, more))
		sources = append(sources, more...)
	}
	for _, file := range once(o.Bundles) {
		more, err := readBundle(ctx, file, o.Key)
		errs = append(errs, err, mergeData(data, more))
		sources = append(sources, more...)
	}
	errs = append(errs, readTwice(sources)...)
	return sources, data, errors.Join(errs...)
}

// once leaves out paths that are there already, as a folder is that the config and a flag both name.
func once(paths []string) []string {
	var out []string
	seen := map[string]bool{}
	for _, p := range paths {
		if !seen[filepath.Clean(p)] {
			out = append(out, p)
		}
		seen[filepath.Clean(p)] = true
	}
	return out
}

// readTwice refuses a file that is there twice: one of the two would be lost, since modules go by their names.
func readTwice(sources []*source) []error {
	var errs []error
	seen := map[string]bool{}
	for _, s := range sources {
		if seen[s.name] {
			errs = append(errs, fmt.Errorf("%s:1: is read twice", s.name))
		}
		seen[s.name] = true
	}
	return errs
}

func readDir(dir string) ([]*source, error) {
	info, err := os.Stat(dir)
	if err != nil {
		return nil, fmt.Errorf("read policies: %w", err)
	}
	if !info.IsDir() {
		return nil, fmt.Errorf("read policies: %s is no directory", dir)
	}
	sources, err := readTree(os.DirFS(dir), userOrigin(dir), ".")
	if err == nil && !slices.ContainsFunc(sources, func(s *source) bool { return !isData(s.path) }) {
		err = fmt.Errorf("read policies: there is no .rego file in %s", dir)
	}
	return sources, err
}

// readTree reads the .rego files, and the data files as OPA names them (data.json, data.yaml), below root.
func readTree(fsys fs.FS, origin, root string) ([]*source, error) {
	var sources []*source
	var errs []error
	err := fs.WalkDir(fsys, root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name != root && strings.HasPrefix(d.Name(), ".") {
				return fs.SkipDir
			}
			return nil
		}
		if path.Ext(name) != ".rego" && !isData(name) {
			return refuseLink(fsys, name, d)
		}
		text, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		shown := name
		if origin != ownOrigin {
			shown = userFile(origin, name)
		}
		s := &source{name: shown, path: name, origin: origin, text: text}
		errs = append(errs, s.parse())
		sources = append(sources, s)
		return nil
	})
	if err != nil {
		err = fmt.Errorf("read policies in %s: %w", origin, err)
	}
	return sources, errors.Join(append(errs, err)...)
}

// refuseLink is an error for a link to a directory, whose policies would not be read, or to nothing; those whose names begin
// with a dot are left out, as such directories are. A link to a file is read like the file.
func refuseLink(fsys fs.FS, name string, d fs.DirEntry) error {
	if d.Type()&fs.ModeSymlink == 0 || strings.HasPrefix(d.Name(), ".") {
		return nil
	}
	info, err := fs.Stat(fsys, name)
	if err == nil && info.IsDir() {
		return fmt.Errorf("%s is a link to a directory, which is not followed: name the directory itself", name)
	}
	return err
}

func isData(name string) bool {
	base := path.Base(name)
	return base == "data.json" || base == "data.yaml" || base == "data.yml"
}

// parse fills in the module of a policy; a data file has none, and a test is parsed when it is to be run.
func (s *source) parse() error {
	if isData(s.path) || s.test() {
		return nil
	}
	return s.parseModule()
}

func (s *source) parseModule() error {
	m, err := ast.ParseModuleWithOpts(s.name, string(s.text), ast.ParserOptions{ProcessAnnotation: true, RegoVersion: ast.RegoV1, Capabilities: capabilities()})
	if err != nil {
		return astError(err)
	}
	s.module = m
	return s.checkSchemas()
}

// mergeData puts the data files among sources where their directories say, as OPA does.
func mergeData(data map[string]any, sources []*source) error {
	var errs []error
	for _, s := range sources {
		if !isData(s.path) {
			continue
		}
		var doc map[string]any
		if err := util.Unmarshal(s.text, &doc); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", s.name, err))
			continue
		}
		keys := strings.Split(path.Dir(s.path), "/")
		if keys[0] == "." {
			keys = nil
		}
		for i := len(keys) - 1; i >= 0; i-- {
			doc = map[string]any{keys[i]: doc}
		}
		if _, taken := doc["tenor"]; taken {
			errs = append(errs, fmt.Errorf("%s:1: data.tenor is tenor's own", s.name))
			continue
		}
		errs = append(errs, mergeDoc(data, doc, s.name, ""))
	}
	return errors.Join(errs...)
}

func mergeDoc(into, doc map[string]any, file, at string) error {
	for _, k := range slices.Sorted(maps.Keys(doc)) {
		v := doc[k]
		have, exists := into[k]
		if !exists {
			into[k] = v
			continue
		}
		a, ok1 := have.(map[string]any)
		b, ok2 := v.(map[string]any)
		if !ok1 || !ok2 {
			return fmt.Errorf("%s:1: data%s.%s is given twice", file, at, k)
		}
		if err := mergeDoc(a, b, file, at+"."+k); err != nil {
			return err
		}
	}
	return nil
}

// astError turns the parser's and the compiler's errors into ours: file:line: what.
func astError(err error) error {
	var list ast.Errors
	if !errors.As(err, &list) {
		return err
	}
	errs := make([]error, len(list))
	for i, e := range list {
		msg, _, _ := strings.Cut(e.Message, "\n")
		msg += details(e) + removed(msg)
		if e.Location == nil || e.Location.File == "" {
			errs[i] = errors.New(msg)
			continue
		}
		errs[i] = fmt.Errorf("%s:%d: %s", e.Location.File, max(e.Location.Row, 1), msg)
	}
	return errors.Join(errs...)
}

// details returns what the checker says it found and wanted, without the source line and the arrow under it.
func details(e *ast.Error) string {
	if e.Details == nil {
		return ""
	}
	var text strings.Builder
	for _, line := range e.Details.Lines() {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, "have") || strings.HasPrefix(line, "want") {
			text.WriteString("; " + line)
		}
	}
	return text.String()
}

// removed explains why a built-in of OPA is undefined.
func removed(msg string) string {
	name, _ := strings.CutPrefix(msg, "undefined function ")
	if b := ast.BuiltinMap[name]; b != nil && refusal(b) != "" {
		return ": " + refusal(b)
	}
	return ""
}

// digestOf covers the policies and data, not the tests, in the order of their paths.
func digestOf(sources []*source) string {
	sorted := slices.Clone(sources)
	slices.SortStableFunc(sorted, func(a, b *source) int { return strings.Compare(a.path, b.path) })
	sum := sha256.New()
	for _, s := range sorted {
		if s.test() {
			continue
		}
		fmt.Fprintf(sum, "%s\x00%d\x00", s.path, len(s.text))
		sum.Write(s.text)
	}
	return hex.EncodeToString(sum.Sum(nil))
}
