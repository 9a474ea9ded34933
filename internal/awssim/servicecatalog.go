package awssim

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Secret is in the outputs of every record, as a password of a stack would be: no report may ever hold it.
const Secret = "hunter2-NEVER-COLLECT"

const recordOutput = `{"OutputKey":"DatabasePassword","OutputValue":"` + Secret + `","Description":"The master password"}`

// catalogInput are the parameters of Service Catalog's read calls.
type catalogInput struct {
	AccessLevelFilter   *struct{ Key, Value string }
	Filters             map[string][]string
	SearchFilter        *struct{ Key, Value string }
	SortBy              string
	PageSize            json.Number
	PageToken           string
	Id, Name, ProductId string
	PortfolioId, Type   string
	ResourceId          string

	ProvisionedProductId string
}

func (in catalogInput) paging(most int) paging {
	p := paging{sizeName: "pageSize", size: string(in.PageSize), most: most, standard: 20, token: in.PageToken, next: "NextPageToken",
		filter: fmt.Sprint(in.ResourceId, in.ProductId, in.PortfolioId, in.Filters)}
	if in.SearchFilter != nil {
		p.filter += in.SearchFilter.Key + "=" + in.SearchFilter.Value
	}
	return p
}

// seen tells how many of the n things in the account the access level shows: all, or those that the caller itself provisioned, and an
// auditor provisions nothing.
func (c *call) seen(in catalogInput, standard string, n int) (int, error) {
	level := standard
	if f := in.AccessLevelFilter; f != nil {
		level = f.Key
		if f.Value != "self" {
			return 0, c.invalid("The access level filter value must be self.")
		}
	}
	switch level {
	case "Account":
		return n, nil
	case "Role", "User":
		return 0, nil
	}
	return 0, c.invalid("The access level %q is not one of Account, Role, User.", level)
}

func searchProvisionedProducts(c *call, in catalogInput) (reply, error) {
	n, err := c.seen(in, "Account", c.scope.productCount())
	if err != nil {
		return nil, err
	}
	if in.SortBy != "" {
		return nil, c.invalid("SortBy is not simulated.")
	}
	item := c.scope.appendProduct
	if len(in.Filters) > 0 && n > 0 {
		conditions, err := c.searchConditions(in.Filters)
		if err != nil {
			return nil, err
		}
		found := matching(n, item, conditions...)
		n, item = len(found), itemOf(found)
	}
	page, err := c.list("ProvisionedProducts", in.paging(100), n, item)
	if err != nil {
		return nil, err
	}
	return append(page, field{"TotalResultsCount", fmt.Append(nil, n)}), nil
}

// searchFields are the fields of SearchQuery that are simulated: those whose values are strings. What is not would find nothing.
var searchFields = []string{
	"arn", "id", "idempotencyToken", "lastProvisioningRecordId", "lastRecordId", "lastSuccessfulProvisioningRecordId", "name", "physicalId",
	"productId", "productName", "provisioningArtifactId", "provisioningArtifactName", "status", "type", "userArn", "userArnSession",
}

// searchConditions reads the filter SearchQuery, a list of field:value such as status:ERROR.
func (c *call) searchConditions(filters map[string][]string) ([]condition, error) {
	queries := filters["SearchQuery"]
	if len(filters) != 1 || len(queries) == 0 {
		return nil, c.invalid("The only filter is SearchQuery.")
	}
	conditions := make([]condition, len(queries))
	for i, q := range queries {
		name, value, ok := strings.Cut(q, ":")
		switch {
		case !ok || name == "":
			return nil, c.invalid("The search query %q is not of the form field:value.", q)
		case !slices.Contains(searchFields, name):
			return nil, c.invalid("The search query %q is not simulated: want one of %s.", q, strings.Join(searchFields, ", "))
		case strings.ContainsAny(value, "*?\" "):
			return nil, c.invalid("The search query %q is not simulated: want a whole value, without patterns.", q)
		}
		conditions[i] = condition{strings.ToUpper(name[:1]) + name[1:], value}
	}
	return conditions, nil
}

// condition is the value that a string member must have.
type condition struct{ name, value string }

