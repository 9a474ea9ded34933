package workbook

import (
	"tenor/docs"
	"tenor/report/workbook/xlsx"
)

// writeGlossary writes what the words mean.
func (s *sheets) writeGlossary() error {
	return xlsx.NewTable(s.Book, "Glossary", "terms", []xlsx.Column[docs.Term]{
		{Head: "Term", Width: 26, Of: func(v docs.Term) string { return v.Word }},
		{Head: "Meaning", Kind: xlsx.Prose, Width: 110, Of: func(v docs.Term) string { return v.Meaning }},
	}).AddAll(docs.Terms())
}
