package docs

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestTerms holds the terms of a report to what a cell can show: words without markup, sentences, the alphabet.
func TestTerms(t *testing.T) {
	var words []string
	for _, term := range Terms() {
		words = append(words, strings.ToLower(strings.ReplaceAll(term.Word, ",", "")))
		if strings.ContainsAny(term.Word+term.Meaning, "*[]`|") {
			t.Errorf("%q has markup: %q", term.Word, term.Meaning)
		}
		if term.Word == "" || !strings.HasSuffix(term.Meaning, ".") {
			t.Errorf("%q: %q is no sentence", term.Word, term.Meaning)
		}
	}
	if !slices.IsSorted(words) || !slices.Contains(words, "allowed") || !slices.Contains(words, "waiver") {
		t.Errorf("the terms are not all those of the first table, by the alphabet: %q", words)
	}
}

// TestEachTermOnce: no two rows of the glossary define the same.
func TestEachTermOnce(t *testing.T) {
	seen := map[string]bool{}
	for _, row := range regexp.MustCompile(`(?m)^\| (.*?) \|`).FindAllStringSubmatch(glossary, -1) {
		for _, bold := range regexp.MustCompile(`\*\*(.*?)\*\*`).FindAllStringSubmatch(row[1], -1) {
			for word := range strings.SplitSeq(strings.ToLower(bold[1]), ", ") {
				if seen[word] {
					t.Errorf("%s is defined twice", word)
				}
				seen[word] = true
			}
		}
	}
	if len(seen) < 50 {
		t.Errorf("%d terms", len(seen))
	}
}
