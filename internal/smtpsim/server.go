// Package smtpsim is an SMTP server on loopback, for the tests: it keeps the mail it gets. Start one with Start; it knows STARTTLS, TLS
// and AUTH PLAIN, refuses mail from who has not said who he is where a user is set, and answers as Options say. It imports nothing of ours.
package smtpsim

import (
	"bufio"
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"fmt"
	"math/big"
	"net"
	"net/textproto"
	"strings"
	"sync"
	"time"
)

// Options say how a server answers.
type Options struct {
	Name     string              // of its certificate; empty: 127.0.0.1
	STARTTLS bool                // offered
	TLS      bool                // from the first byte
	User     string              // that has to be said, with Password; empty: anyone may send
	Password string              //
	Answers  map[string][]string // by verb, such as RCPT: what to say first in place of its own answer, one each time
}

// Message is a mail that was taken.
type Message struct {
	From string
	To   []string
	TLS  bool   // it came encrypted
	Data []byte // headers and body, with lines that end in CRLF
}

// Server is one that is listening.
type Server struct {
	options  Options
	listener net.Listener
	cert     tls.Certificate
	roots    *x509.CertPool

	mu    sync.Mutex
	taken []Message
}

// Start starts a server on a port of loopback.
func Start(o Options) (*Server, error) {
	s := &Server{options: o}
	var err error
	if s.cert, s.roots, err = certificate(o.Name); err != nil {
		return nil, err
	}
	if s.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		return nil, err
	}
	if o.TLS {
		s.listener = tls.NewListener(s.listener, s.config())
	}
	go s.accept()
	return s, nil
}

// Addr is its host and port.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// Roots trust its certificate.
func (s *Server) Roots() *x509.CertPool { return s.roots }

// Messages returns what it took, in order.
func (s *Server) Messages() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Message(nil), s.taken...)
}

// Close stops it.
func (s *Server) Close() error { return s.listener.Close() }

func (s *Server) config() *tls.Config {
	return &tls.Config{Certificates: []tls.Certificate{s.cert}, MinVersion: tls.VersionTLS12}
}

func certificate(name string) (tls.Certificate, *x509.CertPool, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "smtpsim"}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	if c.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1)}; name != "" {
		c.IPAddresses, c.DNSNames = nil, []string{name}
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	roots := x509.NewCertPool()
	roots.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, roots, nil
}

func (s *Server) accept() {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return
		}
		go s.serve(conn)
	}
}

// answer takes the next of the answers to a verb, empty when there is none.
func (s *Server) answer(verb string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := s.options.Answers[verb]
	if len(list) == 0 {
		return ""
	}
	s.options.Answers[verb] = list[1:]
	return list[0]
}

// serve speaks with one client until it ends.
func (s *Server) serve(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(time.Minute))
	encrypted, known := s.options.TLS, s.options.User == ""
	var m Message
	say := func(line string) { _, _ = fmt.Fprint(conn, line, "\r\n") }
	say("220 smtpsim ESMTP")
	in := textproto.NewReader(bufio.NewReader(conn))
	for {
		line, err := in.ReadLine()
		if err != nil {
			return
		}
		verb, rest, _ := strings.Cut(line, " ")
		verb = strings.ToUpper(verb)
		if said := s.answer(verb); said != "" {
			say(said)
			continue
		}
		switch verb {
		case "EHLO":
			say(s.greeting(encrypted))
		case "STARTTLS":
			say("220 go ahead")
			secure := tls.Server(conn, s.config())
			if secure.Handshake() != nil {
				return
			}
			conn, encrypted = secure, true
			in = textproto.NewReader(bufio.NewReader(conn))
		case "AUTH":
			want := base64.StdEncoding.EncodeToString([]byte("\x00" + s.options.User + "\x00" + s.options.Password))
			if known = rest == "PLAIN "+want; known {
				say("235 welcome")
			} else {
				say("535 5.7.8 no: " + rest) // which a careless client would show
			}
		case "MAIL":
			if m = (Message{From: address(rest), TLS: encrypted}); known {
				say("250 ok")
			} else {
				say("530 5.7.0 who are you?")
			}
		case "RCPT":
			m.To = append(m.To, address(rest))
			say("250 ok")
		case "DATA":
			say("354 go ahead")
			body, err := in.ReadDotBytes()
			if err != nil {
				return
			}
			m.Data = bytes.ReplaceAll(body, []byte("\n"), []byte("\r\n"))
			s.mu.Lock()
			s.taken = append(s.taken, m)
			s.mu.Unlock()
			say("250 taken")
		case "QUIT":
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}

func (s *Server) greeting(encrypted bool) string {
	lines := []string{"smtpsim", "ENHANCEDSTATUSCODES", "8BITMIME"}
	if s.options.STARTTLS && !encrypted {
		lines = append(lines, "STARTTLS")
	}
	if s.options.User != "" && encrypted {
		lines = append(lines, "AUTH PLAIN")
	}
	return "250-" + strings.Join(lines[:len(lines)-1], "\r\n250-") + "\r\n250 " + lines[len(lines)-1]
}

// address is what stands between the angle brackets.
func address(s string) string {
	_, s, _ = strings.Cut(s, "<")
	s, _, _ = strings.Cut(s, ">")
	return s
}
