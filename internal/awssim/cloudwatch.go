package awssim

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
)

// usedCapacity is how much of an instance type of an Outpost was used, where it is not what is used now: an element of the list
// capacity_history.
type usedCapacity struct {
	InstanceType string
	Peak         json.Number // the most in percent, on the day of PeakTime
	PeakTime     float64     // epoch seconds, as Since is
	Since        float64     // CloudWatch has nothing before it; 0: it has every day
}

// addUsed adds how much of an Outpost was used.
func addUsed(o *outpost, body []byte) error {
	var u usedCapacity
	if err := json.Unmarshal(body, &u); err != nil {
		return fmt.Errorf("the history of %s: %w", o.id, err)
	}
	o.used = append(o.used, u)
	return nil
}

// metricQuery is one of the queries of GetMetricData, as far as it is simulated.
type metricQuery struct {
	Id, Label, Expression string //nolint:revive // AWS's names
	ReturnData            *bool
	MetricStat            struct {
		Metric struct {
			Namespace, MetricName string
			Dimensions            []struct{ Name, Value string }
		}
		Period int64
		Stat   string
	}
}

// dimension is the value of a dimension of the query; empty where it has none.
func (q *metricQuery) dimension(name string) string {
	for _, d := range q.MetricStat.Metric.Dimensions {
		if d.Name == name {
			return d.Value
		}
	}
	return ""
}

// point is one of a metric.
type point struct {
	at    int64 // epoch seconds
	value string
}

// metricData are the parameters of GetMetricData.
type metricData struct {
	StartTime, EndTime json.Number
	MetricDataQueries  []metricQuery
	NextToken          string
}

// getMetricData answers with the percentage of an instance type that is used, each period of the time that is asked for. Where the server
// has a size of pages, a metric comes in results of ten times as many points, PartialData until the last.
func getMetricData(c *call, in metricData) (reply, error) {
	from, ferr := in.StartTime.Float64()
	to, terr := in.EndTime.Float64()
	switch {
	case ferr != nil || terr != nil:
		return nil, c.invalid("StartTime and EndTime are numbers of seconds")
	case from >= to:
		return nil, c.invalid("The parameter StartTime must be less than the parameter EndTime.")
	case len(in.MetricDataQueries) == 0 || len(in.MetricDataQueries) > 500:
		return nil, c.invalid("The collection MetricDataQueries must have a size between 1 and 500.")
	}
	ids := map[string]bool{}
	var results [][]byte
	for i := range in.MetricDataQueries {
		q := &in.MetricDataQueries[i]
		switch stat := &q.MetricStat; {
		case q.Id == "" || q.Id[0] < 'a' || q.Id[0] > 'z' || ids[q.Id]:
			return nil, c.invalid("The value %s for parameter MetricDataQueries.member.%d.Id is not a valid identifier.", q.Id, i+1)
		case q.Expression != "" || stat.Stat != "Maximum" || stat.Period <= 0 || stat.Period%60 != 0:
			return nil, c.invalid("MetricDataQueries.member.%d is not simulated", i+1)
		}
		ids[q.Id] = true
		points := c.used(q, int64(from), int64(to))
		size := len(points)
		if c.pageCap > 0 {
			size = min(10*c.pageCap, size)
		}
		for first := true; first || len(points) > 0; first = false {
			status := "Complete"
			if size < len(points) {
				status = "PartialData"
			}
			n := min(size, len(points))
			results = append(results, metricResult(q, points[:n], status))
			points = points[n:]
		}
	}
	p := paging{sizeName: "maxDatapoints", most: 100_800, standard: 500, token: in.NextToken, next: "NextToken",
		filter: string(in.StartTime) + in.MetricDataQueries[0].dimension("OutpostId")}
	out, err := page(c, "MetricDataResults", p, results)
	return append(out, field{"Messages", json.RawMessage("[]")}), err
}

func metricResult(q *metricQuery, points []point, status string) []byte {
	times, values := []int64{}, []json.RawMessage{}
	for _, p := range points {
		times, values = append(times, p.at), append(values, json.RawMessage(p.value))
	}
	t, _ := json.Marshal(times) // numbers
	v, _ := json.Marshal(values)
	label := cmp.Or(q.Label, q.dimension("OutpostId")+" "+q.dimension("InstanceType"))
	return reply{text("Id", q.Id), text("Label", label), {"Timestamps", t}, {"Values", v}, text("StatusCode", status)}.encode()
}

// used are the points of a metric, the newest first; none of one that there is not, as for another account than the Outpost's owner.
func (c *call) used(q *metricQuery, from, to int64) []point {
	m := &q.MetricStat.Metric
	o, kind := c.scope.outpost(q.dimension("OutpostId")), q.dimension("InstanceType")
	if o == nil || o.owner != c.account || len(m.Dimensions) != 2 || m.Namespace != "AWS/Outposts" ||
		m.MetricName != "InstanceTypeCapacityUtilization" {
		return nil
	}
	now, slots := o.percentUsed(kind)
	if slots == 0 {
		return nil
	}
	var history usedCapacity
	if j := slices.IndexFunc(o.used, func(u usedCapacity) bool { return u.InstanceType == kind }); j >= 0 {
		history = o.used[j]
	}
	peak, since := int64(history.PeakTime), int64(history.Since)
	var points []point
	period := q.MetricStat.Period
	for at := (to - 1) / period * period; at >= from; at -= period {
		switch {
		case at+period <= since:
		case peak >= at && peak < at+period:
			points = append(points, point{at, history.Peak.String()})
		default:
			points = append(points, point{at, now})
		}
	}
	return points
}

// percentUsed is how much of the slots of an instance type runs something, and how many there are; a Dedicated Host is not counted.
func (o *outpost) percentUsed(kind string) (percent string, slots int) {
	counted := map[string]bool{}
	for _, body := range o.assets {
		var a struct {
			AssetId           string //nolint:revive // AWS's name
			ComputeAttributes struct {
				HostId                 string //nolint:revive // AWS's name
				InstanceTypeCapacities []struct {
					InstanceType string
					Count        int
				}
			}
		}
		if json.Unmarshal(body, &a) != nil || a.ComputeAttributes.HostId != "" {
			continue
		}
		for _, t := range a.ComputeAttributes.InstanceTypeCapacities {
			if t.InstanceType == kind {
				slots += t.Count
				counted[a.AssetId] = true
			}
		}
	}
	used := 0
	for _, body := range o.instances {
		var i struct{ AssetId, InstanceType string } //nolint:revive // AWS's names
		if json.Unmarshal(body, &i) == nil && i.InstanceType == kind && counted[i.AssetId] {
			used++
		}
	}
	if slots == 0 {
		return "", 0
	}
	return strconv.FormatFloat(min(100, float64(used)*100/float64(slots)), 'f', -1, 64), slots
}
