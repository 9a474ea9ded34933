package collector

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/outposts"
	"github.com/aws/aws-sdk-go-v2/service/outposts/types"

	"tenor/audit"
	"tenor/internal/awsread"
	"tenor/internal/rawjson"
)

// outpostsPage is the largest page that Outposts gives.
const outpostsPage = 1000

// shortPage is that of the lists which are read while the page of another is worked on, and may not be as long.
const shortPage = 100

// The shapes of the documents.
var (
	outpostShape    = shapeOf[types.Outpost]()
	siteShape       = shapeOf[types.Site]()
	billingShape    = shapeOf[outposts.GetOutpostBillingInformationOutput]()
	renewalShape    = shapeOf[outposts.GetRenewalPricingOutput]()
	orderShape      = shapeOf[types.Order]()
	orderEntryShape = shapeOf[types.OrderSummary]()
	quoteShape      = shapeOf[types.Quote]()
	quoteEntryShape = shapeOf[types.QuoteSummary]()
	taskShape       = shapeOf[outposts.GetCapacityTaskOutput]()
	taskEntryShape  = shapeOf[types.CapacityTaskSummary]()
)

// readOutposts reads the Outposts with their site, billing and renewal prices.
func (s *scope) readOutposts(ctx context.Context, p *part) error {
	owned := func(e json.RawMessage) bool { return cmp.Or(textOf(e, "OwnerId"), s.account) == s.account }
	p.typical = owned
	l := awsread.Listing{Op: awsread.ListOutposts, List: "Outposts", Next: "NextToken", ID: "OutpostId",
		Page: func(ctx context.Context, token *string) ([]byte, error) {
			return awsread.Raw(ctx, s.outposts.ListOutposts, &outposts.ListOutpostsInput{MaxResults: aws.Int32(outpostsPage), NextToken: token})
		}}
	var sites *index
	return p.list(ctx, l, func(entries []json.RawMessage) error {
		if sites == nil { // most regions have no Outpost, and are not asked for sites
			var err error
			if sites, err = s.readSites(ctx, p); err != nil {
				return err
			}
		}
		own := s.ownSections()
		read := make([]section, len(own)*len(entries))
		parallel(len(read), func(i int) {
			if e := entries[i/len(own)]; owned(e) { // else it is shared with this account: the contract and the capacity are its owner's
				read[i] = own[i%len(own)].read(ctx, textOf(e, "OutpostId"))
			}
		})
		histories := make([]section, len(entries))
		if s.metrics != nil {
			assets := slices.IndexFunc(own, func(of ownSection) bool { return of.op == awsread.ListAssets })
			parallel(len(entries), func(i int) {
				found := read[i*len(own)+assets] // nothing of one that is shared
				if histories[i].err = found.err; found.err == nil {
					histories[i] = s.capacityHistory(ctx, textOf(entries[i], "OutpostId"), found.doc)
				}
			})
		}
		for i, e := range entries {
			r := p.resource(textOf(e, "OutpostId"))
			r.ARN, r.Name, r.Tags = textOf(e, "OutpostArn"), textOf(e, "Name"), tagsOf(rawjson.Find(e, "Tags"))
			p.describe(r, awsread.ListOutposts, outpostShape, e)
			site := sites.find(textOf(e, "SiteId"))
			if !owned(e) {
				site.gap = nil // it is its owner's, too
			}
			for j, of := range own {
				if owned(e) {
					p.relate(r, of.name, of.op, read[i*len(own)+j])
				}
			}
			if h := histories[i]; h.doc != nil || h.err != nil {
				p.relate(r, "capacity_history", awsread.GetMetricData, h)
			}
			join(r, "site", site)
			if err := p.add(r); err != nil {
				return err
			}
		}
		return nil
	})
}

// readSites reads the sites of the account, which are joined to its Outposts.
func (s *scope) readSites(ctx context.Context, p *part) (*index, error) {
	l := awsread.Listing{Op: awsread.ListSites, Within: true, List: "Sites", Next: "NextToken", ID: "SiteId",
		Page: func(ctx context.Context, token *string) ([]byte, error) {
			return awsread.Raw(ctx, s.outposts.ListSites, &outposts.ListSitesInput{MaxResults: aws.Int32(shortPage), NextToken: token})
		}}
	sites := newIndex(awsread.ListSites, nil)
	err := p.list(ctx, l, func(entries []json.RawMessage) error {
		for _, e := range entries {
			if _, twice := sites.byID[textOf(e, "SiteId")]; twice {
				p.ledger.collected(awsread.ListSites, -1)
			}
			doc, err := siteShape.document(e)
			if err != nil {
				gap := awsread.ListSites.Gap(err)
				p.ledger.failed(awsread.ListSites, textOf(e, "SiteId"), gap)
				sites.byID[textOf(e, "SiteId")] = joined{gap: &gap}
				continue
			}
			sites.byID[textOf(e, "SiteId")] = joined{doc: doc}
		}
		return nil
	})
	for _, row := range p.ledger.coverage(s.account, s.region) {
		sites.learn(row)
	}
	return sites, err
}

