package job

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"tenor/job/delivery"
	"tenor/policies"
)

// bundleEnd is how the path of a bundle ends.
const bundleEnd = ".tar.gz"

// AddPolicies adds folders and bundles, each told by its path.
func (p *Policies) AddPolicies(paths ...string) {
	for _, path := range paths {
		if strings.HasSuffix(path, bundleEnd) {
			p.Bundles = append(p.Bundles, path)
		} else {
			p.Dirs = append(p.Dirs, path)
		}
	}
}

// placeProblems finds policies and keys that are where tenor does not read them.
func (c *Config) placeProblems(bad func(msg string, path ...string)) {
	p := &c.Policies
	const bundles = "an OPA bundle (.tar.gz) on this machine or as s3://bucket/policies.tar.gz"
	for _, dir := range p.Dirs {
		if remote.MatchString(dir) {
			bad(fmt.Sprintf("%q: want a folder of Rego policies on this machine, or %s: fetch anything else first", dir, bundles),
				"policies", "dirs")
		}
	}
	for _, b := range p.Bundles {
		_, key, err := delivery.ParseURL(b)
		switch {
		case !remote.MatchString(b):
		case !delivery.IsS3(b):
			bad(fmt.Sprintf("%q: want %s: fetch anything else first", b, bundles), "policies", "bundles")
		case err != nil || key == "" || !strings.HasSuffix(b, bundleEnd):
			bad(fmt.Sprintf("%q: want a bundle in S3 as s3://bucket/policies.tar.gz", b), "policies", "bundles")
		case p.Key == "":
			bad(fmt.Sprintf("%q: a bundle in S3 has to be signed: name the file of its key (policies.key, --policy-key)", b), "policies", "bundles")
		}
	}
	if remote.MatchString(p.Key) {
		bad(fmt.Sprintf("%q: want the file of a key on this machine: fetch it first", p.Key), "policies", "key")
	}
}

// bundleError is the error of a bundle in S3 that could not be fetched.
type bundleError struct{ err error }

func (e *bundleError) Error() string { return "fetch policies: " + e.err.Error() }
func (e *bundleError) Unwrap() error { return e.err }

// fetchBundles reads the bundles that are in S3, each once, so that whatever is said of one is said of the same bytes. Nobody needs to own
// their buckets: the signature says whose they are.
func (c *Config) fetchBundles(ctx context.Context) (map[string][]byte, error) {
	if !slices.ContainsFunc(c.Policies.Bundles, delivery.IsS3) {
		return nil, nil
	}
	cfg, err := c.callerConfig(ctx)
	if err != nil {
		return nil, err
	}
	archives := map[string][]byte{}
	for _, b := range c.Policies.Bundles {
		if !delivery.IsS3(b) || archives[b] != nil {
			continue
		}
		if archives[b], err = delivery.ReadObject(ctx, cfg, b, policies.MaxArchive); err != nil {
			return nil, &bundleError{err}
		}
	}
	return archives, nil
}
