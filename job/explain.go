package job

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"tenor/audit"
	"tenor/policies"
)

// maxExplained is how many resources of one name are explained: those that several accounts share.
const maxExplained = 10

// explained is a resource of a run that a rule is explained on.
type explained struct {
	ref  audit.ResourceRef
	said []audit.Finding // by the run's report
	now  *policies.Explanation
}

// Explain writes why a rule fired, passed or is unknown on a resource of a run (a run folder, or a report.json in one), named by its
// id, ARN or name. What the report said of it is told beside what the policies say now, and whether they are those of the run.
func Explain(ctx context.Context, w io.Writer, c *Config, rule, resource, run string) error {
	options, err := c.PolicyOptions(ctx)
	if err != nil {
		return err
	}
	pack, err := policies.Load(ctx, options)
	if err != nil {
		return err
	}
	if err := pack.CheckRule(rule); err != nil {
		return err
	}
	asOf, documents, err := Documents(run)
	if err != nil {
		return err
	}
	var found []explained
	for r, err := range documents {
		if err != nil {
			return err
		}
		if resource == "" || resource != r.ID && resource != r.ARN && resource != r.Name {
			continue
		}
		if len(found) == maxExplained {
			return fmt.Errorf("resource %q: more than %d resources of %s have this name: name one by its ARN",
				audit.Visible(resource), maxExplained, run)
		}
		now, err := pack.Explain(ctx, rule, asOf, r)
		if err != nil {
			return err
		}
		found = append(found, explained{ref: r.Ref(), now: now})
	}
	if len(found) == 0 {
		return fmt.Errorf("resource %q: %s has no resource with this id, ARN or name: tenor findings %s lists those with findings",
			audit.Visible(resource), run, run)
	}
	changed := false
	err = ReadReport(run, func(r *audit.Report) error {
		params, perr := sameParams(r.Run.Params[rule], pack.Params()[rule])
		changed = r.Run.PolicyDigest != pack.Digest() || !params
		return errors.Join(perr, collectSaid(r, rule, found))
	})
	if err != nil {
		return err
	}
	var out strings.Builder
	if changed {
		fmt.Fprintf(&out, "the policies or their parameters are not those of %s: this is what they say now\n\n", run)
	}
	for i := range found {
		if i > 0 {
			out.WriteByte('\n')
		}
		if err := found[i].write(&out, run); err != nil {
			return err
		}
	}
	_, err = io.WriteString(w, out.String())
	return err
}

// sameParams reports whether a rule's parameters have the same values.
func sameParams[V ~[]byte](a, b map[string]V) (bool, error) {
	was, err := audit.EncodeJSON(a)
	if err != nil {
		return false, err
	}
	is, err := audit.EncodeJSON(b)
	return string(was) == string(is), err
}

// collectSaid adds to each resource what the report says of it by the rule.
func collectSaid(r *audit.Report, rule string, found []explained) error {
	for f, err := range r.Findings.All() {
		if err != nil {
			return err
		}
		i := slices.IndexFunc(found, func(e explained) bool { return e.ref == f.Resource })
		if f.Rule == rule && i >= 0 {
			found[i].said = append(found[i].said, f)
		}
	}
	return nil
}

// write writes the resource, what the report said, and the explanation.
func (e *explained) write(w *strings.Builder, run string) error {
	v := audit.Visible
	where := v(e.ref.Account)
	if e.ref.Region != "" {
		where += ", " + v(e.ref.Region)
	}
	called := v(e.ref.ID)
	if e.ref.Name != "" {
		called = v(e.ref.Name) + " (" + called + ")" // as tenor findings has it
	}
	fmt.Fprintf(w, "%s %s in %s\n", e.ref.Kind, called, where)
	if len(e.said) == 0 {
		fmt.Fprintf(w, "%s: no finding of it\n", run)
	}
	for _, f := range e.said {
		fmt.Fprintf(w, "%s: %s, %s (finding %s)\n", run, f.Verdict, f.Severity, f.Fingerprint[:min(len(f.Fingerprint), minPrefix)])
		if f.Waiver != nil {
			fmt.Fprintf(w, "  waived for %s by %s until %s: %s\n", v(f.Waiver.Resource), v(f.Waiver.Owner), v(f.Waiver.Expires), v(f.Waiver.Reason))
		}
	}
	return e.now.Write(w)
}