// ownSection is a section of an Outpost that only its owner may read, by the id of the Outpost.
type ownSection struct {
	name string
	op   awsread.Operation
	read func(ctx context.Context, id string) section
}

func (s *scope) ownSections() []ownSection {
	return []ownSection{
		{"billing", awsread.GetOutpostBillingInformation, s.billing}, {"renewal_pricing", awsread.GetRenewalPricing, s.renewalPricing},
		{"assets", awsread.ListAssets, s.assets}, {"asset_instances", awsread.ListAssetInstances, s.assetInstances},
	}
}

// billing reads the contract of an Outpost: the first page, with the subscriptions of all of them.
func (s *scope) billing(ctx context.Context, id string) section {
	l := awsread.Listing{Op: awsread.GetOutpostBillingInformation, Within: true, List: "Subscriptions", Next: "NextToken",
		Page: func(ctx context.Context, token *string) ([]byte, error) {
			return awsread.Raw(ctx, s.outposts.GetOutpostBillingInformation, &outposts.GetOutpostBillingInformationInput{OutpostIdentifier: &id,
				MaxResults: aws.Int32(shortPage), NextToken: token})
		}}
	return s.gathered(ctx, l, subscriptions, billingShape)
}

// gathered reads a listing that is a section of a resource: the first page, with the entries of all of them. What the pages before a
// failed one gave comes with the error.
func (s *scope) gathered(ctx context.Context, l awsread.Listing, in inner, of *shape) section {
	var first []byte
	var all array
	for pg, err := range s.run.gate.Pages(ctx, l) {
		if err != nil {
			if first == nil {
				return section{err: timely(ctx, err)}
			}
			s := in.tidied(of.document(merged(first, l, all)))
			s.err = errors.Join(timely(ctx, err), s.err)
			return s
		}
		if first == nil {
			first = pg.Body
		}
		for _, e := range pg.Entries {
			all.add(e)
		}
	}
	return whole(in.tidied(of.document(merged(first, l, all))))
}

// merged returns a listing's first answer with the entries of every page, and no token.
func merged(first []byte, l awsread.Listing, all array) json.RawMessage {
	var o object
	for k, v := range rawjson.Members(first) {
		switch string(k) {
		case l.Next:
		case l.List:
			o.set(l.List, all.json())
		default:
			o.set(string(k), v)
		}
	}
	return o.json()
}

// whole is a section that is a gap when something had to be left out of it.
func whole(s section) section {
	if s.err != nil {
		s.doc = nil
	}
	return s
}

func (s *scope) renewalPricing(ctx context.Context, id string) section {
	body, err := awsread.Raw(ctx, s.outposts.GetRenewalPricing, &outposts.GetRenewalPricingInput{OutpostIdentifier: &id})
	if err != nil {
		return section{err: timely(ctx, err)}
	}
	switch result := textOf(body, "PricingResult"); {
	case result == "":
		return section{err: awsread.Malformed("the body has no PricingResult")}
	case result == string(types.PricingResultPriced) && !isArray(rawjson.Find(body, "PricingOptions")):
		return section{err: awsread.Malformed("the body has no list PricingOptions")}
	}
	return whole(pricingOptions.tidied(renewalShape.document(body)))
}

// readQuotes reads the quotes.
func (s *scope) readQuotes(ctx context.Context, p *part) error {
	l := awsread.Listing{Op: awsread.ListQuotes, List: "Quotes", Next: "NextToken", ID: "QuoteId",
		Page: func(ctx context.Context, token *string) ([]byte, error) {
			return awsread.Raw(ctx, s.outposts.ListQuotes, &outposts.ListQuotesInput{MaxResults: aws.Int32(outpostsPage), NextToken: token})
		}}
	d := detail{op: awsread.GetQuote, member: "Quote", list: quotedOptions, shape: quoteShape, entry: quoteEntryShape,
		get: func(ctx context.Context, entry json.RawMessage) ([]byte, error) {
			return awsread.Raw(ctx, s.outposts.GetQuote, &outposts.GetQuoteInput{QuoteIdentifier: aws.String(textOf(entry, "QuoteId"))})
		}}
	return p.detailed(ctx, l, d, p.add)
}

