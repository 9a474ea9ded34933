package delivery

import (
	"encoding/json"
	"fmt"
	"strings"

	"tenor/audit"
)

// news is a failure that is new or changed, with the others that have its cause: what is wrong is one thing, and it is told once.
type news struct {
	audit.Finding
	products map[audit.ResourceRef]bool // that have its cause, its own among them; empty for a failure without one
}

// newsOf returns the first few failures that are new or changed, in their order, and whether there are more. Those of provisioned
// products that rest on one cause are one.
func newsOf(findings audit.FindingList) (list []news, more bool, err error) {
	at := map[string]int{} // cause → its place in list
	for f, err := range findings.All() {
		if err != nil {
			return nil, false, err
		}
		if f.Verdict != audit.Fail {
			break // failures come first
		}
		if f.Change == audit.Optional(audit.ChangePersisting) {
			continue
		}
		cause := causeOf(&f)
		i, known := at[cause]
		switch {
		case cause != "" && known:
		case len(list) == noticeNews:
			more = true
			continue
		default:
			i = len(list)
			list = append(list, news{Finding: f, products: map[audit.ResourceRef]bool{}})
			at[cause] = i
		}
		if cause != "" && f.Resource.Kind == audit.KindProvisionedProduct {
			list[i].products[f.Resource] = true
		}
	}
	return list, more, nil
}

// causeOf returns the cause that the evidence of a finding names; empty where it names none.
func causeOf(f *audit.Finding) string {
	if f.Resource.Kind != audit.KindProvisionedProduct && f.Resource.Kind != audit.KindAccount {
		return ""
	}
	var evidence struct{ Cause string }
	if json.Unmarshal(f.Evidence, &evidence) != nil {
		return ""
	}
	return evidence.Cause
}

// String says it in one line.
func (n news) String() string {
	severity, rule := strings.ToUpper(string(n.Severity)), word(n.Rule)
	if n.Resource.Kind == audit.KindProvisionedProduct && len(n.products) > 1 {
		return fmt.Sprintf("%s %s: %d products fail with the same error, one of them %s %s in %s: %s", severity, rule, len(n.products),
			word(n.Resource.ID), word(n.Resource.Name), scopeOf(n.Resource), clip(n.Msg, noticeMsg))
	}
	return fmt.Sprintf("%s %s: %s %s in %s: %s", severity, rule, word(n.Resource.ID), word(n.Resource.Name), scopeOf(n.Resource),
		clip(n.Msg, noticeMsg))
}
