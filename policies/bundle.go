package policies

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/ecdsa"
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
)

// maxBundle bounds what a bundle may unpack to.
const maxBundle = 256 << 20

const signaturesFile = ".signatures.json"

// readBundle reads an OPA bundle. With a key, a bundle that is unsigned, changed, or signed by another is refused; without
// one its signature is not looked at.
func readBundle(ctx context.Context, file, key string) ([]*source, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	sources, err := unpack(file, key)
	if err != nil {
		return nil, fmt.Errorf("read bundle %s: %w", file, err)
	}
	return sources, nil
}

func unpack(file, key string) ([]*source, error) {
	archive, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	signatures, err := checkArchive(archive)
	if err != nil {
		return nil, err
	}
	r := bundle.NewCustomReader(bundle.NewTarballLoaderWithBaseURL(bytes.NewReader(archive), "")).
		WithRegoVersion(ast.RegoV1).WithProcessAnnotations(true).WithCapabilities(capabilities())
	if key == "" {
		r = r.WithSkipBundleVerification(true)
	} else {
		config, err := verification(key, signatures)
		if err != nil {
			return nil, err
		}
		r = r.WithBundleVerificationConfig(config)
	}
	b, err := r.Read()
	if err != nil {
		return nil, astError(err)
	}
	if b.Type() != bundle.SnapshotBundleType || len(b.WasmModules) > 0 {
		return nil, errors.New("it is no bundle of policies: it holds a patch or WebAssembly")
	}
	return sourcesOf(file, &b)
}

// sourcesOf lists a bundle's policies, and its data as one file.
func sourcesOf(file string, b *bundle.Bundle) ([]*source, error) {
	var sources []*source
	var errs []error
	for _, m := range b.Modules {
		name := strings.TrimPrefix(filepath.ToSlash(m.RelativePath), "/")
		s := &source{name: userFile(file, name), path: name, origin: userOrigin(file), text: m.Raw}
		errs = append(errs, s.parse())
		sources = append(sources, s)
	}
	if len(b.Data) > 0 {
		text, err := audit.EncodeJSON(b.Data)
		if err != nil {
			return nil, err
		}
		sources = append(sources, &source{name: userFile(file, "data.json"), path: "data.json", origin: userOrigin(file), text: text})
	}
	slices.SortFunc(sources, func(a, b *source) int { return strings.Compare(a.path, b.path) })
	return sources, errors.Join(errs...)
}

// checkArchive reads the archive to its end, so that one which is cut off is found, and refuses names that lead out of it.
// It returns the signatures file, nil when there is none.
func checkArchive(archive []byte) (signatures []byte, err error) {
	gz, err := gzip.NewReader(bytes.NewReader(archive))
	if err != nil {
		return nil, fmt.Errorf("it is no gzip archive: %w", err)
	}
	unpacked := &io.LimitedReader{R: gz, N: maxBundle}
	for tr := tar.NewReader(unpacked); ; {
		h, err := tr.Next()
		switch {
		case errors.Is(err, io.EOF):
			_, err := io.Copy(io.Discard, unpacked) // gzip's checksum stands at the end
			return signatures, cutOff(err)
		case err != nil && unpacked.N <= 0:
			return nil, fmt.Errorf("it unpacks to more than %d bytes", maxBundle)
		case err != nil:
			return nil, cutOff(err)
		case slices.Contains(strings.Split(filepath.ToSlash(h.Name), "/"), ".."):
			return nil, fmt.Errorf("the entry %q leads out of it", h.Name)
		case h.Typeflag == tar.TypeSymlink || h.Typeflag == tar.TypeLink:
			return nil, fmt.Errorf("the entry %q is a link", h.Name)
		}
		if strings.TrimPrefix(path.Clean(h.Name), "/") == signaturesFile {
			if signatures, err = io.ReadAll(tr); err != nil {
				return nil, cutOff(err)
			}
		}
	}
}

func cutOff(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("it is cut off")
	}
	return err
}

// verification says how to check the signature: with a public key in PEM, by an algorithm of that kind of key; with
// anything else, which is a shared secret, by an HMAC. The kind is the key's, never what the bundle claims.
func verification(keyFile string, signatures []byte) (*bundle.VerificationConfig, error) {
	key, err := os.ReadFile(keyFile)
	if err != nil {
		return nil, fmt.Errorf("read the key: %w", err)
	}
	allowed := []string{"HS256", "HS384", "HS512"}
	if block, _ := pem.Decode(key); block != nil {
		if allowed, err = algorithms(block); err != nil {
			return nil, fmt.Errorf("read the key %s: %w", keyFile, err)
		}
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
	if claimed == "" {
		claimed = allowed[0]
	}
	const id = "tenor"
	return bundle.NewVerificationConfig(map[string]*bundle.KeyConfig{id: {Key: string(key), Algorithm: claimed}}, id, "", nil), nil
}

// algorithms lists what a public key in PEM may verify.
func algorithms(block *pem.Block) ([]string, error) {
	if block.Type == "RSA PUBLIC KEY" {
		return rsaAlgorithms(), nil
	}
	var public any
	switch block.Type {
	case "PUBLIC KEY":
		k, err := x509.ParsePKIXPublicKey(block.Bytes)
		if err != nil {
			return nil, err
		}
		public = k
	case "CERTIFICATE":
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, err
		}
		public = c.PublicKey
	default:
		return nil, fmt.Errorf("want a public key, not %q", block.Type)
	}
	if k, ok := public.(*ecdsa.PublicKey); ok {
		return []string{map[int]string{256: "ES256", 384: "ES384", 521: "ES512"}[k.Params().BitSize]}, nil
	}
	return rsaAlgorithms(), nil
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
