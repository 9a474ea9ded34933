package workbook

import (
	"cmp"
	"encoding/json"
	"fmt"
	"iter"
	"math"
	"slices"
	"time"

	"tenor/audit"
	"tenor/internal/inline"
)

// The synthetic estate that the tests write: Outposts in every contract situation, every severity and verdict, and what
// anyone with the right to name things in AWS can put into a name.

var asOf = time.Date(2026, 11, 20, 6, 0, 0, 0, time.UTC)

const discountRate = 0.08

// hostile begins as a formula and holds what XML, HTML and terminals trip over.
const hostile = "=HYPERLINK(\"http://evil.example\")<script>&amp;]]> \x00\x1b[31m\u202eesrever\u202c _x0041_ \xff \ufffe 火星"

var fixtureAccounts = []audit.Account{{ID: "111122223333", Name: "plant-frankfurt"}, {ID: "222233334444", Name: "stores-us"},
	{ID: "333344445555", Name: "edge <b>sites</b>"}, {ID: "444455556666", Name: "trading"}, {ID: "555566667777", Name: "sandbox"}}

// situation is an Outpost of the estate.
type situation struct {
	name    string
	account int
	region  string
	endsIn  int // days; 0 for no billing
	monthly float64
	state   string // "", "decided", "on file", "month-to-month", "stays", "shared", "unpriced", "gap"
}

var situations = []situation{
	{"fra-dc1", 0, "eu-central-1", 12, 16800, ""},
	{"fra-dc2", 0, "eu-central-1", 41, 24150.5, ""},
	{"fra-lab", 0, "eu-central-1", 402, 5200, "decided"},
	{"nyc-store-017", 1, "us-east-1", 75, 3100, ""},
	{"nyc-store-018", 1, "us-east-1", 75, 3100, ""},
	{"bos-store-002", 1, "us-east-1", 160, 3350, ""},
	{"old-rack", 1, "us-east-1", -51, 11250, "month-to-month"},
	{"cheap-rack", 1, "us-east-1", -20, 4000, "stays"},
	{hostile, 2, "eu-west-1", 68, 9400, "unpriced"},
	{"dub-edge-1", 2, "eu-west-1", 690, 9400, ""},
	{"dub-edge-2", 2, "eu-west-1", 931, 12080, ""},
	{"trading-east", 3, "us-east-1", 24, 41200, ""},
	{"trading-west", 3, "us-east-1", 248, 38990.25, ""},
	{"trading-north", 3, "us-east-1", 62, 8000, "on file"},
	{"shared-from-trading", 4, "us-east-1", 0, 0, "shared"},
	{"unreadable", 4, "eu-central-1", 0, 0, "gap"},
}

func cents(v float64) (string, int64) {
	c := int64(math.Round(v * 100))
	return audit.CentsToMoney(c).Value, c
}

func optionalCents(v float64) (audit.Optional, *int64) {
	s, c := cents(v)
	return audit.Optional(s), &c
}

// npvAt is what an option is worth at the first payment.
func npvAt(rate, upfront, monthly float64, months int) float64 {
	v, factor := upfront, 1.0
	for range months {
		v += monthly * factor
		factor /= math.Pow(1+rate, 1.0/12)
	}
	return v
}

func fixtureOptions(monthly, today float64, quoteOption string) []audit.PricedOption {
	return fixtureOptionsAgainst(monthly, today, quoteOption, 0)
}

// fixtureOptionsAgainst are the options against a month-to-month price in cents; 0: the one that is assumed.
func fixtureOptionsAgainst(monthly, today float64, quoteOption string, billed int64) []audit.PricedOption {
	var out []audit.PricedOption
	for _, term := range []struct {
		name   string
		months int
		factor float64
	}{{"ONE_YEAR", 12, 1.08}, {"THREE_YEARS", 36, 0.92}, {"FIVE_YEARS", 60, 0.81}} {
		for _, pay := range []struct {
			name   string
			up     float64 // the part paid upfront
			factor float64
		}{{"ALL_UPFRONT", 1, 0.885}, {"PARTIAL_UPFRONT", 0.5, 0.94}, {"NO_UPFRONT", 0, 1}} {
			perMonth := math.Round(monthly*term.factor*pay.factor*100) / 100
			up := math.Round(perMonth*float64(term.months)*pay.up*100) / 100
			per := math.Round(perMonth*(1-pay.up)*100) / 100
			o := audit.PricedOption{QuoteOption: quoteOption, PaymentTerm: term.name, PaymentOption: pay.name, Months: term.months,
				Currency: "USD", Allowed: term.name != "FIVE_YEARS"}
			tcv := up + per*float64(term.months)
			o.Upfront, o.UpfrontCents = cents(up)
			o.Monthly, o.MonthlyCents = cents(per)
			o.TCV, o.TCVCents = optionalCents(tcv)
			o.EffectiveMonthly = audit.Optional(fmt.Sprintf("%.10f", tcv/float64(term.months)))
			_, o.EffectiveMonthlyCents = optionalCents(tcv / float64(term.months))
			o.NPV, o.NPVCents = optionalCents(npvAt(discountRate, up, per, term.months))
			if pay.up < 1 {
				rate := json.Number("9.214")
				o.ImpliedRatePercent = &rate
			}
			out = append(out, o)
		}
	}
	one, m2m := out[2], cmp.Or(billed, *out[2].EffectiveMonthlyCents)
	for i := range out {
		o := &out[i]
		save := *one.EffectiveMonthlyCents*int64(o.Months) - *o.TCVCents
		o.SavingVsOneYear, o.SavingVsOneYearCents = audit.Optional(audit.CentsToMoney(save).Value), &save
		if quoteOption != "" {
			continue
		}
		saveM2M := m2m*int64(o.Months) - *o.TCVCents
		o.SavingVsMonthToMonth, o.SavingVsMonthToMonthCents = audit.Optional(audit.CentsToMoney(saveM2M).Value), &saveM2M
		for month := 1; month <= o.Months; month++ {
			if o.UpfrontCents+o.MonthlyCents*int64(month) <= m2m*int64(month) {
				o.BreakEvenMonth = &month
				break
			}
		}
		change := json.Number(fmt.Sprintf("%.6f", (float64(*o.TCVCents)/100/float64(o.Months)/today-1)*100))
		o.PriceChangePercent = &change
	}
	return out
}

