package finance

import (
	"encoding/json"
	"strings"
	"testing"

	"tenor/audit"
)

// TestDecisionNote: what keeps an open decision from being carried out; the clock is 2026-11-20T10:00:00Z.
func TestDecisionNote(t *testing.T) {
	open := bill("2026-12-31", sub("ORIGINAL", "ACTIVE", "2024-01-01", "2026-12-31", "0", "5000"))
	done := bill("2026-12-31", sub("ORIGINAL", "ACTIVE", "2024-01-01", "2026-12-31", "0", "5000"),
		sub("RENEWAL", "PENDING", "2027-01-01", "2029-12-31", "0", "4000"))
	const has = "2026-11-01"
	others := priced(price(threeYears, allUpfront, "100000", "0"), price(oneYear, noUpfront, "0", "5000"))
	ahead := func(day string) string {
		return "its date is ahead, and no renewal that begins by " + day + " is counted as what was decided"
	}
	for _, tc := range []struct{ name, billing, prices, action, day, want string }{
		{"priced", open, priced(price(threeYears, noUpfront, "0", "4000")), audit.ActionRenew, has, ""},
		{"not among the prices", open, others, audit.ActionRenew, has, "AWS has no price for 3 years, no upfront"},
		{"no prices at all", open, priced(), audit.ActionRenew, has, "AWS has no price for 3 years, no upfront"},
		{"AWS could not", open, `{"PricingResult":"UNABLE_TO_PRICE"}`, audit.ActionRenew, has, "AWS could not price the renewal"},
		{"in euros", open, strings.ReplaceAll(priced(price(threeYears, noUpfront, "0", "4000")), "USD", "EUR"), audit.ActionRenew, has,
			"AWS's price for 3 years, no upfront is not one in US dollars"},
		{"the prices were not read", open, "", audit.ActionRenew, has, ""},
		{"a return has no price", open, others, audit.ActionReturn, has, ""},
		{"nor has a month", open, others, audit.ActionMonthToMonth, has, ""},
		{"it is done", done, others, audit.ActionRenew, has, ""},
		{"today where it is the next day", open, "", audit.ActionReturn, "2026-11-21", ""},
		{"the day after", open, "", audit.ActionReturn, "2026-11-22", ahead("2026-11-22")},
		{"both", open, others, audit.ActionRenew, "2062-11-20", "AWS has no price for 3 years, no upfront; " + ahead("2062-11-20")},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d := audit.Decision{Outpost: "op-1", Action: tc.action, Owner: "o", Reason: "r", DecidedOn: tc.day}
			if tc.action == audit.ActionRenew {
				d.PaymentTerm, d.PaymentOption = threeYears, noUpfront
			}
			e := newAnalyst(t, func(c *config) { c.Decisions = []audit.Decision{d} }).NewEstate(nil)
			r := outpost("op-1", tc.billing, tc.prices)
			if err := e.Enrich(r); err != nil {
				t.Fatal(err)
			}
			var f audit.OutpostFacts
			if err := json.Unmarshal(r.Facts, &f); err != nil {
				t.Fatal(err)
			}
			row := e.Decisions()[0]
			if have := string(f.Decision.Note); have != tc.want || row.Note != f.Decision.Note {
				t.Errorf("of the Outpost %q, in the list %q, want %q", have, row.Note, tc.want)
			}
			if said := row.StatusText(); tc.want != "" && said != "open: "+tc.want || tc.want == "" && said != row.Status {
				t.Errorf("says %q", said)
			}
		})
	}
}

