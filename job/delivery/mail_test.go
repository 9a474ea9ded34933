package delivery

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"mime"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/httptest"
	netmail "net/mail"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/google/go-cmp/cmp"

	"tenor/internal/smtpsim"
)

// part is one of a mail.
type part struct{ Type, Name, Body string }

// parts takes a mail apart.
func parts(t *testing.T, data []byte) (netmail.Header, []part) {
	t.Helper()
	m, err := netmail.ReadMessage(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	read := func(r io.Reader, encoding string) string {
		if encoding == "base64" {
			r = base64.NewDecoder(base64.StdEncoding, r)
		}
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		return strings.ReplaceAll(string(b), "\r\n", "\n")
	}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(kind, "multipart/") {
		return m.Header, []part{{Type: kind, Body: read(m.Body, m.Header.Get("Content-Transfer-Encoding"))}}
	}
	var list []part
	for r := multipart.NewReader(m.Body, params["boundary"]); ; {
		p, err := r.NextPart()
		if err == io.EOF {
			return m.Header, list
		}
		if err != nil {
			t.Fatal(err)
		}
		kind, _, _ := strings.Cut(p.Header.Get("Content-Type"), ";")
		list = append(list, part{kind, p.FileName(), read(p, p.Header.Get("Content-Transfer-Encoding"))})
	}
}

func startSMTP(t *testing.T, o smtpsim.Options) *smtpsim.Server {
	t.Helper()
	s, err := smtpsim.Start(o)
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

func fileOf(t *testing.T, name string, size int) File {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, bytes.Repeat([]byte("x"), size), 0o600); err != nil {
		t.Fatal(err)
	}
	return File{Name: name, Path: path}
}

// TestMailBySMTP sends by a server of SMTP, by each of the ways to it, and by those that are none.
func TestMailBySMTP(t *testing.T) {
	const xlsx = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	for _, tt := range []struct {
		name   string
		server smtpsim.Options
		smtp   string // HOST: the server's address
		files  []File
		want   string // the error
		waits  []time.Duration
		parts  int
	}{
		{name: "STARTTLS", server: smtpsim.Options{STARTTLS: true, Name: "mail.example.com"}, smtp: "smtp://mail.example.com", parts: 1},
		{name: "STARTTLS and a user", server: smtpsim.Options{STARTTLS: true, Name: "mail.example.com", User: "tenor", Password: "hush"},
			smtp: "smtp://tenor@mail.example.com:2525", parts: 1},
		{name: "TLS and a user", server: smtpsim.Options{TLS: true, User: "tenor", Password: "hush"}, smtp: "smtps://tenor@HOST", parts: 1},
		{name: "loopback", smtp: "smtp://HOST", files: []File{fileOf(t, "report.xlsx", 100)}, parts: 2},
		{name: "no STARTTLS", server: smtpsim.Options{Name: "mail.example.com"}, smtp: "smtp://mail.example.com",
			want: "no session of SMTP: the server has to know STARTTLS (or TLS, with smtps) and, for a user, AUTH"},
		{name: "a certificate of another", server: smtpsim.Options{STARTTLS: true, Name: "other.example.com"}, smtp: "smtp://mail.example.com",
			want: "its certificate is not valid, or not of an authority that this machine trusts"},
		{name: "no AUTH", server: smtpsim.Options{TLS: true}, smtp: "smtps://tenor@HOST",
			want: "no session of SMTP: the server has to know STARTTLS (or TLS, with smtps) and, for a user, AUTH"},
		{name: "another password", server: smtpsim.Options{TLS: true, User: "tenor", Password: "other"}, smtp: "smtps://tenor@HOST",
			want: "the server refused the user or the password (535)"},
		{name: "no user", server: smtpsim.Options{TLS: true, User: "tenor", Password: "hush"}, smtp: "smtps://HOST",
			want: "the server refused the sender (530 5.7.0)"},
		{name: "a recipient that is not there", smtp: "smtp://HOST", server: smtpsim.Options{Answers: map[string][]string{"RCPT": {"550 5.1.1 secret"}}},
			want: "the server refused a recipient (550 5.1.1)"},
		{name: "taken at the third attempt", smtp: "smtp://HOST", parts: 1, waits: []time.Duration{time.Second, 2 * time.Second},
			server: smtpsim.Options{Answers: map[string][]string{"MAIL": {"451 4.7.1 later", "421 busy"}}}},
		{name: "too much", smtp: "smtp://HOST", server: smtpsim.Options{Answers: map[string][]string{"DATA": {"552 5.3.4 too big"}}},
			want: "the server refused the mail (552 5.3.4)"},
		{name: "nobody listens", smtp: "smtp://127.0.0.1:1", want: "connection refused", waits: []time.Duration{time.Second, 2 * time.Second}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := startSMTP(t, tt.server)
			var waits []time.Duration
			office := postOffice{roots: s.Roots(), wait: func(_ context.Context, d time.Duration) error {
				waits = append(waits, d)
				return nil
			}}
			if strings.Contains(tt.smtp, "mail.example.com") {
				office.dial = func(ctx context.Context, network, address string) (net.Conn, error) {
					port := "587"
					if strings.HasSuffix(tt.smtp, ":2525") {
						port = "2525"
					}
					if address != "mail.example.com:"+port {
						t.Errorf("it dials %s", address)
					}
					return new(net.Dialer).DialContext(ctx, network, s.Addr())
				}
			}
			m := &Mail{From: "tenor@example.com", To: []string{"a@example.com", "b@example.com"}, SMTP: strings.Replace(tt.smtp, "HOST", s.Addr(), 1)}
			if ps := m.Problems(); ps != nil {
				t.Fatal(ps)
			}
			n := hugeNotice(t, "<b>é\r\nBcc: x@example.com")
			letter, err := NewLetter(n, tt.files)
			if err != nil {
				t.Fatal(err)
			}
			have := ""
			if err := office.check(t.Context(), m, "hush"); err != nil {
				have = err.Error()
			}
			taken := tt.want == "" || regexp.MustCompile("^the server refused (the sender|a recipient|the mail) ").MatchString(tt.want)
			if taken && have != "" || !taken && have != tt.want || len(s.Messages()) > 0 {
				t.Errorf("the check says %q, and a run %q; %d mails", have, tt.want, len(s.Messages()))
			}
			have = ""
			if err := office.send(t.Context(), m, "hush", letter); err != nil {
				have = err.Error()
			}
			if have != tt.want || cmp.Diff(tt.waits, waits) != "" {
				t.Errorf("%q, want %q; waits %v", have, tt.want, waits)
			}
			got := s.Messages()
			if tt.want != "" || len(got) != 1 {
				if tt.want == "" || len(got) > 0 {
					t.Errorf("%d mails", len(got))
				}
				return
			}
			if d := cmp.Diff(smtpsim.Message{From: m.From, To: m.To, TLS: !strings.HasPrefix(m.SMTP, "smtp://127"), Data: got[0].Data}, got[0]); d != "" {
				t.Error(d)
			}
			head, list := parts(t, got[0].Data)
			subject, err := new(mime.WordDecoder).DecodeHeader(head.Get("Subject"))
			if err != nil || subject != n.subject() || head.Get("Auto-Submitted") != "auto-generated" || head.Get("Bcc") != "" || head.Get("Date") == "" {
				t.Errorf("%v, headers %v", err, head)
			}
			wantWhole(t, list[0].Body, n)
			if len(list) != tt.parts || len(list) == 2 && cmp.Diff(part{xlsx, "report.xlsx", strings.Repeat("x", 100)}, list[1]) != "" {
				t.Errorf("parts: %q", list[1:])
			}
		})
	}
}

