package awssim

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Options are the settings of a server; only Estate must be set.
type Options struct {
	Addr        string // host:port, default 127.0.0.1:0, a free port
	Estate      *Estate
	Faults      []Fault
	Latency     time.Duration    // of every answer
	Quota       map[string]Quota // by operation, "*" for all others; an operation without one is not limited
	PageSize    int              // the most items a page, below AWS's own maxima; 0: AWS's
	SessionLife time.Duration    // of an assumed role's credentials, in whole seconds; 0: what the call asks, else an hour
	KeepLast    int              // how many requests Requests holds; 0: 10,000, negative: none
	OnRequest   func(Request)    // called for each request, by several goroutines at once, before it is answered
}

// Request is one request that the server answered.
type Request struct {
	Account, Region, Service string            // as the signature has them
	Operation                string            // method and path for one that AWS does not have
	Params                   map[string]string // of path, query and body; what is no string as JSON, several values of a query with commas between
	Status                   int               // 0 when the client did not wait for the answer
	Error                    string            // AWS's error code, or empty
	Fault                    FaultKind         // that was the cause, or empty
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

	mu       sync.Mutex
	requests []Request // a ring once it is full
	next     int
	count    uint64
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
	if o.KeepLast == 0 {
		o.KeepLast = 10_000
	}
	listener, err := net.Listen("tcp", o.Addr)
	if err != nil {
		return nil, fmt.Errorf("start simulated AWS: %w", err)
	}
	ctx, stop := context.WithCancel(context.Background())
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

// Requests returns the latest requests in the order of their answers.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Concat(s.requests[s.next:], s.requests[:s.next])
}

func (s *Server) record(r Request) {
	if s.options.OnRequest != nil {
		s.options.OnRequest(r)
	}
	if s.options.KeepLast < 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.requests) < s.options.KeepLast {
		s.requests = append(s.requests, r)
		return
	}
	s.requests[s.next] = r
	s.next = (s.next + 1) % len(s.requests)
}

// operation is one API of a service. Without run it is not simulated, and denied. STS has its own way to run.
type operation struct {
	name    string
	payload string // the member of the answer that the call is made for
	run     func(*call) (reply, error)
}

// call is one request.
type call struct {
	estate                   *Estate
	account, region, service string
	session                  session // zero for an account's own user
	operation                operation
	scope                    *scope
	path                     func(string) string // the path's parameters, of Outposts
	query                    url.Values          // of the URL for Outposts, of the body for STS
	body                     []byte
	fault                    Fault
	requestID                string
	pageCap                  int
	sessionLife              time.Duration
}

const maxBody = 1 << 20

// route hands a request on to the service that its signature names.
func (s *Server) route(w http.ResponseWriter, r *http.Request) {
	if strings.Contains(r.Header.Get("Authorization"), "/outposts/aws4_request") {
		s.routes.ServeHTTP(w, r)
		return
	}
	s.serve(w, r, func(c *call) error {
		prefix, name, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
		switch {
		case c.service == "servicecatalog" && prefix == "AWS242ServiceCatalogService":
			c.operation = serviceCatalogOperation(name)
		case c.service == "organizations" && prefix == "AWSOrganizationsV20161128":
			c.operation = organizationsOperation(name)
		case c.service == "sts":
			var err error
			if c.query, err = url.ParseQuery(string(c.body)); err != nil {
				return c.invalid("%v", err)
			}
			c.operation = stsOperation(c.query.Get("Action"))
		}
		return nil
	})
}

func (s *Server) outposts(w http.ResponseWriter, r *http.Request) {
	s.serve(w, r, func(c *call) error {
		c.operation = s.byRoute[r.Pattern]
		c.path, c.query = r.PathValue, r.URL.Query()
		return nil
	})
}

