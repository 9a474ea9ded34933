package s3sim

import (
	"cmp"
	"crypto/md5" //nolint:gosec // what an ETag is made of
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Options are the settings of a server.
type Options struct {
	Buckets  []Bucket
	Now      func() time.Time // of Date and Last-Modified; nil: time.Now
	PageSize int              // the most keys a page; 0: 1000
	// Before is called for each request before it is answered, by several goroutines at once. A Refusal is the answer; nil
	// goes on.
	Before func(Request) *Refusal
}

// Bucket is a bucket that exists.
type Bucket struct {
	Name, Region, Owner string
	Keys                map[string]KeyState // KMS keys by the name that requests give; a key that is not here does not exist
}

// KeyState says what a KMS key does when an object is to be encrypted with it.
type KeyState string

// The states of a key.
const (
	KeyEnabled  KeyState = "enabled"
	KeyDisabled KeyState = "disabled"
	KeyDenied   KeyState = "denied" // its policy does not let the caller use it
)

// Request is one request.
type Request struct {
	Operation   string // PutObject, GetObject, HeadObject or ListObjectsV2; method and path for another
	Bucket, Key string
	Header      http.Header
	Status      int    // of the answer; 0 in Before
	Error       string // S3's code, or empty
}

// Object is one that is stored.
type Object struct {
	Body         []byte
	ETag         string // with its quotes
	SHA256       string // base64, when the request had it
	ContentType  string
	KMSKey       string // empty: encrypted by the bucket's default
	LastModified time.Time
}

// Refusal is an error answer.
type Refusal struct {
	Status        int
	Code, Message string
	region        string
}

// Server is a running simulated S3.
type Server struct {
	options Options
	http    *httptest.Server

	mu       sync.Mutex
	objects  map[string]map[string]Object // bucket → key
	requests []Request
}

// Start listens on a free port of loopback and serves until Close.
func Start(o Options) *Server {
	if o.Now == nil {
		o.Now = time.Now
	}
	s := &Server{options: o, objects: map[string]map[string]Object{}}
	for _, b := range o.Buckets {
		s.objects[b.Name] = map[string]Object{}
	}
	s.http = httptest.NewServer(http.HandlerFunc(s.serve))
	return s
}

// URL is where the server listens, for AWS_ENDPOINT_URL_S3.
func (s *Server) URL() string { return s.http.URL }

// Close ends the server.
func (s *Server) Close() {
	s.http.CloseClientConnections()
	s.http.Close()
}

// Requests returns every request in the order of its answer.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// Objects returns a copy of a bucket, by key.
func (s *Server) Objects(bucket string) map[string]Object {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.objects[bucket])
}

// Store puts an object in place as another client would.
func (s *Server) Store(bucket, key string, body []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.objects[bucket][key] = s.object(body, http.Header{})
}

// Remove takes an object away as another client would.
func (s *Server) Remove(bucket, key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.objects[bucket], key)
}

func (s *Server) object(body []byte, h http.Header) Object {
	sum := md5.Sum(body) //nolint:gosec // see the import
	return Object{
		Body: body, ETag: `"` + hex.EncodeToString(sum[:]) + `"`, SHA256: h.Get("X-Amz-Checksum-Sha256"), ContentType: h.Get("Content-Type"),
		KMSKey: h.Get("X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id"), LastModified: s.options.Now().UTC().Truncate(time.Second),
	}
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	bucket, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	req := Request{Operation: operationOf(r, key), Bucket: bucket, Key: key, Header: r.Header.Clone()}
	w.Header().Set("X-Amz-Request-Id", "0123456789ABCDEF")
	w.Header().Set("Date", s.options.Now().UTC().Format(http.TimeFormat))
	body, refusal := s.answer(w, r, req)
	req.Status = http.StatusOK
	if refusal != nil {
		req.Status, req.Error = refusal.Status, refusal.Code
	}
	s.mu.Lock()
	s.requests = append(s.requests, req)
	s.mu.Unlock()
	if refusal != nil {
		if refusal.region != "" {
			w.Header().Set("X-Amz-Bucket-Region", refusal.region)
		}
		w.Header().Set("Content-Type", "application/xml")
		body = refusal.xml()
	}
	w.WriteHeader(req.Status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // a client that went away
	}
}

func refuse(status int, code, message string) *Refusal {
	return &Refusal{Status: status, Code: code, Message: message}
}

