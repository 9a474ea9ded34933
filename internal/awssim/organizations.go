package awssim

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// organizationInput are the parameters of the read calls of Organizations.
type organizationInput struct {
	ParentId   string
	MaxResults json.Number
	NextToken  string
}

// ofOrganization is an operation of Organizations, which an account outside of one does not have.
func ofOrganization(run func(*call, organizationInput) (reply, error)) func(*call, organizationInput) (reply, error) {
	return func(c *call, in organizationInput) (reply, error) {
		if c.estate.Organization.ID == "" {
			return nil, &apiError{code: "AWSOrganizationsNotInUseException", message: "Your account is not a member of an organization."}
		}
		if c.operation.name != "DescribeOrganization" && c.account != c.estate.Organization.ManagementAccount {
			return nil, &apiError{code: "AccessDeniedException", message: "You don't have permissions to access this resource."}
		}
		return run(c, in)
	}
}

func (in organizationInput) paging() paging {
	return paging{sizeName: "maxResults", size: string(in.MaxResults), least: 1, most: 20, standard: 20, token: in.NextToken,
		next: "NextToken", filter: in.ParentId}
}

func (o *Organization) arn(kind string, ids ...string) string {
	return fmt.Sprintf("arn:aws:organizations::%s:%s/%s", o.ManagementAccount, kind, strings.Join(append([]string{o.ID}, ids...), "/"))
}

// document is the account as ListAccounts sends it. Status is the older of two members for the same thing and knows less.
func (a *Account) document(o *Organization) reply {
	status := a.State
	switch a.State {
	case "CLOSED":
		status = "SUSPENDED"
	case "PENDING_ACTIVATION":
		status = "ACTIVE"
	}
	method := "CREATED"
	if a.ID == o.ManagementAccount {
		method = "INVITED"
	}
	return reply{
		text("Id", a.ID), text("Arn", o.arn("account", a.ID)), text("Email", a.Email), text("Name", a.Name),
		text("Status", status), text("State", a.State), text("JoinedMethod", method), {"JoinedTimestamp", a.joined},
	}
}

func (c *call) accountPage(in organizationInput, wanted func(Account) bool) (reply, error) {
	var list [][]byte
	for _, a := range c.estate.Accounts {
		if wanted(a) {
			list = append(list, a.document(&c.estate.Organization).encode())
		}
	}
	return page(c, "Accounts", in.paging(), list)
}

func listAccounts(c *call, in organizationInput) (reply, error) {
	return c.accountPage(in, func(Account) bool { return true })
}

func describeOrganization(c *call, _ organizationInput) (reply, error) {
	o := &c.estate.Organization
	doc := reply{
		text("Id", o.ID), text("Arn", o.arn("organization")), text("FeatureSet", "ALL"),
		text("MasterAccountArn", o.arn("account", o.ManagementAccount)), text("MasterAccountId", o.ManagementAccount),
		text("MasterAccountEmail", c.estate.account(o.ManagementAccount).Email),
	}
	return reply{{"Organization", doc.encode()}}, nil
}

// parent checks that the parent is the root or a unit.
func (c *call) parent(id string) error {
	o := &c.estate.Organization
	if id == o.Root || slices.ContainsFunc(o.Units, func(u Unit) bool { return u.ID == id }) {
		return nil
	}
	if !strings.HasPrefix(id, "r-") && !strings.HasPrefix(id, "ou-") {
		return c.invalid("You specified an invalid value for ParentId: %s", id)
	}
	return &apiError{code: "ParentNotFoundException", message: "You specified parent that doesn't exist: " + id}
}

func listAccountsForParent(c *call, in organizationInput) (reply, error) {
	if err := c.parent(in.ParentId); err != nil {
		return nil, err
	}
	return c.accountPage(in, func(a Account) bool { return a.Unit == in.ParentId })
}

func listUnitsForParent(c *call, in organizationInput) (reply, error) {
	if err := c.parent(in.ParentId); err != nil {
		return nil, err
	}
	var list [][]byte
	for _, u := range c.estate.Organization.Units {
		if u.Parent == in.ParentId {
			list = append(list, reply{text("Id", u.ID), text("Arn", c.estate.Organization.arn("ou", u.ID)), text("Name", u.Name)}.encode())
		}
	}
	return page(c, "OrganizationalUnits", in.paging(), list)
}
