package finance

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"tenor/audit"
	"tenor/internal/rawjson"
)

// productSpec is what finance reads of a provisioned product.
type productSpec struct {
	status, message, created, userARN            string
	lastProvisioningRecord, lastSuccessfulRecord string
	provisioningArtifact, artifactName           string
	product, productName                         string
}

func readProductSpec(spec []byte) (p productSpec) {
	to := map[string]*string{"Status": &p.status, "StatusMessage": &p.message, "CreatedTime": &p.created, "UserArn": &p.userARN,
		"LastProvisioningRecordId": &p.lastProvisioningRecord, "LastSuccessfulProvisioningRecordId": &p.lastSuccessfulRecord,
		"ProvisioningArtifactId": &p.provisioningArtifact, "ProvisioningArtifactName": &p.artifactName,
		"ProductId": &p.product, "ProductName": &p.productName}
	for name, value := range rawjson.Members(spec) {
		if field := to[string(name)]; field != nil {
			text, _ := rawjson.Text(value)
			*field = string(text)
		}
	}
	return p
}

// history is what finance reads of the records of a provisioned product, the newest first.
type history struct {
	RecordDetails []record
	Truncated     bool
}

type record struct {
	RecordId, Status, RecordType, PathId, LaunchRoleArn string //nolint:revive // AWS's names
	CreatedTime, UpdatedTime                            timestamp
	RecordErrors                                        []struct{ Code, Description string }
}

// version is what finance reads of related.artifact.
type version struct {
	Id, Guidance string //nolint:revive // AWS's names
	Active       bool

	Missing, ProductMissing bool // the collector's

	CreatedTime  timestamp
	NewestActive *struct {
		Id, Name, Guidance string //nolint:revive // AWS's names
		CreatedTime        timestamp
	}
}

// productFacts returns the facts of a provisioned product. Where its records were read and do not say what failed, though
// something has, the section failure is a gap of r; where they do not go back to the beginning of what failed, history is.
func (a *Analyst) productFacts(r *audit.Resource) (audit.ProductFacts, error) {
	p := readProductSpec(r.Spec)
	f := audit.ProductFacts{LaunchedBy: audit.Optional(p.userARN), Succeeded: p.lastSuccessfulRecord != "",
		Errors: []string{}, LastErrors: []string{}}
	v, err := decode[*version](section(r, sectionArtifact), "related.artifact")
	if err != nil {
		return f, err
	}
	f.NewestActive, f.VersionState = newerVersion(v, p.provisioningArtifact), v.state()
	h, err := decode[*history](section(r, sectionRecords), "related.records")
	if err != nil || h == nil || len(h.RecordDetails) == 0 {
		return f, err
	}
	last := &h.RecordDetails[0]
	f.LastRecord, f.LastStatus, f.LastErrors = audit.Optional(last.RecordId), audit.Optional(last.Status), last.errors()
	f.LastCause = audit.Optional(causeOf(f.LastErrors, r.Name))
	f.LastCreated, f.LastUpdated = instant(last.CreatedTime), cmp.Or(instant(last.UpdatedTime), instant(last.CreatedTime))
	f.LaunchRole, f.PathID = audit.Optional(last.LaunchRoleArn), audit.Optional(last.PathId)
	failed, whole := h.failures(&p, &f)
	if len(failed) == 0 {
		if audit.Broken(p.status) || p.status == "AVAILABLE" && !whole && !h.hasLastProvisioning(&p) {
			setGap(r, sectionFailure, audit.Gap{Operation: audit.KindOf(r.Kind).Operation(sectionRecords), Reason: audit.ReasonMalformed,
				Message: fmt.Sprintf("the product is %s, and none of the %d records that were read since says what failed",
					p.status, len(h.RecordDetails))})
		}
		return f, nil
	}
	first, latest := failed[len(failed)-1], failed[0]
	f.BrokenSince, f.Attempts = instant(first.CreatedTime), len(failed)
	switch {
	case whole:
	case f.Succeeded:
		f.BrokenBefore = true
		setGap(r, sectionHistory, audit.Gap{Operation: audit.KindOf(r.Kind).Operation(sectionRecords), Reason: audit.ReasonError,
			Message: fmt.Sprintf("the %d records that were read do not go back to the last request that succeeded", len(h.RecordDetails))})
	case p.created != "": // never whole, so since it was launched
		f.BrokenSince = audit.Optional(p.created)
	}
	f.FailedRecord, f.RequestType = audit.Optional(latest.RecordId), audit.Optional(latest.RecordType)
	f.FailedOn = instant(latest.CreatedTime)
	if f.Errors = latest.errors(); len(f.Errors) == 0 && p.message != "" {
		f.Errors = []string{p.message}
	}
	f.Cause = audit.Optional(causeOf(f.Errors, r.Name))
	if latest.LaunchRoleArn != "" {
		f.LaunchRole = audit.Optional(latest.LaunchRoleArn)
	}
	if latest.PathId != "" {
		f.PathID = audit.Optional(latest.PathId)
	}
	return f, nil
}

