// Package version says which version of tenor this is.
package version

import "runtime/debug"

// String returns the module's version as Go stamped it into the binary, or "dev" for a build from a folder.
func String() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" || info.Main.Version == "(devel)" {
		return "dev"
	}
	return info.Main.Version
}