func stamp(days int) string { return asOf.AddDate(0, 0, days).Format(time.RFC3339) }

func day(days int) string { return asOf.AddDate(0, 0, days).Format(time.DateOnly) }

func fixtureFacts(s situation) audit.OutpostFacts {
	f := audit.OutpostFacts{Shared: s.state == "shared", HasBilling: s.endsIn != 0, Options: []audit.PricedOption{}}
	if !f.HasBilling {
		return f
	}
	f.PaymentTerm, f.PaymentOption, f.Priced = "THREE_YEARS", "NO_UPFRONT", "PRICED"
	f.ContractEnd, f.ContractEndSource = audit.Optional(asOf.AddDate(0, 0, s.endsIn).Format(time.DateOnly)), "contract_end_date"
	f.ContractEndDate, f.LatestTermEnd = f.ContractEnd, f.ContractEnd
	left, business := s.endsIn, (s.endsIn-7)*5/7
	f.DaysToEnd, f.BusinessDaysToNotice = &left, &business
	f.NoticeDeadline = audit.Optional(day(s.endsIn - 7))
	f.ContractState = audit.StateRunning
	switch s.state {
	case "month-to-month", "stays":
		f.ContractState, f.NoticeDeadline, f.BusinessDaysToNotice = audit.StateMonthToMonth, "", nil
	case "decided":
		f.ContractState = audit.StateRenewed
	}
	if f.ContractState != audit.StateRenewed {
		f.RenewalChargeDate, f.RenewalStartDate = audit.Optional(day(max(s.endsIn-7, 0))), audit.Optional(day(max(s.endsIn, 0)+1))
	}
	known := func(dollars float64) (audit.Optional, *int64) {
		amount, n := cents(dollars)
		return audit.Optional(amount), &n
	}
	f.CurrentMonthly, f.CurrentMonthlyCents = known(s.monthly)
	monthly, monthlyCents := known(s.monthly)
	total, totalCents := known(s.monthly * 36)
	days := 36 * 365 / 12
	f.Subscriptions = []audit.Subscription{
		{ID: "s-" + s.name, Type: "ORIGINAL", Status: "ACTIVE", Begins: audit.Optional(day(s.endsIn - days)), Ends: f.ContractEnd, Days: &days,
			PaymentTerm: "THREE_YEARS", PaymentOption: "NO_UPFRONT", Monthly: monthly, MonthlyCents: monthlyCents,
			Total: total, TotalCents: totalCents},
		{ID: "s-old", Type: "CAPACITY_INCREASE", Status: "CANCELLED", Begins: audit.Optional(day(-90)), Ends: audit.Optional(day(-60))},
	}
	if s.account != 2 { // of which the capacity was not read
		half := json.Number("50")
		f.Capacity = &audit.Capacity{Hosts: 3, NotInUse: 1, Slots: 8, Used: 4, Idle: 4, Accounts: 2, Instances: 5, IdlePercent: &half,
			Families: []audit.FamilyCapacity{{Family: "c5", Slots: 6, Used: 2, Idle: 4}, {Family: "m5", Slots: 2, Used: 2}}}
		f.IdleMonthly, f.IdleMonthlyCents = known(s.monthly / 2)
	}
	if !f.MonthToMonth() {
		f.RemainingCommitment, f.RemainingCommitmentCents = known(s.monthly * float64(1+s.endsIn/30))
	} else {
		f.RemainingCommitment, f.RemainingCommitmentCents = known(0)
	}
	if s.state == "unpriced" {
		f.Priced = "UNABLE_TO_PRICE"
		return f
	}
	f.Options = fixtureOptions(s.monthly, s.monthly, "")
	m2m := f.Options[2]
	best := f.Options[3]
	f.MonthToMonthPrice, f.MonthToMonthPriceCents, f.MonthToMonthPriceSource = audit.Optional(m2m.Monthly), &m2m.MonthlyCents, "assumed"
	level := float64(best.UpfrontCents)/100/npvAt(discountRate, 0, 1, best.Months) + float64(best.MonthlyCents)/100
	_, levelCents := cents(level)
	costs := float64(m2m.MonthlyCents)/100 - level
	_, cost := cents(costs)
	f.CostOfInaction, f.CostOfInactionCents = audit.Optional(fmt.Sprintf("%.10f", costs)), &cost
	if s.state == "stays" { // what is billed is less than anything that is allowed
		price, priceCents := cents(s.monthly / 2)
		zero := int64(0)
		f.Options = fixtureOptionsAgainst(s.monthly, s.monthly, "", priceCents)
		f.MonthToMonthPrice, f.MonthToMonthPriceCents, f.MonthToMonthPriceSource = audit.Optional(price), &priceCents, "billed"
		f.CostOfInaction, f.CostOfInactionCents = "0.00", &zero
		f.Recommended = &audit.Recommendation{Action: audit.ActionMonthToMonth, LevelPrice: price, LevelPriceCents: priceCents,
			SwitchRates: []audit.SwitchRate{}, Reason: "No allowed option costs less than a month as billed."}
		return f
	}
	f.Recommended = &audit.Recommendation{Action: audit.ActionRenew, PaymentTerm: audit.Optional(best.PaymentTerm), PaymentOption: audit.Optional(best.PaymentOption),
		LevelPrice: fmt.Sprintf("%.10f", level), LevelPriceCents: levelCents, NeedsApproval: *best.TCVCents > 250_000_00, SwitchRates: []audit.SwitchRate{},
		Reason: "three years all upfront has the lowest present value per month of the allowed options."}
	if s.state == "on file" { // another option than the one recommended
		left := 20
		f.Decision = &audit.DecisionFacts{Status: audit.DecisionOpen, Deadline: f.NoticeDeadline, BusinessDays: &left, Decision: audit.Decision{
			Action: audit.ActionRenew, PaymentTerm: "ONE_YEAR", PaymentOption: "NO_UPFRONT", Owner: "finance@example.com",
			Reason: "=a refresh is planned", DecidedOn: "2026-11-02", Line: 2}}
		f.Decision.LevelPriceCents = &f.Option(f.Chosen()).MonthlyCents // nothing is upfront
	}
	return f
}

