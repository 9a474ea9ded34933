package rawjson

import (
	"encoding/json"
	"testing"
	"unicode/utf8"
)

// statusOf is the text of the member Status; empty when there is no such member or it is no string.
func statusOf(doc string) string {
	text, _ := Text(Find([]byte(doc), "Status"))
	return string(text)
}

func TestTextOfAMember(t *testing.T) {
	for _, tc := range []struct{ name, in, want string }{
		{"first", `{"Status":"ERROR","Name":"x"}`, "ERROR"},
		{"last", `{"Name":"x","Status":"ERROR"}`, "ERROR"},
		{"spaced", " {\n\"Name\" : \"x\" ,\t\"Status\" :\r\n\"ERROR\" } ", "ERROR"},
		{"after a nested one", `{"A":{"Status":"no"},"B":[{"Status":"no"},"Status"],"Status":"ERROR"}`, "ERROR"},
		{"only nested", `{"A":{"Status":"no"},"B":[{"Status":"no"}]}`, ""},
		{"as a value", `{"Name":"Status","Other":"x"}`, ""},
		{"as a value before it", `{"Name":"Status","Status":"ERROR"}`, "ERROR"},
		{"in a string", `{"Name":"a\",\"Status\":\"no","Status":"ERROR"}`, "ERROR"},
		{"after a backslash", `{"Name":"a\\","Status":"ERROR"}`, "ERROR"},
		{"with braces in a string", `{"Name":"}}]{[","Status":"ERROR"}`, "ERROR"},
		{"escaped", `{"Status":"A\"\u00e9"}`, `A"é`},
		{"empty", `{"Status":""}`, ""},
		{"a longer name", `{"StatusMessage":"no"}`, ""},
		{"a number", `{"Status":7}`, ""},
		{"null", `{"Status":null,"Name":"x"}`, ""},
		{"an array", `["Status","no"]`, ""},
		{"none", `{}`, ""},
		{"nothing", ``, ""},
		{"cut off", `{"Status":"ERR`, ""},
		{"cut off in a name", `{"Stat`, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := statusOf(tc.in); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

// FuzzTextOfAMember compares with encoding/json on every object that it accepts.
func FuzzTextOfAMember(f *testing.F) {
	for _, s := range []string{`{"Status":"ERROR"}`, `{"a":{"Status":1},"Status":"x\\\"y"}`, `{"a":[[{}]],"Status":null}`, `["Status"]`,
		`{"Status":"`, `{"Status":"\ud800"}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := statusOf(s)
		var members map[string]json.RawMessage
		if !utf8.ValidString(s) || json.Unmarshal([]byte(s), &members) != nil {
			return
		}
		var want string
		if v, ok := members["Status"]; ok && json.Unmarshal(v, &want) != nil {
			want = ""
		}
		if got != want && !repeated(s) {
			t.Errorf("%s: got %q, want %q", s, got, want)
		}
	})
}

// repeated reports whether an object names a member twice, or with an escape: which of them counts is not defined.
func repeated(s string) bool {
	var count int
	for i := 0; i+1 < len(s); i++ {
		if s[i] == '\\' || len(s)-i >= 8 && s[i:i+8] == `"Status"` {
			count++
		}
	}
	return count > 1
}
