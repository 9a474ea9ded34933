// Package version says which version of tenor this is.
package version

import (
	"runtime"
	"runtime/debug"
)

// dev is the version of a build of which nothing is known.
const dev = "dev"

// Build is what there is to know of the program.
type Build struct {
	Version  string `json:"version"`  // as String has it
	Revision string `json:"revision"` // of the source, empty where it is not known
	Modified bool   `json:"modified"` // the source was changed after that revision
	Go       string `json:"go"`       // go1.26.0
	Platform string `json:"platform"` // linux/arm64
}

// String returns the module's version as Go stamped it into the binary; for a build from a folder, dev and the revision of the source,
// where that is known.
func String() string { return Of().Version }

// Of returns the build of this process.
func Of() Build {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = &debug.BuildInfo{}
	}
	return of(info)
}

func of(info *debug.BuildInfo) Build {
	b := Build{Version: info.Main.Version, Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Revision = s.Value
		case "vcs.modified":
			b.Modified = s.Value == "true"
		}
	}
	if b.Version != "" && b.Version != "(devel)" {
		return b
	}
	b.Version = dev
	if b.Revision != "" {
		b.Version += "-" + b.Revision[:min(len(b.Revision), 12)]
	}
	if b.Modified {
		b.Version += "-modified"
	}
	return b
}
