// Command schemagen writes the JSON Schemas of the files that tenor reads and writes, and of the resource documents that
// policies are type-checked against. They come from the Go types: the fields from tenor's and the AWS SDK's own, the
// descriptions from the comments, the values of an enumeration from its constants. It is run from docs/schemas by go generate.
package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"tenor/audit"
	"tenor/job"
	"tenor/job/waivers"
	"tenor/snapshot"
)

const dialect = "https://json-schema.org/draft/2020-12/schema"

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
	type decisionFile struct {
		Decisions []audit.Decision `json:"decisions"`
	}
	return []document{
		{"config", "tenor.yaml", authoredVersion, true, reflect.TypeFor[job.Config]()},
		{"decisions", "decisions.yaml", authoredVersion, true, reflect.TypeFor[decisionFile]()},
		{"manifest", "manifest.json of a snapshot", snapshot.SchemaVersion, false, reflect.TypeFor[snapshot.Manifest]()},
		{"report", "report.json", audit.ReportSchemaVersion, false, reflect.TypeFor[audit.Report]()},
		{"resource", "a line of a snapshot's resource files", snapshot.SchemaVersion, false, reflect.TypeFor[audit.Resource]()},
		{"waivers", "waivers.yaml", authoredVersion, true, reflect.TypeFor[waiverFile]()},
	}
}

// generate returns the schemas by their path in the module whose folder is root, and whose sources have the comments.
func generate(root string) (map[string][]byte, error) {
	src, err := readSource(root, "audit", "job", "job/delivery", "job/waivers", "snapshot")
	if err != nil {
		return nil, err
	}
	files, err := policyInputs()
	if err != nil {
		return nil, err
	}
	for _, d := range documents() {
		g := generator{src: src, closed: d.authored, defs: members{}}
		top := g.object(d.root)
		top.Schema, top.ID, top.Title, top.Defs = dialect, "urn:tenor:schema:"+d.name+":"+d.version, d.title, g.defs
		if v := top.Properties.get("schema_version"); v != nil {
			major, _, _ := strings.Cut(d.version, ".")
			v.Pattern = `^` + major + `\.[0-9]+$`
		}
		b, err := jsonv2.Marshal(top, jsontext.WithIndent(" "))
		if err != nil {
			return nil, fmt.Errorf("schema of %s: %w", d.name, err)
		}
		files["docs/schemas/"+d.name+".schema.json"] = append(b, '\n')
	}
	return files, nil
}

func run(root string) error {
	files, err := generate(root)
	if err != nil {
		return err
	}
	for name, b := range files {
		if err := os.WriteFile(filepath.Join(root, name), b, 0o644); err != nil { //nolint:gosec // a source file
			return err
		}
	}
	return nil
}

func main() {
	if err := run("../.."); err != nil {
		_, _ = io.WriteString(os.Stderr, "schemagen: "+err.Error()+"\n")
		os.Exit(1)
	}
}
