package report

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"tenor/audit"
	"tenor/internal/inline"
)

// The synthetic reports that the goldens are made from: a rich one, an empty one, and one of gaps only. Amounts are
// whole dollars so that what the fixture says of an option can be checked by eye.

const (
	acctProd    = "111122223333"
	acctEdge    = "444455556666"
	acctSandbox = "777788889999"
)

// hostile is what anyone with the right to name things in AWS can put into a name, a tag or a message.
const hostile = `=HYPERLINK("http://evil.example")<script>document.title='owned'</script> | [x](javascript:alert(1)) ` +
	"`code` ::error::owned \x1b[31mred\x1b]0;title\a \u202eesrever\u202c\r\n# heading\x00 \xff ]]> &amp; 100% \ufffe"

// fullReport has every kind of finding, verdict, change, renewal and gap.
func fullReport() audit.Report {
	rs := fixtureRenewals()
	r := audit.Report{
		SchemaVersion: audit.ReportSchemaVersion,
		Run:           fixtureRun(),
		Status:        audit.Incomplete,
		Coverage:      inline.Into(&audit.Ledger{}, fixtureCoverage()...),
		Rules:         fixtureRules(),
		Renewals:      audit.NewList(inline.Of(rs...)),
		Commitments:   fixtureCommitments(),
		Products:      fixtureProducts(),
		Budgets:       fixtureBudgets(),
		Waivers: []audit.WaiverResult{
			{Rule: "service_catalog.product_tainted", Resource: "pp-tainted*", Account: acctEdge, Reason: "rebuilt in Q1",
				Owner: "platform@example.com", Expires: "2027-03-31", Status: "used", Matched: 1, Line: 2},
			{Rule: "general.tag_missing", Resource: "pp-gone", Reason: "being removed", Owner: "platform@example.com", Expires: "2027-01-31",
				Status: "unused", Line: 8},
			{Rule: "outposts.order_error", Resource: "oo-00000000000000e01", Reason: "with support", Owner: "edge@example.com",
				Expires: "2026-10-31", Status: "expired", Matched: 1, Line: 14},
		},
	}
	fs := inOrder(fixtureFindings(rs))
	r.Findings = audit.NewList(inline.Of(fs...))
	r.Summary = audit.Summary{
		Resources: map[string]int{audit.KindOutpost: len(rs), audit.KindOrder: 6, audit.KindQuote: 5, audit.KindCapacityTask: 3,
			audit.KindProvisionedProduct: 204, audit.KindAccount: 3},
		Verdicts:  map[audit.Verdict]int{audit.Pass: 0},
		Findings:  map[string]map[audit.Severity]int{},
		Coverage:  audit.CoverageSummary{},
		Deadlines: []audit.Deadline{},
	}
	for _, rule := range r.Rules {
		d := r.Summary.Findings[audit.Domain(rule.ID)]
		if d == nil {
			d = map[audit.Severity]int{}
			for _, s := range audit.Severities {
				d[s] = 0
			}
			r.Summary.Findings[audit.Domain(rule.ID)] = d
		}
		r.Summary.Verdicts[audit.Pass] += rule.Verdicts[audit.Pass]
	}
	counted := map[string]bool{}
	for i := range fs {
		f := &fs[i]
		verdicts := 0 // a rule may report several findings on one resource, but has one verdict
		if key := f.Rule + " " + f.Resource.ID; !counted[key] {
			counted[key], verdicts = true, 1
		}
		r.Summary.Verdicts[f.Verdict] += verdicts
		if f.Verdict == audit.Fail {
			r.Summary.Findings[f.Domain()][f.Severity]++
		}
		for _, rule := range r.Rules {
			if rule.ID == f.Rule {
				rule.Verdicts[f.Verdict] += verdicts
			}
		}
	}
	for c := range r.Coverage.All() {
		switch c.Status {
		case audit.StatusCollected:
			r.Summary.Coverage.Collected++
		case audit.StatusGap:
			r.Summary.Coverage.Gaps++
		case audit.StatusNotEnabled:
			r.Summary.Coverage.NotEnabled++
		case audit.StatusSuspended:
			r.Summary.Coverage.Suspended++
		}
	}
	for _, rn := range rs {
		if !rn.Due() || rn.NoticeDeadline == "" || len(r.Summary.Deadlines) == 5 {
			continue
		}
		d := audit.Deadline{Resource: rn.Resource, NoticeDeadline: string(rn.NoticeDeadline), ContractEnd: string(rn.ContractEnd),
			DaysLeft:    *rn.DaysToEnd - 7,
			Recommended: rn.Recommended.Choice()}
		if rn.Recommended != nil {
			d.NeedsApproval = &rn.Recommended.NeedsApproval
			d.Amount = audit.CentsToMoney(*rn.Options[3].TCVCents)
			d.PerMonth = audit.CentsToMoney(*rn.CostOfInactionCents).Monthly()
		}
		r.Summary.Deadlines = append(r.Summary.Deadlines, d)
	}
	r.Summary.Calendar = calendarOf(rs, audit.CalendarDay{Kind: audit.CalendarNotice, Resource: rs[5].Resource, Day: "2029-06-01",
		ContractEnd: "2029-06-08", Settled: true, AsOf: "2026-11-13T06:00:00Z"})
	r.Summary.MonthToMonth = audit.MonthToMonth{Count: 1, Price: audit.CentsToMoney(*rs[6].MonthToMonthPriceCents).Monthly(),
		Above: audit.CentsToMoney(*rs[6].CostOfInactionCents).Monthly()}
	r.Summary.DecisionsDue = []audit.DecisionsDue{
		{WithinDays: 30, Count: 2, Amount: audit.CentsToMoney(144_000_00 + 432_000_00), Unpriced: 0},
		{WithinDays: 90, Count: 3, Amount: audit.CentsToMoney(576_000_00), Unpriced: 1},
		{WithinDays: 180, Count: 4, Amount: audit.CentsToMoney(696_000_00), Unpriced: 1},
	}
	gone := fs[len(fs)-1]
	gone.Rule, gone.Severity, gone.Verdict, gone.Waiver = "service_catalog.product_error", audit.High, audit.Fail, nil
	gone.Resource.ID, gone.Resource.Name, gone.Msg = "pp-resolved", "resolved product", "the product is in status ERROR"
	gone.Fingerprint, gone.Change = audit.Fingerprint(gone.Rule, gone.Resource, ""), audit.Optional(audit.ChangeResolved)
	left := gone
	left.Resource.ID, left.Resource.Account, left.Change = "pp-left", "555566667777", audit.Optional(audit.ChangeAccountGone)
	left.Fingerprint = audit.Fingerprint(left.Rule, left.Resource, "")
	off := gone
	off.Rule, off.Change = "acme.retired", audit.Optional(audit.ChangeSilenced)
	off.Fingerprint = audit.Fingerprint(off.Rule, off.Resource, "")
	unread := gone
	unread.Rule, unread.Msg = "outposts.quote_expiring", "the quote expires on 2026-11-25: "+hostile
	unread.Resource = audit.ResourceRef{Kind: audit.KindQuote, ID: "oq-00000000000000042", Account: acctEdge, Region: "eu-west-1"}
	unread.Fingerprint, unread.Change = audit.Fingerprint(unread.Rule, unread.Resource, ""), audit.Optional(audit.ChangeNotReevaluated)
	changed := fs[slices.IndexFunc(fs, func(f audit.Finding) bool { return f.Change == audit.Optional(audit.ChangeChanged) })]
	before := changed
	before.Severity, before.Change = audit.Medium, audit.Optional(audit.ChangePersisting)
	r.Changes = &audit.Changes{
		Baseline: audit.BaselineRef{ID: "b0b0", AsOf: "2026-11-13T06:00:00Z"},
		Changed:  audit.NewList(inline.Of(audit.Changed{Fingerprint: changed.Fingerprint, Rule: changed.Rule, Fields: []string{"severity"}, Before: before, After: changed})),
		Resolved: audit.NewList(inline.Of(gone, left)), NotReevaluated: audit.NewList(inline.Of(unread)),
		Settings: []audit.Setting{
			{Kind: audit.SettingRule, Name: off.Rule, Before: "on", After: "off"},
			{Kind: audit.SettingParameter, Name: "outposts.quote_expiring.days", Before: "7", After: "1"},
			{Kind: audit.SettingWaiver, Name: "outposts.order_error on oo-*",
				After: audit.Optional(strings.ToValidUTF8("edge@example.com, until 2027-03-31: "+hostile, "?"))},
		},
		Silenced: audit.NewList(inline.Of(audit.Silenced{Finding: off, By: audit.SettingRule, Name: off.Rule, Before: "on", After: "off"})),
	}
	for i := range fs {
		switch audit.Change(fs[i].Change) {
		case audit.ChangeNew:
			r.Changes.New++
		case audit.ChangePersisting:
			r.Changes.Persisting++
		}
	}
	return r
}

