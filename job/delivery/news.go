package delivery

import (
	"fmt"
	"strings"

	"tenor/audit"
)

// news is a failure that is new or changed, with the others that have its cause: what is wrong is one thing, and it is told once.
type news struct{ audit.FindingGroup }

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
		cause := f.Cause()
		switch i, known := at[cause]; {
		case known:
			list[i].Add(&f)
			continue
		case len(list) == noticeNews:
			more = true
			continue
		case cause != "":
			at[cause] = len(list)
		}
		list = append(list, news{audit.NewFindingGroup(&f)})
	}
	return list, more, nil
}

// String says it in one line.
func (n news) String() string {
	alike := ""
	if others := n.Others(); others > 0 {
		alike = fmt.Sprintf("%d products fail with the same error, one of them ", others+1)
	}
	return fmt.Sprintf("%s %s: %s%s in %s: %s", strings.ToUpper(string(n.Severity)), word(n.Rule), alike,
		called(word(n.Resource.ID), word(n.Resource.Name)), scopeOf(n.Resource), clip(n.Msg, noticeMsg))
}
