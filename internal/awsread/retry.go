package awsread

import (
	"errors"
	"math/rand/v2"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"

	"tenor/audit"
)

// Pacing is what the calls of a run are given: time, attempts, and bytes.
type Pacing struct {
	InFlight  int           // calls at once
	Rate      float64       // calls a second to begin with, of one account × region × API
	Attempts  int           // on throttles
	Transient int           // on what may pass: a server's error, a broken connection, a body cut off
	Slow      int           // on no answer in time, nor a connection
	Backoff   time.Duration // the longest pause before the second attempt; each one after may be twice as long
	Longest   time.Duration // pause
	Attempt   time.Duration // given to one attempt, its answer read to the end
	Ahead     time.Duration // how long before their end the credentials of a role are asked for anew
	Pages     int           // of one list
	Page      int64         // bytes of one of them: AWS's largest are near 1 MiB
	Detail    int64         // bytes of an answer that is no page of a list, which is not counted among what takes memory
	Small     int64         // bytes of an error, and of credentials
}

// DefaultPacing is what tenor gives them.
func DefaultPacing() Pacing {
	return Pacing{
		InFlight: 32, Rate: 10, Attempts: 12, Transient: 5, Slow: 2,
		Backoff: 100 * time.Millisecond, Longest: 2 * time.Second, Attempt: time.Minute, Ahead: 5 * time.Minute,
		Pages: 20_000, Page: 64 << 20, Detail: smallBody, Small: 1 << 20,
	}
}

// retryer implements aws.RetryerV2 with full jitter. Unlike the SDK's it has no quota of retries that one failing scope
// could use up for the others, and it gives a throttle more attempts than an error.
type retryer struct {
	aws.NopRetryer // the quota of retries, of which there is none
	Pacing
}

var retryables = retry.IsErrorRetryables(retry.DefaultRetryables)

func (r retryer) IsErrorRetryable(err error) bool {
	if errors.Is(err, errRefused) || errors.Is(err, errBlocked) {
		return false
	}
	if ReasonOf(err) == audit.ReasonMalformed {
		return true // most often a connection that broke
	}
	return isThrottle(err) || isExpired(err) || retryables.IsErrorRetryable(err) == aws.TrueTernary
}

func (r retryer) MaxAttempts() int { return r.Attempts }

// RetryDelay returns the pause after the attempt of that number, which counts from 1.
func (r retryer) RetryDelay(attempt int, err error) (time.Duration, error) {
	switch {
	case isThrottle(err): // up to MaxAttempts
	case attempt >= r.Transient, attempt >= r.Slow && ReasonOf(err) == audit.ReasonTimeout:
		return 0, err
	}
	longest := min(r.Backoff<<min(attempt-1, 20), r.Longest)
	return rand.N(longest + 1), nil
}
