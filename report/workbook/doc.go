// Package workbook writes the finance workbook of a report: what must be decided by when, what each choice costs, and
// every row behind it, in sheets whose formulas follow the Assumptions.
//
// Excelize makes what there is little of: styles, charts, tables, names, properties. The rows of every sheet, of which
// there may be millions, are written by this package straight into the zip, so that memory does not grow with them and a
// formula can stand with its cached value. Money goes from its decimal digits into the cell's number, never through a float.
//
// Only package report should call Write. Workbook imports audit and nothing else of tenor.
package workbook
