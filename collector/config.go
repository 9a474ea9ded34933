package collector

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/smithy-go/logging"
)

// fallbackRegion is where STS is asked when nothing names a region: not the options, the environment, nor what is to be read.
const fallbackRegion = "us-east-1"

// noRegion is among the sources of a configuration whose region is only the fallback.
type noRegion struct{}

// orFallback gives a configuration the fallback region where it has none.
func orFallback(cfg aws.Config) aws.Config {
	if cfg.Region == "" {
		cfg.Region = fallbackRegion
		cfg.ConfigSources = append(cfg.ConfigSources, noRegion{})
	}
	return cfg
}

// home returns the region in which a run asks STS: the configuration's, else one of those to be read, whose partition is the
// run's and which the organization allows; of them one that AWS enables by default.
func home(cfg aws.Config, wanted []string) string {
	named := cfg.Region != "" && !slices.Contains(cfg.ConfigSources, any(noRegion{}))
	switch i := slices.IndexFunc(wanted, func(r string) bool { return slices.Contains(defaultRegions, r) }); {
	case named:
		return cfg.Region
	case i >= 0:
		return wanted[i]
	case len(wanted) > 0:
		return wanted[0]
	}
	return fallbackRegion
}

// credentialsTimeout bounds the search for credentials: the last place looked at is the instance metadata service, which
// does not answer off EC2.
const credentialsTimeout = 15 * time.Second

// LoadOptions says where credentials and the endpoint come from. The zero value means the usual AWS variables and files.
type LoadOptions struct {
	Profile string // of the shared config; empty: AWS_PROFILE, else "default"
	Region  string // empty: AWS_REGION, the profile's, else one that is read, else us-east-1
	// Endpoint and AccessKey, both or neither, are a loopback endpoint and a static key for it. The environment and the
	// shared config are not read then.
	Endpoint, AccessKey string
}

// LoadConfig returns the configuration of every AWS client of a run. Missing credentials are found here, and are one
// line: "no AWS credentials: …".
func LoadConfig(ctx context.Context, o LoadOptions) (aws.Config, error) {
	if (o.Endpoint == "") != (o.AccessKey == "") {
		return aws.Config{}, errors.New("load AWS config: an endpoint and an access key go together")
	}
	if o.Endpoint != "" {
		return orFallback(aws.Config{
			Region:       o.Region,
			BaseEndpoint: aws.String(o.Endpoint),
			Credentials:  credentials.NewStaticCredentialsProvider(o.AccessKey, "loopback", ""),
			Logger:       logging.Nop{},
		}), nil
	}
	opts := []func(*config.LoadOptions) error{config.WithLogger(logging.Nop{})} // what goes wrong comes back as an error
	if o.Profile != "" {
		opts = append(opts, config.WithSharedConfigProfile(o.Profile))
	}
	if o.Region != "" {
		opts = append(opts, config.WithRegion(o.Region))
	}
	cfg, err := config.LoadDefaultConfig(ctx, opts...)
	if err != nil {
		return aws.Config{}, fmt.Errorf("load AWS config: %w", err)
	}
	cfg = orFallback(cfg)
	find, cancel := context.WithTimeout(ctx, credentialsTimeout)
	defer cancel()
	if _, err := cfg.Credentials.Retrieve(find); err != nil {
		return aws.Config{}, fmt.Errorf("no AWS credentials: set AWS_PROFILE, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run under a role: %w", innermost(err))
	}
	return cfg, nil
}

func orElse(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// innermost returns the last error of a chain, which says what happened without who passed it on.
func innermost(err error) error {
	for {
		next := errors.Unwrap(err)
		if next == nil {
			return err
		}
		err = next
	}
}
