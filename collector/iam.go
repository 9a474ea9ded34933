package collector

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"tenor/audit"
	"tenor/internal/awsread"
	"tenor/internal/rawjson"
)

// principals asks IAM which principals of an account there are, each once for all regions: IAM is one service for the whole
// partition. Nothing of its answers is kept but that.
type principals struct {
	account string
	client  *iam.Client
	asked   asked[principalKey, principal]
}

// principal is what came of asking for one.
type principal struct {
	missing bool // IAM does not know it
	err     error
}

// principalKey is what IAM is asked for one by. The sessions of a role, whose ARNs have names of their own, are one.
type principalKey struct {
	op   awsread.Operation
	name string
}

func (r *run) principals(account string, credentials aws.CredentialsProvider) *principals {
	client := iam.NewFromConfig(r.gate.Config(account, r.globalRegion(), credentials))
	return &principals{account: account, client: client}
}

// operation returns the one that asks for a principal, and its name; ok is false for what is none of the account's own, or no one
// principal: a pattern, an id, the root user.
func (ps *principals) operation(of string) (op awsread.Operation, name string, ok bool) {
	a, err := arn.Parse(of)
	if err != nil || a.AccountID != ps.account || strings.ContainsAny(of, "*?") {
		return op, "", false
	}
	kind, path, _ := strings.Cut(a.Resource, "/")
	switch name = lastOf(path); {
	case name == "":
		return op, "", false
	case a.Service == awsread.STS && kind == "assumed-role":
		name, _, _ = strings.Cut(path, "/") // before the name of the session
		return awsread.GetRole, name, true
	case a.Service != awsread.IAM:
		return op, "", false
	}
	switch kind {
	case "role":
		return awsread.GetRole, name, true
	case "user":
		return awsread.GetUser, name, true
	case "group":
		return awsread.GetGroup, name, true
	}
	return op, "", false
}

// ask asks for a principal, unless that was done.
func (ps *principals) ask(ctx context.Context, k principalKey) principal {
	return ps.asked.get(k, func() principal {
		found, err := ps.get(ctx, k.op, k.name)
		if err == nil && !strings.EqualFold(aws.ToString(found), k.name) {
			err = awsread.Malformed("%s was asked for, and %q came", k.name, aws.ToString(found))
		}
		if _, missing := errors.AsType[*types.NoSuchEntityException](err); missing {
			return principal{missing: true}
		}
		return principal{err: timely(ctx, err)}
	})
}

// get asks for a principal and returns its name, nil where the answer has none.
func (ps *principals) get(ctx context.Context, op awsread.Operation, name string) (found *string, err error) {
	switch op {
	case awsread.GetUser:
		out, err := ps.client.GetUser(ctx, &iam.GetUserInput{UserName: &name})
		if err == nil && out.User != nil {
			found = out.User.UserName
		}
		return found, err
	case awsread.GetGroup:
		out, err := ps.client.GetGroup(ctx, &iam.GetGroupInput{GroupName: &name, MaxItems: aws.Int32(1)})
		if err == nil && out.Group != nil {
			found = out.Group.GroupName
		}
		return found, err
	}
	out, err := ps.client.GetRole(ctx, &iam.GetRoleInput{RoleName: &name})
	if err == nil && out.Role != nil {
		found = out.Role.RoleName
	}
	return found, err
}

// knows asks IAM for a principal and notes it on the part's ledger, which counts it once. Asked is false for what cannot be asked.
func (p *part) knows(ctx context.Context, of string) (missing, asked bool, gap *audit.Gap) {
	op, name, ok := p.principals.operation(of)
	if !ok {
		return false, false, nil
	}
	k := principalKey{op, name}
	found := p.principals.ask(ctx, k)
	p.mu.Lock()
	first := !p.noted[k]
	p.noted[k] = true
	p.mu.Unlock()
	if found.err != nil {
		g := op.Gap(found.err)
		if first {
			p.ledger.failed(op, name, g)
		}
		return false, true, &g
	}
	if first {
		p.ledger.collected(op, 1)
	}
	return found.missing, true, nil
}

// relatePrincipal puts into a resource whether IAM knows a principal of its account, {ARN, Missing}, as a section. One that cannot
// be asked for is no section.
func (p *part) relatePrincipal(ctx context.Context, r *audit.Resource, section, of string) {
	missing, asked, gap := p.knows(ctx, of)
	switch {
	case gap != nil:
		r.Gaps[section] = *gap
	case asked:
		doc := rawjson.AppendQuote(append(make([]byte, 0, len(of)+32), `{"ARN":`...), of)
		r.Related[section] = append(strconv.AppendBool(append(doc, `,"Missing":`...), missing), '}')
	}
}

// relateLaunchRole puts into a product whether its launch role is there: that of the newest of its records that names one. No other
// answer says which it is.
func (p *part) relateLaunchRole(ctx context.Context, r *audit.Resource, records json.RawMessage) {
	const section = "launch_role"
	if gap, ok := r.Gaps["records"]; ok {
		r.Gaps[section] = gap
		return
	}
	for e := range rawjson.Elements(rawjson.Find(records, recordDetails.list)) {
		if role := textOf(e, "LaunchRoleArn"); role != "" {
			p.relatePrincipal(ctx, r, section, role)
			return
		}
	}
}
