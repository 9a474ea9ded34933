// Command schemagen writes the JSON Schemas of the files that tenor reads and writes, from the Go types that it decodes
// them with: the fields and their order from the types, the descriptions from their comments, the values of an
// enumeration from its constants. It is run from docs/schemas by go generate.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"

	"tenor/audit"
	"tenor/job"
	"tenor/job/waivers"
	"tenor/snapshot"
)

// An authored file is one that people write and tenor only reads. It has no version in it, and a key that tenor does not
// know is an error; in the files that tenor writes, a later minor version may add some.
type document struct {
	name     string
	title    string
	version  string
	authored bool
	root     reflect.Type
}

// authoredVersion is the version of the schemas of authored files.
const authoredVersion = "1.0"

func documents() []document {
	type waiverFile struct {
		Waivers []waivers.Waiver `json:"waivers"`
	}
	return []document{
		{"config", "tenor.yaml", authoredVersion, true, reflect.TypeFor[job.Config]()},
		{"manifest", "manifest.json of a snapshot", snapshot.SchemaVersion, false, reflect.TypeFor[snapshot.Manifest]()},
		{"report", "report.json", audit.ReportSchemaVersion, false, reflect.TypeFor[audit.Report]()},
		{"resource", "a line of a snapshot's resource files", snapshot.SchemaVersion, false, reflect.TypeFor[audit.Resource]()},
		{"waivers", "waivers.yaml", authoredVersion, true, reflect.TypeFor[waiverFile]()},
	}
}

// generate returns the schemas by file name. root is the folder of the module, whose sources have the comments.
func generate(root string) (map[string][]byte, error) {
	dirs := []string{"audit", "job", "job/delivery", "job/waivers", "snapshot"}
	for i, dir := range dirs {
		dirs[i] = filepath.Join(root, dir)
	}
	src, err := readSource(dirs...)
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for _, d := range documents() {
		g := generator{src: src, closed: d.authored, defs: &members{}}
		top, err := g.object(d.root)
		if err != nil {
			return nil, fmt.Errorf("schema of %s: %w", d.name, err)
		}
		top.Schema, top.ID = "https://json-schema.org/draft/2020-12/schema", "urn:tenor:schema:"+d.name+":"+d.version
		top.Title, top.Defs = d.title, g.defs
		if v := top.Properties.get("schema_version"); v != nil {
			v.Pattern = `^` + major(d.version) + `\.[0-9]+$`
		}
		var buf bytes.Buffer
		e := json.NewEncoder(&buf)
		e.SetEscapeHTML(false)
		e.SetIndent("", " ")
		if err := e.Encode(top); err != nil {
			return nil, fmt.Errorf("schema of %s: %w", d.name, err)
		}
		files[d.name+".schema.json"] = buf.Bytes()
	}
	return files, nil
}

func major(version string) string {
	m, _, _ := bytes.Cut([]byte(version), []byte("."))
	return string(m)
}

func run() error {
	files, err := generate(filepath.Join("..", ".."))
	if err != nil {
		return err
	}
	for name, b := range files {
		if err := os.WriteFile(name, b, 0o644); err != nil { //nolint:gosec // a source file
			return err
		}
	}
	return nil
}

func main() {
	if err := run(); err != nil {
		_, _ = io.WriteString(os.Stderr, "schemagen: "+err.Error()+"\n")
		os.Exit(1)
	}
}