// emptyReport is what a run over an account with nothing in it gives.
func emptyReport() audit.Report {
	r := audit.Report{
		SchemaVersion: audit.ReportSchemaVersion,
		Run:           fixtureRun(),
		Status:        audit.Clean,
		Rules:         fixtureRules()[4:5],
		Commitments:   audit.Commitments{Currency: "USD", Total: audit.AccountCommitment{Remaining: "0"}},
		Summary: audit.Summary{
			Resources: map[string]int{audit.KindAccount: 1}, Verdicts: map[audit.Verdict]int{}, Findings: map[string]map[audit.Severity]int{},
			Coverage:     audit.CoverageSummary{Collected: 1},
			DecisionsDue: []audit.DecisionsDue{{WithinDays: 30}, {WithinDays: 90}, {WithinDays: 180}},
		},
		Coverage: inline.Into(&audit.Ledger{}, audit.Coverage{Account: acctProd, Region: "eu-central-1", Service: "outposts", Operation: "ListOutposts",
			Status: audit.StatusCollected}),
	}
	r.Run.Accounts = r.Run.Accounts[:1]
	r.Run.Regions = r.Run.Regions[:1]
	for _, v := range audit.Verdicts {
		r.Summary.Verdicts[v] = 0
		r.Rules[0].Verdicts[v] = 0
	}
	return r
}

