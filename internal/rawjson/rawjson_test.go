package rawjson

import (
	"bytes"
	"encoding/json"
	"testing"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

type pair struct{ Name, Value string }

func TestIndex(t *testing.T) {
	for _, tt := range []struct {
		name, in string
		want     []pair
		damaged  bool
	}{
		{name: "scalars", in: `{"a":"x","b":-1.5e3,"c":true,"d":null}`,
			want: []pair{{"a", `"x"`}, {"b", "-1.5e3"}, {"c", "true"}, {"d", "null"}}},
		{name: "white space", in: " { \"a\" :\n\"x\" ,\t\"b\" :\r2 , \"c\":[ 1 ] } ", want: []pair{{"a", `"x"`}, {"b", "2"}, {"c", "[ 1 ]"}}},
		{name: "nested", in: `{"a":{"b":[1,{"c":"]}"}]},"d":[],"e":"f"}`, want: []pair{{"a", `{"b":[1,{"c":"]}"}]}`}, {"d", "[]"}, {"e", `"f"`}}},
		{name: "escaped quotes", in: `{"a":"\"","b":"\\","c":"\\\"","d":1}`,
			want: []pair{{"a", `"\""`}, {"b", `"\\"`}, {"c", `"\\\""`}, {"d", "1"}}},
		{name: "escaped names", in: `{"\u0061":1,"a\\u0062":2,"\"":3,"":4}`, want: []pair{{"a", "1"}, {`a\u0062`, "2"}, {`"`, "3"}, {"", "4"}}},
		{name: "a name in invalid UTF-8", in: "{\"a\xffb\":1}", want: []pair{{"a\uFFFDb", "1"}}},
		{name: "half a surrogate pair", in: `{"\ud800":1}`, want: []pair{{"\uFFFD", "1"}}},
		{name: "a name that comes twice", in: `{"a":1,"a":2}`, want: []pair{{"a", "1"}, {"a", "2"}}},
		{name: "empty", in: ` { } `},
		{name: "no object", in: `["a",{"a":1}]`},
		{name: "null", in: `null`},
		{name: "nothing", in: ``},
		{name: "cut off behind the bracket", in: `{`, damaged: true},
		{name: "cut off in a name", in: `{"a`, damaged: true},
		{name: "cut off behind an escaped quote", in: `{"a\"`, damaged: true},
		{name: "cut off behind a name", in: `{"a"`, damaged: true},
		{name: "cut off behind a colon", in: `{"a":`, damaged: true},
		{name: "cut off in a string", in: `{"a":1,"b":"x`, want: []pair{{"a", "1"}}, damaged: true},
		{name: "cut off in a list", in: `{"a":[1,"x"`, damaged: true},
		{name: "cut off in a string in a list", in: `{"a":["x`, damaged: true},
		{name: "cut off behind a value", in: `{"a":1`, want: []pair{{"a", "1"}}, damaged: true},
		{name: "cut off behind a comma", in: `{"a":1,`, want: []pair{{"a", "1"}}, damaged: true},
		{name: "a comma at the end", in: `{"a":1,}`, want: []pair{{"a", "1"}}, damaged: true},
		{name: "no name", in: `{1:2}`, damaged: true},
		{name: "no colon", in: `{"a" 1}`, damaged: true},
		{name: "no value", in: `{"a":,"b":1}`, damaged: true},
		{name: "no comma", in: `{"a":1 "b":2}`, want: []pair{{"a", "1"}}, damaged: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			members, ok := Index(nil, []byte(tt.in))
			var got []pair
			for _, m := range members {
				name := string(Unquote([]byte(tt.in)[m.name:m.nameEnd]))
				if !m.Is([]byte(tt.in), name) || m.Is([]byte(tt.in), name+"x") {
					t.Errorf("it is not named %q", name)
				}
				got = append(got, pair{name, string(m.Value([]byte(tt.in)))})
			}
			if diff := cmp.Diff(tt.want, got); diff != "" || ok == tt.damaged {
				t.Errorf("damaged: %v, want %v (-want +got):\n%s", !ok, tt.damaged, diff)
			}
		})
	}
}

