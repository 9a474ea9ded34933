package report

import (
	"cmp"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"tenor/audit"
)

// sarifGaps is how many gaps are notifications of their own.
const sarifGaps = 100

// sarifTags is how many tags of a rule GitHub takes.
const sarifTags = 20

// SARIF writes the report as SARIF 2.1.0 (OASIS, errata 01), made so that GitHub code scanning shows and follows each
// finding: the physical location is the rule's line in its policy, since a resource in AWS has none, the resource is the
// logical location, and the fingerprint is tenor's own. A waived finding is suppressed; an unknown or failed rule is an
// open result. At most 25,000 results are written, the most severe ones; a notification counts the others.
func SARIF(w io.Writer, r audit.Report) error {
	index, rules := map[string]int{}, []object{}
	for i, rule := range r.Rules {
		index[rule.ID] = i
		rules = append(rules, sarifRule(rule.Rule))
	}
	release, ok := strings.CutPrefix(r.Run.ToolVersion, "v") // a module's version; a build from a folder is dev
	if !ok {
		release = ""
	}
	e := jsontext.NewEncoder(w, jsontext.WithIndent(" "), jsontext.AllowInvalidUTF8(true))
	sw := sarifWriter{e: e}
	sw.tokens(jsontext.BeginObject)
	sw.member("$schema", "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json")
	sw.member("version", "2.1.0")
	sw.tokens(jsontext.String("runs"), jsontext.BeginArray, jsontext.BeginObject)
	sw.member("tool", object{{"driver", object{
		{"name", "tenor"}, {"version", given(r.Run.ToolVersion)}, {"semanticVersion", given(release)}, {"rules", rules},
	}}})
	sw.member("automationDetails", object{{"id", "tenor/" + r.Run.ID}})
	sw.member("columnKind", "unicodeCodePoints")
	sw.member("invocations", []object{
		{{"executionSuccessful", r.Summary.Verdicts[audit.Error] == 0}, {"toolExecutionNotifications", sarifNotes(r)}},
	})
	sw.member("properties", object{
		{"taken_at", r.Run.TakenAt}, {"as_of", r.Run.AsOf}, {"status", r.Status},
		{"policy_digest", r.Run.PolicyDigest}, {"config_digest", r.Run.ConfigDigest},
	})
	sw.tokens(jsontext.String("results"), jsontext.BeginArray)
	n, byID := 0, rulesByID(r)
	for f, err := range r.Findings.All() {
		if err != nil {
			return err
		}
		if n++; n > maxResults {
			break
		}
		var ruleIndex any
		if i, ok := index[f.Rule]; ok {
			ruleIndex = i
		}
		sw.value(sarifResult(f, byID[f.Rule], ruleIndex, r.Changes != nil))
	}
	sw.tokens(jsontext.EndArray, jsontext.EndObject, jsontext.EndArray, jsontext.EndObject)
	return sw.err
}

func sarifText(s string) object { return object{{"text", s}} }

func sarifRule(rule audit.Rule) object {
	var help any
	for _, ref := range rule.RelatedResources {
		if u, err := url.Parse(ref.Ref); err == nil && u.Scheme == "https" && u.Host != "" {
			help = u.String()
			break
		}
	}
	tags := slices.Compact([]string{"security", audit.Visible(audit.Domain(rule.ID))}) // the schema wants them unique
	for _, f := range rule.Frameworks[:min(len(rule.Frameworks), sarifTags-len(tags))] {
		tags = append(tags, audit.Visible(f.String()))
	}
	return object{
		{"id", rule.ID},
		{"shortDescription", sarifText(audit.Visible(rule.Title))},
		{"fullDescription", sarifText(audit.Visible(rule.Description))},
		{"help", object{
			{"text", audit.Visible(rule.Description + "\n" + rule.Remediation)},
			{"markdown", markdownText(rule.Description) + "\n\n**Remediation:** " + markdownText(rule.Remediation) + "\n"},
		}},
		{"helpUri", help},
		{"defaultConfiguration", object{{"level", sarifLevel(rule.Severity)}}},
		{"properties", object{ // that GitHub reads
			{"tags", tags},
			{"security-severity", securitySeverity(rule.Severity)},
			{"precision", "very-high"},
			{"problem.severity", problemSeverity(rule.Severity)},
		}},
	}
}

