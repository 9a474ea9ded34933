package report

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"tenor/audit"
)

// OCSF writes one Compliance Finding event a line, as SIEMs take them in: class 2003 of the Open Cybersecurity Schema
// Framework 1.9.0 with its cloud profile, as JSON. It is not for Amazon Security Lake, which takes Parquet of OCSF up to 1.3.
// A finding is created when it is new or there is no baseline, updated when the baseline had it, and closed when it is
// resolved. Times are milliseconds since 1970.
// https://schema.ocsf.io/1.9.0/classes/compliance_finding
func OCSF(w io.Writer, r audit.Report) error {
	asOf, err := time.Parse(time.RFC3339, r.Run.AsOf)
	if err != nil {
		return fmt.Errorf("as_of of the report: %w", err)
	}
	c := ocsfContext{rules: plainRules(r), accounts: accountNames(r), asOf: asOf.UnixMilli(), version: r.Run.ToolVersion}
	var line bytes.Buffer
	out := jsontext.NewEncoder(&line, jsontext.AllowInvalidUTF8(true))
	write := func(f audit.Finding, activity int) error {
		e, err := c.event(f, activity)
		if err != nil {
			return err
		}
		line.Reset()
		if err := encode(out, e); err != nil {
			return fmt.Errorf("encode finding %s: %w", f.Fingerprint, err)
		}
		_, err = w.Write(line.Bytes())
		return err
	}
	for f, err := range r.Findings.All() {
		if err != nil {
			return err
		}
		activity := ocsfCreate
		again := !f.Verdict.Given() && string(f.FirstSeen) != r.Run.AsOf // of which no change is said
		known := f.Change != "" && f.Change != audit.Optional(audit.ChangeNew)
		if again && r.Changes != nil || known {
			activity = ocsfUpdate
		}
		if err := write(f, activity); err != nil {
			return err
		}
	}
	if r.Changes == nil {
		return nil
	}
	for f, err := range r.Changes.Resolved.All() {
		if err != nil {
			return err
		}
		if err := write(f, ocsfClose); err != nil {
			return err
		}
	}
	return nil
}

// The activities of a finding.
const (
	ocsfCreate = 1
	ocsfUpdate = 2
	ocsfClose  = 3
)

const (
	ocsfVersion  = "1.9.0"
	ocsfClass    = 2003
	ocsfCategory = 2
)

type ocsfContext struct {
	rules    map[string]audit.Rule
	accounts map[string]string
	asOf     int64
	version  string
}