// TestMailHasAPassword: a user without one is told where to put it, and nothing is sent.
func TestMailHasAPassword(t *testing.T) {
	m := &Mail{From: "tenor@example.com", To: []string{"a@example.com"}, SMTP: "smtps://tenor@mail.example.com"}
	const want = "the user has no password: set TENOR_SMTP_PASSWORD, or output.mail.smtp_secret"
	if err := SendSMTP(t.Context(), m, "", Letter{}); err == nil || err.Error() != want {
		t.Error(err)
	}
}

// TestMailCarriesSoMuch: what there is no room for, or is not there, is left out, and both the mail and the error say so.
func TestMailCarriesSoMuch(t *testing.T) {
	files := []File{fileOf(t, "report.xlsx", mailMaxFiles-10), fileOf(t, "report.csv", 11), {Name: "report.html", Path: "gone"}, fileOf(t, "report.md", 10)}
	l, err := NewLetter(Notice{}, files)
	const large = "it has 0.0 MB, and a mail carries 7 MB in all: take it from the run folder or from S3"
	if err == nil || err.Error() != "sent without report.csv: "+large+"\nsent without report.html: it was not written" {
		t.Error(err)
	}
	if !strings.HasSuffix(l.text, "\nNot attached: report.csv: "+large+"\nNot attached: report.html: it was not written\n") {
		t.Errorf("the mail ends: %s", l.text[max(0, len(l.text)-200):])
	}
	var names []string
	size := 0
	for _, f := range l.files {
		names = append(names, f.name)
		size += len(f.body)
	}
	if d := cmp.Diff([]string{"report.xlsx", "report.md"}, names); d != "" || size != mailMaxFiles {
		t.Error(size, d)
	}
	msg, err := l.message(&Mail{From: "a@example.com", To: []string{"b@example.com"}})
	if err != nil {
		t.Fatal(err)
	}
	if n, err := msg.WriteTo(io.Discard); err != nil || n > 10_000_000 {
		t.Errorf("%d bytes, %v", n, err)
	}
}

