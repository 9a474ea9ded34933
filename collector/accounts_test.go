package collector

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tenor/audit"
	"tenor/internal/awsread"
	"tenor/internal/awssim"
)

// TestAccounts holds which accounts a run asks, from what the options say.
func TestAccounts(t *testing.T) {
	org := func(change func(*Organization)) *Organization {
		o := organization()
		change(o)
		return o
	}
	for _, c := range []struct {
		name     string
		caller   string
		accounts []string
		org      *Organization
		want     string // ids and names; or the error
	}{
		{"neither", plant, nil, nil, plant},
		{"the caller's own by name", plant, []string{plant}, nil, plant},
		{"another without an organization", plant, []string{lab}, nil, "account 444455556666 is not the caller's own, 111122223333: name the role to assume in it (organization.role_name)"},
		{"organization", management, nil, organization(), "111122223333 plant, 222233334444 locked, 444455556666 lab, 777788889999 gone, 900000000009 management"},
		{"less some", management, nil, org(func(o *Organization) { o.ExcludeAccounts = []string{locked, gone} }), "111122223333 plant, 444455556666 lab, 900000000009 management"},
		{"a unit, and one below it", management, nil, org(func(o *Organization) { o.IncludeOUs = []string{"ou-abcd-plants01"} }), "111122223333 plant, 777788889999 gone"},
		{"units twice", management, nil, org(func(o *Organization) { o.IncludeOUs = []string{"r-abcd", "ou-abcd-labs0001", "r-abcd"} }), "111122223333 plant, 222233334444 locked, 444455556666 lab, 777788889999 gone, 900000000009 management"},
		{"narrowed", management, []string{lab, plant, lab}, organization(), "111122223333 plant, 444455556666 lab"},
		{"narrowed to one the organization does not list", management, []string{plant, "123456789012"}, organization(), "111122223333 plant, 123456789012"},
		{"narrowed within a unit", management, []string{lab, plant}, org(func(o *Organization) { o.IncludeOUs = []string{"ou-abcd-labs0001"} }), "111122223333, 444455556666 lab"},
		{"narrowed to none", management, []string{plant}, org(func(o *Organization) { o.IncludeOUs = []string{"ou-abcd-labs0001"} }), "no accounts to read: accounts, include_ous and exclude_accounts leave none of the organization's"},
		{"a list instead, from a member", plant, []string{plant, lab}, organization(), "111122223333, 444455556666"},
		{"organization from a member", plant, nil, organization(), "organizations ListAccounts: AccessDeniedException: "},
		{"no role", management, nil, &Organization{}, "organization: no role_name, which is the role to assume in each account"},
		{"an unknown unit", management, nil, org(func(o *Organization) { o.IncludeOUs = []string{"ou-abcd-nowhere1"} }), "units of ou-abcd-nowhere1: organizations ListOrganizationalUnitsForParent: ParentNotFoundException: "},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := optionsFor(t, simulate(t, awssim.Options{PageSize: 1}), c.caller)
			o.Accounts, o.Organization = c.accounts, c.org
			dir := filepath.Join(t.TempDir(), "snapshot")
			s, err := collectInto(t.Context(), o, dir)
			if err != nil {
				if !strings.HasPrefix(err.Error(), c.want) {
					t.Errorf("error %q, want %q", err, c.want)
				}
				if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
					t.Errorf("a failed start left something on disk: %v", err)
				}
				return
			}
			var got []string
			for _, a := range s.Manifest.Accounts {
				got = append(got, strings.TrimSpace(a.ID+" "+a.Name))
			}
			if diff := cmp.Diff(c.want, strings.Join(got, ", ")); diff != "" {
				t.Errorf("accounts (-want +got):\n%s", diff)
			}
		})
	}
}

// TestAccountOutsideTheUnits names accounts that are in none of the included units, one of which does not exist: they are
// not asked, and gaps.
func TestAccountOutsideTheUnits(t *testing.T) {
	sim := simulate(t, awssim.Options{})
	o := optionsFor(t, sim, management)
	o.Organization, o.Accounts = organization(), []string{lab, plant, "123456789012"}
	o.Organization.IncludeOUs = []string{"ou-abcd-labs0001"}
	want := []audit.Coverage{
		{Account: plant, Status: audit.StatusGap, Reason: audit.ReasonError, Message: "the account is in none of the units of include_ous"},
		{Account: "123456789012", Status: audit.StatusGap, Reason: audit.ReasonError, Message: "the account is in none of the units of include_ous"},
	}
	if diff := cmp.Diff(want, gaps(collected(t, o))); diff != "" {
		t.Errorf("gaps (-want +got):\n%s", diff)
	}
	for _, r := range sim.Requests() {
		if r.Operation == awsread.AssumeRole.Name && !contains(r.Params["RoleArn"], lab) {
			t.Errorf("assumed %s", r.Params["RoleArn"])
		}
	}
	accounts, regions, _, err := ListScopes(t.Context(), o) // as a shard gets them
	if err != nil {
		t.Fatal(err)
	}
	o.Listed, o.Regions = accounts[:1], regions
	if diff := cmp.Diff(want[:1], gaps(collected(t, o))); diff != "" {
		t.Errorf("gaps of a shard (-want +got):\n%s", diff)
	}
}

// TestAccountStates holds that State counts, and Status only where it is missing.
func TestAccountStates(t *testing.T) {
	want := map[string]bool{"": false, "ACTIVE": false, "SUSPENDED": true, "PENDING_CLOSURE": true, "CLOSED": true, "PENDING_ACTIVATION": false, "ASCENDED": false}
	got := map[string]bool{}
	for status := range want {
		got[status] = isSuspended(status)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("suspended (-want +got):\n%s", diff)
	}
}