// matching returns those of n documents that meet every condition.
func matching(n int, item func(b []byte, i int) []byte, conditions ...condition) [][]byte {
	var found [][]byte
	for i := range n {
		document := item(nil, i)
		if !slices.ContainsFunc(conditions, func(c condition) bool { return textMember(document, c.name) != c.value }) {
			found = append(found, document)
		}
	}
	return found
}

// scanMembers are those of ProvisionedProductDetail; Scan has no tags and no names of products.
var scanMembers = []string{
	"Name", "Arn", "Type", "Id", "Status", "StatusMessage", "CreatedTime", "IdempotencyToken", "LastRecordId", "LastProvisioningRecordId",
	"LastSuccessfulProvisioningRecordId", "ProductId", "ProvisioningArtifactId", "LaunchRoleArn",
}

func scanProvisionedProducts(c *call, in catalogInput) (reply, error) {
	n, err := c.seen(in, "User", c.scope.productCount())
	if err != nil {
		return nil, err
	}
	return c.list("ProvisionedProducts", in.paging(20), n, func(b []byte, i int) []byte {
		return append(b, pick(c.scope.appendProduct(nil, i), scanMembers...).encode()...)
	})
}

func describeProvisionedProduct(c *call, in catalogInput) (reply, error) {
	by := condition{"Id", in.Id}
	switch {
	case (in.Id == "") == (in.Name == ""):
		return nil, c.invalid("Want either the id or the name of a provisioned product.")
	case in.Id == "":
		by = condition{"Name", in.Name}
	}
	found := matching(c.scope.productCount(), c.scope.appendProduct, by)
	if len(found) == 0 {
		return nil, &apiError{code: "ResourceNotFoundException", message: "Provisioned product " + by.value + " not found."}
	}
	return reply{{"ProvisionedProductDetail", pick(found[0], scanMembers...).encode()}, {"CloudWatchDashboards", []byte("[]")}}, nil
}

func describeRecord(c *call, in catalogInput) (reply, error) {
	record := c.scope.record(c.account, c.region, in.Id)
	if record == nil {
		return nil, &apiError{code: "ResourceNotFoundException", message: "Record " + in.Id + " not found."}
	}
	page, err := c.list("RecordOutputs", in.paging(20), 1, func(b []byte, _ int) []byte {
		return append(b, recordOutput...)
	})
	if err != nil {
		return nil, err
	}
	return append(reply{{"RecordDetail", record}}, page...), nil
}

func listRecordHistory(c *call, in catalogInput) (reply, error) {
	n, err := c.seen(in, "User", c.scope.recordCount())
	if err != nil {
		return nil, err
	}
	item := c.scope.appendRecord
	if f := in.SearchFilter; f != nil {
		var found [][]byte
		switch {
		case f.Key == "product":
			found = matching(n, item, condition{"ProductId", f.Value})
		case f.Key != "provisionedproduct":
			return nil, c.invalid("The search filter %q is not one of product, provisionedproduct.", f.Key)
		case n > 0:
			found = c.scope.productRecords(c.account, c.region, f.Value)
		}
		n, item = len(found), itemOf(found)
	}
	return c.list("RecordDetails", in.paging(20), n, item)
}

func listProvisioningArtifacts(c *call, in catalogInput) (reply, error) {
	p, err := c.product(in.ProductId, "")
	if err != nil {
		return nil, err
	}
	return reply{{"ProvisioningArtifactDetails", p.artifacts}}, nil
}

func describeProductAsAdmin(c *call, in catalogInput) (reply, error) {
	p, err := c.product(in.Id, in.Name)
	if err != nil {
		return nil, err
	}
	return reply{{"ProductViewDetail", p.view}, {"ProvisioningArtifactSummaries", p.summaries}, {"Tags", []byte("[]")},
		{"TagOptions", []byte("[]")}, {"Budgets", []byte("[]")}}, nil
}

// product finds a product by its id, or by its name where no id is given.
func (c *call) product(id, name string) (*product, error) {
	for i := range c.scope.products {
		if p := &c.scope.products[i]; p.id == id || id == "" && p.name == name {
			return p, nil
		}
	}
	return nil, &apiError{code: "ResourceNotFoundException", message: "Product " + id + name + " not found."}
}
