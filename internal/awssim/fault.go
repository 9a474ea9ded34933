package awssim

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
)

// FaultKind is a way to go wrong.
type FaultKind string

// The kinds of fault. Those from FaultCutOff on spoil an answer that was good.
const (
	FaultThrottle     FaultKind = "throttle"      // ThrottlingException, TooManyRequestsException from Organizations
	FaultServerError  FaultKind = "server_error"  // 500 InternalServerException
	FaultAccessDenied FaultKind = "access_denied" // no identity-based policy allows it
	FaultDeniedBySCP  FaultKind = "denied_by_scp" // a service control policy denies it
	FaultNotEnabled   FaultKind = "not_enabled"   // the region does not know the key
	FaultRefusedToken FaultKind = "refused_token" // the same; its calls are counted over all operations of an account and region
	FaultLargeError   FaultKind = "large_error"   // 400 with a body of 4 MiB
	FaultRedirect     FaultKind = "redirect"      // 307, to another path of the server
	FaultSlow         FaultKind = "slow"          // answered well, after the fault's Delay
	FaultCutOff       FaultKind = "cut_off"       // half the body, then the connection closes
	FaultBadJSON      FaultKind = "bad_json"      // a body that does not parse
	FaultEmpty        FaultKind = "empty"         // 200 without a body
	FaultMissingList  FaultKind = "missing_list"  // a body without the list, or the document, that was asked for
	FaultRepeatToken  FaultKind = "repeat_token"  // every page says that another follows, always with the same token
	FaultEndlessPages FaultKind = "endless_pages" // every page says that another follows, each with a new token
	FaultDuplicate    FaultKind = "duplicate"     // every item of a list comes twice
	FaultConflict     FaultKind = "conflict"      // every subscription comes twice, the second with another member
	FaultNullItem     FaultKind = "null_item"     // a list ends with null
	FaultOversize     FaultKind = "oversize"      // 4 MiB of white space after the body
	FaultBadDate      FaultKind = "bad_date"      // timestamps in milliseconds
	FaultBadPrice     FaultKind = "bad_price"     // prices that are words
)

// FaultKinds returns every kind.
func FaultKinds() []FaultKind {
	return []FaultKind{
		FaultThrottle, FaultServerError, FaultAccessDenied, FaultDeniedBySCP, FaultNotEnabled,
		FaultRefusedToken, FaultLargeError, FaultRedirect, FaultSlow,
		FaultCutOff, FaultBadJSON, FaultEmpty, FaultMissingList, FaultRepeatToken, FaultEndlessPages,
		FaultDuplicate, FaultConflict, FaultNullItem, FaultOversize, FaultBadDate, FaultBadPrice,
	}
}

// Fault makes calls go wrong. Calls are counted for each account, region and operation, unless its kind says otherwise; the
// first fault that covers a call is the one it gets.
type Fault struct {
	Account, Region, Operation string // "" or "*": any
	Kind                       FaultKind
	After                      int           // the first call that it covers: 2 spares the first; 0 is 1
	Times                      int           // how many calls it covers from there on; 0: all
	Delay                      time.Duration // before the answer, of any kind
}

func (f Fault) covers(account, region, operation string, n int) bool {
	is := func(pattern, value string) bool { return pattern == "" || pattern == "*" || pattern == value }
	first := max(f.After, 1)
	return is(f.Account, account) && is(f.Region, region) && is(f.Operation, operation) && n >= first && (f.Times == 0 || n < first+f.Times)
}

// LoadFaults reads a JSON list of faults with the keys account, region, operation, kind, after, times and delay ("2s"). An
// error names the line.
func LoadFaults(r io.Reader) ([]Fault, error) {
	root, err := parseTree(r)
	if err != nil {
		return nil, fmt.Errorf("load faults: %w", err)
	}
	faults, l := []Fault{}, loader{}
	l.list("the file", func(n *node) {
		var f Fault
		var kind, delay string
		l.object(n, "a fault", fields{
			"account": l.text(&f.Account), "region": l.text(&f.Region), "operation": l.text(&f.Operation), "kind": l.text(&kind),
			"after": l.count(&f.After), "times": l.count(&f.Times), "delay": l.text(&delay),
		})
		f.Kind = FaultKind(kind)
		if delay != "" {
			if f.Delay, err = time.ParseDuration(delay); err != nil {
				l.failf(n, "delay %q: want a duration such as 2s", delay)
			}
		}
		if err := f.check(); err != nil {
			l.failf(n, "%w", err)
		}
		faults = append(faults, f)
	})(root)
	if l.err != nil {
		return nil, fmt.Errorf("load faults: %w", l.err)
	}
	return faults, nil
}

func (f Fault) check() error {
	switch {
	case !slices.Contains(FaultKinds(), f.Kind):
		return fmt.Errorf("unknown kind of fault %q", f.Kind)
	case f.Kind == FaultSlow && f.Delay <= 0:
		return errors.New("a slow fault needs a delay")
	case f.After < 0 || f.Times < 0 || f.Delay < 0:
		return errors.New("after, times and delay are not negative")
	}
	return nil
}

// refusal is the error that the call's fault makes of it, or nil.
func (c *call) refusal() error {
	switch c.fault.Kind {
	case FaultThrottle:
		return c.throttled()
	case FaultServerError:
		return c.internal()
	case FaultAccessDenied:
		return c.notAllowed()
	case FaultDeniedBySCP:
		return c.denied("with an explicit deny in a service control policy")
	case FaultNotEnabled, FaultRefusedToken:
		return c.notEnabled()
	case FaultLargeError:
		return c.invalid("%s", strings.Repeat("x", large))
	case FaultRedirect:
		return &apiError{http.StatusTemporaryRedirect, "Redirect", "Moved"}
	default:
		return nil
	}
}

// large is the size, in bytes, of what is too large.
const large = 4 << 20

var timestamp = regexp.MustCompile(`"(\w*(?:Date|Time|Timestamp))":(\d+)(?:\.(\d{1,3}))?`)

var price = regexp.MustCompile(`"(\w*Price)":[0-9.eE+-]+`)

// spoil does to a good body what the call's fault says.
func (c *call) spoil(body []byte) []byte {
	switch c.fault.Kind {
	case FaultBadJSON:
		return append(body[:len(body)-1], "<html>"...)
	case FaultEmpty:
		return nil
	case FaultOversize:
		return append(body, bytes.Repeat([]byte(" "), large)...)
	case FaultBadPrice:
		return price.ReplaceAll(body, []byte(`"$1":"free"`))
	case FaultBadDate:
		return timestamp.ReplaceAllFunc(body, func(m []byte) []byte {
			name, digits, _ := strings.Cut(string(m), ":")
			seconds, fraction, _ := strings.Cut(digits, ".")
			return []byte(name + ":" + seconds + (fraction + "000")[:3])
		})
	default:
		return body
	}
}