func (c ocsfContext) event(f audit.Finding, activity int) (object, error) {
	firstSeen := c.asOf
	if f.FirstSeen != "" {
		t, err := time.Parse(time.RFC3339, string(f.FirstSeen))
		if err != nil {
			return nil, fmt.Errorf("first_seen of finding %s: %w", f.Fingerprint, err)
		}
		firstSeen = t.UnixMilli()
	}
	rule, msg, kind := c.rules[f.Rule], audit.Visible(f.Msg), audit.Visible(f.Resource.Kind)
	region, id := audit.Visible(f.Resource.Region), audit.Visible(f.Resource.ID)
	activityName := [...]string{ocsfCreate: "Create", ocsfUpdate: "Update", ocsfClose: "Close"}[activity]
	severity := len(audit.Severities) - f.Severity.Rank() // critical is 5, info 1, and what is none 0, unknown
	status, statusName := ocsfStatus(f, activity)
	compliance, complianceName := ocsfComplianceStatus(f, activity)
	var account, owner, remediation, waiver any
	if id := f.Resource.Account; id != "" { // a waiver's finding has none
		account = object{{"uid", audit.Visible(id)}, {"name", given(audit.Visible(c.accounts[id]))}, {"type", "AWS Account"}, {"type_id", 10}}
	}
	if f.Resource.Owner != "" {
		owner = object{{"name", audit.Visible(f.Resource.Owner)}}
	}
	if f.Remediation != "" {
		desc := object{{"desc", audit.Visible(f.Remediation)}}
		if len(rule.RelatedResources) > 0 {
			refs := audit.Map(rule.RelatedResources, func(r audit.RelatedResource) string { return r.Ref })
			desc = append(desc, member{"references", refs})
		}
		remediation = desc
	}
	if w := f.Waiver; w != nil {
		waiver = audit.WaiverRef{Reason: audit.Visible(w.Reason), Owner: audit.Visible(w.Owner), Expires: audit.Visible(w.Expires)}
	}
	standards, requirements := []string{"tenor"}, any(nil)
	if len(rule.Frameworks) > 0 {
		var controls []string
		for _, f := range rule.Frameworks {
			controls = append(controls, f.String())
			if !slices.Contains(standards, f.ID) {
				standards = append(standards, f.ID)
			}
		}
		requirements = controls
	}
	return object{
		{"metadata", object{
			{"version", ocsfVersion}, {"profiles", []string{"cloud"}}, {"event_code", f.Rule},
			{"product", object{{"name", "tenor"}, {"vendor_name", "tenor"}, {"version", given(c.version)}}},
		}},
		{"category_uid", ocsfCategory}, {"category_name", "Findings"}, {"class_uid", ocsfClass}, {"class_name", "Compliance Finding"},
		{"activity_id", activity}, {"activity_name", activityName},
		{"type_uid", ocsfClass*100 + activity}, {"type_name", "Compliance Finding: " + activityName},
		{"severity_id", severity}, {"severity", [...]string{"Unknown", "Informational", "Low", "Medium", "High", "Critical"}[severity]},
		{"status_id", status}, {"status", statusName},
		{"time", c.asOf}, {"message", msg},
		{"finding_info", object{
			{"uid", f.Fingerprint}, {"title", given(rule.Title)}, {"desc", given(rule.Description)},
			{"first_seen_time", firstSeen}, {"last_seen_time", c.asOf}, {"data_sources", []string{kind}},
			{"analytic", object{{"uid", f.Rule}, {"name", given(rule.Title)}, {"type", "Rule"}, {"type_id", 1}}},
		}},
		{"compliance", object{
			{"control", f.Rule}, {"desc", given(rule.Title)}, {"standards", standards}, {"requirements", requirements},
			{"category", audit.Domain(f.Rule)},
			{"status_id", compliance}, {"status", complianceName}, {"status_details", []string{msg}},
		}},
		{"cloud", object{{"provider", "AWS"}, {"region", given(region)}, {"account", account}}},
		{"resources", []object{{
			{"uid", cmp.Or(audit.Visible(string(f.Resource.ARN)), id)}, {"name", given(audit.Visible(f.Resource.Name))},
			{"type", kind}, {"region", given(region)}, {"owner", owner},
		}}},
		{"remediation", remediation},
		{"unmapped", object{ // what OCSF has no attribute for
			{"verdict", f.Verdict}, {"resource_id", id}, {"due", given(string(f.Due))}, {"amount", given(f.Amount)},
			{"command", given(audit.Visible(string(f.Command)))},
			// As one string, it cannot clash with the types that a lake has derived from other findings.
			{"evidence", given(audit.Visible(f.EvidenceText()))},
			{"waiver", waiver},
		}},
	}, nil
}

// plainRules is rulesByID with what events repeat of a rule made visible, once.
func plainRules(r audit.Report) map[string]audit.Rule {
	rules := rulesByID(r)
	for id, rule := range rules {
		rule.Title, rule.Description = audit.Visible(rule.Title), audit.Visible(rule.Description)
		rule.RelatedResources = slices.Clone(rule.RelatedResources)
		for i := range rule.RelatedResources {
			rule.RelatedResources[i].Ref = audit.Visible(rule.RelatedResources[i].Ref)
		}
		rule.Frameworks = slices.Clone(rule.Frameworks)
		for i, f := range rule.Frameworks {
			rule.Frameworks[i] = audit.Framework{ID: audit.Visible(f.ID), Control: audit.Visible(f.Control)}
		}
		rules[id] = rule
	}
	return rules
}

// ocsfStatus says where the finding stands in its life.
func ocsfStatus(f audit.Finding, activity int) (int, string) {
	switch {
	case activity == ocsfClose:
		return 4, "Resolved"
	case f.Verdict == audit.Waived:
		return 3, "Suppressed"
	case activity == ocsfUpdate:
		return 2, "In Progress"
	}
	return 1, "New"
}

// ocsfComplianceStatus says what the rule found. A rule that could not evaluate gives a warning, which OCSF defines as
// missing information.
func ocsfComplianceStatus(f audit.Finding, activity int) (int, string) {
	switch {
	case activity == ocsfClose:
		return 1, "Pass"
	case f.Verdict == audit.Unknown || f.Verdict == audit.Error:
		return 2, "Warning"
	}
	return 3, "Fail"
}
