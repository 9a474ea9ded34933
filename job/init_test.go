package job

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tenor/internal/awssim"
)

// TestFirstConfig writes a first config for whoever may ask: it can be read, and names regions only where everything was read.
func TestFirstConfig(t *testing.T) {
	open := func(e *awssim.Estate) { e.Role.ExternalID = "" }
	nothing := func(e *awssim.Estate) {
		empty, err := awssim.LoadEstate(strings.NewReader(`{"organization": {"id": "o-exampleorg1", "root": "r-abcd", "management_account": "900000000009"},
			"accounts": [{"id": "900000000009", "name": "management", "email": "management@example.com", "unit": "r-abcd"}]}`), checkDay)
		if err != nil {
			t.Fatal(err)
		}
		*e = *empty
	}
	for _, c := range []struct {
		name    string
		estate  func(*awssim.Estate)
		faults  []awssim.Fault
		member  bool // asks as an account that cannot list the organization
		role    bool // an organization is written
		regions []string
		says    string
	}{
		{"everything read", open, nil, false, true, []string{"ap-southeast-1", "eu-central-1", "us-east-2"},
			"# The organization can be listed. It has 5 accounts; of those beside 481265039174 the role TenorAudit could be assumed in 3.\n"},
		{"roles refused", func(*awssim.Estate) {}, nil, false, true, []string{},
			"# Something was found in eu-central-1. Elsewhere not everything could be read, as tenor check shows, so\n# every region stays in.\n"},
		{"an API refused", open, []awssim.Fault{{Operation: "ListQuotes", Kind: awssim.FaultAccessDenied}}, false, true, []string{},
			"Elsewhere not everything could be read"},
		{"its regions refused", open, []awssim.Fault{{Operation: "ListRegions", Kind: awssim.FaultAccessDenied}}, false, true, []string{},
			"Elsewhere not everything could be read"},
		{"nothing there", nothing, nil, false, true, []string{},
			"# Nothing was found in any region; every region is read.\n"},
		{"a member", open, nil, true, false, []string{"eu-central-1", "us-east-2"},
			"could not be listed:\n# organizations ListAccounts: AccessDeniedException: You don't have permissions to access this resource.\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			j := estateJob(t, checkDay, c.estate, c.faults...)
			endpoint, key := j.Config.Endpoint, j.Config.AccessKey
			if c.member {
				key = awssim.AccessKey("350918274466")
			}
			j.Config = DefaultConfig()
			j.Config.Endpoint, j.Config.AccessKey, j.Config.Rate = endpoint, key, 10_000
			text, err := j.FirstConfig(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(string(text), c.says) {
				t.Errorf("want %q in\n%s", c.says, text)
			}
			have, err := ParseConfig("tenor.yaml", text)
			if err != nil {
				t.Fatalf("%v\n%s", err, text)
			}
			have.Policies.Place = nil
			want := DefaultConfig()
			want.Regions = c.regions
			if c.role {
				want.Organization = &Organization{RoleName: "TenorAudit"}
			}
			if d := cmp.Diff(want, have); d != "" {
				t.Errorf("config (-want +got):\n%s\n%s", d, text)
			}
			for line := range strings.Lines(string(text)) {
				if len(line) > 141 {
					t.Errorf("a line of %d bytes: %s", len(line), line)
				}
			}
		})
	}
}

// TestFirstConfigPlaceholders holds that each setting that a first config only proposes is one, once its mark is taken away.
func TestFirstConfigPlaceholders(t *testing.T) {
	j := estateJob(t, checkDay, func(*awssim.Estate) {})
	j.Config.Organization, j.Config.Regions = nil, nil
	text, err := j.FirstConfig(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	open := strings.NewReplacer("  # external_id", "  external_id", "  # include_ous", "  include_ous", "  # s3: s3://BUCKET/PREFIX", "  s3: s3://bucket/prefix",
		"  # sns_topic: TOPIC-ARN", "  sns_topic: arn:aws:sns:eu-central-1:111122223333:tenor", "# waivers:", "waivers:", "# decisions:", "decisions:")
	c, err := ParseConfig("tenor.yaml", []byte(open.Replace(string(text))))
	if err != nil {
		t.Fatal(err)
	}
	if c.Organization.ExternalID == "" || len(c.Organization.IncludeOUs) == 0 || c.Output.S3 == "" || c.Output.SNSTopic == "" || c.Waivers == "" || c.Decisions == "" {
		t.Errorf("a proposed setting is none: %+v", c)
	}
	if _, err := os.Stat(j.Config.Output.Dir); err == nil {
		t.Error("the run folder was made")
	}
}
