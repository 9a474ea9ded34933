package delivery

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"mime"
	"net"
	netmail "net/mail"
	"net/textproto"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"
	"github.com/wneessen/go-mail"
)

// Mail says who is told by mail, and by what: SMTP or SES, one of the two.
type Mail struct {
	From string   `yaml:"from" json:"from,omitempty"` // address of the sender
	To   []string `yaml:"to" json:"to,omitempty"`     // addresses, which see one another
	// smtp://user@host:587 with STARTTLS, smtps://user@host:465 with TLS, or without either on loopback; the user may be left out. The
	// password is in TENOR_SMTP_PASSWORD or smtp_secret
	SMTP       string `yaml:"smtp" json:"smtp,omitempty"`
	SMTPSecret string `yaml:"smtp_secret" json:"smtp_secret,omitempty"` // ARN of the secret that holds the password
	SES        bool   `yaml:"ses" json:"ses,omitempty"`                 // send by Amazon SES, in the region of the credentials
	// formats to attach, 7 MB at the most, which have the prices of contracts; empty: none
	Attach []string `yaml:"attach" json:"attach,omitempty"`

	Password string `yaml:"-" json:"-"` // of the user of SMTP, where there is no SMTPSecret
}

// MailProblem is a setting of Mail that cannot be.
type MailProblem struct{ Setting, Msg string }

// Problems finds the settings that cannot be, without showing an SMTP address: it may hold a password.
func (m *Mail) Problems() (ps []MailProblem) {
	bad := func(setting, msg string) { ps = append(ps, MailProblem{setting, msg}) }
	if err := checkAddress(m.From); err != nil {
		bad("from", err.Error())
	}
	if len(m.To) == 0 {
		bad("to", "missing: the addresses to send to")
	}
	for _, to := range m.To {
		if err := checkAddress(to); err != nil {
			bad("to", err.Error())
		}
	}
	if m.SES == (m.SMTP != "") {
		bad("smtp", "want smtp, such as smtp://user@mail.example.com:587, or ses: true")
	}
	user := ""
	if m.SMTP != "" {
		if u, err := parseSMTP(m.SMTP); err != nil {
			bad("smtp", err.Error())
		} else {
			user = u.User.Username()
		}
	}
	if m.SMTPSecret != "" {
		if err := CheckSecret(m.SMTPSecret); err != nil {
			bad("smtp_secret", err.Error())
		} else if user == "" {
			bad("smtp_secret", "is the password of no user: smtp names none, as smtp://user@mail.example.com does")
		}
	}
	return ps
}

// checkAddress accepts a bare address: a name beside it is for no one, and would have to be quoted.
func checkAddress(s string) error {
	if a, err := netmail.ParseAddress(s); err != nil || a.Address != s {
		return fmt.Errorf("%q is no address such as finance@example.com", s)
	}
	return nil
}

// parseSMTP reads the address of a server. The error shows none of it.
func parseSMTP(address string) (*url.URL, error) {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" || strings.ContainsAny(u.Hostname(), "[]") || u.Path+u.RawQuery+u.Fragment != "" ||
		u.Scheme != "smtp" && u.Scheme != "smtps" {
		return nil, errors.New("is no URL such as smtp://user@mail.example.com:587, or smtps:// where TLS comes before SMTP")
	}
	if _, has := u.User.Password(); has {
		return nil, errors.New("must not hold the password: put it into TENOR_SMTP_PASSWORD, or into the secret of smtp_secret")
	}
	return u, nil
}

// Name is what the delivery is called: the host that mail is given to, and no address.
func (m *Mail) Name() string {
	if m.SES {
		return "mail by SES"
	}
	u, err := parseSMTP(m.SMTP)
	if err != nil { // which Problems has refused
		return "mail"
	}
	return "mail by " + u.Hostname()
}

// mailMaxFiles bounds what a mail carries: as base64, with the text, below the 10 MB that many servers take.
const mailMaxFiles = 7_000_000

// Letter is a notice with the files that go with it.
type Letter struct {
	subject, text string
	files         []letterFile
}

type letterFile struct {
	name string
	body []byte
}

