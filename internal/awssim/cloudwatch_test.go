package awssim

import (
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/schemas"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/transport/http/protocol/awsjson"
)

const usedEstate = `{
 "accounts": [{"id": "111122223333", "name": "plant", "email": "plant@example.com"}],
 "scopes": [{"accounts": ["111122223333"], "regions": ["eu-central-1"],
  "outposts": [{"outpost": {"OutpostId": "op-00000000000000001", "OwnerId": "${account}"}}, {"outpost": {"OutpostId": "op-00000000000000002", "OwnerId": "444455556666"}}],
  "assets": [{"outpost": "op-00000000000000001", "asset": {"AssetId": "A1", "ComputeAttributes": {"InstanceTypeCapacities": [{"InstanceType": "c5.large", "Count": 3}]}}},
   {"outpost": "op-00000000000000001", "asset": {"AssetId": "A2", "ComputeAttributes": {"HostId": "h-1", "InstanceTypeCapacities": [{"InstanceType": "c5.large", "Count": 3}]}}},
   {"outpost": "op-00000000000000002", "asset": {"AssetId": "A3", "ComputeAttributes": {"InstanceTypeCapacities": [{"InstanceType": "c5.large", "Count": 3}]}}}],
  "asset_instances": [{"outpost": "op-00000000000000001", "instance": {"InstanceId": "i-1", "InstanceType": "c5.large", "AssetId": "A1"}}],
  "capacity_history": [{"outpost": "op-00000000000000001", "used": {"InstanceType": "c5.large", "Peak": 66.5, "PeakTime": "now-2d", "Since": "now-3d"}}]}]
}`

// TestSDKCloudWatch asks by the SDK, in JSON, whose decoder holds the form of the answers.
func TestSDKCloudWatch(t *testing.T) {
	s := start(t, Options{Estate: load(t, usedEstate)})
	c := cloudwatch.NewFromConfig(sdk(s, plant), func(o *cloudwatch.Options) { o.Protocol = awsjson.New10(schemas.GraniteServiceVersion20100801) })
	query := func(id, outpost, kind string) types.MetricDataQuery {
		return types.MetricDataQuery{Id: &id, MetricStat: &types.MetricStat{Stat: aws.String("Maximum"), Period: aws.Int32(86400), Metric: &types.Metric{
			Namespace: aws.String("AWS/Outposts"), MetricName: aws.String("InstanceTypeCapacityUtilization"), Dimensions: []types.Dimension{
				{Name: aws.String("OutpostId"), Value: &outpost}, {Name: aws.String("InstanceType"), Value: &kind}}}}}
	}
	today := now.Truncate(24 * time.Hour)
	day := func(n int) time.Time { return today.AddDate(0, 0, -n) }
	ask := func(queries ...types.MetricDataQuery) (*cloudwatch.GetMetricDataOutput, error) {
		return c.GetMetricData(t.Context(), &cloudwatch.GetMetricDataInput{StartTime: aws.Time(day(7)), EndTime: &now, MetricDataQueries: queries})
	}
	m := must{t}
	out, err := ask(query("m0", "op-00000000000000001", "c5.large"), query("m1", "op-00000000000000001", "m5.large"), query("m2", "op-00000000000000002", "c5.large"))
	m.ok(err)
	third := 33.333333333333336 // of three slots one runs something; the Dedicated Host is not counted
	first := out.MetricDataResults[0]
	diff(t, "days", []time.Time{day(0), day(1), day(2), day(3)}, first.Timestamps)
	diff(t, "percent", []float64{third, third, 66.5, third}, first.Values)
	diff(t, "the rest", []string{"m0", "op-00000000000000001 c5.large", "Complete"}, []string{*first.Id, *first.Label, string(first.StatusCode)})
	for _, r := range out.MetricDataResults[1:] { // of a type without slots, and of another account's Outpost, there is nothing
		if len(r.Timestamps)+len(r.Values) > 0 || r.StatusCode != types.StatusCodeComplete {
			t.Errorf("%+v", r)
		}
	}
	for name, q := range map[string]types.MetricDataQuery{"no identifier": query("0", "op-1", "a"), "an expression": {Id: aws.String("m"), Expression: aws.String("1")}} {
		var refused smithy.APIError
		if _, err := ask(q); !errors.As(err, &refused) || refused.ErrorCode() != "ValidationError" {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err = c.ListMetrics(t.Context(), &cloudwatch.ListMetricsInput{})
	var denied smithy.APIError
	if !errors.As(err, &denied) || denied.ErrorCode() != "AccessDenied" {
		t.Errorf("an operation that is not simulated: %v", err)
	}
}
