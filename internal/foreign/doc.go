// Package foreign has what AWS or a user may write, for the tests: a table of strings, the demo's estate with such a string in each name
// and message, and Texts, which reads with parsers that are not ours what people see of a format. It is linked into no program.
package foreign
