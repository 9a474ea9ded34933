package job

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"tenor/audit"
	"tenor/job/decisions"
	"tenor/job/waivers"
	"tenor/policies"
)

// signedProblems finds settings that signed_only takes from the bundles, and what it cannot do without.
func (c *Config) signedProblems(bad func(msg string, path ...string)) {
	p := &c.Policies
	if !p.SignedOnly {
		return
	}
	if p.Key == "" || len(p.Bundles) == 0 {
		bad("want policies.key and policies.bundles: what is signed comes from there", "policies", "signed_only")
	}
	for _, set := range [...]struct {
		is   bool
		path []string
	}{
		{c.Waivers != "", []string{"waivers"}}, {c.Decisions != "", []string{"decisions"}}, {len(p.Params) > 0, []string{"policies", "params"}},
		{len(p.Severity) > 0, []string{"policies", "severity"}}, {len(p.Disable) > 0, []string{"policies", "disable"}},
	} {
		if set.is {
			bad("policies.signed_only takes it from the signed bundles alone: put it into data.tenor there, or remove it", set.path...)
		}
	}
}

// effectivePolicies fetches the bundles that are in S3 and returns the settings that hold: with signed_only those of the signed bundles,
// and what else these say.
func (c *Config) effectivePolicies(ctx context.Context) (Policies, policies.Signed, error) {
	p := c.Policies
	var err error
	if p.Archives, err = c.fetchBundles(ctx); err != nil {
		return p, policies.Signed{}, err
	}
	if !p.SignedOnly {
		return p, policies.Signed{}, nil
	}
	s, err := policies.ReadSigned(ctx, policies.Options{Bundles: p.Bundles, Archives: p.Archives, Key: p.Key})
	if err != nil {
		return p, s, err
	}
	p.Disable, p.Severity, p.Params, p.Place = s.Disable, s.Severity, map[string]map[string]any{}, nil
	for rule, params := range s.Params {
		p.Params[rule] = map[string]any{}
		for name, v := range params {
			p.Params[rule][name] = v
		}
	}
	for rule, severity := range s.Severity {
		if _, err := audit.ParseSeverity(severity); err != nil {
			return p, s, fmt.Errorf("data.tenor.severity.%s: %w", rule, err)
		}
	}
	return p, s, nil
}

// waived reads the waivers that hold on a run that began at began; nil: there are none.
func (c *Config) waived(signed policies.Signed, began time.Time) (*waivers.Set, error) {
	limit := waivers.Limit{Days: c.WaiversMaxDays, From: began}
	switch {
	case len(signed.Waivers) > 0:
		return waivers.Parse("data.tenor.waivers", listed("waivers", signed.Waivers), limit)
	case c.Waivers != "":
		return waivers.Load(c.Waivers, limit)
	}
	return nil, nil
}

// decided reads the decisions on file.
func (c *Config) decided(signed policies.Signed) (ds []audit.Decision, err error) {
	switch {
	case len(signed.Decisions) > 0:
		ds, err = decisions.Parse("data.tenor.decisions", listed("decisions", signed.Decisions))
	case c.Decisions != "":
		ds, err = decisions.Load(c.Decisions)
	}
	if ds == nil {
		ds = []audit.Decision{}
	}
	return ds, err
}

// listed writes a list of JSON as the file that people write, so that the n-th entry stands in line n.
func listed(key string, list json.RawMessage) []byte {
	text := []byte(`{"` + key + `": `)
	var entries []json.RawMessage
	if json.Unmarshal(list, &entries) != nil {
		return append(append(text, list...), '}') // which the reader refuses
	}
	text = append(text, '[')
	for i, e := range entries {
		if i > 0 {
			text = append(text, ",\n"...)
		}
		text = append(text, e...)
	}
	return append(text, "]}\n"...)
}
