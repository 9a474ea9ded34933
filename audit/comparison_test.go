package audit

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"tenor/internal/inline"
)

func TestCompare(t *testing.T) {
	outpost := func(id string, f OutpostFacts) Renewal {
		return Renewal{Resource: ResourceRef{ID: id, Account: "111122223333", Region: "eu-central-1"}, OutpostFacts: f}
	}
	level := int64(600_000)
	options := []PricedOption{{PaymentTerm: "THREE_YEARS", PaymentOption: "ALL_UPFRONT", Months: 36, TCVCents: new(int64(17_814_818))},
		{PaymentTerm: "ONE_YEAR", PaymentOption: "NO_UPFRONT", Months: 12, TCVCents: new(int64(7_200_000))}}
	best := &Recommendation{Action: ActionRenew, PaymentTerm: "THREE_YEARS", PaymentOption: "ALL_UPFRONT", LevelPriceCents: 552_406}
	running := OutpostFacts{ContractState: StateRunning, ContractEnd: "2026-12-31", NoticeDeadline: "2026-12-23", Options: options, Recommended: best}
	decided, returned := running, running
	decided.Decision = &DecisionFacts{Decision: Decision{Action: ActionRenew, PaymentTerm: "ONE_YEAR", PaymentOption: "NO_UPFRONT"},
		Status: DecisionOpen, LevelPriceCents: &level}
	returned.Decision = &DecisionFacts{Decision: Decision{Action: ActionReturn}, Status: DecisionOpen}
	report := func(years []Period, list ...Renewal) *Report {
		return &Report{Renewals: NewList(inline.Of(list...)), Commitments: Commitments{Total: AccountCommitment{CashByFiscalYear: years}}}
	}
	before := report([]Period{{"FY2026", "1.00", "2.00"}, {"FY2027", "0.00", "5.00"}},
		outpost("op-1", running), outpost("op-2", running), outpost("op-gone", running), outpost("op-settled", OutpostFacts{ContractState: StateRenewed, Options: options, Recommended: best}), outpost("op-shared", OutpostFacts{Shared: true}))
	after := report([]Period{{"FY2027", "0.00", "4.00"}, {"FY2028", "0.00", "3.00"}},
		outpost("op-2", returned), outpost("op-1", decided), outpost("op-unread", OutpostFacts{ContractState: StateUnknown}))

	recommended := &ContractStand{State: StateRunning, Choice: best.Choice(), LevelPrice: CentsToMoney(552_406).Monthly(),
		Total: CentsToMoney(17_814_818), Due: "2026-12-23"}
	ref := func(id string) ResourceRef { return outpost(id, running).Resource }
	want := Changes{
		Contracts: []ContractChange{
			{ref("op-2"), recommended, &ContractStand{State: StateRunning, Choice: &Choice{Action: ActionReturn}, OnFile: true}},
			{ref("op-1"), recommended, &ContractStand{State: StateRunning, Choice: &Choice{ActionRenew, "ONE_YEAR", "NO_UPFRONT"}, OnFile: true,
				LevelPrice: CentsToMoney(600_000).Monthly(), Total: CentsToMoney(7_200_000)}},
			{ref("op-unread"), nil, &ContractStand{State: StateUnknown}},
			{ref("op-gone"), recommended, nil},
			{ref("op-settled"), &ContractStand{State: StateRenewed}, nil},
		},
		Cash: []CashChange{{"FY2026", "2.00", "0.00"}, {"FY2027", "5.00", "4.00"}, {"FY2028", "0.00", "3.00"}},
	}
	var have Changes
	if err := have.Compare(before, after); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, have, cmp.AllowUnexported(List[Finding]{}, List[Silenced]{}, List[Changed]{})); diff != "" {
		t.Error(diff)
	}
}
