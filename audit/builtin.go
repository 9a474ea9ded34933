package audit

import (
	"cmp"
	"slices"
)

// BuiltInRules returns those of the rules that are not Rego, about resources of a kind, that are not disabled, with the severities that
// are set for them, in their order.
func BuiltInRules(rules []Rule, kind string, disable []string, severity map[string]string) []Rule {
	var on []Rule
	for _, r := range rules {
		if slices.Contains(disable, r.ID) {
			continue
		}
		r.Severity = cmp.Or(Severity(severity[r.ID]), r.Severity)
		r.Kinds, r.Origin = []string{kind}, "tenor"
		r.Requires, r.Params, r.RelatedResources, r.Frameworks = []string{}, []Param{}, []RelatedResource{}, []Framework{}
		on = append(on, r)
	}
	return on
}

// BuiltInFinding returns what a built-in rule says of a resource; key is as for Fingerprint. It is false where the rule is not on.
func BuiltInFinding(on []Rule, id string, of ResourceRef, key, msg string) (Finding, bool) {
	i := slices.IndexFunc(on, func(r Rule) bool { return r.ID == id })
	if i < 0 {
		return Finding{}, false
	}
	return Finding{Fingerprint: Fingerprint(id, of, key), Rule: id, Severity: on[i].Severity, Verdict: Fail, Resource: of, Msg: msg,
		Remediation: on[i].Remediation}, true
}
