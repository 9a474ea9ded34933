package deploy

import (
	"encoding/xml"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"tenor/audit"
	"tenor/internal/s3sim"
	"tenor/job/delivery"
)

// who is each caller by its access key, in the simulated services.
var who = map[string]string{"AKIDFUNCTION": lambdaRole, "AKIDREADER": reader, "AKIDEDITOR": editor, "AKIDADMIN": admin}

// caller returns who has signed a request.
func caller(h http.Header) string {
	_, rest, _ := strings.Cut(h.Get("Authorization"), "Credential=")
	key, _, _ := strings.Cut(rest, "/")
	return who[key]
}

// startS3 starts a simulated S3 that refuses what the bucket's policy, the key's and the caller's own refuse.
func startS3(t *testing.T, e estate) *s3sim.Server {
	t.Helper()
	s := s3sim.Start(s3sim.Options{
		Buckets: []s3sim.Bucket{{Name: "reports", Region: region, Owner: account}},
		Before: func(r s3sim.Request) *s3sim.Refusal {
			action, resource := "s3:"+r.Operation, "arn:aws:s3:::"+r.Bucket+"/"+r.Key
			encrypts := "kms:Decrypt"
			switch r.Operation {
			case "HeadObject":
				action = "s3:GetObject"
			case "ListObjectsV2":
				action, resource, encrypts = "s3:ListBucket", "arn:aws:s3:::"+r.Bucket, ""
			case "PutObject":
				encrypts = "kms:GenerateDataKey"
			}
			asks := request{principal: caller(r.Header), action: action, resource: resource, context: map[string]string{}}
			if condition := r.Header.Get("If-None-Match"); condition != "" {
				asks.context["s3:if-none-match"] = condition
			}
			opens := request{principal: asks.principal, action: encrypts, resource: ownKey,
				context: map[string]string{"kms:ViaService": "s3." + region + ".amazonaws.com"}}
			if !may(asks, e.own(asks.principal), e.bucket) || encrypts != "" && !mayKey(opens, e.own(asks.principal), e.key) {
				return &s3sim.Refusal{Status: http.StatusForbidden, Code: "AccessDenied", Message: "Access Denied"}
			}
			return nil
		},
	})
	t.Cleanup(s.Close)
	return s
}

// startSNS starts a simulated SNS that takes messages from those whom the topic's policy, the key's and their own let publish.
func startSNS(t *testing.T, e estate) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		form, err := url.ParseQuery(string(body))
		if err != nil {
			t.Error(err)
		}
		asks := request{principal: caller(r.Header), action: "sns:" + form.Get("Action"), resource: form.Get("TopicArn")}
		opens := request{principal: asks.principal, action: "kms:GenerateDataKey", resource: ownKey,
			context: map[string]string{"kms:ViaService": "sns." + region + ".amazonaws.com"}}
		w.Header().Set("Content-Type", "text/xml")
		if !may(asks, e.own(asks.principal), e.topic) || !mayKey(opens, e.own(asks.principal), e.key) {
			type refusal struct{ Code, Message string }
			answer, err := xml.Marshal(struct {
				XMLName xml.Name `xml:"ErrorResponse"`
				Error   refusal
			}{Error: refusal{"AuthorizationError", "not authorized to perform " + asks.action}})
			if err != nil {
				t.Error(err)
			}
			w.WriteHeader(http.StatusForbidden)
			_, _ = w.Write(answer)
			return
		}
		_, _ = io.WriteString(w, "<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>")
	}))
	t.Cleanup(s.Close)
	return s
}

// configOf is the SDK's configuration of a caller, who may be wrong about a name: one try is enough.
func configOf(key, endpoint string) aws.Config {
	return aws.Config{Region: region, Credentials: credentials.NewStaticCredentialsProvider(key, "secret", ""), BaseEndpoint: &endpoint,
		RetryMaxAttempts: 1}
}

