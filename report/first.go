package report

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"tenor/audit"
)

// alsoFound names the other rules that found the same; empty when none did.
func alsoFound(g *audit.FindingGroup) string {
	if len(g.Also) == 0 {
		return ""
	}
	return "; also " + strings.Join(g.Also, ", ")
}

// andOthers says on how many other products the same is found, to be put behind the name of the first; empty on none.
func andOthers(g *audit.FindingGroup) string {
	if n := g.Others(); n > 0 {
		return " and " + audit.Counted(n, "more product") + " with the same error"
	}
	return ""
}

// listCommand is the command that lists what the first view names and what it leaves out; run is empty for the default folder, and
// else a run folder or a report.json, which is quoted where a shell would not take it as one word.
func listCommand(run string) string {
	if run == "" {
		return "tenor findings --severity high"
	}
	if strings.HasPrefix(run, "-") {
		run = "./" + run
	}
	if strings.ContainsFunc(run, func(r rune) bool {
		return r < utf8.RuneSelf && !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("/._-:+,@%", r)
	}) {
		run = "'" + strings.ReplaceAll(run, "'", `'\''`) + "'"
	}
	return "tenor findings " + run + " --severity high"
}
