package billing

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/costexplorer"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// TestClientsOnlyRead calls what writes through the clients of a bill, and expects that AWS hears nothing of it.
func TestClientsOnlyRead(t *testing.T) {
	var heard atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { heard.Add(1) }))
	defer server.Close()
	cfg := aws.Config{BaseEndpoint: &server.URL, Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider("AKIA1", "s", "")}
	_, object := NewS3(cfg).DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: aws.String("b"), Key: aws.String("k")})
	_, monitor := NewCostExplorer(cfg).DeleteAnomalyMonitor(t.Context(), &costexplorer.DeleteAnomalyMonitorInput{MonitorArn: aws.String("a")})
	for _, err := range []error{object, monitor} {
		if err == nil || !strings.Contains(err.Error(), "refused: not in the table of read operations") {
			t.Error(err)
		}
	}
	if asked := heard.Load(); asked > 0 {
		t.Errorf("AWS was asked %d times", asked)
	}
}
