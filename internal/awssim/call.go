package awssim

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// operation is one API of a service. Without run it is not simulated, and denied.
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
	query                    url.Values          // of the URL for Outposts, of the body for services of the query protocol
	body                     []byte
	form                     bool // the body is one, as in the query protocol
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
	if s.options.Estate.Bill != nil && strings.Contains(r.Header.Get("Authorization"), "/s3/aws4_request") {
		s.s3(w, r)
		return
	}
	s.serve(w, r, func(c *call) error {
		prefix, name, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
		switch {
		case c.service == "account" && r.Method == http.MethodPost && r.URL.Path == "/listRegions":
			name = "ListRegions"
		case c.form:
			var err error
			if c.query, err = url.ParseQuery(string(c.body)); err != nil {
				return c.invalid("%v", err)
			}
			if name = c.query.Get("Action"); namespaces[c.service] == "" { // which are simulated in JSON, if at all
				c.operation.name = name
				return nil
			}
		case prefix != targetPrefixes[c.service]:
			return nil
		}
		if c.operation = operations[c.service+":"+name]; c.operation.name == "" {
			c.operation.name = name
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
	c := &call{estate: o.Estate, pageCap: o.PageSize, sessionLife: o.SessionLife, requestID: s.requestID(),
		form: strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded")}
	body, err := s.answer(c, w, r, find)
	record := Request{Account: c.account, Region: c.region, Service: c.service, Operation: c.operation.name, Params: c.params(r),
		Status: http.StatusOK, Fault: c.fault.Kind}
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
		if known.status == http.StatusTemporaryRedirect {
			w.Header().Set("Location", s.url+"/elsewhere")
		}
		if known.status == 0 {
			record.Status = http.StatusBadRequest
		}
		body = c.errorBody(known)
		switch {
		case c.speaksXML():
		case c.service == "monitoring": // which spoke the query protocol before, and says what it called the error then
			w.Header().Set("X-Amzn-Query-Error", known.code+";"+kindOf(record.Status))
		default:
			w.Header().Set("X-Amzn-ErrorType", known.code)
		}
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
	ofScope, _ := s.usage.take(usageKey{c.account, c.region, ""}, time.Now())
	for _, f := range s.options.Faults {
		n := nth
		if f.Kind == FaultRefusedToken {
			n = ofScope
		}
		if f.covers(c.account, c.region, c.operation.name, n) {
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
	regional := c.service == "outposts" || c.service == "servicecatalog" || c.service == "cloudformation" || c.service == "monitoring"
	if regional && !c.estate.enabled(c.account, c.region) {
		return nil, c.notEnabled()
	}
	return c.run()
}

func (c *call) run() ([]byte, error) {
	if c.operation.run == nil {
		return nil, c.notAllowed()
	}
	out, err := c.operation.run(c)
	if err != nil {
		return nil, err
	}
	if c.fault.Kind == FaultMissingList {
		out = out.without(c.operation.payload)
	}
	if c.speaksXML() {
		return c.spoil(c.xml(out)), nil
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
