package collector

import (
	"context"
	"encoding/json"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/servicecatalog"
	"github.com/aws/aws-sdk-go-v2/service/servicecatalog/types"
)

// productsPage is the largest page that SearchProvisionedProducts gives.
const productsPage = 100

// The shapes of the documents.
var (
	productShape  = shapeOf[types.ProvisionedProductAttribute]()
	recordShape   = shapeOf[types.RecordDetail]()
	artifactShape = shapeOf[types.ProvisioningArtifactDetail]()
)

// readProducts reads the provisioned products, with the last record of those that are not simply well, and the version
// each was made from.
func (s *scope) readProducts(ctx context.Context, p *part) error {
	self := &types.AccessLevelFilter{Key: types.AccessLevelFilterKeyAccount, Value: aws.String("self")} // else only the caller's own products
	l := listing{op: searchProducts, list: "ProvisionedProducts", next: "NextPageToken", id: "Id", held: s.run.pages, page: func(ctx context.Context, token *string) ([]byte, error) {
		return raw(ctx, s.catalog.SearchProvisionedProducts, &servicecatalog.SearchProvisionedProductsInput{AccessLevelFilter: self, PageSize: productsPage, PageToken: token})
	}}
	versions := map[string]artifacts{} // by product
	return p.list(ctx, l, func(entries []json.RawMessage) error {
		products, records := make([]product, len(entries)), make([]section, len(entries))
		var fresh []string // products of the catalogue whose versions are not known yet
		var asks []func()
		for i, e := range entries {
			products[i] = productOf(e)
			if id := products[i].record(); id != "" {
				asks = append(asks, func() { records[i] = s.record(ctx, id) })
			}
			if of := products[i]; of.versioned() {
				if _, ok := versions[of.productID]; !ok {
					versions[of.productID] = artifacts{}
					fresh = append(fresh, of.productID)
				}
			}
		}
		found := make([]artifacts, len(fresh))
		for i, id := range fresh {
			asks = append(asks, func() { found[i] = s.artifacts(ctx, id) })
		}
		parallel(len(asks), func(i int) { asks[i]() })
		for i, id := range fresh {
			versions[id] = found[i]
			if found[i].err != nil {
				p.ledger.failed(listArtifacts, id, gapOf(listArtifacts, found[i].err))
			} else {
				p.ledger.collected(listArtifacts, 1)
			}
		}
		for i, e := range entries {
			of := products[i]
			r := p.resource(of.id)
			r.ARN, r.Name, r.Tags = of.arn, of.name, tagsOf(of.tags)
			p.describe(r, searchProducts, productShape, e)
			if of.record() != "" {
				p.relate(r, "last_record", describeRecord, records[i])
			}
			if of.versioned() {
				join(r, "artifact", versions[of.productID].find(of.artifactID))
			}
			if err := p.add(r); err != nil {
				return err
			}
		}
		return nil
	})
}

// product is what the collector needs to know of a ProvisionedProductAttribute.
type product struct {
	id, arn, name, status            string
	lastRecord, lastSuccessfulRecord string
	productID, artifactID            string
	tags                             []byte
}

func productOf(entry []byte) product {
	var p product
	for k, v := range members(entry) {
		switch string(k) {
		case "Id":
			p.id = text(v)
		case "Arn":
			p.arn = text(v)
		case "Name":
			p.name = text(v)
		case "Status":
			p.status = text(v)
		case "LastRecordId":
			p.lastRecord = text(v)
		case "LastSuccessfulProvisioningRecordId":
			p.lastSuccessfulRecord = text(v)
		case "ProductId":
			p.productID = text(v)
		case "ProvisioningArtifactId":
			p.artifactID = text(v)
		case "Tags":
			p.tags = v
		}
	}
	return p
}

// record returns the id of the record that tells what is wrong with a product: its last one, when its status is not
// AVAILABLE or its last request was not the last successful one. Empty when all is well.
func (p product) record() string {
	if p.status == string(types.ProvisionedProductStatusAvailable) && p.lastRecord == p.lastSuccessfulRecord {
		return ""
	}
	return p.lastRecord
}

// versioned reports whether a product was made from a version of a product of the catalogue.
func (p product) versioned() bool { return p.productID != "" && p.artifactID != "" }

// record reads a record. Its outputs, which can hold secrets, are dropped where they arrive.
func (s *scope) record(ctx context.Context, id string) section {
	body, err := raw(ctx, s.catalog.DescribeRecord, &servicecatalog.DescribeRecordInput{Id: &id})
	if err != nil {
		return section{err: timely(ctx, err)}
	}
	detail := member(body, "RecordDetail")
	if !isObject(detail) {
		return section{err: malformed("the body has no RecordDetail")}
	}
	return whole(recordShape.document(detail))
}

// artifacts are the versions of a product, or why they are not known.
type artifacts struct {
	byID   map[string]json.RawMessage
	newest json.RawMessage // {Id, Name, CreatedTime} of the newest active one; nil when none is active
	err    error
}

func (s *scope) artifacts(ctx context.Context, product string) artifacts {
	body, err := raw(ctx, s.catalog.ListProvisioningArtifacts, &servicecatalog.ListProvisioningArtifactsInput{ProductId: &product})
	if err != nil {
		return artifacts{err: timely(ctx, err)}
	}
	list := member(body, "ProvisioningArtifactDetails")
	if !isArray(list) {
		return artifacts{err: malformed("the body has no list ProvisioningArtifactDetails")}
	}
	if textOf(body, "NextPageToken") != "" { // the request has no token to ask for the next page with
		return artifacts{err: malformed("the list goes on, and AWS has no way to read on")}
	}
	found := artifacts{byID: map[string]json.RawMessage{}}
	var newest time.Time
	for e := range elements(list) {
		doc, err := artifactShape.document(e)
		if err != nil {
			return artifacts{err: err}
		}
		found.byID[textOf(doc, "Id")] = doc
		created, err := time.Parse(time.RFC3339Nano, textOf(doc, "CreatedTime"))
		if err == nil && string(member(doc, "Active")) == "true" && !created.Before(newest) {
			newest = created
			var o object
			o.copyFrom(doc, "Id", "Name", "CreatedTime")
			found.newest = o.json()
		}
	}
	return found
}

// find returns the version of an id, with the newest active one of its product beside it.
func (a artifacts) find(id string) joined {
	if a.err != nil {
		gap := gapOf(listArtifacts, a.err)
		return joined{gap: &gap}
	}
	var o object
	if doc, ok := a.byID[id]; ok {
		for k, v := range members(doc) {
			o.set(string(k), v)
		}
	} else {
		o.set("Id", quoted(id))
		o.set("Missing", []byte("true"))
	}
	o.set("NewestActive", a.newest)
	return joined{doc: o.json()}
}
