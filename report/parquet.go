package report

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/parquet-go/parquet-go"

	"tenor/audit"
)

// The format parquet is a file for each table, since a file of Parquet holds one.
//
// Money is DECIMAL(18,2), days are DATE, and times TIMESTAMP in microseconds of UTC. What is not known is null, and so is an empty text.
// Every row says of which run it is, so that the files of many runs read as one table; columns are only ever added. The day is the column
// as_of, which is in the name of the folder and so in no file.

// parquetRun is what every row says of its run.
type parquetRun struct {
	RunID    string    `parquet:"run_id,dict"`
	AsOfTime time.Time `parquet:"as_of_time,timestamp(microsecond)"`
}

// parquetResource is the resource of a row.
type parquetResource struct {
	Kind        string  `parquet:"kind,dict"`
	ID          string  `parquet:"resource_id"`
	ARN         *string `parquet:"resource_arn"`
	Name        *string `parquet:"resource_name"`
	Account     string  `parquet:"account,dict"`
	AccountName *string `parquet:"account_name,dict"`
	Region      *string `parquet:"region,dict"`
	Owner       *string `parquet:"owner,dict"`
}

type parquetFinding struct {
	parquetRun
	Fingerprint string `parquet:"fingerprint"`
	Rule        string `parquet:"rule,dict"`
	Severity    string `parquet:"severity,dict"`
	Verdict     string `parquet:"verdict,dict"`
	parquetResource
	Message       *string    `parquet:"message"`
	Evidence      *string    `parquet:"evidence"` // JSON
	Due           *int32     `parquet:"due,date"`
	Amount        *int64     `parquet:"amount,decimal(2:18)"` // once
	AmountMonth   *int64     `parquet:"amount_per_month,decimal(2:18)"`
	Currency      *string    `parquet:"currency,dict"`
	Remediation   *string    `parquet:"remediation,dict"`
	Command       *string    `parquet:"command"`
	FirstSeen     *time.Time `parquet:"first_seen,timestamp(microsecond)"`
	Change        *string    `parquet:"change,dict"`
	WaiverOwner   *string    `parquet:"waiver_owner,dict"`
	WaiverReason  *string    `parquet:"waiver_reason,dict"`
	WaiverExpires *int32     `parquet:"waiver_expires,date"`
}

// ParquetFindings writes the table of the findings.
func ParquetFindings(w io.Writer, r audit.Report) error {
	return writeParquet(w, r, "findings", func(p *parquetRows, add func(parquetFinding) error) error {
		for f, err := range r.Findings.All() {
			if err != nil {
				return err
			}
			none := &audit.Money{}
			currency, waiver := cmp.Or(f.Amount, none).Currency, cmp.Or(f.Waiver, &audit.WaiverRef{})
			once, month := cmp.Or(f.Amount.Only(audit.PerOnce), none), cmp.Or(f.Amount.Only(audit.PerMonth), none)
			if err := add(parquetFinding{
				parquetRun: p.run, parquetResource: p.resource(&f.Resource),
				Fingerprint: f.Fingerprint, Rule: audit.Visible(f.Rule), Severity: string(f.Severity), Verdict: string(f.Verdict),
				Message: p.text(f.Msg), Evidence: p.text(f.EvidenceText()), Due: p.day("due", string(f.Due)),
				Amount: p.money("amount", once.Value), AmountMonth: p.money("amount_per_month", month.Value), Currency: p.text(currency),
				Remediation: p.text(f.Remediation), Command: p.text(string(f.Command)), FirstSeen: p.moment("first_seen", string(f.FirstSeen)),
				Change: p.text(string(f.Change)), WaiverOwner: p.text(waiver.Owner), WaiverReason: p.text(waiver.Reason),
				WaiverExpires: p.day("waiver_expires", waiver.Expires),
			}); err != nil {
				return fmt.Errorf("finding %s: %w", f.Fingerprint, err)
			}
		}
		return nil
	})
}

