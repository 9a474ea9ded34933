package main

import (
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tenor/job"
)

// TestFlagsStandOverTheFile gives each flag by itself: it changes its own setting and no other, whatever the file says.
func TestFlagsStandOverTheFile(t *testing.T) {
	away(t)
	t.Setenv("TENOR_WEBHOOK", "https://example.com/secret")
	t.Setenv("TENOR_SMTP_PASSWORD", "hush")
	const file = `regions: [eu-central-1]
accounts: ["111122223333"]
concurrency: 7
policies: {dirs: [theirs], bundles: [theirs.tar.gz], key: theirs.pem, namespaces: [theirs]}
waivers: theirs.yaml
output: {dir: theirs, formats: [csv, html], s3: s3://theirs/prefix, webhook: https://example.com/theirs,
  mail: {from: t@example.com, to: [a@example.com], smtp: 'smtp://t@mail.example.com'}}
fail_on: low
`
	if err := os.WriteFile("tenor.yaml", []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	want := map[string]struct {
		args  []string
		apply func(*job.Config)
	}{
		"":        {nil, func(*job.Config) {}},
		"out":     {[]string{"--out", "mine"}, func(c *job.Config) { c.Output.Dir = "mine" }},
		"profile": {[]string{"--profile", "p"}, func(c *job.Config) { c.Profile = "p" }},
		"region": {[]string{"--region", "us-east-1,us-east-2", "--region=eu-west-1"}, func(c *job.Config) {
			c.Regions, c.RegionsNarrowed = []string{"us-east-1", "us-east-2", "eu-west-1"}, true
		}},
		"account":          {[]string{"--account", "444455556666"}, func(c *job.Config) { c.Accounts, c.AccountsChosen = []string{"444455556666"}, true }},
		"concurrency":      {[]string{"--concurrency", "3"}, func(c *job.Config) { c.Concurrency = 3 }},
		"timeout":          {[]string{"--timeout", "90s"}, func(c *job.Config) { c.Timeout = 90 * time.Second }},
		"resume":           {[]string{"--resume"}, func(c *job.Config) { c.Resume = true }},
		"allow-incomplete": {[]string{"--allow-incomplete"}, func(c *job.Config) { c.AllowIncomplete = true }},
		"as-of":            {[]string{"--as-of", "2026-12-31T12:00:00.5Z"}, func(c *job.Config) { c.AsOf = time.Date(2026, 12, 31, 12, 0, 0, 5e8, time.UTC) }},
		"format":           {[]string{"-f", "json,xlsx", "-f", "junit"}, func(c *job.Config) { c.Output.Formats = []string{"json", "xlsx", "junit"} }},
		"strict-coverage":  {[]string{"--strict-coverage"}, func(c *job.Config) { c.StrictCoverage = true }},
		"fail-on":          {[]string{"--fail-on=none"}, func(c *job.Config) { c.FailOn = "none" }},
		"baseline":         {[]string{"--baseline", "last"}, func(c *job.Config) { c.Baseline = "last" }},
		"fail-on-new":      {[]string{"--fail-on-new", "--baseline", "last"}, func(c *job.Config) { c.FailOnNew, c.Baseline = true, "last" }},
		"history":          {[]string{"--history", "5"}, func(c *job.Config) { c.History = 5 }},
		"decisions":        {[]string{"--decisions", ""}, func(c *job.Config) { c.Decisions = "" }},
		"waivers":          {[]string{"--waivers", ""}, func(c *job.Config) { c.Waivers = "" }},
		"metrics-file":     {[]string{"--metrics-file", "m.prom"}, func(c *job.Config) { c.MetricsFile = "m.prom" }},
		"policy": {[]string{"--policy", "a,b", "--policy", "c.tar.gz"}, func(c *job.Config) {
			c.Policies.Dirs, c.Policies.Bundles = append(c.Policies.Dirs, "a,b"), append(c.Policies.Bundles, "c.tar.gz")
		}},
		"policy-key": {[]string{"--policy-key", "k"}, func(c *job.Config) { c.Policies.Key = "k" }},
		"namespace":  {[]string{"--namespace", "main"}, func(c *job.Config) { c.Policies.Namespaces = []string{"main"} }},
	}
	parse := func(args ...string) (job.Config, *cobra.Command) {
		t.Helper()
		var f flags
		cmd := &cobra.Command{}
		addFlags(cmd, f.output(), f.credentials(), f.scope(), f.collecting(), f.clock(""), f.reporting(), f.rules())
		if err := cmd.ParseFlags(args); err != nil {
			t.Fatal(err)
		}
		c, err := (&cli{}).config(cmd, &f, nil)
		if err != nil {
			t.Fatal(err)
		}
		return c, cmd
	}
	for name, w := range want {
		c, err := job.LoadConfig("tenor.yaml")
		if err != nil {
			t.Fatal(err)
		}
		c.Output.Webhook, c.Output.Mail.Password = "https://example.com/secret", "hush"
		w.apply(&c)
		have, _ := parse(w.args...)
		if d := cmp.Diff(c, have, cmpopts.IgnoreFields(job.Policies{}, "Place")); d != "" {
			t.Errorf("--%s (-want +have):\n%s", name, d)
		}
	}
	_, cmd := parse()
	cmd.Flags().VisitAll(func(fl *pflag.Flag) {
		if _, ok := want[fl.Name]; !ok {
			t.Errorf("--%s: the test does not know it", fl.Name)
		}
	})
}
