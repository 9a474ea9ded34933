// Package workbook writes the finance workbook of a report: what must be decided by when, what each choice costs, and
// every row behind it, in sheets whose formulas follow the Assumptions. It says what stands on the sheets; package xlsx
// writes them.
//
// Only package report should call Write. Workbook imports audit, the terms of docs and xlsx, and nothing else
// of the pipeline.
package workbook
