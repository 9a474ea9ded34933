package finance

import (
	"encoding/json"
	"slices"
	"strconv"

	"tenor/audit"
	"tenor/internal/rawjson"
)

// encoder appends the JSON of facts to b: what audit.EncodeJSON makes of them, many times faster. A test holds the two
// together, so that no field can be forgotten here.
type encoder struct {
	b []byte
}

func (e *encoder) outpost(f *audit.OutpostFacts) {
	e.bool(`{"shared":`, f.Shared)
	e.bool(`,"has_billing":`, f.HasBilling)
	e.string(`,"payment_term":`, f.PaymentTerm)
	e.string(`,"payment_option":`, f.PaymentOption)
	e.optional(`,"contract_end":`, f.ContractEnd)
	e.optional(`,"contract_end_source":`, f.ContractEndSource)
	e.optional(`,"contract_end_date":`, f.ContractEndDate)
	e.optional(`,"latest_active_end":`, f.LatestActiveEnd)
	pointer(e, `,"days_to_end":`, f.DaysToEnd)
	e.optional(`,"notice_deadline":`, f.NoticeDeadline)
	pointer(e, `,"business_days_to_notice":`, f.BusinessDaysToNotice)
	e.bool(`,"month_to_month":`, f.MonthToMonth)
	e.bool(`,"decided":`, f.Decided)
	e.optional(`,"renewal_charge_date":`, f.RenewalChargeDate)
	e.optional(`,"renewal_start_date":`, f.RenewalStartDate)
	e.string(`,"current_monthly":`, f.CurrentMonthly)
	e.int(`,"current_monthly_cents":`, f.CurrentMonthlyCents)
	e.string(`,"remaining_commitment":`, f.RemainingCommitment)
	e.int(`,"remaining_commitment_cents":`, f.RemainingCommitmentCents)
	e.optional(`,"priced":`, f.Priced)
	e.options(`,"options":`, f.Options)
	e.optional(`,"month_to_month_price":`, f.MonthToMonthPrice)
	pointer(e, `,"month_to_month_price_cents":`, f.MonthToMonthPriceCents)
	e.optional(`,"cost_of_inaction":`, f.CostOfInaction)
	pointer(e, `,"cost_of_inaction_cents":`, f.CostOfInactionCents)
	if e.b = append(e.b, `,"recommended":`...); f.Recommended == nil {
		e.b = append(e.b, `null}`...)
		return
	}
	e.string(`{"payment_term":`, f.Recommended.PaymentTerm)
	e.string(`,"payment_option":`, f.Recommended.PaymentOption)
	e.string(`,"reason":`, f.Recommended.Reason)
	e.bool(`,"needs_approval":`, f.Recommended.NeedsApproval)
	e.b = append(e.b, `}}`...)
}

func (e *encoder) quote(f *audit.QuoteFacts) {
	e.bool(`{"open":`, f.Open)
	e.options(`,"options":`, f.Options)
	e.b = append(e.b, '}')
}

func (e *encoder) order(f *audit.OrderFacts) {
	e.optional(`{"outpost_contract_end":`, f.OutpostContractEnd)
	e.bool(`,"outpost_month_to_month":`, f.OutpostMonthToMonth)
	e.b = append(e.b, '}')
}

func (e *encoder) options(name string, list []audit.PricedOption) {
	e.b = append(append(slices.Grow(e.b, (len(list)+1)*800), name...), '[') // an option takes less
	for i := range list {
		if i > 0 {
			e.b = append(e.b, ',')
		}
		e.option(&list[i])
	}
	e.b = append(e.b, ']')
}

func (e *encoder) option(o *audit.PricedOption) {
	e.b = append(e.b, '{')
	if o.QuoteOption != "" {
		e.string(`"quote_option":`, o.QuoteOption)
		e.b = append(e.b, ',')
	}
	e.string(`"payment_term":`, o.PaymentTerm)
	e.string(`,"payment_option":`, o.PaymentOption)
	e.int(`,"months":`, int64(o.Months))
	e.string(`,"currency":`, o.Currency)
	e.bool(`,"allowed":`, o.Allowed)
	e.string(`,"upfront":`, o.Upfront)
	e.int(`,"upfront_cents":`, o.UpfrontCents)
	e.string(`,"monthly":`, o.Monthly)
	e.int(`,"monthly_cents":`, o.MonthlyCents)
	e.string(`,"tcv":`, o.TCV)
	e.int(`,"tcv_cents":`, o.TCVCents)
	e.string(`,"effective_monthly":`, o.EffectiveMonthly)
	e.int(`,"effective_monthly_cents":`, o.EffectiveMonthlyCents)
	e.string(`,"npv":`, o.NPV)
	e.int(`,"npv_cents":`, o.NPVCents)
	e.number(`,"implied_rate_percent":`, o.ImpliedRatePercent)
	e.optional(`,"saving_vs_one_year":`, o.SavingVsOneYear)
	pointer(e, `,"saving_vs_one_year_cents":`, o.SavingVsOneYearCents)
	e.optional(`,"saving_vs_month_to_month":`, o.SavingVsMonthToMonth)
	pointer(e, `,"saving_vs_month_to_month_cents":`, o.SavingVsMonthToMonthCents)
	pointer(e, `,"break_even_month":`, o.BreakEvenMonth)
	e.number(`,"price_change_percent":`, o.PriceChangePercent)
	e.b = append(e.b, '}')
}

func (e *encoder) string(name, s string) { e.b = rawjson.AppendQuote(append(e.b, name...), s) }

func (e *encoder) optional(name string, s audit.Optional) {
	if s == "" {
		e.b = append(append(e.b, name...), "null"...)
		return
	}
	e.string(name, string(s))
}

func (e *encoder) bool(name string, v bool) { e.b = strconv.AppendBool(append(e.b, name...), v) }

func (e *encoder) int(name string, n int64) { e.b = strconv.AppendInt(append(e.b, name...), n, 10) }

func pointer[N int | int64](e *encoder, name string, n *N) {
	if n == nil {
		e.b = append(append(e.b, name...), "null"...)
		return
	}
	e.int(name, int64(*n))
}

func (e *encoder) number(name string, n *json.Number) {
	e.b = append(e.b, name...)
	if n == nil {
		e.b = append(e.b, "null"...)
		return
	}
	e.b = append(e.b, *n...)
}