func fixtureID(prefix string, n int) string { return fmt.Sprintf("%s-%017x", prefix, 0xabc000+n) }

func raw(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}

// fixtureQuoted is what an order was quoted; nil for one that no quote names.
func fixtureQuoted(status string) *audit.OrderPrice {
	if status == "PREPARING" {
		return nil
	}
	upfront := int64(1000_10)
	return &audit.OrderPrice{Upfront: "1000.10", UpfrontCents: &upfront, Monthly: "20.05", MonthlyCents: 20_05}
}

// fixtureResources are the estate's resources in snapshot order.
func fixtureResources(products int) []*audit.Resource {
	var rs []*audit.Resource
	for i, s := range situations {
		acct := fixtureAccounts[s.account].ID
		r := &audit.Resource{Kind: audit.KindOutpost, ID: fixtureID("op", i), Name: s.name, Account: acct, Region: s.region,
			Tags: map[string]string{"Owner": "edge-team@example.com"}}
		r.ARN = "arn:aws:outposts:" + s.region + ":" + acct + ":outpost/" + r.ID
		r.Spec = raw(map[string]any{"OutpostId": r.ID, "OwnerId": acct, "Name": s.name, "LifeCycleStatus": "ACTIVE",
			"SupportedHardwareType": "RACK", "SiteId": fixtureID("os", i), "AvailabilityZone": s.region + "a"})
		r.Related = map[string]json.RawMessage{"site": raw(map[string]any{"Name": "Site of " + s.name, "OperatingAddressCity": "Frankfurt",
			"OperatingAddressCountryCode": "DE"})}
		r.Facts = raw(fixtureFacts(s))
		if s.endsIn != 0 {
			r.Related["billing"] = raw(map[string]any{"Subscriptions": []any{
				map[string]any{"SubscriptionId": "s-" + s.name, "OrderIds": []string{fixtureID("oo", i)}, "UpfrontPrice": json.Number("0.0")},
				map[string]any{"SubscriptionId": "s-old", "UpfrontPrice": 1, "OrderIds": []string{"oo-1"}},
				map[string]any{"SubscriptionId": "s-old", "UpfrontPrice": 2}}})
		}
		if s.state == "gap" {
			r.Gaps = map[string]audit.Gap{"billing": {Operation: "GetOutpostBillingInformation", Reason: audit.ReasonAccessDenied,
				Message: "not authorized"}}
		}
		rs = append(rs, r)
	}
	for i, status := range []string{"COMPLETED", "FULFILLED", "IN_PROGRESS", "ERROR", "PREPARING", "CANCELLED"} {
		s := situations[i]
		spec := map[string]any{"OrderId": fixtureID("oo", i), "OutpostId": fixtureID("op", i), "Status": status, "OrderType": "OUTPOST",
			"PaymentOption": "ALL_UPFRONT", "PaymentTerm": "THREE_YEARS", "OrderSubmissionDate": stamp(-30 * (i + 1)),
			"LineItems": []any{map[string]any{"CatalogItemId": "OR-HUZEI16", "Quantity": 2, "Status": "INSTALLED"},
				map[string]any{"CatalogItemId": "OR-NETW001", "Quantity": 1, "Status": status}}}
		if i < 2 {
			spec["OrderFulfilledDate"] = stamp(-10)
		}
		rs = append(rs, &audit.Resource{Kind: audit.KindOrder, ID: fixtureID("oo", i), Account: fixtureAccounts[s.account].ID,
			Region: s.region, Spec: raw(spec),
			Facts: raw(audit.OrderFacts{OutpostContractEnd: audit.Optional(stamp(s.endsIn)), Quoted: fixtureQuoted(status)})})
	}
	for i, status := range []string{"CREATED", "CREATED", "EXPIRED", "ORDER_SUBMITTED"} {
		s := situations[i+3]
		spec := map[string]any{"QuoteId": fixtureID("oq", i), "QuoteStatus": status,
			"OutpostArn": "arn:aws:outposts:" + s.region + ":1:outpost/" + fixtureID("op", i+3), "CountryCode": "US", "CreatedDate": stamp(-25),
			"ExpirationDate":      stamp(5 - i),
			"RequestedCapacities": []any{map[string]any{"QuoteCapacityType": "EC2", "Unit": "c5.24xlarge", "Quantity": 4.0}},
			"OrderingRequirements": []any{map[string]any{"OrderingRequirementType": "ENTERPRISE_SUPPORT_ERROR",
				"Status": []string{"PASS", "FAIL"}[i%2]}}}
		facts := audit.QuoteFacts{Open: status == "CREATED", Options: []audit.PricedOption{}}
		if i < 2 {
			facts.Options = fixtureOptions(s.monthly, s.monthly, fixtureID("oqo", i))
		}
		rs = append(rs, &audit.Resource{Kind: audit.KindQuote, ID: fixtureID("oq", i), Account: fixtureAccounts[s.account].ID,
			Region: s.region, Spec: raw(spec), Facts: raw(facts)})
	}
	for i, status := range []string{"COMPLETED", "FAILED", "WAITING_FOR_EVACUATION"} {
		spec := map[string]any{"CapacityTaskId": fixtureID("cap", i), "OutpostId": fixtureID("op", i), "CapacityTaskStatus": status,
			"DryRun": i == 1, "CreationDate": stamp(-3), "LastModifiedDate": stamp(-1),
			"RequestedInstancePools": []any{map[string]any{"InstanceType": "c5.24xlarge", "Count": 4},
				map[string]any{"InstanceType": "m5.4xlarge", "Count": 12}}}
		if status == "FAILED" {
			spec["Failed"] = map[string]any{"Reason": "The requested capacity is not supported by the hardware.",
				"Type": "UNSUPPORTED_CAPACITY_CONFIGURATION"}
		}
		rs = append(rs, &audit.Resource{Kind: audit.KindCapacityTask, ID: fixtureID("cap", i), Account: fixtureAccounts[0].ID,
			Region: "eu-central-1", Spec: raw(spec)})
	}
	for i := range products {
		rs = append(rs, fixtureProduct(i))
	}
	slices.SortFunc(rs, func(a, b *audit.Resource) int { // as a snapshot does
		return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Region, b.Region), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.ID, b.ID))
	})
	return rs
}

