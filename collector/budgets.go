package collector

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/budgets"
	"github.com/aws/aws-sdk-go-v2/service/servicecatalog"

	"tenor/audit"
	"tenor/internal/awsread"
	"tenor/internal/rawjson"
)

// budgetNames is the list of ListBudgetsForResource and of DescribeBudgets.
var budgetNames = inner{"Budgets", "BudgetName"}

// budgetMembers are those of a budget that are read, beside its name.
var budgetMembers = []string{"BudgetType", "TimeUnit", "BudgetLimit", "CalculatedSpend"}

// accountBudgets reads the budgets of an account: the members that the section budgets has of each, by name. AWS Budgets is one service
// for the whole partition, and is asked once for all regions, where something of Service Catalog has a budget.
type accountBudgets struct {
	read func(context.Context) (map[string]json.RawMessage, error)

	once   sync.Once
	byName map[string]json.RawMessage
	err    error
}

func (r *run) budgets(account string, credentials aws.CredentialsProvider) *accountBudgets {
	client := budgets.NewFromConfig(r.gate.Config(account, r.globalRegion(), credentials))
	l := awsread.Listing{Op: awsread.DescribeBudgets, Within: true, List: budgetNames.list, Next: "NextToken", ID: budgetNames.id,
		Page: func(ctx context.Context, token *string) ([]byte, error) {
			return awsread.Raw(ctx, client.DescribeBudgets, &budgets.DescribeBudgetsInput{AccountId: &account, NextToken: token})
		}}
	return &accountBudgets{read: func(ctx context.Context) (map[string]json.RawMessage, error) {
		byName := map[string]json.RawMessage{}
		for pg, err := range r.gate.Pages(ctx, l) {
			if err != nil {
				return nil, timely(ctx, err)
			}
			for _, e := range pg.Entries {
				name := textOf(e, l.ID)
				if name == "" {
					return nil, awsread.Malformed("an entry has no %s", l.ID)
				}
				var o object
				o.copyFrom(e, budgetMembers...)
				byName[name] = o.json()
			}
		}
		return byName, nil
	}}
}

// all returns the budgets, which it reads the first time.
func (b *accountBudgets) all(ctx context.Context) (map[string]json.RawMessage, error) {
	b.once.Do(func() { b.byName, b.err = b.read(ctx) })
	return b.byName, b.err
}

// asked is what was asked for once, by what it was asked of. The zero value is ready.
type asked[K comparable, T any] struct {
	mu sync.Mutex
	of map[K]func() T
}

func (a *asked[K, T]) get(key K, ask func() T) T {
	a.mu.Lock()
	answer, ok := a.of[key]
	if !ok {
		if a.of == nil {
			a.of = map[K]func() T{}
		}
		answer = sync.OnceValue(ask)
		a.of[key] = answer
	}
	a.mu.Unlock()
	return answer()
}

// catalogueBudgets finds the budgets of the products of a part and of the portfolios that they are in. Its methods may be called by several
// goroutines at once.
type catalogueBudgets struct {
	*part
	portfolios bool // some portfolio has budgets, or may have: it is asked which portfolios a product is in

	names    asked[string, names]  // of the budgets of a product or portfolio, by its id
	products asked[string, joined] // by id
	noted    sync.Once             // the account's budgets, on the ledger of the part
}

// names are what a list of one product or portfolio names, or the gap that it is.
type names struct {
	of  []string
	gap *audit.Gap
}

// catalogueBudgets begins with the budgets of the portfolios of the scope.
func (p *part) catalogueBudgets(ctx context.Context, owned *index) *catalogueBudgets {
	b := &catalogueBudgets{part: p}
	ids := slices.Sorted(maps.Keys(owned.byID))
	have := make([]bool, len(ids))
	parallel(len(ids), func(i int) {
		n := b.named(ctx, ids[i])
		have[i] = n.gap != nil || len(n.of) > 0
	})
	b.portfolios = owned.gap != nil || slices.Contains(have, true)
	return b
}

