// Package memory says how much memory the process may take, and keeps it from taking what it does not need.
package memory

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// small is what a run takes at least before garbage is collected sooner than Go would: two times what lives in most of them.
const small = 72 << 20

// most is how much the process may take.
var most = debug.SetMemoryLimit(-1)

// Most returns how many bytes the process may take: the user's GOMEMLIMIT, or what Limit was given; math.MaxInt64 without either.
func Most() int64 { return most }

// Limit says how many bytes the process may take. Close to them garbage is collected more often, rather than taking more.
func Limit(bytes int64) {
	most = min(bytes, most)
	debug.SetMemoryLimit(most)
}

// Live returns how many bytes the last garbage collection found in use. One runs whenever that may have doubled.
func Live() int64 {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	return int64(sample[0].Value.Uint64())
}

// KeepSmall collects garbage before the process takes more than seven quarters of what lives, or 72 MiB where that is more. Go on its own
// lets the heap double and then grow for as long as the collection takes, so that the worst moment of a long run is worse than that of a
// short one. Who sets GOGC or GOMEMLIMIT has it as they say.
func KeepSmall() {
	if os.Getenv("GOGC") == "" && os.Getenv("GOMEMLIMIT") == "" {
		keep(0)
	}
}

// mark is found to be garbage by the next collection.
type mark struct{ _ [64]byte }

// keep sets the limit that follows from the last collection, where it is not the one that is set, and does so again after the next.
func keep(set int64) {
	if limit := max(small, Live()*7/4); limit != set {
		set = limit
		debug.SetMemoryLimit(limit)
	}
	runtime.AddCleanup(new(mark), keep, set)
}
