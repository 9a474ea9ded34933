package policies

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"

	"tenor/audit"
	"tenor/internal/atomicfile"
)

// Export writes the policies for use without tenor, by conftest or OPA, to dir: policy/ with every policy that is in force,
// every library and what they use of others, data/ with the base documents at asOf (the parameters in force among them), tests/ with
// the tests of the policies that are there whole, and those documents at TestTime, schemas/ with the schema of each kind's documents, and,
// unless resources is nil, resources/ with the document of each resource, facts included, in a file of its own. What
// `conftest test --policy policy --data data --all-namespaces resources` then fails is what tenor fails. What tenor adds on
// its own are the verdicts unknown and error (conftest evaluates a document with a gap in its spec by what there is of it), and
// what the config says of severities and waivers.
//
// None of these may be there already: what is in them would be run too. .regal/ gets the configuration of Regal that fits such policies,
// unless one is there. All of it is written into a temporary folder in dir first, so that an error leaves none of it behind.
func (p *Pack) Export(dir string, asOf time.Time, resources iter.Seq2[*audit.Resource, error]) (err error) {
	if err := free(dir); err != nil {
		return err
	}
	kept, err := p.kept()
	if err != nil {
		return err
	}
	isNew := atomicfile.Free(dir) == nil
	if err := os.MkdirAll(dir, atomicfile.DirMode); err != nil {
		return fmt.Errorf("export policies: %w", err)
	}
	staged, err := os.MkdirTemp(dir, atomicfile.TempPrefix+"export.*"+atomicfile.TempSuffix)
	if err != nil {
		return fmt.Errorf("export policies: %w", err)
	}
	defer func() {
		err = errors.Join(err, os.RemoveAll(staged))
		if isNew && err != nil {
			_ = os.Remove(dir) // which fails when there is something in it
		}
	}()
	if err := p.exportTo(staged, kept, asOf, resources); err != nil {
		return err
	}
	if err := free(dir); err != nil { // to export took a while
		return err
	}
	if err := putExport(staged, dir); err != nil {
		return fmt.Errorf("export policies: %w", err)
	}
	return nil
}

// exported are the folders of an export.
var exported = [...]string{"policy", "data", "tests", "schemas", "resources"}

// free reports whether none of the folders of an export is in dir.
func free(dir string) error {
	for _, sub := range exported {
		if err := atomicfile.Free(filepath.Join(dir, sub)); err != nil {
			return fmt.Errorf("export policies: %w", err)
		}
	}
	return nil
}

// putExport moves the folders of an export from the temporary one to dir: all of them or none.
func putExport(staged, dir string) error {
	var err error
	var done []string
	for _, sub := range exported {
		from, to := filepath.Join(staged, sub), filepath.Join(dir, sub)
		if err != nil || atomicfile.Free(from) == nil { // not every export has all of them
			continue
		}
		if err = os.Rename(from, to); err == nil {
			done = append(done, to)
		}
	}
	if err == nil {
		err = exportRegal(dir)
	}
	if err != nil {
		for _, to := range done {
			err = errors.Join(err, os.RemoveAll(to))
		}
	}
	return err
}

// exportTo writes an export to a folder that is empty.
func (p *Pack) exportTo(dir string, kept map[string]bool, asOf time.Time, resources iter.Seq2[*audit.Resource, error]) error {
	whole, places := map[string]bool{}, p.places()
	for _, s := range p.files {
		if s.module == nil || s.test() {
			continue
		}
		text, err := s.cut(kept)
		if err != nil {
			return fmt.Errorf("export %s: %w", s.name, err)
		}
		if whole[s.name] = bytes.Equal(text, s.text); text == nil {
			continue
		}
		if err := writeFile(filepath.Join(dir, "policy", places(s)), text); err != nil {
			return fmt.Errorf("export policies: %w", err)
		}
	}
	err := errors.Join(p.exportData(filepath.Join(dir, "data"), asOf), p.exportTests(filepath.Join(dir, "tests"), places, whole),
		exportSchemas(dir))
	if err != nil {
		return fmt.Errorf("export policies: %w", err)
	}
	if resources == nil {
		return nil
	}
	doc := newDocument()
	for r, err := range resources {
		if err == nil {
			err = exportResource(dir, doc, r)
		}
		if err != nil {
			return fmt.Errorf("export resources: %w", err)
		}
	}
	return nil
}

// exportData writes the base documents as they stand at asOf.
func (p *Pack) exportData(dir string, asOf time.Time) error {
	data, err := audit.EncodeJSON(p.dataAt(asOf))
	if err != nil {
		return err
	}
	return writeFile(filepath.Join(dir, "data.json"), data)
}

// exportTests writes the tests for `opa test policy tests`: those beside a policy that is exported whole.
func (p *Pack) exportTests(dir string, place func(*source) string, whole map[string]bool) error {
	for _, s := range p.files {
		if !s.test() || !whole[strings.TrimSuffix(s.name, "_test.rego")+".rego"] {
			continue
		}
		if err := writeFile(filepath.Join(dir, place(s)), s.text); err != nil {
			return err
		}
	}
	return p.exportData(dir, TestTime())
}

// exportSchemas writes the schema of the documents of each kind.
func exportSchemas(dir string) error {
	for _, kind := range Kinds() {
		b, _ := Schema(kind)
		if err := writeFile(filepath.Join(dir, "schemas", kind+".json"), b); err != nil {
			return err
		}
	}
	return nil
}

// exportRegal writes the configuration of Regal, of which one that is there may be the user's own.
func exportRegal(dir string) error {
	err := atomicfile.Create(filepath.Join(dir, ".regal", "config.yaml"), atomicfile.FileMode, regal)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	return err
}

// places returns where a policy stands in an export: ours in a folder of their own, and those of each of the users' origins.
func (p *Pack) places() func(*source) string {
	folders := map[string]string{ownOrigin: ownOrigin}
	for _, s := range p.files {
		if folders[s.origin] == "" {
			folders[s.origin] = fmt.Sprintf("user%d", len(folders))
		}
	}
	return func(s *source) string { return filepath.Join(folders[s.origin], filepath.FromSlash(s.path)) }
}

// exportResource writes the document as policies see it.
func exportResource(dir string, doc *document, r *audit.Resource) error {
	doc.open(r)
	v, err := ast.JSON(doc.whole().Value)
	if err == nil {
		err = doc.err
	}
	if err != nil {
		return err
	}
	b, err := audit.EncodeJSON(v)
	if err != nil {
		return err
	}
	name := fmt.Sprintf("%s_%s_%s_%s.json", r.Kind, r.Account, r.Region, safeName(r.ID))
	return writeFile(filepath.Join(dir, "resources", name), b)
}

// safeName makes an id that came from AWS the part of a file's name.
func safeName(id string) string {
	if plainWord.MatchString(id) && !strings.Contains(id, "/") {
		return id
	}
	return fmt.Sprintf("%x", id)
}

func writeFile(path string, b []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), atomicfile.DirMode); err != nil {
		return err
	}
	return os.WriteFile(path, b, atomicfile.FileMode)
}
