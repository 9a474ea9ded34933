package audit

import (
	"reflect"
	"slices"
)

// The kinds of resource. A kind is its AWS service or tenor's own estate, a dot, and AWS's name for the thing.
const (
	KindOutpost            = "outposts.outpost"
	KindOrder              = "outposts.order"
	KindQuote              = "outposts.quote"
	KindCapacityTask       = "outposts.capacity_task"
	KindProvisionedProduct = "service_catalog.provisioned_product"
	KindPortfolio          = "service_catalog.portfolio" // of the account that owns it
	KindProduct            = "service_catalog.product"   // of the catalogue, likewise
	KindAccount            = "estate.account"            // made by finance from the others, never collected
	KindWaiver             = "tenor.waiver"              // of the findings about waivers themselves: no resource, and not in Kinds
	KindDecision           = "tenor.decision"            // of those about decisions on file, likewise
)

// Kind is what there is to know of a kind of resource: its row of Kinds. What is said of a kind anywhere else, such as where its
// gaps stand on the ledger or what its sheet is called, is read from it.
type Kind struct {
	Name     string       // one of the constants above
	Plural   string       // what people call several, in the middle of a sentence: capacity tasks
	Service  string       // on the coverage ledger and before the actions of IAM: servicecatalog; empty: not collected
	List     string       // the operation that finds the resources; empty: not collected
	Sections []Section    // what the document is made of: spec, and the sections of related
	Status   string       // the member of spec that is the status; empty: it has none
	Facts    reflect.Type // whose JSON is Resource.Facts; nil: it has none
}

// Section is a part of a document that can be a gap.
type Section struct {
	Name      string // spec, or the name of one of related
	Operation string // that gives it: the row of the ledger on which its gap stands; empty: finance derives it, and it is only ever a gap
	Shared    bool   // one call gives it to several resources, or another kind's calls do
}

// SectionCharges is the section that a run with a bill joins into documents: audit.OutpostCharges, ProductCharges or AccountCharges.
const SectionCharges = "charges"

// doneWithout are the operations that a run does without. A call that fails is no gap of the run: its row on the ledger is optional, the
// section that it gives is a gap, and what needs that is unknown.
var doneWithout = [...]string{
	"ListAssets", "ListAssetInstances", "GetMetricData", "ListBlockingInstancesForCapacityTask",
	"ListPortfolios", "DescribePortfolioShares", "ListConstraintsForPortfolio", "DescribeConstraint", "ListPrincipalsForPortfolio",
	"SearchProductsAsAdmin", "ListBudgetsForResource", "ListPortfoliosForProduct", "DescribeBudgets",
	"ListStacks", "ListStackInstancesForProvisionedProduct", "GetRole", "GetUser", "GetGroup", "ListRegions",
}

// IsOptional reports whether a run does without an operation.
func IsOptional(operation string) bool { return slices.Contains(doneWithout[:], operation) }

// The services whose resources are collected, by the name that IAM and the ledger use.
const (
	ServiceOutposts = "outposts"
	ServiceCatalog  = "servicecatalog"
)

// Kinds are the kinds of resource, in the order in which people are shown them.
var Kinds = [...]Kind{
	{
		Name: KindOutpost, Plural: "Outposts", Service: ServiceOutposts, List: "ListOutposts", Sections: []Section{
			{"spec", "ListOutposts", true}, {"billing", "GetOutpostBillingInformation", false},
			{"renewal_pricing", "GetRenewalPricing", false}, {"site", "ListSites", true},
			{"assets", "ListAssets", false}, {"asset_instances", "ListAssetInstances", false},
			{"capacity_history", "GetMetricData", false}, {SectionCharges, OperationExport, true},
			{Name: "prices"}, {Name: "dates"}, {Name: "slots"},
		}, Status: "LifeCycleStatus", Facts: reflect.TypeFor[OutpostFacts](),
	},
	{
		Name: KindOrder, Plural: "orders", Service: ServiceOutposts, List: "ListOrders", Sections: []Section{
			{"spec", "GetOrder", false}, {"outpost", "GetOutpostBillingInformation", true}, {"quote_option", "GetQuote", true},
			{Name: "dates"},
		}, Status: "Status", Facts: reflect.TypeFor[OrderFacts](),
	},
	{
		Name: KindQuote, Plural: "quotes", Service: ServiceOutposts, List: "ListQuotes", Sections: []Section{
			{"spec", "GetQuote", false},
		}, Status: "QuoteStatus", Facts: reflect.TypeFor[QuoteFacts](),
	},
	{
		Name: KindCapacityTask, Plural: "capacity tasks", Service: ServiceOutposts, List: "ListCapacityTasks", Sections: []Section{
			{"spec", "GetCapacityTask", false}, {"blocking_instances", "ListBlockingInstancesForCapacityTask", false},
		}, Status: "CapacityTaskStatus",
	},
	{
		Name: KindProvisionedProduct, Plural: "provisioned products", Service: ServiceCatalog, List: "SearchProvisionedProducts",
		Sections: []Section{
			{"spec", "SearchProvisionedProducts", true}, {"records", "ListRecordHistory", false}, {"artifact", "ListProvisioningArtifacts", true},
			{"launch_role", "GetRole", true}, {"launched_by", "GetRole", true},
			{"stacks", "ListStacks", true}, {"stack_instances", "ListStackInstancesForProvisionedProduct", false},
			{"account_state", "ListAccounts", true}, {SectionCharges, OperationExport, true}, {Name: "failure"},
		}, Status: "Status", Facts: reflect.TypeFor[ProductFacts](),
	},
	{
		Name: KindPortfolio, Plural: "portfolios", Service: ServiceCatalog, List: "ListPortfolios", Sections: []Section{
			{"spec", "ListPortfolios", true}, {"shares", "DescribePortfolioShares", false},
			{"constraints", "ListConstraintsForPortfolio", false}, {"launch_role", "GetRole", true},
			{"principals", "ListPrincipalsForPortfolio", false}, {"gone_principals", "GetRole", true},
		},
	},
	{
		Name: KindProduct, Plural: "products of the catalogue", Service: ServiceCatalog, List: "SearchProductsAsAdmin", Sections: []Section{
			{"spec", "SearchProductsAsAdmin", true}, {"budgets", "DescribeBudgets", true},
		}, Status: "Status", Facts: reflect.TypeFor[CatalogueFacts](),
	},
	{
		Name: KindAccount, Plural: "accounts", Sections: []Section{
			{Name: "commitments"}, {Name: "counts"}, {Name: "quotes"}, {Name: "causes"}, {SectionCharges, OperationExport, true},
		}, Facts: reflect.TypeFor[AccountFacts](),
	},
}

// KindOf returns the row of a kind; the zero Kind for a name that is none.
func KindOf(name string) Kind {
	for i := range Kinds {
		if Kinds[i].Name == name {
			return Kinds[i]
		}
	}
	return Kind{}
}

// CollectedKinds are those that a snapshot holds.
func CollectedKinds() []Kind {
	return slices.DeleteFunc(slices.Clone(Kinds[:]), func(k Kind) bool { return k.List == "" })
}

// Title is the plural with a capital, the name of the kind's sheet: Capacity tasks.
func (k Kind) Title() string { return Title(k.Plural) }

// Operation returns the one that gives a section; the list for what is no section.
func (k Kind) Operation(section string) string {
	for _, s := range k.Sections {
		if s.Name == section {
			return s.Operation
		}
	}
	return k.List
}