type parquetCoverageRow struct {
	parquetRun
	Account     *string `parquet:"account,dict"`
	AccountName *string `parquet:"account_name,dict"`
	Region      *string `parquet:"region,dict"`
	Service     string  `parquet:"service,dict"`
	Operation   *string `parquet:"operation,dict"`
	Status      string  `parquet:"status,dict"`
	Reason      *string `parquet:"reason,dict"`
	Count       int64   `parquet:"count"`
	Message     *string `parquet:"message,dict"`
}

// ParquetCoverage writes the coverage ledger.
func ParquetCoverage(w io.Writer, r audit.Report) error {
	return writeParquet(w, r, "coverage", func(p *parquetRows, add func(parquetCoverageRow) error) error {
		for c := range r.Coverage.All() {
			if err := add(parquetCoverageRow{
				parquetRun: p.run, Account: p.text(c.Account), AccountName: p.text(p.accounts[c.Account]), Region: p.text(c.Region),
				Service: audit.Visible(c.Service), Operation: p.text(c.Operation), Status: string(c.Status), Reason: p.text(string(c.Reason)),
				Count: int64(c.Count), Message: p.text(c.Message),
			}); err != nil {
				return err
			}
		}
		return nil
	})
}

type parquetRenewal struct {
	parquetRun
	parquetResource
	ContractState         *string `parquet:"contract_state,dict"`
	PaymentTerm           *string `parquet:"payment_term,dict"`
	PaymentOption         *string `parquet:"payment_option,dict"`
	ContractEnd           *int32  `parquet:"contract_end,date"`
	DaysToEnd             *int64  `parquet:"days_to_end"`
	NoticeDeadline        *int32  `parquet:"notice_deadline,date"`
	BusinessDaysToNotice  *int64  `parquet:"business_days_to_notice"`
	CurrentMonthly        *int64  `parquet:"current_monthly_usd,decimal(2:18)"`
	RemainingCommitment   *int64  `parquet:"remaining_commitment_usd,decimal(2:18)"`
	MonthToMonthPrice     *int64  `parquet:"month_to_month_price_usd,decimal(2:18)"`
	MonthToMonthSource    *string `parquet:"month_to_month_price_source,dict"`
	CostOfInaction        *int64  `parquet:"cost_of_inaction_usd,decimal(2:18)"` // a month past the end
	RecommendedAction     *string `parquet:"recommended_action,dict"`
	RecommendedTerm       *string `parquet:"recommended_payment_term,dict"`
	RecommendedOption     *string `parquet:"recommended_payment_option,dict"`
	RecommendedLevelPrice *int64  `parquet:"recommended_level_price_usd,decimal(2:18)"`
	RecommendedTotal      *int64  `parquet:"recommended_total_usd,decimal(2:18)"` // its total contract value
	NeedsApproval         *bool   `parquet:"recommended_needs_approval"`
	DecisionAction        *string `parquet:"decision_action,dict"`
	DecisionStatus        *string `parquet:"decision_status,dict"`
}

// ParquetRenewals writes a row for each Outpost's contract: its state, its days, and what is recommended. Money is US dollars.
func ParquetRenewals(w io.Writer, r audit.Report) error {
	return writeParquet(w, r, "renewals", func(p *parquetRows, add func(parquetRenewal) error) error {
		for rn, err := range r.Renewals.All() {
			if err != nil {
				return fmt.Errorf("renewals: %w", err)
			}
			row := parquetRenewal{
				parquetRun: p.run, parquetResource: p.resource(&rn.Resource), ContractState: p.text(string(rn.ContractState)),
				PaymentTerm: p.text(rn.PaymentTerm), PaymentOption: p.text(rn.PaymentOption),
				ContractEnd: p.day("contract_end", string(rn.ContractEnd)), DaysToEnd: int64s(rn.DaysToEnd),
				NoticeDeadline:       p.day("notice_deadline", string(rn.NoticeDeadline)),
				BusinessDaysToNotice: int64s(rn.BusinessDaysToNotice), CurrentMonthly: rn.CurrentMonthlyCents,
				RemainingCommitment: rn.RemainingCommitmentCents, MonthToMonthPrice: rn.MonthToMonthPriceCents,
				MonthToMonthSource: p.text(string(rn.MonthToMonthPriceSource)), CostOfInaction: rn.CostOfInactionCents,
			}
			if rec := rn.Recommended; rec != nil {
				row.RecommendedAction, row.RecommendedTerm = p.text(rec.Action), p.text(string(rec.PaymentTerm))
				row.RecommendedOption, row.RecommendedLevelPrice = p.text(string(rec.PaymentOption)), &rec.LevelPriceCents
				row.NeedsApproval = &rec.NeedsApproval
			}
			if best := rn.Best(); best != nil {
				row.RecommendedTotal = best.TCVCents
			}
			if d := rn.Decision; d != nil {
				row.DecisionAction, row.DecisionStatus = p.text(d.Action), p.text(d.Status)
			}
			if err := add(row); err != nil {
				return fmt.Errorf("renewal of %s: %w", audit.Visible(rn.Resource.ID), err)
			}
		}
		return nil
	})
}

