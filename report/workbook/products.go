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
		RecordErrors                    []struct{ Code, Description scalar }
	}
	artifact struct{ Active, Guidance scalar }
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
	return append(identity[*product]("Product ID"),
		column[*product]{head: "Name", of: func(p *product) string { return p.Name }},
		column[*product]{head: "Type", of: func(p *product) string { return string(p.spec.Type) }},
		column[*product]{head: "Status", of: func(p *product) string { return string(p.spec.Status) }, look: func(p *product) look {
			if p.spec.Status == "ERROR" || p.spec.Status == "TAINTED" {
				return bad
			}
			return plain
		}},
		column[*product]{head: "Status message", kind: prose, of: func(p *product) string { return string(p.spec.StatusMessage) }},
		column[*product]{head: "Product", of: func(p *product) string { return string(p.spec.ProductName) }},
		column[*product]{head: "Version", of: func(p *product) string { return string(p.spec.ProvisioningArtifactName) }},
		column[*product]{head: "Version state", of: (*product).version},
		owner[*product](),
		column[*product]{head: "Created", kind: date, of: func(p *product) string { return string(p.spec.CreatedTime) }},
		column[*product]{head: "Last request", of: func(p *product) string { return string(p.record.Status) }},
		column[*product]{head: "Last error", kind: prose, of: func(p *product) string {
			return list(p.record.RecordErrors, func(e struct{ Code, Description scalar }) string {
				if e.Code == "" {
					return string(e.Description)
				}
				return string(e.Code + ": " + e.Description)
			})
		}},
		gaps[*product](),
	)
}
