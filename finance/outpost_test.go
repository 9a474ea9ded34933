package finance

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"tenor/audit"
)

const threeYearContract = `{"ContractEndDate":"2026-12-31","PaymentTerm":"THREE_YEARS","PaymentOption":"PARTIAL_UPFRONT","Subscriptions":[
	{"SubscriptionId":"s-1","SubscriptionType":"ORIGINAL","SubscriptionStatus":"ACTIVE","OrderIds":["oo-1"],"BeginDate":"2024-01-01T00:00:00Z",
	"EndDate":"2026-12-31T23:59:59Z","Currency":"USD","MonthlyRecurringPrice":5000.0,"UpfrontPrice":36000.0}]}`

// nineOptions are in no order. 131072.01 is the first amount that a float32 cannot hold.
const nineOptions = `{"PricingResult":"PRICED","PricingOptions":[
	{"PricingType":"SUBSCRIPTION",
		"SubscriptionPricingDetails":{"PaymentTerm":"THREE_YEARS","PaymentOption":"NO_UPFRONT",
			"UpfrontPrice":0.0,"MonthlyRecurringPrice":9512.34,"Currency":"USD"}},
	{"PricingType":"SUBSCRIPTION",
		"SubscriptionPricingDetails":{"PaymentTerm":"THREE_YEARS","PaymentOption":"ALL_UPFRONT",
			"UpfrontPrice":300000.00,"MonthlyRecurringPrice":0.0,"Currency":"USD"}},
	{"PricingType":"SUBSCRIPTION",
		"SubscriptionPricingDetails":{"PaymentTerm":"THREE_YEARS","PaymentOption":"PARTIAL_UPFRONT",
			"UpfrontPrice":156000.00,"MonthlyRecurringPrice":4400.0,"Currency":"USD"}},
	{"PricingType":"SUBSCRIPTION",
		"SubscriptionPricingDetails":{"PaymentTerm":"FIVE_YEARS","PaymentOption":"NO_UPFRONT",
			"MonthlyRecurringPrice":2083333.33,"Currency":"USD"}},
	{"PricingType":"SUBSCRIPTION",
		"SubscriptionPricingDetails":{"PaymentTerm":"FIVE_YEARS","PaymentOption":"PARTIAL_UPFRONT",
			"UpfrontPrice":50000000.01,"MonthlyRecurringPrice":1000000.07,"Currency":"USD"}},
	{"PricingType":"SUBSCRIPTION",
		"SubscriptionPricingDetails":{"PaymentTerm":"FIVE_YEARS","PaymentOption":"ALL_UPFRONT",
			"UpfrontPrice":99999999.99,"Currency":"USD"}},
	{"PricingType":"SUBSCRIPTION",
		"SubscriptionPricingDetails":{"PaymentTerm":"ONE_YEAR","PaymentOption":"ALL_UPFRONT",
			"UpfrontPrice":131072.01,"MonthlyRecurringPrice":0.0,"Currency":"USD"}},
	{"PricingType":"SUBSCRIPTION",
		"SubscriptionPricingDetails":{"PaymentTerm":"ONE_YEAR","PaymentOption":"PARTIAL_UPFRONT",
			"UpfrontPrice":67000.01,"MonthlyRecurringPrice":5600.0,"Currency":"USD"}},
	{"PricingType":"SUBSCRIPTION",
		"SubscriptionPricingDetails":{"PaymentTerm":"ONE_YEAR","PaymentOption":"NO_UPFRONT",
			"UpfrontPrice":0.0,"MonthlyRecurringPrice":11500.34}}]}`

