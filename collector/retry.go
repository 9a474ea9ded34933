package collector

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"

	"tenor/audit"
)

// pacing is what things are given: time, attempts, and bytes.
type pacing struct {
	attempts  int           // on throttles
	transient int           // on what may pass: a server's error, a broken connection, a body cut off
	slow      int           // on no answer in time, nor a connection
	backoff   time.Duration // the longest pause before the second attempt; each one after may be twice as long
	longest   time.Duration // pause
	attempt   time.Duration // given to one attempt, its answer read to the end
	ahead     time.Duration // how long before their end the credentials of a role are asked for anew
	pages     int           // of one list
	page      int64         // bytes of one of them: AWS's largest are near 1 MiB
	detail    int64         // bytes of an answer that is no page of a list, which is not counted among what takes memory
	small     int64         // bytes of an error, and of credentials
}

func defaultPacing() pacing {
	return pacing{
		attempts: 12, transient: 5, slow: 2,
		backoff: 100 * time.Millisecond, longest: 2 * time.Second, attempt: time.Minute, ahead: 5 * time.Minute,
		pages: 20_000, page: 64 << 20, detail: smallBody, small: 1 << 20,
	}
}

// retryer implements aws.RetryerV2 with full jitter. Unlike the SDK's it has no quota of retries that one failing scope
// could use up for the others, and it gives a throttle more attempts than an error.
type retryer struct{ pacing }

var retryables = retry.IsErrorRetryables(retry.DefaultRetryables)

func (r retryer) IsErrorRetryable(err error) bool {
	if errors.Is(err, errRefused) || errors.Is(err, errBlocked) {
		return false
	}
	if reasonOf(err) == audit.ReasonMalformed {
		return true // most often a connection that broke
	}
	return isThrottle(err) || isExpired(err) || retryables.IsErrorRetryable(err) == aws.TrueTernary
}

func (r retryer) MaxAttempts() int { return r.attempts }

// RetryDelay returns the pause after the attempt of that number, which counts from 1.
func (r retryer) RetryDelay(attempt int, err error) (time.Duration, error) {
	switch {
	case isThrottle(err): // up to MaxAttempts
	case attempt >= r.transient, attempt >= r.slow && reasonOf(err) == audit.ReasonTimeout:
		return 0, err
	}
	longest := min(r.backoff<<min(attempt-1, 20), r.longest)
	return rand.N(longest + 1), nil
}

// The quota of retries, of which there is none.

func nothing(error) error { return nil }

func (r retryer) GetRetryToken(context.Context, error) (func(error) error, error) {
	return nothing, nil
}
func (r retryer) GetInitialToken() func(error) error                         { return nothing }
func (r retryer) GetAttemptToken(context.Context) (func(error) error, error) { return nothing, nil }