// TestDecisionStatus: what AWS shows of a decision of 2026-11-01; the clock is 2026-11-20.
func TestDecisionStatus(t *testing.T) {
	term := sub("ORIGINAL", "ACTIVE", "2024-01-01", "2026-12-31", "0", "5000")
	month := sub("RENEWAL", "ACTIVE", "2026-11-15", "2026-12-14", "0", "5000")
	renewal := func(begin, end, upfront, monthly string) string {
		return sub("RENEWAL", "PENDING", begin, end, upfront, monthly)
	}
	const renew, giveBack, stay = audit.ActionRenew, audit.ActionReturn, audit.ActionMonthToMonth
	for _, tc := range []struct {
		name, billing, action, want string
	}{
		{"to renew, running", bill("2026-12-31", term), renew, audit.DecisionOpen},
		{"to return, running", bill("2026-12-31", term), giveBack, audit.DecisionOpen},
		{"to go on by the month, running", bill("2026-12-31", term), stay, audit.DecisionOpen},
		{"to renew, and it is", bill("2026-12-31", term, renewal("2027-01-01", "2029-12-31", "0", "4000")), renew, audit.DecisionDone},
		{"to renew for three years, and it is for one", bill("2026-12-31", term, renewal("2027-01-01", "2027-12-31", "0", "4000")), renew,
			audit.DecisionContradicted},
		{"to renew without upfront, and it is all upfront", bill("2026-12-31", term, renewal("2027-01-01", "2029-12-31", "90000", "0")), renew,
			audit.DecisionContradicted},
		{"to renew, and it is, without a price", bill("2026-12-31", term, renewal("2027-01-01", "2029-12-31", "", "")), renew,
			audit.DecisionDone},
		{"to return, and it is renewed", bill("2026-12-31", term, renewal("2027-01-01", "2029-12-31", "0", "4000")), giveBack,
			audit.DecisionContradicted},
		{"to go on by the month, and it does", bill("2026-10-31", month), stay, audit.DecisionDone},
		{"to renew, and it runs by the month", bill("2026-10-31", month), renew, audit.DecisionOpen},
		{"to return, and all is cancelled", bill("2026-12-31", sub("ORIGINAL", "CANCELLED", "2024-01-01", "2026-12-31", "0", "1")), giveBack,
			audit.DecisionDone},
		{"to renew, and all is cancelled", bill("2026-12-31", sub("ORIGINAL", "CANCELLED", "2024-01-01", "2026-12-31", "0", "1")), renew,
			audit.DecisionContradicted},
		{"to renew, and a month is pending whose begin cannot be read", bill("2026-12-31", term, renewal("", "2026-12-30", "0", "4000")), renew,
			audit.DecisionOpen},
		{"nothing can be read", `{}`, renew, audit.DecisionUnknown},
		{"no billing", "", renew, audit.DecisionUnknown},
		// Its renewal runs since: what is on file says nothing of the end of that one.
		{"the renewal has begun", bill("2029-11-10", sub("RENEWAL", "ACTIVE", "2026-11-11", "2029-11-10", "0", "4000")), renew,
			audit.DecisionDone},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d := audit.Decision{Outpost: "op-1", Action: tc.action, Owner: "o", Reason: "r", DecidedOn: "2026-11-01"}
			if tc.action == renew {
				d.PaymentTerm, d.PaymentOption = threeYears, noUpfront
			}
			a := newAnalyst(t, func(c *config) { c.Decisions = []audit.Decision{d} })
			f := enrich[audit.OutpostFacts](t, a, outpost("op-1", tc.billing, ""))
			if f.Decision == nil || f.Decision.Status != tc.want {
				t.Fatalf("got %+v, want %s", f.Decision, tc.want)
			}
			if open := f.ContractState == audit.StateRunning && tc.want != audit.DecisionOpen; open && !f.Due() {
				t.Error("a contract that runs is not to be decided")
			}
			if tc.want == audit.DecisionOpen && f.Due() {
				t.Error("it is still to be decided")
			}
		})
	}
}

