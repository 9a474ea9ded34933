package collector

import (
	"bytes"
	"encoding/xml"
	"slices"
	"unicode/utf8"

	"tenor/audit"
	"tenor/internal/awsread"
)

// stacksAnswer is what is read of an answer of ListStacks, which comes in XML.
type stacksAnswer struct {
	Result struct {
		Summaries *struct {
			Members []stackSummary `xml:"member"`
		} `xml:"StackSummaries"`
		NextToken string
	} `xml:"ListStacksResult"`
}

// stackSummary has the members of AWS's StackSummary that are read.
type stackSummary struct{ StackId, StackStatus, DeletionTime string } //nolint:revive // AWS's names

// stacksJSON makes of an answer of ListStacks what it would be in JSON.
func stacksJSON(body []byte) ([]byte, error) {
	if out, ok := plainStacks(body); ok {
		return out, nil
	}
	var in stacksAnswer
	if err := xml.Unmarshal(body, &in); err != nil {
		return nil, awsread.Malformed("the body is no XML: %v", err)
	}
	if in.Result.Summaries == nil {
		return nil, awsread.Malformed("the body has no list StackSummaries")
	}
	return audit.EncodeJSON(struct {
		StackSummaries []stackSummary
		NextToken      string
	}{append([]stackSummary{}, in.Result.Summaries.Members...), in.Result.NextToken})
}

// plainStacks is stacksJSON for what AWS sends: XML in UTF-8, well formed, without comments, attributes but the namespace, empty tags, and
// references, quotes and backslashes in what is read. It is false for anything else. There may be as many stacks as products, and decoding
// them with encoding/xml takes a tenth of the run's time.
func plainStacks(body []byte) ([]byte, bool) {
	if !utf8.Valid(body) {
		return nil, false
	}
	if n := len(declaration); len(body) > n && bytes.EqualFold(body[:n], []byte(declaration)) {
		body = body[n:]
	}
	var open [][]byte // the names of the open elements
	var token []byte
	var stack [len(stackMembers)][]byte // the members of the one that is open
	listed := false
	const before = `{"StackSummaries":[`
	out := append(make([]byte, 0, len(body)/2), before...)
	for {
		start := bytes.IndexByte(body, '<')
		end := bytes.IndexByte(body, '>')
		if start >= 0 && end < start {
			end = start + bytes.IndexByte(body[start:], '>')
		}
		if start < 0 || end-start < 2 || !isText(body[:start]) {
			return nil, false
		}
		text, name, closes := body[:start], body[start+1:end], body[start+1] == '/'
		body = body[end+1:]
		if !closes {
			if of := []byte(namespace); len(open) == 0 && bytes.HasSuffix(name, of) {
				name = bytes.TrimSuffix(name, of)
			}
			if _, leaf := memberOf(open); leaf || len(bytes.TrimSpace(text)) > 0 || !isName(name) {
				return nil, false
			}
			open = append(open, name)
			switch {
			case pathIs(open, "StackSummaries"):
				listed = true
			case pathIs(open, "StackSummaries", "member"):
				stack = [len(stackMembers)][]byte{}
			}
			continue
		}
		if len(open) == 0 || !bytes.Equal(name[1:], open[len(open)-1]) {
			return nil, false
		}
		switch i, leaf := memberOf(open); {
		case leaf && !isPlain(text):
			return nil, false
		case leaf && i < len(stack):
			stack[i] = text
		case leaf:
			token = text
		case pathIs(open, "StackSummaries", "member"):
			if len(out) > len(before) {
				out = append(out, ',')
			}
			for i, member := range [...]string{`{"StackId":"`, `","StackStatus":"`, `","DeletionTime":"`} {
				out = append(append(out, member...), stack[i]...)
			}
			out = append(out, `"}`...)
		case len(open) == 1:
			out = append(append(append(out, `],"NextToken":"`...), token...), `"}`...)
			return out, listed && len(bytes.TrimSpace(body)) == 0
		}
		open = open[:len(open)-1]
	}
}

// What AWS begins with, and the attribute of its root.
const (
	declaration = `<?xml version="1.0" encoding="UTF-8"?>`
	namespace   = ` xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"`
)

// stackMembers are those of a stackSummary.
var stackMembers = [...]string{"StackId", "StackStatus", "DeletionTime"}

// memberOf returns the place among stackMembers of the innermost open element, which the token comes after; leaf is false for what is
// not read.
func memberOf(open [][]byte) (i int, leaf bool) {
	for i, name := range stackMembers {
		if pathIs(open, "StackSummaries", "member", name) {
			return i, true
		}
	}
	return len(stackMembers), pathIs(open, "NextToken")
}

// pathIs reports whether the open elements are, inside the result, these.
func pathIs(open [][]byte, names ...string) bool {
	if len(open) != len(names)+2 || string(open[1]) != "ListStacksResult" {
		return false
	}
	for i, name := range names {
		if string(open[i+2]) != name {
			return false
		}
	}
	return true
}

// isPlain reports whether text is the same in XML and in a string of JSON.
func isPlain(text []byte) bool {
	for _, c := range text {
		if c < ' ' || c > '~' || c == '&' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

// isText reports whether text can stand between two tags.
func isText(text []byte) bool {
	for i, c := range text {
		switch rest := text[i:]; {
		case c < ' ' && c != '\n' && c != '\t' && c != '\r', c == ']' && bytes.HasPrefix(rest, []byte("]]>")),
			c == 0xEF && i+2 < len(text) && text[i+1] == 0xBF && text[i+2] >= 0xBE:
			return false
		case c == '&':
			name, _, ends := bytes.Cut(rest[1:min(len(rest), 8)], []byte(";"))
			if !ends || !slices.Contains([]string{"amp", "lt", "gt", "quot", "apos", "#39", "#34"}, string(name)) {
				return false
			}
		}
	}
	return true
}

// isName reports whether the inside of a tag is a name of letters and digits.
func isName(tag []byte) bool {
	for i, c := range tag {
		if letter := c|0x20 >= 'a' && c|0x20 <= 'z'; !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return len(tag) > 0
}