// named reads the names of the budgets of a product or portfolio.
func (b *catalogueBudgets) named(ctx context.Context, id string) names {
	return b.names.get(id, func() names {
		return b.namesOf(ctx, id, awsread.Listing{Op: awsread.ListBudgetsForResource, List: budgetNames.list, ID: budgetNames.id,
			Page: func(ctx context.Context, token *string) ([]byte, error) {
				return awsread.Raw(ctx, b.catalog.ListBudgetsForResource, &servicecatalog.ListBudgetsForResourceInput{ResourceId: &id,
					PageSize: hubPage, PageToken: token})
			}})
	})
}

// portfoliosOf reads the ids of the portfolios that a product is in.
func (b *catalogueBudgets) portfoliosOf(ctx context.Context, product string) names {
	return b.namesOf(ctx, product, awsread.Listing{Op: awsread.ListPortfoliosForProduct, List: "PortfolioDetails", ID: "Id",
		Page: func(ctx context.Context, token *string) ([]byte, error) {
			return awsread.Raw(ctx, b.catalog.ListPortfoliosForProduct, &servicecatalog.ListPortfoliosForProductInput{ProductId: &product,
				PageSize: hubPage, PageToken: token})
		}})
}

// namesOf reads what the entries of a list of one product or portfolio are called by, and notes it on the ledger.
func (b *catalogueBudgets) namesOf(ctx context.Context, subject string, l awsread.Listing) names {
	s := b.listed(ctx, l)
	var n names
	for e := range rawjson.Elements(rawjson.Find(s.doc, l.List)) {
		n.of = append(n.of, textOf(e, l.ID))
	}
	if s.err == nil && slices.Contains(n.of, "") {
		s.err = awsread.Malformed("an entry has no %s", l.ID)
	}
	if s.err != nil {
		gap := l.Op.Gap(s.err)
		b.ledger.failed(l.Op, subject, gap)
		return names{gap: &gap}
	}
	b.ledger.collected(l.Op, 1)
	return n
}

// find returns the budgets of a product and of its portfolios, {Budgets: [{BudgetName, …, ResourceIds}]} by name: with the ids of what
// each is of, and Missing where the account has no such budget any more. It is a gap where one of them may not be known.
func (b *catalogueBudgets) find(ctx context.Context, product string) joined {
	return b.products.get(product, func() joined {
		resources := []string{product}
		if b.portfolios {
			in := b.portfoliosOf(ctx, product)
			if in.gap != nil {
				return joined{gap: in.gap}
			}
			resources = append(resources, in.of...)
		}
		of := map[string]array{} // by name of the budget: what it is of
		for _, id := range resources {
			n := b.named(ctx, id)
			if n.gap != nil {
				return joined{gap: n.gap}
			}
			for _, name := range n.of {
				ids := of[name]
				ids.add(rawjson.AppendQuote(nil, id))
				of[name] = ids
			}
		}
		var list array
		if len(of) > 0 {
			described, gap := b.described(ctx)
			if gap != nil {
				return joined{gap: gap}
			}
			for _, name := range slices.Sorted(maps.Keys(of)) {
				var o object
				o.set(budgetNames.id, rawjson.AppendQuote(nil, name))
				if budget, ok := described[name]; ok {
					o.copyFrom(budget, budgetMembers...)
				} else {
					o.set("Missing", []byte("true"))
				}
				o.set("ResourceIds", of[name].json())
				list.add(o.json())
			}
		}
		var o object
		o.set(budgetNames.list, list.json())
		return joined{doc: o.json()}
	})
}

// described returns the account's budgets, which the ledger of the part counts once.
func (b *catalogueBudgets) described(ctx context.Context) (map[string]json.RawMessage, *audit.Gap) {
	byName, err := b.budgets.all(ctx)
	var gap *audit.Gap
	if err != nil {
		g := awsread.DescribeBudgets.Gap(err)
		gap = &g
	}
	b.noted.Do(func() {
		if gap != nil {
			b.ledger.failed(awsread.DescribeBudgets, "", *gap)
			return
		}
		b.ledger.collected(awsread.DescribeBudgets, len(byName))
	})
	return byName, gap
}
