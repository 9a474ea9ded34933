package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	jsonv2 "github.com/go-json-experiment/json"

	"tenor/audit"
)

// What follows is the floor: the documents decoded into types that hold just what the rules read, and no rule evaluated.

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

func newDoc(kind string) any {
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

// floor decodes the snapshot.
func floor(ctx context.Context, s settings) error {
	decode := json.Unmarshal
	if s.role == "floor-jsonv2" {
		decode = func(b []byte, v any) error { return jsonv2.Unmarshal(b, v) }
	}
	return eachBatch(ctx, s, func() (func(batch) error, error) {
		return func(b batch) error {
			for _, line := range b.lines {
				if err := decode(line.JSON, newDoc(b.file.Kind)); err != nil {
					return fmt.Errorf("%s:%d: %w", line.Path, line.Number, err)
				}
			}
			return nil
		}, nil
	})
}
