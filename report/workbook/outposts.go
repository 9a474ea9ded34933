package workbook

import (
	"strings"

	"tenor/audit"
)

// outpost is a row of Outposts.
type outpost struct {
	source
	spec struct {
		LifeCycleStatus, AvailabilityZone, SupportedHardwareType, SiteId, OwnerId scalar
	}
	site  struct{ Name, OperatingAddressCity, OperatingAddressCountryCode scalar }
	facts audit.OutpostFacts
}

func newOutpost(r *audit.Resource) (*outpost, error) {
	o := &outpost{source: sourceOf(r)}
	o.decode("spec", r.Spec, &o.spec)
	o.decode("site", r.Related["site"], &o.site)
	return o, decodeFacts(r, &o.facts)
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
	switch {
	case f.Shared:
		return "shared with us"
	case !f.HasBilling:
		return "unknown"
	case f.MonthToMonth:
		return "month to month"
	case f.Decided:
		return "renewal decided"
	case f.ContractEnd == "":
		return "no end date"
	}
	return "running"
}

func outpostColumns() []column[*outpost] {
	fact := func(head string, k kind, of func(f *audit.OutpostFacts) string) column[*outpost] {
		return column[*outpost]{head: head, kind: k, of: func(o *outpost) string { return of(&o.facts) }}
	}
	// billed is an amount that is known only with the billing section.
	billed := func(of func(f *audit.OutpostFacts) string) func(f *audit.OutpostFacts) string {
		return func(f *audit.OutpostFacts) string {
			if !f.HasBilling || f.Shared {
				return ""
			}
			return of(f)
		}
	}
	return []column[*outpost]{
		{head: "Name", of: func(o *outpost) string { return o.Name }},
		id[*outpost]("Outpost ID"),
		account[*outpost](),
		region[*outpost](),
		{head: "Contract", of: func(o *outpost) string { return contract(&o.facts) }, look: func(o *outpost) look {
			if o.facts.MonthToMonth {
				return bad
			}
			return plain
		}},
		fact("Term", text, func(f *audit.OutpostFacts) string { return words(f.PaymentTerm) }),
		fact("Payment", text, func(f *audit.OutpostFacts) string { return words(f.PaymentOption) }),
		fact("Contract end", date, func(f *audit.OutpostFacts) string { return string(f.ContractEnd) }),
		fact("Days to end", integer, func(f *audit.OutpostFacts) string { return optionalInt(f.DaysToEnd) }),
		fact("Notice deadline", date, func(f *audit.OutpostFacts) string { return string(f.NoticeDeadline) }),
		fact("Per month today", money, billed(func(f *audit.OutpostFacts) string { return f.CurrentMonthly })),
		fact("Still to pay", money, billed(func(f *audit.OutpostFacts) string { return f.RemainingCommitment })),
		fact("Month-to-month price", money, func(f *audit.OutpostFacts) string { return string(f.MonthToMonthPrice) }),
		fact("Cost of inaction per month", money, func(f *audit.OutpostFacts) string { return string(f.CostOfInaction) }),
		{head: "Site", screen: true, of: (*outpost).place},
		{head: "Hardware", of: func(o *outpost) string { return string(o.spec.SupportedHardwareType) }},
		{head: "Life cycle", of: func(o *outpost) string { return string(o.spec.LifeCycleStatus) }},
		owner[*outpost](),
		gaps[*outpost](),
	}
}
