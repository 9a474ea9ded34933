package awsread

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/outposts"
	outpoststypes "github.com/aws/aws-sdk-go-v2/service/outposts/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/servicecatalog"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// TestGuardRefusesWhatIsNotInTheTable calls what tenor never does through clients of a gate, and of the guard alone, and expects that AWS
// hears nothing of it.
func TestGuardRefusesWhatIsNotInTheTable(t *testing.T) {
	var heard atomic.Int64
	sim := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { heard.Add(1) }))
	defer sim.Close()
	plain := aws.Config{BaseEndpoint: &sim.URL, Region: "eu-central-1", Credentials: credentials.NewStaticCredentialsProvider("AKIA1", "s", "")}
	cfg := NewGate(plain, DefaultPacing(), func(Attempt) {}).Config("111122223333", "eu-central-1", plain.Credentials)
	for name, call := range map[string]func() error{
		"Outposts CreateOrder": func() error {
			_, err := outposts.NewFromConfig(cfg).CreateOrder(t.Context(), &outposts.CreateOrderInput{OutpostIdentifier: aws.String("op-1"), PaymentOption: outpoststypes.PaymentOptionAllUpfront})
			return err
		},
		"Outposts GetSiteAddress": func() error {
			_, err := outposts.NewFromConfig(cfg).GetSiteAddress(t.Context(), &outposts.GetSiteAddressInput{SiteId: aws.String("os-1"), AddressType: outpoststypes.AddressTypeOperatingAddress})
			return err
		},
		"Service Catalog TerminateProvisionedProduct": func() error {
			_, err := servicecatalog.NewFromConfig(cfg).TerminateProvisionedProduct(t.Context(), &servicecatalog.TerminateProvisionedProductInput{ProvisionedProductId: aws.String("pp-1"), TerminateToken: aws.String("t")})
			return err
		},
		"Service Catalog GetProvisionedProductOutputs": func() error {
			_, err := servicecatalog.NewFromConfig(cfg).GetProvisionedProductOutputs(t.Context(), &servicecatalog.GetProvisionedProductOutputsInput{ProvisionedProductId: aws.String("pp-1")})
			return err
		},
		"Organizations LeaveOrganization": func() error {
			_, err := organizations.NewFromConfig(cfg).LeaveOrganization(t.Context(), &organizations.LeaveOrganizationInput{})
			return err
		},
		"S3 DeleteObject": func() error {
			_, err := s3.NewFromConfig(Guard(plain)).DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: aws.String("b"), Key: aws.String("k")})
			return err
		},
		"STS GetSessionToken": func() error {
			_, err := sts.NewFromConfig(cfg).GetSessionToken(t.Context(), &sts.GetSessionTokenInput{})
			return err
		},
	} {
		if err := call(); !errors.Is(err, errRefused) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if asked := heard.Load(); asked > 0 {
		t.Errorf("AWS was asked %d times", asked)
	}
}
