package billing

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"

	"tenor/audit"
	"tenor/internal/awsread"
)

// S3 is what is called of S3's client: it only reads.
type S3 interface {
	s3.ListObjectsV2APIClient
	GetObject(context.Context, *s3.GetObjectInput, ...func(*s3.Options)) (*s3.GetObjectOutput, error)
}

// NewS3 returns a client of S3 that reads exports, wherever their buckets are, and can do nothing else.
func NewS3(cfg aws.Config) *s3.Client {
	return s3.NewFromConfig(awsread.Guard(cfg), awsread.S3Options)
}

// InS3 reports whether an export is one in S3.
func InS3(export string) bool { return strings.HasPrefix(export, "s3://") }

// CheckExport reports why an export cannot be one, whatever there is.
func CheckExport(export string) error {
	if !InS3(export) {
		return nil
	}
	_, err := openBucket(export, (*s3.Client)(nil))
	return err
}

// store is where an export lies.
type store interface {
	// list returns the files below a folder, which need not be there.
	list(ctx context.Context, folder string) ([]object, error)
	// open opens one of them, or one that a manifest names. The error is fs.ErrNotExist where it is not there.
	open(ctx context.Context, name string) (*opened, error)
	close() error
}

// object is a file of an export.
type object struct {
	name     string // in the export, with slashes
	modified time.Time
}

// opened is a file that is open for reading.
type opened struct {
	io.ReaderAt
	io.Closer
	size    int64
	version string // S3's ETag
}

// isParquet reports whether it is Parquet, and not csv.gz.
func (o *opened) isParquet() (bool, error) {
	var magic [4]byte
	if _, err := o.ReadAt(magic[:], 0); err != nil {
		return false, fmt.Errorf("is neither Parquet nor csv.gz: %w", audit.CutOff(err))
	}
	if parquet := string(magic[:]) == "PAR1"; parquet || magic[0] == 0x1f && magic[1] == 0x8b {
		return parquet, nil
	}
	return false, errors.New("is neither Parquet nor csv.gz")
}

func (o *opened) stream() io.Reader { return io.NewSectionReader(o, 0, o.size) }

// folder is an export on disk. Nothing outside of it is read, whatever a manifest or a link says.
type folder struct{ root *os.Root }

func openFolder(dir string) (folder, error) {
	root, err := os.OpenRoot(dir)
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		err = e.Err
	}
	return folder{root}, err
}

func (f folder) close() error { return f.root.Close() }

func (f folder) list(ctx context.Context, dir string) ([]object, error) {
	var out []object
	err := fs.WalkDir(f.root.FS(), dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			if errors.Is(err, fs.ErrNotExist) && name == dir {
				return nil
			}
			return err
		}
		if d.IsDir() {
			return ctx.Err()
		}
		info, err := d.Info()
		if err == nil {
			out = append(out, object{name, info.ModTime()})
		}
		return err
	})
	return out, err
}

func (f folder) open(_ context.Context, name string) (*opened, error) {
	file, err := f.root.Open(filepath.FromSlash(name))
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	if !info.Mode().IsRegular() {
		return nil, errors.Join(errors.New("is no file"), file.Close())
	}
	return &opened{ReaderAt: file, Closer: file, size: info.Size()}, nil
}

// bucket is an export in S3.
type bucket struct {
	client       S3
	name, prefix string  // the prefix has a slash at its end
	region       *string // where it is, once S3 has said so; empty: where the client is
}

// here has a call go to the region of the bucket.
func (b bucket) here(o *s3.Options) { o.Region = cmp.Or(*b.region, o.Region) }

// elsewhere reports whether S3 answers that the bucket is in another region, which later calls go to.
func (b bucket) elsewhere(err error) bool {
	if *b.region != "" {
		return false
	}
	*b.region = awsread.BucketRegion(err)
	return *b.region != ""
}

func openBucket(uri string, client S3) (bucket, error) {
	name, prefix, _ := strings.Cut(strings.TrimPrefix(uri, "s3://"), "/")
	prefix = strings.Trim(prefix, "/")
	if name == "" || prefix == "" || path.Clean(prefix) != prefix {
		return bucket{}, errors.New("want s3://bucket/prefix/export-name")
	}
	return bucket{client, name, prefix + "/", new(string)}, nil
}

func (bucket) close() error { return nil }

