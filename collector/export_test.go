package collector

import (
	"math/rand/v2"
	"time"

	"tenor/internal/awssim"
)

// Hurried returns the options with a pacing in which faults that last are over soon.
func Hurried(o Options) Options {
	p := quick
	p.attempt = 300 * time.Millisecond
	o.pacing, o.Rate = &p, 1000
	return o
}

// SomeFaults returns a mix of faults.
func SomeFaults(random *rand.Rand) []awssim.Fault { return someFaults(random) }

// StartFails reports whether the faults can keep a run from knowing whom to ask.
func StartFails(faults []awssim.Fault) bool { return startFails(faults) }
