package collector

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/schemas"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/smithy-go/transport/http/protocol/awsjson"
	"github.com/shopspring/decimal"

	"tenor/audit"
	"tenor/internal/awsread"
	"tenor/internal/rawjson"
)

// MaxCloudWatchDays is the longest that CloudWatch can be asked about: it keeps 455 days, and the first of them has begun.
const MaxCloudWatchDays = 454

const day = 24 * time.Hour

// metricsAtOnce is how many metrics AWS takes in one call, and pointsAtOnce how many of their points it is asked to put into one page.
const (
	metricsAtOnce = 500
	pointsAtOnce  = 10_000
)

// metricsClient returns a client that speaks JSON, one of the protocols of CloudWatch, so that its answers are kept as all others are.
func metricsClient(cfg aws.Config) *cloudwatch.Client {
	return cloudwatch.NewFromConfig(cfg, func(o *cloudwatch.Options) { o.Protocol = awsjson.New10(schemas.GraniteServiceVersion20100801) })
}

// MetricsPrice is what AWS charges for metrics that GetMetricData is asked for, in US dollars: a thousandth of a cent for each, see
// https://aws.amazon.com/cloudwatch/pricing/.
func MetricsPrice(metrics int64) string {
	price := decimal.New(metrics, -5)
	return price.StringFixed(max(2, int32(len(strings.TrimRight(fmt.Sprintf("%05d", metrics%100_000), "0")))))
}

// historyDays are the days that CloudWatch is asked about: the whole ones before the day of the snapshot, by UTC, and of that one the hours
// that are over.
func (r *run) historyDays() (from, to time.Time, err error) {
	at, err := time.Parse(time.RFC3339, r.takenAt)
	if err != nil {
		return from, to, err
	}
	return at.UTC().Truncate(day).AddDate(0, 0, -r.opts.CloudWatchDays), at.UTC().Truncate(time.Hour), nil
}

// capacityHistory reads the most that was used of each instance type that an Outpost's assets are configured for: {Days, Since, Types:
// [{InstanceType, Days, Maximum, MaximumOn}]}. Days of a type are those of which there is any point, and Maximum is of them and of the
// snapshot's own day. Without a type there is no section.
func (s *scope) capacityHistory(ctx context.Context, id string, assets json.RawMessage) section {
	names := slotTypes(assets)
	if len(names) == 0 {
		return section{}
	}
	from, to, err := s.run.historyDays()
	if err != nil {
		return section{err: err}
	}
	h := usage{from: from, to: to, of: map[string]*usedType{}}
	for some := range slices.Chunk(names, metricsAtOnce) {
		if err := s.readHistory(ctx, id, some, &h); err != nil {
			return section{err: timely(ctx, err)}
		}
	}
	var list array
	for _, name := range names {
		list.add(h.of[name].json(name, s.run.opts.CloudWatchDays))
	}
	var o object
	o.set("Days", strconv.AppendInt(nil, int64(s.run.opts.CloudWatchDays), 10))
	o.set("Since", rawjson.AppendQuote(nil, from.Format(time.DateOnly)))
	o.set("Types", list.json())
	return section{doc: o.json()}
}