func operationOf(r *http.Request, key string) string {
	switch {
	case r.Method == http.MethodGet && key == "" && r.URL.Query().Get("list-type") == "2":
		return "ListObjectsV2"
	case r.Method == http.MethodPut && key != "":
		return "PutObject"
	case r.Method == http.MethodGet && key != "":
		return "GetObject"
	case r.Method == http.MethodHead && key != "":
		return "HeadObject"
	}
	return r.Method + " " + r.URL.Path
}

func (s *Server) answer(w http.ResponseWriter, r *http.Request, req Request) ([]byte, *Refusal) {
	if s.options.Before != nil {
		if refusal := s.options.Before(req); refusal != nil {
			return nil, refusal
		}
	}
	b, refusal := s.bucket(r, req)
	if refusal != nil {
		return nil, refusal
	}
	switch req.Operation {
	case "PutObject":
		return nil, s.put(w, r, b, req.Key)
	case "GetObject", "HeadObject":
		return s.get(w, r, req)
	case "ListObjectsV2":
		return s.list(r, req.Bucket)
	}
	return nil, refuse(http.StatusNotImplemented, "NotImplemented", "A header you provided implies functionality that is not implemented")
}

// bucket finds the bucket of a request that may reach it.
func (s *Server) bucket(r *http.Request, req Request) (Bucket, *Refusal) {
	auth := r.Header.Get("Authorization")
	if !strings.HasPrefix(auth, "AWS4-HMAC-SHA256 Credential=") {
		return Bucket{}, refuse(http.StatusForbidden, "AccessDenied", "Access Denied")
	}
	i := slices.IndexFunc(s.options.Buckets, func(b Bucket) bool { return b.Name == req.Bucket })
	if i < 0 {
		return Bucket{}, refuse(http.StatusNotFound, "NoSuchBucket", "The specified bucket does not exist")
	}
	b := s.options.Buckets[i]
	if !strings.Contains(auth, "/"+b.Region+"/s3/aws4_request") {
		return b, &Refusal{Status: http.StatusMovedPermanently, Code: "PermanentRedirect", region: b.Region,
			Message: "The bucket you are attempting to access must be addressed using the specified endpoint. " +
				"Please send all future requests to this endpoint."}
	}
	if want := r.Header.Get("X-Amz-Expected-Bucket-Owner"); want != "" && want != b.Owner {
		return b, refuse(http.StatusForbidden, "AccessDenied", "Access Denied")
	}
	return b, nil
}

