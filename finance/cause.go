package finance

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// maxCause bounds a cause, in bytes: what tells causes apart stands at the start of an error.
const maxCause = 512

// differing are what differs between two products that broke for one reason, and what stands for it in the cause. They are taken out in
// this order. What AWS calls an operation, a service, a parameter, a type or an instance class has to stay: it is the cause.
var differing = [...]struct {
	pattern *regexp.Regexp
	with    string
}{
	{regexp.MustCompile(`\barn:aws[\w-]*:[^\s"'` + "`" + `,;)\]}]+`), "<arn>"},
	{regexp.MustCompile(`[\w.+-]+@[\w-]+(?:\.[\w-]+)+`), "<email>"},
	{regexp.MustCompile(`\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?\b`), "<time>"},
	{regexp.MustCompile(`(?i)\brequest[ _-]?(?:id|token)"?\s*[:=]\s*"?[\w/+=-]+"?`), "request <id>"},
	{regexp.MustCompile(`"[^"\s]+"|'[^'\s]+'|` + "`[^`\\s]+`"), "<name>"},
	{regexp.MustCompile(`\b\d{1,3}(?:\.\d{1,3}){3}(?:/\d{1,2})?\b`), "<address>"},
	{regexp.MustCompile(`\b[A-Za-z0-9]+(?:[-_][A-Za-z0-9]+)+\b`), "<id>"},  // with a digit: sg-0c51f0e2, orders-cd04, us-east-2, a UUID
	{regexp.MustCompile(`\b[A-Za-z]*\d[A-Za-z]*\d[A-Za-z0-9]*\b`), "<id>"}, // of six characters and more: Logs4f9e93, 867435265669
}

var (
	digit  = regexp.MustCompile(`\d`)
	spaces = regexp.MustCompile(`\s+`)
)

// causeOf returns what errors have in common with those of other products that broke for the same reason: name is the product's own.
// It is empty where the errors are.
func causeOf(errors []string, name string) string {
	text := strings.Join(errors, "; ")
	if len(name) > 2 {
		if own, err := regexp.Compile(`(^|[^\w-])` + regexp.QuoteMeta(name) + `($|[^\w-])`); err == nil {
			text = own.ReplaceAllString(text, "${1}<name>${2}")
		}
	}
	for _, d := range differing {
		text = d.pattern.ReplaceAllStringFunc(text, func(found string) string {
			if d.with == "<id>" && (!digit.MatchString(found) || len(found) < 6) {
				return found
			}
			return d.with
		})
	}
	text = strings.TrimSpace(spaces.ReplaceAllString(text, " "))
	if len(text) > maxCause {
		end := maxCause
		for !utf8.RuneStart(text[end]) {
			end--
		}
		text = text[:end]
	}
	return text
}
