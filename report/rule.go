package report

import (
	"net/url"
	"path"

	"tenor/audit"
)

// maxResults is how many findings are listed in the formats of CI systems, which refuse or slow down on more (GitHub
// takes 25,000 SARIF results). Findings come most severe first, so the rest is the least severe; it is counted.
const maxResults = 25_000

// ownPolicies is the Origin of the rules that come with tenor.
const ownPolicies = "tenor"

// rulesByID indexes the rules of a report.
func rulesByID(r audit.Report) map[string]audit.Rule {
	m := map[string]audit.Rule{}
	for _, rule := range r.Rules {
		m[rule.ID] = rule.Rule
	}
	return m
}

// accountNames are the names of a report's accounts, by id.
func accountNames(r audit.Report) map[string]string {
	m := map[string]string{}
	for _, a := range r.Run.Accounts {
		m[a.ID] = a.Name
	}
	return m
}

// policyPath is where the source of a rule is: below the folder or bundle that the user gave, or in tenor's own
// policies. A rule without a source (waivers.expired) is said to stand in the report.
func policyPath(rule audit.Rule) (file string, line int) {
	switch {
	case rule.File == "":
		return "report.json", 1
	case rule.Origin == ownPolicies:
		return path.Join("policies", rule.File), max(rule.Line, 1)
	}
	return path.Join(rule.Origin, rule.File), max(rule.Line, 1)
}

// fileURI is a path as a URI reference: relative, or a file URI for one that is absolute.
func fileURI(file string) string {
	u := url.URL{Path: file}
	if path.IsAbs(file) {
		u.Scheme = "file"
	}
	return u.String()
}
