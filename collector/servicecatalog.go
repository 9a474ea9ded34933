package collector

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/servicecatalog"
	"github.com/aws/aws-sdk-go-v2/service/servicecatalog/types"
	"golang.org/x/sync/errgroup"

	"tenor/audit"
	"tenor/internal/awsread"
	"tenor/internal/rawjson"
)

// productsPage is the largest page that SearchProvisionedProducts gives.
const productsPage = 100

// The shapes of the documents.
var (
	productShape  = shapeOf[types.ProvisionedProductAttribute]()
	recordShape   = shapeOf[types.RecordDetail]()
	artifactShape = shapeOf[types.ProvisioningArtifactDetail]()
)

// troubledAhead is how many products may wait for their records to be read while the list goes on: more than a second of them at the
// rate that AWS allows. Each is held whole, and a hundred scopes and more may have as many.
const troubledAhead = 12

// readProducts reads the provisioned products, with the records of those that are not simply well, and the version
// each was made from. Records and stacks are read beside the list, since each has a rate of its own.
func (s *scope) readProducts(ctx context.Context, p *part) error {
	p.typical = func(e json.RawMessage) bool { return productOf(e).versioned() }
	self := &types.AccessLevelFilter{Key: types.AccessLevelFilterKeyAccount, Value: aws.String("self")} // else only the caller's own products
	l := awsread.Listing{Op: awsread.SearchProvisionedProducts, List: "ProvisionedProducts", Next: "NextPageToken", ID: "Id",
		Held: s.run.pages, Page: func(ctx context.Context, token *string) ([]byte, error) {
			return awsread.Raw(ctx, s.catalog.SearchProvisionedProducts, &servicecatalog.SearchProvisionedProductsInput{AccessLevelFilter: self,
				PageSize: productsPage, PageToken: token})
		}}
	var g errgroup.Group
	troubled := make(chan product, troubledAhead)
	for range detailsAtOnce {
		g.Go(func() (err error) {
			for of := range troubled { // to its end, also when nothing can be written any more
				if err == nil {
					r := s.readMore(ctx, p, of)
					err = p.addAt(r, of.turn, s.joinStack(r, of, p.stacks))
				}
			}
			return err
		})
	}
	versions := map[string]artifacts{} // by product of the catalogue
	p.stacks = s.newStackList()
	turn := 0
	var room []byte // of the last document, which is written by then
	err := p.list(ctx, l, func(entries []json.RawMessage) error {
		products := make([]product, len(entries))
		for i, e := range entries {
			products[i] = productOf(e)
		}
		s.readVersions(ctx, p, products, versions)
		for _, of := range products {
			of.turn = turn
			turn++
			if of.versioned() {
				of.artifact = versions[of.productID].find(of.artifactID)
			}
			if of.stack, of.ownStack = s.stackID(of.physicalID); of.ownStack {
				p.stacks.read.Do(func() { g.Go(func() error { return s.readStacks(ctx, p, p.stacks) }) })
			}
			if of.troubled() || of.stackSet() || of.accountProduct() || s.run.checks() {
				of.entry, of.tags = bytes.Clone(of.entry), bytes.Clone(of.tags) // the page is gone before it is done
				troubled <- of
				continue
			}
			r := p.product(ctx, of, room)
			if err := p.addAt(r, of.turn, s.joinStack(r, of, p.stacks)); err != nil {
				return err
			}
			room = r.Spec
		}
		return nil
	})
	close(troubled)
	return errors.Join(err, g.Wait())
}

// readMore makes the resource of a product of which its entry does not say all: what is wrong with it, of a stack set its instances,
// and of a product that is an account what became of that.
func (s *scope) readMore(ctx context.Context, p *part, of product) *audit.Resource {
	var instances section
	if of.stackSet() {
		instances = s.instances(ctx, of.id)
	}
	asked := of.accountProduct() && of.accountID(nil).id == ""
	var records section
	history := of.troubled() || asked || outdated(instances.doc) || s.run.checks()
	if history {
		records = s.records(ctx, of)
	}
	r := p.product(ctx, of, nil)
	if history {
		p.relate(r, "records", awsread.ListRecordHistory, records)
		p.relateLaunchRole(ctx, r, records.doc)
	}
	if of.stackSet() {
		p.relate(r, "stack_instances", awsread.ListStackInstancesForProvisionedProduct, instances)
	}
	if of.accountProduct() {
		join(r, "account_state", s.run.members.find(of.accountID(r.Related["records"])))
	}
	return r
}

// readVersions reads the versions of those of the catalogue's products that are not known yet.
func (s *scope) readVersions(ctx context.Context, p *part, products []product, known map[string]artifacts) {
	var fresh []string
	for _, of := range products {
		if _, ok := known[of.productID]; !ok && of.versioned() {
			known[of.productID] = artifacts{}
			fresh = append(fresh, of.productID)
		}
	}
	found := make([]artifacts, len(fresh))
	parallel(len(fresh), func(i int) { found[i] = s.artifacts(ctx, fresh[i]) })
	for i, id := range fresh {
		found[i].found = map[string]joined{}
		known[id] = found[i]
		p.contradictory(id, awsread.ListProvisioningArtifacts, found[i].twice)
		if found[i].err != nil {
			p.ledger.failed(awsread.ListProvisioningArtifacts, id, awsread.ListProvisioningArtifacts.Gap(found[i].err))
		} else {
			p.ledger.collected(awsread.ListProvisioningArtifacts, 1)
		}
	}
}

