package awssim

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"tenor/internal/rawjson"
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
	p := paging{sizeName: "pageSize", size: string(in.PageSize), most: most, standard: 20, token: in.PageToken, next: "NextPageToken"}
	if in.SearchFilter != nil {
		p.filter = in.SearchFilter.Key + "=" + in.SearchFilter.Value
	}
	return p
}

// wholeAccount tells whether the access level shows all that is in the account. The others show what the caller itself
// provisioned, and an auditor provisions nothing.
func (c *call) wholeAccount(in catalogInput, standard string) (bool, error) {
	level := standard
	if f := in.AccessLevelFilter; f != nil {
		level = f.Key
		if f.Value != "self" {
			return false, c.invalid("The access level filter value must be self.")
		}
	}
	switch level {
	case "Account":
		return true, nil
	case "Role", "User":
		return false, nil
	}
	return false, c.invalid("The access level %q is not one of Account, Role, User.", level)
}

func searchProvisionedProducts(c *call, in catalogInput) (reply, error) {
	all, err := c.wholeAccount(in, "Account")
	if err != nil {
		return nil, err
	}
	if in.SortBy != "" {
		return nil, c.invalid("SortBy is not simulated.")
	}
	n, item := 0, c.scope.appendProduct
	if all {
		n = c.scope.productCount()
	}
	p := in.paging(100)
	if len(in.Filters) > 0 && n > 0 {
		conditions, err := c.searchConditions(in.Filters)
		if err != nil {
			return nil, err
		}
		found, err := matching(n, item, conditions)
		if err != nil {
			return nil, err
		}
		p.filter = fmt.Sprint(conditions)
		n, item = len(found), func(b []byte, i int) []byte { return c.scope.appendProduct(b, found[i]) }
	}
	page, err := c.list("ProvisionedProducts", p, n, item)
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

// matching returns which of n documents meet every condition.
func matching(n int, item func(b []byte, i int) []byte, conditions []condition) ([]int, error) {
	found := []int{}
	for i := range n {
		members := map[string]json.RawMessage{}
		if err := json.Unmarshal(item(nil, i), &members); err != nil {
			return nil, err
		}
		differs := func(c condition) bool { return string(members[c.name]) != string(rawjson.AppendQuote(nil, c.value)) }
		if !slices.ContainsFunc(conditions, differs) {
			found = append(found, i)
		}
	}
	return found, nil
}

// scanMembers are those of ProvisionedProductDetail; Scan has no tags and no names of products.
var scanMembers = [...]string{
	"Name", "Arn", "Type", "Id", "Status", "StatusMessage", "CreatedTime", "IdempotencyToken", "LastRecordId", "LastProvisioningRecordId",
	"LastSuccessfulProvisioningRecordId", "ProductId", "ProvisioningArtifactId", "LaunchRoleArn",
}

func scanProvisionedProducts(c *call, in catalogInput) (reply, error) {
	all, err := c.wholeAccount(in, "User")
	if err != nil {
		return nil, err
	}
	n := 0
	if all {
		n = c.scope.productCount()
	}
	var broken error
	page, err := c.list("ProvisionedProducts", in.paging(20), n, func(b []byte, i int) []byte {
		detail, err := pick(c.scope.appendProduct(nil, i), scanMembers[:]...)
		if err != nil {
			broken = err
		}
		return append(b, detail.encode()...)
	})
	if broken != nil {
		return nil, broken
	}
	return page, err
}

func describeProvisionedProduct(c *call, in catalogInput) (reply, error) {
	by := condition{"Id", in.Id}
	switch {
	case (in.Id == "") == (in.Name == ""):
		return nil, c.invalid("Want either the id or the name of a provisioned product.")
	case in.Id == "":
		by = condition{"Name", in.Name}
	}
	found, err := matching(c.scope.productCount(), c.scope.appendProduct, []condition{by})
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, &apiError{code: "ResourceNotFoundException", message: "Provisioned product " + by.value + " not found."}
	}
	detail, err := pick(c.scope.appendProduct(nil, found[0]), scanMembers[:]...)
	return reply{{"ProvisionedProductDetail", detail.encode()}, {"CloudWatchDashboards", []byte("[]")}}, err
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
	all, err := c.wholeAccount(in, "User")
	if err != nil {
		return nil, err
	}
	n, item := 0, c.scope.appendRecord
	if all {
		n = c.scope.recordCount()
	}
	if f := in.SearchFilter; f != nil {
		var found [][]byte
		switch {
		case f.Key == "provisionedproduct":
			found = c.scope.productRecords(c.account, c.region, f.Value)
		case f.Key == "product":
			places, err := matching(n, item, []condition{{"ProductId", f.Value}})
			if err != nil {
				return nil, err
			}
			for _, i := range places {
				found = append(found, item(nil, i))
			}
		default:
			return nil, c.invalid("The search filter %q is not one of product, provisionedproduct.", f.Key)
		}
		if !all {
			found = nil
		}
		n, item = len(found), func(b []byte, i int) []byte { return append(b, found[i]...) }
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
