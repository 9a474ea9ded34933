// Package report writes a finished audit.Report in the formats that people and programs read: report.json, which is the
// record and which every other format can be made from again, the workbook, a page, what CI systems show, and a summary
// for a terminal.
//
// A format is a function from a report to a writer. It ranges over the findings, which may be on disk, and holds no
// more of them than what it shows. The same report gives the same bytes.
//
// Names, tags and messages come from AWS accounts and are written by anyone there, so every format escapes each string
// for the reader it is made for, after audit.Visible has replaced what no format but the record lets
// through. Report imports audit and nothing else of tenor but its own workbook.
package report
