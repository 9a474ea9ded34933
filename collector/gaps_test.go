package collector

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tenor/audit"
	"tenor/internal/awssim"
)

// TestFaultsBecomeGaps makes one operation fail at a time, in every way there is, and expects one row of the ledger to say
// so with the right reason, and all else to be as it was.
func TestFaultsBecomeGaps(t *testing.T) {
	o := optionsFor(t, simulate(t, awssim.Options{}), plant)
	whole := collected(t, o)
	slow := quick
	slow.attempt = 250 * time.Millisecond
	for _, kind := range []struct {
		fault  awssim.FaultKind
		reason audit.Reason
		says   string // the start of the message
	}{
		{awssim.FaultThrottle, audit.ReasonThrottled, "ThrottlingException: "},
		{awssim.FaultServerError, audit.ReasonError, "InternalServerException: "},
		{awssim.FaultAccessDenied, audit.ReasonAccessDenied, "AccessDeniedException: "},
		{awssim.FaultDeniedBySCP, audit.ReasonDeniedBySCP, "AccessDeniedException: "},
		{awssim.FaultSlow, audit.ReasonTimeout, "no answer in time"},
		{awssim.FaultCutOff, audit.ReasonMalformed, "the body is cut off after "},
		{awssim.FaultBadJSON, audit.ReasonMalformed, "the body is no JSON: "},
		{awssim.FaultEmpty, audit.ReasonMalformed, "the body is empty"},
		{awssim.FaultMissingList, audit.ReasonMalformed, "the body has no "},
	} {
		for _, op := range operations {
			if op.service != serviceOutposts && op.service != serviceCatalog {
				continue
			}
			t.Run(fmt.Sprintf("%s/%s", kind.fault, op.name), func(t *testing.T) {
				f := awssim.Fault{Operation: op.name, Kind: kind.fault}
				if kind.fault == awssim.FaultSlow {
					f.Delay = time.Minute
				}
				o := optionsFor(t, simulate(t, awssim.Options{Faults: []awssim.Fault{f}}), plant)
				o.pacing = &slow
				s := collected(t, o)
				var got []string
				for _, row := range gaps(s) {
					got = append(got, fmt.Sprintf("%s %s", row.Operation, row.Reason))
					if !contains(row.Message, kind.says) {
						t.Errorf("message %q, want %q in it", row.Message, kind.says)
					}
				}
				if diff := cmp.Diff([]string{fmt.Sprintf("%s %s", op.name, kind.reason)}, got); diff != "" {
					t.Errorf("gaps (-want +got):\n%s", diff)
				}
				nothingByStealth(t, whole, s)
			})
		}
	}
}
