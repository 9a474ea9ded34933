package awssim

import (
	"encoding/json"
	"fmt"
	"slices"
	"sort"
	"strings"
)

// fleet is a provisioned product and its records, repeated count times. What is repeated is made when it is asked for, so
// a million cost no memory.
type fleet struct {
	first   int // products of the fleets before it
	count   int
	product template
	records []template
}

// recordPlace is where a record is in a scope.
type recordPlace struct{ fleet, record int }

// product is a product of the catalogue and its versions.
type product struct {
	id, name  string
	view      json.RawMessage // ProductViewDetail
	artifacts json.RawMessage // ProvisioningArtifactDetails
	summaries json.RawMessage // ProvisioningArtifactSummaries
}

// Secret is in the outputs of every record, as a password of a stack would be: no report may ever hold it.
const Secret = "hunter2-NEVER-COLLECT"

const recordOutput = `{"OutputKey":"DatabasePassword","OutputValue":"` + Secret + `","Description":"The master password"}`

func (s *scope) addProduct(view, artifacts []byte) error {
	var v struct {
		ProductViewSummary struct{ ProductId, Name string }
	}
	if err := json.Unmarshal(view, &v); err != nil {
		return fmt.Errorf("a product: %w", err)
	}
	p := product{id: v.ProductViewSummary.ProductId, name: v.ProductViewSummary.Name, view: view, artifacts: artifacts}
	if p.id == "" {
		return fmt.Errorf("a product needs its ProductViewSummary.ProductId")
	}
	if artifacts == nil {
		p.artifacts = []byte("[]")
	}
	var details []json.RawMessage
	if err := json.Unmarshal(p.artifacts, &details); err != nil {
		return fmt.Errorf("artifacts of %s: %w", p.id, err)
	}
	summaries := []json.RawMessage{}
	for _, d := range details {
		summary, err := pick(d, "Id", "Name", "Description", "CreatedTime")
		if err != nil {
			return fmt.Errorf("artifacts of %s: %w", p.id, err)
		}
		summaries = append(summaries, summary.encode())
	}
	var err error
	p.summaries, err = json.Marshal(summaries)
	s.products = append(s.products, p)
	return err
}

// addFleet tries the fleet's first product and records, which must be well formed and found by their ids.
func (s *scope) addFleet(f fleet, env *environment) error {
	f.first = s.productCount()
	at := len(s.fleets)
	if at >= 1<<12 {
		return fmt.Errorf("more than %d entries; repeat what is alike", 1<<12)
	}
	s.fleets = append(s.fleets, f)
	for r, t := range f.records {
		id, err := recordID(t.render(nil, 0))
		if err != nil {
			return err
		}
		if !env.repeated {
			s.records[id] = recordPlace{at, r}
		} else if s.record(env.account, env.region, id) == nil {
			return fmt.Errorf(`the RecordId %q of a repetition is not found again: it must be "rec-${id}" or "rec-${id:1}"`, id)
		}
	}
	var p struct{ Id string }
	if err := json.Unmarshal(f.product.render(nil, 0), &p); err != nil {
		return fmt.Errorf("a provisioned product: %w", err)
	}
	if p.Id == "" {
		return fmt.Errorf("a provisioned product needs its Id")
	}
	return nil
}

func recordID(record []byte) (string, error) {
	var v struct{ RecordId string }
	if err := json.Unmarshal(record, &v); err != nil {
		return "", fmt.Errorf("a record: %w", err)
	}
	if v.RecordId == "" {
		return "", fmt.Errorf("a record needs its RecordId")
	}
	return v.RecordId, nil
}

func (s *scope) productCount() int {
	if len(s.fleets) == 0 {
		return 0
	}
	last := s.fleets[len(s.fleets)-1]
	return last.first + last.count
}

// appendProduct appends the n-th provisioned product.
func (s *scope) appendProduct(b []byte, n int) []byte {
	at := sort.Search(len(s.fleets), func(i int) bool { return s.fleets[i].first > n }) - 1
	return s.fleets[at].product.render(b, n-s.fleets[at].first)
}

func (s *scope) recordCount() int {
	n := 0
	for _, f := range s.fleets {
		n += f.count * len(f.records)
	}
	return n
}

// appendRecord appends the n-th record, those of one product together.
func (s *scope) appendRecord(b []byte, n int) []byte {
	for _, f := range s.fleets {
		if held := f.count * len(f.records); n >= held {
			n -= held
			continue
		}
		return f.records[n%len(f.records)].render(b, n/len(f.records))
	}
	return b
}

// record returns a record by its id, or nil.
func (s *scope) record(account, region, id string) []byte {
	if at, ok := s.records[id]; ok {
		return s.fleets[at.fleet].records[at.record].render(nil, 0)
	}
	group, _, i, ok := parseID(id[strings.LastIndexByte(id, '-')+1:], fingerprint(account, region))
	if !ok || group >= len(s.fleets) || i >= s.fleets[group].count {
		return nil
	}
	for _, t := range s.fleets[group].records {
		b := t.render(nil, i)
		if is, err := recordID(b); err == nil && is == id {
			return b
		}
	}
	return nil
}