// gapsReport could read nothing: it has no finding but unknown ones.
func gapsReport() audit.Report {
	r := emptyReport()
	r.Status = audit.Incomplete
	r.Coverage = inline.Into(&audit.Ledger{}, fixtureCoverage()[2:]...)
	r.Summary.Coverage = audit.CoverageSummary{Gaps: 3, NotEnabled: 1, Suspended: 1}
	f := finding("outposts.contract_ending", audit.Low, audit.Unknown, outpostRef(1, "fra-dc1", acctProd, "eu-central-1"),
		"billing was not collected: access_denied by GetOutpostBillingInformation")
	r.Findings = audit.NewList(inline.Of(f))
	r.Summary.Resources[audit.KindOutpost] = 1
	r.Summary.Verdicts[audit.Unknown] = 1
	r.Rules[0].Verdicts[audit.Unknown] = 1
	r.Run.Warnings = []string{"the last report is left out, so nothing is compared with it: report out/report.json:7: the file is cut off " +
		hostile}
	r.Summary.Carry([]audit.Deadline{{Resource: outpostRef(1, "fra-dc1", acctProd, "eu-central-1"), NoticeDeadline: "2026-12-02",
		ContractEnd: "2026-12-10T00:00:00Z", DaysLeft: 11, Amount: audit.CentsToMoney(144_000_00), AsOf: "2026-11-18T06:00:00Z"}},
		fixtureTime)
	r.Summary.Calendar = calendarOf(nil, audit.CalendarDay{Kind: audit.CalendarNotice, Resource: outpostRef(1, "fra-dc1", acctProd, "eu-central-1"),
		Day: "2026-12-02", ContractEnd: "2026-12-10", AsOf: "2026-11-18T06:00:00Z"})
	return r
}

// calendarOf returns the calendar of renewals and of what an earlier report had.
func calendarOf(rs []audit.Renewal, earlier ...audit.CalendarDay) audit.CalendarList {
	s := audit.NewCalendarSorter("")
	for i := range rs {
		earlier = append(earlier, rs[i].CalendarDays(fixtureTime)...)
	}
	for i := range earlier {
		if err := s.Add(&earlier[i]); err != nil {
			panic(err)
		}
	}
	return s.List()
}

// fixtureTime is as_of of the fixtures.
var fixtureTime = time.Date(2026, 11, 20, 6, 0, 0, 0, time.UTC)

func fixtureRun() audit.Run {
	return audit.Run{
		ID: "5f0c1e2d3b4a59687786950413223140", ToolVersion: "1.2.3", TakenAt: "2026-11-20T05:58:12Z", AsOf: "2026-11-20T06:00:00Z",
		PolicyDigest: strings.Repeat("ab", 32), ConfigDigest: strings.Repeat("cd", 32),
		NotifyDays: []int{90, 30, 5}, Settings: audit.Settings{FailOn: "high"},
		Params: map[string]map[string]json.RawMessage{
			"outposts.contract_ending": {"high_days": json.RawMessage(`30`), "medium_days": json.RawMessage(`90`),
				"low_days": json.RawMessage(`180`)},
			"general.tag_missing": {"required": json.RawMessage(`["Owner","CostCenter"]`)},
		},
		Accounts: []audit.Account{{ID: acctProd, Name: "prod"}, {ID: acctEdge, Name: "edge <b>" + "sites"}, {ID: acctSandbox}},
		Regions:  []string{"eu-central-1", "eu-west-1", "us-east-1"},
		Assumptions: audit.Assumptions{
			DiscountRate: "0.08", FiscalYearStart: 1, Calendar: "us", Holidays: []string{"2026-12-24"}, NoticeBusinessDays: 5,
			MonthToMonthTerm: "ONE_YEAR",
			AllowedTerms:     []string{"ONE_YEAR", "THREE_YEARS"}, AllowedOptions: []string{"ALL_UPFRONT", "PARTIAL_UPFRONT", "NO_UPFRONT"},
			ApprovalLimitUSD: "250000", ApprovalBasis: "total", RetiredStatuses: []string{"RETIRED"},
		},
	}
}

func fixtureCoverage() []audit.Coverage {
	return []audit.Coverage{
		{Account: acctProd, Region: "eu-central-1", Service: "outposts", Operation: "ListOutposts", Status: audit.StatusCollected, Count: 4},
		{Account: acctProd, Region: "eu-central-1", Service: "servicecatalog", Operation: "SearchProvisionedProducts",
			Status: audit.StatusCollected, Count: 204},
		{Account: acctProd, Region: "me-south-1", Service: "outposts", Operation: "ListOutposts", Status: audit.StatusNotEnabled},
		{Account: acctEdge, Region: "", Service: "sts", Operation: "AssumeRole", Status: audit.StatusGap, Reason: audit.ReasonAccessDenied,
			Message: "User is not authorized to perform sts:AssumeRole: " + hostile},
		{Account: acctEdge, Region: "eu-west-1", Service: "outposts", Operation: "GetOutpostBillingInformation", Status: audit.StatusGap,
			Reason: audit.ReasonDeniedBySCP, Count: 2, Message: "explicit deny in a service control policy"},
		{Account: acctEdge, Region: "eu-west-1", Service: "outposts", Operation: "ListQuotes", Status: audit.StatusGap,
			Reason: audit.ReasonThrottled, Count: 100},
		{Account: acctSandbox, Status: audit.StatusSuspended},
	}
}

