package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"time"

	budgettypes "github.com/aws/aws-sdk-go-v2/service/budgets/types"
	stacktypes "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	organizationtypes "github.com/aws/aws-sdk-go-v2/service/organizations/types"
	"github.com/aws/aws-sdk-go-v2/service/outposts"
	outposttypes "github.com/aws/aws-sdk-go-v2/service/outposts/types"
	catalogtypes "github.com/aws/aws-sdk-go-v2/service/servicecatalog/types"
	jsonv2 "github.com/go-json-experiment/json"

	"tenor/audit"
)

// sectionTypes has kind → section → the type of its JSON. A section that its kind does not have in audit.Kinds is an error, and
// so is one of audit.Kinds that is not here.
var sectionTypes = map[string]map[string]reflect.Type{
	audit.KindOutpost: {
		"spec": reflect.TypeFor[outposttypes.Outpost](), "site": reflect.TypeFor[outposttypes.Site](),
		"billing":          reflect.TypeFor[outposts.GetOutpostBillingInformationOutput](),
		"renewal_pricing":  reflect.TypeFor[outposts.GetRenewalPricingOutput](),
		"assets":           reflect.TypeFor[outposts.ListAssetsOutput](),
		"asset_instances":  reflect.TypeFor[outposts.ListAssetInstancesOutput](),
		"capacity_history": reflect.TypeFor[capacityHistory](),
		"charges":          reflect.TypeFor[audit.OutpostCharges](),
	},
	audit.KindOrder: {
		"spec": reflect.TypeFor[outposttypes.Order](), "outpost": reflect.TypeFor[outpostOfOrder](),
		"quote_option": reflect.TypeFor[outposttypes.QuoteOption](),
	},
	audit.KindQuote: {"spec": reflect.TypeFor[outposttypes.Quote]()},
	audit.KindCapacityTask: {
		"spec":               reflect.TypeFor[outposts.GetCapacityTaskOutput](),
		"blocking_instances": reflect.TypeFor[outposts.ListBlockingInstancesForCapacityTaskOutput](),
	},
	audit.KindProvisionedProduct: {
		"spec": reflect.TypeFor[catalogtypes.ProvisionedProductAttribute](), "artifact": reflect.TypeFor[artifact](),
		"records": reflect.TypeFor[records](), "launch_role": reflect.TypeFor[principal](), "launched_by": reflect.TypeFor[principal](),
		"stacks": reflect.TypeFor[stack](), "stack_instances": reflect.TypeFor[stackInstances](),
		"account_state": reflect.TypeFor[accountState](), "charges": reflect.TypeFor[audit.ProductCharges](),
	},
	audit.KindPortfolio: {
		"spec": reflect.TypeFor[catalogtypes.PortfolioDetail](), "shares": reflect.TypeFor[shares](),
		"constraints": reflect.TypeFor[constraints](), "launch_role": reflect.TypeFor[launchRoles](),
		"principals": reflect.TypeFor[portfolioPrincipals](), "gone_principals": reflect.TypeFor[gonePrincipals](),
	},
	audit.KindProduct: {"spec": reflect.TypeFor[catalogtypes.ProductViewDetail](), "budgets": reflect.TypeFor[productBudgets]()},
	audit.KindAccount: {"charges": reflect.TypeFor[audit.AccountCharges]()},
}

// capacityHistory is what the collector reads of CloudWatch: the most that was used of each instance type, in percent.
type capacityHistory struct {
	Days  int    // for which CloudWatch was asked: whole days by UTC
	Since string // the first of them, YYYY-MM-DD
	Types []struct {
		InstanceType string
		Days         int // of them those of which there is anything
		Maximum      json.Number
		MaximumOn    string // the first day on which it was so much, YYYY-MM-DD
	}
}

// outpostOfOrder is what the collector joins into an order of its Outpost.
type outpostOfOrder struct {
	OutpostId, Name, OutpostArn, LifeCycleStatus, ContractEndDate *string //nolint:revive // AWS's names
	PaymentTerm                                                   outposttypes.PaymentTerm
	PaymentOption                                                 outposttypes.PaymentOption
	Subscriptions                                                 []outposttypes.Subscription
}

// records is what the collector reads of the history of a provisioned product.
type records struct {
	RecordDetails []catalogtypes.RecordDetail
	Truncated     bool // the history goes on
}

// principal is a user or role of the account, and whether IAM does not know it.
type principal struct {
	ARN     string
	Missing bool
}

// What the collector reads of a portfolio.
type (
	shares struct {
		PortfolioShareDetails []catalogtypes.PortfolioShareDetail
	}
	constraints struct {
		ConstraintDetails []catalogtypes.ConstraintDetail
	}
	portfolioPrincipals struct{ Principals []catalogtypes.Principal }
	gonePrincipals      struct{ PrincipalARNs []string } // that IAM does not know

	// launchRoles are what the launch constraints name. Missing is there where IAM was asked: of a role of the account itself.
	launchRoles struct {
		Roles []struct {
			ConstraintId, ProductId string //nolint:revive // AWS's names
			RoleArn, LocalRoleName  string
			Missing                 bool
		}
	}
)

