package report

import (
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"tenor/audit"
)

// OCSF writes one Compliance Finding event a line, as security lakes and SIEMs take them in: class 2003 of the Open
// Cybersecurity Schema Framework 1.9.0 with its cloud profile. A finding is created when it is new or there is no
// baseline, updated when the baseline had it, and closed when it is resolved. Times are milliseconds since 1970.
// https://schema.ocsf.io/1.9.0/classes/compliance_finding
func OCSF(w io.Writer, r audit.Report) error {
	asOf, err := time.Parse(time.RFC3339, r.Run.AsOf)
	if err != nil {
		return fmt.Errorf("as_of of the report: %w", err)
	}
	c := ocsfContext{rules: plainRules(r), accounts: accountNames(r), asOf: asOf.UnixMilli(), version: r.Run.ToolVersion}
	write := func(f audit.Finding, activity int) error {
		e, err := c.event(f, activity)
		if err != nil {
			return err
		}
		line, err := json.Marshal(e, json.Deterministic(true), jsontext.AllowInvalidUTF8(true))
		if err != nil {
			return fmt.Errorf("encode finding %s: %w", f.Fingerprint, err)
		}
		_, err = w.Write(append(line, '\n'))
		return err
	}
	for f, err := range r.Findings.All() {
		if err != nil {
			return err
		}
		activity := ocsfCreate
		if f.Change == audit.Optional(audit.ChangePersisting) || f.Change == audit.Optional(audit.ChangeChanged) {
			activity = ocsfUpdate
		}
		if err := write(f, activity); err != nil {
			return err
		}
	}
	if r.Changes == nil {
		return nil
	}
	for _, f := range r.Changes.Resolved {
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

func (c ocsfContext) event(f audit.Finding, activity int) (ocsfEvent, error) {
	rule := c.rules[f.Rule]
	firstSeen := c.asOf
	if f.FirstSeen != "" {
		t, err := time.Parse(time.RFC3339, string(f.FirstSeen))
		if err != nil {
			return ocsfEvent{}, fmt.Errorf("first_seen of finding %s: %w", f.Fingerprint, err)
		}
		firstSeen = t.UnixMilli()
	}
	e := ocsfEvent{
		Metadata:    ocsfMetadata{Version: ocsfVersion, Profiles: []string{"cloud"}, EventCode: f.Rule, Product: ocsfProduct{Name: "tenor", VendorName: "tenor", Version: c.version}},
		CategoryUID: ocsfCategory, CategoryName: "Findings", ClassUID: ocsfClass, ClassName: "Compliance Finding",
		ActivityID: activity, TypeUID: ocsfClass*100 + activity, Time: c.asOf, Message: plain(f.Msg),
		Info: ocsfInfo{
			UID: f.Fingerprint, Title: rule.Title, Desc: rule.Description, FirstSeen: firstSeen, LastSeen: c.asOf, DataSources: []string{plain(f.Resource.Kind)},
			Analytic: ocsfAnalytic{UID: f.Rule, Name: rule.Title, Type: "Rule", TypeID: 1},
		},
		Compliance: ocsfCompliance{Control: f.Rule, Desc: rule.Title, Standards: []string{"tenor"}, Category: audit.Domain(f.Rule), StatusDetails: []string{plain(f.Msg)}},
		Cloud:      ocsfCloud{Provider: "AWS", Region: plain(f.Resource.Region)},
		Resources: []ocsfResource{{
			UID: plain(f.Resource.ID), Name: plain(f.Resource.Name), Type: plain(f.Resource.Kind), Region: plain(f.Resource.Region),
		}},
		Unmapped: ocsfUnmapped{Verdict: f.Verdict, Due: string(f.Due), Amount: f.Amount, Command: plain(string(f.Command)), Evidence: plain(f.EvidenceText()), ResourceID: plain(f.Resource.ID)},
	}
	e.ActivityName = [...]string{ocsfCreate: "Create", ocsfUpdate: "Update", ocsfClose: "Close"}[activity]
	e.TypeName = "Compliance Finding: " + e.ActivityName
	if wv := f.Waiver; wv != nil {
		e.Unmapped.Waiver = &audit.WaiverRef{Reason: plain(wv.Reason), Owner: plain(wv.Owner), Expires: plain(wv.Expires)}
	}
	if id := f.Resource.Account; id != "" { // a waiver's finding has none
		e.Cloud.Account = &ocsfAccount{UID: plain(id), Name: plain(c.accounts[id]), Type: "AWS Account", TypeID: 10}
	}
	if f.Resource.ARN != "" {
		e.Resources[0].UID = plain(string(f.Resource.ARN))
	}
	if f.Resource.Owner != "" {
		e.Resources[0].Owner = &ocsfOwner{Name: plain(f.Resource.Owner)}
	}
	if f.Remediation != "" {
		e.Remediation = &ocsfRemediation{Desc: plain(f.Remediation), References: []string{}}
		for _, ref := range rule.RelatedResources {
			e.Remediation.References = append(e.Remediation.References, ref.Ref)
		}
	}
	e.SeverityID = len(audit.Severities) - f.Severity.Rank() // critical is 5, info 1, and what is none 0, unknown
	e.Severity = [...]string{"Unknown", "Informational", "Low", "Medium", "High", "Critical"}[e.SeverityID]
	e.StatusID, e.Status = ocsfStatus(f, activity)
	e.Compliance.StatusID, e.Compliance.Status = ocsfComplianceStatus(f, activity)
	return e, nil
}

// plainRules is rulesByID with what events repeat of a rule passed through plain, once.
func plainRules(r audit.Report) map[string]audit.Rule {
	rules := rulesByID(r)
	for id, rule := range rules {
		rule.Title, rule.Description = plain(rule.Title), plain(rule.Description)
		rule.RelatedResources = slices.Clone(rule.RelatedResources)
		for i := range rule.RelatedResources {
			rule.RelatedResources[i].Ref = plain(rule.RelatedResources[i].Ref)
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

// ocsfComplianceStatus says what the rule found. A rule that could not judge gives a warning, which OCSF defines as
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

// The objects of OCSF that tenor writes.
type (
	ocsfEvent struct {
		Metadata     ocsfMetadata     `json:"metadata"`
		CategoryUID  int              `json:"category_uid"`
		CategoryName string           `json:"category_name"`
		ClassUID     int              `json:"class_uid"`
		ClassName    string           `json:"class_name"`
		ActivityID   int              `json:"activity_id"`
		ActivityName string           `json:"activity_name"`
		TypeUID      int              `json:"type_uid"`
		TypeName     string           `json:"type_name"`
		SeverityID   int              `json:"severity_id"`
		Severity     string           `json:"severity"`
		StatusID     int              `json:"status_id"`
		Status       string           `json:"status"`
		Time         int64            `json:"time"`
		Message      string           `json:"message"`
		Info         ocsfInfo         `json:"finding_info"`
		Compliance   ocsfCompliance   `json:"compliance"`
		Cloud        ocsfCloud        `json:"cloud"`
		Resources    []ocsfResource   `json:"resources"`
		Remediation  *ocsfRemediation `json:"remediation,omitempty"`
		Unmapped     ocsfUnmapped     `json:"unmapped"`
	}
	ocsfMetadata struct {
		Version   string      `json:"version"`
		Profiles  []string    `json:"profiles"`
		EventCode string      `json:"event_code"`
		Product   ocsfProduct `json:"product"`
	}
	ocsfProduct struct {
		Name       string `json:"name"`
		VendorName string `json:"vendor_name"`
		Version    string `json:"version,omitempty"`
	}
	ocsfInfo struct {
		UID         string       `json:"uid"`
		Title       string       `json:"title,omitempty"`
		Desc        string       `json:"desc,omitempty"`
		FirstSeen   int64        `json:"first_seen_time"`
		LastSeen    int64        `json:"last_seen_time"`
		DataSources []string     `json:"data_sources"`
		Analytic    ocsfAnalytic `json:"analytic"`
	}
	ocsfAnalytic struct {
		UID    string `json:"uid"`
		Name   string `json:"name,omitempty"`
		Type   string `json:"type"`
		TypeID int    `json:"type_id"`
	}
	ocsfCompliance struct {
		Control       string   `json:"control"`
		Desc          string   `json:"desc,omitempty"`
		Standards     []string `json:"standards"`
		Category      string   `json:"category"`
		StatusID      int      `json:"status_id"`
		Status        string   `json:"status"`
		StatusDetails []string `json:"status_details"`
	}
	ocsfCloud struct {
		Provider string       `json:"provider"`
		Region   string       `json:"region,omitempty"`
		Account  *ocsfAccount `json:"account,omitempty"`
	}
	ocsfAccount struct {
		UID    string `json:"uid"`
		Name   string `json:"name,omitempty"`
		Type   string `json:"type"`
		TypeID int    `json:"type_id"`
	}
	ocsfResource struct {
		UID    string     `json:"uid"`
		Name   string     `json:"name,omitempty"`
		Type   string     `json:"type"`
		Region string     `json:"region,omitempty"`
		Owner  *ocsfOwner `json:"owner,omitempty"`
	}
	ocsfOwner struct {
		Name string `json:"name"`
	}
	ocsfRemediation struct {
		Desc       string   `json:"desc"`
		References []string `json:"references,omitempty"`
	}
	// ocsfUnmapped is what OCSF has no attribute for.
	ocsfUnmapped struct {
		Verdict    audit.Verdict    `json:"verdict"`
		ResourceID string           `json:"resource_id"`
		Due        string           `json:"due,omitempty"`
		Amount     *audit.Money     `json:"amount,omitempty"`
		Command    string           `json:"command,omitempty"`
		Evidence   string           `json:"evidence,omitempty"` // as one string, it cannot clash with the types that a lake has derived from other findings
		Waiver     *audit.WaiverRef `json:"waiver,omitempty"`
	}
)
