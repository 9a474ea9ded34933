package awssim

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"tenor/internal/rawjson"
)

// portfolio is one of Service Catalog, in the account that owns it.
type portfolio struct {
	id                 string
	detail             json.RawMessage   // PortfolioDetail
	shares, principals []json.RawMessage // PortfolioShareDetail, Principal
	constraints        []json.RawMessage // DescribeConstraint
	products           []string          // ids
}

// addPortfolio takes a portfolio and its lists, each of which may be nil.
func (s *scope) addPortfolio(parts ...[]byte) error {
	p := portfolio{id: textMember(parts[0], "Id"), detail: parts[0]}
	if p.id == "" {
		return errors.New("a portfolio needs its Id")
	}
	for i, to := range []any{&p.shares, &p.constraints, &p.principals, &p.products} {
		if from := parts[i+1]; from != nil {
			if err := json.Unmarshal(from, to); err != nil {
				return fmt.Errorf("lists of %s: %w", p.id, err)
			}
		}
	}
	for _, c := range p.constraints {
		if textMember(rawjson.Find(c, "ConstraintDetail"), "ConstraintId") == "" {
			return fmt.Errorf("a constraint of %s needs its ConstraintDetail.ConstraintId", p.id)
		}
	}
	s.folios = append(s.folios, p)
	return nil
}

func listPortfolios(c *call, in catalogInput) (reply, error) {
	var details []json.RawMessage
	for _, p := range c.scope.folios {
		details = append(details, p.detail)
	}
	return page(c, "PortfolioDetails", in.paging(20), details)
}

func searchProductsAsAdmin(c *call, in catalogInput) (reply, error) {
	if in.PortfolioId != "" || len(in.Filters) > 0 {
		return nil, c.invalid("PortfolioId and Filters are not simulated.")
	}
	var own []json.RawMessage // the others are shared with the account
	for _, p := range c.scope.products {
		if strings.Contains(textMember(p.view, "ProductARN"), ":"+c.account+":") {
			own = append(own, p.view)
		}
	}
	return page(c, "ProductViewDetails", in.paging(20), own)
}

// ofPortfolio answers a page of a list of one portfolio.
func (c *call) ofPortfolio(in catalogInput, key string, most int, list func(*portfolio) ([]json.RawMessage, error)) (reply, error) {
	for i := range c.scope.folios {
		if p := &c.scope.folios[i]; p.id == in.PortfolioId {
			items, err := list(p)
			if err != nil {
				return nil, err
			}
			return page(c, key, in.paging(most), items)
		}
	}
	return nil, &apiError{code: "ResourceNotFoundException", message: "Portfolio " + in.PortfolioId + " not found."}
}

func describePortfolioShares(c *call, in catalogInput) (reply, error) {
	return c.ofPortfolio(in, "PortfolioShareDetails", 100, func(p *portfolio) ([]json.RawMessage, error) {
		if in.Type == "" {
			return nil, c.invalid("1 validation error detected: Value null at 'type' failed to satisfy constraint: Member must not be null")
		}
		var shares []json.RawMessage
		for _, s := range p.shares {
			if textMember(s, "Type") == in.Type {
				shares = append(shares, s)
			}
		}
		return shares, nil
	})
}

func listConstraintsForPortfolio(c *call, in catalogInput) (reply, error) {
	return c.ofPortfolio(in, "ConstraintDetails", 20, func(p *portfolio) ([]json.RawMessage, error) {
		var details []json.RawMessage
		for _, one := range p.constraints {
			details = append(details, rawjson.Find(one, "ConstraintDetail"))
		}
		return details, nil
	})
}

func listPrincipalsForPortfolio(c *call, in catalogInput) (reply, error) {
	return c.ofPortfolio(in, "Principals", 20, func(p *portfolio) ([]json.RawMessage, error) { return p.principals, nil })
}

func describeConstraint(c *call, in catalogInput) (reply, error) {
	for _, p := range c.scope.folios {
		for _, one := range p.constraints {
			if textMember(rawjson.Find(one, "ConstraintDetail"), "ConstraintId") == in.Id {
				return membersOf(one), nil
			}
		}
	}
	return nil, &apiError{code: "ResourceNotFoundException", message: "Constraint " + in.Id + " not found."}
}

// listLaunchPaths answers with a path for each portfolio that the product is in, as whoever may use all of them sees it. The first has the
// id that the records of the demo have.
func listLaunchPaths(c *call, in catalogInput) (reply, error) {
	p, err := c.product(in.ProductId, "")
	if err != nil {
		return nil, err
	}
	owner := strings.SplitN(textMember(p.view, "ProductARN"), ":", 6) // the portfolios of a shared product are the owner's
	if len(owner) < 6 {
		return nil, fmt.Errorf("product %s has no ProductARN", p.id)
	}
	var paths [][]byte
	for _, f := range c.estate.scope(owner[4], c.region).folios {
		if !slices.Contains(f.products, p.id) {
			continue
		}
		id := "lpv2-" + strings.TrimPrefix(p.id, "prod-")
		if len(paths) > 0 {
			id += "-" + strings.TrimPrefix(f.id, "port-")
		}
		constraints := []json.RawMessage{}
		for _, one := range f.constraints {
			detail := rawjson.Find(one, "ConstraintDetail")
			if textMember(detail, "ProductId") == p.id {
				summary := reply{text("Type", textMember(detail, "Type")), text("Description", textMember(detail, "Description"))}
				constraints = append(constraints, summary.encode())
			}
		}
		summaries, err := json.Marshal(constraints)
		if err != nil {
			return nil, err
		}
		paths = append(paths, reply{text("Id", id), {"ConstraintSummaries", summaries}, {"Tags", []byte("[]")},
			text("Name", textMember(f.detail, "DisplayName"))}.encode())
	}
	return page(c, "LaunchPathSummaries", in.paging(20), paths)
}
