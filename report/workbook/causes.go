package workbook

import (
	"cmp"
	"slices"
	"strconv"

	"tenor/audit"
	"tenor/report/workbook/xlsx"
)

// writeProducts writes Causes, Versions and Owners: the provisioned products by what they have in common.
func (s *sheets) writeProducts() error {
	p := cmp.Or(s.r.Products, &audit.Products{})
	s.causes = xlsx.NewTable(s.Book, "Causes", "causes", causeColumns(s.r.Billing != nil))
	s.versions = xlsx.NewTable(s.Book, "Versions", "versions", versionColumns())
	s.owners = xlsx.NewTable(s.Book, "Owners", "owners", ownerColumns())
	switch more := audit.NoRoom(p.Unlisted.Causes); {
	case s.r.Billing == nil:
		s.causes.Total = more
	case more == "":
		s.causes.Total = "Total"
	default:
		s.causes.Total = "Total. " + more
	}
	s.versions.Total, s.owners.Total = audit.NoRoom(p.Unlisted.Versions), audit.NoRoom(p.Unlisted.Owners)
	return inTurn(
		func() error { return s.causes.AddAll(p.Causes) }, func() error { return s.versions.AddAll(p.Versions) },
		func() error { return s.owners.AddAll(p.Owners) },
	)
}

// whole is a column of numbers.
func whole[T any](head string, of func(T) int) xlsx.Column[T] {
	return xlsx.Column[T]{Head: head, Kind: xlsx.Integer, Of: func(v T) string { return strconv.Itoa(of(v)) }}
}

// bad is a column of numbers that should be 0.
func bad[T any](head string, of func(T) int) xlsx.Column[T] {
	c := whole(head, of)
	c.Look = func(v T) xlsx.Look { return badIf(of(v) > 0) }
	return c
}

// causeColumns are those of Causes, with what the products cost where a bill was read.
func causeColumns(billed bool) []xlsx.Column[audit.ProductCause] {
	type row = audit.ProductCause
	columns := []xlsx.Column[row]{
		{Head: "Cause", Kind: xlsx.Prose, Width: 48, Of: func(v row) string { return v.Cause.Cause }},
		whole("Products", func(v row) int { return v.Products }),
		bad("Broken", func(v row) int { return v.Broken }),
		whole("Accounts", func(v row) int { return v.Accounts }),
		whole("Owners", func(v row) int { return v.Cause.Owners }),
		{Head: "Oldest", Kind: xlsx.Date, Of: func(v row) string { return string(v.Oldest) }},
		{Head: "What to do", Kind: xlsx.Prose, Width: 68, Of: func(v row) string { return string(v.Remediation) }},
		{Head: "Error of the first", Kind: xlsx.Prose, Width: screenWidth, Screen: true, Of: func(v row) string { return v.Text }},
		{Head: "First products", Kind: xlsx.Prose, Width: screenWidth, Of: func(v row) string {
			return lines(v.Examples[:min(len(v.Examples), shownExamples)], func(p audit.ProductRef) string {
				return p.Account + " " + p.Region + " " + p.ID + " " + p.Name
			})
		}},
	}
	if !billed {
		return columns
	}
	at := slices.IndexFunc(columns, func(c xlsx.Column[row]) bool { return c.Head == "Oldest" })
	return slices.Insert(columns, at,
		xlsx.Column[row]{Head: "Cost a month", Kind: xlsx.Money, Of: func(v row) string { return string(v.CostPerMonth) }},
		whole("Cost not known", func(v row) int { return v.CostUnknown }))
}

// shownExamples is how many products of a cause a row names.
const shownExamples = 5

func versionColumns() []xlsx.Column[audit.ProductVersion] {
	type row = audit.ProductVersion
	return []xlsx.Column[row]{
		{Head: "Product", Of: func(v row) string { return v.Product }},
		{Head: "Version", Of: func(v row) string { return v.Version }},
		{Head: "State", Of: func(v row) string { return string(v.State) },
			Look: func(v row) xlsx.Look { return badIf(v.State != audit.VersionCurrent) }},
		whole("Products", func(v row) int { return v.Products }),
		bad("Broken", func(v row) int { return v.Broken }),
		whole("Accounts", func(v row) int { return v.Accounts }),
		shown("Version to go to", xlsx.Text, func(v row) audit.Optional { return v.Newest }),
		{Head: "Product ID", Kind: xlsx.Ident, Of: func(v row) string { return v.ProductID }},
		{Head: "Version ID", Kind: xlsx.Ident, Of: func(v row) string { return v.VersionID }},
	}
}

func ownerColumns() []xlsx.Column[audit.ProductOwner] {
	type row = audit.ProductOwner
	return []xlsx.Column[row]{
		{Head: "Owner", Kind: xlsx.Prose, Width: 40, Of: func(v row) string { return v.Says() },
			Look: func(v row) xlsx.Look { return badIf(v.By == audit.OwnerNobody) }},
		{Head: "Known by", Of: func(v row) string {
			switch v.By {
			case audit.OwnerByTag:
				return "tag " + audit.OwnerTag
			case audit.OwnerByLaunch:
				return "who launched"
			}
			return ""
		}},
		whole("Products", func(v row) int { return v.Products }),
		whole("OK", func(v row) int { return v.OK }),
		bad("Broken", func(v row) int { return v.Broken }),
		bad("Behind", func(v row) int { return v.Behind }),
		bad("Not known", func(v row) int { return v.Unknown }),
	}
}

// productChecks hold the sheets to the report's own numbers.
func (s *sheets) productChecks() []check {
	p := s.r.Products
	if p == nil {
		return nil
	}
	failed, running, broken := 0, 0, 0
	for i := range p.Causes {
		failed += p.Causes[i].Products
	}
	for i := range p.Versions {
		running += p.Versions[i].Products
	}
	for i := range p.Owners {
		broken += p.Owners[i].Broken
	}
	sum := func(t *xlsx.Pages, head string) string { return overall(t, head, "SUM(%s)") }
	list := []check{
		counted("Products by cause", failed, failed, sum(s.causes.Pages, "Products")),
		counted("Products by version", p.Total-p.Unlisted.Versions, running, sum(s.versions.Pages, "Products")),
	}
	if p.Unlisted.Owners == 0 {
		list = append(list, counted("Broken products, by owner", p.Broken, broken, sum(s.owners.Pages, "Broken")))
	}
	return list
}

// productTiles are what there is to see first of the provisioned products, where there are any. It returns the row after them.
func (s *sheets) productTiles(c *xlsx.Canvas, row int) (int, error) {
	figures, err := s.r.ProductFigures()
	if err != nil || len(figures) == 0 {
		return row, err
	}
	section(c, row, "Provisioned products")
	row++
	col := nameCol
	for _, f := range figures {
		last := col + 1
		if col == nameCol {
			last = col
		}
		if last > lastCol {
			row, col, last = row+3, nameCol, nameCol
		}
		tile(c, row, col, last, f.Name, xlsx.Cell{Value: xlsx.Clip(f.Note, tileNote)}, xlsx.Cell{Kind: xlsx.Ident, Value: f.Value})
		col = last + 1
	}
	return row + 3, nil
}

// tileNote is how many characters of a note a tile shows.
const tileNote = 34
