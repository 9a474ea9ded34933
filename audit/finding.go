package audit

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"tenor/internal/rawjson"
)

// Severity of a finding, from critical to info.
type Severity string

// The severities.
const (
	Critical Severity = "critical"
	High     Severity = "high"
	Medium   Severity = "medium"
	Low      Severity = "low"
	Info     Severity = "info"
)

// Severities lists them, the most severe first.
var Severities = [...]Severity{Critical, High, Medium, Low, Info}

// Rank returns 0 for critical up to 4 for info, and 5 for what is no severity.
func (s Severity) Rank() int {
	if i := slices.Index(Severities[:], s); i >= 0 {
		return i
	}
	return len(Severities)
}

// AtLeast reports whether s is as severe as t or more.
func (s Severity) AtLeast(t Severity) bool { return s.Rank() <= t.Rank() }

// ParseSeverity returns the severity called s; the error lists the names there are.
func ParseSeverity(s string) (Severity, error) {
	if sev := Severity(s); sev.Rank() < len(Severities) {
		return sev, nil
	}
	return "", fmt.Errorf("severity %q: want critical, high, medium, low or info", s)
}

// Verdict of a rule on a resource. A rule that does not apply to the resource has none.
type Verdict string

// The verdicts.
const (
	Fail    Verdict = "fail"
	Pass    Verdict = "pass"
	Waived  Verdict = "waived"  // fails, and a waiver in force covers it
	Unknown Verdict = "unknown" // a section that the rule requires was not collected
	Error   Verdict = "error"   // the rule itself failed
)

// Verdicts lists them in the order reports show them.
var Verdicts = [...]Verdict{Fail, Error, Unknown, Waived, Pass}

// Given reports whether the rule could say something: what is unknown or an error is neither a finding nor the end of one.
func (v Verdict) Given() bool { return v == Fail || v == Waived || v == Pass }

// Optional is a string whose empty value is null in JSON.
type Optional string

// MarshalJSON writes the string, or null when it is empty.
func (o Optional) MarshalJSON() ([]byte, error) {
	if o == "" {
		return []byte("null"), nil
	}
	return rawjson.AppendQuote(nil, string(o)), nil
}

// UnmarshalJSON reads a string or null.
func (o *Optional) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		*o = ""
		return nil
	}
	return json.Unmarshal(b, (*string)(o))
}

// ResourceRef names a resource in a report.
type ResourceRef struct {
	Kind    string   `json:"kind"`
	ID      string   `json:"id"`
	ARN     Optional `json:"arn"`
	Name    string   `json:"name"`
	Account string   `json:"account"`
	Region  string   `json:"region"`
	Owner   string   `json:"owner"` // the value of the Owner tag
}

// Label is what a reader calls the resource: its name, or its id when it has none.
func (r *ResourceRef) Label() string { return cmp.Or(r.Name, r.ID) }

// ResourceKey tells the resources of a kind apart, and an Outpost as its owner sees it from the same one as those see it whom it is shared
// with.
type ResourceKey struct{ Account, Region, ID string }

// Key returns the key of the resource.
func (r *ResourceRef) Key() ResourceKey { return ResourceKey{r.Account, r.Region, r.ID} }

// Money is an amount as a decimal string, exact.
type Money struct {
	Value    string `json:"value"`    // such as "1234567.89"
	Currency string `json:"currency"` // ISO 4217; AWS Outposts bills USD only
	Per      string `json:"per"`      // PerOnce or PerMonth: no sum has both
}

// What an amount is for.
const (
	PerOnce  = "once"
	PerMonth = "month" // each month
)

// Monthly returns m as an amount of each month; nil for nil.
func (m *Money) Monthly() *Money {
	if m == nil {
		return nil
	}
	return &Money{m.Value, m.Currency, PerMonth}
}

// Text shows an amount with its thousands set apart: $1,234,567.89, and "" for nil.
func (m *Money) Text() string {
	if m == nil {
		return ""
	}
	sign, digits := "", m.Value
	if rest, ok := strings.CutPrefix(digits, "-"); ok {
		sign, digits = "-", rest
	}
	whole, fraction, point := strings.Cut(digits, ".")
	digits = Thousands(whole)
	if point {
		digits += "." + fraction
	}
	if m.Currency == "USD" {
		return sign + "$" + digits
	}
	return sign + digits + " " + m.Currency
}

// InCurrency shows an amount as its digits; one in another currency than US dollars, which no sum adds, as words.
func InCurrency[S ~string](amount S, currency string) string {
	if amount == "" || currency == "USD" || currency == "" {
		return string(amount)
	}
	return string(amount) + " " + currency
}

// Only returns m where it is an amount of that, PerOnce or PerMonth, and nil elsewhere: no column has both, since no sum does. What is
// not PerMonth is once.
func (m *Money) Only(per string) *Money {
	if m == nil || (m.Per == PerMonth) != (per == PerMonth) {
		return nil
	}
	return m
}

// PerText is Text, and says that an amount is of each month where it is.
func (m *Money) PerText() string {
	if m != nil && m.Per == PerMonth {
		return m.Text() + " a month"
	}
	return m.Text()
}

