// Package verify holds the checks of the workbook by the programs that others read it with. They install what they need of npm into a
// temporary directory, and as root what they need of Debian: go test -count=1 -timeout 60m -tags verify ./report/verify
package verify
