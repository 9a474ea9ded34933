package workbook

import (
	"strconv"

	"tenor/audit"
)

func coverageColumns() []column[*audit.Coverage] {
	type c = *audit.Coverage
	return []column[c]{
		{head: "Account", of: func(v c) string { return v.Account }},
		{head: "Region", of: func(v c) string { return v.Region }},
		{head: "Service", of: func(v c) string { return v.Service }},
		{head: "Operation", of: func(v c) string { return v.Operation }},
		{head: "Status", of: func(v c) string { return string(v.Status) }, look: func(v c) look {
			switch v.Status {
			case audit.StatusCollected:
				return plain
			case audit.StatusGap:
				return bad
			}
			return muted
		}},
		{head: "Reason", of: func(v c) string { return string(v.Reason) }},
		{head: "Collected", kind: integer, of: func(v c) string { return strconv.Itoa(v.Count) }},
		{head: "Message", kind: prose, of: func(v c) string { return v.Message }},
	}
}
