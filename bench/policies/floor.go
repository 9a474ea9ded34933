package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	jsonv2 "github.com/go-json-experiment/json"

	"tenor/audit"
)

// What follows is the floor: the documents decoded into types that hold just what the rules read, and the rules written by
// hand, for a snapshot without gaps. It knows no METADATA, no parameters, no messages and no evidence; it only counts.

type outpostDoc struct {
	Tags    map[string]string `json:"tags"`
	Related struct {
		Billing struct {
			ContractEndDate string
			Subscriptions   []struct {
				SubscriptionStatus, SubscriptionType string
				EndDate                              time.Time
			}
		} `json:"billing"`
	} `json:"related"`
	Facts struct {
		Decided             bool       `json:"decided"`
		MonthToMonth        bool       `json:"month_to_month"`
		ContractEnd         *time.Time `json:"contract_end"`
		ContractEndDate     *time.Time `json:"contract_end_date"`
		LatestActiveEnd     *time.Time `json:"latest_active_end"`
		BusinessDays        *int       `json:"business_days_to_notice"`
		PaymentTerm         string     `json:"payment_term"`
		PaymentOption       string     `json:"payment_option"`
		CurrentMonthlyCents int64      `json:"current_monthly_cents"`
		Priced              *string    `json:"priced"`
		Options             []struct {
			PaymentTerm   string   `json:"payment_term"`
			PaymentOption string   `json:"payment_option"`
			Months        int      `json:"months"`
			Allowed       bool     `json:"allowed"`
			UpfrontCents  int64    `json:"upfront_cents"`
			TCVCents      int64    `json:"tcv_cents"`
			MonthlyCents  int64    `json:"effective_monthly_cents"`
			Rate          *float64 `json:"implied_rate_percent"`
		} `json:"options"`
	} `json:"facts"`
}

type orderDoc struct {
	ID   string `json:"id"`
	Spec struct {
		Status, PaymentTerm, PaymentOption, QuoteOptionIdentifier string
		OrderSubmissionDate, OrderFulfilledDate                   *time.Time
		LineItems                                                 []struct{ Status string }
	} `json:"spec"`
	Related struct {
		Outpost *struct {
			Subscriptions []struct{ OrderIds []string }
		} `json:"outpost"`
		QuoteOption *struct {
			PricingOptions []pricing
		} `json:"quote_option"`
	} `json:"related"`
	Facts struct {
		MonthToMonth bool `json:"outpost_month_to_month"`
	} `json:"facts"`
}

type pricing struct {
	SubscriptionPricingDetails struct{ PaymentTerm, PaymentOption string }
}

type quoteDoc struct {
	Spec struct {
		QuoteStatus          string
		ExpirationDate       *time.Time
		SubmittedOrderId     *string //nolint:revive // AWS's name
		OrderingRequirements []struct{ Status string }
		QuoteOptions         []struct{ PricingOptions []pricing }
	} `json:"spec"`
	Facts struct {
		Open bool `json:"open"`
	} `json:"facts"`
}

type taskDoc struct {
	Spec struct {
		CapacityTaskStatus             string
		CreationDate, LastModifiedDate *time.Time
	} `json:"spec"`
}

type productDoc struct {
	Tags map[string]string `json:"tags"`
	Spec struct {
		Status, Type string
		CreatedTime  time.Time
	} `json:"spec"`
	Related struct {
		LastRecord *struct {
			Status      string
			CreatedTime *time.Time
		} `json:"last_record"`
		Artifact *struct {
			Active   *bool
			Guidance string
			Missing  bool
		} `json:"artifact"`
	} `json:"related"`
}

const day = 24 * time.Hour

// within reports whether t is in the future and at most so many days away.
func within(t *time.Time, now time.Time, days int) bool {
	return t != nil && t.After(now) && t.Sub(now) <= time.Duration(days)*day
}

func longAgo(t *time.Time, now time.Time, d time.Duration) bool { return t != nil && now.Sub(*t) > d }

func allowed(term, option string) bool {
	return (term == "ONE_YEAR" || term == "THREE_YEARS") && slices.Contains([]string{"ALL_UPFRONT", "PARTIAL_UPFRONT", "NO_UPFRONT"}, option)
}

