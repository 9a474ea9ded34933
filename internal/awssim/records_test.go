package awssim

import (
	"fmt"
	"strings"
	"testing"
)

// TestRecordsOfAProduct lists the newest first, of a product that is repeated and of one that is not, over two pages, and nothing of
// any other.
func TestRecordsOfAProduct(t *testing.T) {
	const file = `{"accounts": [{"id": "111122223333", "name": "a", "email": "a@example.com", "unit": "r"}], "scopes": [{
 "accounts": ["111122223333"], "regions": ["eu-central-1"],
 "provisioned_products": [
  {"repeat": 3, "each": {"product": {"Id": "pp-${id}", "Name": "many"}, "records": [
   {"RecordId": "rec-${id}", "ProvisionedProductId": "pp-${id}", "CreatedTime": "now-9d"},
   {"RecordId": "rec-${id:1}", "ProvisionedProductId": "pp-${id}", "CreatedTime": "now-1d"}]}},
  {"product": {"Id": "pp-alone", "Name": "one"}, "records": [
   {"RecordId": "rec-b", "ProvisionedProductId": "pp-alone", "CreatedTime": "now-5d"},
   {"RecordId": "rec-a", "ProvisionedProductId": "pp-alone", "CreatedTime": "now-9d"},
   {"RecordId": "rec-c", "ProvisionedProductId": "pp-alone", "CreatedTime": "now-1d"},
   {"RecordId": "rec-x", "ProvisionedProductId": "pp-other", "CreatedTime": "now-1d"}]}]}]}`
	e, err := LoadEstate(strings.NewReader(file), now)
	if err != nil {
		t.Fatal(err)
	}
	c := client{t: t, server: start(t, Options{Estate: e, PageSize: 2}), key: AccessKey("111122223333"), region: "eu-central-1"}
	history := func(id string) [][]string {
		return c.pages("servicecatalog", "ListRecordHistory", fmt.Sprintf(
			`{"PageToken":"TOKEN","AccessLevelFilter":{"Key":"Account","Value":"self"},"SearchFilter":{"Key":"provisionedproduct","Value":%q}}`, id),
			"RecordDetails", "RecordId")
	}
	diff(t, "alone", [][]string{{"rec-c", "rec-b"}, {"rec-a"}}, history("pp-alone"))
	diff(t, "other", [][]string{{}}, history("pp-nobody"))
	all := `{"PageToken":"TOKEN","AccessLevelFilter":{"Key":"Account","Value":"self"}}`
	ids := c.pages("servicecatalog", "SearchProvisionedProducts", all, "ProvisionedProducts", "Id")
	records := c.pages("servicecatalog", "ListRecordHistory", all, "RecordDetails", "RecordId")
	second := ids[0][1]
	diff(t, "repeated", [][]string{{records[1][1], records[1][0]}}, history(second))
}