// TestDecisionWrittenDownLater: what was renewed before the day on file is taken for what was decided, whatever it is; of a renewal whose
// begin cannot be read nobody knows that it was.
func TestDecisionWrittenDownLater(t *testing.T) {
	term := sub("ORIGINAL", "ACTIVE", "2024-01-01", "2026-12-31", "0", "5000")
	const renew, giveBack = audit.ActionRenew, audit.ActionReturn
	for _, tc := range []struct {
		name, day, action, renewal, want string
	}{
		{"renewed", "2027-01-01", renew, sub("RENEWAL", "PENDING", "2027-01-01", "2027-12-31", "0", "4000"), audit.DecisionDone},
		{"renewed, and it was to be returned", "2027-01-01", giveBack, sub("RENEWAL", "PENDING", "2027-01-01", "2027-12-31", "0", "4000"),
			audit.DecisionContradicted},
		{"renewed the day after, for another term", "2026-12-31", renew, sub("RENEWAL", "PENDING", "2027-01-01", "2027-12-31", "0", "4000"),
			audit.DecisionContradicted},
		{"pending, from a day that cannot be read", "2027-01-01", renew, sub("RENEWAL", "PENDING", "", "2029-12-31", "0", "4000"),
			audit.DecisionDone},
		{"pending, from a day that cannot be read, and it was to be returned", "2027-01-01", giveBack,
			sub("RENEWAL", "PENDING", "", "2029-12-31", "0", "4000"), audit.DecisionContradicted},
		{"active, from a day that cannot be read", "2027-01-01", giveBack, sub("RENEWAL", "ACTIVE", "", "2029-12-31", "0", "4000"),
			audit.DecisionOpen},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d := audit.Decision{Outpost: "op-1", Action: tc.action, Owner: "o", Reason: "r", DecidedOn: tc.day}
			if tc.action == renew {
				d.PaymentTerm, d.PaymentOption = threeYears, noUpfront
			}
			a := newAnalyst(t, func(c *config) { c.Decisions = []audit.Decision{d} })
			f := enrich[audit.OutpostFacts](t, a, outpost("op-1", bill("2026-12-31", term, tc.renewal), ""))
			if f.Decision == nil || f.Decision.Status != tc.want {
				t.Errorf("got %+v, want %s", f.Decision, tc.want)
			}
		})
	}
}

// TestFits holds a renewal against terms and options: the length is right to a month, and what is unknown fits.
func TestFits(t *testing.T) {
	type prices struct{ upfront, monthly string }
	all := []prices{{"0", "0"}, {"0", "1"}, {"1", "0"}, {"1", "1"}}
	for option, want := range map[string][4]bool{
		allUpfront: {true, false, true, false}, noUpfront: {true, true, false, false}, partialUpfront: {true, false, false, true},
		"NEWER": {true, true, true, true},
	} {
		for i, p := range all {
			s := subscription{upfront: dollars(p.upfront), monthly: dollars(p.monthly), priced: true}
			if got := s.fits("", option); got != want[i] {
				t.Errorf("%s: %v: %t", option, p, got)
			}
			if s.priced = false; !s.fits("", option) {
				t.Errorf("%s: %v of which nothing is known does not fit", option, p)
			}
		}
	}
	begin := date("2027-01-01")
	for months, want := range map[int]bool{1: false, 34: false, 35: true, 36: true, 37: true, 38: false, 60: false} {
		s := subscription{begin: begin, end: addMonths(begin, months)}
		if got := s.fits(threeYears, noUpfront); got != want || !s.fits("NEWER", noUpfront) {
			t.Errorf("%d months as %s: %t; as a newer term: %t", months, threeYears, got, s.fits("NEWER", noUpfront))
		}
	}
	if s := (subscription{end: addMonths(begin, 1)}); !s.fits(threeYears, noUpfront) {
		t.Error("one that is not dated does not fit")
	}
}