// product makes the resource of a provisioned product, with whether who launched it is there. Its spec is written over room.
func (p *part) product(ctx context.Context, of product, room []byte) *audit.Resource {
	r := p.resource(of.id)
	r.ARN, r.Name, r.Tags = of.arn, of.name, tagsOf(of.tags)
	var err error
	r.Spec, err = productShape.documentIn(room, of.entry)
	p.flaw(r, "spec", awsread.SearchProvisionedProducts, err)
	join(r, "artifact", of.artifact)
	p.relatePrincipal(ctx, r, "launched_by", of.userARN)
	return r
}

// product is a ProvisionedProductAttribute, and what the collector needs to know of it.
type product struct {
	entry                            []byte
	turn                             int // in which it was read
	artifact                         joined
	id, arn, name, status            string
	kind, physicalID                 string // Type and PhysicalId
	lastRecord, lastSuccessfulRecord string
	productID, artifactID, userARN   string
	tags                             []byte
	stack, ownStack                  bool // its PhysicalId is that of a stack, and of one of the scope
}

func productOf(entry []byte) product {
	p := product{entry: entry}
	for k, v := range rawjson.Members(entry) {
		switch string(k) {
		case "Id":
			p.id = text(v)
		case "Arn":
			p.arn = text(v)
		case "Name":
			p.name = text(v)
		case "Status":
			p.status = text(v)
		case "Type":
			p.kind = text(v)
		case "PhysicalId":
			p.physicalID = text(v)
		case "LastRecordId":
			p.lastRecord = text(v)
		case "LastSuccessfulProvisioningRecordId":
			p.lastSuccessfulRecord = text(v)
		case "ProductId":
			p.productID = text(v)
		case "ProvisioningArtifactId":
			p.artifactID = text(v)
		case "UserArn":
			p.userARN = text(v)
		case "Tags":
			p.tags = v
		}
	}
	return p
}

// troubled reports whether the records of a product have something to say: its status is not AVAILABLE, or its last request was
// not the last that succeeded.
func (p product) troubled() bool {
	return p.status != string(types.ProvisionedProductStatusAvailable) || p.lastRecord != p.lastSuccessfulRecord
}

// stackSet reports whether a product is a stack set, which has instances.
func (p product) stackSet() bool { return p.kind == typeStackSet }

// versioned reports whether a product was made from a version of a product of the catalogue.
func (p product) versioned() bool { return p.productID != "" && p.artifactID != "" }

// artifacts are the versions of a product, or why they are not known.
type artifacts struct {
	gone   bool // the product is not there, or no longer shared with the account: it has no versions
	byID   map[string]json.RawMessage
	newest json.RawMessage // {Id, Name, CreatedTime, Guidance} of the newest that is active and not deprecated; nil when none is
	err    error
	twice  error             // of versions of one id with different content
	found  map[string]joined // what find has returned, by id: many products have one
}

func (s *scope) artifacts(ctx context.Context, product string) artifacts {
	body, err := awsread.Raw(ctx, s.catalog.ListProvisioningArtifacts, &servicecatalog.ListProvisioningArtifactsInput{ProductId: &product})
	if _, gone := errors.AsType[*types.ResourceNotFoundException](err); gone {
		return artifacts{gone: true}
	}
	if err != nil {
		return artifacts{err: timely(ctx, err)}
	}
	list := rawjson.Find(body, "ProvisioningArtifactDetails")
	if !isArray(list) {
		return artifacts{err: awsread.Malformed("the body has no list ProvisioningArtifactDetails")}
	}
	if textOf(body, "NextPageToken") != "" { // the request has no token to ask for the next page with
		return artifacts{err: awsread.Malformed("the list goes on, and AWS has no way to read on")}
	}
	body, twice, err := versionDetails.tidy(body)
	if err != nil {
		return artifacts{err: err}
	}
	list = rawjson.Find(body, versionDetails.list)
	found := artifacts{byID: map[string]json.RawMessage{}, twice: twice}
	var newest time.Time
	for e := range rawjson.Elements(list) {
		doc, err := artifactShape.document(e)
		if err != nil {
			return artifacts{err: err}
		}
		found.byID[textOf(doc, "Id")] = doc
		created, err := time.Parse(time.RFC3339Nano, textOf(doc, "CreatedTime"))
		current := string(rawjson.Find(doc, "Active")) == "true" && textOf(doc, "Guidance") != "DEPRECATED"
		if err == nil && current && !created.Before(newest) {
			newest = created
			var o object
			o.copyFrom(doc, "Id", "Name", "CreatedTime", "Guidance")
			found.newest = o.json()
		}
	}
	return found
}

// find returns the version of an id, which may be Missing, as may be its product, with the newest one of its product that is active and
// not deprecated beside it.
func (a artifacts) find(id string) joined {
	j, ok := a.found[id]
	if !ok {
		j = a.join(id)
		a.found[id] = j
	}
	return j
}

func (a artifacts) join(id string) joined {
	if a.err != nil {
		gap := awsread.ListProvisioningArtifacts.Gap(a.err)
		return joined{gap: &gap}
	}
	var o object
	if a.gone {
		o.set("Id", rawjson.AppendQuote(nil, id))
		o.set("ProductMissing", []byte("true"))
		return joined{doc: o.json()}
	}
	if doc, ok := a.byID[id]; ok {
		for k, v := range rawjson.Members(doc) {
			o.set(string(k), v)
		}
	} else {
		o.set("Id", rawjson.AppendQuote(nil, id))
		o.set("Missing", []byte("true"))
	}
	o.set("NewestActive", a.newest)
	return joined{doc: o.json()}
}
