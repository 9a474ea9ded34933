package awssim

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"time"
)

// Options are the settings of a server; only Estate must be set.
type Options struct {
	Addr        string // host:port on loopback, default 127.0.0.1:0, a free port
	Estate      *Estate
	Faults      []Fault
	Latency     time.Duration    // of every answer
	Quota       map[string]Quota // by operation, "*" for all others; an operation without one is not limited
	PageSize    int              // the most items a page, below AWS's own maxima; 0: AWS's
	SessionLife time.Duration    // of an assumed role's credentials, in whole seconds; 0: what the call asks, else an hour
	OnRequest   func(Request)    // called for each request, by several goroutines at once, before it is answered
}

// Request is one request that the server answered.
type Request struct {
	Account, Region, Service string // as the signature has them
	Operation                string // method and path for one that AWS does not have
	// of path, query and body; what is no string as JSON, several values of a query with commas between
	Params map[string]string
	Status int       // 0 when the client did not wait for the answer
	Error  string    // AWS's error code, or empty
	Fault  FaultKind // that was the cause, or empty
}

// Server is a running simulated AWS.
type Server struct {
	options Options
	routes  *http.ServeMux // of Outposts; only what a path matches is used
	byRoute map[string]operation
	usage   usage
	http    *http.Server
	url     string
	stop    context.CancelFunc
	done    chan error

	mu    sync.Mutex
	count uint64
}

// Start listens and serves until Close.
func Start(o Options) (*Server, error) {
	if o.Estate == nil {
		return nil, errors.New("start simulated AWS: no estate")
	}
	for _, f := range o.Faults {
		if err := f.check(); err != nil {
			return nil, fmt.Errorf("start simulated AWS: %w", err)
		}
	}
	if o.Addr == "" {
		o.Addr = "127.0.0.1:0"
	}
	if at, err := net.ResolveTCPAddr("tcp", o.Addr); err != nil {
		return nil, fmt.Errorf("start simulated AWS: %w", err)
	} else if !at.IP.IsLoopback() {
		return nil, fmt.Errorf("start simulated AWS: %s is not on loopback", o.Addr)
	}
	ctx, stop := context.WithCancel(context.Background())
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", o.Addr)
	if err != nil {
		stop()
		return nil, fmt.Errorf("start simulated AWS: %w", err)
	}
	s := &Server{
		options: o, routes: http.NewServeMux(), byRoute: outpostsOperations(),
		usage: usage{quotas: o.Quota, of: map[usageKey]*meter{}},
		url:   "http://" + listener.Addr().String(), stop: stop, done: make(chan error, 1),
	}
	for route := range s.byRoute {
		s.routes.HandleFunc(route, s.outposts)
	}
	s.routes.HandleFunc("/", s.outposts)
	s.http = &http.Server{
		Handler:           http.HandlerFunc(s.route),
		BaseContext:       func(net.Listener) context.Context { return ctx },
		ReadHeaderTimeout: time.Minute,
		ErrorLog:          log.New(io.Discard, "", 0), // a fault that cuts a connection is no news
	}
	go func() { s.done <- s.http.Serve(listener) }()
	return s, nil
}

// URL is where the server listens, for AWS_ENDPOINT_URL.
func (s *Server) URL() string { return s.url }

// Close ends the server at once, requests under way with it.
func (s *Server) Close() error {
	s.stop()
	err := s.http.Close()
	if served := <-s.done; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	s.done <- http.ErrServerClosed // for another Close
	return err
}

func (s *Server) record(r Request) {
	if s.options.OnRequest != nil {
		s.options.OnRequest(r)
	}
}

// requestID is a number in the form of a UUID.
func (s *Server) requestID() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count++
	return fmt.Sprintf("%08x-0000-4000-8000-%012x", s.count>>48, s.count)
}