// NewLetter makes the mail of a notice. A file that cannot be read, or is more than mails carry, is left out: the mail and the error,
// beside which the letter is whole, say so.
func NewLetter(n Notice, files []File) (l Letter, err error) {
	l.subject, l.text = n.subject(), n.text(snsMaxText, plain)
	room := int64(mailMaxFiles)
	var left []error
	for _, f := range files {
		body, err := readWithin(f.Path, room)
		if err != nil {
			left = append(left, fmt.Errorf("sent without %s: %w", f.Name, err))
			l.text += "Not attached: " + f.Name + ": " + err.Error() + "\n"
			continue
		}
		room -= int64(len(body))
		l.files = append(l.files, letterFile{f.Name, body})
	}
	return l, errors.Join(left...)
}

// readWithin reads a file of at most limit bytes.
func readWithin(path string, limit int64) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() {
		return nil, errors.New("it was not written")
	}
	if info.Size() > limit {
		return nil, fmt.Errorf("it has %.1f MB, and a mail carries %d MB in all: take it from the run folder or from S3",
			float64(info.Size())/1e6, mailMaxFiles/1_000_000)
	}
	return os.ReadFile(path)
}

// SendSES sends a letter by Amazon SES, in the region of the config.
func SendSES(ctx context.Context, cfg aws.Config, m *Mail, l Letter) error {
	content := func(s string) *types.Content { return &types.Content{Data: &s, Charset: aws.String("UTF-8")} }
	message := &types.Message{
		Subject: content(mime.QEncoding.Encode("utf-8", l.subject)), Body: &types.Body{Text: content(l.text)},
	}
	for _, f := range l.files {
		message.Attachments = append(message.Attachments, types.Attachment{FileName: &f.name, RawContent: f.body,
			ContentType: contentType(f.name), ContentDisposition: types.AttachmentContentDispositionAttachment})
	}
	_, err := sesv2.NewFromConfig(cfg).SendEmail(ctx, &sesv2.SendEmailInput{
		FromEmailAddress: &m.From, Destination: &types.Destination{ToAddresses: m.To}, Content: &types.EmailContent{Simple: message},
	})
	return said(err)
}

// SendSMTP gives a letter to the server of m, where the user has the password. No error holds that, or anything that the server said but
// its code.
func SendSMTP(ctx context.Context, m *Mail, password string, l Letter) error {
	return (&postOffice{wait: sleep}).send(ctx, m, password, l)
}

// The errors of a login.
var (
	ErrNoPassword = errors.New("the user has no password: set TENOR_SMTP_PASSWORD, or output.mail.smtp_secret")
	ErrLogin      = errors.New("the server refused the user or the password")
)

// CheckSMTP opens a session with the server of SMTP and ends it, as SendSMTP would before a mail: greeting, TLS, user and password. No mail
// is sent, so whether the server takes the sender and the addresses stays open. Errors are those of SendSMTP.
func CheckSMTP(ctx context.Context, m *Mail, password string) error {
	return (&postOffice{}).check(ctx, m, password)
}

func (o *postOffice) check(ctx context.Context, m *Mail, password string) error {
	client, err := o.client(m, password)
	if err != nil {
		return err
	}
	session, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return noSession(err)
	}
	_ = client.CloseWithSMTPClient(session)
	return nil
}

// postOffice is the way to an SMTP server.
type postOffice struct {
	dial  mail.DialContextFunc // nil: the network
	roots *x509.CertPool       // nil: those of the machine
	wait  func(context.Context, time.Duration) error
}

// mailTimeout is for each step of an attempt: to connect, and to send.
const mailTimeout = 30 * time.Second

func (o *postOffice) send(ctx context.Context, m *Mail, password string, l Letter) error {
	client, err := o.client(m, password)
	if err != nil {
		return err
	}
	msg, err := l.message(m)
	if err != nil {
		return err
	}
	return attempts(ctx, o.wait, func() (time.Duration, error) {
		session, err := client.DialToSMTPClientWithContext(ctx)
		if err != nil {
			return pauseAfter(err), noSession(err)
		}
		err = client.SendWithSMTPClient(session, msg)
		_ = client.CloseWithSMTPClient(session) // what was taken is taken
		if sent, ok := errors.AsType[*mail.SendError](err); ok {
			return pauseAfter(err), unsent(sent)
		}
		return -1, err
	})
}

