package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"tenor/audit"
)

// sarifGaps is how many gaps are notifications of their own.
const sarifGaps = 100

// SARIF writes the report as SARIF 2.1.0 (OASIS, errata 01), made so that GitHub code scanning shows and follows each
// finding: the physical location is the rule's line in its policy, since a resource in AWS has none, the resource is the
// logical location, and the fingerprint is tenor's own. A waived finding is suppressed; an unknown or failed rule is an
// open result. At most 25,000 results are written, the most severe ones; a notification counts the others.
func SARIF(w io.Writer, r audit.Report) error {
	index := map[string]int{}
	driver := sarifDriver{Name: "tenor", Version: r.Run.ToolVersion, Rules: []sarifRule{}}
	if v, ok := strings.CutPrefix(r.Run.ToolVersion, "v"); ok { // a module's version; a build from a folder is dev
		driver.SemanticVersion = v
	}
	for i, rule := range r.Rules {
		index[rule.ID] = i
		driver.Rules = append(driver.Rules, newSARIFRule(rule.Rule))
	}
	rules := rulesByID(r)

	e := jsontext.NewEncoder(w, jsontext.WithIndent(" "), jsontext.AllowInvalidUTF8(true))
	sw := sarifWriter{e: e}
	sw.tokens(jsontext.BeginObject)
	sw.member("$schema", "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json")
	sw.member("version", "2.1.0")
	sw.tokens(jsontext.String("runs"), jsontext.BeginArray, jsontext.BeginObject)
	sw.member("tool", sarifTool{driver})
	sw.member("automationDetails", sarifAutomation{ID: "tenor/" + r.Run.ID})
	sw.member("columnKind", "unicodeCodePoints")
	sw.member("invocations", []sarifInvocation{newSARIFInvocation(r)})
	sw.member("properties", sarifRunProperties{TakenAt: r.Run.TakenAt, AsOf: r.Run.AsOf, Status: r.Status, PolicyDigest: r.Run.PolicyDigest, ConfigDigest: r.Run.ConfigDigest})
	sw.tokens(jsontext.String("results"), jsontext.BeginArray)
	n := 0
	for f, err := range r.Findings.All() {
		if err != nil {
			return err
		}
		if n++; n > maxResults {
			break
		}
		result := newSARIFResult(f, rules[f.Rule], r.Changes != nil)
		if i, ok := index[f.Rule]; ok {
			result.RuleIndex = &i
		}
		sw.value(result)
	}
	sw.tokens(jsontext.EndArray, jsontext.EndObject, jsontext.EndArray, jsontext.EndObject)
	return sw.err
}

func newSARIFRule(rule audit.Rule) sarifRule {
	s := sarifRule{
		ID:               rule.ID,
		ShortDescription: sarifText{plain(rule.Title)},
		FullDescription:  sarifText{plain(rule.Description)},
		Help: sarifHelp{
			Text:     plain(rule.Description + "\n" + rule.Remediation),
			Markdown: markdownText(rule.Description) + "\n\n**Remediation:** " + markdownText(rule.Remediation) + "\n",
		},
		DefaultConfiguration: sarifConfiguration{sarifLevel(rule.Severity)},
		Properties:           sarifRuleProperties{Tags: []string{"security", audit.Domain(rule.ID)}, SecuritySeverity: securitySeverity(rule.Severity), Precision: "very-high", ProblemSeverity: problemSeverity(rule.Severity)},
	}
	for _, ref := range rule.RelatedResources {
		if strings.HasPrefix(ref.Ref, "https://") {
			s.HelpURI = ref.Ref
			break
		}
	}
	return s
}

