package audit

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// Settings are what people set about what is evaluated, beside the parameters, severities, waivers and decisions. Nil in a report of
// an earlier version, which does not say; otherwise empty lists stand for all, or for none of what is left out.
type Settings struct {
	Disabled        []string `json:"disabled"`         // ids of rules that are switched off, ordered
	Namespaces      []string `json:"namespaces"`       // of users' packages to run, ordered; empty: all
	SignedOnly      bool     `json:"signed_only"`      // waivers, decisions and parameters are the signed bundles' alone
	WaiversMaxDays  int      `json:"waivers_max_days"` // the longest time that a waiver holds
	FailOn          string   `json:"fail_on"`          // a severity, or none
	NotifyOn        string   `json:"notify_on"`        // changes, always or never; empty in a report that does not say
	Told            []string `json:"told"`             // whom the run tells: topic, webhook by its format, recipients of mail; ordered
	Bill            []string `json:"bill"`             // what the bill is read from, as the config names it; empty: no bill
	BillMonths      int      `json:"bill_months"`      // of the bill that are read; 0 without one
	Regions         []string `json:"regions"`          // that the config names, ordered; empty: all
	Accounts        []string `json:"accounts"`         // that the config names, ordered; empty: all
	Units           []string `json:"units"`            // ids of the organizational units that are read, ordered; empty: all
	ExcludeAccounts []string `json:"exclude_accounts"` // ids, ordered
	RegionsNarrowed bool     `json:"regions_narrowed"` // this run alone was told of fewer regions than the config names
	AccountsChosen  bool     `json:"accounts_chosen"`  // this run alone was told which accounts
	CloudWatchDays  int      `json:"cloudwatch_days"`  // for which the snapshot has how much of Outposts was used; 0: for none
}

// SettingKind is a kind of setting.
type SettingKind string

// The kinds of settings, in the order in which reports show them.
const (
	SettingRule       SettingKind = "rule"       // on or off, by its id; null: there is none
	SettingSeverity   SettingKind = "severity"   // of a rule, by its id
	SettingParameter  SettingKind = "parameter"  // of a rule: outposts.quote_expiring.days
	SettingWaiver     SettingKind = "waiver"     // by its rule and resource
	SettingDecision   SettingKind = "decision"   // by the id of its Outpost
	SettingNamespaces SettingKind = "namespaces" // of users' packages
	SettingRegions    SettingKind = "regions"
	SettingAccounts   SettingKind = "accounts"
	SettingUnits      SettingKind = "units"
	SettingExcluded   SettingKind = "exclude_accounts"
	SettingBilling    SettingKind = "billing"  // the exports of the bill, or how many months of it are read
	SettingFinance    SettingKind = "finance"  // an assumption, by its name
	SettingPolicies   SettingKind = "policies" // the digest of all policies
	SettingConfig     SettingKind = "config"   // any other key of the config, or its digest
)

// The names of settings of the kind config that are no key of it.
const (
	ConfigAccount = "account" // the account whose credentials the run has: another may be of another organization
	ConfigAsOf    = "as_of"   // the time that stands for now, where it is before the baseline's: nothing is resolved by going back
)

// SettingCloudWatch is the name of a setting of the kind SettingConfig that decides what is idle of an Outpost.
const SettingCloudWatch = "capacity.cloudwatch_days"

// SettingKinds lists them in that order.
var SettingKinds = [...]SettingKind{SettingRule, SettingSeverity, SettingParameter, SettingWaiver, SettingDecision, SettingNamespaces,
	SettingRegions, SettingAccounts, SettingUnits, SettingExcluded, SettingBilling, SettingFinance, SettingPolicies, SettingConfig}

// Setting is one that differs between two reports.
type Setting struct {
	Kind   SettingKind `json:"kind"`
	Name   string      `json:"name"`   // empty where there is but one of the kind
	Before Optional    `json:"before"` // its value in the baseline, in words or JSON; null: it was not there
	After  Optional    `json:"after"`  // its value now; null: it is not there any more
}

// Label names the setting in words: parameter outposts.quote_expiring.days.
func (s Setting) Label() string {
	name := string(s.Kind)
	if s.Kind == SettingExcluded {
		name = "excluded accounts"
	}
	return strings.TrimSuffix(name+" "+s.Name, " ")
}

