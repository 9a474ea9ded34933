package job

import (
	"bytes"
	"context"
	_ "embed" // the template
	"slices"
	"text/template"
	"time"

	"tenor/audit"
	"tenor/collector"
)

//go:embed init.yaml.tmpl
var firstConfig string

// firstRole is the role that a first config names: that of the templates in deploy/, as their documents call it.
const firstRole = "TenorAudit"

// FirstConfig returns the text of a config, with comments, from what AWS shows to the credentials: an organization when they can list
// one, and the regions in which something is. Regions are named when everything was read and no other time, since a config that names
// some leaves the others out.
func (j *Job) FirstConfig(ctx context.Context) ([]byte, error) {
	tried := *j
	tried.Config.Organization = &Organization{RoleName: firstRole}
	of := struct {
		Date, Account, Role string
		Organization        bool
		Listed              string   // why the organization is none; empty: it is one
		Accounts, Entered   int      // of it: those to read, and those of them whose role could be assumed
		Found               []string // the regions in which something was found, ordered
		Gaps                int      // APIs and roles that were refused somewhere
	}{Date: j.Now().UTC().Format(time.DateOnly), Role: firstRole, Organization: true}
	found, err := tried.tryAll(ctx)
	if err != nil && found.Account != "" && stopped(ctx) == nil { // who calls is known, and not who else there is
		of.Organization, of.Listed = false, audit.Visible(audit.Joined(err.Error()))
		tried.Config.Organization = nil
		found, err = tried.tryAll(ctx)
	}
	if err != nil {
		return nil, err
	}
	of.Account, of.Accounts = found.Account, len(found.Accounts)
	for _, g := range found.Groups {
		switch {
		case g.Status == audit.StatusGap, g.Status == audit.StatusOptional: // which regions there are is then not known for certain
			of.Gaps++
		case g.Operation == "AssumeRole":
			of.Entered = len(g.Accounts)
		}
		of.Found = append(of.Found, slices.DeleteFunc(slices.Clone(g.Found), func(r string) bool { return !regionName.MatchString(r) })...)
	}
	slices.Sort(of.Found)
	of.Found = slices.Compact(of.Found)
	var text bytes.Buffer
	t, err := template.New("tenor.yaml").Parse(firstConfig)
	if err == nil {
		err = t.Execute(&text, of)
	}
	return text.Bytes(), err
}

// tryAll is collector.Check of what the config says.
func (j *Job) tryAll(ctx context.Context) (collector.Checked, error) {
	o, err := j.collecting(ctx)
	if err != nil {
		return collector.Checked{}, err
	}
	return collector.Check(ctx, o)
}
