package awssim

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// now is a Tuesday; no test depends on the day that it runs.
var now = time.Date(2026, 8, 18, 9, 30, 0, 0, time.UTC)

func load(t *testing.T, estate string) *Estate {
	t.Helper()
	e, err := LoadEstate(strings.NewReader(estate), now)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func start(t *testing.T, o Options) *Server {
	t.Helper()
	s, err := Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// client sends requests by hand, signed as far as the server looks.
type client struct {
	t            *testing.T
	server       *Server
	key, region  string
	sessionToken string
}

func (c client) authorization(service string) string {
	return fmt.Sprintf("AWS4-HMAC-SHA256 Credential=%s/20260818/%s/%s/aws4_request, SignedHeaders=host, Signature=%064d", c.key, c.region, service, 0)
}

type answer struct {
	status int
	header http.Header
	body   []byte
}

func (c client) send(service, method, path, body string, header map[string]string) (answer, error) {
	c.t.Helper()
	req, err := http.NewRequestWithContext(c.t.Context(), method, c.server.URL()+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	if c.key != "" {
		req.Header.Set("Authorization", c.authorization(service))
	}
	if c.sessionToken != "" {
		req.Header.Set("X-Amz-Security-Token", c.sessionToken)
	}
	for name, value := range header {
		req.Header.Set(name, value)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return answer{res.StatusCode, res.Header, b}, err
}

func (c client) must(a answer, err error) answer {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
	return a
}

func (c client) get(path string) answer {
	c.t.Helper()
	return c.must(c.send("outposts", "GET", path, "", nil))
}

var targets = map[string]string{"servicecatalog": "AWS242ServiceCatalogService", "organizations": "AWSOrganizationsV20161128"}

func (c client) post(service, operation, body string) answer {
	c.t.Helper()
	return c.must(c.send(service, "POST", "/", body, map[string]string{"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": targets[service] + "." + operation}))
}

func (c client) form(values url.Values) answer {
	c.t.Helper()
	return c.must(c.send("sts", "POST", "/", values.Encode(), map[string]string{"Content-Type": "application/x-www-form-urlencoded"}))
}

// call sends a read call of any service by its name: a path for Outposts, a JSON body for the others.
func (c client) call(service, operation, request string) answer {
	c.t.Helper()
	if service == "outposts" {
		return c.get(request)
	}
	return c.post(service, operation, request)
}

func (a answer) decode(t *testing.T, to any) {
	t.Helper()
	if a.status != http.StatusOK {
		t.Fatalf("status %d: %s", a.status, a.body)
	}
	if err := json.Unmarshal(a.body, to); err != nil {
		t.Fatalf("%v: %s", err, a.body)
	}
}

// refused is the status and code of an answer in JSON.
func (a answer) refused(t *testing.T) string {
	t.Helper()
	var e struct {
		Type string `json:"__type"`
	}
	if err := json.Unmarshal(a.body, &e); err != nil {
		t.Fatalf("%v: %s", err, a.body)
	}
	if head := a.header.Get("X-Amzn-Errortype"); head != e.Type {
		t.Errorf("the header says %q, the body %q", head, e.Type)
	}
	return fmt.Sprint(a.status, " ", e.Type)
}

func diff(t *testing.T, what string, want, got any) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s (-want +got):\n%s", what, d)
	}
}
