package job

import (
	"fmt"
	"log/slog"

	"tenor/audit"
)

// VisibleAttr is for the ReplaceAttr of a log's handler: what others wrote, such as AWS's messages, is logged as people can see it,
// which a handler of JSON does not see to.
func VisibleAttr(_ []string, a slog.Attr) slog.Attr {
	switch v := a.Value.Resolve(); v.Kind() {
	case slog.KindString:
		a.Value = slog.StringValue(audit.Visible(v.String()))
	case slog.KindAny:
		switch x := v.Any().(type) {
		case nil, *slog.Source, slog.Level: // the handler's own
		case []string:
			a.Value = slog.AnyValue(audit.Map(x, audit.Visible))
		default:
			a.Value = slog.StringValue(audit.Visible(fmt.Sprint(x)))
		}
	}
	return a
}
