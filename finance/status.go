package finance

import (
	"bytes"
	"encoding/json"

	"tenor/audit"
)

// statusMember returns the member of a kind's spec that holds its status.
func statusMember(kind string) string {
	switch kind {
	case audit.KindOutpost:
		return "LifeCycleStatus"
	case audit.KindQuote:
		return "QuoteStatus"
	case audit.KindCapacityTask:
		return "CapacityTaskStatus"
	}
	return "Status"
}

// stringMember returns the string that is the value of the member name of the JSON object b, without its quotes; nil
// when there is no such member or it is no string. It looks at no more than it must, since it is asked for every one of
// a million products: decoding the whole of each would cost several times as much. What is no JSON gives nil or nonsense
// but ends.
func stringMember(b []byte, name string) []byte {
	depth, isName := 0, false // isName: the next string is a member's name
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '{', '[':
			depth++
			isName = b[i] == '{'
		case '}', ']':
			depth--
			isName = false
		case ',':
			isName = depth == 1
		case ':':
			isName = false
		case '"':
			end := stringEnd(b, i+1)
			if end < 0 {
				return nil
			}
			if depth == 1 && isName && string(b[i+1:end]) == name {
				return stringValue(b[end+1:])
			}
			i = end
		}
	}
	return nil
}

// stringEnd returns where the string that begins at i ends: the index of its closing quote, or -1.
func stringEnd(b []byte, i int) int {
	for {
		n := bytes.IndexByte(b[i:], '"')
		if n < 0 {
			return -1
		}
		end, escapes := i+n, 0
		for end-escapes > i && b[end-escapes-1] == '\\' {
			escapes++
		}
		if escapes%2 == 0 {
			return end
		}
		i = end + 1
	}
}

// stringValue returns the string after a colon; nil when what follows is something else.
func stringValue(b []byte) []byte {
	b = bytes.TrimLeft(b, " \t\r\n:")
	if len(b) == 0 || b[0] != '"' {
		return nil
	}
	end := stringEnd(b, 1)
	if end < 0 {
		return nil
	}
	if bytes.IndexByte(b[1:end], '\\') < 0 {
		return b[1:end]
	}
	var s string
	if json.Unmarshal(b[:end+1], &s) != nil {
		return nil
	}
	return []byte(s)
}