// failures returns the records of the requests that failed since the last that succeeded, the newest first. Whole says that nothing of
// that time is missing. It sets Succeeded.
func (h *history) failures(p *productSpec, f *audit.ProductFacts) (failed []*record, whole bool) {
	var others []*record // that provision nothing, such as a service action
	whole = !h.Truncated
	for i := range h.RecordDetails {
		r := &h.RecordDetails[i]
		provisions := audit.Provisions(r.RecordType) || r.RecordId != "" && r.RecordId == p.lastProvisioningRecord
		if r.RecordId != "" && r.RecordId == p.lastSuccessfulRecord || provisions && r.Status == "SUCCEEDED" {
			f.Succeeded, whole = true, true
			break
		}
		switch {
		case r.Status != "FAILED":
		case provisions:
			failed = append(failed, r)
		default:
			others = append(others, r)
		}
	}
	if len(failed) == 0 && audit.Broken(p.status) {
		failed = others
	}
	return failed, whole
}

// hasLastProvisioning reports whether it is known how the last request ended that provisions.
func (h *history) hasLastProvisioning(p *productSpec) bool {
	return p.lastProvisioningRecord != "" && (p.lastProvisioningRecord == p.lastSuccessfulRecord ||
		slices.ContainsFunc(h.RecordDetails, func(r record) bool { return r.RecordId == p.lastProvisioningRecord }))
}

func (r *record) errors() []string {
	list := []string{}
	for _, e := range r.RecordErrors {
		switch {
		case e.Code != "" && e.Description != "":
			list = append(list, e.Code+": "+e.Description)
		case e.Code+e.Description != "":
			list = append(list, e.Code+e.Description)
		}
	}
	return list
}

// state returns in what state a version is; empty where it was not read.
func (v *version) state() audit.Optional {
	switch {
	case v == nil:
		return ""
	case v.Missing || v.ProductMissing:
		return audit.VersionMissing
	case v.Active && v.Guidance == "DEPRECATED":
		return audit.VersionDeprecated
	case v.Active:
		return audit.VersionCurrent
	}
	return audit.VersionInactive
}

// newerVersion returns the version to go to from one that runs; nil where none is known.
func newerVersion(v *version, running string) *audit.NewerVersion {
	if v == nil || v.NewestActive == nil {
		return nil
	}
	n := v.NewestActive
	age := n.CreatedTime.Sub(v.CreatedTime.Time)
	if n.Guidance != "DEFAULT" || n.Id == "" || n.Id == v.Id || n.Id == running ||
		v.CreatedTime.IsZero() || n.CreatedTime.IsZero() || age <= 0 {
		return nil
	}
	return &audit.NewerVersion{ID: n.Id, Name: cmp.Or(n.Name, n.Id),
		DaysNewer: audit.DaysBetween(dateOf(v.CreatedTime.Time), dateOf(n.CreatedTime.Time))}
}

// instant writes a date in UTC, and nothing for one that is not known.
func instant(t timestamp) audit.Optional {
	if t.IsZero() {
		return ""
	}
	return audit.Optional(t.UTC().Format(time.RFC3339Nano))
}
