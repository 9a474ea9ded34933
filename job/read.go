package job

import (
	"errors"

	"tenor/audit"
	"tenor/report"
)

// ReadReport reads the report of a run (a run folder or a report.json) and shows it. Its findings are read from the file while show
// ranges over them.
func ReadReport(run string, show func(r *audit.Report) error) (err error) {
	r, closeReport, err := report.ReadJSON(recordIn(run))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeReport()) }()
	if err := report.Current(&r, run); err != nil {
		return err
	}
	return show(&r)
}
