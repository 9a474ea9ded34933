package collector

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"tenor/internal/awsread"
	"tenor/snapshot"
)

// Organization says how the accounts of an AWS organization are read.
type Organization struct {
	RoleName    string // assumed in every account but the caller's own; may begin with a path, as in "audit/TenorAudit"
	ExternalID  string // empty: none
	SessionName string // what the names of role sessions begin with, see sessionName; empty: "tenor"
	// SourceIdentity is what CloudTrail shows with every call, through any further role; the trust of each role must allow
	// sts:SetSourceIdentity. Empty: none.
	SourceIdentity string
	// IncludeOUs are organizational units or roots (ou-…, r-…), with all the units below them; empty: the whole organization.
	IncludeOUs      []string
	ExcludeAccounts []string
}

// sessionName returns the name of a run's role sessions, which CloudTrail shows with every call: prefix, and the time with which the
// run's folder begins, as in tenor-20261120T050000Z. STS takes 64 characters, so a longer prefix is cut.
func sessionName(prefix, takenAt string) string {
	stamp := "-" + strings.NewReplacer("-", "", ":", "").Replace(takenAt)
	prefix = cmp.Or(prefix, "tenor")
	return prefix[:min(len(prefix), 64-len(stamp))] + stamp
}

// identity is who the run's own credentials are.
type identity struct{ account, partition string }

func (r *run) identify(ctx context.Context) (identity, error) {
	client := sts.NewFromConfig(r.gate.Config("", r.cfg.Region, r.cfg.Credentials))
	out, err := client.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return identity{}, awsread.GetCallerIdentity.Wrap(err)
	}
	parsed, err := arn.Parse(aws.ToString(out.Arn))
	if err != nil || aws.ToString(out.Account) == "" {
		return identity{}, awsread.GetCallerIdentity.Wrap(awsread.Malformed("the answer has no account or ARN: %q", aws.ToString(out.Arn)))
	}
	return identity{account: aws.ToString(out.Account), partition: parsed.Partition}, nil
}

// accounts returns the accounts of the run, ordered by id, and notes how they were chosen.
func (r *run) accounts(ctx context.Context, caller identity) ([]snapshot.ManifestAccount, error) {
	var found []snapshot.ManifestAccount
	switch org := r.opts.Organization; {
	case org == nil && len(r.opts.Accounts) == 0:
		found = named([]string{caller.account})
	case org == nil:
		for _, id := range r.opts.Accounts {
			if id != caller.account {
				return nil, fmt.Errorf("account %s is not the caller's own, %s: name the role to assume in it (organization.role_name)", id,
					caller.account)
			}
		}
		found = named(r.opts.Accounts)
	case r.opts.Listed != nil:
		found = slices.Clone(r.opts.Listed)
	default:
		if strings.Trim(org.RoleName, "/") == "" {
			return nil, errors.New("organization: no role_name, which is the role to assume in each account")
		}
		listed, err := r.listAccounts(ctx, org)
		switch {
		case err == nil:
			found = narrowed(listed, r.opts.Accounts)
			r.chosen.WholeOrganization = len(r.opts.Accounts) == 0 && len(org.IncludeOUs) == 0
		case len(r.opts.Accounts) > 0 && len(org.IncludeOUs) == 0 && ctx.Err() == nil:
			found = named(r.opts.Accounts) // an explicit list needs no organization, only their names are not known then
		default:
			return nil, err
		}
		found = slices.DeleteFunc(found, func(a snapshot.ManifestAccount) bool {
			excluded := slices.Contains(org.ExcludeAccounts, a.ID)
			if excluded {
				r.chosen.Excluded = append(r.chosen.Excluded, a.ID)
			}
			return excluded
		})
		slices.Sort(r.chosen.Excluded)
	}
	if r.opts.Listed == nil && !slices.ContainsFunc(found, func(a snapshot.ManifestAccount) bool { return !r.outside(a) }) {
		return nil, errors.New("no accounts to read: accounts, include_ous and exclude_accounts leave none of the organization's")
	}
	slices.SortFunc(found, func(a, b snapshot.ManifestAccount) int { return strings.Compare(a.ID, b.ID) })
	return slices.CompactFunc(found, func(a, b snapshot.ManifestAccount) bool { return a.ID == b.ID }), nil
}

func named(ids []string) []snapshot.ManifestAccount {
	var out []snapshot.ManifestAccount
	for _, id := range ids {
		out = append(out, snapshot.ManifestAccount{ID: id})
	}
	return out
}

// narrowed returns those of listed whose id is in ids, all when ids is empty. An id that is not listed stays: whether its
// role can be assumed, or that it is in none of the units, is for the ledger to say.
func narrowed(listed []snapshot.ManifestAccount, ids []string) []snapshot.ManifestAccount {
	if len(ids) == 0 {
		return listed
	}
	var out []snapshot.ManifestAccount
	for _, id := range ids {
		if i := slices.IndexFunc(listed, func(a snapshot.ManifestAccount) bool { return a.ID == id }); i >= 0 {
			out = append(out, listed[i])
		} else {
			out = append(out, snapshot.ManifestAccount{ID: id})
		}
	}
	return out
}

// outside reports whether an account was named, and is in none of the units that are included. Of those that are, the
// organization has told more than the id.
func (r *run) outside(a snapshot.ManifestAccount) bool {
	org := r.opts.Organization
	return org != nil && len(org.IncludeOUs) > 0 && a == snapshot.ManifestAccount{ID: a.ID}
}

