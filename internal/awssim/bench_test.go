package awssim

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// BenchmarkPage asks over the wire for pages of 100 out of 100,000 products and throws them away.
func BenchmarkPage(b *testing.B) {
	const estate = `{"accounts": [{"id": "111122223333"}], "scopes": [{"accounts": ["111122223333"], "regions": ["eu-central-1"],
		"provisioned_products": [
	 {"repeat": 100000, "vary": {"team": ["routing", "customs", "yard"], "status": ["AVAILABLE", "AVAILABLE", "AVAILABLE", "TAINTED",
		"AVAILABLE"], "created": ["now-640d", "now-31d"]}, "each": {
	  "product": {"Name": "${team}-${i}", "Arn": "arn:aws:servicecatalog:${region}:${account}:stack/${team}-${i}/pp-${id}",
		"Type": "CFN_STACK", "Id": "pp-${id}", "Status": "${status}", "CreatedTime": "${created}",
	   "IdempotencyToken": "tok-${id}", "LastRecordId": "rec-${id}", "LastProvisioningRecordId": "rec-${id}",
		"LastSuccessfulProvisioningRecordId": "rec-${id:1}",
	   "Tags": [{"Key": "Owner", "Value": "${team}"}, {"Key": "CostCenter", "Value": "CC-2210"}, {"Key": "aws:servicecatalog:productArn",
		"Value": "arn:aws:catalog:${region}:${account}:product/prod-r3m56kc2nolx4"}],
	   "PhysicalId": "arn:aws:cloudformation:${region}:${account}:stack/SC-${account}-pp-${id}/5c1f0e70-0d3b-11f1-9a44-0a58a9feac02",
	   "ProductId": "prod-r3m56kc2nolx4", "ProductName": "Web service", "ProvisioningArtifactId": "pa-t2c2mfi3gady3",
		"ProvisioningArtifactName": "v3.1.0",
	   "UserArn": "arn:aws:sts::${account}:assumed-role/ServiceCatalogEndUser/deploy-pipeline",
		"UserArnSession": "arn:aws:sts::${account}:assumed-role/ServiceCatalogEndUser/deploy-pipeline"},
	  "records": [{"RecordId": "rec-${id}"}]}}]}]}`
	e, err := LoadEstate(strings.NewReader(estate), now)
	if err != nil {
		b.Fatal(err)
	}
	s, err := Start(Options{Estate: e})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	c := client{server: &server{Server: s}, key: AccessKey(plant), region: "eu-central-1"}
	for b.Loop() {
		req, err := http.NewRequestWithContext(b.Context(), http.MethodPost, s.URL(), strings.NewReader(`{"PageSize":100}`))
		if err != nil {
			b.Fatal(err)
		}
		req.Header.Set("Authorization", c.authorization("servicecatalog"))
		req.Header.Set("X-Amz-Target", targets["servicecatalog"]+".SearchProvisionedProducts")
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			b.Fatal(err)
		}
		n, err := io.Copy(io.Discard, res.Body)
		if err != nil || res.StatusCode != http.StatusOK {
			b.Fatal(res.Status, err)
		}
		if err := res.Body.Close(); err != nil {
			b.Fatal(err)
		}
		b.SetBytes(n)
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/100, "µs/product")
}