type parquetCharge struct {
	parquetRun
	Of           string  `parquet:"of,dict"` // outpost, account_region, unmatched or product
	Period       string  `parquet:"period,dict"`
	Final        *bool   `parquet:"final"` // null of a product
	Account      string  `parquet:"account,dict"`
	AccountName  *string `parquet:"account_name,dict"`
	Region       *string `parquet:"region,dict"`
	Outpost      *string `parquet:"outpost,dict"`
	Subscription *string `parquet:"subscription,dict"`
	Product      *string `parquet:"product_arn,dict"`
	MatchedBy    *string `parquet:"matched_by,dict"`
	Billed       *int64  `parquet:"billed,decimal(2:18)"` // before discounts
	Net          *int64  `parquet:"net,decimal(2:18)"`    // after them
	Expected     *int64  `parquet:"expected,decimal(2:18)"`
	Difference   *int64  `parquet:"difference,decimal(2:18)"`
	Currency     *string `parquet:"currency,dict"`
	Status       *string `parquet:"status,dict"` // of the charge; of a product AWS's
	Why          *string `parquet:"why,dict"`
	Services     *string `parquet:"services,dict"` // of a product, with commas
}

// ParquetCharges writes what a bill says: its rows of Outposts and of account regions, what is unmatched, and each month of a product.
// It has no rows without a bill.
func ParquetCharges(w io.Writer, r audit.Report) error {
	return writeParquet(w, r, "charges", func(p *parquetRows, add func(parquetCharge) error) error {
		b := cmp.Or(r.Billing, &audit.Billing{})
		for _, of := range [...]struct {
			name string
			rows []audit.OutpostBill
		}{{"outpost", b.Outposts}, {"account_region", b.AccountRegions}} {
			for i := range of.rows {
				c := &of.rows[i]
				if err := add(parquetCharge{
					parquetRun: p.run, Of: of.name, Period: c.Period, Final: &c.Final, Account: audit.Visible(c.Account),
					AccountName: p.text(p.accounts[c.Account]), Region: p.text(c.Region), Outpost: p.text(string(c.Outpost)),
					Subscription: p.text(string(c.Subscription)), MatchedBy: p.text(string(c.MatchedBy)), Billed: p.money("billed", string(c.Billed)),
					Net: p.money("net", string(c.Net)), Expected: p.money("expected", string(c.Expected)),
					Difference: p.money("difference", string(c.Difference)), Currency: p.text(c.Currency), Status: p.text(string(c.Status)),
					Why: p.text(string(c.Why)),
				}); err != nil {
					return err
				}
			}
		}
		for i := range b.Unmatched {
			c := &b.Unmatched[i]
			if err := add(parquetCharge{
				parquetRun: p.run, Of: "unmatched", Period: c.Period, Final: &c.Final, Account: audit.Visible(c.Account),
				AccountName: p.text(p.accounts[c.Account]), Region: p.text(c.Region), Outpost: p.text(string(c.Outpost)),
				Billed: p.money("billed", string(c.Billed)), Currency: p.text(c.Currency), Why: p.text(c.Why),
			}); err != nil {
				return err
			}
		}
		for i := range b.Products {
			c := &b.Products[i]
			for _, period := range slices.Sorted(maps.Keys(c.Periods)) {
				if err := add(parquetCharge{
					parquetRun: p.run, Of: "product", Period: period, Account: audit.Visible(c.Account), AccountName: p.text(p.accounts[c.Account]),
					Product: p.text(c.ARN), Net: p.money("net", c.Periods[period]), Currency: p.text(c.Currency), Status: p.text(string(c.Status)),
					Why: p.text(string(c.Why)), Services: p.text(strings.Join(c.Services, ",")),
				}); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// parquetRows makes the cells of rows. What it cannot make is an error, the first, of the next row that is added.
type parquetRows struct {
	run      parquetRun
	accounts map[string]string
	held     int // bytes of text since the last row group
	err      error
}

const (
	parquetGroupRows  = 64 << 10
	parquetGroupBytes = 16 << 20
)

// writeParquet writes a table. A row group ends after so many rows or so much text, so that the memory of it is bounded.
func writeParquet[R any](w io.Writer, r audit.Report, name string, rows func(*parquetRows, func(R) error) error) error {
	asOf, err := time.Parse(time.RFC3339, r.Run.AsOf)
	if err != nil {
		return fmt.Errorf("as_of of the report: %w", err)
	}
	p := &parquetRows{run: parquetRun{r.Run.ID, asOf.UTC()}, accounts: accountNames(r)}
	schema := parquet.NewSchema(name, parquet.SchemaOf(*new(R)))
	out := parquet.NewGenericWriter[R](w, schema, parquet.Compression(&parquet.Zstd), parquet.CreatedBy("tenor", "", ""),
		parquet.MaxRowsPerRowGroup(parquetGroupRows))
	if err := rows(p, func(row R) error {
		if p.err != nil {
			return p.err
		}
		if _, err := out.Write([]R{row}); err != nil {
			return err
		}
		if p.held < parquetGroupBytes {
			return nil
		}
		p.held = 0
		return out.Flush()
	}); err != nil {
		return err
	}
	return out.Close()
}

func (p *parquetRows) resource(ref *audit.ResourceRef) parquetResource {
	return parquetResource{
		Kind: audit.Visible(ref.Kind), ID: audit.Visible(ref.ID), ARN: p.text(string(ref.ARN)), Name: p.text(ref.Name),
		Account: audit.Visible(ref.Account), AccountName: p.text(p.accounts[ref.Account]), Region: p.text(ref.Region), Owner: p.text(ref.Owner),
	}
}

// text is what others wrote, as people see it; nil when empty.
func (p *parquetRows) text(s string) *string {
	if s == "" {
		return nil
	}
	p.held += len(s)
	return new(audit.Visible(s))
}

// money returns a decimal string as whole cents; nil when empty.
func (p *parquetRows) money(column, value string) *int64 {
	if value == "" {
		return nil
	}
	cents, err := audit.ParseCents(value)
	if err != nil {
		p.fail(fmt.Errorf("%s: %q: %w", column, value, err))
	}
	return &cents
}

// day returns YYYY-MM-DD as days since 1970; nil when empty.
func (p *parquetRows) day(column, s string) *int32 {
	t := p.time(column, time.DateOnly, s)
	if t == nil {
		return nil
	}
	return new(int32(t.Unix() / (24 * 60 * 60))) // a year has four digits
}

// moment returns a time in RFC 3339; nil when empty.
func (p *parquetRows) moment(column, s string) *time.Time { return p.time(column, time.RFC3339, s) }

func (p *parquetRows) time(column, layout, s string) *time.Time {
	if s == "" {
		return nil
	}
	t, err := time.Parse(layout, s)
	if err != nil {
		p.fail(fmt.Errorf("%s: %q is no date", column, s))
	}
	return new(t.UTC())
}

func (p *parquetRows) fail(err error) { p.err = cmp.Or(p.err, err) }

func int64s(n *int) *int64 {
	if n == nil {
		return nil
	}
	return new(int64(*n))
}
