package awssim

import (
	"encoding/json"
	"slices"
	"strings"
)

// awsRegions are the regions of the partitions that the server knows, as account:ListRegions names them.
var awsRegions = strings.Fields(`
	af-south-1 ap-east-1 ap-east-2 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-south-2
	ap-southeast-1 ap-southeast-2 ap-southeast-3 ap-southeast-4 ap-southeast-5 ap-southeast-6 ap-southeast-7
	ca-central-1 ca-west-1 eu-central-1 eu-central-2 eu-north-1 eu-south-1 eu-south-2 eu-west-1 eu-west-2 eu-west-3
	il-central-1 me-central-1 me-south-1 mx-central-1 sa-east-1 us-east-1 us-east-2 us-west-1 us-west-2
	cn-north-1 cn-northwest-1 us-gov-east-1 us-gov-west-1`)

// defaultRegions are those of them that AWS enables in every account.
var defaultRegions = strings.Fields(`
	ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-southeast-1 ap-southeast-2 ca-central-1 eu-central-1 eu-north-1
	eu-west-1 eu-west-2 eu-west-3 sa-east-1 us-east-1 us-east-2 us-west-1 us-west-2
	cn-north-1 cn-northwest-1 us-gov-east-1 us-gov-west-1`)

// regionsInput are the parameters of ListRegions.
type regionsInput struct {
	AccountId, NextToken    string
	MaxResults              json.Number
	RegionOptStatusContains []string
}

// listRegions lists the regions of the caller's partition, and whether the account has enabled them.
func listRegions(c *call, in regionsInput) (reply, error) {
	if in.AccountId != "" {
		return nil, c.notAllowed() // which takes trusted access
	}
	names := slices.Concat(awsRegions, c.estate.Regions)
	slices.Sort(names)
	var list [][]byte
	for _, name := range slices.Compact(names) {
		status := c.estate.optIn(c.account, name)
		wanted := len(in.RegionOptStatusContains) == 0 || slices.Contains(in.RegionOptStatusContains, status)
		if wanted && partitionOf(name) == c.partition() {
			list = append(list, reply{text("RegionName", name), text("RegionOptStatus", status)}.encode())
		}
	}
	p := paging{
		sizeName: "maxResults", size: string(in.MaxResults), least: 1, most: 50, standard: 50, token: in.NextToken, next: "NextToken",
		filter: strings.Join(in.RegionOptStatusContains, ","),
	}
	return page(c, "Regions", p, list)
}
