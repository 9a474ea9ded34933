package memory

import (
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"testing"
)

// unbounded puts back what the test changes, and takes away what the user may have set.
func unbounded(t *testing.T) {
	for _, name := range []string{"GOGC", "GOMEMLIMIT"} {
		t.Setenv(name, "")
	}
	kept, set := most, debug.SetMemoryLimit(math.MaxInt64)
	most = math.MaxInt64
	t.Cleanup(func() {
		most = kept
		debug.SetMemoryLimit(set)
	})
}

// within collects garbage until the limit is as wanted.
func within(t *testing.T, want func(limit int64) bool) {
	t.Helper()
	for range 1000 {
		if want(debug.SetMemoryLimit(-1)) {
			return
		}
		runtime.GC()
	}
	t.Errorf("the limit stays at %d bytes; %d live", debug.SetMemoryLimit(-1), Live())
}

func TestTheLimitFollowsWhatLives(t *testing.T) {
	unbounded(t)
	KeepSmall()
	within(t, func(limit int64) bool { return limit == small })
	much := make([]byte, 100<<20)
	within(t, func(limit int64) bool { return limit >= int64(len(much))*7/4 })
	runtime.KeepAlive(much)
	much = nil
	within(t, func(limit int64) bool { return limit == small })
	if Most() != math.MaxInt64 {
		t.Errorf("what the process may take is %d bytes now", Most())
	}
}

func TestTheUsersValuesStay(t *testing.T) {
	for _, name := range []string{"GOGC", "GOMEMLIMIT"} {
		unbounded(t)
		os.Setenv(name, "200")
		KeepSmall()
		if limit := debug.SetMemoryLimit(-1); limit != math.MaxInt64 {
			t.Errorf("%s is set, and the limit is %d bytes", name, limit)
		}
	}
}

func TestLimit(t *testing.T) {
	unbounded(t)
	Limit(400 << 20)
	Limit(500 << 20) // the user's is lower
	if have := debug.SetMemoryLimit(-1); have != 400<<20 || Most() != have {
		t.Errorf("the limit is %d bytes, Most %d", have, Most())
	}
}