// TestDecisionMovesTheCashFlow: what is on file is in the cash flow in place of what is recommended, and out of what is to be decided.
func TestDecisionMovesTheCashFlow(t *testing.T) {
	prices := priced(price(oneYear, noUpfront, "0", "120"), price(threeYears, noUpfront, "0", "100"))
	billing := bill("2026-12-31", sub("ORIGINAL", "ACTIVE", "2024-01-01", "2026-12-31", "0", "90"))
	for _, tc := range []struct {
		name string
		d    *audit.Decision
		due  int
		cash string // of the renewals
	}{
		{"nothing on file", nil, 1, "3600.00"},
		{"another option", &audit.Decision{Action: audit.ActionRenew, PaymentTerm: oneYear, PaymentOption: noUpfront}, 0, "1440.00"},
		{"a return", &audit.Decision{Action: audit.ActionReturn}, 0, "0.00"},
		{"a year by the month", &audit.Decision{Action: audit.ActionMonthToMonth}, 0, "1440.00"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			a := newAnalyst(t, func(c *config) {
				if tc.d != nil {
					tc.d.Outpost, tc.d.DecidedOn = "op-1", "2026-11-01"
					c.Decisions = []audit.Decision{*tc.d}
				}
			})
			e := a.NewEstate(nil)
			if err := e.Enrich(outpost("op-1", billing, prices)); err != nil {
				t.Fatal(err)
			}
			var sum usd
			for _, p := range e.Commitments().Total.CashByMonth {
				sum = sum.add(dollars(p.WithRenewals)).sub(dollars(p.Committed))
			}
			if due := e.DecisionsDue()[2]; due.Count != tc.due || len(e.Deadlines()) != tc.due || sum.String() != tc.cash {
				t.Errorf("%d due, %d deadlines, %s for renewals; want %d, %d, %s", due.Count, len(e.Deadlines()), sum, tc.due, tc.due, tc.cash)
			}
		})
	}
}

// TestReturnHasToBeEarlier: a return is to be completed by the notice deadline, so it is due the lead time before.
func TestReturnHasToBeEarlier(t *testing.T) {
	a := newAnalyst(t, func(c *config) {
		c.ReturnLeadDays = 30
		c.Decisions = []audit.Decision{{Outpost: "op-1", Action: audit.ActionReturn, DecidedOn: "2026-11-01"}}
	})
	f := enrich[audit.OutpostFacts](t, a, outpost("op-1", bill("2026-12-31", sub("ORIGINAL", "ACTIVE", "2024-01-01", "2026-12-31", "0", "1")),
		""))
	if f.NoticeDeadline != "2026-12-23" || f.Decision.Deadline != "2026-11-23" || *f.Decision.BusinessDays != 1 {
		t.Errorf("notice %s, to return by %s in %d business days", f.NoticeDeadline, f.Decision.Deadline, *f.Decision.BusinessDays)
	}
}

// TestDecisionIsLateAfterTheEnd: once the contract has ended there is no notice to give, but what was decided was to be done by then.
func TestDecisionIsLateAfterTheEnd(t *testing.T) {
	a := newAnalyst(t, func(c *config) {
		c.Decisions = []audit.Decision{{Outpost: "op-1", Action: audit.ActionRenew, PaymentTerm: oneYear, PaymentOption: noUpfront,
			DecidedOn: "2026-10-01"}}
	})
	f := enrich[audit.OutpostFacts](t, a, outpost("op-1", bill("2026-10-31", sub("RENEWAL", "ACTIVE", "2026-11-15", "2026-12-14", "0", "1")),
		""))
	if f.NoticeDeadline != "" || f.BusinessDaysToNotice != nil || f.Decision.Deadline != "2026-10-26" || *f.Decision.BusinessDays >= 0 {
		t.Errorf("notice %q, to renew by %s in %d business days", f.NoticeDeadline, f.Decision.Deadline, *f.Decision.BusinessDays)
	}
}

// TestDecisionOfAnOutpostThatIsNotThere is unused.
func TestDecisionOfAnOutpostThatIsNotThere(t *testing.T) {
	a := newAnalyst(t, func(c *config) {
		c.Decisions = []audit.Decision{{Outpost: "op-1", Action: audit.ActionReturn, DecidedOn: "2026-11-01"},
			{Outpost: "arn:aws:outposts:eu-central-1:111122223333:outpost/op-2", Action: audit.ActionReturn, DecidedOn: "2026-11-01"}}
	})
	e := a.NewEstate(nil)
	if err := e.Enrich(outpost("op-2", "", "")); err != nil {
		t.Fatal(err)
	}
	got := e.Decisions()
	if len(got) != 2 || got[0].Status != audit.DecisionUnused || got[1].Status != audit.DecisionUnknown || got[1].Region == "" {
		t.Errorf("%+v", got)
	}
}
