package workbook

import (
	"fmt"
	"strings"

	"github.com/shopspring/decimal"

	"tenor/audit"
	"tenor/report/workbook/xlsx"
)

// outpost is a row of Outposts.
type outpost struct {
	source
	spec struct {
		LifeCycleStatus, AvailabilityZone, SupportedHardwareType, SiteId, OwnerId scalar
	}
	site  struct{ Name, OperatingAddressCity, OperatingAddressCountryCode scalar }
	facts audit.OutpostFacts

	billing struct{ Subscriptions []billedSubscription }
}

func newOutpost(r *audit.Resource) (*outpost, error) {
	o := &outpost{source: sourceOf(r)}
	o.decode("spec", r.Spec, &o.spec)
	o.decode("site", r.Related["site"], &o.site)
	o.decode("billing", r.Related["billing"], &o.billing)
	return o, decodeFacts(r, &o.facts)
}

// writeOutpost writes the row of an Outpost, and keeps where it stands, its subscriptions and what is still to be paid on it.
func (d *details) writeOutpost(t *xlsx.Table[*outpost], o *outpost) error {
	if err := t.Add(o); err != nil {
		return err
	}
	if err := d.keepOutpost(audit.ResourceKey{Account: o.Account, Region: o.Region, ID: o.ID}, t.Rows-1, o.billing.Subscriptions); err != nil {
		return fmt.Errorf("outpost %s in %s/%s: %w", o.ID, o.Account, o.Region, err)
	}
	if !o.facts.HasBilling || o.facts.Shared || o.facts.RemainingCommitment == "" {
		return nil
	}
	amount, err := decimal.NewFromString(string(o.facts.RemainingCommitment))
	if err != nil {
		return fmt.Errorf("outpost %s in %s/%s: remaining commitment: %w", o.ID, o.Account, o.Region, err)
	}
	d.remaining = d.remaining.Add(amount)
	return nil
}

// place is where the Outpost stands.
func (o *outpost) place() string {
	city := strings.Trim(string(o.site.OperatingAddressCity+" "+o.site.OperatingAddressCountryCode), " ")
	switch {
	case o.site.Name == "" && city == "":
		return string(o.spec.SiteId)
	case city == "":
		return string(o.site.Name)
	case o.site.Name == "":
		return city
	}
	return string(o.site.Name) + " (" + city + ")"
}

// contract says how the contract stands, in one or two words.
func contract(f *audit.OutpostFacts) string {
	if f.Shared {
		return "shared with us"
	}
	return ourWords(string(f.ContractState))
}

// ourWords shows one of our constants as words: not_final is "not final", month_to_month "month-to-month".
func ourWords(constant string) string {
	if constant == string(audit.StateMonthToMonth) {
		return monthToMonth
	}
	return strings.ReplaceAll(constant, "_", " ")
}

func outpostColumns() []xlsx.Column[*outpost] {
	fact := func(head string, k xlsx.Kind, of func(f *audit.OutpostFacts) string) xlsx.Column[*outpost] {
		return xlsx.Column[*outpost]{Head: head, Kind: k, Of: func(o *outpost) string { return of(&o.facts) }}
	}
	// billed is an amount that is known only with the billing section.
	billed := func(head string, of func(f *audit.OutpostFacts) string) xlsx.Column[*outpost] {
		c := fact(head, xlsx.Money, of)
		c.When = func(o *outpost) bool { return o.facts.HasBilling && !o.facts.Shared }
		return c
	}
	return []xlsx.Column[*outpost]{
		{Head: "Name", Of: func(o *outpost) string { return o.Name }},
		id[*outpost]("Outpost ID"),
		account[*outpost](),
		region[*outpost](),
		{Head: "Contract", Of: func(o *outpost) string { return contract(&o.facts) },
			Look: func(o *outpost) xlsx.Look { return badIf(o.facts.MonthToMonth()) }},
		fact("Term", xlsx.Text, func(f *audit.OutpostFacts) string { return words(f.PaymentTerm) }),
		fact("Payment", xlsx.Text, func(f *audit.OutpostFacts) string { return words(f.PaymentOption) }),
		fact("Contract end", xlsx.Date, func(f *audit.OutpostFacts) string { return string(f.ContractEnd) }),
		fact("Days to end", xlsx.Integer, func(f *audit.OutpostFacts) string { return optionalInt(f.DaysToEnd) }),
		fact("Notice deadline", xlsx.Date, func(f *audit.OutpostFacts) string { return string(f.NoticeDeadline) }),
		billed("Per month today", func(f *audit.OutpostFacts) string { return string(f.CurrentMonthly) }),
		billed("Remaining commitment", func(f *audit.OutpostFacts) string { return string(f.RemainingCommitment) }),
		fact("Month-to-month price", xlsx.Money, func(f *audit.OutpostFacts) string { return string(f.MonthToMonthPrice) }),
		fact("Month-to-month price is", xlsx.Text, func(f *audit.OutpostFacts) string { return string(f.MonthToMonthPriceSource) }),
		fact("Cost of inaction per month", xlsx.Money, func(f *audit.OutpostFacts) string { return string(f.CostOfInaction) }),
		{Head: "Site", Screen: true, Of: (*outpost).place},
		{Head: "Hardware", Of: func(o *outpost) string { return string(o.spec.SupportedHardwareType) }},
		{Head: "Life cycle", Of: func(o *outpost) string { return string(o.spec.LifeCycleStatus) }},
		owner[*outpost](),
		gaps[*outpost](),
	}
}