func fixtureRules() []audit.RuleResult {
	rule := func(id, title string, sev audit.Severity, kinds ...string) audit.RuleResult {
		file := strings.ReplaceAll(id, ".", "/") + ".rego"
		r := audit.RuleResult{
			Rule: audit.Rule{
				ID: id, Title: title, Description: title + ". Left alone it costs money or hides a failure.", Severity: sev, Kinds: kinds,
				Requires: []string{}, Params: []audit.Param{},
				Remediation: "Decide and act before the date.", File: file, Line: 17, Origin: "tenor",
				RelatedResources: []audit.RelatedResource{{Ref: "https://docs.aws.amazon.com/outposts/latest/userguide/how-billing-works.html",
					Description: "AWS Outposts billing"}},
			},
			Verdicts: map[audit.Verdict]int{},
		}
		for _, v := range audit.Verdicts {
			r.Verdicts[v] = 0
		}
		r.Verdicts[audit.Pass] = 2 + len(id)%7
		return r
	}
	rules := []audit.RuleResult{
		rule("acme.edge_hosts", "An Outpost is installed where we have a contract "+hostile, audit.High, audit.KindOutpost),
		rule("estate.contracts_cluster", "Contracts end close together", audit.Low, audit.KindAccount),
		rule("general.tag_missing", "A required tag is missing", audit.Low, audit.KindOutpost, audit.KindProvisionedProduct),
		rule("outposts.capacity_task_failed", "A capacity task failed", audit.High, audit.KindCapacityTask),
		rule("outposts.contract_ending", "A contract ends soon", audit.Low, audit.KindOutpost),
		rule("outposts.month_to_month", "An Outpost runs month-to-month", audit.High, audit.KindOutpost),
		rule("outposts.notice_deadline", "The notice deadline is near", audit.Critical, audit.KindOutpost),
		rule("outposts.order_error", "An order is in error", audit.High, audit.KindOrder),
		rule("outposts.quote_expiring", "A quote expires soon", audit.Medium, audit.KindQuote),
		rule("outposts.quote_requirement_failed", "A quote cannot be ordered", audit.Medium, audit.KindQuote),
		rule("service_catalog.product_error", "A provisioned product is in error", audit.High, audit.KindProvisionedProduct),
		rule("service_catalog.product_tainted", "A provisioned product is tainted", audit.Medium, audit.KindProvisionedProduct),
		rule("service_catalog.version_inactive", "A product runs an inactive version", audit.High, audit.KindProvisionedProduct),
		rule("waivers.unused", "A waiver matches nothing", audit.Low),
	}
	rules[0].Origin, rules[0].File, rules[0].Line = "policies/acme", "edge/hosts 100%.rego", 3
	rules[0].Frameworks = []audit.Framework{{ID: "ISO/IEC 27001:2022", Control: "A.5.9"}, {ID: "Ours " + hostile, Control: "1.10"},
		{ID: "ISO/IEC 27001:2022", Control: "A.8.9"}}
	rules[4].Requires = []string{"billing"}
	rules[4].Params = []audit.Param{{Name: "high_days", Description: "high within these days", Default: json.RawMessage(`30`),
		Value: json.RawMessage(`30`), Source: "default"}}
	rules[13].RelatedResources = []audit.RelatedResource{}
	rules[13].Kinds = []string{}
	return rules
}

func outpostRef(n int, name, account, region string) audit.ResourceRef {
	id := fmt.Sprintf("op-0000000000000000%d", n)
	return audit.ResourceRef{Kind: audit.KindOutpost, ID: id,
		ARN: audit.Optional("arn:aws:outposts:" + region + ":" + account + ":outpost/" + id), Name: name, Account: account, Region: region,
		Owner: "edge@example.com"}
}

// option returns a priced option of whole dollars; the measures that need a rate are left unknown but on NO_UPFRONT.
func option(term, payment string, months int, upfront, monthly int64, vsMonthToMonth int64) audit.PricedOption {
	tcv := upfront + monthly*int64(months)
	dollars := func(n int64) string { return fmt.Sprint(n) }
	o := audit.PricedOption{
		PaymentTerm: term, PaymentOption: payment, Months: months, Currency: "USD", Allowed: term != "FIVE_YEARS",
		Upfront: dollars(upfront), UpfrontCents: upfront * 100, Monthly: dollars(monthly), MonthlyCents: monthly * 100,
		TCV: audit.Optional(dollars(tcv)), TCVCents: new(tcv * 100), EffectiveMonthly: audit.Optional(fmt.Sprintf("%d.%02d", tcv/int64(months),
			tcv%int64(months)*100/int64(months))), EffectiveMonthlyCents: new(tcv * 100 / int64(months)),
		NPV: audit.Optional(dollars(tcv * 9 / 10)), NPVCents: new(tcv * 90),
	}
	saving := (vsMonthToMonth*int64(months) - tcv)
	cents := saving * 100
	o.SavingVsMonthToMonth, o.SavingVsMonthToMonthCents = audit.Optional(dollars(saving)), &cents
	if payment == "NO_UPFRONT" {
		rate := json.Number("9.21")
		o.ImpliedRatePercent = &rate
	}
	breakEven, change := 1+int(upfront/vsMonthToMonth), json.Number("-12.5")
	o.BreakEvenMonth, o.PriceChangePercent = &breakEven, &change
	return o
}