func bucketOf(t *testing.T, key, endpoint, at string) *delivery.Bucket {
	t.Helper()
	b, err := delivery.NewBucket(configOf(key, endpoint), "s3://reports/"+at, account, "")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestPoliciesLetTenorDeliver delivers by the function's role, one run after another, and wants everybody else refused, an administrator
// of the account too. Both deployments, through the real client.
func TestPoliciesLetTenorDeliver(t *testing.T) {
	for name, e := range deployments(t) {
		t.Run(name, func(t *testing.T) {
			s3 := startS3(t, e)
			path := filepath.Join(t.TempDir(), "report.json")
			if err := os.WriteFile(path, []byte("{}"), 0o600); err != nil {
				t.Fatal(err)
			}
			report := delivery.Files{Reports: []delivery.File{{Name: "report.json", Path: path}}}
			run := func(day string) *audit.Report {
				return &audit.Report{Run: audit.Run{ID: strings.Repeat("0123456789abcdef", 4), TakenAt: "2026-11-" + day + "T05:00:00Z"}}
			}
			tenor := bucketOf(t, "AKIDFUNCTION", s3.URL(), "tenor")
			for _, day := range []string{"20", "21"} {
				if _, err := tenor.PutRun(t.Context(), run(day), report); err != nil {
					t.Fatal(err)
				}
			}
			if err := tenor.Create(t.Context(), "plans/x/shards.json", strings.NewReader("{}")); err != nil {
				t.Error(err)
			}
			denied := func(what string, err error) {
				t.Helper()
				if err == nil || !strings.Contains(err.Error(), "denied") && !strings.Contains(err.Error(), "AccessDenied") {
					t.Errorf("%s: %v", what, err)
				}
			}
			var written string
			for key := range s3.Objects("reports") {
				if strings.HasPrefix(key, "tenor/runs/20261120") && strings.HasSuffix(key, "report.json") {
					written = strings.TrimPrefix(key, "tenor/")
				}
			}
			denied("a run is written over", tenor.Replace(t.Context(), written, strings.NewReader("other")))
			denied("the function edits its config",
				bucketOf(t, "AKIDFUNCTION", s3.URL(), "config").Replace(t.Context(), "waivers.yaml", strings.NewReader("")))
			if err := bucketOf(t, "AKIDEDITOR", s3.URL(), "config").Replace(t.Context(), "waivers.yaml", strings.NewReader("")); err != nil {
				t.Error(err)
			}
			config, into := bucketOf(t, "AKIDFUNCTION", s3.URL(), "config"), filepath.Join(t.TempDir(), "w")
			if err := config.Fetch(t.Context(), "waivers.yaml", into); err != nil {
				t.Error(err)
			}
			get := func(key string) error {
				o, err := bucketOf(t, key, s3.URL(), "tenor").Get(t.Context(), "latest/report.json")
				if err == nil {
					err = o.Close()
				}
				return err
			}
			if err := get("AKIDREADER"); err != nil {
				t.Error(err)
			}
			for _, key := range []string{"AKIDADMIN", "AKIDEDITOR", "AKIDNOBODY"} {
				denied(key+" reads the prices", get(key))
			}
			for _, key := range []string{"AKIDADMIN", "AKIDEDITOR", "AKIDREADER", "AKIDNOBODY"} {
				_, err := bucketOf(t, key, s3.URL(), "tenor").PutRun(t.Context(), run("22"), report)
				denied(key+" delivers a run", err)
			}
			for _, key := range []string{"AKIDADMIN", "AKIDREADER", "AKIDNOBODY"} {
				denied(key+" writes a waiver",
					bucketOf(t, key, s3.URL(), "config").Replace(t.Context(), "waivers.yaml", strings.NewReader("waivers: []")))
			}

			sns, topic := startSNS(t, e), names["Topic"].(string)
			if err := delivery.Publish(t.Context(), configOf("AKIDFUNCTION", sns.URL), topic, delivery.Notice{}); err != nil {
				t.Error(err)
			}
			if delivery.Publish(t.Context(), configOf("AKIDFUNCTION", sns.URL), topic+"-other", delivery.Notice{}) == nil {
				t.Error("the function publishes to another topic")
			}
			if delivery.Publish(t.Context(), configOf("AKIDADMIN", sns.URL), topic, delivery.Notice{}) == nil {
				t.Error("an administrator publishes under a key that is not for them")
			}
		})
	}
}