func (s *Server) put(w http.ResponseWriter, r *http.Request, b Bucket, key string) *Refusal {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return refuse(http.StatusBadRequest, "IncompleteBody", err.Error())
	}
	if refusal := verify(r.Header, body); refusal != nil {
		return refusal
	}
	if refusal := b.encrypt(r.Header); refusal != nil {
		return refusal
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	have, exists := s.objects[b.Name][key]
	failed := refuse(http.StatusPreconditionFailed, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold")
	switch match := r.Header.Get("If-Match"); {
	case r.Header.Get("If-None-Match") == "*" && exists:
		return failed
	case match != "" && !exists:
		return refuse(http.StatusNotFound, "NoSuchKey", "The specified key does not exist.")
	case match != "" && match != have.ETag:
		return failed
	}
	o := s.object(body, r.Header)
	s.objects[b.Name][key] = o
	w.Header().Set("ETag", o.ETag)
	w.Header().Set("X-Amz-Checksum-Sha256", o.SHA256)
	return nil
}

// verify holds the body against the hashes that came with it.
func verify(h http.Header, body []byte) *Refusal {
	sum := sha256.Sum256(body)
	payload := h.Get("X-Amz-Content-Sha256")
	if strings.HasPrefix(payload, "STREAMING-") {
		return refuse(http.StatusNotImplemented, "NotImplemented", "chunked uploads are not simulated")
	}
	if payload != "UNSIGNED-PAYLOAD" && payload != hex.EncodeToString(sum[:]) {
		return refuse(http.StatusBadRequest, "XAmzContentSHA256Mismatch",
			"The provided 'x-amz-content-sha256' header does not match what was computed.")
	}
	if want := h.Get("X-Amz-Checksum-Sha256"); want != "" && want != base64.StdEncoding.EncodeToString(sum[:]) {
		return refuse(http.StatusBadRequest, "BadDigest", "The SHA256 you specified did not match the calculated checksum.")
	}
	return nil
}

func (b Bucket) encrypt(h http.Header) *Refusal {
	key := h.Get("X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id")
	if key == "" {
		return nil
	}
	switch b.Keys[key] {
	case KeyEnabled:
		return nil
	case KeyDisabled:
		return refuse(http.StatusBadRequest, "KMS.DisabledException", key+" is disabled.")
	case KeyDenied:
		return refuse(http.StatusForbidden, "AccessDenied", "User is not authorized to perform: kms:GenerateDataKey on resource: "+key+
			" because no identity-based policy allows the kms:GenerateDataKey action")
	}
	return refuse(http.StatusBadRequest, "KMS.NotFoundException", "Key '"+key+"' does not exist")
}

func (s *Server) get(w http.ResponseWriter, r *http.Request, req Request) ([]byte, *Refusal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o, ok := s.objects[req.Bucket][req.Key]
	if !ok {
		return nil, refuse(http.StatusNotFound, "NoSuchKey", "The specified key does not exist.")
	}
	w.Header().Set("ETag", o.ETag)
	w.Header().Set("Last-Modified", o.LastModified.Format(http.TimeFormat))
	w.Header().Set("Content-Type", o.ContentType)
	if match := r.Header.Get("If-Match"); match != "" && match != o.ETag {
		return nil, refuse(http.StatusPreconditionFailed, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold")
	}
	if part := r.Header.Get("Range"); part != "" {
		from, to, ok := rangeOf(part, len(o.Body))
		if !ok {
			return nil, refuse(http.StatusRequestedRangeNotSatisfiable, "InvalidRange", "The requested range is not satisfiable")
		}
		w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, to-1, len(o.Body)))
		w.Header().Set("Content-Length", strconv.Itoa(to-from))
		return o.Body[from:to], nil
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(o.Body)))
	if r.Header.Get("X-Amz-Checksum-Mode") == "ENABLED" && o.SHA256 != "" {
		w.Header().Set("X-Amz-Checksum-Sha256", o.SHA256)
	}
	return o.Body, nil
}

// rangeOf reads a Range of one part, of an object so many bytes long: bytes=from-to or bytes=-last. The end is behind the part.
func rangeOf(header string, size int) (from, end int, ok bool) {
	first, last, found := strings.Cut(strings.TrimPrefix(header, "bytes="), "-")
	a, aerr := strconv.Atoi(first)
	b, berr := strconv.Atoi(last)
	switch {
	case !found || berr != nil:
		return 0, 0, false
	case first == "":
		return max(0, size-b), size, size > 0 && b > 0
	}
	return a, min(b+1, size), aerr == nil && a < size && b >= a
}

func (s *Server) list(r *http.Request, bucket string) ([]byte, *Refusal) {
	q := r.URL.Query()
	s.mu.Lock()
	defer s.mu.Unlock()
	var keys []string
	for k := range s.objects[bucket] {
		if strings.HasPrefix(k, q.Get("prefix")) && k > q.Get("continuation-token") {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	type content struct{ Key string }
	out := struct {
		XMLName               xml.Name `xml:"ListBucketResult"`
		Name, Prefix          string
		KeyCount              int
		IsTruncated           bool
		NextContinuationToken string `xml:",omitempty"`
		Contents              []content
	}{Name: bucket, Prefix: q.Get("prefix")}
	if size := cmp.Or(s.options.PageSize, 1000); len(keys) > size {
		keys = keys[:size]
		out.IsTruncated, out.NextContinuationToken = true, keys[len(keys)-1]
	}
	for _, k := range keys {
		out.Contents = append(out.Contents, content{k})
	}
	out.KeyCount = len(keys)
	body, err := xml.Marshal(out)
	if err != nil {
		return nil, refuse(http.StatusInternalServerError, "InternalError", err.Error())
	}
	return body, nil
}

func (r *Refusal) xml() []byte {
	body, err := xml.Marshal(struct {
		XMLName                  xml.Name `xml:"Error"`
		Code, Message, RequestId string   //nolint:revive,staticcheck // S3's own name
	}{Code: r.Code, Message: r.Message, RequestId: "0123456789ABCDEF"})
	if err != nil {
		return []byte("<Error><Code>InternalError</Code></Error>")
	}
	return body
}