func (b bucket) list(ctx context.Context, dir string) ([]object, error) {
	var out []object
	pages := s3.NewListObjectsV2Paginator(b.client, &s3.ListObjectsV2Input{Bucket: &b.name, Prefix: aws.String(b.prefix + dir + "/")})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx, b.here)
		if err != nil && b.elsewhere(err) {
			page, err = pages.NextPage(ctx, b.here)
		}
		if err != nil {
			return nil, err
		}
		for _, o := range page.Contents {
			if key := aws.ToString(o.Key); !strings.HasSuffix(key, "/") { // the console's way to make a folder
				out = append(out, object{strings.TrimPrefix(key, b.prefix), aws.ToTime(o.LastModified)})
			}
		}
	}
	return out, nil
}

// open asks for the end of the object, which says how long it is and of which version. Each part that is read later is of that version.
func (b bucket) open(ctx context.Context, name string) (*opened, error) {
	o := &ranged{ctx: ctx, bucket: b, key: b.prefix + name}
	out, err := o.get("bytes=-8")
	if err != nil {
		if api, ok := errors.AsType[smithy.APIError](err); ok && api.ErrorCode() == "NoSuchKey" {
			err = fs.ErrNotExist
		}
		return nil, err
	}
	size := aws.ToInt64(out.ContentLength)
	if _, total, ok := strings.Cut(aws.ToString(out.ContentRange), "/"); ok {
		if _, err := fmt.Sscan(total, &size); err != nil {
			return nil, errors.Join(errors.New("S3 does not say how long it is"), out.Body.Close())
		}
	}
	o.version = aws.ToString(out.ETag)
	return &opened{ReaderAt: o, Closer: io.NopCloser(nil), size: size, version: o.version}, out.Body.Close()
}

// ranged reads parts of an object.
type ranged struct {
	ctx context.Context // of the run that reads it: io.ReaderAt has none
	bucket
	key, version string
}

func (o *ranged) get(part string) (*s3.GetObjectOutput, error) {
	in := &s3.GetObjectInput{Bucket: &o.bucket.name, Key: &o.key, Range: &part}
	if o.version != "" {
		in.IfMatch = &o.version
	}
	return o.client.GetObject(o.ctx, in, o.here)
}

func (o *ranged) ReadAt(p []byte, off int64) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	out, err := o.get(fmt.Sprintf("bytes=%d-%d", off, off+int64(len(p))-1))
	if err != nil {
		return 0, err
	}
	n, err := io.ReadFull(out.Body, p)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = io.EOF // behind the end of the object
	}
	return n, errors.Join(err, out.Body.Close())
}

// remedies say, by service, what lets it be read.
var remedies = map[string]string{
	"S3":               "allow s3:ListBucket on the bucket and s3:GetObject on the export",
	audit.CostExplorer: "allow ce:GetCostAndUsage, and access to billing in the payer's account",
}

// reasonOf classifies why a service, or a file or list in S3 or on disk, could not be read, and says it as a message of the ledger.
func reasonOf(service string, err error) (audit.Reason, string) {
	reason, words := classify(service, err)
	return reason, audit.LedgerMessage(words)
}

func classify(service string, err error) (audit.Reason, string) {
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		reason := awsread.ReasonOf(err)
		switch code := api.ErrorCode(); code {
		case "NoSuchBucket":
			return reason, "there is no such bucket"
		case "PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException", "MovedPermanently":
			return reason, "the bucket is in another region, and S3 does not say which: run with AWS_REGION set to it"
		case "PreconditionFailed":
			return reason, "it was replaced while it was read: read it again"
		case "DataUnavailableException":
			return reason, "Cost Explorer has no data: open it once in the payer's account, and run again in a day"
		default:
			return reason, cmp.Or(map[audit.Reason]string{
				audit.ReasonAccessDenied: service + " refuses it: " + remedies[service],
				audit.ReasonCredentials:  service + " refuses the credentials: " + code,
				audit.ReasonThrottled:    service + " is throttling: try again later",
			}[reason], api.ErrorMessage(), code)
		}
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return audit.ReasonTimeout, "the time of the run is over"
	case errors.Is(err, fs.ErrNotExist):
		return audit.ReasonError, "is not there"
	case errors.Is(err, fs.ErrPermission):
		return audit.ReasonAccessDenied, "may not be read: check its permissions"
	}
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return audit.ReasonError, e.Err.Error()
	}
	if _, ok := errors.AsType[*smithy.OperationError](err); ok {
		return audit.ReasonError, service + " does not answer: " + awsread.MessageOf(err)
	}
	return audit.ReasonMalformed, err.Error()
}

// newest returns the file that was written last; of several at one time the last by name.
func newest(list []object) object {
	return slices.MaxFunc(list, func(a, b object) int { return cmp.Or(a.modified.Compare(b.modified), cmp.Compare(a.name, b.name)) })
}