// count returns how many of the conditions hold.
func count(conditions ...bool) int {
	n := 0
	for _, c := range conditions {
		if c {
			n++
		}
	}
	return n
}

func untagged(tags map[string]string) bool {
	return strings.TrimSpace(tags["Owner"]) == "" || strings.TrimSpace(tags["CostCenter"]) == ""
}

func (d *outpostDoc) failures(now time.Time) int {
	f := &d.Facts
	n := 0
	for _, s := range d.Related.Billing.Subscriptions {
		if s.SubscriptionStatus == "ACTIVE" && s.SubscriptionType == "CAPACITY_INCREASE" && f.ContractEnd != nil &&
			s.EndDate.Sub(*f.ContractEnd).Abs() > day {
			n++
		}
	}
	dearer, dear, cheapest := false, false, -1
	for i, o := range f.Options {
		if f.CurrentMonthlyCents > 0 && o.PaymentTerm == f.PaymentTerm && o.PaymentOption == f.PaymentOption &&
			o.MonthlyCents*100 >= f.CurrentMonthlyCents*110 {
			dearer = true
		}
		dear = dear || o.PaymentOption == "NO_UPFRONT" && o.Rate != nil && *o.Rate > 8
		if o.Allowed && o.Months > 0 && (cheapest < 0 || o.TCVCents < f.Options[cheapest].TCVCents ||
			o.TCVCents == f.Options[cheapest].TCVCents && o.UpfrontCents < f.Options[cheapest].UpfrontCents) {
			cheapest = i
		}
	}
	inconsistent := f.ContractEndDate == nil || f.LatestActiveEnd != nil && f.ContractEndDate.Sub(*f.LatestActiveEnd).Abs() > day
	return n + count(
		!f.Decided && within(f.ContractEnd, now, 180),
		!f.Decided && f.ContractEnd != nil && f.ContractEnd.After(now) && f.BusinessDays != nil && *f.BusinessDays <= 5,
		f.MonthToMonth,
		!f.MonthToMonth && inconsistent,
		f.PaymentTerm != "" && !allowed(f.PaymentTerm, "NO_UPFRONT") || f.PaymentOption != "" && !allowed("ONE_YEAR", f.PaymentOption),
		dearer,
		f.Priced != nil && *f.Priced == "UNABLE_TO_PRICE" && (f.MonthToMonth || within(f.ContractEnd, now, 180)),
		!f.Decided && cheapest >= 0 && f.Options[cheapest].UpfrontCents > 25_000_000 && within(f.ContractEnd, now, 60),
		dear && within(f.ContractEnd, now, 180),
		untagged(d.Tags),
	)
}

func (d *orderDoc) failures(now time.Time) int {
	s := &d.Spec
	limits := map[string]int{"PREPARING": 60, "RECEIVED": 60, "PENDING": 60, "PROCESSING": 60, "IN_PROGRESS": 120, "DELIVERED": 30,
		"INSTALLING": 30}
	limit, open := limits[s.Status]
	itemError, named, quoted := false, false, false
	for _, l := range s.LineItems {
		itemError = itemError || l.Status == "ERROR"
	}
	complete := s.OrderFulfilledDate
	if complete == nil {
		complete = s.OrderSubmissionDate
	}
	if o := d.Related.Outpost; o != nil {
		for _, sub := range o.Subscriptions {
			named = named || slices.Contains(sub.OrderIds, d.ID)
		}
	}
	if q := d.Related.QuoteOption; q != nil {
		for _, p := range q.PricingOptions {
			quoted = quoted || p.SubscriptionPricingDetails.PaymentTerm == s.PaymentTerm &&
				p.SubscriptionPricingDetails.PaymentOption == s.PaymentOption
		}
	}
	known := open || slices.Contains([]string{"COMPLETED", "FULFILLED", "ERROR"}, s.Status)
	return count(
		s.Status == "ERROR" || itemError,
		open && longAgo(s.OrderSubmissionDate, now, time.Duration(limit)*day),
		known && (s.PaymentTerm != "" && !allowed(s.PaymentTerm, "NO_UPFRONT") || s.PaymentOption != "" && !allowed("ONE_YEAR", s.PaymentOption)),
		d.Related.QuoteOption != nil && s.QuoteOptionIdentifier != "" && !quoted,
		(s.Status == "COMPLETED" || s.Status == "FULFILLED") && d.Related.Outpost != nil && !named && longAgo(complete, now, 45*day),
		open && d.Related.Outpost != nil && d.Facts.MonthToMonth,
	)
}

