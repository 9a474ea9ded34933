// Package schemas holds the JSON Schemas of the files that tenor reads and writes. They are generated from the types in
// audit, job and snapshot; README.md says what they promise.
package schemas

import (
	"embed"
	"strings"
)

//go:generate go run tenor/internal/schemagen

//go:embed *.schema.json
var files embed.FS

const suffix = ".schema.json"

// Names lists the schemas there are, in order.
func Names() []string {
	entries, err := files.ReadDir(".")
	if err != nil { // it was embedded
		panic(err)
	}
	names := []string{}
	for _, e := range entries { // by name
		names = append(names, strings.TrimSuffix(e.Name(), suffix))
	}
	return names
}

// Get returns the schema of that name; false when there is none.
func Get(name string) ([]byte, bool) {
	b, err := files.ReadFile(name + suffix)
	return b, err == nil
}
