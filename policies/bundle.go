package policies

import (
	"archive/tar"
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/bundle"

	"tenor/audit"
	"tenor/internal/wholefile"
)

const signaturesFile = ".signatures.json"

// contents are what a bundle's archive holds.
type contents struct {
	archive    []byte
	sources    []*source // policies, tests and data, ordered by path
	signatures []byte    // the signatures file; nil when there is none
}

// readBundle reads an OPA bundle. With a key, a bundle that is unsigned, changed, or signed by another is refused; without
// one the signature of a file is not looked at, and what came from elsewhere is refused.
func readBundle(ctx context.Context, file string, o Options) ([]*source, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	archive, fetched := o.Archives[file]
	if fetched && o.Key == "" {
		return nil, fmt.Errorf("read bundle %s: name the key that it is signed with: one that is not on this machine has to be signed", file)
	}
	if !fetched {
		var err error
		if archive, err = wholefile.Read(file, MaxArchive); err != nil {
			return nil, fmt.Errorf("read bundle %s: %w", file, err)
		}
	}
	c, err := unpack(file, archive)
	if err != nil {
		return nil, fmt.Errorf("read bundle %s: %w", file, err)
	}
	if err := c.versions(); err != nil {
		return nil, fmt.Errorf("read bundle %s: %w", file, err)
	}
	if err := parseAll(c.sources); err != nil {
		return nil, err
	}
	if err := c.verify(o.Key); err != nil {
		return nil, fmt.Errorf("read bundle %s: %w", file, err)
	}
	return c.sources, nil
}

var errBundleSize = fmt.Errorf("it is larger than what a bundle may have, %d KiB of policies and %d KiB of data", maxRego>>10, maxData>>10)

// MaxArchive is how many bytes the archive of a bundle may have.
const MaxArchive = 2 * (maxRego + maxData)

// refuseEntry refuses names that lead out of the archive, and links.
func refuseEntry(h *tar.Header) error {
	switch {
	case slices.Contains(strings.Split(filepath.ToSlash(h.Name), "/"), ".."):
		return fmt.Errorf("the entry %q leads out of it", h.Name)
	case h.Typeflag == tar.TypeSymlink || h.Typeflag == tar.TypeLink:
		return fmt.Errorf("the entry %q is a link", h.Name)
	}
	return nil
}

// add takes a file of the archive, if it is one that tenor reads, or that somebody may think it does.
func (c *contents) add(file, entry string, text []byte) {
	name := strings.TrimPrefix(path.Clean(filepath.ToSlash(entry)), "/")
	s := &source{name: userFile(file, name), path: name, origin: userOrigin(file), text: text, unread: isUnread(name), entry: entry}
	switch {
	case name == signaturesFile:
		c.signatures = text
	case isPolicy(name) || isData(name) || s.unread:
		c.sources = append(c.sources, s)
	}
}

// check refuses a bundle without policies, and orders the files.
func (c *contents) check() error {
	if !slices.ContainsFunc(c.sources, func(s *source) bool { return isPolicy(s.path) }) {
		return errors.New("there is no .rego file in it")
	}
	slices.SortFunc(c.sources, func(a, b *source) int { return strings.Compare(a.path, b.path) })
	return nil
}

// versions asks the manifest for the version of Rego of each policy; where it says nothing, that is 1.
func (c *contents) versions() error {
	manifest := bundle.NewTarballLoaderWithBaseURL(bytes.NewReader(c.archive), "").WithFilter(func(name string, info os.FileInfo, _ int) bool {
		return !info.IsDir() && !strings.HasSuffix(name, bundle.ManifestExt) && !strings.HasSuffix(name, bundle.ManifestProtoExt)
	})
	b, err := bundle.NewCustomReader(manifest).WithSkipBundleVerification(true).WithLazyLoadingMode(true).Read()
	if err != nil {
		return err
	}
	for _, s := range c.sources {
		if s.version, err = b.RegoVersionForFile(s.entry, ast.RegoV1); err != nil {
			return err
		}
	}
	return nil
}

