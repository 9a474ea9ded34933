package version

import (
	"runtime/debug"
	"testing"
)

func TestOf(t *testing.T) {
	revision := func(modified string) []debug.BuildSetting {
		return []debug.BuildSetting{{Key: "vcs.revision", Value: "0123456789abcdef0123"}, {Key: "vcs.modified", Value: modified}}
	}
	for _, c := range []struct {
		stamped  string
		settings []debug.BuildSetting
		want     string
	}{
		{"v1.2.3", revision("true"), "v1.2.3"},
		{"", nil, "dev"},
		{"(devel)", nil, "dev"},
		{"(devel)", revision("false"), "dev-0123456789ab"},
		{"(devel)", revision("true"), "dev-0123456789ab-modified"},
	} {
		info := &debug.BuildInfo{Main: debug.Module{Version: c.stamped}, Settings: c.settings}
		if got := of(info).Version; got != c.want {
			t.Errorf("%q, %v: %s, want %s", c.stamped, c.settings, got, c.want)
		}
	}
}
