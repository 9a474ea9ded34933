package billing

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/google/go-cmp/cmp"

	"tenor/audit"
)

// answers gives each request the same body.
type answers struct {
	status int
	body   string
}

func (a answers) Do(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: a.status, Header: http.Header{"Content-Type": {"application/x-amz-json-1.1"}}, Request: r,
		Body: io.NopCloser(strings.NewReader(a.body)), ContentLength: int64(len(a.body))}, nil
}

// FuzzCostExplorer reads answers of Cost Explorer through the SDK's client: rows of whole amounts in order, or one gap in one line; never
// more calls than are allowed, and twice the same.
func FuzzCostExplorer(f *testing.F) {
	group := func(keys string) string {
		return `{"ResultsByTime":[{"TimePeriod":{"Start":"2026-08-01","End":"2026-09-01"},"Estimated":false,"Groups":[{"Keys":[` + keys +
			`],"Metrics":{"UnblendedCost":{"Amount":"1.5","Unit":"USD"},"NetUnblendedCost":{"Amount":"1E-3","Unit":"USD"}}}]}]}`
	}
	f.Add(200, group(`"111122223333","eu-central-1"`))
	f.Add(200, group(`"111122223333"`))
	f.Add(200, group(``))
	f.Add(200, strings.Replace(group(`"111122223333","eu-central-1"`), "USD", "EUR", 1))
	f.Add(200, strings.Replace(group(`"111122223333","eu-central-1"`), "1.5", "1e999999999", 1))
	f.Add(200, strings.Replace(group(`"111122223333"`), "2026-08-01", "2026-13-01", 1))
	f.Add(200, `{"NextPageToken":"a","ResultsByTime":[null]}`)
	f.Add(400, `{"__type":"BillExpirationException","message":"a\nb"}`)
	f.Add(400, `{"__type":"Unheard","message":"`+strings.Repeat("long ", 1000)+`"}`)
	f.Add(200, `[`)
	f.Fuzz(func(t *testing.T, status int, body string) {
		if status < 200 || status > 599 || status >= 300 && status < 400 {
			t.Skip()
		}
		calls := 0
		client := NewCostExplorer(aws.Config{Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider("AKID", "s", ""),
			HTTPClient: doer(func(r *http.Request) (*http.Response, error) { calls++; return answers{status, body}.Do(r) })})
		read := func() *audit.Charges {
			calls = 0
			c, err := ReadCostExplorer(t.Context(), "900000000009", Months{From: "2026-08", To: "2026-09"}, "2026-08", 8, client)
			if err != nil {
				t.Fatal(err)
			}
			if calls > 8 {
				t.Errorf("%d calls", calls)
			}
			return c
		}
		first := read()
		if d := cmp.Diff(first, read()); d != "" {
			t.Errorf("the second time:\n%s", d)
		}
		if !slices.IsSortedFunc(first.Rows, audit.CompareCharges) {
			t.Errorf("no order: %+v", first.Rows)
		}
		for _, g := range first.Gaps {
			if strings.ContainsAny(g.Message, "\n\r") || g.Reason == "" || len(g.Message) > audit.MaxMessage {
				t.Errorf("gap %+v", g)
			}
		}
	})
}

type doer func(*http.Request) (*http.Response, error)

func (d doer) Do(r *http.Request) (*http.Response, error) { return d(r) }
