package audit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"

	"tenor/internal/inline"
	"tenor/internal/rawjson"
)

// oddRows are rows in no order, with every field at its limits.
func oddRows() []Coverage {
	const account, region = "111122223333", "eu-central-1"
	return []Coverage{
		{Account: account, Region: region, Service: "outposts", Operation: "ListOrders", Status: StatusCollected, Count: math.MaxInt},
		{Account: account, Region: region, Service: "outposts", Operation: "ListOrders", Status: StatusCollected, Count: math.MinInt},
		{Account: account, Status: StatusSuspended, Message: "SUSPENDED"},
		{},
		{Account: account, Region: region, Service: "s", Operation: "o", Status: "newer", Reason: ReasonError, Count: 7,
			Message: "User: arn:aws:sts::" + account + ":role in " + region + ", " + region + ", of " + account},
		{Account: account, Region: region, Message: "a message with \x00, \x01 and \x02, and " + account},
		{Account: account, Region: region, Message: "\x01"},
		{Account: account, Region: "", Message: "in no region: eu-central-1"},
		{Account: "\x01", Region: "\x02", Message: "of \x01"},
		{Account: "of \u2028 <b>&", Region: `"quoted"\`, Message: "invalid \xff, \ufffd"},
	}
}

func TestLedgerKeepsItsRows(t *testing.T) {
	want := oddRows()
	l := inline.Into(&Ledger{}, want...)
	if diff := cmp.Diff(want, slices.Collect(l.All())); diff != "" || l.Len() != len(want) {
		t.Errorf("%d rows (-added +kept):\n%s", l.Len(), diff)
	}
	sorted := slices.SortedStableFunc(slices.Values(want), CompareCoverage)
	if diff := cmp.Diff(sorted, slices.Collect(l.Sorted().All())); diff != "" {
		t.Errorf("sorted (-want +have):\n%s", diff)
	}
	if diff := cmp.Diff(want, slices.Collect(l.All())); diff != "" {
		t.Errorf("sorting changed the ledger itself:\n%s", diff)
	}
	if s := inline.Into(&Ledger{}, sorted...); s.Sorted() != s {
		t.Error("a ledger in order was sorted again")
	}
	var empty *Ledger
	if empty.Len() != 0 || slices.Collect(empty.All()) != nil || empty.Sorted() != nil || !empty.Equal(&Ledger{}) {
		t.Error("a nil ledger has rows")
	}
}

func TestLedgerIsAddedToAfterItWasSorted(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	var want []Coverage
	l := &Ledger{}
	for range 200 {
		c := Coverage{Account: fmt.Sprint(rnd.IntN(20)), Operation: fmt.Sprint(rnd.IntN(20))}
		want = append(want, c)
		l.Add(c)
		if l = l.Sorted(); !slices.IsSortedFunc(slices.Collect(l.All()), CompareCoverage) {
			t.Fatal("it is not in order")
		}
	}
	slices.SortFunc(want, CompareCoverage)
	if diff := cmp.Diff(want, slices.Collect(l.All())); diff != "" {
		t.Error(diff)
	}
}

func TestLedgerByScope(t *testing.T) {
	l := inline.Into(&Ledger{}, append(oddRows(), oddRows()...)...).Sorted()
	var all []Coverage
	seen := map[Scope]bool{}
	for rows := range l.Scopes() {
		at := rows[0].Scope()
		if seen[at] || slices.ContainsFunc(rows, func(c Coverage) bool { return c.Scope() != at }) {
			t.Errorf("rows of %v: %v", at, rows)
		}
		seen[at] = true
		all = append(all, rows...)
	}
	if diff := cmp.Diff(slices.Collect(l.All()), all); diff != "" {
		t.Error(diff)
	}
}

func TestLedgersAreEqual(t *testing.T) {
	rows := oddRows()
	l := inline.Into(&Ledger{}, rows...)
	for i := range rows {
		other := slices.Clone(rows)
		other[i].Count++
		if l.Equal(inline.Into(&Ledger{}, other...)) {
			t.Errorf("row %d may be another", i)
		}
	}
	if !l.Equal(inline.Into(&Ledger{}, rows...)) || l.Equal(inline.Into(&Ledger{}, rows[1:]...)) || l.Equal(nil) {
		t.Error("the same rows are not the same ledger, or fewer are")
	}
}

// TestLedgerAsJSON: a row is written as the encoders write it, and read back.
func TestLedgerAsJSON(t *testing.T) {
	for _, c := range oddRows() {
		b, err := EncodeJSON(c)
		if err != nil {
			t.Fatal(err)
		}
		var want bytes.Buffer
		if err := json.Indent(&want, b, "  ", " "); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want.String(), string(c.Append(nil, "  ", rawjson.AppendQuote))); diff != "" {
			t.Errorf("as encoding/json has it (-want +have):\n%s", diff)
		}
		v2, err := jsonv2.Marshal(&c, jsontext.AllowInvalidUTF8(true), jsontext.WithIndent(" "), jsontext.WithIndentPrefix("  "))
		if err != nil {
			t.Fatal(err)
		}
		have := c.Append(nil, "  ", func(b []byte, s string) []byte {
			b, _ = jsontext.AppendQuote(b, s)
			return b
		})
		if diff := cmp.Diff(string(v2), string(have)); diff != "" {
			t.Errorf("as json/v2 has it (-want +have):\n%s", diff)
		}
	}
	rows := oddRows()[:9] // the last is not valid UTF-8
	b, err := EncodeJSON(inline.Into(&Ledger{}, rows...))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := EncodeJSON(rows)
	if diff := cmp.Diff(string(plain), string(b)); err != nil || diff != "" {
		t.Errorf("an array of the rows (%v):\n%s", err, diff)
	}
	have := inline.Into(&Ledger{}, Coverage{Account: "gone when it is read"})
	if err := DecodeJSON("f", b, have); err != nil || !have.Equal(inline.Into(&Ledger{}, rows...)) {
		t.Errorf("read back %v, %v", slices.Collect(have.All()), err)
	}
	for text, want := range map[string]string{
		`{"coverage":null}`:                            "",
		"{\n\"coverage\": {}}":                         "f:2: /coverage: unexpected JSON {",
		"{\n\"coverage\": [\n {\"account\": 1}]}":      "f:3: /coverage/0/account: unexpected JSON number",
		"{\"coverage\": [{\"account\": \"1\"},\n7]}":   "f:2: /coverage/1: unexpected JSON number",
		"{\"coverage\": [{\"account\": \"1\"}\n":       "f:2: the file is cut off",
		"{\"coverage\": [{\"account\": \"1\"}\n, x ]}": "f:2: invalid character 'x' at start of value",
	} {
		var m struct {
			Coverage *Ledger `json:"coverage"`
		}
		for _, err := range []error{
			DecodeJSON("f", []byte(text), &m),
			DecodeJSONFrom("f", strings.NewReader(text), func() io.Reader { return strings.NewReader(text) }, &m),
		} {
			if have := fmt.Sprint(err); want == "" && err != nil || want != "" && have != want {
				t.Errorf("%s:\n%s, want %s", text, have, want)
			}
		}
	}
}

// TestLedgerIsSmall: a row takes a dozen bytes, also where each account and region has its own message.
func TestLedgerIsSmall(t *testing.T) {
	const accounts, regions, calls = 500, 26, 6
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	l := &Ledger{}
	for a := range accounts {
		account := fmt.Sprintf("%012d", a)
		for r := range regions {
			region := fmt.Sprintf("region-%d", r)
			for i := range calls {
				l.Add(Coverage{Account: account, Region: region, Service: "outposts", Operation: fmt.Sprint("List", i), Status: StatusGap,
					Reason: ReasonAccessDenied, Message: "User: arn:aws:sts::" + account + ":assumed-role/Audit/tenor is not authorized to " +
						"perform: outposts:List on resource: arn:aws:outposts:" + region + ":" + account + ":*"})
			}
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	took := int64(after.HeapAlloc) - int64(before.HeapAlloc)
	if per := float64(took) / float64(l.Len()); per > 16 {
		t.Errorf("%d rows take %d bytes, %.1f each", l.Len(), took, per)
	}
	runtime.KeepAlive(l)
}