// productBudgets are the budgets of a product of the catalogue and of its portfolios.
type productBudgets struct {
	Budgets []struct {
		BudgetName, BudgetType, TimeUnit string
		BudgetLimit                      *budgettypes.Spend
		CalculatedSpend                  *budgettypes.CalculatedSpend
		Missing                          bool     // the account has no such budget any more
		ResourceIds                      []string //nolint:revive // of the product or the portfolios that it is of
	}
}

// artifact is what the collector joins into a provisioned product of its version.
type artifact struct {
	catalogtypes.ProvisioningArtifactDetail
	Missing        bool // the version is no longer among the product's
	ProductMissing bool // the product is gone, or no longer shared with the account
	NewestActive   *struct {
		Id, Name    *string //nolint:revive // AWS's names
		CreatedTime *time.Time
		Guidance    catalogtypes.ProvisioningArtifactGuidance
	}
}

// stack is what the collector joins into a provisioned product of its stack.
type stack struct {
	StackId      *string //nolint:revive // AWS's name
	StackStatus  stacktypes.StackStatus
	DeletionTime *time.Time
	Missing      bool // there is no such stack, nor was there in the last 90 days
}

// stackInstances is what the collector reads of the instances of a provisioned product that is a stack set.
type stackInstances struct {
	Total      int
	Counts     map[string]int               // by status
	NotCurrent []catalogtypes.StackInstance // the first of those that are not CURRENT
}

// accountState is what the organization says of the account that a provisioned product of AWS Control Tower is.
type accountState struct {
	AccountId *string //nolint:revive // AWS's name
	State     organizationtypes.AccountState
	Missing   bool    // the organization has no such account
	Source    *string // what names the account: PhysicalId, Tags or RecordTags
}

// policyInputs returns the schemas that policies are type-checked against when they are compiled, by their path in the
// module. They are open: a field or an enum value that is newer than the SDK is allowed in a document. A policy, though, can
// only name what is here.
func policyInputs() (map[string][]byte, error) {
	files := map[string][]byte{}
	for _, kind := range audit.Kinds {
		schema, err := inputSchema(kind)
		if err != nil {
			return nil, err
		}
		text, err := jsonv2.Marshal(schema)
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
		files["policies/schemas/"+kind.Name+".json"] = append(b, '\n')
	}
	return files, nil
}

func inputSchema(kind audit.Kind) (*node, error) {
	g := generator{src: &source{}, inline: true}
	types, spec, related := maps.Clone(sectionTypes[kind.Name]), inlined(nil), members{}
	for _, section := range kind.Sections {
		t, ok := types[section.Name]
		switch {
		case section.Operation == "": // it is only ever a gap
			continue
		case !ok:
			return nil, fmt.Errorf("the section %s of %s has no type in sectionTypes", section.Name, kind.Name)
		case section.Name == "spec":
			spec = g.value(t)
		default:
			related.add(section.Name, g.value(t))
		}
		delete(types, section.Name)
	}
	if len(types) > 0 {
		return nil, fmt.Errorf("%s has no section %s in audit.Kinds", kind.Name, slices.Sorted(maps.Keys(types))[0])
	}
	facts := inlined(nil)
	if kind.Facts != nil {
		facts = g.value(kind.Facts)
	}
	spec.Description, facts.Description = "the resource as AWS sent it", "what tenor derives"
	text := func(about string) *node { return &node{Type: "string", Description: about} }
	nullable := []string{"object", "null"}
	joined := inlined(related)
	joined.Description = "what was joined in, section by section"
	return &node{
		Schema: dialect, Title: "Resource document of " + kind.Name, Type: "object", Required: []string{"kind", "id", "account"},
		Properties: members{
			{"kind", &node{Type: "string", Const: kind.Name}},
			{"id", text("AWS's id")},
			{"arn", text("empty where AWS gives none")},
			{"name", text("the resource's name")},
			{"account", text("the twelve digits of the account it was collected from")},
			{"region", text("empty for estate.account")},
			{"tags", &node{Type: nullable, Description: "null where the kind has no tags", AdditionalProperties: &node{Type: "string"}}},
			{"gaps", &node{Type: nullable, Description: "section → why it was not collected",
				AdditionalProperties: g.value(reflect.TypeFor[audit.Gap]())}},
			{"spec", spec},
			{"related", joined},
			{"facts", facts},
		},
	}, nil
}

// inlined returns the schema of an object that may also be null. One without properties is given a name that no document has:
// OPA takes an object without properties for one of any.
func inlined(properties members) *node {
	if len(properties) == 0 {
		properties = members{{"-", &node{Type: "null"}}}
	}
	return &node{Type: []string{"object", "null"}, Properties: properties}
}
