package collector

import (
	"bytes"
	"io"
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"tenor/audit"
	"tenor/internal/awssim"
	"tenor/snapshot"
)

// told is what AWS answered to a request.
type told struct {
	status int
	header http.Header
	body   []byte
}

// requested is what a request asks, without what differs from one run to another.
func requested(r *http.Request) (string, error) {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return "", err
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	return r.Header.Get("X-Amz-Target") + " " + r.URL.RequestURI() + " " + string(body), nil
}

// FuzzAnswers answers one of the requests of a run with anything, and the others as AWS does. The run ends; what it leaves is a snapshot
// that can be read, and each message of its ledger is one line of bounded length.
func FuzzAnswers(f *testing.F) {
	sim := simulate(f, awssim.Options{Estate: estate(f, smallEstate)})
	answers, mu := map[string]told{}, sync.Mutex{}
	o := optionsFor(f, sim, plant)
	o.Config.HTTPClient = doer(func(r *http.Request) (*http.Response, error) {
		key, err := requested(r)
		if err != nil {
			return nil, err
		}
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			return nil, err
		}
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			return nil, err
		}
		mu.Lock()
		defer mu.Unlock()
		answers[key] = told{resp.StatusCode, resp.Header, body}
		resp.Body = io.NopCloser(bytes.NewReader(body))
		return resp, nil
	})
	collected(f, o)
	keys := slices.Sorted(maps.Keys(answers))
	for i, key := range keys {
		f.Add(byte(i), answers[key].status, string(answers[key].body))
	}
	f.Add(byte(0), 400, `{"__type": "AccessDeniedException", "message": "a\nb"}`)
	f.Add(byte(1), 200, `{"Outposts": [null, {"OutpostId": 1}], "NextToken": 1}`)
	f.Add(byte(2), 500, strings.Repeat("x", 5000))
	f.Fuzz(func(t *testing.T, which byte, status int, body string) {
		if status < 200 || status > 599 {
			t.Skip()
		}
		chosen := keys[int(which)%len(keys)]
		o := o
		o.Config.HTTPClient = doer(func(r *http.Request) (*http.Response, error) {
			key, err := requested(r)
			if err != nil {
				return nil, err
			}
			a, known := answers[key]
			switch {
			case key == chosen:
				a = told{status, http.Header{"Content-Type": a.header["Content-Type"]}, []byte(body)}
			case !known:
				a = told{http.StatusBadRequest, http.Header{}, []byte(`{"__type": "ValidationException", "message": "not as before"}`)}
			}
			return &http.Response{StatusCode: a.status, Header: a.header.Clone(), Body: io.NopCloser(bytes.NewReader(a.body)), Request: r,
				ContentLength: int64(len(a.body))}, nil
		})
		dir := filepath.Join(t.TempDir(), "snapshot")
		if _, err := collectInto(t.Context(), o, dir); err != nil {
			if strings.ContainsAny(err.Error(), "\n\r") {
				t.Errorf("an error of several lines: %q", err)
			}
			return
		}
		s, err := snapshot.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		resources(t, s)
		for c := range s.Manifest.Coverage.All() {
			if len(c.Message) > audit.MaxMessage || strings.ContainsAny(c.Message, "\n\r") || (c.Status == audit.StatusGap) == (c.Reason == "") &&
				c.Status != audit.StatusOptional {
				t.Errorf("row %+v", c)
			}
		}
	})
}
