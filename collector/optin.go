package collector

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/account"
	"github.com/aws/aws-sdk-go-v2/service/account/types"

	"tenor/audit"
	"tenor/internal/awsread"
)

// regionsPage is the largest page that ListRegions gives.
const regionsPage = 50

// optIns is what account:ListRegions says of the regions of an account: the status of each, by name. nil: it is not known.
type optIns map[string]types.RegionOptStatus

// uses reports whether an account can use a region, and whether that is known. A region that is being enabled or disabled
// counts as one that it can use; those that AWS enables by default cannot be disabled.
func (o optIns) uses(region string) (uses, known bool) {
	if status, ok := o[region]; ok {
		return status != types.RegionOptStatusDisabled, true
	}
	return true, slices.Contains(defaultRegions, region)
}

// optIns asks which regions an account has enabled, once for the caller's own.
func (r *run) optIns(ctx context.Context, id string, credentials aws.CredentialsProvider) (optIns, error) {
	if id == r.caller.account {
		r.ownOnce.Do(func() { r.own, r.ownErr = r.listRegions(ctx, id, credentials) })
		return r.own, r.ownErr
	}
	return r.listRegions(ctx, id, credentials)
}

func (r *run) listRegions(ctx context.Context, id string, credentials aws.CredentialsProvider) (optIns, error) {
	client := account.NewFromConfig(r.gate.Config(id, r.globalRegion(), credentials))
	ask := func(ctx context.Context, token *string) ([]byte, error) {
		return awsread.Raw(ctx, client.ListRegions, &account.ListRegionsInput{MaxResults: aws.Int32(regionsPage), NextToken: token})
	}
	l := awsread.Listing{Op: awsread.ListRegions, List: "Regions", Next: "NextToken", ID: "RegionName", Page: ask}
	found := optIns{}
	for pg, err := range r.gate.Pages(ctx, l) {
		if err != nil {
			return nil, timely(ctx, err)
		}
		for _, e := range pg.Entries {
			found[textOf(e, "RegionName")] = types.RegionOptStatus(textOf(e, "RegionOptStatus"))
		}
	}
	return found, nil
}

// asked reports whether a region of an account is to be asked, and notes on the ledger why it is not.
func (r *run) asked(id, region string, opt optIns) bool {
	row := audit.Coverage{Account: id, Region: region}
	_, named := opt[region]
	switch uses, _ := opt.uses(region); {
	case !uses:
		row.Status, row.Message = audit.StatusNotEnabled, "the account has not enabled this region"
	case !named && len(r.opts.Regions) == 0 && !offers(r.caller.partition, region, ""):
		row.Status = audit.StatusNotOffered
		row.Message = "neither service is known to be here: to have it asked, allow account:ListRegions or name the region"
	case !named && opt != nil && len(r.opts.Regions) > 0 && !knows(r.caller.partition, region):
		row.Status, row.Reason = audit.StatusGap, audit.ReasonError
		row.Message = "AWS lists no region of this name: correct the regions of the config, or --region"
	default:
		return true
	}
	for _, service := range [...]string{awsread.Outposts, awsread.ServiceCatalog} {
		row := row
		if row.Service = service; r.leavesOut(region, service) {
			row.Status, row.Message = audit.StatusNotOffered, noService
		}
		r.note(row)
	}
	return false
}

// beyond returns the regions, ordered, that an account has enabled and that are none of the run's, when that is to read all
// there are: newer ones than the SDK knows, of which the caller's own account did not say.
func (r *run) beyond(regions []string, opt optIns) []string {
	switch {
	case len(r.opts.Regions) > 0:
		return nil
	case r.opts.ListedRegions != nil:
		if regions = r.opts.PlannedRegions; regions == nil {
			return nil
		}
	}
	var found []string
	for name := range opt {
		if uses, _ := opt.uses(name); uses && !slices.Contains(regions, name) {
			found = append(found, name)
		}
	}
	slices.Sort(found)
	return found
}

// globalRegion is where the services that have one endpoint for the whole partition are asked, and their calls signed.
func (r *run) globalRegion() string {
	switch r.caller.partition {
	case "aws":
		return "us-east-1"
	case "aws-cn":
		return "cn-northwest-1"
	}
	return r.cfg.Region
}

// regions returns the regions of the run, ordered. Where none is named they are the SDK's and those that ListRegions names in
// the caller's own account; where that is denied, the SDK's alone.
func (r *run) regions(ctx context.Context) ([]string, error) {
	if r.opts.ListedRegions != nil {
		return r.opts.ListedRegions, nil
	}
	var own optIns
	if len(r.opts.Regions) == 0 {
		own, _ = r.optIns(ctx, r.caller.account, r.cfg.Credentials) // whether it failed is noted with the account
		if err := aborted(ctx); err != nil {
			return nil, err
		}
	}
	return regionsOf(r.opts.Regions, r.caller.partition, slices.Sorted(maps.Keys(own)))
}

// defaultRegions are those that AWS enables in every account, and that no account can disable: of partition aws those from
// before 20 March 2019, and all in the partitions that know no others.
// https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-regions.html
var defaultRegions = strings.Fields(`
	ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-southeast-1 ap-southeast-2 ca-central-1 eu-central-1 eu-north-1
	eu-west-1 eu-west-2 eu-west-3 sa-east-1 us-east-1 us-east-2 us-west-1 us-west-2
	cn-north-1 cn-northwest-1 us-gov-east-1 us-gov-west-1 us-iso-east-1 us-isob-east-1`)