// TestSessionNames holds that a session's name leads to the run's folder, whose name begins with the same time, and that STS takes it.
func TestSessionNames(t *testing.T) {
	const at = "2026-11-20T05:00:00Z"
	for prefix, want := range map[string]string{"": "tenor-20261120T050000Z", "audit": "audit-20261120T050000Z",
		strings.Repeat("x", 64): strings.Repeat("x", 47) + "-20261120T050000Z"} {
		if have := sessionName(prefix, at); have != want || len(have) > 64 {
			t.Errorf("%s: %s, want %s", prefix, have, want)
		}
	}
}

// TestCredentialsAreRefreshed gives a role's credentials a life of a second in a run that takes longer.
func TestCredentialsAreRefreshed(t *testing.T) {
	sim := simulate(t, awssim.Options{SessionLife: time.Second, Latency: 25 * time.Millisecond, PageSize: 1})
	o := optionsFor(t, sim, management)
	o.Organization, o.Accounts = organization(), []string{plant}
	o.Organization.SourceIdentity = "tenor"
	p := quick
	p.Ahead = 500 * time.Millisecond
	o.pacing, o.Concurrency = &p, 2
	s := collected(t, o)
	if diff := cmp.Diff([]audit.Coverage{}, gaps(s)); diff != "" {
		t.Errorf("gaps (-want +got):\n%s", diff)
	}
	assumed := 0
	for _, r := range sim.Requests() {
		if r.Operation == awsread.AssumeRole.Name {
			assumed++
			want := map[string]string{"RoleArn": "arn:aws:iam::111122223333:role/TenorAudit", "ExternalId": "example", "RoleSessionName": sessionName("", s.Manifest.TakenAt), "SourceIdentity": "tenor", "DurationSeconds": "3600"}
			for name, value := range want {
				if r.Params[name] != value {
					t.Errorf("AssumeRole %s = %q, want %q", name, r.Params[name], value)
				}
			}
		}
	}
	if assumed < 2 {
		t.Errorf("the role was assumed %d times, want its credentials refreshed", assumed)
	}
}

// TestPartitions reads the caller's partition off its ARN, and with it the regions and the roles.
func TestPartitions(t *testing.T) {
	for _, c := range []struct{ partition, region, role string }{
		{"aws", "eu-central-1", "arn:aws:iam::111122223333:role/TenorAudit"},
		{"aws-us-gov", "us-gov-west-1", "arn:aws-us-gov:iam::111122223333:role/TenorAudit"},
		{"aws-cn", "cn-north-1", "arn:aws-cn:iam::111122223333:role/TenorAudit"},
	} {
		t.Run(c.partition, func(t *testing.T) {
			sim := simulate(t, awssim.Options{})
			o := optionsFor(t, sim, management)
			o.Config.Region, o.Regions = c.region, nil
			o.Organization, o.Accounts = organization(), []string{plant}
			s := collected(t, o)
			p, _ := partitionOf(c.partition)
			var want []string
			for _, r := range p.regions {
				want = append(want, r.name)
			}
			if diff := cmp.Diff(want, s.Manifest.Regions); diff != "" || s.Manifest.Partition != c.partition {
				t.Errorf("partition %s, regions (-want +got):\n%s", s.Manifest.Partition, diff)
			}
			for _, r := range sim.Requests() {
				if r.Operation == awsread.AssumeRole.Name && r.Params["RoleArn"] != c.role {
					t.Errorf("assumed %s, want %s", r.Params["RoleArn"], c.role)
				}
			}
			for row := range s.Manifest.Coverage.All() {
				known := offers(c.partition, row.Region, row.Service) || !offers(c.partition, row.Region, "") || // what ListRegions alone names is asked
					row.Service == awsread.CloudFormation || row.Service == awsread.IAM || row.Service == awsread.Budgets // where Service Catalog is
				if known != (row.Status == audit.StatusCollected) || !known && row.Status != audit.StatusNotOffered {
					t.Errorf("row %+v: is the service there?", row)
				}
			}
		})
	}
}

// TestRegionsOf holds what regions a run asks.
func TestRegionsOf(t *testing.T) {
	for _, c := range []struct {
		name, partition string
		wanted, listed  []string
		want            string
	}{
		{"named, sorted, once", "aws", []string{"us-east-1", "eu-central-1", "us-east-1"}, nil, "eu-central-1 us-east-1"},
		{"newer than the SDK", "aws", []string{"eu-north-9"}, nil, "eu-north-9"},
		{"of another partition", "aws", []string{"cn-north-1"}, nil, `region "cn-north-1" is none of partition aws, which the credentials are of`},
		{"no name of a region", "aws", []string{"Frankfurt"}, nil, `region "Frankfurt" is none of partition aws, which the credentials are of`},
		{"all", "aws-us-gov", nil, nil, "us-gov-east-1 us-gov-west-1"},
		{"all, and one that AWS lists", "aws-us-gov", nil, []string{"us-gov-west-1", "us-gov-south-1"}, "us-gov-east-1 us-gov-south-1 us-gov-west-1"},
		{"a partition without the services", "aws-eusc", nil, nil, "partition aws-eusc has no region with Outposts or Service Catalog"},
		{"a partition without the services, listed", "aws-eusc", nil, []string{"eusc-de-east-1"}, "eusc-de-east-1"},
		{"an unknown partition", "aws-moon", nil, nil, `the regions of partition "aws-moon" are not known: name them`},
		{"an unknown partition, listed", "aws-moon", nil, []string{"moon-sea-1"}, "moon-sea-1"},
		{"named in an unknown partition", "aws-moon", []string{"moon-sea-1"}, nil, "moon-sea-1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			regions, err := regionsOf(c.wanted, c.partition, c.listed)
			got := strings.Join(regions, " ")
			if err != nil {
				got = err.Error()
			}
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
