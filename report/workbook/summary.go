package workbook

import (
	"tenor/audit"
)

func writeSummary(b *book, r *audit.Report) error {
	s := b.sheet("Summary")
	s.widths = []float64{2, 24, 20, 20, 20, 20, 20}
	s.begin(32)
	s.skip(1)
	s.add(&cell{style: b.styles.title, value: "AWS Outposts commitments and Service Catalog products"})
	if err := s.end(); err != nil {
		return err
	}
	return s.close()
}