func centsOf(n int64) *int64 { return &n }

func fixtureRenewals() []audit.Renewal {
	renewal := func(n int, name, account, region, notice, end string, days int, yearAllUpfront int64) audit.Renewal {
		rn := audit.Renewal{Resource: outpostRef(n, name, account, region), OutpostFacts: audit.OutpostFacts{
			HasBilling: true, ContractState: audit.StateRunning, PaymentTerm: "THREE_YEARS", PaymentOption: "NO_UPFRONT",
			NoticeDeadline: audit.Optional(notice), ContractEnd: audit.Optional(end), ContractEndSource: "contract_end_date",
			ContractEndDate: audit.Optional(end), LatestTermEnd: audit.Optional(end),
			CurrentMonthly: "11000", CurrentMonthlyCents: centsOf(11000_00), RemainingCommitment: "33000",
			RemainingCommitmentCents: centsOf(33000_00), Priced: "PRICED", Options: []audit.PricedOption{},
		}}
		if notice != "" {
			last, err := time.Parse(time.DateOnly, end)
			if err != nil {
				panic(err)
			}
			rn.RenewalChargeDate, rn.RenewalStartDate = audit.Optional(notice), audit.Optional(last.AddDate(0, 0, 1).Format(time.DateOnly))
		}
		if end != "" {
			left := days * 5 / 7
			rn.DaysToEnd, rn.BusinessDaysToNotice = &days, &left
		}
		if yearAllUpfront == 0 {
			rn.Priced = "UNABLE_TO_PRICE"
			return rn
		}
		m2m := yearAllUpfront / 11
		for _, t := range []struct {
			name   string
			months int
			years  int64
		}{{"ONE_YEAR", 12, 1}, {"THREE_YEARS", 36, 3}, {"FIVE_YEARS", 60, 5}} {
			all := yearAllUpfront * t.years * (11 - t.years) / 10
			rn.Options = append(rn.Options,
				option(t.name, "ALL_UPFRONT", t.months, all, 0, m2m),
				option(t.name, "PARTIAL_UPFRONT", t.months, all/2, all*53/100/int64(t.months), m2m),
				option(t.name, "NO_UPFRONT", t.months, 0, all*107/100/int64(t.months), m2m))
		}
		level := rn.Options[3].UpfrontCents / 100 / 32
		cents, wait := m2m*100, (m2m-level)*100
		rn.MonthToMonthPrice, rn.MonthToMonthPriceCents, rn.MonthToMonthPriceSource = audit.Optional(fmt.Sprint(m2m)), &cents, "assumed"
		rn.CostOfInaction, rn.CostOfInactionCents = audit.Optional(fmt.Sprint(wait/100)), &wait
		rn.Recommended = &audit.Recommendation{Action: audit.ActionRenew, LevelPrice: fmt.Sprint(level), LevelPriceCents: level * 100,
			SwitchRates: []audit.SwitchRate{}, PaymentTerm: "THREE_YEARS", PaymentOption: "ALL_UPFRONT",
			Reason: "the lowest total among the allowed options", NeedsApproval: yearAllUpfront > 100_000}
		return rn
	}
	rs := []audit.Renewal{
		renewal(1, "fra-dc1", acctProd, "eu-central-1", "2026-11-23", "2026-12-01", 10, 60_000),
		renewal(2, "fra-dc2", acctProd, "eu-central-1", "2026-12-08", "2026-12-15", 24, 180_000),
		renewal(3, "dub "+hostile, acctEdge, "eu-west-1", "2027-01-20", "2027-01-27", 68, 0),
		renewal(4, "nyc-store-17", acctEdge, "us-east-1", "2027-04-22", "2027-04-29", 160, 50_000),
		renewal(5, "nyc-store-18", acctEdge, "us-east-1", "2028-10-03", "2028-10-10", 690, 50_000),
		renewal(6, "fra-lab", acctProd, "eu-central-1", "2029-06-01", "2029-06-08", 931, 90_000),
		renewal(7, "old-rack", acctProd, "eu-central-1", "", "2026-09-30", -51, 70_000),
		renewal(8, "shared-rack", acctSandbox, "eu-central-1", "", "", 0, 0),
	}
	subscription := func(id, kind, status, begins, ends, term, option string, upfront, monthly, months int64) audit.Subscription {
		s := audit.Subscription{ID: id, Type: kind, Status: status, Begins: audit.Optional(begins), Ends: audit.Optional(ends),
			PaymentTerm: audit.Optional(term), PaymentOption: audit.Optional(option)}
		if from, err := time.Parse(time.DateOnly, begins); err == nil {
			to, err := time.Parse(time.DateOnly, ends)
			if err != nil {
				panic(err)
			}
			days := int(to.Sub(from).Hours() / 24)
			s.Days, s.Rolling = &days, kind == "RENEWAL" && days <= 45
		}
		if months > 0 {
			s.Upfront, s.UpfrontCents = audit.Optional(fmt.Sprint(upfront)), centsOf(upfront*100)
			s.Monthly, s.MonthlyCents = audit.Optional(fmt.Sprint(monthly)), centsOf(monthly*100)
			s.Total, s.TotalCents = audit.Optional(fmt.Sprint(upfront+monthly*months)), centsOf((upfront+monthly*months)*100)
		}
		return s
	}
	rs[0].Subscriptions = []audit.Subscription{
		subscription("sub-1", "ORIGINAL", "ACTIVE", "2023-12-02", "2026-12-01", "THREE_YEARS", "PARTIAL_UPFRONT", 90_000, 2_500, 36),
		subscription("sub-2", "CAPACITY_INCREASE", "ACTIVE", "2025-06-01", "2026-12-01", "", "NO_UPFRONT", 0, 800, 18),
		subscription("sub-3", "RENEWAL", "CANCELLED", "2026-12-02", "2027-12-01", "ONE_YEAR", "ALL_UPFRONT", 60_000, 0, 12),
	}
	rs[2].Subscriptions = []audit.Subscription{
		subscription("=sub, \"4\"", "ORIGINAL", "SUSPENDED", "2024-01-28", "2027-01-27", "THREE_YEARS", "", 0, 0, 0),
	}
	rs[5].Subscriptions = []audit.Subscription{
		subscription("sub-5", "ORIGINAL", "ACTIVE", "2026-06-09", "2029-06-08", "THREE_YEARS", "ALL_UPFRONT", 243_000, 0, 36),
		subscription("sub-6", "RENEWAL", "PENDING", "2029-06-09", "2030-06-08", "ONE_YEAR", "NO_UPFRONT", 0, 8_000, 12),
	}
	rs[6].Subscriptions = []audit.Subscription{
		subscription("sub-7", "ORIGINAL", "INACTIVE", "2023-10-01", "2026-09-30", "THREE_YEARS", "NO_UPFRONT", 0, 6_000, 36),
		subscription("sub-8", "RENEWAL", "ACTIVE", "2026-11-01", "2026-12-01", "", "", 0, 6_400, 1),
		subscription("", "ORIGINAL", "INACTIVE", "", "", "", "", 0, 0, 0),
	}
	rs[5].ContractState = audit.StateRenewed
	rs[5].RenewalChargeDate, rs[5].RenewalStartDate = "", ""
	rs[6].ContractState, rs[6].MonthToMonthPriceSource = audit.StateMonthToMonth, "billed"
	rs[6].RenewalChargeDate, rs[6].RenewalStartDate = "2026-11-20", "2026-11-21"
	fifth, eighty, eight := json.Number("20"), json.Number("80"), 8
	rs[0].Capacity = &audit.Capacity{Hosts: 3, NotInUse: 1, Slots: 10, Used: 7, Idle: 2, Accounts: 2, Instances: 8, IdlePercent: &fifth,
		Families: []audit.FamilyCapacity{{Family: "c5", Slots: 10, Used: 7, Idle: 2, Peak: &eight}},
		History: &audit.CapacityHistory{Days: 30, Since: "2026-07-18", IdleNow: 3, Types: []audit.TypeHistory{
			{InstanceType: "c5.4xlarge", Slots: 10, Used: 7, PeakPercent: &eighty, PeakOn: "2026-08-02", Peak: &eight, Idle: 2}}}}
	rs[0].IdleMonthly, rs[0].IdleMonthlyCents = "2200", centsOf(2200_00)
	rs[3].Capacity = &audit.Capacity{Hosts: 1, Unknown: 1, Families: []audit.FamilyCapacity{}}
	rs[7].OutpostFacts = audit.OutpostFacts{Shared: true, Options: []audit.PricedOption{}}
	return rs
}

