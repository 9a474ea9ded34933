package report

import (
	"io"
	"iter"

	"tenor/audit"
	"tenor/report/workbook"
)

// XLSX writes the finance workbook. Resources ranges over the snapshot's resources with their facts, in snapshot order;
// it may be ranged over more than once, and nil leaves their sheets without rows.
func XLSX(w io.Writer, r audit.Report, resources iter.Seq2[*audit.Resource, error]) error {
	return workbook.Write(w, r, resources)
}