func fixtureProduct(i int) *audit.Resource {
	status := []string{"AVAILABLE", "AVAILABLE", "AVAILABLE", "TAINTED", "AVAILABLE", "ERROR", "UNDER_CHANGE"}[i%7]
	names := []string{"web-frontend", "batch-runner", "+1-800-support", "@channel", "-2+3", hostile, "data-lake"}
	name := fmt.Sprintf("%s-%04d", names[i%7], i)
	acct, region := fixtureAccounts[i%5].ID, []string{"eu-central-1", "us-east-1", "eu-west-1"}[i%3]
	r := &audit.Resource{Kind: audit.KindProvisionedProduct, ID: fmt.Sprintf("pp-%013x", 0xfeed0000+i), Name: name, Account: acct,
		Region: region, Tags: map[string]string{"Owner": "team-" + names[0] + "@example.com"}}
	r.ARN = "arn:aws:servicecatalog:" + region + ":" + acct + ":stack/" + r.ID
	spec := map[string]any{"Id": r.ID, "Name": name, "Type": "CFN_STACK", "Status": status, "CreatedTime": stamp(-400 + i%300),
		"ProductName": "Standard web stack", "ProductId": "prod-abcdefghijklm",
		"ProvisioningArtifactName": fmt.Sprintf("v%d.%d", 1+i%4, i%10), "LastRecordId": fmt.Sprintf("rec-%d", i)}
	r.Related = map[string]json.RawMessage{"artifact": raw(map[string]any{"Active": i%9 != 0,
		"Guidance": []string{"DEFAULT", "DEPRECATED"}[i%2]})}
	if status != "AVAILABLE" {
		spec["StatusMessage"] = "The last update failed and was rolled back: resource handler returned message: limit exceeded."
		r.Related["records"] = raw(map[string]any{"RecordDetails": []any{map[string]any{"Status": "FAILED",
			"RecordType":   "UPDATE_PROVISIONED_PRODUCT",
			"RecordErrors": []any{map[string]any{"Code": "ResourceLimit", "Description": "Limit exceeded for AWS::EC2::VPC."}}}}})
	}
	r.Spec = raw(spec)
	return r
}

func sequence(rs []*audit.Resource) iter.Seq2[*audit.Resource, error] {
	return func(yield func(*audit.Resource, error) bool) {
		for _, r := range rs {
			if !yield(r, nil) {
				return
			}
		}
	}
}

