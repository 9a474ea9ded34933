package delivery

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"tenor/internal/atomicfile"
	"tenor/internal/awsread"
)

// Bucket is the part of an S3 bucket below one prefix. It writes, and reads what was written; it deletes nothing.
type Bucket struct {
	client *s3.Client
	name   string
	prefix string // empty, or with a slash at its end
	owner  string // the account that must own the bucket, so that a name that fell to a stranger gets no report; empty, to read: any
	kmsKey string // id, ARN or alias; empty: the encryption that the bucket is set to
}

// The errors of an object that is not there, and of a bucket that is not, or not where it was asked for.
var (
	ErrNoObject    = errors.New("no such object")
	ErrNoBucket    = errors.New("there is no bucket")
	ErrOtherRegion = errors.New("the bucket is in region")
)

var errConflict = errors.New("the condition of the write does not hold: another run has written there")

var bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)

// ParseURL splits s3://bucket/key. The key may be empty; it has no slash at either end.
func ParseURL(url string) (bucket, key string, err error) {
	rest, ok := strings.CutPrefix(url, "s3://")
	bucket, key, _ = strings.Cut(strings.TrimRight(rest, "/"), "/")
	outside := path.Clean(key) != key || strings.HasPrefix(key, "../") || key == ".." || key == "." || strings.HasPrefix(key, "/")
	switch {
	case !ok || bucket == "" || key != "" && outside:
		return "", "", fmt.Errorf("%q is no s3://bucket/prefix", url)
	case !bucketName.MatchString(bucket):
		return "", "", fmt.Errorf("%q: %q is no name of a bucket: want 3 to 63 of a-z, 0-9, dot and hyphen", url, bucket)
	}
	return bucket, key, nil
}

// IsS3 reports whether a path is an S3 URL.
func IsS3(path string) bool { return strings.HasPrefix(path, "s3://") }

// NewBucket returns the place that an S3 URL names, whose key becomes the prefix. The bucket must belong to the account owner.
func NewBucket(cfg aws.Config, url, owner, kmsKey string) (*Bucket, error) {
	name, key, err := ParseURL(url)
	if err != nil {
		return nil, err
	}
	if key != "" {
		key += "/"
	}
	return &Bucket{client: s3.NewFromConfig(cfg, awsread.S3Options), name: name, prefix: key, owner: owner, kmsKey: kmsKey}, nil
}

// URL names an object, or with an empty key the prefix itself.
func (b *Bucket) URL(key string) string { return "s3://" + b.name + "/" + b.prefix + key }

// condition is when an object may be written.
type condition func(*s3.PutObjectInput)

func ifAbsent(in *s3.PutObjectInput) { in.IfNoneMatch = aws.String("*") }
func ifMatches(etag string) condition {
	return func(in *s3.PutObjectInput) { in.IfMatch = &etag }
}

// Create writes an object that must not be there yet.
func (b *Bucket) Create(ctx context.Context, key string, body io.ReadSeeker) error {
	_, _, err := b.put(ctx, key, body, ifAbsent)
	return err
}

// Replace writes an object over what may be there.
func (b *Bucket) Replace(ctx context.Context, key string, body io.ReadSeeker) error {
	_, _, err := b.put(ctx, key, body, func(*s3.PutObjectInput) {})
	return err
}

// put writes an object with its checksum, which S3 verifies, and returns its ETag and SHA-256. The error is errConflict
// when the condition does not hold.
func (b *Bucket) put(ctx context.Context, key string, body io.ReadSeeker, when condition) (etag string, sum [sha256.Size]byte, err error) {
	if sum, err = digestOf(body); err != nil {
		return "", sum, err
	}
	in := &s3.PutObjectInput{
		Bucket: &b.name, Key: aws.String(b.prefix + key), Body: body, ExpectedBucketOwner: &b.owner,
		ChecksumSHA256: aws.String(base64.StdEncoding.EncodeToString(sum[:])), ContentType: contentType(key),
	}
	if b.kmsKey != "" {
		in.ServerSideEncryption, in.SSEKMSKeyId, in.BucketKeyEnabled = types.ServerSideEncryptionAwsKms, &b.kmsKey, aws.Bool(true)
	}
	when(in)
	out, err := b.client.PutObject(ctx, in)
	if err != nil {
		return "", sum, b.explain("write", key, err)
	}
	return aws.ToString(out.ETag), sum, nil
}

// digestOf returns the SHA-256 of the whole body, which is at its beginning again afterwards.
func digestOf(body io.ReadSeeker) (sum [sha256.Size]byte, err error) {
	h := sha256.New()
	if _, err := io.Copy(h, body); err != nil {
		return sum, err
	}
	_, err = body.Seek(0, io.SeekStart)
	return [sha256.Size]byte(h.Sum(nil)), err
}

func contentType(key string) *string {
	switch ext := path.Ext(key); ext {
	case ".xlsx":
		return aws.String("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
	case ".json", ".sarif":
		return aws.String("application/json")
	case ".csv":
		return aws.String("text/csv; charset=utf-8")
	case ".ics":
		return aws.String("text/calendar; charset=utf-8")
	case ".md":
		return aws.String("text/markdown; charset=utf-8")
	default:
		if t := mime.TypeByExtension(ext); t != "" {
			return &t
		}
		return aws.String("application/octet-stream")
	}
}

// asFound returns the condition that the object is still as it is now, or still not there.
func (b *Bucket) asFound(ctx context.Context, key string) (condition, error) {
	out, err := b.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &b.name, Key: aws.String(b.prefix + key), ExpectedBucketOwner: &b.owner})
	if err == nil {
		return ifMatches(aws.ToString(out.ETag)), nil
	}
	if err := b.explain("look at", key, err); !errors.Is(err, ErrNoObject) {
		return nil, err
	}
	return ifAbsent, nil
}

