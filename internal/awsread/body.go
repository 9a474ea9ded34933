package awsread

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/go-json-experiment/json/jsontext"
)

// wanted is a call's wish for the body of its answer.
type wanted struct {
	check  func(body []byte) error           // of the page of a list; nil: of no list
	decode func(body []byte) ([]byte, error) // makes JSON without white space of one that is none; nil: it is JSON
	large  bool                              // it may be as long as the page of a list, and keeps its place in memory until release
	body   []byte
	free   func() // gives the body's place in memory back; nil: it has none
}

func (w *wanted) release() {
	if w.free != nil {
		w.free()
		w.free = nil
	}
}

type bodyKey struct{}

// Raw calls an operation of a client and returns the body of its answer: one JSON object, valid and without white space.
// The typed answer of the SDK stays empty, which is what keeps prices exact and pages cheap: see Gate.body.
func Raw[In, Out, Opt any](ctx context.Context, call func(context.Context, *In, ...func(*Opt)) (*Out, error), in *In) ([]byte, error) {
	w, ok := ctx.Value(bodyKey{}).(*wanted)
	if !ok {
		w = &wanted{}
		ctx = context.WithValue(ctx, bodyKey{}, w)
		defer w.release()
	}
	if _, err := call(ctx, in); err != nil {
		return nil, err
	}
	return w.body, nil
}

// body is a step between the wire and the SDK's deserializer. It bounds every body, and takes that of a successful answer for
// Raw, leaving the deserializer an empty one. Being inside the retry loop, it makes a body that is cut off, or a page without
// its list, an attempt that failed.
func (g *Gate) body(
	ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler,
) (middleware.DeserializeOutput, middleware.Metadata, error) {
	out, metadata, err := next.HandleDeserialize(ctx, in)
	resp, ok := out.RawResponse.(*smithyhttp.Response)
	if err != nil || !ok {
		return out, metadata, err
	}
	w, _ := ctx.Value(bodyKey{}).(*wanted)
	if middleware.GetServiceID(ctx) == AssumeRole.sdkID {
		w = nil // credentials, which are asked for in the context of the call that needs them
	}
	failed := resp.StatusCode < 200 || resp.StatusCode >= 300
	switch {
	case resp.StatusCode >= 300 && resp.StatusCode < 400: // the signed request, with its session token, would go to whoever is named
		to := cmp.Or(hostOf(resp.Header.Get("Location")), "nowhere")
		err := fmt.Errorf("status %d: a redirect to %s, which is not followed", resp.StatusCode, to)
		err = errors.Join(err, resp.Body.Close())
		resp.Body = http.NoBody
		return out, metadata, err
	case failed, w == nil:
		b, _, err := g.read(ctx, resp, g.pacing.Small, false)
		switch {
		case err != nil && failed:
			err = Malformed("status %d: %s", resp.StatusCode, MessageOf(err))
		case err == nil && !failed && len(bytes.TrimSpace(b)) == 0:
			err = Malformed("the body is empty") // of which the SDK makes an answer without members
		}
		resp.Body = io.NopCloser(bytes.NewReader(b))
		return out, metadata, err
	}
	limit, nothing := g.pacing.Detail, "{}"
	switch {
	case w.decode != nil: // XML, which takes more bytes to say as much
		limit, nothing = 2*limit, ""
	case w.large:
		limit = g.pacing.Page
	}
	b, free, err := g.read(ctx, resp, limit, w.large)
	switch {
	case err != nil:
	case w.decode != nil:
		b, err = w.decode(b)
	default:
		b, err = compact(b)
	}
	if err == nil && w.check != nil {
		err = w.check(b)
	}
	if err != nil {
		free()
		return out, metadata, err
	}
	w.body, w.free = b, free
	resp.Body = io.NopCloser(strings.NewReader(nothing))
	return out, metadata, nil
}

// hostOf returns the scheme and host of a URL, and nothing else of it.
func hostOf(location string) string {
	u, err := url.Parse(location)
	if err != nil || u.Host == "" {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

// What pages may take of the memory: one of up to smallBody is not counted, and the others share memoryBudget. Whoever works on a
// page waits for no place, so that each gives its own back.
const (
	smallBody    = 1 << 20
	memoryBudget = 128 << 20
)

// read reads a body of at most limit bytes and closes it. A counted one that is longer than smallBody waits for its place in
// memory, which free, never nil, returns.
func (g *Gate) read(ctx context.Context, resp *smithyhttp.Response, limit int64, counted bool) (_ []byte, free func(), err error) {
	defer func() {
		err = errors.Join(err, resp.Body.Close())
		resp.Body = http.NoBody // the SDK would read to its end what is left of it
	}()
	free = func() {}
	known := resp.ContentLength
	if known > limit {
		return nil, free, Malformed("the body has more than %d bytes", limit)
	}
	var buf bytes.Buffer
	if known > 0 && known <= smallBody {
		buf.Grow(int(known) + bytes.MinRead)
	}
	at := min(limit, smallBody)
	n, err := buf.ReadFrom(io.LimitReader(resp.Body, at+1))
	if err == nil && n > at && n <= limit {
		if counted {
			place := min(limit, memoryBudget)
			if err := g.memory.Acquire(ctx, place); err != nil {
				return nil, free, err
			}
			defer func() {
				g.memory.Release(place - min(n, place)) // what it does not need
				place = min(n, place)
			}()
			free = func() { g.memory.Release(place) }
		}
		if known > 0 {
			buf.Grow(int(known-n) + bytes.MinRead)
		}
		var more int64
		more, err = buf.ReadFrom(io.LimitReader(resp.Body, limit+1-n))
		n += more
	}
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		err = Malformed("the body is cut off after %d bytes", n)
	case err != nil:
		err = fmt.Errorf("read the body: %w", err)
	case n > limit:
		err = Malformed("the body has more than %d bytes", limit)
	}
	return buf.Bytes(), free, err
}

// compact checks that b is one JSON object and removes its white space in place. Digits, escapes and the order of
// members stay as they are.
func compact(b []byte) ([]byte, error) {
	v := jsontext.Value(b)
	if len(bytes.TrimSpace(b)) == 0 {
		return nil, Malformed("the body is empty")
	}
	if err := v.Compact(jsontext.AllowInvalidUTF8(false)); err != nil {
		return nil, Malformed("the body is no JSON: %v", err)
	}
	if v.Kind() != '{' {
		return nil, Malformed("the body is no JSON object")
	}
	return v, nil
}
