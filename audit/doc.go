// Package audit holds the plain records that tenor's stages pass to one another: the resource document, the coverage
// ledger, findings and the report, the one order they stand in, and how they are written and read.
//
// Every other package of the pipeline imports audit and none imports another, so a record is the only thing that a
// stage can know of the stage before it. Audit itself imports the standard library and a decoder of JSON, and of ours
// the sorter of its findings and the scanner of JSON.
package audit