// serve answers one request, of which find says what operation it is.
func (s *Server) serve(w http.ResponseWriter, r *http.Request, find func(*call) error) {
	o := &s.options
	c := &call{estate: o.Estate, pageCap: o.PageSize, sessionLife: o.SessionLife, requestID: s.requestID()}
	body, err := s.answer(c, w, r, find)
	record := Request{Account: c.account, Region: c.region, Service: c.service, Operation: c.operation.name, Params: c.params(r), Status: http.StatusOK, Fault: c.fault.Kind}
	if r.Context().Err() != nil {
		record.Status = 0
		s.record(record)
		panic(http.ErrAbortHandler)
	}
	var known *apiError
	if err != nil {
		if !errors.As(err, &known) {
			known = &apiError{http.StatusInternalServerError, "InternalFailure", err.Error()}
		}
		record.Error, record.Status = known.code, known.status
		if known.status == 0 {
			record.Status = http.StatusBadRequest
		}
		if body, err = c.errorBody(known); err != nil {
			panic(err) // which ends the connection
		}
		w.Header().Set("X-Amzn-ErrorType", known.code)
	}
	s.record(record)
	w.Header().Set("Content-Type", c.contentType())
	w.Header().Set("X-Amzn-RequestId", c.requestID)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(record.Status)
	if c.fault.Kind == FaultCutOff {
		body = body[:len(body)/2]
	}
	_, err = w.Write(body)
	if c.fault.Kind == FaultCutOff {
		err = errors.Join(err, http.NewResponseController(w).Flush(), errCutOff)
	}
	if err != nil {
		panic(http.ErrAbortHandler) // which closes the connection
	}
}

var errCutOff = errors.New("cut off")

// answer makes the body of a good answer.
func (s *Server) answer(c *call, w http.ResponseWriter, r *http.Request, find func(*call) error) ([]byte, error) {
	var err error
	if c.body, err = io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody)); err != nil {
		return nil, &apiError{http.StatusRequestEntityTooLarge, "RequestEntityTooLargeException", err.Error()}
	}
	if err := c.identify(r); err != nil {
		return nil, err
	}
	if err := find(c); err != nil {
		return nil, err
	}
	if c.operation.name == "" {
		c.operation.name = r.Method + " " + r.URL.Path
	}
	c.scope = c.estate.scope(c.account, c.region)
	nth, allowed := s.usage.take(usageKey{c.account, c.region, c.operation.name}, time.Now())
	for _, f := range s.options.Faults {
		if f.covers(c.account, c.region, c.operation.name, nth) {
			c.fault = f
			break
		}
	}
	if err := wait(r.Context(), s.options.Latency+c.fault.Delay); err != nil {
		return nil, err
	}
	if !allowed {
		return nil, c.throttled()
	}
	if err := c.refusal(); err != nil {
		return nil, err
	}
	regional := c.service == "outposts" || c.service == "servicecatalog"
	if regional && !c.estate.enabled(c.region) {
		return nil, c.notEnabled()
	}
	return c.run()
}

func (c *call) run() ([]byte, error) {
	switch {
	case c.operation.payload == "":
		return nil, c.notAllowed()
	case c.service == "sts" && c.fault.Kind == FaultMissingList:
		return []byte("<" + c.operation.name + "Response/>"), nil
	case c.service == "sts":
		body, err := c.sts()
		if err != nil {
			return nil, err
		}
		return c.spoil(body), nil
	}
	out, err := c.operation.run(c)
	if err != nil {
		return nil, err
	}
	if c.fault.Kind == FaultMissingList {
		out = out.without(c.operation.payload)
	}
	return c.spoil(out.encode()), nil
}

func wait(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// params collects what the request asked, for the record.
func (c *call) params(r *http.Request) map[string]string {
	p := map[string]string{}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(c.body, &members); err == nil {
		for name, raw := range members {
			var s string
			if json.Unmarshal(raw, &s) != nil {
				s = string(raw)
			}
			p[name] = s
		}
	}
	for name, values := range c.query {
		p[name] = strings.Join(values, ",")
	}
	if c.path != nil {
		for _, part := range strings.Split(r.Pattern, "/") {
			if name, ok := strings.CutPrefix(part, "{"); ok {
				p[strings.TrimSuffix(name, "}")] = c.path(strings.TrimSuffix(name, "}"))
			}
		}
	}
	return p
}

// requestID is a number in the form of a UUID.
func (s *Server) requestID() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count++
	return fmt.Sprintf("%08x-0000-4000-8000-%012x", s.count>>48, s.count)
}

func sortedKeys[V any](m map[string]V) []string {
	return slices.Sorted(maps.Keys(m))
}
