// Package job is the pipeline: collect → enrich → evaluate → report. It is the one place that knows every stage, the one
// place below main that logs, and where waivers, the baseline and the exit code are decided.
package job
