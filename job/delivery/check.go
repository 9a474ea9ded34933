package delivery

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
)

// ErrNotOwner is the error of a bucket that another account owns.
var ErrNotOwner = errors.New("the bucket belongs to another account")

// Check reports why the bucket cannot be read below the prefix, with the permissions that a run needs and no other: it lists latest/ and
// reads its run.json, which need not be there. Nothing is written, so whether that is allowed, and the key, stay open.
func (b *Bucket) Check(ctx context.Context) error {
	in := &s3.ListObjectsV2Input{
		Bucket: &b.name, Prefix: aws.String(b.prefix + LatestFolder), MaxKeys: aws.Int32(1), ExpectedBucketOwner: &b.owner,
	}
	if _, err := b.client.ListObjectsV2(ctx, in); err != nil {
		said := b.explain("list", LatestFolder, err)
		if api, ok := errors.AsType[smithy.APIError](err); ok && api.ErrorCode() == "AccessDenied" {
			in.ExpectedBucketOwner = nil // S3 gives one answer to a stranger's bucket and to one that refuses the list
			if _, err := b.client.ListObjectsV2(ctx, in); err == nil {
				return fmt.Errorf("%s: %w than %s", b.URL(""), ErrNotOwner, b.owner)
			}
		}
		return said
	}
	o, err := b.Get(ctx, LatestFolder+runRecordName)
	if errors.Is(err, ErrNoObject) {
		return nil
	}
	if err != nil {
		return err
	}
	return o.Close()
}
