package main

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"tenor/internal/awssim"
	"tenor/job"
)

// TestInitReplacesNothing: a config that somebody writes while AWS is asked stays as it is.
func TestInitReplacesNothing(t *testing.T) {
	away(t)
	estate, err := awssim.DemoEstate(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	server, err := awssim.Start(awssim.Options{Estate: estate})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	at, err := url.Parse(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	aws, first := httputil.NewSingleHostReverseProxy(at), sync.Once{}
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		first.Do(func() {
			if err := os.WriteFile("tenor.yaml", []byte("mine"), 0o600); err != nil {
				t.Error(err)
			}
		})
		aws.ServeHTTP(w, r)
	}))
	t.Cleanup(proxy.Close)
	for name, value := range map[string]string{"AWS_ENDPOINT_URL": proxy.URL, "AWS_SECRET_ACCESS_KEY": "simulated",
		"AWS_ACCESS_KEY_ID": awssim.AccessKey(estate.Organization.ManagementAccount), "AWS_REGION": "eu-central-1"} {
		t.Setenv(name, value)
	}
	var stdout, stderr strings.Builder
	exit := run(t.Context(), []string{"init"}, &stdout, &stderr)
	const want = "tenor: tenor.yaml is there already, and is left as it is: name another file with --out\n"
	if exit != job.ExitFailed || !strings.HasSuffix(stderr.String(), want) {
		t.Errorf("exit %d, %s, want %s", exit, stderr.String(), want)
	}
	if b, err := os.ReadFile("tenor.yaml"); err != nil || string(b) != "mine" {
		t.Errorf("tenor.yaml: %q, %v", b, err)
	}
}
