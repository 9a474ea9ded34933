package job

import (
	"flag"
	"runtime/debug"
	"testing"
)

var thorough = flag.Bool("thorough", false, "try more sizes of reports, more sizes of disks that are full, more moments of interruptions")

// TestMain has garbage collected less often than Go would, up to a GiB: it is much, little of it lives, and to collect it takes a third
// of the time.
func TestMain(m *testing.M) {
	debug.SetGCPercent(1000)
	debug.SetMemoryLimit(1 << 30)
	m.Run()
}
