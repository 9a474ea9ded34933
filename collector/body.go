package collector

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/go-json-experiment/json/jsontext"
)

// maxBody bounds an answer, so that a broken server cannot take all the memory. AWS's largest pages are near 1 MiB.
const maxBody = 64 << 20

// malformedError is an answer that cannot be what AWS means: cut off, no JSON, without its list, or with an impossible date.
type malformedError struct{ what string }

func (e *malformedError) Error() string { return e.what }

func malformed(format string, args ...any) error {
	return &malformedError{fmt.Sprintf(format, args...)}
}

type bodyKey struct{}

// raw calls an operation of a client and returns the body of its answer: one JSON object, valid and without white space.
// The typed answer of the SDK stays empty, which is what keeps prices exact and pages cheap: see keepBody.
func raw[In, Out, Opt any](ctx context.Context, call func(context.Context, *In, ...func(*Opt)) (*Out, error), in *In) ([]byte, error) {
	var body []byte
	if _, err := call(context.WithValue(ctx, bodyKey{}, &body), in); err != nil {
		return nil, err
	}
	return body, nil
}

// keepBody adds a step between the wire and the SDK's deserializer. It takes the body of a successful answer for raw and
// leaves the deserializer an empty object; errors go to the deserializer as they are. Being inside the retry loop, it
// makes a cut-off body an attempt that failed.
func keepBody(stack *middleware.Stack) error {
	return stack.Deserialize.Insert(middleware.DeserializeMiddlewareFunc("KeepBody", func(
		ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler,
	) (middleware.DeserializeOutput, middleware.Metadata, error) {
		out, metadata, err := next.HandleDeserialize(ctx, in)
		if err != nil {
			return out, metadata, err
		}
		dst, wanted := ctx.Value(bodyKey{}).(*[]byte)
		resp, ok := out.RawResponse.(*smithyhttp.Response)
		if !wanted || !ok || resp.StatusCode < 200 || resp.StatusCode > 299 {
			return out, metadata, nil
		}
		b, err := readBody(resp)
		if err != nil {
			return out, metadata, err
		}
		*dst = b
		resp.Body = io.NopCloser(strings.NewReader("{}"))
		return out, metadata, nil
	}), "OperationDeserializer", middleware.After)
}

func readBody(resp *smithyhttp.Response) (_ []byte, err error) {
	defer func() { err = errors.Join(err, resp.Body.Close()) }()
	var buf bytes.Buffer
	if n := resp.ContentLength; n > 0 && n <= maxBody {
		buf.Grow(int(n) + bytes.MinRead)
	}
	switch n, err := buf.ReadFrom(io.LimitReader(resp.Body, maxBody+1)); {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return nil, malformed("the body is cut off after %d bytes", n)
	case err != nil:
		return nil, fmt.Errorf("read the body: %w", err)
	case n > maxBody:
		return nil, malformed("the body has more than %d bytes", maxBody)
	}
	return compact(buf.Bytes())
}

// compact checks that b is one JSON object and removes its white space in place. Digits, escapes and the order of
// members stay as they are.
func compact(b []byte) ([]byte, error) {
	v := jsontext.Value(b)
	if len(bytes.TrimSpace(b)) == 0 {
		return nil, malformed("the body is empty")
	}
	if err := v.Compact(jsontext.AllowInvalidUTF8(false)); err != nil {
		return nil, malformed("the body is no JSON: %v", err)
	}
	if v.Kind() != '{' {
		return nil, malformed("the body is no JSON object")
	}
	return v, nil
}
