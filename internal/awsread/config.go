package awsread

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/credentials/processcreds"
	"github.com/aws/aws-sdk-go-v2/credentials/ssocreds"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
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

// HasRegion reports whether something names the region of a configuration that LoadConfig returned.
func HasRegion(cfg aws.Config) bool { return !slices.Contains(cfg.ConfigSources, any(noRegion{})) }

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
		return aws.Config{}, credentialsError(o, cfg.ConfigSources, err)
	}
	cfg = orFallback(cfg)
	find, cancel := context.WithTimeout(ctx, credentialsTimeout)
	defer cancel()
	if _, err := cfg.Credentials.Retrieve(find); err != nil {
		return aws.Config{}, credentialsError(o, cfg.ConfigSources, err)
	}
	return cfg, nil
}

// S3Options are what every client of S3 has: an endpoint of one's own seldom has a name for each bucket.
func S3Options(o *s3.Options) {
	o.UsePathStyle = o.BaseEndpoint != nil
	o.DisableLogOutputChecksumValidationSkipped = true
}

// imdsService is the SDK's name of the instance metadata service, the last place that it asks.
const imdsService = "ec2imds"

// credentialsError says on one line what the SDK found wrong in its search for credentials, and what to do about it.
func credentialsError(o LoadOptions, sources []any, err error) error {
	named := cmp.Or(o.Profile, os.Getenv("AWS_PROFILE"), "default")
	profile := named
	var shared config.SharedConfig // none when the files could not be read
	for _, s := range sources {
		if c, ok := s.(config.SharedConfig); ok {
			shared = c
		}
	}
	for shared.Source != nil {
		profile, shared = shared.SourceProfileName, *shared.Source // the one that logs in
	}
	op, isCall := errors.AsType[*smithy.OperationError](err)
	for inner, more := op, isCall; more; inner, more = errors.AsType[*smithy.OperationError](inner.Err) {
		op = inner // of a role, what gives its credentials fails first
	}
	_, sent := errors.AsType[*url.Error](err)
	bySSO := isCall && strings.HasPrefix(op.Service(), "SSO")
	failed := func(what, do string) error {
		return fmt.Errorf("no AWS credentials: profile %s: %s: %s", profile, what, do)
	}
	if e, ok := errors.AsType[config.SharedConfigProfileNotExistError](err); ok {
		profile = e.Profile
		return failed("it does not exist", "aws configure list-profiles lists those that do")
	}
	if _, ok := errors.AsType[config.AssumeRoleTokenProviderNotSetError](err); ok {
		return failed("it asks for an MFA code, which a job cannot enter", fmt.Sprintf(
			`run eval "$(aws configure export-credentials --profile %s --format env)", and tenor without a profile`, profile))
	}
	if e, ok := errors.AsType[*processcreds.ProviderError](err); ok {
		return failed("credential_process gives none", "run its command by hand to see why ("+processCause(e)+")")
	}
	var cause error = &plainError{err}
	if file, ok := errors.AsType[*fs.PathError](err); ok {
		cause = file
	}
	if e, ok := errors.AsType[*ssocreds.InvalidTokenError](err); ok && e.Err == nil {
		cause = e
	}
	loggedOut := !sent && (!Answered(err) || slices.Contains([]string{"UnauthorizedException", "AccessDeniedException"}, codeOf(err)))
	switch {
	case bySSO && codeOf(err) == "ForbiddenException":
		return failed("SSO refuses its role "+shared.SSORoleName+" of account "+shared.SSOAccountID,
			"see that it is assigned to you ("+cause.Error()+")")
	case shared.SSOAccountID != "" && loggedOut && (bySSO || !Answered(err)):
		return failed("there is no SSO login, or it has expired", fmt.Sprintf("run aws sso login --profile %s (%v)", profile, cause))
	case shared.LoginSession != "" && loggedOut:
		return failed("there is no login, or it has expired", fmt.Sprintf("run aws login --profile %s (%v)", profile, cause))
	case isCall && op.Service() != imdsService:
		call := Operation{Service: strings.ToLower(op.Service()), Name: op.Operation()}.Wrap(err)
		return fmt.Errorf("no AWS credentials: profile %s: %w", named, call)
	}
	return fmt.Errorf("no AWS credentials: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run under a role: %w", cause)
}

// processCause is what went wrong with a credential_process, without what it printed, which may be a secret.
func processCause(e *processcreds.ProviderError) string {
	if syntax, ok := errors.AsType[*json.SyntaxError](e); ok {
		return "its output is no JSON: " + syntax.Error()
	}
	if strings.HasPrefix(e.Err.Error(), "parse failed") { // and goes on with what it printed
		return "its output is not of the documented form"
	}
	return strings.TrimPrefix(e.Err.Error(), "error in credential_process: ")
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