// slotTypes are the instance types that assets have slots of, ordered.
func slotTypes(assets []byte) []string {
	found := map[string]bool{}
	for a := range rawjson.Elements(rawjson.Find(assets, outpostAssets.list)) {
		for c := range rawjson.Elements(rawjson.Find(rawjson.Find(a, "ComputeAttributes"), "InstanceTypeCapacities")) {
			if n, err := strconv.Atoi(string(rawjson.Find(c, "Count"))); err == nil && n > 0 && textOf(c, "InstanceType") != "" {
				found[textOf(c, "InstanceType")] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// usage is what the pages of CloudWatch's answers come to.
type usage struct {
	from, to time.Time
	of       map[string]*usedType // by instance type
}

// usedType is how much of an instance type was used.
type usedType struct {
	days    map[int]bool // from the first, those with a point
	maximum float64
	digits  json.RawMessage // of the maximum, as AWS sent them; nil: there is no point
	on      time.Time       // the first day on which it was so much
}

// readHistory asks how much of the slots of some instance types was in use, which CloudWatch has in percent every five minutes, and adds it
// up. By these two dimensions it is of all accounts together; there may be metrics of each account beside.
// https://docs.aws.amazon.com/outposts/latest/userguide/outposts-cloudwatch-metrics.html
func (s *scope) readHistory(ctx context.Context, id string, names []string, h *usage) error {
	in := cloudwatch.GetMetricDataInput{StartTime: &h.from, EndTime: &h.to, MaxDatapoints: aws.Int32(pointsAtOnce)}
	byID := map[string]string{}
	for i, name := range names {
		query := "m" + strconv.Itoa(i)
		byID[query] = name
		h.of[name] = &usedType{days: map[int]bool{}}
		in.MetricDataQueries = append(in.MetricDataQueries, types.MetricDataQuery{Id: &query, MetricStat: &types.MetricStat{
			Metric: &types.Metric{Namespace: aws.String("AWS/Outposts"), MetricName: aws.String("InstanceTypeCapacityUtilization"),
				Dimensions: []types.Dimension{{Name: aws.String("OutpostId"), Value: &id}, {Name: aws.String("InstanceType"), Value: &name}}},
			Period: aws.Int32(int32(day / time.Second)), Stat: aws.String("Maximum"),
		}})
	}
	l := awsread.Listing{Op: awsread.GetMetricData, Within: true, List: "MetricDataResults", Next: "NextToken",
		Page: func(ctx context.Context, token *string) ([]byte, error) {
			s.run.metrics.Add(int64(len(names)))
			page := in
			page.NextToken = token
			return awsread.Raw(ctx, s.metrics.GetMetricData, &page)
		}}
	for pg, err := range s.run.gate.Pages(ctx, l) {
		if err != nil {
			return err
		}
		for _, e := range pg.Entries {
			of, known := h.of[byID[textOf(e, "Id")]]
			if !known {
				return awsread.Malformed("a result has an Id that was not asked for: %s", audit.Clip(string(e), audit.MaxMessage/2))
			}
			if err := h.add(of, e); err != nil {
				return err
			}
		}
	}
	return nil
}

// add adds the points of a result to those of its instance type.
func (h *usage) add(of *usedType, result []byte) error {
	switch status := types.StatusCode(textOf(result, "StatusCode")); status {
	case types.StatusCodeComplete, types.StatusCodePartialData: // the rest of it is on another page
	default:
		return fmt.Errorf("CloudWatch: the status of a metric is %q: %s", status, rawjson.Find(result, "Messages"))
	}
	times, values := rawjson.Find(result, "Timestamps"), rawjson.Find(result, "Values")
	if !isArray(times) || !isArray(values) {
		return awsread.Malformed("a result has no lists Timestamps and Values")
	}
	all, amounts := slices.Collect(rawjson.Elements(times)), slices.Collect(rawjson.Elements(values))
	if len(all) != len(amounts) {
		return awsread.Malformed("a result has %d Timestamps and %d Values", len(all), len(amounts))
	}
	for i := range all {
		at, err := timestamp(all[i])
		if err != nil {
			return awsread.Malformed("Timestamps: %s %v", all[i], err)
		}
		percent, err := strconv.ParseFloat(string(amounts[i]), 64)
		if err != nil || percent < 0 || percent > 100 {
			return awsread.Malformed("Values: %s is no percentage", amounts[i])
		}
		if at.Before(h.from) || !at.Before(h.to) {
			return awsread.Malformed("Timestamps: %s was not asked for", at.Format(time.RFC3339))
		}
		of.add(int(at.Sub(h.from)/day), at, percent, amounts[i])
	}
	return nil
}

func (u *usedType) add(number int, at time.Time, percent float64, digits []byte) {
	u.days[number] = true
	if on := at.Truncate(day); u.digits == nil || percent > u.maximum || percent == u.maximum && on.Before(u.on) {
		u.maximum, u.digits, u.on = percent, slices.Clone(digits), on
	}
}

// json returns what is known of the type, of so many whole days.
func (u *usedType) json(name string, whole int) []byte {
	delete(u.days, whole) // the snapshot's own
	var o object
	o.set("InstanceType", rawjson.AppendQuote(nil, name))
	o.set("Days", strconv.AppendInt(nil, int64(len(u.days)), 10))
	if u.digits != nil {
		o.set("Maximum", u.digits)
		o.set("MaximumOn", rawjson.AppendQuote(nil, u.on.Format(time.DateOnly)))
	}
	return o.json()
}
