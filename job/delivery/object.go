package delivery

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// ReadObject returns the object that an S3 URL names, whoever owns its bucket and in whatever region that is. One of more than most bytes
// is an error.
func ReadObject(ctx context.Context, cfg aws.Config, url string, most int) ([]byte, error) {
	name, key, err := ParseURL(url)
	if err != nil {
		return nil, err
	}
	b, err := NewBucket(cfg, "s3://"+name, "", "")
	if err != nil {
		return nil, err
	}
	o, err := b.get(ctx, key)
	if region := elsewhere(err); region != "" {
		b.client = s3.New(b.client.Options(), func(o *s3.Options) { o.Region = region })
		o, err = b.get(ctx, key)
	}
	if err != nil {
		return nil, b.explain("read", key, err)
	}
	text, err := io.ReadAll(io.LimitReader(o, int64(most)+1))
	if err == nil && len(text) > most {
		err = fmt.Errorf("it is larger than %d KiB", most>>10)
	}
	if err := errors.Join(err, o.Close()); err != nil {
		return nil, fmt.Errorf("read %s: %w", url, err)
	}
	return text, nil
}

// elsewhere returns the region of a bucket that S3 has just said is in another; empty: it has not.
func elsewhere(err error) string {
	answer, ok := errors.AsType[*smithyhttp.ResponseError](err)
	if !ok || answer.Response == nil {
		return ""
	}
	return answer.Response.Header.Get("X-Amz-Bucket-Region")
}