// TestMailBySES sends by the API of SES.
func TestMailBySES(t *testing.T) {
	type content struct{ Data, Charset string }
	type request struct {
		FromEmailAddress string
		Destination      struct{ ToAddresses []string }
		Content          struct {
			Simple struct {
				Subject     content
				Body        struct{ Text content }
				Attachments []struct {
					FileName, ContentType, ContentDisposition string
					RawContent                                []byte
				}
			}
		}
	}
	var got request
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost || r.URL.Path != "/v2/email/outbound-emails" || !strings.Contains(r.Header.Get("Authorization"), "/eu-central-1/ses/") {
			t.Errorf("%s %s %s", r.Method, r.URL.Path, r.Header.Get("Authorization"))
		}
		if err := json.NewDecoder(r.Body).Decode(&got); err != nil {
			t.Error(err)
		}
		w.Header().Set("Content-Type", "application/json")
		if got.FromEmailAddress == "nobody@example.com" {
			w.Header().Set("X-Amzn-ErrorType", "MessageRejected")
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, `{"message": "Email address is not verified."}`)
			return
		}
		_, _ = io.WriteString(w, `{"MessageId": "1"}`)
	}))
	defer s.Close()
	cfg := aws.Config{Region: "eu-central-1", BaseEndpoint: &s.URL, Credentials: credentials.NewStaticCredentialsProvider("AKIDTEST", "secret", "")}
	n := hugeNotice(t, "é")
	letter, err := NewLetter(n, []File{fileOf(t, "report.xlsx", 3)})
	if err != nil {
		t.Fatal(err)
	}
	if err := SendSES(t.Context(), cfg, &Mail{From: "tenor@example.com", To: []string{"a@example.com"}, SES: true}, letter); err != nil {
		t.Fatal(err)
	}
	m := got.Content.Simple
	if got.FromEmailAddress != "tenor@example.com" || cmp.Diff([]string{"a@example.com"}, got.Destination.ToAddresses) != "" ||
		m.Subject.Data != n.subject() || len(m.Attachments) != 1 || m.Attachments[0].FileName != "report.xlsx" || string(m.Attachments[0].RawContent) != "xxx" ||
		m.Attachments[0].ContentType != *contentType("report.xlsx") || m.Attachments[0].ContentDisposition != "ATTACHMENT" {
		t.Errorf("%+v", got)
	}
	wantWhole(t, m.Body.Text.Data, n)
	err = SendSES(t.Context(), cfg, &Mail{From: "nobody@example.com", To: []string{"a@example.com"}, SES: true}, letter)
	if err == nil || err.Error() != "MessageRejected: Email address is not verified." {
		t.Error(err)
	}
}