func fixtureFinding(rule string, sev audit.Severity, v audit.Verdict, ref audit.ResourceRef, msg string) audit.Finding {
	return audit.Finding{
		Fingerprint: audit.Fingerprint(rule, ref, ""), Rule: rule, Severity: sev, Verdict: v, Resource: ref, Msg: msg,
		Evidence:    json.RawMessage(`null`),
		Remediation: "Compare the renewal options, decide, and renew or return before the notice deadline.",
		FirstSeen:   "2026-11-13T06:00:00Z", Change: audit.Optional(audit.ChangePersisting),
	}
}

// fullReport is the report of the estate.
func fullReport(products int) (audit.Report, []*audit.Resource) {
	rs := fixtureResources(products)
	r := emptyReport()
	r.Status = audit.Incomplete
	r.Run.Accounts = fixtureAccounts
	r.Run.Regions = []string{"eu-central-1", "eu-west-1", "us-east-1"}
	var fs []audit.Finding
	var renewals []audit.Renewal
	for _, res := range rs {
		r.Summary.Resources[res.Kind]++
		ref := res.Ref()
		switch res.Kind {
		case audit.KindOutpost:
			var facts audit.OutpostFacts
			if err := json.Unmarshal(res.Facts, &facts); err != nil {
				panic(err)
			}
			renewals = append(renewals, audit.Renewal{Resource: ref, OutpostFacts: facts})
			switch {
			case len(res.Gaps) > 0:
				fs = append(fs, fixtureFinding("outposts.contract_ending", audit.Low, audit.Unknown, ref, "billing was not collected: access_denied by GetOutpostBillingInformation"))
			case facts.MonthToMonth():
				f := fixtureFinding("outposts.month_to_month", audit.High, audit.Fail, ref,
					"the contract ended on "+string(facts.ContractEnd)+" and the Outpost runs month-to-month")
				f.Amount = audit.CentsToMoney(*facts.CostOfInactionCents).Monthly()
				fs = append(fs, f)
			case facts.Due() && *facts.DaysToEnd < 180:
				sev := audit.Low
				if *facts.DaysToEnd < 90 {
					sev = audit.Medium
				}
				if *facts.DaysToEnd < 30 {
					sev = audit.High
				}
				f := fixtureFinding("outposts.contract_ending", sev, audit.Fail, ref, fmt.Sprintf("the contract ends on %s, in %d days, and no renewal is decided", string(facts.ContractEnd), *facts.DaysToEnd))
				f.Due, f.Change = facts.NoticeDeadline, audit.Optional(audit.ChangeNew)
				if facts.Recommended != nil {
					f.Amount = audit.CentsToMoney(*facts.Options[3].TCVCents)
					f.Command = audit.Optional("aws outposts get-renewal-pricing --outpost-identifier " + ref.ID + " --region " + ref.Region)
				}
				fs = append(fs, f)
				if *facts.DaysToEnd < 15 {
					f.Rule, f.Severity = "outposts.notice_deadline", audit.Critical
					f.Msg = "the notice deadline is " + string(facts.NoticeDeadline)
					f.Fingerprint = audit.Fingerprint(f.Rule, ref, "")
					fs = append(fs, f)
				}
			}
		case audit.KindProvisionedProduct:
			switch i := len(fs); {
			case res.ID[len(res.ID)-1] == '5':
				fs = append(fs, fixtureFinding("service_catalog.product_error", audit.High, audit.Fail, ref, "the product is in ERROR: "+res.Name))
			case res.ID[len(res.ID)-1] == '3':
				f := fixtureFinding("service_catalog.product_tainted", audit.Medium, audit.Waived, ref, "the last update failed and was rolled back")
				f.Waiver = &audit.WaiverRef{Resource: "pp-*", Reason: "rebuilt in the first quarter", Owner: "platform@example.com",
					Expires: "2027-03-31"}
				fs = append(fs, f)
			case i%3 == 0:
				fs = append(fs, fixtureFinding("general.tag_missing", audit.Low, audit.Fail, ref, "the tag CostCenter is missing"))
			case i%7 == 1:
				fs = append(fs, fixtureFinding("acme.naming", audit.Info, audit.Fail, ref, "@name does not follow the convention"))
			}
		}
	}
	fs = inOrder(fs)
	r.Findings = audit.NewList(inline.Of(fs...))
	for i := range fs {
		r.Summary.Verdicts[fs[i].Verdict]++
		if fs[i].Verdict == audit.Fail {
			d := r.Summary.Findings[fs[i].Domain()]
			if d == nil {
				d = map[audit.Severity]int{}
				r.Summary.Findings[fs[i].Domain()] = d
			}
			d[fs[i].Severity]++
		}
	}
	slices.SortStableFunc(renewals, func(a, b audit.Renewal) int {
		return cmp.Compare(cmp.Or(a.NoticeDeadline, "none"), cmp.Or(b.NoticeDeadline, "none"))
	})
	renewals = slices.DeleteFunc(renewals, func(rn audit.Renewal) bool { return rn.Shared || !rn.HasBilling })
	r.Renewals = audit.NewList(inline.Of(renewals...))
	addCommitments(&r)
	r.Products = fixtureProducts(products)
	for _, f := range fs {
		i := slices.IndexFunc(r.Rules, func(rule audit.RuleResult) bool { return rule.ID == f.Rule })
		if i < 0 {
			i = len(r.Rules)
			r.Rules = append(r.Rules, audit.RuleResult{Rule: audit.Rule{ID: f.Rule, Title: "What the rule " + f.Rule + " looks for",
				Description: "Left alone it costs money or hides a failure.", Severity: f.Severity, Kinds: []string{f.Resource.Kind},
				Requires: []string{"billing"},
				Params: []audit.Param{{Name: "high_days", Value: json.RawMessage(`30`), Source: "default"},
					{Name: "low_days", Value: json.RawMessage(`200`), Source: "config"}}, Remediation: f.Remediation,
				Frameworks: []audit.Framework{{ID: "ISO/IEC 27001:2022", Control: "A.5.9"}, {ID: "Ours", Control: "1.10"}},
				File:       "outposts/contract_ending.rego", Line: 17, Origin: "tenor"}, Verdicts: map[audit.Verdict]int{audit.Pass: 7}})
		}
		r.Rules[i].Verdicts[f.Verdict]++
	}
	r.Waivers = []audit.WaiverResult{
		{Rule: "service_catalog.product_tainted", Resource: "pp-*", Account: "111122223333", Reason: "rebuilt in the first quarter",
			Owner: "platform@example.com", Expires: "2027-03-31", Status: "used", Matched: 12, Line: 2},
		{Rule: "outposts.order_error", Resource: fixtureID("oo", 3), Reason: "=1+1 with support", Owner: "edge@example.com",
			Expires: "2026-10-31", Status: "expired", Matched: 1, Line: 9},
	}
	before := fs[1]
	before.Severity, before.Msg = audit.Medium, "the contract ends on 2026-12-02, in 18 days, and no renewal is decided"
	r.Changes = &audit.Changes{Baseline: audit.BaselineRef{ID: "b0b0", AsOf: "2026-11-13T06:00:00Z"}, Persisting: 40,
		Changed:        audit.NewList(inline.Of(audit.Changed{Fingerprint: fs[1].Fingerprint, Rule: fs[1].Rule, Fields: []string{"severity", "msg"}, Before: before, After: fs[1]})),
		Resolved:       audit.NewList(inline.Of(became(audit.ChangeResolved, fixtureFinding("outposts.order_stalled", audit.Medium, audit.Fail, rs[len(rs)-1].Ref(), "in progress for 140 days")))),
		NotReevaluated: audit.NewList(inline.Of(became(audit.ChangeNotReevaluated, fs[2]))),
		Settings:       []audit.Setting{{Kind: audit.SettingRule, Name: fs[3].Rule, Before: "on", After: "off"}},
		Silenced: audit.NewList(inline.Of(audit.Silenced{Finding: became(audit.ChangeSilenced, fs[3]), By: audit.SettingRule, Name: fs[3].Rule,
			Before: "on", After: "off"}))}
	for i := range fs {
		if fs[i].Change == audit.Optional(audit.ChangeNew) {
			r.Changes.New++
		}
	}
	r.Coverage = inline.Into(&audit.Ledger{}, []audit.Coverage{
		{Account: "111122223333", Region: "eu-central-1", Service: "outposts", Operation: "ListOutposts", Status: audit.StatusCollected,
			Count: 4},
		{Account: "111122223333", Region: "eu-central-1", Service: "servicecatalog", Operation: "SearchProvisionedProducts",
			Status: audit.StatusCollected, Count: products},
		{Account: "111122223333", Region: "me-south-1", Service: "outposts", Operation: "ListOutposts", Status: audit.StatusNotEnabled},
		{Account: "222233334444", Region: "us-east-1", Service: "outposts", Operation: "ListQuotes", Status: audit.StatusGap,
			Reason: audit.ReasonThrottled, Count: 100, Message: "Rate exceeded"},
		{Account: "333344445555", Service: "sts", Operation: "AssumeRole", Status: audit.StatusGap, Reason: audit.ReasonDeniedBySCP,
			Message: "explicit deny in a service control policy: " + hostile},
		{Account: "555566667777", Status: audit.StatusSuspended},
	}...)
	r.Summary.Coverage = audit.CoverageSummary{Collected: 2, Gaps: 2, NotEnabled: 1, Suspended: 1}
	baseline := r
	renewals = renewalsOf(&r)[1:] // the first is new
	renewals[0].ContractState = audit.StateUnknown
	baseline.Renewals = audit.NewList(inline.Of(renewals...))
	if err := r.Changes.Compare(&baseline, &r); err != nil {
		panic(err)
	}
	return r, rs
}

