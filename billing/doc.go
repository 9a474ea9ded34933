// Package billing reads what AWS charged from AWS Data Exports and holds it against the contracts. Call Read for the exports, which
// adds them up to audit.Charges, and Reconcile for the charges and what is known of contracts and products.
//
// FOCUS 1.0 and 1.2 with AWS's columns and CUR 2.0 are read, as Parquet or csv.gz, from a folder or S3, and told by their columns.
// Files are streamed: memory does not grow with their size. Sums are exact and do not depend on the order of lines or files. What is
// damaged is a gap of its month, and other months count. The package only reads, and imports nothing of the pipeline but the records
// of audit.
package billing