// readCapacityTasks reads the capacity tasks, and of those that wait for an evacuation what they wait for.
func (s *scope) readCapacityTasks(ctx context.Context, p *part) error {
	l := awsread.Listing{Op: awsread.ListCapacityTasks, List: "CapacityTasks", Next: "NextToken", ID: "CapacityTaskId",
		Page: func(ctx context.Context, token *string) ([]byte, error) {
			return awsread.Raw(ctx, s.outposts.ListCapacityTasks, &outposts.ListCapacityTasksInput{MaxResults: aws.Int32(outpostsPage),
				NextToken: token})
		}}
	d := detail{op: awsread.GetCapacityTask, shape: taskShape, entry: taskEntryShape,
		get: func(ctx context.Context, entry json.RawMessage) ([]byte, error) {
			return awsread.Raw(ctx, s.outposts.GetCapacityTask, &outposts.GetCapacityTaskInput{
				CapacityTaskId: aws.String(textOf(entry, "CapacityTaskId")), OutpostIdentifier: aws.String(textOf(entry, "OutpostId")),
			})
		}}
	return s.readWaiting(ctx, p, func(take func(*audit.Resource) error) error { return p.detailed(ctx, l, d, take) })
}

// readOrders reads the orders, and joins to each its Outpost and the quote option it was ordered from once those are known.
func (s *scope) readOrders(ctx context.Context, p *part, known, quoted *index) error {
	l := awsread.Listing{Op: awsread.ListOrders, List: "Orders", Next: "NextToken", ID: "OrderId",
		Page: func(ctx context.Context, token *string) ([]byte, error) {
			return awsread.Raw(ctx, s.outposts.ListOrders, &outposts.ListOrdersInput{MaxResults: aws.Int32(outpostsPage), NextToken: token})
		}}
	d := detail{op: awsread.GetOrder, member: "Order", list: lineItems, shape: orderShape, entry: orderEntryShape,
		get: func(ctx context.Context, entry json.RawMessage) ([]byte, error) {
			return awsread.Raw(ctx, s.outposts.GetOrder, &outposts.GetOrderInput{OrderId: aws.String(textOf(entry, "OrderId"))})
		}}
	var orders []*audit.Resource
	err := p.detailed(ctx, l, d, func(r *audit.Resource) error {
		orders = append(orders, r)
		return nil
	})
	if err != nil {
		return err
	}
	<-known.ready
	<-quoted.ready
	for _, r := range orders {
		if id := textOf(r.Spec, "OutpostId"); id != "" {
			join(r, "outpost", known.find(lastOf(id)))
		}
		quote := textOf(r.Spec, "QuoteIdentifier")
		if gap, ok := r.Gaps["spec"]; ok && quote == "" {
			r.Gaps["quote_option"] = gap // only GetOrder says whether there is a quote
		} else if quote != "" {
			join(r, "quote_option", optionOf(quoted.find(lastOf(quote)), textOf(r.Spec, "QuoteOptionIdentifier")))
		}
		if err := p.add(r); err != nil {
			return err
		}
	}
	return nil
}

// lastOf returns the id of an identifier that may be an ARN.
func lastOf(identifier string) string {
	return identifier[strings.LastIndexByte(identifier, '/')+1:]
}

// orderedOutpost is what an order knows of its Outpost.
func orderedOutpost(r *audit.Resource) joined {
	if gap, ok := r.Gaps["billing"]; ok {
		return joined{gap: &gap}
	}
	var o object
	o.copyFrom(r.Spec, "OutpostId", "Name", "OutpostArn", "LifeCycleStatus")
	o.copyFrom(r.Related["billing"], "ContractEndDate", "PaymentTerm", "PaymentOption", "Subscriptions")
	return joined{doc: o.json()}
}

// quoteOptions are the options of a quote, which an order can name. The entry of the list has them too.
func quoteOptions(r *audit.Resource) joined {
	if options := rawjson.Find(r.Spec, "QuoteOptions"); options != nil {
		return joined{doc: bytes.Clone(options)}
	}
	if gap, ok := r.Gaps["spec"]; ok {
		return joined{gap: &gap}
	}
	return joined{}
}

// optionOf picks an option out of a quote's.
func optionOf(options joined, id string) joined {
	if isArray(options.doc) {
		for o := range rawjson.Elements(options.doc) {
			if textOf(o, "QuoteOptionIdentifier") == id {
				return joined{doc: o}
			}
		}
	}
	return joined{gap: options.gap}
}