// became returns a finding that only the baseline knows.
func became(c audit.Change, f audit.Finding) audit.Finding {
	f.Change = audit.Optional(c)
	return f
}

// amounts is cents by month.
type amounts map[audit.Month]int64

// payments are the cents of an account by month.
type payments struct{ cash, cashRenewals, used, usedRenewals amounts }

// addCommitments derives the commitments and deadlines of the report's renewals, in whole cents.
func addCommitments(r *audit.Report) {
	now := audit.MonthOf(asOf)
	of := map[string]*payments{}
	all := &payments{amounts{}, amounts{}, amounts{}, amounts{}}
	add := func(id string, which func(p *payments) amounts, m audit.Month, c int64) {
		if of[id] == nil {
			of[id] = &payments{amounts{}, amounts{}, amounts{}, amounts{}}
		}
		which(of[id])[m] += c
		which(all)[m] += c
	}
	r.Summary.DecisionsDue = []audit.DecisionsDue{{WithinDays: 30}, {WithinDays: 90}, {WithinDays: 180}}
	sums := [3]int64{}
	var remaining int64
	ends, outposts := map[string]int{}, map[string]int{}
	for _, v := range renewalsOf(r) {
		rn := &v
		id := rn.Resource.Account
		outposts[id]++
		remaining += *rn.RemainingCommitmentCents
		if *rn.RemainingCommitmentCents > 0 {
			for k := range audit.Month(*rn.RemainingCommitmentCents / *rn.CurrentMonthlyCents) {
				add(id, func(p *payments) amounts { return p.cash }, now+1+k, *rn.CurrentMonthlyCents)
				add(id, func(p *payments) amounts { return p.used }, now+k, *rn.CurrentMonthlyCents)
			}
		}
		best := rn.Option(rn.Chosen())
		if plan, err := newPlan(rn); err != nil {
			panic(err)
		} else if o := stay(rn); plan != nil && best == nil && o != nil {
			for k := range o.Months {
				add(id, func(p *payments) amounts { return p.cashRenewals }, plan.first+audit.Month(k), *rn.MonthToMonthPriceCents)
				add(id, func(p *payments) amounts { return p.usedRenewals }, plan.first+audit.Month(k), *rn.MonthToMonthPriceCents)
			}
		} else if plan != nil && best != nil {
			add(id, func(p *payments) amounts { return p.cashRenewals }, plan.charged, best.UpfrontCents)
			for k := range best.Months {
				part := func(n int) int64 {
					return (best.UpfrontCents*int64(n)*2 + int64(best.Months)) / (2 * int64(best.Months))
				}
				add(id, func(p *payments) amounts { return p.cashRenewals }, plan.first+audit.Month(k), best.MonthlyCents)
				add(id, func(p *payments) amounts { return p.usedRenewals }, plan.first+audit.Month(k), best.MonthlyCents+part(k+1)-part(k))
			}
		}
		if !rn.MonthToMonth() {
			end, err := time.Parse(time.DateOnly, string(rn.ContractEnd))
			if err != nil {
				panic(err)
			}
			quarter := fmt.Sprintf("%d-Q%d", end.Year(), (int(end.Month())+2)/3)
			if rn.ContractState == audit.StateRenewed {
				ends[quarter+"d"]++
			} else {
				ends[quarter]++
			}
		}
		if !rn.Due() {
			continue
		}
		notice, err := time.Parse(time.DateOnly, string(rn.NoticeDeadline))
		if err != nil {
			panic(err)
		}
		d := audit.Deadline{Resource: rn.Resource, NoticeDeadline: string(rn.NoticeDeadline), ContractEnd: string(rn.ContractEnd), DaysLeft: int(notice.Sub(asOf.Truncate(24*time.Hour)).Hours() / 24),
			Recommended: rn.Recommended.Choice()}
		if rn.Recommended != nil {
			d.NeedsApproval = &rn.Recommended.NeedsApproval
		}
		if best != nil {
			d.Amount, d.PerMonth = audit.CentsToMoney(*best.TCVCents), audit.CentsToMoney(*rn.CostOfInactionCents).Monthly()
		}
		if len(r.Summary.Deadlines) < 5 {
			r.Summary.Deadlines = append(r.Summary.Deadlines, d)
		}
		for j := range r.Summary.DecisionsDue {
			due := &r.Summary.DecisionsDue[j]
			if notice.After(asOf.AddDate(0, 0, due.WithinDays)) {
				continue
			}
			due.Count++
			switch {
			case rn.Recommended == nil:
				due.Unpriced++
			case best != nil:
				sums[j] += *best.TCVCents
			}
		}
	}
	for j := range r.Summary.DecisionsDue {
		r.Summary.DecisionsDue[j].Amount = audit.CentsToMoney(sums[j])
	}
	commitment := func(id, name string, p *payments) audit.AccountCommitment {
		c := audit.AccountCommitment{Account: id, Name: name, Outposts: outposts[id]}
		c.CashByMonth, c.CashByFiscalYear = fixturePeriods(p.cash, p.cashRenewals)
		c.AmortisedByMonth, c.AmortisedByFiscalYear = fixturePeriods(p.used, p.usedRenewals)
		var sum int64
		for _, v := range p.cash {
			sum += v
		}
		c.Remaining = audit.CentsToMoney(sum).Value
		return c
	}
	r.Commitments.Total = commitment("", "", all)
	r.Commitments.Total.Outposts = r.Renewals.Len
	r.Commitments.Total.Remaining = audit.CentsToMoney(remaining).Value
	for q := range audit.Month(12) {
		m := now + 3*q
		name := fmt.Sprintf("%d-Q%d", int(m)/12, int(m)%12/3+1)
		r.Commitments.Total.ContractEnds = append(r.Commitments.Total.ContractEnds,
			audit.Quarter{Quarter: name, Decided: ends[name+"d"], Undecided: ends[name]})
	}
	for _, a := range r.Run.Accounts {
		if of[a.ID] != nil {
			r.Commitments.Accounts = append(r.Commitments.Accounts, commitment(a.ID, a.Name, of[a.ID]))
		}
	}
}

