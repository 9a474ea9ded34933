package workbook

import (
	"fmt"
	"io"
	"iter"

	"tenor/audit"
)

// sheetNames are the sheets in their order.
var sheetNames = []string{"Summary", "Findings", "Outposts", "Orders", "Quotes", "Capacity tasks", "Provisioned products", "Coverage"}

// maxRows is how many rows a sheet holds, its header included; a table that needs more goes on in "… (2)".
const maxRows = 1 << 20

// Write writes the workbook of r. Resources ranges over the snapshot's resources with their facts, in snapshot order;
// nil leaves their sheets without rows. The same report and resources give the same bytes.
func Write(w io.Writer, r audit.Report, resources iter.Seq2[*audit.Resource, error]) error {
	return write(w, &r, resources, maxRows)
}

func write(w io.Writer, r *audit.Report, resources iter.Seq2[*audit.Resource, error], maxRows int) error {
	b, err := newBook(w, sheetNames, maxRows)
	if err != nil {
		return err
	}
	b.footer = "&L&8tenor " + r.Run.ToolVersion + " · as of " + r.Run.AsOf + "&C&8&A&R&8Page &P of &N"
	findings := newTable(b, "Findings", "findings", findingColumns())
	findings.expect = r.Findings.Len
	for f, err := range r.Findings.All() {
		if err != nil {
			return fmt.Errorf("findings: %w", err)
		}
		if err := findings.add(&f); err != nil {
			return err
		}
	}
	if err := findings.close(); err != nil {
		return err
	}
	if _, err := writeResources(b, r, resources); err != nil {
		return err
	}
	coverage := newTable(b, "Coverage", "calls were made", coverageColumns())
	for i := range r.Coverage {
		if err := coverage.add(&r.Coverage[i]); err != nil {
			return err
		}
	}
	if err := coverage.close(); err != nil {
		return err
	}
	if err := writeSummary(b, r); err != nil {
		return err
	}
	return b.finish()
}
