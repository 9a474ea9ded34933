package audit

import (
	"encoding/json"
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAppendResourceIsEncodeJSON(t *testing.T) {
	raw := func(s string) json.RawMessage { return json.RawMessage(s) }
	for name, r := range map[string]Resource{
		"zero": {},
		"full": {
			Kind: KindOutpost, ID: "op-1", ARN: "arn:aws:outposts:eu-central-1:111122223333:outpost/op-1", Name: "fra", Account: "111122223333",
			Region: "eu-central-1",
			Tags:   map[string]string{"b": "2", "a": "1"}, Spec: raw(`{"Price":131072.01}`),
			Related: map[string]json.RawMessage{"site": raw(`{}`), "billing": raw(`{"A":"<&>"}`)},
			Gaps:    map[string]Gap{"renewal_pricing": {Operation: "GetRenewalPricing", Reason: ReasonThrottled, Message: "Rate <exceeded>"}},
		},
		"empty maps":  {Tags: map[string]string{}, Related: map[string]json.RawMessage{}, Gaps: map[string]Gap{}},
		"escapes":     {Name: "a\"b\\c\nd\x01é \u2028<", Tags: map[string]string{"k\"": "ü"}},
		"line breaks": {Spec: raw("{\n \"A\": [1,\n 2]\n}")},
	} {
		t.Run(name, func(t *testing.T) {
			want, err := EncodeJSON(&r)
			if err != nil {
				t.Fatal(err)
			}
			got, _, _, err := AppendResource(nil, &r)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(got)); diff != "" {
				t.Errorf("-EncodeJSON +AppendResource:\n%s", diff)
			}
		})
	}
}

// TestAppendSection adds a section to lines in every place, and wants what the resource with it is encoded as.
func TestAppendSection(t *testing.T) {
	raw := func(s string) json.RawMessage { return json.RawMessage(s) }
	gap := Gap{Operation: "ListStacks", Reason: ReasonThrottled, Message: "Rate <exceeded>", Optional: true}
	others := []Resource{
		{},
		{Related: map[string]json.RawMessage{}, Gaps: map[string]Gap{}},
		{ID: `a"b\`, Spec: raw(`{"related":{"x":1},"gaps":"}"}`), Related: map[string]json.RawMessage{"artifact": raw(`{"Name":"}{"}`), "records": raw(`[]`)},
			Gaps: map[string]Gap{"launched_by": {Operation: "GetRole", Reason: ReasonError, Message: `"}`}}},
	}
	for i, r := range others {
		line, sections, gaps, err := AppendResource(nil, &r)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"a", "billing", "m", "stacks"} {
			for _, doc := range []json.RawMessage{nil, raw(`{"StackId":"<&>"}`)} {
				with := r
				if with.Related, with.Gaps = maps.Clone(r.Related), maps.Clone(r.Gaps); doc == nil {
					if with.Gaps == nil {
						with.Gaps = map[string]Gap{}
					}
					with.Gaps[name] = gap
				} else {
					if with.Related == nil {
						with.Related = map[string]json.RawMessage{}
					}
					with.Related[name] = doc
				}
				want, err := EncodeJSON(&with)
				if err != nil {
					t.Fatal(err)
				}
				got, err := AppendSection([]byte("before"), line, sections, gaps, name, doc, gap)
				if diff := cmp.Diff("before"+string(want), string(got)); diff != "" || err != nil {
					t.Errorf("resource %d, %s: %v\n-EncodeJSON +AppendSection:\n%s", i, name, err, diff)
				}
			}
		}
	}
}

func BenchmarkAppendResource(b *testing.B) {
	r := Resource{
		Kind: KindProvisionedProduct, ID: "pp-abcdefghijklm",
		ARN:  "arn:aws:servicecatalog:eu-central-1:111122223333:stack/orders-db/pp-abcdefghijklm",
		Name: "orders-db", Account: "111122223333", Region: "eu-central-1", Tags: map[string]string{"Owner": "team-a"},
		Spec: json.RawMessage(`{"CreatedTime":"2026-01-02T03:04:05Z","Id":"pp-abcdefghijklm","LastRecordId":"rec-aaaaaaaaaaaaa",` +
			`"Name":"orders-db",` +
			`"ProductId":"prod-aaaaaaaaaaaaa","ProductName":"Database","Status":"AVAILABLE","Tags":[{"Key":"Owner","Value":"team-a"}],` +
			`"Type":"CFN_STACK"}`),
		Related: map[string]json.RawMessage{"artifact": json.RawMessage(`{"Id":"pa-aaaaaaaaaaaaa","Active":true,"Guidance":"DEFAULT"}`)},
	}
	b.Run("by hand", func(b *testing.B) {
		var buf []byte
		for b.Loop() {
			var err error
			if buf, _, _, err = AppendResource(buf[:0], &r); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("encoding-json", func(b *testing.B) {
		for b.Loop() {
			if _, err := EncodeJSON(&r); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func TestIndentedJSON(t *testing.T) {
	have, err := IndentedJSON(map[string]any{"b": []string{"<b> & c"}, "a": json.RawMessage(`{ "x":1.50}`)})
	want := "{\n  \"a\": {\n    \"x\": 1.50\n  },\n  \"b\": [\n    \"<b> & c\"\n  ]\n}\n"
	if err != nil || string(have) != want {
		t.Errorf("have %s, %v, want %s", have, err, want)
	}
}