func (d *quoteDoc) failures(now time.Time) int {
	s := &d.Spec
	n, offered := 0, false
	for _, r := range s.OrderingRequirements {
		if d.Facts.Open && r.Status == "FAIL" {
			n++
		}
	}
	for _, o := range s.QuoteOptions {
		for _, p := range o.PricingOptions {
			offered = offered || allowed(p.SubscriptionPricingDetails.PaymentTerm, p.SubscriptionPricingDetails.PaymentOption)
		}
	}
	expired := s.ExpirationDate != nil && s.SubmittedOrderId == nil && now.Sub(*s.ExpirationDate) <= 30*day &&
		(s.QuoteStatus == "EXPIRED" || s.QuoteStatus == "CREATED" && s.ExpirationDate.Before(now))
	return n + count(s.QuoteStatus == "CREATED" && within(s.ExpirationDate, now, 7), expired, d.Facts.Open && !offered)
}

func (d *taskDoc) failures(now time.Time) int {
	s := &d.Spec
	since := s.LastModifiedDate
	if since == nil {
		since = s.CreationDate
	}
	going := slices.Contains([]string{"WAITING_FOR_EVACUATION", "REQUESTED", "IN_PROGRESS", "CANCELLATION_IN_PROGRESS"}, s.CapacityTaskStatus)
	return count(s.CapacityTaskStatus == "FAILED" && s.LastModifiedDate != nil && now.Sub(*s.LastModifiedDate) <= 30*day, going &&
		longAgo(since, now, day))
}

func (d *productDoc) failures(now time.Time) int {
	s, a, last := &d.Spec, d.Related.Artifact, d.Related.LastRecord
	account := s.Type == "CONTROL_TOWER_ACCOUNT"
	broken := s.Status == "ERROR" || s.Status == "TAINTED"
	var since *time.Time
	running := false
	if last != nil {
		since, running = last.CreatedTime, slices.Contains([]string{"CREATED", "IN_PROGRESS", "IN_PROGRESS_IN_ERROR"}, last.Status)
	}
	return count(
		s.Status == "ERROR" && !account,
		s.Status == "TAINTED" && !account,
		broken && account,
		broken && !account && longAgo(since, now, 30*day),
		s.Status == "UNDER_CHANGE" && !account && running && longAgo(since, now, day),
		s.Status == "AVAILABLE" && last != nil && last.Status == "FAILED",
		!account && a != nil && a.Active != nil && *a.Active && a.Guidance == "DEPRECATED",
		!account && a != nil && (a.Missing || a.Active != nil && !*a.Active),
		untagged(d.Tags),
	)
}

// judged is a decoded document.
type judged interface{ failures(now time.Time) int }

func newDoc(kind string) judged {
	switch kind {
	case audit.KindOutpost:
		return new(outpostDoc)
	case audit.KindOrder:
		return new(orderDoc)
	case audit.KindQuote:
		return new(quoteDoc)
	case audit.KindCapacityTask:
		return new(taskDoc)
	}
	return new(productDoc)
}

// floor judges the snapshot by hand and prints the number of failures.
func floor(ctx context.Context, s settings) error {
	decode := json.Unmarshal
	if s.role == "floor-jsonv2" {
		decode = func(b []byte, v any) error { return jsonv2.Unmarshal(b, v) }
	}
	var failures atomic.Int64
	err := eachBatch(ctx, s, func() (func(batch) error, error) {
		return func(b batch) error {
			n := 0
			for _, line := range b.lines {
				d := newDoc(b.file.Kind)
				if err := decode(line.JSON, d); err != nil {
					return fmt.Errorf("%s:%d: %w", line.Path, line.Number, err)
				}
				n += d.failures(asOf())
			}
			failures.Add(int64(n))
			return nil
		}, nil
	})
	if err != nil {
		return err
	}
	fmt.Println(failures.Load())
	return nil
}
