package awssim

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"
)

// costFilter is an expression of a filter, as far as it is simulated.
type costFilter struct {
	And        []costFilter
	Not        *costFilter
	Dimensions *struct {
		Key    string
		Values []string
	}
}

// fits reports whether a line has the dimensions that are asked for.
func (f *costFilter) fits(dimensions map[string]string) bool {
	switch {
	case f.Not != nil:
		return !f.Not.fits(dimensions)
	case f.Dimensions != nil:
		return slices.Contains(f.Dimensions.Values, dimensions[f.Dimensions.Key])
	}
	return !slices.ContainsFunc(f.And, func(part costFilter) bool { return !part.fits(dimensions) })
}

// costInput are the parameters of GetCostAndUsage.
type costInput struct {
	TimePeriod    struct{ Start, End string }
	Granularity   string
	Filter        costFilter
	GroupBy       []struct{ Type, Key string }
	Metrics       []string
	NextPageToken string
}

// costAndUsage adds up the lines of the bill, by month and by what they are grouped by.
func costAndUsage(c *call, in costInput) (reply, error) {
	b := c.estate.Bill
	switch {
	case c.account != c.estate.Organization.ManagementAccount:
		return nil, c.notAllowed()
	case b == nil:
		return nil, &apiError{code: "DataUnavailableException", message: "Data is not available. Please try to adjust the time period."}
	case in.Granularity != "MONTHLY" || len(in.GroupBy) == 0 || len(in.GroupBy) > 2 || len(in.Metrics) == 0:
		return nil, &apiError{code: "ValidationException", message: "one or two groups by MONTHLY, and metrics"}
	}
	var months [][]byte
	for _, period := range slices.Sorted(maps.Keys(b.lines)) {
		if start := period + "-01"; start < in.TimePeriod.Start || start >= in.TimePeriod.End {
			continue
		}
		groups, err := b.groups(period, &in.Filter, func(of map[string]string) []string {
			var keys []string
			for _, by := range in.GroupBy {
				key := of[by.Key]
				if by.Type == "TAG" {
					key = by.Key + "$" + of["TAG "+by.Key]
				}
				keys = append(keys, key)
			}
			return keys
		}, in.Metrics)
		if err != nil {
			return nil, err
		}
		months = append(months, reply{
			{"TimePeriod", reply{text("Start", period+"-01"), text("End", period+"-28")}.encode()}, {"Total", json.RawMessage("{}")},
			{"Groups", groups}, {"Estimated", strconv.AppendBool(nil, !b.invoiced[period])},
		}.encode())
	}
	p := paging{sizeName: "maxResults", least: 1, most: 1000, standard: 1000, token: in.NextPageToken, next: "NextPageToken",
		filter: in.TimePeriod.Start}
	return page(c, "ResultsByTime", p, months)
}

// groups are the sums of a month's lines that fit, by their keys.
func (b *Bill) groups(period string, f *costFilter, keysOf func(map[string]string) []string, metrics []string) (json.RawMessage, error) {
	sums, keys := map[string]decimal.Decimal{}, map[string][]string{}
	for _, line := range b.lines[period] {
		of := map[string]string{}
		for i, column := range billColumns {
			of[column] = line[i]
		}
		of["LINKED_ACCOUNT"], of["REGION"] = of["SubAccountId"], of["RegionId"]
		of["SERVICE"] = strings.Replace(of["x_ServiceCode"], "AWSOutposts", "AWS Outposts", 1)
		of["RECORD_TYPE"] = "Usage"
		switch {
		case of["ChargeClass"] == "Correction":
			of["RECORD_TYPE"] = "Refund"
		case of["ChargeCategory"] == "Purchase":
			of["RECORD_TYPE"] = map[string]string{"Recurring": "Recurring", "One-Time": "Upfront"}[of["ChargeFrequency"]]
		}
		var tags map[string]string
		if err := json.Unmarshal([]byte(of["Tags"]), &tags); err != nil {
			return nil, err
		}
		for key, value := range tags {
			of["TAG "+key] = value
		}
		if !f.fits(of) {
			continue
		}
		amount, err := decimal.NewFromString(of["BilledCost"])
		if err != nil {
			return nil, err
		}
		k := keysOf(of)
		at := strings.Join(k, "\x00")
		keys[at], sums[at] = k, sums[at].Add(amount)
	}
	groups := []map[string]any{}
	for _, at := range slices.Sorted(maps.Keys(sums)) {
		amounts := map[string]any{}
		for _, metric := range metrics {
			amounts[metric] = map[string]string{"Amount": sums[at].String(), "Unit": "USD"}
		}
		groups = append(groups, map[string]any{"Keys": keys[at], "Metrics": amounts})
	}
	return json.Marshal(groups)
}
