package collector

import (
	"flag"
	"runtime/debug"
	"testing"
)

// Mixes are so many mixes of faults, and five times as many where the pipeline does not follow.
var Mixes = flag.Int("mixes", 24, "how many mixes of faults go through the whole pipeline, and five times as many are collected alone")

// TestMain has garbage collected less often than Go would, up to a GiB: it is much, and little of it lives.
func TestMain(m *testing.M) {
	debug.SetGCPercent(1000)
	debug.SetMemoryLimit(1 << 30)
	m.Run()
}
