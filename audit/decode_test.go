package audit

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// lines are resources and near misses of one, valid and not.
var lines = []string{
	`{"kind":"k","id":"i","arn":"","name":"n \"q\" é \u00e9","account":"a","region":"r","tags":{"Owner":"x\ty","é":""},` +
		`"spec":{"P":131072.010,"Q":[1,-2.5e+3,true,false,null,"s"],"R":{"S":{}}},"related":{"billing":{},"none":null},` +
		`"gaps":{"spec":{"operation":"o","reason":"timeout","message":"m"}},"facts":{"a":1}}`,
	"{ \"kind\" : \"k\" ,\t\"id\":\"i\" , \"tags\" : null, \"related\" : { } , \"new\" : [ { } , [ ] ] }\n",
	`{}`, `{"spec":"\\"}`, `{"spec":0}`, `{"spec":-0.1E-2}`, `{"spec":""}`, `{"id":null,"spec":null}`, `{"tags":{}}`,
	`{"name":"` + "\xff" + `"}`, `{"name":"\ud800"}`,
	``, ` `, `null`, `[]`, `{`, `{"id"`, `{"id":`, `{"id":"`, `{"id":"a`, `{"id":"a"`, `{"id":"a",}`, `{"id":"a"}}`, `{"id":"a"} x`,
	`{id:"a"}`, `{"id":5}`, `{"tags":[]}`,
	`{"tags":{"a":5}}`, `{"spec":01}`, `{"spec":1.}`, `{"spec":.5}`, `{"spec":-}`, `{"spec":1e}`, `{"spec":+1}`, `{"spec":tru}`,
	`{"spec":[1,]}`, `{"spec":[1 2]}`, `{"spec":{"a" 1}}`,
	`{"spec":"\x"}`, `{"spec":"\u12g4"}`, `{"spec":"` + "\n" + `"}`, `{"gaps":{"a":5}}`, `{"gaps":{"a":"x"}}`,
}

// same decodes a line both ways and compares: what encoding/json refuses is refused, and what it reads is read alike.
func same(t *testing.T, line string) {
	t.Helper()
	var want, got Resource
	wantErr := json.Unmarshal([]byte(line), &want)
	b := []byte(line)
	gotErr := DecodeResource(b, &got)
	clear(b) // of which the resource keeps nothing
	if (wantErr == nil) != (gotErr == nil) {
		t.Fatalf("%q: error %v, encoding/json has %v", line, gotErr, wantErr)
	}
	if wantErr != nil {
		return
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Fatalf("%q: %s", line, d)
	}
}

func TestDecodeResourceAgreesWithEncodingJSON(t *testing.T) {
	for _, line := range lines {
		if line == "null" { // which encoding/json takes for no change
			continue
		}
		same(t, line)
	}
	if err := DecodeResource([]byte("null"), new(Resource)); err == nil {
		t.Error("null is a resource")
	}
	deep := `{"spec":` + strings.Repeat("[", 10_001) + strings.Repeat("]", 10_001) + `}`
	if err := DecodeResource([]byte(deep), new(Resource)); err == nil {
		t.Error("any depth is read")
	}
}

func FuzzDecodeResource(f *testing.F) {
	for _, line := range lines {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		var r Resource
		if DecodeResource([]byte(line), &r) != nil {
			return
		}
		if !json.Valid([]byte(line)) {
			t.Fatalf("%q is no JSON", line)
		}
		for _, doc := range []json.RawMessage{r.Spec, r.Facts} {
			if doc != nil && !json.Valid(doc) {
				t.Fatalf("%q: %q is no JSON", line, doc)
			}
		}
		if again, _, _, err := AppendResource(nil, &r); err != nil || !json.Valid(again) {
			t.Fatalf("%q became %q: %v", line, again, err)
		}
	})
}

func BenchmarkDecodeResource(b *testing.B) {
	for _, way := range []struct {
		name   string
		decode func([]byte, *Resource) error
	}{
		{"ours", DecodeResource},
		{"encoding/json", func(line []byte, r *Resource) error { return json.Unmarshal(line, r) }},
	} {
		b.Run(way.name, func(b *testing.B) {
			line := []byte(lines[0])
			b.SetBytes(int64(len(line)))
			for b.Loop() {
				if err := way.decode(line, new(Resource)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// Each error says where and what in terms of JSON, not of Go.
func TestDecodeErrors(t *testing.T) {
	for line, want := range map[string]string{
		`null`:             "column 1: want an object, not a JSON null",
		``:                 "column 1: unexpected EOF",
		`{"id":"a"`:        "column 10: unexpected EOF",
		`{"id":"a",}`:      "column 10: invalid character ',' at start of value",
		`{"id":5}`:         "column 7: unexpected JSON number in /id",
		`{"gaps":{"a":5}}`: "column 14: unexpected JSON number in /gaps/a",
	} {
		err := DecodeResource([]byte(line), new(Resource))
		if err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", line, err, want)
		}
	}
}

// TestCutOff: however a reader says that a file has ended, it is said in the same words, and nothing else is.
func TestCutOff(t *testing.T) {
	other := errors.New("permission denied")
	for _, tt := range []struct {
		err  error
		want string
	}{
		{io.EOF, "the file is cut off"},
		{io.ErrUnexpectedEOF, "the file is cut off"},
		{fmt.Errorf("flate: %w", io.ErrUnexpectedEOF), "the file is cut off"},
		{other, "permission denied"},
		{nil, "<nil>"},
	} {
		if have := fmt.Sprint(CutOff(tt.err)); have != tt.want {
			t.Errorf("%v: %q, want %q", tt.err, have, tt.want)
		}
	}
}
