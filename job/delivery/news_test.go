package delivery

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"tenor/audit"
	"tenor/internal/inline"
)

// failing returns a failure of a product that is TAINTED by a cause.
func failing(id, cause string, change audit.Change) audit.Finding {
	return audit.Finding{Rule: "service_catalog.product_tainted", Severity: audit.Medium, Verdict: audit.Fail, Change: audit.Optional(change),
		Resource: audit.ResourceRef{Kind: audit.KindProvisionedProduct, ID: id, Account: "111122223333", Region: "eu-central-1"},
		Msg:      "the product is TAINTED: " + id, Evidence: json.RawMessage(fmt.Sprintf(`{"cause":%q}`, cause))}
}

// TestNewsIsGroupedByCause has forty products that fail by one cause, and a few by others.
func TestNewsIsGroupedByCause(t *testing.T) {
	var list []audit.Finding
	for i := range 40 {
		list = append(list, failing(fmt.Sprintf("pp-%02d", i), "denied", audit.ChangeNew))
	}
	list = append(list, failing("pp-known", "denied", audit.ChangePersisting), failing("pp-40", "quota", audit.ChangeChanged),
		failing("pp-41", "", audit.ChangeNew), failing("pp-42", "", audit.ChangeNew))
	list[40].Evidence = nil
	got, more, err := newsOf(audit.NewList(inline.Of(list...)))
	if err != nil || more {
		t.Fatal(more, err)
	}
	var text []string
	for _, n := range got {
		text = append(text, n.String())
	}
	want := `MEDIUM service_catalog.product_tainted: 40 products fail with the same error, one of them pp-00 in 111122223333/eu-central-1: the product is TAINTED: pp-00
MEDIUM service_catalog.product_tainted: pp-40 in 111122223333/eu-central-1: the product is TAINTED: pp-40
MEDIUM service_catalog.product_tainted: pp-41 in 111122223333/eu-central-1: the product is TAINTED: pp-41
MEDIUM service_catalog.product_tainted: pp-42 in 111122223333/eu-central-1: the product is TAINTED: pp-42`
	if have := strings.Join(text, "\n"); have != want {
		t.Errorf("got\n%s\nwant\n%s", have, want)
	}
	for i := range 9 {
		list = append(list, failing(fmt.Sprintf("pp-other-%d", i), fmt.Sprint(i), audit.ChangeNew))
	}
	list = append(list, failing("pp-last", "denied", audit.ChangeNew))
	got, more, err = newsOf(audit.NewList(inline.Of(list...)))
	if err != nil || !more || len(got) != noticeNews || got[0].Others() != 40 {
		t.Errorf("%d of them, %d by the first, more %t, %v", len(got), got[0].Others(), more, err)
	}
}

// TestEveryChannelGroupsByCause has one line for what fails by one cause, whatever rules say it, in each way in which people are told.
func TestEveryChannelGroupsByCause(t *testing.T) {
	var list []audit.Finding
	for _, rule := range []string{"service_catalog.account_product_broken", "service_catalog.last_request_failed", "service_catalog.broken_long"} {
		for i := range 14 {
			f := failing(fmt.Sprintf("pp-%s-%02d", rule[16:19], i), "denied", audit.ChangeNew)
			f.Rule, f.Severity = rule, audit.High
			list = append(list, f)
		}
	}
	list = append(list, failing("pp-acc-00", "denied", audit.ChangeNew)) // the same product by another rule
	n, err := NewNotice(&audit.Report{Findings: audit.NewList(inline.Of(list...))}, nil, Outcome{}, 0)
	if err != nil {
		t.Fatal(err)
	}
	letter, err := NewLetter(n, nil)
	if err != nil {
		t.Fatal(err)
	}
	card, err := json.Marshal(n.card())
	if err != nil {
		t.Fatal(err)
	}
	const want = "HIGH service_catalog.account_product_broken: 42 products fail with the same error, one of them pp-acc-00"
	for channel, text := range map[string]string{"SNS": n.text(snsMaxText, plain), "Slack": n.slack()["text"], "Teams": string(card), "mail": letter.text} {
		if strings.Count(text, want) != 1 || strings.Count(text, "service_catalog.") != 1 {
			t.Errorf("%s: %s", channel, text)
		}
	}
}
