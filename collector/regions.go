package collector

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"tenor/internal/awsread"
)

// region is a region as the SDK's endpoint data has it.
type region struct {
	name     string
	services string // of outposts and servicecatalog those that are there, separated by a space
}

// partition is a set of regions that share accounts: aws, aws-us-gov, aws-cn, ….
type partition struct {
	id      string
	pattern string // of the names of its regions
	regions []region
}

func partitionOf(id string) (partition, bool) {
	i := slices.IndexFunc(partitions, func(p partition) bool { return p.id == id })
	if i < 0 {
		return partition{}, false
	}
	return partitions[i], true
}

// regionsOf returns the regions of a run, ordered: those that are wanted, else every region of the partition, which are the
// SDK's and those that AWS has listed. A wanted region that the SDK does not know yet is taken when its name is one of the
// partition's.
func regionsOf(wanted []string, partitionID string, listed []string) ([]string, error) {
	p, ok := partitionOf(partitionID)
	if !ok && len(wanted) == 0 && len(listed) == 0 {
		return nil, fmt.Errorf("the regions of partition %q are not known: name them", partitionID)
	}
	var out []string
	for _, name := range wanted {
		if ok && !regexp.MustCompile(p.pattern).MatchString(name) {
			return nil, fmt.Errorf("region %q is none of partition %s, which the credentials are of", name, partitionID)
		}
		out = append(out, name)
	}
	if len(wanted) == 0 {
		if len(listed) == 0 && !slices.ContainsFunc(p.regions, func(r region) bool { return r.services != "" }) {
			return nil, fmt.Errorf("partition %s has no region with Outposts or Service Catalog", partitionID)
		}
		for _, r := range p.regions {
			out = append(out, r.name)
		}
		out = append(out, listed...)
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

// offers reports whether the SDK knows an endpoint of the service in the region, of either service when that is empty. That
// it knows none is no proof that there is none.
func offers(partitionID, name, service string) bool {
	p, _ := partitionOf(partitionID)
	i := slices.IndexFunc(p.regions, func(r region) bool { return r.name == name })
	if i < 0 || service == "" {
		return i >= 0 && p.regions[i].services != ""
	}
	return slices.Contains(strings.Fields(p.regions[i].services), service)
}

// knows reports whether the SDK has a region of that name, with either service or without.
func knows(partitionID, name string) bool {
	p, _ := partitionOf(partitionID)
	return slices.ContainsFunc(p.regions, func(r region) bool { return r.name == name })
}

// home returns the region in which a run asks STS: the configuration's, else one of those to be read, whose partition is the
// run's and which the organization allows; of them one that AWS enables by default.
func home(cfg aws.Config, wanted []string) string {
	if len(wanted) == 0 || awsread.HasRegion(cfg) {
		return cfg.Region
	}
	return wanted[max(0, slices.IndexFunc(wanted, func(r string) bool { return slices.Contains(defaultRegions, r) }))]
}
