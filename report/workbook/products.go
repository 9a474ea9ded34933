package workbook

import "tenor/audit"

// product is a row of Provisioned products.
type product struct {
	document
	spec struct {
		Name, Type, Status, StatusMessage      scalar
		CreatedTime                            scalar
		ProductName, ProductId                 scalar
		ProvisioningArtifactName, LastRecordId scalar
	}
	record struct {
		Status, RecordType, UpdatedTime scalar
		RecordErrors                    []recordError
	}
	artifact struct{ Active, Guidance scalar }
}

type recordError struct{ Code, Description scalar }

func (e recordError) String() string {
	if e.Code == "" {
		return string(e.Description)
	}
	return string(e.Code + ": " + e.Description)
}

func newProduct(r *audit.Resource) (*product, error) {
	p := &product{document: document{r}}
	for _, d := range [...]struct {
		name string
		doc  []byte
		v    any
	}{{"spec", r.Spec, &p.spec}, {"last_record", r.Related["last_record"], &p.record}, {"artifact", r.Related["artifact"], &p.artifact}} {
		if err := decode(r, d.name, d.doc, d.v); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// version says in what state the product's version is; empty when that was not collected.
func (p *product) version() string {
	switch {
	case p.artifact.Active == "false":
		return "inactive"
	case p.artifact.Active == "true" && p.artifact.Guidance == "DEPRECATED":
		return "deprecated"
	case p.artifact.Active == "true":
		return "current"
	}
	return ""
}

func productColumns() []column[*product] {
	type row = *product
	return []column[row]{
		{head: "Name", of: func(p row) string { return p.Name }},
		{head: "Status", of: func(p row) string { return string(p.spec.Status) }, look: func(p row) look {
			if p.spec.Status == "ERROR" || p.spec.Status == "TAINTED" {
				return bad
			}
			return plain
		}},
		{head: "Status message", kind: prose, of: func(p row) string { return string(p.spec.StatusMessage) }},
		{head: "Product", of: func(p row) string { return string(p.spec.ProductName) }},
		{head: "Version", of: func(p row) string { return string(p.spec.ProvisioningArtifactName) }},
		{head: "Version state", of: row.version},
		{head: "Last request", of: func(p row) string { return string(p.record.Status) }},
		account[row](),
		region[row](),
		owner[row](),
		{head: "Created", kind: date, of: func(p row) string { return string(p.spec.CreatedTime) }},
		id[row]("Product ID"),
		{head: "Last error", kind: prose, screen: true, of: func(p row) string { return list(p.record.RecordErrors, recordError.String) }},
		{head: "Type", of: func(p row) string { return string(p.spec.Type) }},
		gaps[row](),
	}
}