func TestElements(t *testing.T) {
	for _, tt := range []struct {
		name, in string
		want     []string
	}{
		{"white space", " [ 1 ,\n\"x\" , { \"a\" : [ ] } , null ] ", []string{"1", `"x"`, `{ "a" : [ ] }`, "null"}},
		{"strings like brackets", `["]","\"]",[["]"]]]`, []string{`"]"`, `"\"]"`, `[["]"]]`}},
		{"empty", ` [ ] `, nil},
		{"no array", `{"a":[1]}`, nil},
		{"nothing", ``, nil},
		{"cut off", `[1,[2`, []string{"1"}},
		{"no value", `[1,,2]`, []string{"1"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for v := range Elements([]byte(tt.in)) {
				got = append(got, string(v))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestFind(t *testing.T) {
	for _, tt := range []struct{ name, in, want string }{
		{"first", `{"A":1,"B":2}`, "1"},
		{"last", `{"B":2,"A":"x"}`, `"x"`},
		{"first of two", `{"A":1,"A":2}`, "1"},
		{"behind a nested one", `{"B":{"A":2},"C":[{"A":3},"A"],"A":1}`, "1"},
		{"only nested", `{"B":{"A":2},"C":[{"A":3}]}`, ""},
		{"as a value", `{"B":"A","C":2}`, ""},
		{"in a string", `{"B":"x\",\"A\":\"y"}`, ""},
		{"a longer name", `{"AA":1}`, ""},
		{"an array", `["A",1]`, ""},
		{"cut off in the value", `{"A":"x`, ""},
		{"cut off behind the value", `{"A":"x"`, `"x"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, string(Find([]byte(tt.in), "A"))); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestText(t *testing.T) {
	for in, want := range map[string]string{
		`"a"`: "a", `""`: "", `"\"\\\u00e9"`: `"\é`, `"\ud83d\ude00"`: "😀", `"\ud800"`: "\uFFFD", "\"a\xffb\"": "a\uFFFDb", `"\x"`: `\x`,
	} {
		if got, ok := Text([]byte(in)); !ok || string(got) != want {
			t.Errorf("%s: %q, %v, want %q", in, got, ok, want)
		}
	}
	for _, in := range []string{"1", "null", "{}", "", `"`} {
		if got, ok := Text([]byte(in)); ok || got != nil {
			t.Errorf("%s is the string %q", in, got)
		}
	}
}

// encoded is what AppendQuote is to write.
func encoded(t *testing.T, s string) string {
	t.Helper()
	var buf bytes.Buffer
	e := json.NewEncoder(&buf)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		t.Fatal(err)
	}
	return string(bytes.TrimSuffix(buf.Bytes(), []byte("\n")))
}

var quotes = []string{"", "a", `a"b\c`, "\x00\x1f\b\f\n\r\t", "~\x7f", "é😀", "<&>", "\u2028\u2029", "a\xffb", "\n"}

func TestAppendQuote(t *testing.T) {
	for _, s := range quotes {
		if diff := cmp.Diff("x"+encoded(t, s), string(AppendQuote([]byte("x"), s))); diff != "" {
			t.Errorf("%q (-encoding/json +AppendQuote):\n%s", s, diff)
		}
	}
}

func FuzzAppendQuote(f *testing.F) {
	for _, s := range quotes {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if diff := cmp.Diff(encoded(t, s), string(AppendQuote(nil, s))); diff != "" {
			t.Errorf("%q (-encoding/json +AppendQuote):\n%s", s, diff)
		}
	})
}

// FuzzWalk holds what is found in valid JSON against encoding/json, to any depth, and has everything end on anything else.
func FuzzWalk(f *testing.F) {
	for _, s := range []string{
		`{}`, ` { "a" : [ 1 , "x]}" , { } ] , "c":"\\\"","d":null } `, `{"é\"":[[],[[]],""],"":true}`, `{"a":"\\\\","b":-1.5e+7}`,
		`{"a":{"a":"}"},"é":"😀"}`,
		`{"a":1,"a":2}`, "{\"\xff\":\"\xff\"}", `["\ud800"]`, `{"a`, `{"a":,}`, `[1,]`, `"`, `[}`, `{"a":[{]}}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		same(t, b, json.Valid(b))
	})
}

func same(t *testing.T, b []byte, valid bool) {
	members, ok := Index(nil, b)
	got, elements := map[string]json.RawMessage{}, []json.RawMessage{}
	for _, m := range members {
		got[string(Unquote(b[m.name:m.nameEnd]))] = m.Value(b)
	}
	for name, value := range Members(b) {
		if v := Find(b, string(name)); v == nil {
			t.Errorf("%q: %q is not found", b, name)
		}
		same(t, value, valid)
	}
	for value := range Elements(b) {
		elements = append(elements, value)
		same(t, value, valid)
	}
	text, isText := Text(b[SkipSpace(b, 0):])
	if !valid {
		return
	}
	if !ok {
		t.Errorf("%q is damaged", b)
	}
	start := SkipSpace(b, 0)
	if end := ValueEnd(b, start); SkipSpace(b, end) != len(b) {
		t.Errorf("%q ends at %d", b, end)
	} else {
		text, isText = Text(b[start:end])
	}
	want, wantElements, wantText := map[string]json.RawMessage{}, []json.RawMessage{}, ""
	switch b[start] {
	case '{':
		if err := json.Unmarshal(b, &want); err != nil {
			t.Fatal(err)
		}
	case '[':
		if err := json.Unmarshal(b, &wantElements); err != nil {
			t.Fatal(err)
		}
	case '"':
		if err := json.Unmarshal(b, &wantText); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("members of %q (-encoding/json +ours):\n%s", b, diff)
	}
	if diff := cmp.Diff(wantElements, elements, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("elements of %q (-encoding/json +ours):\n%s", b, diff)
	}
	if string(text) != wantText || isText != (b[start] == '"') {
		t.Errorf("%q: the text %q, %v, want %q", b, text, isText, wantText)
	}
}

var product = []byte(`{"Arn":"arn:aws:servicecatalog:eu-central-1:111122223333:stack/orders-db/pp-abcdefghijklm",` +
	`"CreatedTime":"2026-01-02T03:04:05Z",` +
	`"Id":"pp-abcdefghijklm","LastRecordId":"rec-aaaaaaaaaaaaa","LastSuccessfulProvisioningRecordId":"rec-aaaaaaaaaaaaa","Name":"orders-db",` +
	`"ProductId":"prod-aaaaaaaaaaaaa","ProductName":"Database","ProvisioningArtifactId":"pa-aaaaaaaaaaaaa","Status":"AVAILABLE",` +
	`"Tags":[{"Key":"Owner","Value":"team-a"},{"Key":"Cost","Value":"12"}],"Type":"CFN_STACK",` +
	`"UserArn":"arn:aws:sts::111122223333:assumed-role/x/y"}`)

// BenchmarkStatus reads one member of a product; BenchmarkMembers all of them, as they stand.
func BenchmarkStatus(b *testing.B) {
	b.Run("rawjson", func(b *testing.B) {
		for b.Loop() {
			if s, _ := Text(Find(product, "Status")); string(s) != "AVAILABLE" {
				b.Fatal(string(s))
			}
		}
	})
	b.Run("json-v2", func(b *testing.B) {
		for b.Loop() {
			var v struct{ Status string }
			if err := jsonv2.Unmarshal(product, &v); err != nil || v.Status != "AVAILABLE" {
				b.Fatal(v, err)
			}
		}
	})
}

func BenchmarkMembers(b *testing.B) {
	b.Run("rawjson", func(b *testing.B) {
		var members []Member
		for b.Loop() {
			members, _ = Index(members[:0], product)
		}
	})
	b.Run("json-v2", func(b *testing.B) {
		for b.Loop() {
			var members map[string]jsontext.Value
			if err := jsonv2.Unmarshal(product, &members); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkQuote(b *testing.B) {
	const s = "arn:aws:sts::111122223333:assumed-role/x/y"
	b.Run("rawjson", func(b *testing.B) {
		var buf []byte
		for b.Loop() {
			buf = AppendQuote(buf[:0], s)
		}
	})
	b.Run("json-v2", func(b *testing.B) {
		var buf []byte
		for b.Loop() {
			buf, _ = jsontext.AppendQuote(buf[:0], s)
		}
	})
}