// CentsToMoney returns whole cents as US dollars, once: 123456 is "1234.56".
func CentsToMoney(cents int64) *Money {
	sign, abs := "", uint64(cents)
	if cents < 0 {
		sign, abs = "-", -abs
	}
	return &Money{Value: fmt.Sprintf("%s%d.%02d", sign, abs/100, abs%100), Currency: "USD", Per: PerOnce}
}

// moneyOf is CentsToMoney of an amount that may be unknown: nil for nil.
func moneyOf(cents *int64) *Money {
	if cents == nil {
		return nil
	}
	return CentsToMoney(*cents)
}

// Change says how a finding stands against the baseline; empty without one.
type Change string

// The changes of a finding: the first three, and silenced, of one that is in this report, the others, and silenced, of one that only the
// baseline knows, see Changes.
const (
	ChangeNew            Change = "new"
	ChangePersisting     Change = "persisting"
	ChangeChanged        Change = "changed"         // same fingerprint, another severity, verdict or message
	ChangeResolved       Change = "resolved"        // evaluated, and gone
	ChangeAccountGone    Change = "account_gone"    // the organization has its account no more
	ChangeNotReevaluated Change = "not_reevaluated" // what it rests on could not be read this time
	ChangeSilenced       Change = "silenced"        // gone, waived or less severe, and a setting that changed may be why
)

// Label is the change in words.
func (c Change) Label() string {
	switch c {
	case ChangeNotReevaluated:
		return "not re-evaluated"
	case ChangeAccountGone:
		return "resolved: account gone"
	}
	return string(c)
}

// Finding is one thing a rule said of one resource: fail, waived, unknown or error. Passes are only counted.
type Finding struct {
	Fingerprint string          `json:"fingerprint"` // stable from run to run, see Fingerprint
	Rule        string          `json:"rule"`
	Severity    Severity        `json:"severity"`
	Verdict     Verdict         `json:"verdict"`
	Resource    ResourceRef     `json:"resource"`
	Msg         string          `json:"msg"`
	Evidence    json.RawMessage `json:"evidence"` // the rule's own object, keys sorted; null when it gives none
	Due         Optional        `json:"due"`      // the date YYYY-MM-DD by which to act
	Amount      *Money          `json:"amount"`   // the money at stake; nil when the rule gives none
	Remediation string          `json:"remediation"`
	Command     Optional        `json:"command"`    // the AWS CLI call that a person could run; tenor never does
	FirstSeen   Optional        `json:"first_seen"` // RFC 3339: as_of of the first report of an unbroken line of baselines that knew it
	Change      Optional        `json:"change"`     // a Change; null without a baseline, and of a verdict unknown or error
	Waiver      *WaiverRef      `json:"waiver"`     // set when Verdict is waived
	// Optional says of a verdict unknown that nothing is missing but what the run does without: it makes no report incomplete.
	Optional bool `json:"optional,omitzero"`
}

// WaiverRef is what a waived finding says of its waiver.
type WaiverRef struct {
	Resource string `json:"resource"` // id, ARN or glob of the waiver
	Reason   string `json:"reason"`
	Owner    string `json:"owner"`
	Expires  string `json:"expires"` // YYYY-MM-DD, the last day on which it holds
}

// Domain returns the first part of the finding's rule: outposts, service_catalog, general, estate, waivers, or a user's own.
func (f *Finding) Domain() string { return Domain(f.Rule) }

// Domain returns the first part of a rule's id.
func Domain(rule string) string {
	d, _, _ := strings.Cut(rule, ".")
	return d
}

// Cause returns why requests of provisioned products failed, where the evidence of a finding on one, or on an account, names it: findings
// with one cause are about one thing. It is empty elsewhere.
func (f *Finding) Cause() string {
	if f.Resource.Kind != KindProvisionedProduct && f.Resource.Kind != KindAccount {
		return ""
	}
	text, _ := rawjson.Text(rawjson.Find(f.Evidence, "cause"))
	return string(text)
}

// Fingerprint returns the hex SHA-256 that identifies a finding from run to run: rule, kind, account, region and id of
// its resource, and the key by which the rule tells several findings on one resource apart (empty for the usual one).
func Fingerprint(rule string, r ResourceRef, key string) string {
	h := sha256.New()
	for i, s := range [...]string{rule, r.Kind, r.Account, r.Region, r.ID, key} {
		if i == 5 && s == "" {
			break
		}
		h.Write([]byte(s))
		h.Write([]byte{0})
	}
	return hex.EncodeToString(h.Sum(nil))
}

// lineSeparators are escaped in what a rule gives, and are not once a report has been read. In JSON they stand in strings only.
var lineSeparators = strings.NewReplacer("\u2028", `\u2028`, "\u2029", `\u2029`)

// EvidenceText returns the evidence as one line of JSON, the same whether it comes from a rule or out of a report, and ""
// when there is none.
func (f *Finding) EvidenceText() string {
	b := bytes.TrimSpace(f.Evidence)
	if string(b) == "null" {
		return ""
	}
	return lineSeparators.Replace(strings.ToValidUTF8(string(b), "\ufffd"))
}