func fixturePeriods(committed, renewals amounts) (months, years []audit.Period) {
	last := audit.MonthOf(asOf)
	for _, a := range [...]amounts{committed, renewals} {
		for m, c := range a {
			if c != 0 {
				last = max(last, m)
			}
		}
	}
	var c, w int64
	for m := audit.MonthOf(asOf); m <= last; m++ {
		months = append(months, audit.Period{Period: m.String(), Committed: audit.CentsToMoney(committed[m]).Value,
			WithRenewals: audit.CentsToMoney(committed[m] + renewals[m]).Value})
		c += committed[m]
		w += committed[m] + renewals[m]
		if m == last || m%12 == 11 {
			years = append(years, audit.Period{Period: fmt.Sprintf("FY%d", int(m)/12), Committed: audit.CentsToMoney(c).Value,
				WithRenewals: audit.CentsToMoney(w).Value})
			c, w = 0, 0
		}
	}
	return months, years
}

// emptyReport is what an account with nothing in it gives.
func emptyReport() audit.Report {
	return audit.Report{
		SchemaVersion: audit.ReportSchemaVersion, Status: audit.Clean,
		Run: audit.Run{ID: "5f0c1e2d3b4a5968", ToolVersion: "1.2.3", TakenAt: "2026-11-20T05:58:12Z", AsOf: asOf.Format(time.RFC3339),
			PolicyDigest: "ab12cd34ef56", ConfigDigest: "9876fedc",
			Accounts: fixtureAccounts[:1], Regions: []string{"eu-central-1"},
			Assumptions: audit.Assumptions{DiscountRate: "0.08", FiscalYearStart: 1, Calendar: "us", Holidays: []string{"2026-12-24"}, NoticeBusinessDays: 5, MonthToMonthTerm: "ONE_YEAR",
				AllowedTerms: []string{"ONE_YEAR", "THREE_YEARS"}, AllowedOptions: []string{"ALL_UPFRONT", "PARTIAL_UPFRONT", "NO_UPFRONT"}, ApprovalLimitUSD: "250000.00", ApprovalBasis: "total", RetiredStatuses: []string{"RETIRED"}}},
		Summary: audit.Summary{Resources: map[string]int{}, Verdicts: map[audit.Verdict]int{}, Findings: map[string]map[audit.Severity]int{}, Coverage: audit.CoverageSummary{Collected: 1},
			DecisionsDue: []audit.DecisionsDue{{WithinDays: 30}, {WithinDays: 90}, {WithinDays: 180}}},
		Coverage: inline.Into(&audit.Ledger{}, audit.Coverage{Account: "111122223333", Region: "eu-central-1", Service: "outposts", Operation: "ListOutposts",
			Status: audit.StatusCollected}),
		Commitments: audit.Commitments{Currency: "USD", Total: audit.AccountCommitment{Remaining: "0.00"}},
	}
}