func fixtureCommitments() audit.Commitments {
	periods := func(labels []string, committed, renewals int64) []audit.Period {
		ps := []audit.Period{}
		for i, l := range labels {
			n := int64(i)
			ps = append(ps, audit.Period{Period: l, Committed: fmt.Sprint(max(0, committed-n*committed/int64(len(labels)))),
				WithRenewals: fmt.Sprint(committed + renewals*n)})
		}
		return ps
	}
	months := []string{}
	for i := range 26 {
		months = append(months, fmt.Sprintf("%d-%02d", 2026+(10+i)/12, 1+(10+i)%12))
	}
	years := []string{"FY2026", "FY2027", "FY2028"}
	account := func(id, name string, outposts int, scale int64) audit.AccountCommitment {
		return audit.AccountCommitment{
			Account: id, Name: name, Outposts: outposts, Remaining: fmt.Sprint(scale * 400_000),
			CashByMonth: periods(months, scale*33_000, scale*900), CashByFiscalYear: periods(years, scale*240_000, scale*20_000),
			AmortisedByMonth: periods(months, scale*31_000, scale*800), AmortisedByFiscalYear: periods(years, scale*230_000, scale*19_000),
			ContractEnds: []audit.Quarter{{Quarter: "2026-Q4", Undecided: 2}, {Quarter: "2027-Q1", Undecided: 1},
				{Quarter: "2027-Q2", Decided: 1, Undecided: 1}, {Quarter: "2027-Q3"}, {Quarter: "2027-Q4", Decided: 1}},
		}
	}
	return audit.Commitments{Currency: "USD", Total: account("", "", 7, 3),
		Accounts: []audit.AccountCommitment{account(acctProd, "prod", 4, 2), account(acctEdge, "edge <b>sites", 3, 1)}}
}

