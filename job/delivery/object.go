package delivery

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"tenor/internal/awsread"
	"tenor/internal/wholefile"
)

// ReadObject returns the object that an S3 URL names, whoever owns its bucket and in whatever region that is. One of more than most bytes
// is an error.
func ReadObject(ctx context.Context, cfg aws.Config, url string, most int) ([]byte, error) {
	name, key, err := ParseURL(url)
	if err != nil {
		return nil, err
	}
	b, err := NewBucket(awsread.Guard(cfg), "s3://"+name, "", "")
	if err != nil {
		return nil, err
	}
	o, err := b.get(ctx, key)
	if region := awsread.BucketRegion(err); region != "" {
		b.client = s3.New(b.client.Options(), func(o *s3.Options) { o.Region = region })
		o, err = b.get(ctx, key)
	}
	if err != nil {
		return nil, b.explain("read", key, err)
	}
	text, err := wholefile.From(o, int64(most))
	if err := errors.Join(err, o.Close()); err != nil {
		return nil, fmt.Errorf("read %s: %w", url, err)
	}
	return text, nil
}
