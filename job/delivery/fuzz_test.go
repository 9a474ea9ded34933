package delivery

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
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

// FuzzSMTP: no error shows any of the address of a mail server, and of one that is taken mail goes to the host that its name says.
func FuzzSMTP(f *testing.F) {
	for _, address := range []string{"smtp://mail.example.com", "smtps://user@mail.example.com:465", "smtp://user:SECRET@mail.example.com",
		"SECRET", "smtp://SECRET@:25", "smtp://mail.example.com:SECRET", "smtp://mail.example.com:99999", "smtp://[::1]:2525",
		"smtp:SECRET", "smtp://[::1%25SECRET]", "smtp://h/SECRET", "smtp://SECRET%zz@h", "smtp://h?SECRET", "smtp://h:0",
		"smtp://\tSECRET"} {
		f.Add(address)
	}
	f.Fuzz(func(t *testing.T, address string) {
		m := &Mail{From: "tenor@example.com", To: []string{"a@example.com"}, SMTP: address}
		dialled := ""
		office := postOffice{wait: func(context.Context, time.Duration) error { return nil }}
		office.dial = func(_ context.Context, _, to string) (net.Conn, error) {
			dialled = to
			return nil, &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}
		}
		err := office.check(t.Context(), m, "hush")
		if err == nil || strings.Contains(err.Error(), "SECRET") || strings.Contains(err.Error(), "hush") {
			t.Errorf("%q: %v", address, err)
		}
		for _, p := range m.Problems() {
			if strings.Contains(p.Msg, "SECRET") || dialled != "" {
				t.Errorf("%q: dialled %q: %v", address, dialled, p)
			}
		}
		if host, _, err := net.SplitHostPort(dialled); dialled != "" && (err != nil || m.Name() != "mail by "+host) {
			t.Errorf("%q: dialled %q, called %q", address, dialled, m.Name())
		}
	})
}

// FuzzMailAnswers has a mail server say anything: sending ends with an error in words of our own, or with a mail that the server has asked
// for and taken.
func FuzzMailAnswers(f *testing.F) {
	const taken = "220 hi\r\n250-hi\r\n250 8BITMIME\r\n250 ok\r\n250 ok\r\n354 go\r\n250 taken\r\n221 bye\r\n"
	for _, answers := range []string{taken, taken[:60], "", "SECRET", "220-SECRET\r\n", "99999999999999999999 SECRET\r\n", "-1 SECRET\r\n",
		strings.Replace(taken, "354 go", "552 5.3.4 SECRET", 1), strings.Replace(taken, "220", "421 SECRET\r\n220", 1),
		strings.Replace(taken, "250 taken", "450 4.2.0 SECRET", 1), "220 hi\r\n250-AUTH SECRET\r\n250 STARTTLS\r\n",
		"220 hi\r\n500 SECRET\r\n250 hi\r\n550 5.1.1\r\n", "220\n250\n250\n250\n354\n250\n"} {
		f.Add(answers)
	}
	f.Fuzz(func(t *testing.T, answers string) {
		office := postOffice{wait: func(context.Context, time.Duration) error { return nil }}
		office.dial = func(context.Context, string, string) (net.Conn, error) {
			client, server := net.Pipe()
			go func() { _, _ = io.Copy(io.Discard, server) }()
			go func() {
				_, _ = io.WriteString(server, answers)
				_ = server.Close()
			}()
			return client, nil
		}
		m := &Mail{From: "tenor@example.com", To: []string{"a@example.com"}, SMTP: "smtp://127.0.0.1"}
		err := office.send(t.Context(), m, "", Letter{subject: "s", text: "t"})
		if err != nil && (strings.Contains(err.Error(), "SECRET") || strings.ContainsAny(err.Error(), "\n\r")) {
			t.Errorf("%q: %v", answers, err)
		}
		if err == nil && !strings.Contains(answers, "354") {
			t.Errorf("%q: a mail that was not asked for is said to be sent", answers)
		}
	})
}
