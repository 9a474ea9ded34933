package finance

import (
	"testing"

	"tenor/audit"
)

func BenchmarkEnrichOutpost(b *testing.B) {
	a, r := newAnalyst(b), outpost("op-1", threeYearContract, nineOptions)
	for b.Loop() {
		if err := a.Enrich(r); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEnrichQuote(b *testing.B) {
	a := newAnalyst(b)
	r := other(audit.KindQuote, "oq-1", "111122223333", `{"QuoteStatus":"CREATED","ExpirationDate":"2026-12-01T00:00:00Z",`+
		`"QuoteOptions":[{"QuoteOptionIdentifier":"oqo-1",`+nineOptions[1:]+`]}`)
	for b.Loop() {
		if err := a.Enrich(r); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkEstate is what a run does with an Outpost.
func BenchmarkEstate(b *testing.B) {
	a, r := newAnalyst(b), outpost("op-1", threeYearContract, nineOptions)
	var e *Estate
	for i := 0; b.Loop(); i++ {
		if i%1000 == 0 {
			e = a.NewEstate(nil)
		}
		if err := e.Enrich(r); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkProduct(b *testing.B) {
	a := newAnalyst(b)
	r := other(audit.KindProvisionedProduct, "pp-1", "111122223333",
		`{"Arn":"arn:aws:servicecatalog:eu-central-1:111122223333:stack/foo/pp-abcdefgh","CreatedTime":"2026-01-01T00:00:00Z",
		"Id":"pp-abcdefgh","IdempotencyToken":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","LastRecordId":"rec-abcdefgh",
		"Name":"foo","ProductName":"A product","Status":"AVAILABLE",
		"Tags":[{"Key":"Owner","Value":"team"},{"Key":"CostCenter","Value":"1234"}],"Type":"CFN_STACK",
		"UserArn":"arn:aws:sts::111122223333:assumed-role/foo/bar"}`)
	e := a.NewEstate(nil)
	for b.Loop() {
		if err := e.Enrich(r); err != nil {
			b.Fatal(err)
		}
	}
}
