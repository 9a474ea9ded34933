package report

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"io"
	"math/big"
	"time"

	"tenor/audit"
)

// focusColumns are the columns of the dataset Contract Commitment of FOCUS 1.4 that are for every provider, in the specification's
// order, and one of the conditional ones: AWS sells Outposts with a part upfront. PricingCurrency and its cost are for prices in another
// currency than the bill's, which Outposts do not have.
// https://github.com/FinOps-Open-Cost-and-Usage-Spec/FOCUS_Spec/tree/v1.4/specification/datasets/contract_commitment
var focusColumns = [...]string{
	"BillingCurrency", "ContractCommitmentApplicability", "ContractCommitmentBenefitCategory", "ContractCommitmentCategory",
	"ContractCommitmentCost", "ContractCommitmentCreated", "ContractCommitmentDescription", "ContractCommitmentDiscountPercentage",
	"ContractCommitmentDurationType", "ContractCommitmentFulfillmentInterval", "ContractCommitmentId", "ContractCommitmentLastUpdated",
	"ContractCommitmentLifecycleStatus", "ContractCommitmentModel", "ContractCommitmentOfferCategory", "ContractCommitmentPaymentInterval",
	"ContractCommitmentPaymentModel", "ContractCommitmentPaymentUpfrontPercentage", "ContractCommitmentPeriodEnd",
	"ContractCommitmentPeriodStart", "ContractCommitmentQuantity", "ContractCommitmentType", "ContractCommitmentUnit", "ContractId",
	"ContractPeriodEnd", "ContractPeriodStart", "InvoiceIssuerName", "ServiceProviderName",
}

// FOCUS writes the contract commitments of FOCUS 1.4 as CSV in UTF-8: a row for each subscription of an Outpost, which is the contract.
// ContractCommitmentCost is the total contract value. A cell is empty where AWS does not say what it asks for, even where FOCUS wants a
// value. Contracts that could not be read have no row. A text that a spreadsheet would calculate has an apostrophe before it.
func FOCUS(w io.Writer, r audit.Report) error {
	asOf, err := time.Parse(time.RFC3339, r.Run.AsOf)
	if err != nil {
		return fmt.Errorf("as_of of the report: %w", err)
	}
	out := csv.NewWriter(w)
	if err := out.Write(focusColumns[:]); err != nil {
		return err
	}
	for rn, err := range r.Renewals.All() {
		if err != nil {
			return fmt.Errorf("renewals: %w", err)
		}
		for k := range rn.Subscriptions {
			cells, err := focusCells(&rn, &rn.Subscriptions[k], asOf.UTC())
			if err != nil {
				return err
			}
			row := make([]string, len(focusColumns))
			for c, name := range focusColumns {
				row[c] = noFormula(audit.Visible(cells[name]))
			}
			if err := out.Write(row); err != nil {
				return err
			}
		}
	}
	out.Flush()
	return out.Error()
}

// focusCells are the cells of a subscription, by column.
func focusCells(rn *audit.Renewal, s *audit.Subscription, asOf time.Time) (map[string]string, error) {
	contract := cmp.Or(string(rn.Resource.ARN), rn.Resource.ID)
	type rule struct {
		Dimension, Operator string
		Values              []string
	}
	applicability, err := audit.EncodeJSON(struct {
		InclusionOperator string
		Inclusions        []rule
	}{"And", []rule{{"ResourceId", "In", []string{contract}}}})
	if err != nil {
		return nil, err
	}
	begins, ends := contractPeriod(rn)
	made := asOf.Format(time.RFC3339)
	cells := map[string]string{
		"ContractCommitmentApplicability":       string(applicability),
		"ContractCommitmentBenefitCategory":     "Availability", // of capacity; it has no discount percentage
		"ContractCommitmentCategory":            "Spend",
		"ContractCommitmentCost":                string(s.Total),
		"ContractCommitmentCreated":             made, // of the record, which each run makes anew
		"ContractCommitmentDescription":         label(rn.Resource) + ", " + s.Type,
		"ContractCommitmentDurationType":        focusDuration(s),
		"ContractCommitmentFulfillmentInterval": "Monthly",
		"ContractCommitmentId":                  s.ID,
		"ContractCommitmentLastUpdated":         made,
		"ContractCommitmentLifecycleStatus":     focusStatus(s, asOf),
		"ContractCommitmentModel":               "Continuous",
		"ContractCommitmentOfferCategory":       "Public",
		"ContractCommitmentPeriodEnd":           focusTime(s.Ends, 1),
		"ContractCommitmentPeriodStart":         focusTime(s.Begins, 0),
		"ContractCommitmentType":                s.Type,
		"ContractId":                            contract,
		"ContractPeriodEnd":                     focusTime(ends, 1),
		"ContractPeriodStart":                   focusTime(begins, 0),
		"InvoiceIssuerName":                     "AWS",
		"ServiceProviderName":                   "AWS",
	}
	if s.Monthly != "" { // there is a price in US dollars
		cells["BillingCurrency"] = "USD"
	}
	focusPayment(cells, s)
	return cells, nil
}

