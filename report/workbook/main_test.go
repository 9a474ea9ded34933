package workbook

import (
	"runtime/debug"
	"testing"
)

// TestMain has garbage collected less often than Go would, up to a GiB: it is much, and little of it lives.
func TestMain(m *testing.M) {
	debug.SetGCPercent(1000)
	debug.SetMemoryLimit(1 << 30)
	m.Run()
}
