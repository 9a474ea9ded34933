package report

import (
	"slices"
	"strings"

	"tenor/audit"
)

// sharedCauses are how many causes a summary names.
const sharedCauses = 5

// shared returns the first of the causes by which more than one product fails.
func shared(p *audit.Products) []audit.ProductCause {
	n := 0
	for n < min(len(p.Causes), sharedCauses) && p.Causes[n].Products > 1 {
		n++
	}
	return p.Causes[:n]
}

// products says in a line or two how the provisioned products are; by which causes several of them fail stands in the files.
func (t terminal) products(r *audit.Report, figures []audit.Figure) string {
	if len(figures) == 0 || r.Products.Broken+len(r.Products.Causes)+r.Products.Unexplained == 0 {
		return ""
	}
	return wrap("", audit.Map(figures, func(f audit.Figure) string {
		return strings.Join(t.lines(audit.Visible(audit.Cut(f.Says, snipBytes*t.width)), t.width, 2), "\n")
	}), t.width)
}

// products says how the provisioned products are, and by which causes several of them fail.
func (m *markdown) products() error {
	figures, err := m.r.ProductFigures()
	if err != nil || len(figures) == 0 || m.r.Products.Broken+len(m.r.Products.Causes)+m.r.Products.Unexplained == 0 {
		return err
	}
	m.printf("\n### Provisioned products\n\n")
	for _, f := range figures {
		m.printf("- %s\n", markdownText(audit.Cut(audit.Title(f.Says), markdownCell)))
	}
	first := shared(m.r.Products)
	var rows [][]string
	for i := range first {
		c := &first[i]
		rows = append(rows, markdownCells(number(c.Products), audit.CountOf(c.Accounts, c.AtLeast), audit.DayOf(c.Oldest), c.Cause.Cause,
			string(c.Remediation)))
	}
	header := []string{"Products", "Accounts", "Oldest", "Fail by one cause", "What to do"}
	m.table("", header, "---:|---:|---|---|---", rows, len(m.r.Products.Causes))
	return nil
}

// Owners are the owners of the findings that the page has a row for, in their order.
func (p *htmlPage) Owners() []string {
	var owners []string
	seen := map[string]bool{"": true}
	for i := range p.Listed {
		if o := p.Listed[i].Resource.Owner; !seen[o] {
			seen[o], owners = true, append(owners, o)
		}
	}
	slices.Sort(owners)
	return owners
}