// parseAll parses the policies, and looks at the data: OPA names but one of the files of a bundle that do not parse.
func parseAll(sources []*source) error {
	var errs []error
	for _, s := range sources {
		switch {
		case isPolicy(s.path):
			errs = append(errs, s.parseModule())
			if s.test() {
				s.module = nil // until it is to be run
			}
		case isData(s.path):
			_, err := s.decode()
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// verify has OPA read the bundle, which checks its signature and what its manifest says.
func (c *contents) verify(key string) error {
	r := bundle.NewCustomReader(bundle.NewTarballLoaderWithBaseURL(bytes.NewReader(c.archive), "")).
		WithRegoVersion(ast.RegoV1).WithProcessAnnotations(true).WithCapabilities(capabilities())
	if key == "" {
		r = r.WithSkipBundleVerification(true)
	} else {
		config, err := verification(key, c.signatures)
		if err != nil {
			return err
		}
		r = r.WithBundleVerificationConfig(config)
	}
	b, err := r.Read()
	if err != nil {
		return astError(err)
	}
	if b.Type() != bundle.SnapshotBundleType || len(b.WasmModules) > 0 {
		return errors.New("it is no bundle of policies: it holds a patch or WebAssembly")
	}
	return nil
}

// unpack reads the archive to its end, so that one which is cut off is found. It takes the files that OPA takes, the regular ones.
func unpack(file string, archive []byte) (*contents, error) {
	if len(archive) > MaxArchive {
		return nil, errBundleSize
	}
	gz, err := gzip.NewReader(bytes.NewReader(archive))
	if err != nil {
		return nil, fmt.Errorf("it is no gzip archive: %w", audit.CutOff(err))
	}
	c := &contents{archive: archive}
	unpacked := &io.LimitedReader{R: gz, N: MaxArchive}   // with the headers and what fills them up
	left := map[bool]int64{true: maxRego, false: maxData} // of policies, and of all else
	failed := func(err error) error {
		if unpacked.N <= 0 {
			return errBundleSize
		}
		return audit.CutOff(err)
	}
	for tr := tar.NewReader(unpacked); ; {
		h, err := tr.Next()
		switch {
		case errors.Is(err, io.EOF):
			_, err := io.Copy(io.Discard, unpacked) // gzip's checksum stands at the end
			return c, cmp.Or(failed(err), c.check())
		case err != nil:
			return nil, failed(err)
		}
		if err := refuseEntry(h); err != nil {
			return nil, err
		}
		policy := isPolicy(h.Name)
		if left[policy] -= h.Size; left[policy] < 0 { // a sparse file is larger than its part of the archive
			return nil, errBundleSize
		}
		if h.Typeflag != tar.TypeReg {
			continue
		}
		text, err := io.ReadAll(tr)
		if err != nil {
			return nil, failed(err)
		}
		c.add(file, h.Name, text)
	}
}

// verification says how to check the signature: with a public key in PEM, by an algorithm of that kind of key; with
// anything else, which is a shared secret, by an HMAC. The kind is the key's, never what the bundle claims.
func verification(keyFile string, signatures []byte) (*bundle.VerificationConfig, error) {
	key, err := wholefile.Read(keyFile, wholefile.MiB)
	if err != nil {
		return nil, fmt.Errorf("read the key: %w", err)
	}
	allowed := []string{"HS256", "HS384", "HS512"}
	if block, _ := pem.Decode(key); block != nil {
		if allowed, err = algorithms(block); err != nil {
			return nil, fmt.Errorf("read the key %s: %w", keyFile, err)
		}
	} else if bytes.Contains(key, []byte("-----BEGIN")) { // which everybody may have: no secret
		return nil, fmt.Errorf("read the key %s: it is no PEM: want -----BEGIN at the beginning of a line, and its end", keyFile)
	} else {
		key = bytes.TrimRight(key, "\r\n")
	}
	if len(key) == 0 {
		return nil, fmt.Errorf("the key %s is empty", keyFile)
	}
	claimed := claimedAlgorithm(signatures)
	if claimed != "" && !slices.Contains(allowed, claimed) {
		return nil, fmt.Errorf("it is signed by %s, which is not for the key %s", claimed, keyFile)
	}
	const id = "tenor"
	keys := map[string]*bundle.KeyConfig{id: {Key: string(key), Algorithm: cmp.Or(claimed, allowed[0])}}
	return bundle.NewVerificationConfig(keys, id, "", nil), nil
}

// algorithms lists what a public key in PEM may verify.
func algorithms(block *pem.Block) ([]string, error) {
	if block.Type == "RSA PUBLIC KEY" {
		return rsaAlgorithms(), nil
	}
	var public any
	var err error
	switch block.Type {
	case "PUBLIC KEY":
		public, err = x509.ParsePKIXPublicKey(block.Bytes)
	case "CERTIFICATE":
		var c *x509.Certificate
		if c, err = x509.ParseCertificate(block.Bytes); err == nil {
			public = c.PublicKey
		}
	default:
		err = fmt.Errorf("want a public key, not %q", block.Type)
	}
	if err != nil {
		return nil, err
	}
	switch k := public.(type) {
	case *ecdsa.PublicKey:
		if alg := map[int]string{256: "ES256", 384: "ES384", 521: "ES512"}[k.Params().BitSize]; alg != "" {
			return []string{alg}, nil
		}
		return nil, fmt.Errorf("want a key of ECDSA on P-256, P-384 or P-521, not %s", k.Params().Name)
	case ed25519.PublicKey:
		return []string{"EdDSA"}, nil
	case *rsa.PublicKey:
		return rsaAlgorithms(), nil
	}
	return nil, errors.New("want a key of RSA, ECDSA or Ed25519")
}

func rsaAlgorithms() []string {
	return []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"}
}

// claimedAlgorithm returns the algorithm in the header of the first signature, a JWT; empty when it cannot be read, which
// the verification then says in its own words.
func claimedAlgorithm(signatures []byte) string {
	var file struct {
		Signatures []string `json:"signatures"`
	}
	if json.Unmarshal(signatures, &file) != nil || len(file.Signatures) == 0 {
		return ""
	}
	head, _, _ := strings.Cut(file.Signatures[0], ".")
	b, err := base64.RawURLEncoding.DecodeString(head)
	if err != nil {
		return ""
	}
	var header struct {
		Alg string `json:"alg"`
	}
	if json.Unmarshal(b, &header) != nil {
		return ""
	}
	return header.Alg
}