// has reports whether the object is there and has the SHA-256.
func (b *Bucket) has(ctx context.Context, key string, sum [sha256.Size]byte) (bool, error) {
	out, err := b.client.HeadObject(ctx, &s3.HeadObjectInput{
		Bucket: &b.name, Key: aws.String(b.prefix + key), ExpectedBucketOwner: &b.owner, ChecksumMode: types.ChecksumModeEnabled,
	})
	if err != nil {
		return false, b.explain("look at", key, err)
	}
	return aws.ToString(out.ChecksumSHA256) == base64.StdEncoding.EncodeToString(sum[:]), nil
}

// Object is one that is open for reading.
type Object struct {
	io.ReadCloser
	etag string
	age  time.Duration // since it was written, by the clock of S3
}

// Get opens an object. The error is ErrNoObject when there is none.
func (b *Bucket) Get(ctx context.Context, key string) (Object, error) {
	o, err := b.get(ctx, key)
	if err != nil {
		return o, b.explain("read", key, err)
	}
	return o, nil
}

// get is Get with the error as S3 has it.
func (b *Bucket) get(ctx context.Context, key string) (Object, error) {
	in := &s3.GetObjectInput{Bucket: &b.name, Key: aws.String(b.prefix + key), ChecksumMode: types.ChecksumModeEnabled}
	if b.owner != "" {
		in.ExpectedBucketOwner = &b.owner
	}
	out, err := b.client.GetObject(ctx, in)
	if err != nil {
		return Object{}, err
	}
	o := Object{ReadCloser: out.Body, etag: aws.ToString(out.ETag)}
	if now, ok := awsmiddleware.GetServerTime(out.ResultMetadata); ok && out.LastModified != nil {
		o.age = now.Sub(*out.LastModified)
	}
	return o, nil
}

// list returns the keys below a prefix, without the bucket's own.
func (b *Bucket) list(ctx context.Context, prefix string) ([]string, error) {
	var keys []string
	pages := s3.NewListObjectsV2Paginator(b.client, &s3.ListObjectsV2Input{
		Bucket: &b.name, Prefix: aws.String(b.prefix + prefix), ExpectedBucketOwner: &b.owner,
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, b.explain("list", prefix, err)
		}
		for _, o := range page.Contents {
			keys = append(keys, strings.TrimPrefix(aws.ToString(o.Key), b.prefix))
		}
	}
	return keys, nil
}

// Fetch copies an object into a file.
func (b *Bucket) Fetch(ctx context.Context, key, path string) error {
	o, err := b.Get(ctx, key)
	if err != nil {
		return err
	}
	err = atomicfile.Write(path, atomicfile.FileMode, func(w io.Writer) error { _, err := io.Copy(w, o); return err })
	if err := errors.Join(err, o.Close()); err != nil {
		return fmt.Errorf("read %s: %w", b.URL(key), err)
	}
	return nil
}

// FetchAll copies every object below a prefix, each to the path that local returns. None is an error.
func (b *Bucket) FetchAll(ctx context.Context, prefix string, local func(key string) string) error {
	keys, err := b.list(ctx, prefix)
	if err != nil {
		return err
	}
	found := false
	for _, key := range keys {
		if strings.HasSuffix(key, "/") { // the console's way to make a folder
			continue
		}
		if !filepath.IsLocal(filepath.FromSlash(key)) {
			return fmt.Errorf("%s: is no path of a file", b.URL(key))
		}
		if err := b.Fetch(ctx, key, local(key)); err != nil {
			return err
		}
		found = true
	}
	if !found {
		return fmt.Errorf("%s: %w", b.URL(prefix), ErrNoObject)
	}
	return nil
}

// explain says what an answer of S3 means, and what can be done about it.
func (b *Bucket) explain(step, key string, err error) error {
	fail := func(cause error) error { return fmt.Errorf("%s %s: %w", step, b.URL(key), cause) }
	api, ok := errors.AsType[smithy.APIError](err)
	if !ok {
		return fail(err)
	}
	response, _ := errors.AsType[*smithyhttp.ResponseError](err)
	said := said(err)
	switch code := api.ErrorCode(); {
	case code == "PreconditionFailed" || code == "ConditionalRequestConflict":
		return fail(errConflict)
	case code == "NoSuchKey" || code == "NotFound":
		return fail(ErrNoObject)
	case code == "NoSuchBucket":
		return fail(fmt.Errorf("%w %s", ErrNoBucket, b.name))
	case response != nil && response.HTTPStatusCode() == http.StatusMovedPermanently, code == "AuthorizationHeaderMalformed":
		return fail(fmt.Errorf("%w %s, and not in %s: run with AWS_REGION set to it",
			ErrOtherRegion, cmp.Or(awsread.BucketRegion(err), "unknown"), b.client.Options().Region))
	case strings.HasPrefix(code, "KMS."):
		return fail(fmt.Errorf("the KMS key of the object cannot be used: %w", said))
	case (code == "AccessDenied" || code == "Forbidden") && b.owner == "":
		return fail(fmt.Errorf("%w (allow s3:GetObject on it, and kms:Decrypt on its key, in the role's policy and in the bucket's)", said))
	case code == "AccessDenied" || code == "Forbidden":
		return fail(fmt.Errorf("%w (the bucket must belong to account %s, and the bucket, its KMS key and the role must allow it)",
			said, b.owner))
	}
	return fail(said)
}
