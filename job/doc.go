// Package job is the pipeline: collect → enrich → evaluate → report. It is the one place that knows every stage, the one
// place below main that logs, and where the exit code is decided. What is accepted, what changed and what leaves the machine are
// in packages below it, which know nothing of it.
package job
