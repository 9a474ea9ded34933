package policies

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// shellPart is a part of what a POSIX shell reads: white space, or what it takes for a piece of a word.
var shellPart = regexp.MustCompile("^(?:([ \t]+)|'([^']*)'|\\\\([^\n])|([^ \t\n'\"\\\\;&|<>`$]+))")

// splitWords splits a line as far as it is words and single quotes; ok is false where it is anything else.
func splitWords(line string) (words []string, ok bool) {
	joined := false
	for line != "" {
		m := shellPart.FindStringSubmatch(line)
		if m == nil {
			return nil, false
		}
		switch {
		case m[1] != "":
			joined = false
		case joined:
			words[len(words)-1] += m[2] + m[3] + m[4]
		default:
			words, joined = append(words, m[2]+m[3]+m[4]), true
		}
		line = line[len(m[0]):]
	}
	return words, true
}

// FuzzCommandLine has a policy name the words of a command, whatever they are, as names in AWS may be: a shell reads them as the same words,
// and no more than one call of AWS's that only reads is shown as one.
func FuzzCommandLine(f *testing.F) {
	for _, w := range [][3]string{
		{"outposts", "get-order", "oo-1"}, {"outposts", "get-order", "x; rm -rf ~"}, {"--region", "eu-central-1", "get-"}, {"s3", "ls", "$(id)"},
		{"s3", "rm", "ls"}, {"outposts", "cancel-order", "get-"}, {"--debug", "outposts", "list-orders"}, {"--query=x", "iam", "get-role"},
		{"a'b", "", "\n"}, {"", "get-x", "'"}, {"outposts", "getaway", "x"}, {"\xff", "get-\\", "~"},
	} {
		f.Add(w[0], w[1], w[2])
	}
	f.Fuzz(func(t *testing.T, a, b, c string) {
		words := []string{"aws", a, b, c}
		raw, err := json.Marshal(words)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(raw, &words); err != nil { // what is no UTF-8 is replaced
			t.Fatal(err)
		}
		line, err := commandLine(raw)
		if err != nil {
			t.Fatal(err)
		}
		if read, ok := splitWords(line); !ok || !slices.Equal(words, read) {
			t.Errorf("%q is written as %s, which a shell reads as %q", words, line, read)
		}
		// What is said of a line that a policy wrote itself holds for what a shell makes of it.
		text := strings.Join(words, " ")
		if mayChange(text) {
			return
		}
		read, ok := splitWords(text)
		if ok && (len(read) < 3 || read[0] != "aws" || !slices.ContainsFunc(read[2:], readCall.MatchString) && !slices.Contains(read[2:], "ls")) {
			t.Errorf("%q is said to change nothing", text)
		}
		if !ok && !strings.ContainsAny(text, ";&|<>`$\n\"'\\") {
			t.Errorf("%q is read in two ways", text)
		}
	})
}
