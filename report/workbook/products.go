package workbook

import (
	"tenor/audit"
	"tenor/internal/rawjson"
	"tenor/report/workbook/xlsx"
)

// product is a row of Provisioned products.
type product struct {
	source
	kind, status, message, created, name, version scalar // of the spec
	since, cause, request, role, path, launched   scalar // of the facts, as is state
	state, newest                                 scalar
	records                                       struct{ RecordDetails []request } // the newest first
	arn                                           string
	facts                                         *audit.ProductFacts // of one that the bill names; nil of others
}

// costlyProduct is what the facts say of a product that the bill names, and where it stands.
type costlyProduct struct {
	facts *audit.ProductFacts
	place string
}

// productReader reads products, with the facts of those that the bill names: there may be millions of others.
func productReader(b *audit.Billing) func(*audit.Resource, *product) (*product, error) {
	named := map[string]bool{}
	if b != nil {
		for i := range b.Products {
			named[b.Products[i].ARN] = true
		}
	}
	var t texts
	return func(r *audit.Resource, p *product) (*product, error) {
		if p == nil {
			p = &product{}
		}
		p.fill(r, &t)
		if !named[r.ARN] {
			return p, nil
		}
		p.arn, p.facts = r.ARN, &audit.ProductFacts{}
		return p, decodeFacts(r, p.facts)
	}
}

// writeProduct writes the row of a product, and keeps what the bill's sheet says of it.
func (d *details) writeProduct(t *xlsx.Table[*product], p *product) error {
	if err := t.Add(p); err != nil {
		return err
	}
	if p.facts != nil {
		d.costly[p.arn] = costlyProduct{p.facts, t.Place(t.Rows - 1)}
	}
	return nil
}

type request struct {
	Status       scalar
	RecordErrors []recordError
}

// last is the newest request; zero where none was collected.
func (p *product) last() (r request) {
	if len(p.records.RecordDetails) > 0 {
		r = p.records.RecordDetails[0]
	}
	return r
}

type recordError struct{ Code, Description scalar }

func (e recordError) String() string {
	if e.Code == "" {
		return string(e.Description)
	}
	return string(e.Code + ": " + e.Description)
}

func (p *product) fill(r *audit.Resource, t *texts) {
	*p = product{source: sourceOf(r)}
	p.read("spec", r.Spec, t, []field{
		{"Type", &p.kind}, {"Status", &p.status}, {"StatusMessage", &p.message}, {"CreatedTime", &p.created},
		{"ProductName", &p.name}, {"ProvisioningArtifactName", &p.version},
	})
	var newest scalar
	p.read("facts", r.Facts, t, []field{
		{"broken_since", &p.since}, {"cause", &p.cause}, {"request_type", &p.request}, {"launch_role", &p.role}, {"path_id", &p.path},
		{"launched_by", &p.launched}, {"version_state", &p.state}, {"newest_active", &newest},
	})
	p.read("facts", []byte(newest), t, []field{{"name", &p.newest}})
	p.decode("records", r.Related["records"], &p.records)
}

// field is a member of a document, and where its value goes.
type field struct {
	name string
	to   *scalar
}

// read reads some members of a section as decode does, in a fifth of the time.
func (p *product) read(section string, doc []byte, t *texts, fields []field) {
	for name, value := range rawjson.Members(doc) {
		for _, f := range fields {
			if f.name != string(name) {
				continue
			}
			if err := f.to.read(value, t); err != nil {
				p.malformed(section, err)
			}
		}
	}
}

func productColumns() []xlsx.Column[*product] {
	type row = *product
	return []xlsx.Column[row]{
		{Head: "Name", Of: func(p row) string { return p.Name }},
		{Head: "Status", Of: func(p row) string { return string(p.status) },
			Look: func(p row) xlsx.Look { return badIf(p.status == "ERROR" || p.status == "TAINTED") }},
		{Head: "Status message", Kind: xlsx.Prose, Of: func(p row) string { return string(p.message) }},
		{Head: "Product", Of: func(p row) string { return string(p.name) }},
		{Head: "Version", Of: func(p row) string { return string(p.version) }},
		{Head: "Version state", Of: func(p row) string { return string(p.state) }},
		{Head: "Last request", Of: func(p row) string { return string(p.last().Status) }},
		account[row](),
		region[row](),
		owner[row](),
		{Head: "Created", Kind: xlsx.Date, Of: func(p row) string { return string(p.created) }},
		id[row]("Product ID"),
		{Head: "Last error", Kind: xlsx.Prose, Width: screenWidth, Screen: true,
			Of: func(p row) string { return list(p.last().RecordErrors, recordError.String) }},
		{Head: "Broken since", Kind: xlsx.Date, Of: func(p row) string { return string(p.since) }},
		{Head: "Failed request", Of: func(p row) string { return string(p.request) }},
		{Head: "Cause", Kind: xlsx.Prose, Width: screenWidth, Of: func(p row) string { return string(p.cause) }},
		{Head: "Version to go to", Of: func(p row) string { return string(p.newest) }},
		{Head: "Launched by", Kind: xlsx.Ident, Of: func(p row) string { return string(p.launched) }},
		{Head: "Launch role", Kind: xlsx.Ident, Of: func(p row) string { return string(p.role) }},
		{Head: "Launch path", Kind: xlsx.Ident, Of: func(p row) string { return string(p.path) }},
		{Head: "Type", Of: func(p row) string { return string(p.kind) }},
		gaps[row](),
	}
}
