package collector

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/servicecatalog"
	"github.com/aws/aws-sdk-go-v2/service/servicecatalog/types"
	"github.com/go-json-experiment/json/jsontext"

	"tenor/audit"
	"tenor/internal/awsread"
	"tenor/internal/rawjson"
)

// The largest pages that the lists of a hub give: the account that owns portfolios.
const (
	hubPage    = 20
	sharesPage = 100
)

// launchConstraint is the Type of a constraint that names the role with which a product is launched.
const launchConstraint = "LAUNCH"

// The shapes of the documents. What is listed of a portfolio has no timestamps.
var (
	portfolioShape = shapeOf[types.PortfolioDetail]()
	catalogueShape = shapeOf[types.ProductViewDetail]()
)

// ownedPortfolios is the index of the portfolios of a scope, of which nothing is joined.
func ownedPortfolios() *index {
	return newIndex(awsread.ListPortfolios, func(*audit.Resource) joined { return joined{} })
}

// readPortfolios reads the portfolios that the account owns: with whom they are shared, what they are held to, who may launch from them,
// and which of the roles and principals that they name IAM does not know.
func (s *scope) readPortfolios(ctx context.Context, p *part) error {
	l := awsread.Listing{Op: awsread.ListPortfolios, List: "PortfolioDetails", Next: "NextPageToken", ID: "Id",
		Page: func(ctx context.Context, token *string) ([]byte, error) {
			return awsread.Raw(ctx, s.catalog.ListPortfolios, &servicecatalog.ListPortfoliosInput{PageSize: hubPage, PageToken: token})
		}}
	return p.list(ctx, l, func(entries []json.RawMessage) error {
		lists := make([][3]section, len(entries))
		parallel(3*len(entries), func(i int) {
			read := [...]func(context.Context, string) section{s.shares, s.constraints, s.portfolioPrincipals}[i%3]
			lists[i/3][i%3] = read(ctx, textOf(entries[i/3], "Id"))
		})
		for i, e := range entries {
			r := p.resource(textOf(e, "Id"))
			r.ARN, r.Name = textOf(e, "ARN"), textOf(e, "DisplayName")
			p.describe(r, awsread.ListPortfolios, portfolioShape, e)
			p.relate(r, "shares", awsread.DescribePortfolioShares, lists[i][0])
			p.relate(r, "constraints", awsread.ListConstraintsForPortfolio, lists[i][1])
			p.relate(r, "principals", awsread.ListPrincipalsForPortfolio, lists[i][2])
			p.relateLaunchRoles(ctx, r)
			p.relateGone(ctx, r)
			if err := p.add(r); err != nil {
				return err
			}
		}
		return nil
	})
}

// listed reads every page of a list of a portfolio into one document.
func (s *scope) listed(ctx context.Context, l awsread.Listing) section {
	l.Next, l.Within = "NextPageToken", true
	var all array
	for pg, err := range s.run.gate.Pages(ctx, l) {
		if err != nil {
			return section{err: timely(ctx, err)}
		}
		for _, e := range pg.Entries {
			all.add(e)
		}
	}
	var o object
	o.set(l.List, all.json())
	return whole(inner{l.List, l.ID}.tidied(o.json(), nil))
}

// shares reads with which accounts a portfolio is shared one by one. Shares with an organization need no acceptance.
func (s *scope) shares(ctx context.Context, portfolio string) section {
	return s.listed(ctx, awsread.Listing{Op: awsread.DescribePortfolioShares, List: "PortfolioShareDetails", ID: "PrincipalId",
		Page: func(ctx context.Context, token *string) ([]byte, error) {
			return awsread.Raw(ctx, s.catalog.DescribePortfolioShares, &servicecatalog.DescribePortfolioSharesInput{PortfolioId: &portfolio,
				Type: types.DescribePortfolioShareTypeAccount, PageSize: sharesPage, PageToken: token})
		}})
}

func (s *scope) constraints(ctx context.Context, portfolio string) section {
	return s.listed(ctx, awsread.Listing{Op: awsread.ListConstraintsForPortfolio, List: "ConstraintDetails", ID: "ConstraintId",
		Page: func(ctx context.Context, token *string) ([]byte, error) {
			return awsread.Raw(ctx, s.catalog.ListConstraintsForPortfolio, &servicecatalog.ListConstraintsForPortfolioInput{PortfolioId: &portfolio,
				PageSize: hubPage, PageToken: token})
		}})
}

func (s *scope) portfolioPrincipals(ctx context.Context, portfolio string) section {
	return s.listed(ctx, awsread.Listing{Op: awsread.ListPrincipalsForPortfolio, List: "Principals", ID: "PrincipalARN",
		Page: func(ctx context.Context, token *string) ([]byte, error) {
			return awsread.Raw(ctx, s.catalog.ListPrincipalsForPortfolio, &servicecatalog.ListPrincipalsForPortfolioInput{PortfolioId: &portfolio,
				PageSize: hubPage, PageToken: token})
		}})
}

