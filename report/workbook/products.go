package workbook

import (
	"tenor/audit"
	"tenor/report/workbook/xlsx"
)

// product is a row of Provisioned products.
type product struct {
	source
	kind, status, message, created, name, version scalar // of the spec
	active, guidance                              scalar // of the artifact
	record                                        struct {
		Status       scalar
		RecordErrors []recordError
	}
}

// specField returns the field of a member of the spec, nil for one that is not shown.
func (p *product) specField(name []byte) *scalar {
	switch string(name) {
	case "Type":
		return &p.kind
	case "Status":
		return &p.status
	case "StatusMessage":
		return &p.message
	case "CreatedTime":
		return &p.created
	case "ProductName":
		return &p.name
	case "ProvisioningArtifactName":
		return &p.version
	}
	return nil
}

// artifactField does so for the artifact.
func (p *product) artifactField(name []byte) *scalar {
	switch string(name) {
	case "Active":
		return &p.active
	case "Guidance":
		return &p.guidance
	}
	return nil
}

type recordError struct{ Code, Description scalar }

func (e recordError) String() string {
	if e.Code == "" {
		return string(e.Description)
	}
	return string(e.Code + ": " + e.Description)
}

func newProduct(r *audit.Resource) *product {
	p := &product{source: sourceOf(r)}
	for _, d := range [...]struct {
		name  string
		doc   []byte
		field func(name []byte) *scalar
	}{{"spec", r.Spec, p.specField}, {"artifact", r.Related["artifact"], p.artifactField}} {
		for name, value := range members(d.doc) {
			if to := d.field(name); to != nil {
				if err := to.read(value); err != nil {
					p.malformed(d.name, err)
				}
			}
		}
	}
	p.decode("last_record", r.Related["last_record"], &p.record)
	return p
}

// versionState says in what state the product's version is; empty when that was not collected.
func (p *product) versionState() string {
	switch {
	case p.active == "false":
		return "inactive"
	case p.active == "true" && p.guidance == "DEPRECATED":
		return "deprecated"
	case p.active == "true":
		return "current"
	}
	return ""
}

func productColumns() []xlsx.Column[*product] {
	type row = *product
	return []xlsx.Column[row]{
		{Head: "Name", Of: func(p row) string { return p.Name }},
		{Head: "Status", Of: func(p row) string { return string(p.status) }, Look: func(p row) xlsx.Look {
			if p.status == "ERROR" || p.status == "TAINTED" {
				return xlsx.Bad
			}
			return xlsx.Plain
		}},
		{Head: "Status message", Kind: xlsx.Prose, Of: func(p row) string { return string(p.message) }},
		{Head: "Product", Of: func(p row) string { return string(p.name) }},
		{Head: "Version", Of: func(p row) string { return string(p.version) }},
		{Head: "Version state", Of: row.versionState},
		{Head: "Last request", Of: func(p row) string { return string(p.record.Status) }},
		account[row](),
		region[row](),
		owner[row](),
		{Head: "Created", Kind: xlsx.Date, Of: func(p row) string { return string(p.created) }},
		id[row]("Product ID"),
		{Head: "Last error", Kind: xlsx.Prose, Screen: true, Of: func(p row) string { return list(p.record.RecordErrors, recordError.String) }},
		{Head: "Type", Of: func(p row) string { return string(p.kind) }},
		gaps[row](),
	}
}
