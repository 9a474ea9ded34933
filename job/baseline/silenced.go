package baseline

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"tenor/audit"
)

// A finding may be gone because it was dealt with, or because somebody changed what is evaluated. Where a setting that changed may be
// why, nobody can tell which, so it is silenced by that setting and never resolved.

// settings is how the new report differs from the baseline in what people set.
type settings struct {
	diff   []audit.Setting
	now    audit.Settings
	rules  map[string]*audit.RuleResult // of the new report, or of the baseline where that has none
	edited map[string]bool              // rules whose policy is another one
}

// Against tells the baseline of the new report what decides how it is evaluated: its Run, Rules and Waivers. It comes before Note.
func (b *Baseline) Against(after *audit.Report) {
	if b == nil {
		return
	}
	s := &b.settings
	s.diff, s.now = audit.DiffSettings(&b.Report, after), after.Run.Settings
	s.rules, s.edited = map[string]*audit.RuleResult{}, map[string]bool{}
	digests := map[string]audit.Optional{}
	for i := range b.Report.Rules {
		r := &b.Report.Rules[i]
		s.rules[r.ID], digests[r.ID] = r, r.Digest
	}
	others := b.Report.Run.PolicyDigest != after.Run.PolicyDigest
	for i := range after.Rules {
		r := &after.Rules[i]
		was, known := digests[r.ID]
		// a report of an earlier version has no digest of a rule, and a rule that is not Rego comes with tenor
		s.edited[r.ID] = others && (!known || was != r.Digest || was == "")
		s.rules[r.ID] = r
	}
	b.changes.Settings = s.diff
}

// one returns the setting of a kind and name that changed, nil when it did not.
func (s *settings) one(kind audit.SettingKind, name string) *audit.Setting {
	i := slices.IndexFunc(s.diff, func(d audit.Setting) bool { return d.Kind == kind && d.Name == name })
	if i < 0 {
		return nil
	}
	return &s.diff[i]
}

// off returns why a rule does not run any more.
func (s *settings) off(rule string) *audit.Setting {
	own := s.one(audit.SettingRule, rule)
	if own != nil && own.After != "" {
		return own
	}
	return cmp.Or(s.one(audit.SettingNamespaces, ""), s.one(audit.SettingPolicies, ""), own,
		&audit.Setting{Kind: audit.SettingRule, Name: rule, Before: "on"})
}

// excluded returns the setting that excludes an account, nil when none does.
func (s *settings) excluded(account string, listed []string) *audit.Setting {
	if account == "" || !slices.Contains(s.now.ExcludeAccounts, account) && !slices.Contains(listed, account) {
		return nil
	}
	return cmp.Or(s.one(audit.SettingExcluded, ""), &audit.Setting{Kind: audit.SettingExcluded, After: audit.Optional(account)})
}

// narrowed returns the setting by which the config leaves out what a finding that was not evaluated is about, nil when none does.
func (s *settings) narrowed(r *audit.ResourceRef, before *audit.Run, accounts map[string]bool) *audit.Setting {
	regions := s.one(audit.SettingRegions, "")
	fewer := func(was, is []string) bool {
		return len(is) > 0 && (len(was) == 0 || slices.ContainsFunc(was, func(v string) bool { return !slices.Contains(is, v) }))
	}
	out := r.Kind == audit.KindAccount || r.Region != "" && !slices.Contains(s.now.Regions, r.Region)
	switch {
	case regions != nil && out && fewer(before.Settings.Regions, s.now.Regions):
		return regions
	case r.Account == "" || accounts[r.Account]:
		return nil
	case fewer(before.Settings.Accounts, s.now.Accounts) && !slices.Contains(s.now.Accounts, r.Account):
		if accounts := s.one(audit.SettingAccounts, ""); accounts != nil {
			return accounts
		}
	}
	return s.one(audit.SettingUnits, "")
}

// gone returns the setting by which an account may be none of the estate's any more: credentials of another organization.
func (s *settings) gone() *audit.Setting { return s.one(audit.SettingConfig, audit.ConfigAccount) }

// unbilled returns the setting by which no bill was asked for any more.
func (s *settings) unbilled() *audit.Setting {
	if by := s.one(audit.SettingBilling, "exports"); by != nil && len(s.now.Bill) == 0 {
		return by
	}
	return nil
}