// relateLaunchRoles puts into a portfolio the roles that its launch constraints name, {Roles: [{ConstraintId, ProductId, RoleArn,
// LocalRoleName, Missing}]}. Missing is there where IAM could be asked: of a role of the account itself. A LocalRoleName is one of
// whoever launches.
func (p *part) relateLaunchRoles(ctx context.Context, r *audit.Resource) {
	const section = "launch_role"
	if gap, ok := r.Gaps["constraints"]; ok {
		r.Gaps[section] = gap
		return
	}
	var roles array
	for e := range rawjson.Elements(rawjson.Find(r.Related["constraints"], "ConstraintDetails")) {
		if textOf(e, "Type") != launchConstraint {
			continue
		}
		id := textOf(e, "ConstraintId")
		parameters, err := p.constraintParameters(ctx, id)
		if err != nil {
			gap := awsread.DescribeConstraint.Gap(err)
			p.ledger.failed(awsread.DescribeConstraint, id, gap)
			r.Gaps[section] = gap
			continue
		}
		p.ledger.collected(awsread.DescribeConstraint, 1)
		var o object
		o.copyFrom(e, "ConstraintId", "ProductId")
		o.copyFrom(parameters, "RoleArn", "LocalRoleName")
		missing, asked, gap := p.knows(ctx, textOf(parameters, "RoleArn"))
		switch {
		case gap != nil:
			r.Gaps[section] = *gap
		case asked:
			o.set("Missing", strconv.AppendBool(nil, missing))
		}
		roles.add(o.json())
	}
	if _, gap := r.Gaps[section]; !gap && len(roles) > 0 {
		var o object
		o.set("Roles", roles.json())
		r.Related[section] = o.json()
	}
}

// constraintParameters reads the parameters of a constraint, which are JSON inside a string.
func (p *part) constraintParameters(ctx context.Context, id string) ([]byte, error) {
	body, err := awsread.Raw(ctx, p.catalog.DescribeConstraint, &servicecatalog.DescribeConstraintInput{Id: &id})
	if err != nil {
		return nil, timely(ctx, err)
	}
	if err := isOf(rawjson.Find(body, "ConstraintDetail"), "ConstraintId", id); err != nil {
		return nil, err
	}
	parameters := jsontext.Value(textOf(body, "ConstraintParameters"))
	if !parameters.IsValid() || parameters.Kind() != '{' {
		return nil, awsread.Malformed("ConstraintParameters is no JSON object")
	}
	return parameters, nil
}

// relateGone puts into a portfolio those of its principals that IAM does not know, {PrincipalARNs}. Principals of other accounts cannot be
// asked for; nor can patterns, by which the section is a gap where none is known to be gone.
func (p *part) relateGone(ctx context.Context, r *audit.Resource) {
	const section = "gone_principals"
	if gap, ok := r.Gaps["principals"]; ok {
		r.Gaps[section] = gap
		return
	}
	var gone array
	var patterns error
	for e := range rawjson.Elements(rawjson.Find(r.Related["principals"], "Principals")) {
		of := rawjson.Find(e, "PrincipalARN")
		if textOf(e, "PrincipalType") == string(types.PrincipalTypeIamPattern) {
			patterns = fmt.Errorf("%s is a pattern, whose principals IAM cannot be asked for", text(of))
			continue
		}
		missing, _, gap := p.knows(ctx, text(of))
		if gap != nil {
			r.Gaps[section] = *gap
		} else if missing {
			gone.add(of)
		}
	}
	if len(gone) == 0 {
		p.flaw(r, section, awsread.GetRole, patterns)
	}
	if _, gap := r.Gaps[section]; !gap {
		var o object
		o.set("PrincipalARNs", gone.json())
		r.Related[section] = o.json()
	}
}

// readCatalogue reads the products of an account that owns portfolios, with their budgets and those of their portfolios; one that owns none
// is not asked, which most are. Whether the last synchronisation of a product failed is in the list.
func (s *scope) readCatalogue(ctx context.Context, p *part, owned *index) error {
	p.answered(false) // the list of the portfolios may itself wait for the first page of every other
	<-owned.ready
	if owned.gap == nil && len(owned.byID) == 0 {
		p.ledger.collected(awsread.SearchProductsAsAdmin, 0)
		return nil
	}
	budgets := p.catalogueBudgets(ctx, owned)
	l := awsread.Listing{Op: awsread.SearchProductsAsAdmin, List: "ProductViewDetails", Next: "NextPageToken", ID: "ProductARN",
		Page: func(ctx context.Context, token *string) ([]byte, error) {
			return awsread.Raw(ctx, s.catalog.SearchProductsAsAdmin, &servicecatalog.SearchProductsAsAdminInput{PageSize: hubPage, PageToken: token})
		}}
	return p.list(ctx, l, func(entries []json.RawMessage) error {
		found := make([]joined, len(entries))
		parallel(len(entries), func(i int) { found[i] = budgets.find(ctx, lastOf(textOf(entries[i], "ProductARN"))) })
		for i, e := range entries {
			r := p.resource(lastOf(textOf(e, "ProductARN")))
			r.ARN, r.Name = textOf(e, "ProductARN"), textOf(rawjson.Find(e, "ProductViewSummary"), "Name")
			p.describe(r, awsread.SearchProductsAsAdmin, catalogueShape, e)
			join(r, "budgets", found[i])
			if err := p.add(r); err != nil {
				return err
			}
		}
		return nil
	})
}
