// Package docs has what the program shows of its documents.
package docs

import (
	_ "embed" // the glossary
	"regexp"
	"strings"
)

//go:embed glossary.md
var glossary string

// Term is a word of a report, and what it means.
type Term struct{ Word, Meaning string }

// markup is what of the glossary is for readers of Markdown alone.
var markup = regexp.MustCompile(`\*\*| \[(Defined|Used)\]\([^)]*\)`)

// Terms are the terms of a report, by the alphabet: the first table of the glossary.
func Terms() []Term {
	_, table, _ := strings.Cut(glossary, "|---|---|\n")
	table, _, _ = strings.Cut(table, "\n\n")
	var terms []Term
	for row := range strings.Lines(markup.ReplaceAllString(table, "")) {
		cells := strings.Split(row, "|")
		terms = append(terms, Term{strings.TrimSpace(cells[1]), strings.TrimSpace(cells[2])})
	}
	return terms
}
