package job

import (
	"errors"

	"tenor/audit"
	"tenor/report"
)

// DecisionsOf returns the decisions on file that a run read (a run folder or a report.json), and what became of each.
func DecisionsOf(run string) ([]audit.DecisionResult, error) {
	r, closeReport, err := report.ReadJSON(recordIn(run))
	if err != nil {
		return nil, err
	}
	return r.Decisions, errors.Join(report.Current(&r, run), closeReport())
}