// awsread.ListAccounts reads the organization's accounts, or those of its units that are included.
func (r *run) listAccounts(ctx context.Context, org *Organization) ([]snapshot.ManifestAccount, error) {
	client := organizations.NewFromConfig(r.gate.Config(r.caller.account, r.globalRegion(), r.cfg.Credentials))
	if len(org.IncludeOUs) == 0 {
		return r.accountsOf(ctx, awsread.ListAccounts, func(ctx context.Context, token *string) ([]byte, error) {
			return awsread.Raw(ctx, client.ListAccounts, &organizations.ListAccountsInput{NextToken: token})
		})
	}
	units, err := r.unitsBelow(ctx, client, org.IncludeOUs)
	if err != nil {
		return nil, err
	}
	var found []snapshot.ManifestAccount
	for _, unit := range units {
		listed, err := r.accountsOf(ctx, awsread.ListAccountsForParent, func(ctx context.Context, token *string) ([]byte, error) {
			return awsread.Raw(ctx, client.ListAccountsForParent, &organizations.ListAccountsForParentInput{ParentId: &unit, NextToken: token})
		})
		if err != nil {
			return nil, fmt.Errorf("accounts of %s: %w", unit, err)
		}
		found = append(found, listed...)
	}
	return found, nil
}

// unitsBelow returns the units, and those below them to any depth, each once: an audit of a unit that left out what is
// nested in it would pass over accounts in silence.
func (r *run) unitsBelow(ctx context.Context, client *organizations.Client, units []string) ([]string, error) {
	var found []string
	for queue := slices.Clone(units); len(queue) > 0; queue = queue[1:] {
		unit := queue[0]
		if slices.Contains(found, unit) {
			continue
		}
		found = append(found, unit)
		ask := func(ctx context.Context, token *string) ([]byte, error) {
			in := &organizations.ListOrganizationalUnitsForParentInput{ParentId: &unit, NextToken: token}
			return awsread.Raw(ctx, client.ListOrganizationalUnitsForParent, in)
		}
		l := awsread.Listing{Op: awsread.ListOrganizationalUnitsForParent, List: "OrganizationalUnits", ID: "Id", Page: ask}
		err := r.organization(ctx, l, func(child []byte) { queue = append(queue, textOf(child, "Id")) })
		if err != nil {
			return nil, fmt.Errorf("units of %s: %w", unit, err)
		}
	}
	return found, nil
}

// accountsOf reads all pages of a list of accounts.
func (r *run) accountsOf(
	ctx context.Context, op awsread.Operation, ask func(context.Context, *string) ([]byte, error),
) ([]snapshot.ManifestAccount, error) {
	var found []snapshot.ManifestAccount
	err := r.organization(ctx, awsread.Listing{Op: op, List: "Accounts", ID: "Id", Page: ask}, func(a []byte) {
		status := cmp.Or(textOf(a, "State"), textOf(a, "Status")) // Status is being retired
		found = append(found, snapshot.ManifestAccount{ID: textOf(a, "Id"), Name: textOf(a, "Name"), Status: status})
	})
	return found, err
}

// organization reads all pages of a list of the organization and hands each entry to take. An entry without an id is an error:
// nobody knows then who else is to be asked.
func (r *run) organization(ctx context.Context, l awsread.Listing, take func(entry []byte)) error {
	l.Next = "NextToken"
	for pg, err := range r.gate.Pages(ctx, l) {
		if err != nil {
			return l.Op.Wrap(err)
		}
		for _, e := range pg.Entries {
			if textOf(e, l.ID) == "" {
				return l.Op.Wrap(awsread.Malformed("an entry of %s has no %s", l.List, l.ID))
			}
			take(e)
		}
	}
	return nil
}

// isSuspended reports whether an account of that status cannot be read by anyone.
func isSuspended(status string) bool {
	switch types.AccountState(status) {
	case types.AccountStateSuspended, types.AccountStatePendingClosure, types.AccountStateClosed:
		return true
	}
	return false
}

// credentialsFor returns the credentials that an account is read with: the caller's own, or those of the role in it,
// which refresh themselves. The error is that of the first AssumeRole.
func (r *run) credentialsFor(ctx context.Context, account string) (aws.CredentialsProvider, error) {
	if account == r.caller.account {
		return r.cfg.Credentials, nil
	}
	org := r.opts.Organization
	role := fmt.Sprintf("arn:%s:iam::%s:role/%s", r.caller.partition, account, strings.TrimPrefix(org.RoleName, "/"))
	client := sts.NewFromConfig(r.gate.Config(r.caller.account, r.cfg.Region, r.cfg.Credentials))
	provider := stscreds.NewAssumeRoleProvider(client, role, func(o *stscreds.AssumeRoleOptions) {
		o.RoleSessionName = sessionName(org.SessionName, r.takenAt)
		o.Duration = time.Hour // which every role allows, and a chain of roles at the most
		if org.ExternalID != "" {
			o.ExternalID = &org.ExternalID
		}
		if org.SourceIdentity != "" {
			o.SourceIdentity = &org.SourceIdentity
		}
	})
	cache := aws.NewCredentialsCache(provider, func(o *aws.CredentialsCacheOptions) { o.ExpiryWindow = r.pacing.Ahead })
	_, err := cache.Retrieve(ctx)
	return cache, err
}
