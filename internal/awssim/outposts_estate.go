package awssim

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"tenor/internal/rawjson"
)

// outpost is an Outpost, with what there is of it beside its document.
type outpost struct {
	id, arn, owner    string
	body              []byte
	contract          reply             // billing without Subscriptions
	subscriptions     []json.RawMessage // of billing
	renewal           []byte            // GetRenewalPricing's whole answer
	assets, instances [][]byte          // of ListAssets and ListAssetInstances
	used              []usedCapacity    // in CloudWatch, where it is not what is used now
}

// document is one of the other lists of Outposts, whole and as the list shows it.
type document struct {
	id            string
	body, summary []byte
}

// documentLists are the lists that documents stand in, by their names in the estate file.
var documentLists = map[string]struct {
	what    string   // in an error
	id      string   // the member
	needs   []string // members
	summary func(body []byte) reply
}{
	"sites":  {"a site", "SiteId", nil, membersOf},
	"orders": {"an order", "OrderId", []string{"OrderId"}, orderSummary},
	"quotes": {"a quote", "QuoteId", []string{"QuoteId"}, func(body []byte) reply { return membersOf(body).without("OrderingRequirements") }},
	"capacity_tasks": {"a capacity task", "CapacityTaskId", []string{"CapacityTaskId", "OutpostId"}, func(body []byte) reply {
		return pick(body, "CapacityTaskId", "OutpostId", "OrderId", "AssetId", "CapacityTaskStatus", "CreationDate", "CompletionDate",
			"LastModifiedDate")
	}},
}

func (s *scope) addDocument(list string, body []byte) error {
	of := documentLists[list]
	for _, member := range of.needs {
		if textMember(body, member) == "" {
			return fmt.Errorf("%s needs its %s", of.what, strings.Join(of.needs, " and "))
		}
	}
	s.documents[list] = append(s.documents[list], document{textMember(body, of.id), body, of.summary(body).encode()})
	return nil
}

func orderSummary(body []byte) reply {
	counts := map[string]int{}
	for item := range rawjson.Elements(rawjson.Find(body, "LineItems")) {
		counts[textMember(item, "Status")]++
	}
	b, _ := json.Marshal(counts) // numbers
	return append(pick(body, "OutpostId", "OrderId", "OrderType", "Status", "OrderSubmissionDate", "OrderFulfilledDate"),
		field{"LineItemCountsByStatus", b})
}

// addOutpost takes an Outpost, its billing and its renewal pricing, each of which but the first may be nil.
func (s *scope) addOutpost(parts ...[]byte) error {
	body, billing, renewal := parts[0], parts[1], parts[2]
	var o struct{ OutpostId, OutpostArn, OwnerId string }
	if err := json.Unmarshal(body, &o); err != nil {
		return fmt.Errorf("an Outpost: %w", err)
	}
	if o.OutpostId == "" || o.OwnerId == "" {
		return errors.New("an Outpost needs its OutpostId and OwnerId")
	}
	out := outpost{id: o.OutpostId, arn: o.OutpostArn, owner: o.OwnerId, body: body, renewal: renewal}
	if renewal == nil {
		out.renewal = []byte(`{"PricingResult":"UNABLE_TO_PRICE","PricingOptions":[]}`)
	}
	if billing != nil {
		if billing[0] != '{' {
			return fmt.Errorf("billing of %s: not an object: %.40s", o.OutpostId, billing)
		}
		out.contract = membersOf(billing).without("Subscriptions")
		for subscription := range rawjson.Elements(rawjson.Find(billing, "Subscriptions")) {
			out.subscriptions = append(out.subscriptions, subscription)
		}
	}
	s.outposts = append(s.outposts, out)
	return nil
}

// outpost finds an Outpost by its id; nil where there is none.
func (s *scope) outpost(id string) *outpost {
	i := slices.IndexFunc(s.outposts, func(o outpost) bool { return o.id == id })
	if i < 0 {
		return nil
	}
	return &s.outposts[i]
}

// ofOutpost gives add the Outpost of an element whose first part is the id of one that stands before it in the file.
func (s *scope) ofOutpost(add func(o *outpost, body []byte) error) func(parts ...[]byte) error {
	return func(parts ...[]byte) error {
		id, _ := rawjson.Text(parts[0])
		o := s.outpost(string(id))
		if o == nil {
			return fmt.Errorf("the Outpost %q is not among those of the scope", id)
		}
		return add(o, parts[1])
	}
}