func finding(rule string, sev audit.Severity, v audit.Verdict, ref audit.ResourceRef, msg string) audit.Finding {
	return audit.Finding{
		Fingerprint: audit.Fingerprint(rule, ref, ""), Rule: rule, Severity: sev, Verdict: v, Resource: ref, Msg: msg,
		Evidence: json.RawMessage(`null`), Remediation: "Decide and act before the date.",
		FirstSeen: "2026-11-20T06:00:00Z", Change: audit.Optional(audit.ChangeNew),
	}
}

func fixtureFindings(rs []audit.Renewal) []audit.Finding {
	product := func(id, name, account, region string) audit.ResourceRef {
		return audit.ResourceRef{Kind: audit.KindProvisionedProduct, ID: id,
			ARN: audit.Optional("arn:aws:servicecatalog:" + region + ":" + account + ":stack/" + id), Name: name, Account: account, Region: region}
	}
	order := audit.ResourceRef{Kind: audit.KindOrder, ID: "oo-00000000000000e01", Account: acctEdge, Region: "us-east-1"}
	fs := []audit.Finding{
		finding("outposts.notice_deadline", audit.Critical, audit.Fail, rs[0].Resource, "the notice deadline 2026-11-23 is 1 business day away"),
		finding("outposts.contract_ending", audit.High, audit.Fail, rs[0].Resource, "the contract ends on 2026-12-01, in 10 days"),
		finding("outposts.contract_ending", audit.High, audit.Fail, rs[1].Resource, "the contract ends on 2026-12-15, in 24 days"),
		finding("outposts.contract_ending", audit.Medium, audit.Fail, rs[2].Resource, "the contract ends on 2027-01-27, in 68 days"),
		finding("outposts.contract_ending", audit.Low, audit.Unknown, outpostRef(9, "", acctEdge, "eu-west-1"),
			"billing was not collected: denied_by_scp by GetOutpostBillingInformation"),
		finding("outposts.month_to_month", audit.High, audit.Fail, rs[6].Resource,
			"the contract ended on 2026-09-30 and the Outpost runs month-to-month"),
		finding("outposts.order_error", audit.High, audit.Fail, order, "line item ooi-1 is in ERROR"),
		finding("outposts.capacity_task_failed", audit.High, audit.Error,
			audit.ResourceRef{Kind: audit.KindCapacityTask, ID: "cap-1", Account: acctProd, Region: "eu-central-1"},
			"capacity_task_failed.rego:31: to_number: invalid syntax"),
		finding("service_catalog.product_error", audit.High, audit.Fail, product("pp-error", hostile, acctProd, "eu-central-1"),
			"the product is in ERROR: "+hostile),
		finding("service_catalog.product_tainted", audit.Medium, audit.Waived, product("pp-tainted1", "web stack", acctEdge, "eu-west-1"),
			"the last update failed and was rolled back"),
		finding("service_catalog.version_inactive", audit.High, audit.Fail, product("pp-error", hostile, acctProd, "eu-central-1"),
			"version v1.4 is not active"),
		finding("general.tag_missing", audit.Low, audit.Fail, product("pp-untagged", "+1-800-batch", acctProd, "eu-central-1"),
			"the tags Owner, CostCenter are missing"),
		finding("acme.edge_hosts", audit.Info, audit.Fail, rs[4].Resource, "@site 17, not in the contract"),
		finding("estate.contracts_cluster", audit.Low, audit.Fail,
			audit.ResourceRef{Kind: audit.KindAccount, ID: acctEdge, Name: "edge <b>sites", Account: acctEdge},
			"3 contracts end within 90 days of one another"),
		finding("waivers.unused", audit.Low, audit.Fail, audit.ResourceRef{Kind: "waiver", ID: "waivers.yaml:8"},
			"the waiver of general.tag_missing for pp-gone matched nothing"),
	}
	for i := range 12 {
		fs = append(fs, finding("general.tag_missing", audit.Low, audit.Fail,
			product(fmt.Sprintf("pp-batch-%02d", i), fmt.Sprintf("batch %d", i), acctProd, "us-east-1"), "the tag CostCenter is missing"))
	}
	quote := audit.ResourceRef{Kind: audit.KindQuote, ID: "oq-00000000000000001", Account: acctProd, Region: "eu-central-1"}
	for _, requirement := range []string{"ENTERPRISE_SUPPORT_ERROR", "COUNTRY_CODE_MISMATCH_CHECK_ERROR"} {
		f := finding("outposts.quote_requirement_failed", audit.Medium, audit.Fail, quote, "the requirement "+requirement+" fails")
		f.Fingerprint = audit.Fingerprint(f.Rule, f.Resource, requirement)
		fs = append(fs, f)
	}
	fs[0].Due, fs[0].Amount = "2026-11-23", audit.CentsToMoney(*rs[0].Options[3].TCVCents)
	fs[0].Evidence = json.RawMessage(`{"business_days":1,"notice_deadline":"2026-11-23"}`)
	fs[0].Command = "aws outposts get-renewal-pricing --outpost-identifier op-00000000000000001 --region eu-central-1"
	fs[1].Due, fs[1].Change, fs[1].FirstSeen = "2026-11-23", audit.Optional(audit.ChangeChanged), "2026-06-05T06:00:00Z"
	fs[2].Due, fs[2].Amount = "2026-12-08", audit.CentsToMoney(*rs[1].Options[3].TCVCents)
	fs[3].Due = "2027-01-20"
	fs[5].Amount = audit.CentsToMoney(-123456)
	fs[8].Evidence, fs[8].Command = json.RawMessage(`{"errors":[{"code":"-2+3","description":"<script>alert(1)</script>"}],`+
		`"status":"ERROR"}`), audit.Optional("aws servicecatalog describe-provisioned-product --id pp-error")
	fs[9].Waiver = &audit.WaiverRef{Resource: "pp-*", Reason: "rebuilt in Q1 " + hostile, Owner: "platform@example.com", Expires: "2027-03-31"}
	for _, i := range []int{5, 6, 9, 11, 12} {
		fs[i].Change, fs[i].FirstSeen = audit.Optional(audit.ChangePersisting), "2026-10-02T06:00:00Z"
	}
	return fs
}

