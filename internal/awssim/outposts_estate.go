package awssim

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// The documents of Outposts, each with what its lists are filtered by.
type (
	outpost struct {
		id, arn, owner, lifeCycle, zone, zoneID string
		body                                    []byte
		tags                                    json.RawMessage
		contract                                reply             // billing without Subscriptions
		subscriptions                           []json.RawMessage // of billing
		renewal                                 []byte            // GetRenewalPricing's whole answer
		assets, instances                       [][]byte          // of ListAssets and ListAssetInstances
		used                                    []usedCapacity    // in CloudWatch, where it is not what is used now
	}
	site struct {
		id, arn, country, state, city string
		body                          []byte
		tags                          json.RawMessage
	}
	order struct {
		id, outpost   string
		body, summary []byte
	}
	quote struct {
		id            string
		body, summary []byte
	}
	capacityTask struct {
		id, outpost, status string
		body, summary       []byte
	}
)

func (s *scope) addOutpost(body, billing, renewal []byte) error {
	var o struct {
		OutpostId, OutpostArn, OwnerId, LifeCycleStatus, AvailabilityZone, AvailabilityZoneId string
		Tags                                                                                  json.RawMessage
	}
	if err := json.Unmarshal(body, &o); err != nil {
		return fmt.Errorf("an Outpost: %w", err)
	}
	if o.OutpostId == "" || o.OwnerId == "" {
		return errors.New("an Outpost needs its OutpostId and OwnerId")
	}
	out := outpost{
		id: o.OutpostId, arn: o.OutpostArn, owner: o.OwnerId, lifeCycle: o.LifeCycleStatus, zone: o.AvailabilityZone,
		zoneID: o.AvailabilityZoneId, body: body, tags: o.Tags, renewal: renewal,
	}
	if renewal == nil {
		out.renewal = []byte(`{"PricingResult":"UNABLE_TO_PRICE","PricingOptions":[]}`)
	}
	if billing != nil {
		members, err := membersOf(billing)
		if err != nil {
			return fmt.Errorf("billing of %s: %w", o.OutpostId, err)
		}
		for _, m := range members {
			if m.name != "Subscriptions" {
				out.contract = append(out.contract, m)
			} else if err := json.Unmarshal(m.value, &out.subscriptions); err != nil {
				return fmt.Errorf("billing of %s: %w", o.OutpostId, err)
			}
		}
	}
	s.outposts = append(s.outposts, out)
	return nil
}

func (s *scope) addSite(body []byte) error {
	var v struct {
		SiteId, SiteArn                                                                  string
		OperatingAddressCountryCode, OperatingAddressStateOrRegion, OperatingAddressCity string
		Tags                                                                             json.RawMessage
	}
	if err := json.Unmarshal(body, &v); err != nil {
		return fmt.Errorf("a site: %w", err)
	}
	s.sites = append(s.sites, site{v.SiteId, v.SiteArn, v.OperatingAddressCountryCode, v.OperatingAddressStateOrRegion,
		v.OperatingAddressCity, body, v.Tags})
	return nil
}

func (s *scope) addOrder(body []byte) error {
	var o struct {
		OrderId, OutpostId string
		LineItems          []struct{ Status string }
	}
	if err := json.Unmarshal(body, &o); err != nil {
		return fmt.Errorf("an order: %w", err)
	}
	if o.OrderId == "" {
		return errors.New("an order needs its OrderId")
	}
	summary, err := pick(body, "OutpostId", "OrderId", "OrderType", "Status", "OrderSubmissionDate", "OrderFulfilledDate")
	if err != nil {
		return err
	}
	counts := map[string]int{}
	for _, l := range o.LineItems {
		counts[l.Status]++
	}
	b, err := json.Marshal(counts)
	if err != nil {
		return err
	}
	summary = append(summary, field{"LineItemCountsByStatus", b})
	s.orders = append(s.orders, order{o.OrderId, o.OutpostId, body, summary.encode()})
	return nil
}

func (s *scope) addQuote(body []byte) error {
	var q struct{ QuoteId string }
	if err := json.Unmarshal(body, &q); err != nil {
		return fmt.Errorf("a quote: %w", err)
	}
	if q.QuoteId == "" {
		return errors.New("a quote needs its QuoteId")
	}
	members, err := membersOf(body)
	if err != nil {
		return err
	}
	summary := slices.DeleteFunc(members, func(f field) bool { return f.name == "OrderingRequirements" }) // which ListQuotes does not have
	s.quotes = append(s.quotes, quote{q.QuoteId, body, summary.encode()})
	return nil
}

func (s *scope) addTask(body []byte) error {
	var t struct{ CapacityTaskId, OutpostId, CapacityTaskStatus string }
	if err := json.Unmarshal(body, &t); err != nil {
		return fmt.Errorf("a capacity task: %w", err)
	}
	if t.CapacityTaskId == "" || t.OutpostId == "" {
		return errors.New("a capacity task needs its CapacityTaskId and OutpostId")
	}
	summary, err := pick(body, "CapacityTaskId", "OutpostId", "OrderId", "AssetId", "CapacityTaskStatus", "CreationDate", "CompletionDate",
		"LastModifiedDate")
	if err != nil {
		return err
	}
	s.tasks = append(s.tasks, capacityTask{t.CapacityTaskId, t.OutpostId, t.CapacityTaskStatus, body, summary.encode()})
	return nil
}