// TestOutpostFacts is a contract worked out in full by another program, to 60 decimal digits and with the implied rates by
// bisection.
func TestOutpostFacts(t *testing.T) {
	got := enrich[audit.OutpostFacts](t, newAnalyst(t), outpost("op-1", threeYearContract, nineOptions))
	want := audit.OutpostFacts{
		HasBilling: true, PaymentTerm: threeYears, PaymentOption: partialUpfront, ContractState: audit.StateRunning,
		ContractEnd: "2026-12-31", ContractEndSource: "contract_end_date", ContractEndDate: "2026-12-31", LatestTermEnd: "2026-12-31",
		DaysToEnd: ptr(41), NoticeDeadline: "2026-12-23", BusinessDaysToNotice: ptr(22), RenewalChargeDate: "2026-12-23",
		RenewalStartDate: "2027-01-01",
		CurrentMonthly:   "6000.00", CurrentMonthlyCents: ptr(int64(600000)), RemainingCommitment: "5000.00",
		RemainingCommitmentCents: ptr(int64(500000)),
		Subscriptions: []audit.Subscription{{ID: "s-1", Type: "ORIGINAL", Status: "ACTIVE", Begins: "2024-01-01", Ends: "2026-12-31",
			Days: ptr(1095), PaymentTerm: threeYears, PaymentOption: partialUpfront,
			Upfront: "36000.00", UpfrontCents: ptr(int64(3600000)), Monthly: "5000.00", MonthlyCents: ptr(int64(500000)), Total: "216000.00", TotalCents: ptr(int64(21600000))}},
		Priced: "PRICED",
		Options: []audit.PricedOption{
			workedOption(oneYear, allUpfront, 12, "131072.01", 13107201, "0.0", 0).tcv("131072.01", 13107201, "10922.6675",
				1092267).npv("131072.01", 13107201, "").
				saving("6932.07", 693207, "6932.07", 693207, 12, "82.044458"),
			workedOption(oneYear, partialUpfront, 12, "67000.01", 6700001, "5600.0", 560000).tcv("134200.01", 13420001, "11183.3341666667",
				1118333).npv("131886.83", 13188683, "11.070305").
				saving("3804.07", 380407, "3804.07", 380407, 12, "86.388903"),
			workedOption(oneYear, noUpfront, 12, "0.0", 0, "11500.34", 1150034).tcv("138004.08", 13800408, "11500.34", 1150034).npv("133253.66",
				13325366, "12.031298").
				saving("0.00", 0, "0.00", 0, 1, "91.672333"),
			workedOption(threeYears, allUpfront, 36, "300000.00", 30000000, "0.0", 0).tcv("300000.00", 30000000, "8333.3333333333",
				833333).npv("300000.00", 30000000, "").
				saving("114012.24", 11401224, "114012.24", 11401224, 27, "38.888889"),
			workedOption(threeYears, partialUpfront, 36, "156000.00", 15600000, "4400.0", 440000).tcv("314400.00", 31440000, "8733.3333333333",
				873333).npv("297897.80", 29789780, "6.87515").
				saving("99612.24", 9961224, "99612.24", 9961224, 22, "45.555556"),
			workedOption(threeYears, noUpfront, 36, "0.0", 0, "9512.34", 951234).tcv("342444.24", 34244424, "9512.34", 951234).npv("306768.20",
				30676820, "9.741443").
				saving("71568.00", 7156800, "71568.00", 7156800, 1, "58.539"),
			workedOption(fiveYears, allUpfront, 60, "99999999.99", 9999999999, "0", 0).tcv("99999999.99", 9999999999, "1666666.6665",
				166666667).npv("99999999.99", 9999999999, "").
				saving("-99309979.59", -9930997959, "-99309979.59", -9930997959, 0, "27677.777775"),
			workedOption(fiveYears, partialUpfront, 60, "50000000.01", 5000000001, "1000000.07", 100000007).tcv("110000004.21", 11000000421,
				"1833333.4035", 183333340).npv("99964323.66", 9996432366, "7.96647").
				saving("-109309983.81", -10930998381, "-109309983.81", -10930998381, 0, "30455.556725"),
			workedOption(fiveYears, noUpfront, 60, "0", 0, "2083333.33", 208333333).tcv("124999999.80", 12499999980, "2083333.33",
				208333333).npv("104092333.49", 10409233349, "9.916434").
				saving("-124309979.40", -12430997940, "-124309979.40", -12430997940, 0, "34622.222167"),
		},
		MonthToMonthPrice: "11500.34", MonthToMonthPriceCents: ptr(int64(1150034)), MonthToMonthPriceSource: assumed,
		CostOfInaction: "2263.055573177", CostOfInactionCents: ptr(int64(226306)),
		Recommended: recommended(take(threeYears, partialUpfront), "9237.284426823", 923728, true,
			"3 years, partial upfront costs least of the 6 allowed options: at 8% a year it is worth $9,237.28 at the start of each "+
				"month, against $11,500.34 as assumed month-to-month; "+
				"its total contract value of $314,400.00 is above the approval limit of $250,000.00.",
			switchAt("6.88", take(threeYears, allUpfront), take(threeYears, partialUpfront)),
			switchAt("12.40", take(threeYears, partialUpfront), take(threeYears, noUpfront))),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