func serviceCatalogOperation(name string) operation {
	switch name {
	case "SearchProvisionedProducts":
		return operation{name, "ProvisionedProducts", searchProvisionedProducts}
	case "ScanProvisionedProducts":
		return operation{name, "ProvisionedProducts", scanProvisionedProducts}
	case "DescribeRecord":
		return operation{name, "RecordDetail", describeRecord}
	case "ListRecordHistory":
		return operation{name, "RecordDetails", listRecordHistory}
	case "ListProvisioningArtifacts":
		return operation{name, "ProvisioningArtifactDetails", listProvisioningArtifacts}
	case "DescribeProductAsAdmin":
		return operation{name, "ProductViewDetail", describeProductAsAdmin}
	}
	return operation{name: name}
}

// catalogInput are the parameters of Service Catalog's read calls.
type catalogInput struct {
	AccessLevelFilter   *struct{ Key, Value string }
	Filters             map[string][]string
	SearchFilter        *struct{ Key, Value string }
	SortBy              string
	PageSize            *json.Number
	PageToken           string
	Id, Name, ProductId string
}

func (c *call) catalogInput() (catalogInput, error) {
	var in catalogInput
	if err := json.Unmarshal(c.body, &in); err != nil {
		return in, &apiError{code: "SerializationException", message: err.Error()}
	}
	return in, nil
}

func (in catalogInput) paging(most, standard int) paging {
	p := paging{sizeName: "pageSize", most: most, standard: standard, token: in.PageToken, next: "NextPageToken"}
	if in.PageSize != nil {
		p.size = in.PageSize.String()
	}
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

func searchProvisionedProducts(c *call) (reply, error) {
	in, err := c.catalogInput()
	if err != nil {
		return nil, err
	}
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
	p := in.paging(100, 20)
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

// searchConditions reads the filter SearchQuery, a list of field:value such as status:ERROR.
func (c *call) searchConditions(filters map[string][]string) ([]condition, error) {
	queries := filters["SearchQuery"]
	if len(filters) != 1 || len(queries) == 0 {
		return nil, c.invalid("The only filter is SearchQuery.")
	}
	conditions := make([]condition, len(queries))
	for i, q := range queries {
		name, value, ok := strings.Cut(q, ":")
		if !ok || name == "" {
			return nil, c.invalid("The search query %q is not of the form field:value.", q)
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
		if !slices.ContainsFunc(conditions, func(c condition) bool { return string(members[c.name]) != string(appendString(nil, c.value)) }) {
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

func scanProvisionedProducts(c *call) (reply, error) {
	in, err := c.catalogInput()
	if err != nil {
		return nil, err
	}
	all, err := c.wholeAccount(in, "User")
	if err != nil {
		return nil, err
	}
	n := 0
	if all {
		n = c.scope.productCount()
	}
	var broken error
	page, err := c.list("ProvisionedProducts", in.paging(20, 20), n, func(b []byte, i int) []byte {
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

func describeRecord(c *call) (reply, error) {
	in, err := c.catalogInput()
	if err != nil {
		return nil, err
	}
	record := c.scope.record(c.account, c.region, in.Id)
	if record == nil {
		return nil, &apiError{code: "ResourceNotFoundException", message: "Record " + in.Id + " not found."}
	}
	page, err := c.list("RecordOutputs", in.paging(20, 20), 1, func(b []byte, _ int) []byte {
		return append(b, recordOutput...)
	})
	if err != nil {
		return nil, err
	}
	return append(reply{{"RecordDetail", record}}, page...), nil
}

func listRecordHistory(c *call) (reply, error) {
	in, err := c.catalogInput()
	if err != nil {
		return nil, err
	}
	all, err := c.wholeAccount(in, "User")
	if err != nil {
		return nil, err
	}
	n, item := 0, c.scope.appendRecord
	if all {
		n = c.scope.recordCount()
	}
	if in.SearchFilter != nil {
		name, ok := map[string]string{"product": "ProductId", "provisionedproduct": "ProvisionedProductId"}[in.SearchFilter.Key]
		if !ok {
			return nil, c.invalid("The search filter %q is not one of product, provisionedproduct.", in.SearchFilter.Key)
		}
		found, err := matching(n, item, []condition{{name, in.SearchFilter.Value}})
		if err != nil {
			return nil, err
		}
		n, item = len(found), func(b []byte, i int) []byte { return c.scope.appendRecord(b, found[i]) }
	}
	return c.list("RecordDetails", in.paging(20, 20), n, item)
}

func listProvisioningArtifacts(c *call) (reply, error) {
	in, err := c.catalogInput()
	if err != nil {
		return nil, err
	}
	p, err := c.product(in.ProductId, "")
	if err != nil {
		return nil, err
	}
	return reply{{"ProvisioningArtifactDetails", p.artifacts}}, nil
}

func describeProductAsAdmin(c *call) (reply, error) {
	in, err := c.catalogInput()
	if err != nil {
		return nil, err
	}
	p, err := c.product(in.Id, in.Name)
	if err != nil {
		return nil, err
	}
	return reply{{"ProductViewDetail", p.view}, {"ProvisioningArtifactSummaries", p.summaries}, {"Tags", []byte("[]")}, {"TagOptions", []byte("[]")}, {"Budgets", []byte("[]")}}, nil
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
