package collector

import (
	"encoding/xml"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"tenor/audit"
)

// stacksPage is a page of ListStacks as AWS sends it.
const stacksPage = `<?xml version="1.0" encoding="UTF-8"?>
<ListStacksResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/">
  <ListStacksResult>
    <NextToken>AbC/+=1</NextToken>
    <StackSummaries>
      <member>
        <StackId>arn:aws:cloudformation:eu-central-1:111122223333:stack/SC-1/1</StackId>
        <StackStatus>UPDATE_COMPLETE</StackStatus>
        <StackStatusReason>it&#39;s &quot;ö&quot; &amp; [done] &gt;</StackStatusReason>
        <DriftInformation><StackDriftStatus>NOT_CHECKED</StackDriftStatus></DriftInformation>
        <LastOperations><member><StackId>another</StackId></member></LastOperations>
      </member>
      <member><DeletionTime>2026-11-01T00:00:00.123Z</DeletionTime><StackId>b</StackId><StackStatus>DELETE_COMPLETE</StackStatus></member>
      <member></member>
    </StackSummaries>
  </ListStacksResult>
  <ResponseMetadata><RequestId>b9b4b068-3a41-11e5-94eb-example</RequestId></ResponseMetadata>
</ListStacksResponse>
`

// libraryStacks is stacksJSON by encoding/xml alone.
func libraryStacks(body []byte) ([]byte, error) {
	var in stacksAnswer
	if err := xml.Unmarshal(body, &in); err != nil {
		return nil, err
	}
	if in.Result.Summaries == nil {
		return nil, fmt.Errorf("no list")
	}
	return audit.EncodeJSON(struct {
		StackSummaries []stackSummary
		NextToken      string
	}{append([]stackSummary{}, in.Result.Summaries.Members...), in.Result.NextToken})
}

// TestPlainStacks reads pages with and without the library.
func TestPlainStacks(t *testing.T) {
	member := func(inner string) string {
		return "<R><ListStacksResult><StackSummaries><member>" + inner + "</member></StackSummaries></ListStacksResult></R>"
	}
	for _, c := range []struct {
		name, body string
		plain      bool
	}{
		{"AWS's", stacksPage, true},
		{"without the declaration", strings.TrimPrefix(stacksPage, declaration), true},
		{"none", "<R><ListStacksResult><StackSummaries></StackSummaries></ListStacksResult></R>", true},
		{"an empty tag", "<R><ListStacksResult><StackSummaries/></ListStacksResult></R>", false},
		{"no list", "<R><ListStacksResult></ListStacksResult></R>", false},
		{"a list elsewhere", "<R><StackSummaries></StackSummaries></R>", false},
		{"cut off", stacksPage[:len(stacksPage)/2], false},
		{"a reference in what is read", member("<StackId>a&amp;b</StackId>"), false},
		{"a reference in what is not", member("<StackName>a&amp;b</StackName><StackId>a</StackId>"), true},
		{"a quote", member(`<StackId>a"b</StackId>`), false},
		{"a backslash", member(`<StackId>a\b</StackId>`), false},
		{"a comment", member("<StackId>a<!-- b --></StackId>"), false},
		{"CDATA", member("<StackId><![CDATA[a]]></StackId>"), false},
		{"twice", member("<StackId>a</StackId><StackId>b</StackId>"), true},
		{"an element inside", member("<StackId> <b>c</b>a</StackId>"), false},
		{"a prefix", member("<x:StackId>a</x:StackId>"), false},
		{"an attribute", member(`<StackId a="1">a</StackId>`), false},
		{"an attribute with an angle", `<R a="1>0"><ListStacksResult><StackSummaries></StackSummaries></ListStacksResult></R>`, false},
		{"two lists", "<R><ListStacksResult><StackSummaries><member><StackId>a</StackId></member></StackSummaries><StackSummaries></StackSummaries></ListStacksResult></R>", true},
		{"Latin 1", `<?xml version="1.0" encoding="ISO-8859-1"?>` + member("<StackId>a</StackId>"), false},
		{"the wrong end", member("<StackId>a</StackID>"), false},
		{"nothing", "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, plain := plainStacks([]byte(c.body))
			want, err := libraryStacks([]byte(c.body))
			if plain != c.plain || plain && (err != nil || string(got) != string(want)) {
				t.Errorf("plain %t: %s\nwant %t: %s, %v", plain, got, c.plain, want, err)
			}
		})
	}
}

// TestPlainStacksOfDamage changes, removes and repeats pieces of a page: what is read without the library is what the library reads.
func TestPlainStacksOfDamage(t *testing.T) {
	pieces := []string{"<", ">", "/", "&", ";", "]]>", "<!--", "-->", "<?", "?>", "\x00", "\xff", "\xef\xbf\xbf", "\r", " ", "a", "<member>", "</member>", "<StackId>",
		"</StackId>", "<StackSummaries>", "</StackSummaries>", "<NextToken>x</NextToken>", "&lt;", "&#38;", `"`, "="}
	random := rand.New(rand.NewPCG(1, 2))
	taken := 0
	for range 20_000 {
		b := stacksPage
		for range 1 + random.IntN(2) {
			at := random.IntN(len(b))
			to := min(len(b), at+random.IntN(30))
			switch random.IntN(3) {
			case 0:
				b = b[:at] + pieces[random.IntN(len(pieces))] + b[at:]
			case 1:
				b = b[:at] + b[to:]
			default:
				b = b[:to] + b[at:]
			}
		}
		got, plain := plainStacks([]byte(b))
		if !plain {
			continue
		}
		taken++
		if want, err := libraryStacks([]byte(b)); err != nil || string(got) != string(want) {
			t.Fatalf("%s\nread as %s\nwant    %s, %v", b, got, want, err)
		}
	}
	if taken < 1000 {
		t.Errorf("only %d damaged pages were read: it tests little", taken)
	}
}

// FuzzStacks reads answers of ListStacks: what is read without the library is what the library reads, and an error is one line.
func FuzzStacks(f *testing.F) {
	f.Add(stacksPage)
	f.Add("<R><ListStacksResult><StackSummaries/></ListStacksResult></R>")
	f.Add(`<R a="1>0"><ListStacksResult><StackSummaries><member><StackId>a&amp;b<!-- c --></StackId></member></StackSummaries>` +
		`</ListStacksResult></R>`)
	f.Add("<R><ListStacksResult><StackSummaries><member><StackId>a</StackID>\n")
	f.Fuzz(func(t *testing.T, body string) {
		want, wrong := libraryStacks([]byte(body))
		got, err := stacksJSON([]byte(body))
		if (err == nil) != (wrong == nil) || string(got) != string(want) {
			t.Errorf("%q is read as %s, %v; the library reads %s, %v", body, got, err, want, wrong)
		}
		if err != nil && strings.ContainsAny(err.Error(), "\n\r") {
			t.Errorf("%q: an error of several lines: %q", body, err)
		}
	})
}

func BenchmarkStacks(b *testing.B) {
	page := []byte(strings.Replace(stacksPage, "<member></member>", strings.Repeat("<member><StackId>arn:aws:cloudformation:eu-central-1:111122223333:stack/SC-1/1</StackId>"+
		"<StackName>SC-1</StackName><CreationTime>2026-11-01T00:00:00.123Z</CreationTime><StackStatus>UPDATE_COMPLETE</StackStatus></member>", 100), 1))
	for name, read := range map[string]func([]byte) ([]byte, error){"by hand": stacksJSON, "encoding-xml": libraryStacks} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := read(page); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
