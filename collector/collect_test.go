package collector

import (
	"testing"

	"tenor/internal/awssim"
)

// TestCollectOrganization reads an organization two items a page and holds the whole snapshot against golden files: every
// kind with its sections, digits and unknown members as AWS sent them, and the ledger.
func TestCollectOrganization(t *testing.T) {
	sim := simulate(t, awssim.Options{PageSize: 2})
	o := optionsFor(t, sim, management)
	o.Regions = []string{"us-east-1", "eu-central-1"}
	o.Organization = organization()
	s := collected(t, o)
	golden(t, "organization.resources.golden.json", resources(t, s))
	m := s.Manifest
	m.Files, m.Calls = nil, nil
	golden(t, "organization.manifest.golden.json", m)
}
