package workbook

import (
	"strconv"

	"tenor/audit"
	"tenor/report/workbook/xlsx"
)

// portfolio is a row of Portfolios.
type portfolio struct {
	source
	spec        struct{ ProviderName, Description, CreatedTime scalar }
	shares      struct{ PortfolioShareDetails []portfolioShare }
	constraints struct {
		ConstraintDetails []struct{ ConstraintId scalar }
	}
	roles      struct{ Roles []launchRole }
	principals struct {
		Principals []struct{ PrincipalARN scalar }
	}
	gone struct{ PrincipalARNs []scalar }
}

type (
	portfolioShare struct{ PrincipalId, Accepted scalar }
	launchRole     struct{ RoleArn, Missing scalar }
)

func newPortfolio(r *audit.Resource) (*portfolio, error) {
	p := &portfolio{source: sourceOf(r)}
	p.decode("spec", r.Spec, &p.spec)
	p.decode("shares", r.Related["shares"], &p.shares)
	p.decode("constraints", r.Related["constraints"], &p.constraints)
	p.decode("launch_role", r.Related["launch_role"], &p.roles)
	p.decode("principals", r.Related["principals"], &p.principals)
	p.decode("gone_principals", r.Related["gone_principals"], &p.gone)
	return p, nil
}

// counted is the number of what a section lists; empty where the section was not collected.
func (p *portfolio) counted(section string, n int) string {
	if _, gap := p.gaps[section]; gap {
		return ""
	}
	return strconv.Itoa(n)
}

func portfolioColumns() []xlsx.Column[*portfolio] {
	type row = *portfolio
	bad := func(row) xlsx.Look { return xlsx.Bad }
	return []xlsx.Column[row]{
		{Head: "Name", Of: func(p row) string { return p.Name }},
		shown("Provider", xlsx.Text, func(p row) scalar { return p.spec.ProviderName }),
		account[row](),
		region[row](),
		{Head: "Shares with accounts", Kind: xlsx.Integer, Of: func(p row) string {
			return p.counted("shares", len(p.shares.PortfolioShareDetails))
		}},
		{Head: "Never accepted by", Kind: xlsx.Prose, Look: bad, Of: func(p row) string {
			return list(p.shares.PortfolioShareDetails, func(s portfolioShare) string {
				if s.Accepted != "false" {
					return ""
				}
				return string(s.PrincipalId)
			})
		}},
		{Head: "Constraints", Kind: xlsx.Integer, Of: func(p row) string {
			return p.counted("constraints", len(p.constraints.ConstraintDetails))
		}},
		{Head: "Missing launch roles", Kind: xlsx.Prose, Look: bad, Of: func(p row) string {
			return list(p.roles.Roles, func(r launchRole) string {
				if r.Missing != "true" {
					return ""
				}
				return string(r.RoleArn)
			})
		}},
		{Head: "Principals", Kind: xlsx.Integer, Of: func(p row) string {
			return p.counted("principals", len(p.principals.Principals))
		}},
		{Head: "Principals gone", Kind: xlsx.Prose, Look: bad, Of: func(p row) string {
			return list(p.gone.PrincipalARNs, func(arn scalar) string { return string(arn) })
		}},
		shown("Created", xlsx.Date, func(p row) scalar { return p.spec.CreatedTime }),
		id[row]("Portfolio ID"),
		shown("Description", xlsx.Prose, func(p row) scalar { return p.spec.Description }),
		gaps[row](),
	}
}

// catalogueProduct is a row of Products of the catalogue.
type catalogueProduct struct {
	source
	spec struct {
		Status, CreatedTime scalar
		ProductViewSummary  struct{ Owner, Type, Distributor scalar }
		SourceConnection    struct {
			Type     scalar
			LastSync struct{ LastSyncTime, LastSyncStatus, LastSyncStatusMessage, LastSuccessfulSyncTime scalar }
		}
	}
}

func newCatalogueProduct(r *audit.Resource) (*catalogueProduct, error) {
	p := &catalogueProduct{source: sourceOf(r)}
	p.decode("spec", r.Spec, &p.spec)
	return p, nil
}

func catalogueColumns() []xlsx.Column[*catalogueProduct] {
	type row = *catalogueProduct
	return []xlsx.Column[row]{
		{Head: "Name", Of: func(p row) string { return p.Name }},
		{Head: "Status", Of: func(p row) string { return string(p.spec.Status) },
			Look: func(p row) xlsx.Look { return badIf(p.spec.Status == "FAILED") }},
		shown("Type", xlsx.Text, func(p row) scalar { return p.spec.ProductViewSummary.Type }),
		{Head: "Last synchronisation", Of: func(p row) string { return string(p.spec.SourceConnection.LastSync.LastSyncStatus) },
			Look: func(p row) xlsx.Look { return badIf(p.spec.SourceConnection.LastSync.LastSyncStatus == "FAILED") }},
		shown("Synchronised", xlsx.Moment, func(p row) scalar { return p.spec.SourceConnection.LastSync.LastSyncTime }),
		shown("Last success", xlsx.Moment, func(p row) scalar { return p.spec.SourceConnection.LastSync.LastSuccessfulSyncTime }),
		shown("Message", xlsx.Prose, func(p row) scalar { return p.spec.SourceConnection.LastSync.LastSyncStatusMessage }),
		account[row](),
		region[row](),
		shown("Product owner", xlsx.Text, func(p row) scalar { return p.spec.ProductViewSummary.Owner }),
		shown("Created", xlsx.Date, func(p row) scalar { return p.spec.CreatedTime }),
		id[row]("Product ID"),
		gaps[row](),
	}
}