// evaluated returns the setting that may have silenced a finding though its rule saw its resource, nil when none reaches it.
func (s *settings) evaluated(f *audit.Finding) *audit.Setting {
	for _, reaches := range [...]func(*audit.Setting) bool{
		func(d *audit.Setting) bool { return d.Kind == audit.SettingSeverity && d.Name == f.Rule },
		func(d *audit.Setting) bool {
			rest, own := strings.CutPrefix(d.Name, f.Rule+".")
			return d.Kind == audit.SettingParameter && own && !strings.Contains(rest, ".")
		},
		func(d *audit.Setting) bool { return d.Kind == audit.SettingDecision && d.Name == f.Resource.ID },
		func(d *audit.Setting) bool { return d.Kind == audit.SettingPolicies && s.edited[f.Rule] },
		func(d *audit.Setting) bool { return s.indirectly(d, f) },
		func(d *audit.Setting) bool { return d.Kind == audit.SettingConfig && d.Name == audit.ConfigAsOf },
	} {
		if i := slices.IndexFunc(s.diff, func(d audit.Setting) bool { return reaches(&d) }); i >= 0 {
			return &s.diff[i]
		}
	}
	return nil
}

// indirectly reports whether a setting reaches a finding through the facts that finance derives, or, since a user's rule may read any
// parameter, at all.
func (s *settings) indirectly(d *audit.Setting, f *audit.Finding) bool {
	rule := s.rules[f.Rule]
	if rule == nil {
		return false
	}
	users := rule.Origin != "tenor"
	k := f.Resource.Kind
	kind := audit.KindOf(k)
	contracts := kind.Service == audit.ServiceOutposts || k == audit.KindAccount // whose rules may read these parameters themselves
	facts := (users || len(rule.Requires)+len(rule.Optional) > 0) && contracts && kind.Facts != nil
	switch d.Kind {
	case audit.SettingParameter:
		return users || k == audit.KindProvisionedProduct && slices.Contains(audit.SharedParams, d.Name) ||
			contracts && slices.ContainsFunc((&audit.Assumptions{}).Params(),
				func(p audit.AssumedParam) bool { return p.Rule+"."+p.Name == d.Name })
	case audit.SettingFinance:
		return facts
	case audit.SettingBilling:
		return users || charged(&rule.Rule)
	case audit.SettingConfig:
		return d.Name == audit.SettingCloudWatch && k == audit.KindOutpost &&
			(users || slices.Contains(slices.Concat(rule.Requires, rule.Optional), "capacity_history"))
	case audit.SettingDecision:
		return facts && k == audit.KindAccount
	}
	return false
}

// waived returns the setting of the waiver that covers a finding.
func (s *settings) waived(f *audit.Finding) *audit.Setting {
	w := f.Waiver
	if w == nil {
		return &audit.Setting{Kind: audit.SettingWaiver, Name: f.Rule}
	}
	name := f.Rule + " on " + w.Resource
	for i := range s.diff {
		d := &s.diff[i]
		rest, ok := strings.CutPrefix(d.Name, name)
		if d.Kind == audit.SettingWaiver && ok && d.After != "" &&
			(rest == "" || strings.HasPrefix(rest, " in "+f.Resource.Account) || strings.HasPrefix(rest, ", finding "+f.Fingerprint)) {
			return d
		}
	}
	value := audit.Optional(fmt.Sprintf("%s, until %s: %s", w.Owner, w.Expires, w.Reason))
	return &audit.Setting{Kind: audit.SettingWaiver, Name: name, Before: value, After: value}
}

// present returns the setting that silenced a finding that is still in the report, nil when none did.
func (s *settings) present(k *Known, f *audit.Finding) *audit.Setting {
	switch {
	case k.Verdict == audit.Fail && f.Verdict == audit.Waived:
		return s.waived(f)
	case k.Severity.Rank() < f.Severity.Rank():
		return s.evaluated(f)
	}
	return nil
}

// charged reports whether a rule rests on what AWS charged, or says something by it.
func charged(r *audit.Rule) bool {
	return slices.Contains(r.Requires, audit.SectionCharges) || slices.Contains(r.Optional, audit.SectionCharges)
}