// fixtureProducts has a hostile name, a cause of more accounts than are counted, and products of no group.
func fixtureProducts() *audit.Products {
	median := json.Number("5.5")
	ref := audit.ProductRef{ID: "pp-1", Name: "<b>db</b>\u202e", Account: "111122223333", Region: "eu-central-1", Since: "2026-10-01T09:00:00Z", Before: true}
	return &audit.Products{
		Total: 1240, Broken: 41, Unexplained: 2, Incomplete: true, Oldest: &ref, MedianRepairDays: &median,
		Causes: []audit.ProductCause{
			{Cause: audit.Cause{Cause: "AccessDenied: <arn>", Text: "AccessDenied: arn:aws:iam::111122223333:role/x <script>", Products: 40, Broken: 38,
				Accounts: 100, Owners: 3, AtLeast: true, Oldest: ref.Since, Examples: []audit.ProductRef{ref},
				Days: []audit.FailureDay{{Day: "2026-11-18", Ago: 2, Products: 40}}}, Remediation: "Have the role allowed what is denied there."},
			{Cause: audit.Cause{Cause: "=quota|", Text: "=quota|", Products: 1, Accounts: 1, Days: []audit.FailureDay{}, Examples: []audit.ProductRef{ref}}},
		},
		Versions: []audit.ProductVersion{
			{ProductID: "prod-1", Product: "Web", VersionID: "pa-1", Version: "v1", State: audit.VersionDeprecated, Products: 1200, Broken: 40, Accounts: 7, Newest: "v2"},
			{ProductID: "prod-2", VersionID: "pa-2", Products: 37},
		},
		Owners: []audit.ProductOwner{
			{Owner: "team-a", By: audit.OwnerByTag, Products: 1200, OK: 1100, Broken: 41, Behind: 50, Unknown: 9}, {By: audit.OwnerNobody, Products: 40, OK: 40},
		},
		Unlisted: audit.UnlistedProducts{Causes: 5, Versions: 3},
		Since:    &audit.ProductsSince{Baseline: "2026-11-19T09:00:00Z", New: 7, Mended: 2},
		Repairs: []audit.Repair{{ID: "pp-9", Account: "111122223333", Region: "eu-central-1", FirstSeen: "2026-11-13T09:00:00Z",
			Mended: "2026-11-20T09:00:00Z", Days: 7}, {ID: "pp-8", Account: "111122223333", Region: "eu-central-1",
			FirstSeen: "2026-11-10T09:00:00Z", Mended: "2026-11-14T09:00:00Z", Days: 4}},
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

// fixtureBudgets are a budget that is over its limit and one that has none.
func fixtureBudgets() *audit.Budgets {
	over := json.Number("130.5")
	return &audit.Budgets{More: true, Unread: 2, List: []audit.Budget{
		{Account: acctProd, Name: "=web|<b>", Type: "COST", TimeUnit: "MONTHLY", Per: "month", Unit: "USD", Limit: "100.00", Actual: "130.50",
			Forecast: "150.00", Percent: &over, Over: true, Resources: []string{"port-1", "prod-1"}, MoreResources: true},
		{Account: acctProd, Name: "hours", Type: "USAGE", TimeUnit: "HOURLY", Unit: "Hrs", Limit: "0.00", Actual: "0.00", Resources: []string{"prod-2"}},
	}}
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
