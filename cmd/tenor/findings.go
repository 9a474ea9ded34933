package main

import (
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"tenor/audit"
	"tenor/job"
	"tenor/policies"
	"tenor/report"
)

// defaultRun is the run folder that commands take when none is named.
const defaultRun = "out"

func (c *cli) findingsCmd() *cobra.Command {
	var wanted report.Wanted
	var severity string
	var isNew bool
	format, verdicts := "table", []string(nil)
	cmd := &cobra.Command{
		Use:   "findings [RUN]",
		Short: "List the findings of a run",
		Long: `List the findings of a run, the most severe first. RUN is a run folder or a report.json, out by default.

Without --verdict it lists those that fail, and counts the others. A finding is listed when it fits every flag; of the values of one
flag it needs one. json is an array of findings as report.json has them, csv what the format csv writes.`,
		Example: "  tenor findings --severity high\n  tenor findings out --rule 'outposts.*' --owner edge-platform\n" +
			"  tenor findings --verdict unknown,error --format json",
		RunE: func(_ *cobra.Command, args []string) error {
			run := append(args, defaultRun)[0]
			wanted.Severity, wanted.Verdicts = audit.Severity(severity), []audit.Verdict{audit.Fail}
			if len(verdicts) > 0 {
				wanted.Verdicts = audit.Map(verdicts, func(v string) audit.Verdict { return audit.Verdict(v) })
			}
			if isNew {
				wanted.News = []string{string(audit.ChangeNew)}
			}
			return job.ReadReport(run, func(r *audit.Report) error {
				if err := canWant(r, &wanted, run); err != nil {
					return err
				}
				if format == "table" {
					return report.Findings(c.stdout, *r, wanted, c.style())
				}
				if r.Status == audit.Incomplete {
					c.logger().Warn("the report is incomplete: there may be more findings", "gaps", r.Summary.Coverage.Gaps)
				}
				if format == "json" {
					return report.FindingsJSON(c.stdout, *r, wanted)
				}
				return report.FindingsCSV(c.stdout, *r, wanted)
			})
		},
	}
	kinds := audit.Map(audit.Kinds[:], func(k audit.Kind) string { return k.Name })
	s := cmd.Flags()
	s.Var(word{&severity, severities()}, "severity", "`severity` from which findings are listed")
	s.StringSliceVar(&wanted.Rules, "rule", nil, "`rule`, or a pattern such as outposts.*, repeated or comma-separated")
	s.StringSliceVar(&wanted.Accounts, "account", nil, "`account`, repeated or comma-separated")
	s.StringSliceVar(&wanted.Regions, "region", nil, "`region`, repeated or comma-separated")
	s.Var(words{&wanted.Kinds, append(kinds, audit.KindWaiver, audit.KindDecision)}, "kind", "`kind` of resource, repeated or comma-separated")
	s.Var(words{&verdicts, []string{"fail", "error", "unknown", "waived"}}, "verdict",
		"`verdict`: fail, error, unknown or waived, repeated or comma-separated")
	s.StringSliceVar(&wanted.Owners, "owner", nil, "`owner` by the resource's tag Owner, repeated or comma-separated")
	s.BoolVar(&isNew, "new", false, "only findings that are not in the baseline")
	s.VarP(word{&format, []string{"table", "json", "csv"}}, "format", "f", "`format`: table, json or csv")
	return cmd
}

// canWant reports what is asked for that the report cannot have: an empty list would say that nothing was found.
func canWant(r *audit.Report, w *report.Wanted, run string) error {
	rules := audit.Map(r.Rules, func(r audit.RuleResult) string { return r.ID })
	accounts := audit.Map(r.Run.Accounts, func(a audit.Account) string { return a.ID })
	for _, pattern := range w.Rules {
		if slices.ContainsFunc(rules, func(id string) bool { return report.MatchesRule(pattern, id) }) {
			continue
		}
		if near := policies.Nearest(pattern, rules); near != "" {
			return fmt.Errorf("--rule %q: no rule of %s has this id; did you mean %s?", pattern, run, near)
		}
		return fmt.Errorf("--rule %q: no rule of %s has this id: tenor policies list shows the rules", pattern, run)
	}
	for _, asked := range [...]struct {
		flag      string
		have, all []string
	}{{"account", w.Accounts, accounts}, {"region", w.Regions, r.Run.Regions}} {
		for _, name := range asked.have {
			if !slices.Contains(asked.all, name) {
				return fmt.Errorf("--%s %q: the report of %s has no such %s: run.%ss in its report.json are those it has",
					asked.flag, name, run, asked.flag,
					asked.flag)
			}
		}
	}
	if len(w.News) > 0 && r.Changes == nil {
		return fmt.Errorf("--new: %s was compared with no earlier report: make it with --baseline, or see tenor diff", run)
	}
	return nil
}
