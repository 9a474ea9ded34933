package policies

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/open-policy-agent/opa/v1/bundle"
)

// readBundle reads an OPA bundle. With a key, a bundle that is unsigned or signed by another is refused.
func readBundle(ctx context.Context, file, key string) (_ []*source, err error) {
	return nil, errors.New("todo")
}

var (
	_ = fmt.Sprint
	_ = os.Open
	_ = bundle.NewReader
)
