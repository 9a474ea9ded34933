package policies

import (
	"flag"
	"time"
)

var (
	programsFor  = flag.Duration("programs", 0, "how long to run fresh random programs, or conformance cases on fresh documents; 0: a fixed set")
	programsSeed = flag.Uint64("programs.seed", 1, "the first seed of -programs")
)

// shrinkFor bounds the search for the smallest example of a difference.
const shrinkFor = 2 * time.Second