// String says what changed, on one line: parameter outposts.quote_expiring.days: 7 → 1.
func (s Setting) String() string {
	return fmt.Sprintf("%s: %s → %s", s.Label(), cmp.Or(s.Before, "none"), cmp.Or(s.After, "none"))
}

// Silenced is a finding of the baseline and the setting that may have silenced it.
type Silenced struct {
	Finding Finding     `json:"finding"` // as it was when it was last evaluated
	By      SettingKind `json:"by"`
	Name    string      `json:"name"` // of the setting, as are the others
	Before  Optional    `json:"before"`
	After   Optional    `json:"after"`
}

// Setting is what silenced it.
func (s *Silenced) Setting() Setting { return Setting{s.By, s.Name, s.Before, s.After} }

// AssumedParam is a parameter of a rule that finance rests on too.
type AssumedParam struct {
	Rule, Name string
	To         any // points to the assumption
}

// Params lists the assumptions that are parameters of rules.
func (a *Assumptions) Params() []AssumedParam {
	return []AssumedParam{
		{"outposts.notice_deadline", "notice_business_days", &a.NoticeBusinessDays},
		{"outposts.payment_not_allowed", "allowed_terms", &a.AllowedTerms},
		{"outposts.payment_not_allowed", "allowed_options", &a.AllowedOptions},
		{"outposts.renewal_approval_due", "approval_limit_usd", &a.ApprovalLimitUSD},
		{"outposts.decision_not_executed", "return_lead_days", &a.ReturnLeadDays},
	}
}

// SharedParams are the parameters of a rule on provisioned products that other rules on them go by: one leaves to another what that
// reports.
var SharedParams = []string{"service_catalog.broken_long.days"}

// settingKey names a setting.
type settingKey struct {
	kind SettingKind
	name string
}

// DiffSettings returns how the settings of a report differ from those of an earlier one, ordered by kind and name. What the earlier
// one does not say is no difference, and neither is what a run alone was told. It reads no more of a report than Run, Rules and Waivers.
func DiffSettings(before, after *Report) []Setting {
	was, is := settingsOf(before), settingsOf(after)
	known := func(k settingKey) bool { return bothSay(k, &before.Run, &after.Run) }
	diffs := []Setting{}
	keys := maps.Clone(was)
	maps.Copy(keys, is)
	for k := range keys {
		of := k.kind == SettingSeverity || k.kind == SettingParameter // of a rule that comes or goes it is no news of its own
		if was[k] != is[k] && known(k) && !(of && (was[k] == "" || is[k] == "")) {
			diffs = append(diffs, Setting{k.kind, k.name, Optional(was[k]), Optional(is[k])})
		}
	}
	if is := after.Run.AsOf; is != "" && is < before.Run.AsOf { // both are UTC
		diffs = append(diffs, Setting{SettingConfig, ConfigAsOf, Optional(before.Run.AsOf), Optional(is)})
	}
	if len(diffs) == 0 && before.Run.ConfigDigest != after.Run.ConfigDigest {
		diffs = append(diffs, Setting{SettingConfig, "digest", Optional(before.Run.ConfigDigest), Optional(after.Run.ConfigDigest)})
	}
	slices.SortFunc(diffs, func(a, b Setting) int {
		return cmp.Or(cmp.Compare(slices.Index(SettingKinds[:], a.Kind), slices.Index(SettingKinds[:], b.Kind)), cmp.Compare(a.Name, b.Name))
	})
	return diffs
}

// bothSay reports whether both runs say what the config has of a setting.
func bothSay(k settingKey, before, after *Run) bool {
	b, a := &before.Settings, &after.Settings
	switch k.name {
	case ConfigAccount:
		return before.Account != "" && after.Account != ""
	case "notify.on", "notify.deadline_days":
		return b.NotifyOn != "" && a.NotifyOn != ""
	case "told":
		return b.Told != nil && a.Told != nil
	}
	switch k.kind {
	case SettingRegions:
		return b.Regions != nil && !b.RegionsNarrowed && !a.RegionsNarrowed
	case SettingAccounts:
		return b.Accounts != nil && !b.AccountsChosen && !a.AccountsChosen
	case SettingNamespaces, SettingUnits, SettingExcluded, SettingConfig:
		return b.Disabled != nil
	case SettingBilling:
		return b.Bill != nil && a.Bill != nil
	case SettingFinance:
		return before.Assumptions.Calendar != ""
	}
	return true
}