func (o *postOffice) client(m *Mail, password string) (*mail.Client, error) {
	u, err := parseSMTP(m.SMTP)
	if err != nil {
		return nil, err
	}
	host, port := u.Hostname(), 587
	options := []mail.Option{mail.WithTimeout(mailTimeout), mail.WithTLSConfig(&tls.Config{
		ServerName: host, RootCAs: o.roots, MinVersion: tls.VersionTLS12})}
	switch {
	case u.Scheme == "smtps":
		port = 465
		options = append(options, mail.WithSSL())
	case isLoopback(host):
		options = append(options, mail.WithTLSPolicy(mail.NoTLS))
	default:
		options = append(options, mail.WithTLSPolicy(mail.TLSMandatory))
	}
	if u.Port() != "" {
		if port, err = strconv.Atoi(u.Port()); err != nil {
			return nil, errors.New("the port is no number")
		}
	}
	if user := u.User.Username(); user != "" {
		if password == "" {
			return nil, ErrNoPassword
		}
		options = append(options, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(user), mail.WithPassword(password))
	}
	if o.dial != nil {
		options = append(options, mail.WithDialContextFunc(o.dial))
	}
	if strings.Contains(host, ":") { // an address of IPv6, to which go-mail adds the port as it stands
		host = "[" + host + "]"
	}
	client, err := mail.NewClient(host, append(options, mail.WithPort(port))...)
	if err != nil {
		return nil, errors.New("the settings of SMTP are not valid: see output.mail.smtp")
	}
	return client, nil
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// message is the letter as MIME.
func (l Letter) message(m *Mail) (*mail.Msg, error) {
	msg := mail.NewMsg(mail.WithNoDefaultUserAgent())
	if err := errors.Join(msg.From(m.From), msg.To(m.To...)); err != nil {
		return nil, err
	}
	msg.Subject(l.subject)
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: nobody's absence is to answer
	msg.SetBodyString(mail.TypeTextPlain, l.text)
	for _, f := range l.files {
		msg.AttachReadSeeker(f.name, bytes.NewReader(f.body), mail.WithFileContentType(mail.ContentType(*contentType(f.name))))
	}
	return msg, nil
}

// pauseAfter is 0 where another attempt may end otherwise: the server said so (4xx), or was not reached.
func pauseAfter(err error) time.Duration {
	if sent, ok := errors.AsType[*mail.SendError](err); ok && sent.IsTemp() {
		return 0
	}
	if _, ok := errors.AsType[*net.OpError](err); ok {
		return 0
	}
	if said, ok := errors.AsType[*textproto.Error](err); ok && said.Code/100 == 4 {
		return 0
	}
	return -1
}

// noSession says in words of our own why no mail could be given to a server.
func noSession(err error) error {
	if said, ok := errors.AsType[*textproto.Error](err); ok {
		if slices.Contains([]int{530, 534, 535, 538}, said.Code) {
			return fmt.Errorf("%w (%d)", ErrLogin, said.Code)
		}
		return fmt.Errorf("the server refused the session (%d)", said.Code)
	}
	return unanswered(err, "no session of SMTP: the server has to know STARTTLS (or TLS, with smtps) and, for a user, AUTH")
}

// unsent says in words of our own at which step a server refused a mail.
func unsent(err *mail.SendError) error {
	if err.ErrorCode() == 0 {
		return errors.New("the connection ended before the mail was taken")
	}
	step := map[mail.SendErrReason]string{mail.ErrSMTPMailFrom: "the sender", mail.ErrSMTPRcptTo: "a recipient"}[err.Reason]
	return fmt.Errorf("the server refused %s (%s)", cmp.Or(step, "the mail"),
		strings.TrimSpace(fmt.Sprint(err.ErrorCode(), " ", err.EnhancedStatusCode())))
}
