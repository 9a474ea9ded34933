package collector

import (
	"math/rand/v2"
	"time"

	"tenor/audit"
	"tenor/internal/awsread"
	"tenor/internal/awssim"
)

// Hurried returns the options with a pacing in which faults that last are over soon.
func Hurried(o Options) Options {
	p := quick
	p.Attempt = time.Second
	o.pacing, o.Rate = &p, 1000
	return o
}

// SomeFaults returns a mix of faults. Beside those that the collector sees there are prices that are none, which it passes on.
func SomeFaults(random *rand.Rand) []awssim.Fault {
	faults := someFaults(random)
	if random.IntN(4) == 0 {
		op := [...]awsread.Operation{awsread.GetOutpostBillingInformation, awsread.GetRenewalPricing, awsread.GetQuote}[random.IntN(3)]
		faults = append(faults, awssim.Fault{Operation: op.Name, Kind: awssim.FaultBadPrice, After: random.IntN(4), Times: random.IntN(6)})
	}
	return faults
}

// StartFails reports whether the faults can keep a run from knowing whom to ask.
func StartFails(faults []awssim.Fault) bool { return startFails(faults) }

// TimedOut reports whether a run ended since nobody answered in time.
func TimedOut(err error) bool { return awsread.ReasonOf(err) == audit.ReasonTimeout }

// Optional are the operations that a run does without, but for ListRegions, which says where to ask and gives nothing that is evaluated.
func Optional() []string {
	var names []string
	for _, op := range awsread.Operations() {
		if op.Optional && op != awsread.ListRegions {
			names = append(names, op.Name)
		}
	}
	return names
}