// fixtureProducts is what so many provisioned products come to: one cause of several, and what is not to be taken for a formula.
func fixtureProducts(total int) *audit.Products {
	median := json.Number("5.5")
	ref := audit.ProductRef{ID: "pp-1", Name: "=db", Account: "111122223333", Region: "eu-central-1", Since: "2026-10-01T09:00:00Z"}
	return &audit.Products{
		Total: total, Broken: 4, Unexplained: 2, Oldest: &ref, MedianRepairDays: &median,
		Causes: []audit.ProductCause{{Cause: audit.Cause{Cause: "=AccessDenied: <arn>", Text: "AccessDenied: arn:aws:iam::111122223333:role/x",
			Products: 5, Broken: 4, Accounts: 2, Owners: 3, Oldest: ref.Since, Examples: []audit.ProductRef{ref}}, Remediation: "Have it allowed."}},
		Versions: []audit.ProductVersion{{ProductID: "prod-1", Product: "Web", VersionID: "pa-1", Version: "v1", State: audit.VersionDeprecated,
			Products: total - 3, Broken: 4, Accounts: 2, Newest: "v2"}},
		Owners: []audit.ProductOwner{{Owner: "@team-a", By: audit.OwnerByTag, Products: total - 1, OK: total - 5, Broken: 4},
			{By: audit.OwnerNobody, Products: 1, Behind: 1}},
		Unlisted: audit.UnlistedProducts{Versions: 3},
		Since:    &audit.ProductsSince{Baseline: "2026-11-19T09:00:00Z", New: 2, Mended: 1},
		Repairs:  []audit.Repair{{ID: "pp-9", Days: 5}, {ID: "pp-8", Days: 6}},
	}
}

// renewalsOf returns the renewals of a report. To change one, change it here and set it with audit.NewList.
func renewalsOf(r *audit.Report) []audit.Renewal {
	list, err := r.Renewals.First(r.Renewals.Len)
	if err != nil {
		panic(err)
	}
	return list
}

// inOrder returns the findings as a report has them.
func inOrder(fs []audit.Finding) []audit.Finding {
	sorter := audit.NewFindingSorter("")
	for i := range fs {
		_ = sorter.Add(&fs[i]) // which are few, and stay in memory
	}
	sorted, _ := sorter.List().First(len(fs))
	return sorted
}
