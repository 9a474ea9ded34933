package awssim

import (
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/servicecatalog"
	sctypes "github.com/aws/aws-sdk-go-v2/service/servicecatalog/types"
	"github.com/aws/smithy-go"
)

// TestSDKHub reads the demo's hub with the real clients, page by page.
func TestSDKHub(t *testing.T) {
	e, err := DemoEstate(now)
	if err != nil {
		t.Fatal(err)
	}
	ctx, m := t.Context(), must{t}
	c := servicecatalog.NewFromConfig(sdk(start(t, Options{Estate: e, PageSize: 1}), e.Organization.ManagementAccount))
	got := map[string][]string{}
	for p := servicecatalog.NewSearchProductsAsAdminPaginator(c, &servicecatalog.SearchProductsAsAdminInput{}); p.HasMorePages(); {
		page, err := p.NextPage(ctx)
		m.ok(err)
		for _, v := range page.ProductViewDetails {
			status := "none"
			if v.SourceConnection != nil {
				status = string(v.SourceConnection.LastSync.LastSyncStatus)
			}
			got["products"] = append(got["products"], aws.ToString(v.ProductViewSummary.Name)+" "+status)
		}
	}
	for p := servicecatalog.NewListPortfoliosPaginator(c, &servicecatalog.ListPortfoliosInput{}); p.HasMorePages(); {
		page, err := p.NextPage(ctx)
		m.ok(err)
		for _, of := range page.PortfolioDetails {
			got["portfolios"] = append(got["portfolios"], aws.ToString(of.DisplayName))
			readPortfolio(t, c, of.Id, got)
		}
	}
	diff(t, "hub", map[string][]string{
		"products":   {"AWS Control Tower Account Factory none", "Web service SUCCEEDED", "Edge cache FAILED"},
		"portfolios": {"Platform services", "AWS Control Tower Account Factory Portfolio"},
		"waiting":    {"664820193375"},
		"constraints": {`LAUNCH {"LocalRoleName":"ServiceCatalogLaunch"}`,
			`LAUNCH {"RoleArn":"arn:aws:iam::481265039174:role/TerraformEngineLaunch"}`, `TEMPLATE {"Rules":{}}`},
		"principals": {"role/ServiceCatalogEndUser", "group/platform-engineers", "user/jan.petersen", "role/AWSControlTowerAdmin"},
	}, got)
}

func readPortfolio(t *testing.T, c *servicecatalog.Client, id *string, got map[string][]string) {
	t.Helper()
	ctx, m := t.Context(), must{t}
	in := &servicecatalog.DescribePortfolioSharesInput{PortfolioId: id, Type: sctypes.DescribePortfolioShareTypeAccount}
	for p := servicecatalog.NewDescribePortfolioSharesPaginator(c, in); p.HasMorePages(); {
		page, err := p.NextPage(ctx)
		m.ok(err)
		for _, s := range page.PortfolioShareDetails {
			if !s.Accepted {
				got["waiting"] = append(got["waiting"], aws.ToString(s.PrincipalId))
			}
		}
	}
	constraints := &servicecatalog.ListConstraintsForPortfolioInput{PortfolioId: id}
	for p := servicecatalog.NewListConstraintsForPortfolioPaginator(c, constraints); p.HasMorePages(); {
		page, err := p.NextPage(ctx)
		m.ok(err)
		for _, k := range page.ConstraintDetails {
			one, err := c.DescribeConstraint(ctx, &servicecatalog.DescribeConstraintInput{Id: k.ConstraintId})
			m.ok(err)
			got["constraints"] = append(got["constraints"], aws.ToString(k.Type)+" "+aws.ToString(one.ConstraintParameters))
		}
	}
	principals := &servicecatalog.ListPrincipalsForPortfolioInput{PortfolioId: id}
	for p := servicecatalog.NewListPrincipalsForPortfolioPaginator(c, principals); p.HasMorePages(); {
		page, err := p.NextPage(ctx)
		m.ok(err)
		for _, of := range page.Principals {
			arn := aws.ToString(of.PrincipalARN)
			got["principals"] = append(got["principals"], arn[len("arn:aws:iam::481265039174:"):])
		}
	}
}

// TestSDKLaunchPaths asks for the ways to launch a product: from the hub, from an account that the hub shares it with, and for one in no
// portfolio.
func TestSDKLaunchPaths(t *testing.T) {
	e, err := DemoEstate(now)
	if err != nil {
		t.Fatal(err)
	}
	server := start(t, Options{Estate: e})
	web := []string{"lpv2-r3m56kc2nolx4 Platform services: LAUNCH Launch as ServiceCatalogLaunch, TEMPLATE Small instances alone"}
	for _, tc := range []struct {
		name, account, product string
		want                   []string
	}{
		{"hub", e.Organization.ManagementAccount, "prod-r3m56kc2nolx4", web},
		{"member", "203948571620", "prod-r3m56kc2nolx4", web},
		{"no portfolio", "203948571620", "prod-e5e3htbde5oqc", nil},
	} {
		c := servicecatalog.NewFromConfig(sdk(server, tc.account))
		out, err := c.ListLaunchPaths(t.Context(), &servicecatalog.ListLaunchPathsInput{ProductId: &tc.product})
		must{t}.ok(err)
		var got []string
		for _, p := range out.LaunchPathSummaries {
			var constraints []string
			for _, s := range p.ConstraintSummaries {
				constraints = append(constraints, aws.ToString(s.Type)+" "+aws.ToString(s.Description))
			}
			got = append(got, aws.ToString(p.Id)+" "+aws.ToString(p.Name)+": "+strings.Join(constraints, ", "))
		}
		diff(t, tc.name, tc.want, got)
	}
	c := servicecatalog.NewFromConfig(sdk(server, e.Organization.ManagementAccount))
	_, err = c.ListLaunchPaths(t.Context(), &servicecatalog.ListLaunchPathsInput{ProductId: aws.String("prod-none")})
	if _, gone := errors.AsType[*sctypes.ResourceNotFoundException](err); !gone {
		t.Errorf("a product that is none: %v", err)
	}
}

// TestSDKPrincipals asks IAM for principals that are there and for one that is deleted, and meets its refusals.
func TestSDKPrincipals(t *testing.T) {
	e, err := DemoEstate(now)
	if err != nil {
		t.Fatal(err)
	}
	ctx, m := t.Context(), must{t}
	server := start(t, Options{Estate: e, Faults: []Fault{{Operation: "GetGroup", Kind: FaultAccessDenied}}})
	c := iam.NewFromConfig(sdk(server, e.Organization.ManagementAccount))
	role, err := c.GetRole(ctx, &iam.GetRoleInput{RoleName: aws.String("ServiceCatalogEndUser")})
	m.ok(err)
	diff(t, "role", "arn:aws:iam::481265039174:role/ServiceCatalogEndUser", aws.ToString(role.Role.Arn))
	user, err := c.GetUser(ctx, &iam.GetUserInput{UserName: aws.String("ann")})
	m.ok(err)
	diff(t, "user", "ann", aws.ToString(user.User.UserName))
	_, err = c.GetUser(ctx, &iam.GetUserInput{UserName: aws.String("jan.petersen")})
	if _, gone := errors.AsType[*iamtypes.NoSuchEntityException](err); !gone {
		t.Errorf("a deleted user: %v", err)
	}
	_, err = c.GetGroup(ctx, &iam.GetGroupInput{GroupName: aws.String("platform-engineers")})
	if api, ok := errors.AsType[smithy.APIError](err); !ok || api.ErrorCode() != "AccessDenied" {
		t.Errorf("a denied call: %v", err)
	}
}
