package main

import (
	"encoding/json"
	"reflect"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/outposts"
	outposttypes "github.com/aws/aws-sdk-go-v2/service/outposts/types"
	catalogtypes "github.com/aws/aws-sdk-go-v2/service/servicecatalog/types"
	jsonv2 "github.com/go-json-experiment/json"

	"tenor/audit"
)

// policyInput says which types a kind's document is made of; nil means that it has no such part.
type policyInput struct {
	spec    any
	related map[string]any
	facts   any
}

// outpostOfOrder is what the collector joins into an order of its Outpost.
type outpostOfOrder struct {
	OutpostId, Name, OutpostArn, LifeCycleStatus, ContractEndDate *string //nolint:revive // AWS's names
	PaymentTerm                                                   outposttypes.PaymentTerm
	PaymentOption                                                 outposttypes.PaymentOption
	Subscriptions                                                 []outposttypes.Subscription
}

// artifact is what the collector joins into a provisioned product of its version.
type artifact struct {
	catalogtypes.ProvisioningArtifactDetail
	Missing      bool // the version is no longer among the product's
	NewestActive *struct {
		Id, Name    *string //nolint:revive // AWS's names
		CreatedTime *time.Time
		Guidance    catalogtypes.ProvisioningArtifactGuidance
	}
}

// policyInputs returns the schemas that policies are type-checked against when they are compiled, by their path in the
// module. They are open: a field or an enum value that is newer than the SDK is allowed in a document. A policy, though, can
// only name what is here.
func policyInputs() (map[string][]byte, error) {
	files := map[string][]byte{}
	for kind, d := range map[string]policyInput{
		audit.KindOutpost: {outposttypes.Outpost{}, map[string]any{
			"billing": outposts.GetOutpostBillingInformationOutput{}, "renewal_pricing": outposts.GetRenewalPricingOutput{},
			"site": outposttypes.Site{},
		}, audit.OutpostFacts{}},
		audit.KindOrder: {outposttypes.Order{}, map[string]any{
			"outpost": outpostOfOrder{}, "quote_option": outposttypes.QuoteOption{},
		}, audit.OrderFacts{}},
		audit.KindQuote:        {outposttypes.Quote{}, nil, audit.QuoteFacts{}},
		audit.KindCapacityTask: {outposts.GetCapacityTaskOutput{}, nil, nil},
		audit.KindProvisionedProduct: {catalogtypes.ProvisionedProductAttribute{}, map[string]any{
			"last_record": catalogtypes.RecordDetail{}, "artifact": artifact{},
		}, nil},
		audit.KindAccount: {nil, nil, audit.AccountFacts{}},
	} {
		text, err := jsonv2.Marshal(d.schema(kind))
		if err != nil {
			return nil, err
		}
		var sorted any // by key, since no order of fields means anything here
		if err := json.Unmarshal(text, &sorted); err != nil {
			return nil, err
		}
		b, err := json.MarshalIndent(sorted, "", " ")
		if err != nil {
			return nil, err
		}
		files["policies/schemas/"+kind+".json"] = append(b, '\n')
	}
	return files, nil
}

func (d policyInput) schema(kind string) *node {
	var related members
	g := generator{src: &source{}, inline: true}
	for section, v := range d.related {
		related.add(section, g.value(reflect.TypeOf(v)))
	}
	part := func(v any, about string) *node { // spec or facts; where a kind has none, only null
		n := inlined(nil)
		if v != nil {
			n = g.value(reflect.TypeOf(v))
		}
		n.Description = about
		return n
	}
	text := func(about string) *node { return &node{Type: "string", Description: about} }
	nullable := []string{"object", "null"}
	joined := inlined(related)
	joined.Description = "what was joined in, section by section"
	return &node{
		Schema: dialect, Title: "Resource document of " + kind, Type: "object", Required: []string{"kind", "id", "account"},
		Properties: members{
			{"kind", &node{Type: "string", Const: kind}},
			{"id", text("AWS's id")},
			{"arn", text("empty where AWS gives none")},
			{"name", text("the resource's name")},
			{"account", text("the twelve digits of the account it was collected from")},
			{"region", text("empty for estate.account")},
			{"tags", &node{Type: nullable, Description: "null where the kind has no tags", AdditionalProperties: &node{Type: "string"}}},
			{"gaps", &node{Type: nullable, Description: "section → why it was not collected",
				AdditionalProperties: g.value(reflect.TypeFor[audit.Gap]())}},
			{"spec", part(d.spec, "the resource as AWS sent it")},
			{"related", joined},
			{"facts", part(d.facts, "what tenor derives")},
		},
	}
}

// inlined returns the schema of an object that may also be null. One without properties is given a name that no document has:
// OPA takes an object without properties for one of any.
func inlined(properties members) *node {
	if len(properties) == 0 {
		properties = members{{"-", &node{Type: "null"}}}
	}
	return &node{Type: []string{"object", "null"}, Properties: properties}
}