func newSARIFResult(f audit.Finding, rule audit.Rule, compared bool) sarifResult {
	file, line := policyPath(rule)
	name := string(f.Resource.ARN)
	if name == "" {
		name = f.Resource.ID
	}
	s := sarifResult{
		RuleID:  f.Rule,
		Kind:    "fail",
		Level:   sarifLevel(f.Severity),
		Message: sarifText{sarifMessage(label(f.Resource) + ": " + f.Msg)},
		Locations: []sarifLocation{{
			Physical: sarifPhysical{Artifact: sarifArtifact{URI: fileURI(plain(file))}, Region: sarifRegion{StartLine: line}},
			Logical:  []sarifLogical{{Name: plain(f.Resource.ID), FullyQualifiedName: plain(name), Kind: "resource"}},
		}},
		// GitHub tells alerts apart by the first of these, and would otherwise take it from the policy's source.
		PartialFingerprints: sarifFingerprints{PrimaryLocation: f.Fingerprint, Tenor: f.Fingerprint},
		Properties: sarifResultProperties{
			Severity: f.Severity, Verdict: f.Verdict, Kind: plain(f.Resource.Kind), Account: plain(f.Resource.Account), Region: plain(f.Resource.Region), Name: plain(f.Resource.Name), Owner: plain(f.Resource.Owner),
			Due: string(f.Due), Amount: f.Amount, Remediation: plain(f.Remediation), Command: plain(string(f.Command)), FirstSeen: string(f.FirstSeen),
		},
	}
	switch f.Verdict {
	case audit.Unknown, audit.Error:
		s.Kind, s.Level = "open", "none"
	case audit.Waived:
		s.Suppressions = []sarifSuppression{{Kind: "external", Status: "accepted"}}
		if f.Waiver != nil {
			s.Suppressions[0].Justification = plain(fmt.Sprintf("%s (%s, until %s)", f.Waiver.Reason, f.Waiver.Owner, f.Waiver.Expires))
		}
	}
	if compared {
		s.BaselineState = map[audit.Change]string{audit.ChangeNew: "new", audit.ChangePersisting: "unchanged", audit.ChangeChanged: "updated"}[audit.Change(f.Change)]
	}
	return s
}

// newSARIFInvocation says how the run went: what could not be read and what is not listed are its notifications.
func newSARIFInvocation(r audit.Report) sarifInvocation {
	inv := sarifInvocation{Successful: r.Summary.Verdicts[audit.Error] == 0, Notifications: []sarifNotification{}}
	note := func(id, level, format string, args ...any) {
		inv.Notifications = append(inv.Notifications, sarifNotification{Descriptor: sarifDescriptor{id}, Level: level, Message: sarifText{sarifMessage(fmt.Sprintf(format, args...))}})
	}
	if n := r.Findings.Len - maxResults; n > 0 {
		note("results-truncated", "warning", "%s are not listed: only the %d most severe are", Counted(n, "finding"), maxResults)
	}
	if n := r.Summary.Verdicts[audit.Error]; n > 0 {
		note("rule-error", "error", "%s: a rule failed while it judged a resource", Counted(n, "error"))
	}
	gaps := r.Gaps()
	for _, c := range gaps[:min(len(gaps), sarifGaps)] {
		note("gap", "warning", "%s %s %s:%s was not read: %s %s", c.Account, c.Region, c.Service, c.Operation, c.Reason, c.Message)
	}
	if n := len(gaps) - sarifGaps; n > 0 {
		note("gap", "warning", "%s not listed", Counted(n, "more gap"))
	}
	return inv
}

// sarifMessage escapes what a message string of SARIF would take for a placeholder or a link (§3.11.5, §3.11.6).
func sarifMessage(s string) string {
	return strings.NewReplacer("{", "{{", "}", "}}", "[", `\[`, "]", `\]`, `\`, `\\`).Replace(plain(s))
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
	switch s {
	case audit.Critical:
		return "9.5"
	case audit.High:
		return "8.0"
	case audit.Medium:
		return "5.5"
	case audit.Low:
		return "2.5"
	}
	return "0.1"
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
		w.err = json.MarshalEncode(w.e, v, json.Deterministic(true))
	}
}

func (w *sarifWriter) member(name string, v any) {
	w.tokens(jsontext.String(name))
	w.value(v)
}
