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
	"tenor/bench/estate"
)

// What follows is the floor: the documents decoded into types that hold just what the rules read, and the rules written by
// hand, for a snapshot without gaps. It knows no METADATA, no parameters, no messages and no evidence; it only counts.

type outpostDoc struct {
	Tags map[string]string `json:"tags"`
	Spec struct {
		LifeCycleStatus, Generation string
	} `json:"spec"`
	Related struct {
		Billing struct {
			Subscriptions []struct{ SubscriptionStatus, SubscriptionType, EndDate, Currency string }
		} `json:"billing"`
		Pricing struct {
			PricingOptions []struct {
				SubscriptionPricingDetails struct{ Currency string }
			}
		} `json:"renewal_pricing"`
	} `json:"related"`
	Facts struct {
		State               string `json:"contract_state"`
		ContractEnd         string `json:"contract_end"`
		ContractEndDate     string `json:"contract_end_date"`
		LatestTermEnd       string `json:"latest_term_end"`
		Days                *int   `json:"days_to_end"`
		BusinessDays        *int   `json:"business_days_to_notice"`
		PaymentTerm         string `json:"payment_term"`
		PaymentOption       string `json:"payment_option"`
		CurrentMonthlyCents int64  `json:"current_monthly_cents"`
		Priced              string `json:"priced"`
		Subscriptions       []struct {
			Type          string `json:"type"`
			Status        string `json:"status"`
			Begins        string `json:"begins"`
			Days          *int   `json:"days"`
			PaymentTerm   string `json:"payment_term"`
			PaymentOption string `json:"payment_option"`
			TotalCents    *int64 `json:"total_cents"`
		} `json:"subscriptions"`
		Options []struct {
			PaymentTerm   string   `json:"payment_term"`
			PaymentOption string   `json:"payment_option"`
			Allowed       bool     `json:"allowed"`
			MonthlyCents  int64    `json:"effective_monthly_cents"`
			Rate          *float64 `json:"implied_rate_percent"`
		} `json:"options"`
		Recommended *struct {
			NeedsApproval bool `json:"needs_approval"`
		} `json:"recommended"`
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
		State string `json:"outpost_contract_state"`
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
		Records *struct {
			RecordDetails []struct {
				Status      string
				CreatedTime *time.Time
			}
		} `json:"records"`
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

// apart returns the calendar days between two dates that begin YYYY-MM-DD, and 0 where one is none.
func apart(a, b string) int {
	x, okX := dateOf(a)
	y, okY := dateOf(b)
	if !okX || !okY {
		return 0
	}
	return int(x.Sub(y).Abs() / day)
}

func dateOf(s string) (time.Time, bool) {
	t, err := time.Parse(time.DateOnly, s[:min(len(s), len(time.DateOnly))])
	return t, err == nil
}

// unwanted reports whether a term or an option is known and not allowed.
func unwanted(term, option string) bool {
	return term != "" && !allowed(term, "NO_UPFRONT") || option != "" && !allowed("ONE_YEAR", option)
}

func (d *outpostDoc) failures(now time.Time) int {
	f, n := &d.Facts, count(untagged(d.Tags))
	active, paid, foreign, expensive := false, false, false, false
	for _, s := range f.Subscriptions {
		active = active || s.Status == "ACTIVE"
		paid = paid || s.Status == "ACTIVE" && apart(s.Begins, now.Format(time.DateOnly)) > 60
	}
	if f.State == "retired" {
		return n + count(active)
	}
	rolls, installed := f.State == "month_to_month", d.Spec.LifeCycleStatus != "PENDING"
	dated := !rolls && (installed || active)
	for _, s := range f.Subscriptions {
		pending := s.Type == "RENEWAL" && s.Status == "PENDING"
		n += count(
			dated && s.Type == "RENEWAL" && s.Days != nil && *s.Days > 45 && *s.Days <= 330,
			pending && unwanted(s.PaymentTerm, s.PaymentOption),
			pending && s.TotalCents != nil && *s.TotalCents > 25_000_000,
		)
	}
	for _, s := range d.Related.Billing.Subscriptions {
		foreign = foreign || s.Currency != "" && s.Currency != "USD"
		n += count(s.SubscriptionStatus == "ACTIVE" && s.SubscriptionType == "CAPACITY_INCREASE" && apart(s.EndDate, f.ContractEnd) > 1)
	}
	for _, o := range d.Related.Pricing.PricingOptions {
		foreign = foreign || o.SubscriptionPricingDetails.Currency != "" && o.SubscriptionPricingDetails.Currency != "USD"
	}
	for _, o := range f.Options {
		expensive = expensive || o.Allowed && o.PaymentOption == "NO_UPFRONT" && o.Rate != nil && *o.Rate > 8
		n += count(f.CurrentMonthlyCents > 0 && o.PaymentTerm == f.PaymentTerm && o.PaymentOption == f.PaymentOption &&
			o.MonthlyCents*100 >= f.CurrentMonthlyCents*110)
	}
	ends := func(days int) bool { return f.State == "running" && f.Days != nil && *f.Days <= days }
	return n + count(
		!installed && paid,
		foreign,
		ends(180),
		f.State == "running" && f.BusinessDays != nil && *f.BusinessDays <= 5,
		rolls,
		dated && (f.ContractEndDate == "" || apart(f.ContractEndDate, f.LatestTermEnd) > 1),
		unwanted(f.PaymentTerm, f.PaymentOption),
		f.Priced == "UNABLE_TO_PRICE" && (rolls || ends(180)),
		ends(60) && f.Recommended != nil && f.Recommended.NeedsApproval,
		expensive && ends(180),
		d.Spec.Generation == "GENERATION_1" && ends(365),
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
		known && unwanted(s.PaymentTerm, s.PaymentOption),
		d.Related.QuoteOption != nil && s.QuoteOptionIdentifier != "" && !quoted,
		(s.Status == "COMPLETED" || s.Status == "FULFILLED") && d.Related.Outpost != nil && !named && longAgo(complete, now, 45*day),
		open && d.Related.Outpost != nil && d.Facts.State == "month_to_month",
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
	s, a := &d.Spec, d.Related.Artifact
	account := s.Type == "CONTROL_TOWER_ACCOUNT"
	broken := s.Status == "ERROR" || s.Status == "TAINTED"
	var since *time.Time
	running, failed := false, false
	if records := d.Related.Records; records != nil && len(records.RecordDetails) > 0 {
		last := &records.RecordDetails[0]
		since, running = last.CreatedTime, slices.Contains([]string{"CREATED", "IN_PROGRESS", "IN_PROGRESS_IN_ERROR"}, last.Status)
		failed = last.Status == "FAILED"
	}
	long := broken && !account && longAgo(since, now, 30*day)
	return count(
		broken && !account && !long, // service_catalog.product_error or product_tainted
		broken && account,
		long,
		s.Status == "UNDER_CHANGE" && !account && running && longAgo(since, now, day),
		s.Status == "AVAILABLE" && failed,
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

// floor evaluates the snapshot by hand and prints the number of failures.
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
				n += d.failures(estate.AsOf())
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
