package policies

import (
	"bytes"
	"cmp"
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
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/open-policy-agent/opa/v1/ast"

	"tenor/audit"
	"tenor/internal/wholefile"
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
	unread bool        // it may be meant as data, but is not called so

	entry    string          // its name in the archive of a bundle
	version  ast.RegoVersion // that the manifest of a bundle gives it; RegoUndefined: 1
	warnings []warning
}

func isPolicy(name string) bool { return path.Ext(name) == ".rego" }

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
	if strings.Contains(origin, "://") {
		return origin + "/" + name
	}
	shown := path.Join(filepath.ToSlash(origin), name)
	if _, err := fs.Stat(pack, shown); err == nil {
		return "./" + shown
	}
	return shown
}

// ownSources are the files of our pack, read and parsed once for a process. Nothing changes a module: a compiler has its own copies.
var ownSources = sync.OnceValues(func() ([]*source, error) { return readTree(pack, ownOrigin, ".") })

// readAll reads every policy, test and data file, parses the policies and merges the data. The files that are not read, though
// they may be meant as data, are among the sources.
func readAll(ctx context.Context, o Options) ([]*source, map[string]any, error) {
	own, err := ownSources()
	if err != nil {
		return nil, nil, err
	}
	sources := audit.Map(own, func(s *source) *source { c := *s; return &c })
	data := map[string]any{}
	var errs []error
	for _, dir := range once(o.Dirs) {
		more, err := readDir(dir)
		errs = append(errs, err, mergeData(data, more, refuseOwn))
		sources = append(sources, more...)
	}
	signed := refuseOwn
	if o.SignedOnly {
		signed = leaveOwn
	}
	for _, file := range once(o.Bundles) {
		more, err := readBundle(ctx, file, o)
		errs = append(errs, err, mergeData(data, more, signed))
		sources = append(sources, more...)
	}
	errs = append(errs, readTwice(sources)...)
	return sources, data, oneOldRego(errors.Join(errs...))
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
		return nil, fmt.Errorf("read policies: %s is no directory: want a folder of Rego policies, or an OPA bundle (.tar.gz)", dir)
	}
	sources, err := readTree(os.DirFS(dir), userOrigin(dir), ".")
	if err == nil && !slices.ContainsFunc(sources, func(s *source) bool { return isPolicy(s.path) }) {
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
		shown := name
		if origin != ownOrigin {
			shown = userFile(origin, name)
		}
		s := &source{name: shown, path: name, origin: origin, unread: isUnread(name)}
		if !isPolicy(name) && !isData(name) {
			if s.unread {
				sources = append(sources, s)
			}
			return refuseLink(fsys, name, d)
		}
		info, err := fs.Stat(fsys, name)
		if err != nil {
			return err
		}
		if err := s.checkSize(info.Size()); err != nil {
			errs = append(errs, err)
			return nil
		}
		if s.text, err = wholefile.ReadFS(fsys, name, max(maxRego, maxData)); err != nil {
			return err
		}
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

// parse fills in the module of a policy; a data file has none, and a test is parsed when it is to be run.
func (s *source) parse() error {
	if !isPolicy(s.path) || s.test() {
		return nil
	}
	return s.parseModule()
}

func (s *source) parseModule() error {
	s.text = bytes.TrimPrefix(s.text, []byte("\xef\xbb\xbf")) // before which OPA sees no METADATA
	m, err := s.parseAs(cmp.Or(s.version, ast.RegoV1))
	if err != nil {
		if _, old := s.parseAs(ast.RegoV0); old == nil {
			return &oldRego{at: firstLine(err)}
		}
		return astError(s.yamlLines(err))
	}
	s.module = m
	if err := s.checkSchemas(); err != nil {
		return err
	}
	s.dropSchemas()
	return nil
}

func (s *source) parseAs(version ast.RegoVersion) (*ast.Module, error) {
	options := ast.ParserOptions{ProcessAnnotation: true, RegoVersion: version, Capabilities: capabilities()}
	return ast.ParseModuleWithOpts(s.name, string(s.text), options)
}

// oldRego is the error of a policy in Rego v0.
type oldRego struct {
	at   string // file:line
	more int    // other such policies
}

func (e *oldRego) Error() string {
	what := "it is"
	if e.more > 0 {
		what = fmt.Sprintf("it and %d more are", e.more)
	}
	return e.at + ": " + what + " in Rego v0: run `opa fmt --rego-v1 --write` on the policies"
}

// firstLine returns the file:line of the first of OPA's errors.
func firstLine(err error) string {
	var list ast.Errors
	if !errors.As(err, &list) || list[0].Location == nil {
		return ""
	}
	first := slices.MinFunc(list, func(a, b *ast.Error) int { return cmp.Compare(a.Location.Row, b.Location.Row) })
	return fmt.Sprintf("%s:%d", first.Location.File, max(first.Location.Row, 1))
}

// oneOldRego makes one error of those about Rego v0.
func oneOldRego(err error) error {
	if _, ok := errors.AsType[*oldRego](err); !ok {
		return err
	}
	var first *oldRego
	var rest []error
	var walk func(error)
	walk = func(err error) {
		if joined, ok := err.(interface{ Unwrap() []error }); ok {
			for _, e := range joined.Unwrap() {
				walk(e)
			}
			return
		}
		old, ok := errors.AsType[*oldRego](err)
		switch {
		case ok && first != nil:
			first.more++
		case ok:
			first = &oldRego{at: old.at}
			rest = append(rest, first)
		default:
			rest = append(rest, err)
		}
	}
	walk(err)
	return errors.Join(rest...)
}

// yamlLines puts right the lines in errors about the YAML of METADATA, which OPA counts from the line after the block's first.
func (s *source) yamlLines(err error) error {
	var list ast.Errors
	if !errors.As(err, &list) {
		return err
	}
	lines := strings.Split(string(s.text), "\n")
	for _, e := range list {
		m := yamlLine.FindStringSubmatch(e.Message)
		if !strings.HasPrefix(e.Message, "yaml: unmarshal errors:") || e.Location == nil {
			continue
		}
		head := e.Location.Row // then the line of METADATA itself
		for head > 1 && !metadataStart.MatchString(lines[head-1]) {
			head--
		}
		at := func(n string) int {
			line, _ := strconv.Atoi(n)
			return head + line
		}
		e.Location.Row = at(m[1])
		e.Message = m[0] + yamlOther.ReplaceAllStringFunc(e.Message[len(m[0]):], func(s string) string {
			m := yamlOther.FindStringSubmatch(s)
			return fmt.Sprintf("%sline %d", m[1], at(m[2]))
		})
	}
	return err
}

// astError turns the parser's and the compiler's errors into ours: file:line: what.
func astError(err error) error {
	var list ast.Errors
	if one, ok := errors.AsType[*ast.Error](err); ok {
		list = ast.Errors{one}
	} else if !errors.As(err, &list) {
		return err
	}
	var lines []string
	for _, e := range foldForeign(list) {
		msg := plainly(e.Message)
		msg += details(e) + removed(msg)
		if e.Location != nil && e.Location.File != "" {
			msg = fmt.Sprintf("%s:%d: %s", e.Location.File, max(e.Location.Row, 1), msg)
		}
		lines = append(lines, msg)
	}
	var errs []error
	for _, line := range lines {
		// The parser says some things twice, once with a hint at the end.
		if !slices.ContainsFunc(lines, func(other string) bool { return strings.HasPrefix(other, line+": ") }) {
			errs = append(errs, errors.New(line))
		}
	}
	return errors.Join(errs...)
}

var (
	yamlLine  = regexp.MustCompile(`^(?:yaml: )?(?:unmarshal errors:\s+)?(?:line ([0-9]+): )?`)
	yamlOther = regexp.MustCompile(`(already defined at |\n\s+)line ([0-9]+)`)
	yamlUnfit = regexp.MustCompile(`cannot unmarshal !!(\w+) .*into .*`)
)

// metadataStart matches a line on which OPA begins a block of METADATA.
var metadataStart = regexp.MustCompile(`^#\s*METADATA`)

// plainly says in our words, and on one line, what OPA says is wrong; the line in an error of the YAML of METADATA
// is that of the error already.
func plainly(msg string) string {
	if msg == "empty module" {
		return "the file is empty: want a package and its rules"
	}
	switch {
	case strings.HasPrefix(msg, "invalid annotation scope ''"):
		return "METADATA: it stands above nothing: put it above the package"
	case strings.HasPrefix(msg, "invalid annotation scope 'import'"):
		return "METADATA: it stands above an import: put it above the package"
	case strings.HasPrefix(msg, "annotation scope ") && strings.HasSuffix(msg, "be applied to package (have rule)"):
		return "METADATA: its scope is the package, and it stands above a rule: put it above the package"
	}
	if strings.HasPrefix(msg, "yaml: ") {
		msg = "METADATA: " + yamlUnfit.ReplaceAllString(yamlLine.ReplaceAllString(msg, ""), "a value of type $1 does not fit here")
	}
	return audit.Joined(msg)
}

// details returns what the checker says it found and wanted, or of what types two sides are that never match, without the source line
// and the arrow under it.
func details(e *ast.Error) string {
	if e.Details == nil {
		return ""
	}
	var text strings.Builder
	for _, line := range e.Details.Lines() {
		word, _, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch strings.TrimSuffix(word, ":") {
		case "have", "want", "left", "right", "hint":
			text.WriteString("; " + strings.Replace(strings.Join(strings.Fields(line), " "), " :", ":", 1))
		}
	}
	return text.String()
}

// foldForeign makes one error of those in a file about functions that are no built-ins of OPA, but of another program's.
func foldForeign(list ast.Errors) ast.Errors {
	var out ast.Errors
	first, names := map[string]*ast.Error{}, map[string][]string{}
	for _, e := range list {
		name, undefined := strings.CutPrefix(e.Message, "undefined function ")
		if !undefined || e.Location == nil || ast.BuiltinMap[name] != nil || strings.HasPrefix(name, "data.") {
			out = append(out, e)
			continue
		}
		file := e.Location.File
		if first[file] == nil || e.Location.Row < first[file].Location.Row {
			first[file] = e
		}
		if !slices.Contains(names[file], name) {
			names[file] = append(names[file], name)
		}
	}
	for _, file := range slices.Sorted(maps.Keys(first)) {
		e := *first[file]
		all := strings.Join(slices.Sorted(slices.Values(names[file])), ", ")
		e.Message = fmt.Sprintf("undefined function %s: neither OPA nor a policy here has it: define it in Rego, or leave the file out", all)
		out = append(out, &e)
	}
	return out
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

// setDigests gives each rule the digest of its policy and of all that this may use: of ours the libraries, of a user's every file of
// the users' that is not another rule's.
func setDigests(rules []*rule, files []*source) {
	owner := map[string]*rule{}
	for _, r := range rules {
		owner[r.name] = r
	}
	shared := map[bool][]*source{} // ours, and the users'
	for _, s := range files {
		if owner[s.name] == nil {
			shared[s.own()] = append(shared[s.own()], s)
		}
	}
	common := map[bool]string{true: digestOf(shared[true]), false: digestOf(shared[false])}
	for _, s := range files {
		if r := owner[s.name]; r != nil {
			sum := sha256.Sum256([]byte(common[s.own()] + digestOf([]*source{s})))
			r.Digest = audit.Optional(hex.EncodeToString(sum[:]))
		}
	}
}
