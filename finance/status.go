package finance

import (
	"tenor/audit"
	"tenor/internal/rawjson"
)

// statusMember returns the member of a kind's spec that holds its status.
func statusMember(kind string) string {
	switch kind {
	case audit.KindOutpost:
		return "LifeCycleStatus"
	case audit.KindQuote:
		return "QuoteStatus"
	case audit.KindCapacityTask:
		return "CapacityTaskStatus"
	}
	return "Status"
}

// stringMember returns the string that is the value of the member name of the JSON object b, without its quotes; nil when there
// is no such member or it is no string.
func stringMember(b []byte, name string) []byte {
	s, _ := rawjson.Text(rawjson.Find(b, name))
	return s
}