// contractPeriod returns the first and the last day of an Outpost's contract: from the first of its subscriptions to the end of the last,
// or of the contract where that is later. One that is cancelled does not make it longer.
func contractPeriod(rn *audit.Renewal) (begins, ends audit.Optional) {
	ends = rn.ContractEnd
	for i := range rn.Subscriptions {
		s := &rn.Subscriptions[i]
		if s.Status == "CANCELLED" {
			continue
		}
		if s.Begins != "" && (begins == "" || s.Begins < begins) {
			begins = s.Begins
		}
		ends = max(ends, s.Ends)
	}
	return begins, ends
}

// focusTime is midnight UTC some days after a date; empty without one.
func focusTime(date audit.Optional, days int) string {
	t, err := time.Parse(time.DateOnly, string(date))
	if err != nil {
		return ""
	}
	return t.AddDate(0, 0, days).Format(time.RFC3339)
}

// focusDuration is the length that a subscription was sold with; empty where its dates are not known.
func focusDuration(s *audit.Subscription) string {
	years := map[string]string{"ONE_YEAR": "1 Year", "THREE_YEARS": "3 Years", "FIVE_YEARS": "5 Years"}
	switch term := years[string(s.PaymentTerm)]; {
	case s.Rolling:
		return "1 Month"
	case term != "":
		return term
	case s.Days == nil || *s.Days == 0:
		return ""
	case *s.Days == 1:
		return "1 Day"
	default:
		return fmt.Sprintf("%d Days", *s.Days)
	}
}

// focusStatus is the state of a subscription; empty for a status of AWS that this program does not know. One that is INACTIVE before
// its end has been ended early.
func focusStatus(s *audit.Subscription, asOf time.Time) string {
	switch s.Status {
	case "PENDING":
		return "Pending"
	case "ACTIVE":
		return "Active"
	case "CANCELLED":
		return "Canceled"
	case "INACTIVE":
		if string(s.Ends) >= asOf.Format(time.DateOnly) {
			return "Canceled"
		}
		return "Expired"
	}
	return ""
}

// focusPayment sets how a subscription is paid: nothing where its prices do not say.
func focusPayment(cells map[string]string, s *audit.Subscription) {
	option := string(s.PaymentOption)
	if s.Rolling && s.Monthly != "" {
		option = "NO_UPFRONT"
	}
	model, interval, share := "", "Monthly", ""
	switch option {
	case "ALL_UPFRONT":
		model, interval, share = "All Upfront", "One-Time", "1.0"
	case "NO_UPFRONT":
		model, share = "No Upfront", "0.0"
	case "PARTIAL_UPFRONT":
		model = "Partial Upfront"
		upfront, total := new(big.Rat), new(big.Rat)
		if _, ok := upfront.SetString(string(s.Upfront)); ok {
			if _, ok := total.SetString(string(s.Total)); ok && total.Sign() > 0 {
				share = upfront.Quo(upfront, total).FloatString(10)
			}
		}
	default:
		interval = ""
	}
	cells["ContractCommitmentPaymentModel"], cells["ContractCommitmentPaymentInterval"] = model, interval
	cells["ContractCommitmentPaymentUpfrontPercentage"] = share
}