// sarifResult is a finding; its rule's index is nil for a rule that is not listed.
func sarifResult(f audit.Finding, rule audit.Rule, index any, compared bool) object {
	file, line := policyPath(rule)
	kind, level := "fail", sarifLevel(f.Severity)
	var state, suppressions any
	switch f.Verdict {
	case audit.Unknown, audit.Error:
		kind, level = "open", "none"
	case audit.Waived:
		suppression := object{{"kind", "external"}, {"status", "accepted"}}
		if f.Waiver != nil {
			reason := fmt.Sprintf("%s (%s, until %s)", f.Waiver.Reason, f.Waiver.Owner, f.Waiver.Expires)
			suppression = append(suppression, member{"justification", audit.Visible(reason)})
		}
		suppressions = []object{suppression}
	}
	if compared {
		states := map[audit.Change]string{audit.ChangeNew: "new", audit.ChangePersisting: "unchanged", audit.ChangeChanged: "updated",
			audit.ChangeSilenced: "updated"}
		state = given(states[audit.Change(f.Change)])
	}
	return object{
		{"ruleId", f.Rule}, {"ruleIndex", index}, {"kind", kind}, {"level", level}, {"baselineState", state},
		{"message", sarifText(sarifMessage(label(f.Resource) + ": " + f.Msg))},
		{"locations", []object{{
			{"physicalLocation", object{
				{"artifactLocation", object{{"uri", fileURI(audit.Visible(file))}}}, {"region", object{{"startLine", line}}},
			}},
			{"logicalLocations", []object{{
				{"name", audit.Visible(f.Resource.ID)},
				{"fullyQualifiedName", audit.Visible(cmp.Or(string(f.Resource.ARN), f.Resource.ID))}, {"kind", "resource"},
			}}},
		}}},
		// GitHub tells alerts apart by the first of these, and would otherwise take it from the policy's source.
		{"partialFingerprints", object{{"primaryLocationLineHash", f.Fingerprint}, {"tenor/v1", f.Fingerprint}}},
		{"suppressions", suppressions},
		{"properties", object{
			{"severity", f.Severity}, {"verdict", f.Verdict}, {"resource_kind", audit.Visible(f.Resource.Kind)},
			{"account", audit.Visible(f.Resource.Account)}, {"region", audit.Visible(f.Resource.Region)},
			{"name", audit.Visible(f.Resource.Name)}, {"owner", audit.Visible(f.Resource.Owner)},
			{"due", given(string(f.Due))}, {"amount", given(f.Amount)}, {"remediation", audit.Visible(f.Remediation)},
			{"command", given(audit.Visible(string(f.Command)))}, {"first_seen", given(string(f.FirstSeen))},
		}},
	}
}

// sarifNotes say how the run went: what could not be read and what is not listed.
func sarifNotes(r audit.Report) []object {
	notes := []object{}
	note := func(id, level, format string, args ...any) {
		text := sarifText(sarifMessage(fmt.Sprintf(format, args...)))
		notes = append(notes, object{{"descriptor", object{{"id", id}}}, {"level", level}, {"message", text}})
	}
	if n := r.Findings.Len - maxResults; n > 0 {
		note("results-truncated", "warning", "%s are not listed: only the %d most severe are", audit.Counted(n, "finding"), maxResults)
	}
	if n := r.Summary.Verdicts[audit.Error]; n > 0 {
		note("rule-error", "error", "%s: a rule failed while it evaluated a resource", audit.Counted(n, "error"))
	}
	gaps, all := r.Gaps(sarifGaps)
	for _, c := range gaps {
		note("gap", "warning", "%s %s %s:%s was not read: %s %s", c.Account, c.Region, c.Service, c.Operation, c.Reason, c.Message)
	}
	if n := all - sarifGaps; n > 0 {
		note("gap", "warning", "%s not listed", audit.Counted(n, "more gap"))
	}
	return notes
}

// sarifMessage escapes what a message string of SARIF would take for a placeholder or a link (§3.11.5, §3.11.6).
func sarifMessage(s string) string {
	return strings.NewReplacer("{", "{{", "}", "}}", "[", `\[`, "]", `\]`, `\`, `\\`).Replace(audit.Visible(s))
}

// sarifLevel is the level of a severity.
func sarifLevel(s audit.Severity) string {
	switch s {
	case audit.Critical, audit.High:
		return "error"
	case audit.Medium:
		return "warning"
	}
	return "note"
}

func problemSeverity(s audit.Severity) string {
	if level := sarifLevel(s); level != "note" {
		return level
	}
	return "recommendation"
}

// securitySeverity is a number that GitHub shows as the severity of the same name: critical above 9.0, high from 7.0,
// medium from 4.0, low above 0. Info has none of its own there.
func securitySeverity(s audit.Severity) string {
	scores := map[audit.Severity]string{audit.Critical: "9.5", audit.High: "8.0", audit.Medium: "5.5", audit.Low: "2.5"}
	return cmp.Or(scores[s], "0.1")
}

// sarifWriter writes a log as it comes and keeps the first error.
type sarifWriter struct {
	e   *jsontext.Encoder
	err error
}

func (w *sarifWriter) tokens(ts ...jsontext.Token) {
	for _, t := range ts {
		if w.err == nil {
			w.err = w.e.WriteToken(t)
		}
	}
}

func (w *sarifWriter) value(v any) {
	if w.err == nil {
		w.err = encode(w.e, v)
	}
}

func (w *sarifWriter) member(name string, v any) {
	w.tokens(jsontext.String(name))
	w.value(v)
}
