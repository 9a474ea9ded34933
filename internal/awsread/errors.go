package awsread

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"tenor/audit"
)

// malformedError is an answer that cannot be what AWS means: cut off, no JSON, without its list, or with an impossible date.
type malformedError struct{ what string }

func (e *malformedError) Error() string { return e.what }

// Malformed returns the error of an answer that cannot be what AWS means, of audit.ReasonMalformed.
func Malformed(format string, args ...any) error {
	return &malformedError{fmt.Sprintf(format, args...)}
}

// TimeoutError says for what there was no time, of audit.ReasonTimeout.
type TimeoutError string

func (e TimeoutError) Error() string { return string(e) }

// Timeout has the error classified as one.
func (TimeoutError) Timeout() bool { return true }

const errAttemptTime = TimeoutError("no answer in time")

// scpDenials are how AWS says that a service control policy denies a call. Nothing but the message tells it from a missing
// permission.
var scpDenials = [...]string{"explicit deny in a service control policy", "no service control policy allows"}

// deniedCodes are the error codes of a call that policies do not allow.
var deniedCodes = map[string]bool{
	"AccessDenied": true, "AccessDeniedException": true, "UnauthorizedOperation": true, "AuthorizationErrorException": true,
	"AllAccessDisabled": true, "Forbidden": true, // of S3
}

// refusedCodes are the error codes of credentials that are not known. A region that the account has not enabled answers so, too.
var refusedCodes = map[string]bool{
	"UnrecognizedClientException": true, "InvalidClientTokenId": true, "OptInRequired": true, "SubscriptionRequiredException": true,
	"RegionDisabledException": true, "AuthFailure": true, "InvalidAccessKeyId": true,
}

// spoiltCodes are those of credentials that are known, and no good: they have ended, or the signature is wrong.
var spoiltCodes = map[string]bool{
	"ExpiredToken": true, "ExpiredTokenException": true, "InvalidToken": true,
	"InvalidSignatureException": true, "SignatureDoesNotMatch": true, "IncompleteSignature": true, "IncompleteSignatureException": true,
	"MissingAuthenticationToken": true, "MissingAuthenticationTokenException": true,
}

// Gap says why a call of the operation has failed.
func (op Operation) Gap(err error) audit.Gap {
	return audit.Gap{Operation: op.Name, Reason: ReasonOf(err), Message: MessageOf(err), Optional: op.Optional}
}

// ReasonOf classifies why a call has failed.
func ReasonOf(err error) audit.Reason {
	code := codeOf(err)
	_, late := retry.DefaultRetryableErrorCodes[code]
	waited, ok := errors.AsType[interface {
		error
		Timeout() bool
	}](err)
	switch {
	case !Answered(err) && isMalformed(err):
		return audit.ReasonMalformed
	case isThrottle(err):
		return audit.ReasonThrottled
	case deniedCodes[code] && slices.ContainsFunc(scpDenials[:], func(s string) bool { return strings.Contains(plainMessage(err), s) }):
		return audit.ReasonDeniedBySCP
	case deniedCodes[code]:
		return audit.ReasonAccessDenied
	case refusedCodes[code], spoiltCodes[code]:
		return audit.ReasonCredentials
	case late, !Answered(err) && ok && waited.Timeout():
		return audit.ReasonTimeout
	}
	return audit.ReasonError
}

// isThrottle reports whether AWS has said that calls come too fast.
func isThrottle(err error) bool {
	answer, ok := errors.AsType[*smithyhttp.ResponseError](err)
	_, throttle := retry.DefaultThrottleErrorCodes[codeOf(err)]
	return throttle || ok && answer.HTTPStatusCode() == http.StatusTooManyRequests
}

// codeOf is AWS's code of an error; empty for one that AWS itself did not say.
func codeOf(err error) string {
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		return api.ErrorCode()
	}
	return ""
}

// Answered reports whether an error is what AWS itself said.
func Answered(err error) bool {
	_, ok := errors.AsType[smithy.APIError](err)
	return ok
}

// isMalformed reports whether an answer could not be read: by Gate.body, or by the SDK where that decodes it.
func isMalformed(err error) bool {
	_, ours := errors.AsType[*malformedError](err)
	_, theirs := errors.AsType[*smithy.DeserializationError](err)
	return ours || theirs || errors.Is(err, io.ErrUnexpectedEOF)
}

// IsDenied reports whether AWS has said that policies do not allow the call.
func IsDenied(err error) bool { return deniedCodes[codeOf(err)] }

// IsRefused reports whether AWS does not know the credentials.
func IsRefused(err error) bool { return refusedCodes[codeOf(err)] }

// isExpired reports whether AWS has said that the credentials have ended.
func isExpired(err error) bool { return strings.TrimSuffix(codeOf(err), "Exception") == "ExpiredToken" }

// IsNoHost reports whether the name of the endpoint does not exist.
func IsNoHost(err error) bool {
	dns, ok := errors.AsType[*net.DNSError](err)
	return ok && dns.IsNotFound
}

// BucketRegion returns the region of a bucket that S3 has just said is in another; empty: it has not.
func BucketRegion(err error) string {
	answer, ok := errors.AsType[*smithyhttp.ResponseError](err)
	if !ok || answer.Response == nil {
		return ""
	}
	return answer.Response.Header.Get("X-Amz-Bucket-Region")
}

// MessageOf is what AWS said, or what went wrong on the way to it, as a message of the ledger, without the SDK's envelope.
func MessageOf(err error) string { return audit.LedgerMessage(plainMessage(err)) }

func plainMessage(err error) string {
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		return strings.TrimSuffix(api.ErrorCode()+": "+api.ErrorMessage(), ": ")
	}
	if m, ok := errors.AsType[*malformedError](err); ok {
		return m.what
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return "timed out"
	}
	if errors.Is(err, context.Canceled) {
		return "interrupted"
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return "the body is cut off"
	}
	if u, ok := errors.AsType[*url.Error](err); ok {
		return innermost(u).Error()
	}
	return innermost(err).Error()
}

// Wrap names the operation in the error of a call without which there is no run: "sts GetCallerIdentity at http://…: connection refused".
func (op Operation) Wrap(err error) error {
	where := ""
	if u, ok := errors.AsType[*url.Error](err); ok {
		if at, perr := url.Parse(u.URL); perr == nil {
			where = fmt.Sprintf(" at %s://%s", at.Scheme, at.Host)
		}
	}
	return fmt.Errorf("%s %s%s: %w", op.Service, op.Name, where, &plainError{err})
}

// plainError is an error in the words of MessageOf.
type plainError struct{ error }

func (e *plainError) Error() string { return MessageOf(e.error) }
func (e *plainError) Unwrap() error { return e.error }
