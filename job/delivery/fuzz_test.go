package delivery

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// FuzzCheckRecord: no run.json makes a report believed whose SHA-256 it does not have.
func FuzzCheckRecord(f *testing.F) {
	const report = "{}\n"
	digest := sha256.Sum256([]byte(report))
	sum := hex.EncodeToString(digest[:])
	whole := `{"schema_version": "` + runRecordVersion + `", "run": "r", "state": "` + stateComplete + `", "files": [{"name": "report.json", "sha256": "` + sum + `"}]}`
	f.Add(whole)
	f.Add(strings.Replace(whole, stateComplete, "writing", 1))
	f.Add(strings.Replace(whole, sum, strings.ToUpper(sum), 1))
	f.Add(strings.Replace(whole, "report.json", "../report.json", 1))
	f.Add(`{"schema_version": "99.0"}`)
	f.Add(`[` + strings.Repeat("[", 20_000))
	path := filepath.Join(f.TempDir(), "report.json")
	if err := os.WriteFile(path, []byte(report), 0o600); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, record string) {
		if err := os.WriteFile(filepath.Join(filepath.Dir(path), runRecordName), []byte(record), 0o600); err != nil {
			t.Fatal(err)
		}
		err := CheckRecord(path)
		if err == nil && (!strings.Contains(record, sum) || !strings.Contains(record, stateComplete)) {
			t.Errorf("%s answers for %s", record, sum)
		}
		if err != nil && strings.ContainsAny(err.Error(), "\n\r") {
			t.Errorf("an error of several lines: %q", err)
		}
	})
}

// FuzzParseURL: what is taken for a place in S3 names it once, and no key leads out of it.
func FuzzParseURL(f *testing.F) {
	for _, url := range []string{"s3://bucket", "s3://bucket/", "s3://bucket/a/b/", "s3://bucket/../a", "s3://bucket//a", "s3://b/a", "s3://Bucket/a",
		"https://bucket/a", "s3://bucket/a/./b", "s3://bucket/a%2f..%2fb", "s3://bucket/..", "s3://bucket/."} {
		f.Add(url)
	}
	f.Fuzz(func(t *testing.T, url string) {
		bucket, key, err := ParseURL(url)
		if err != nil {
			return
		}
		again, same, err := ParseURL(strings.TrimSuffix("s3://"+bucket+"/"+key, "/"))
		if err != nil || again != bucket || same != key || strings.Contains(bucket, "/") || strings.HasPrefix(key, "/") || strings.HasSuffix(key, "/") {
			t.Errorf("%q: %q, %q; again %q, %q, %v", url, bucket, key, again, same, err)
		}
		for _, part := range strings.Split(key, "/") {
			if part == ".." || part == "." && key != "" {
				t.Errorf("%q: the key %q leads elsewhere", url, key)
			}
		}
	})
}

// FuzzWebhook: no error shows more of a webhook's address, which is a secret, than its host.
func FuzzWebhook(f *testing.F) {
	for _, url := range []string{"https://hooks.example/services/SECRET", "http://hooks.example/SECRET", "https://u:SECRET@hooks.example/", "SECRET",
		"https://", "https://hooks.example:99999/SECRET", "https://[::1/SECRET", "https://hooks.example/%zzSECRET", "file:///SECRET", " https://h/SECRET"} {
		f.Add(url)
	}
	f.Fuzz(func(t *testing.T, address string) {
		err := CheckWebhook(address)
		if at := strings.Index(address, "SECRET"); err != nil && at >= 0 && strings.Contains(err.Error(), "SECRET") {
			t.Errorf("%q: %v", address, err)
		}
	})
}