// settingsOf returns the settings of a report in words.
func settingsOf(r *Report) map[settingKey]string {
	of := map[settingKey]string{}
	set := func(kind SettingKind, name, value string) { of[settingKey{kind, name}] = value }
	for i := range r.Rules {
		rule := &r.Rules[i]
		set(SettingRule, rule.ID, "on")
		set(SettingSeverity, rule.ID, string(rule.Severity))
	}
	for _, rule := range r.Run.Settings.Disabled {
		set(SettingRule, rule, "off")
	}
	for rule, params := range r.Run.Params {
		for name, value := range params {
			set(SettingParameter, rule+"."+name, compact(value))
		}
	}
	for i := range r.Waivers {
		w := &r.Waivers[i]
		name := w.Rule + " on " + w.Resource
		if w.Account != "" {
			name += " in " + string(w.Account)
		}
		if w.Finding != "" {
			name += ", finding " + w.Finding
		}
		set(SettingWaiver, name, fmt.Sprintf("%s, until %s: %s", w.Owner, w.Expires, w.Reason))
	}
	for i := range r.Run.Assumptions.Decisions {
		d := &r.Run.Assumptions.Decisions[i]
		words := strings.TrimSpace(strings.Join([]string{d.Action, string(d.PaymentTerm), string(d.PaymentOption)}, " "))
		set(SettingDecision, OutpostID(d.Outpost), fmt.Sprintf("%s, %s on %s: %s", words, d.Owner, d.DecidedOn, d.Reason))
	}
	s := &r.Run.Settings
	set(SettingNamespaces, "", orWord(s.Namespaces, "all"))
	set(SettingRegions, "", orWord(s.Regions, "all"))
	set(SettingAccounts, "", orWord(s.Accounts, "all"))
	set(SettingUnits, "", orWord(s.Units, "all"))
	set(SettingExcluded, "", orWord(s.ExcludeAccounts, "none"))
	set(SettingBilling, "exports", orWord(s.Bill, "none"))
	set(SettingBilling, "months", fmt.Sprint(s.BillMonths))
	set(SettingPolicies, "", r.Run.PolicyDigest)
	set(SettingConfig, "policies.signed_only", fmt.Sprint(s.SignedOnly))
	set(SettingConfig, "waivers_max_days", fmt.Sprint(s.WaiversMaxDays))
	set(SettingConfig, "fail_on", s.FailOn)
	set(SettingConfig, "notify.on", s.NotifyOn)
	set(SettingConfig, "notify.deadline_days", strings.Trim(fmt.Sprint(r.Run.NotifyDays), "[]"))
	set(SettingConfig, "told", orWord(s.Told, "nobody"))
	set(SettingConfig, ConfigAccount, string(r.Run.Account))
	set(SettingConfig, SettingCloudWatch, fmt.Sprint(s.CloudWatchDays))
	for name, value := range assumed(r.Run.Assumptions) {
		set(SettingFinance, name, value)
	}
	return of
}

// assumed returns the assumptions that are set as such: not those that are parameters of rules, nor the decisions.
func assumed(a Assumptions) map[string]string {
	not := map[any]bool{&a.Decisions: true}
	for _, p := range a.Params() {
		not[p.To] = true
	}
	of := map[string]string{}
	v := reflect.ValueOf(&a).Elem()
	for field, at := range v.Fields() {
		if not[at.Addr().Interface()] {
			continue
		}
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		text, _ := json.Marshal(at.Interface()) // strings, numbers, lists of strings
		of[name] = strings.Trim(string(text), `"`)
	}
	return of
}

func compact(value json.RawMessage) string {
	var b bytes.Buffer
	if json.Compact(&b, value) != nil {
		return string(value)
	}
	return b.String()
}

func orWord(list []string, none string) string {
	if len(list) == 0 {
		return none
	}
	return strings.Join(list, ", ")
}
