package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tenor/internal/awssim"
	"tenor/job"
)

// inAWS puts the test into a folder of its own, with a simulated AWS around it and a config for it.
func inAWS(t *testing.T) {
	t.Helper()
	estate, err := awssim.DemoEstate(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	server, err := awssim.Start(awssim.Options{Estate: estate})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL": server.URL(), "AWS_ACCESS_KEY_ID": awssim.AccessKey(estate.Organization.ManagementAccount), "AWS_SECRET_ACCESS_KEY": "simulated",
		"AWS_REGION": estate.Regions[0], "AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull,
	} {
		t.Setenv(name, value)
	}
	t.Chdir(t.TempDir())
	config := fmt.Sprintf("organization: {role_name: %s, external_id: %s}\nregions: [%s]\nrate: 1000\n", estate.Role.Name, estate.Role.ExternalID, strings.Join(estate.Regions, ", "))
	if err := os.WriteFile("tenor.yaml", []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
}

// tenor runs the program, wants an exit code, and returns what it wrote.
func tenor(t *testing.T, want job.Exit, args ...string) (stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	if code := run(context.Background(), args, &out, &errs); code != want {
		t.Fatalf("tenor %s: exit %d, want %d\n%s", strings.Join(args, " "), code, want, errs.String())
	}
	return out.String(), errs.String()
}

func TestShards(t *testing.T) {
	inAWS(t)
	if out, _ := tenor(t, job.ExitClean, "plan", "--shards", "3", "--out", "shards.json"); out != "shards.json\n" {
		t.Errorf("plan wrote %q", out)
	}
	if out, _ := tenor(t, job.ExitClean, "run", "--shard", "shards.json#0", "--out", "part-0"); out != "part-0\n" {
		t.Errorf("run --shard wrote %q", out)
	}
	t.Setenv("AWS_BATCH_JOB_ARRAY_INDEX", "1")
	tenor(t, job.ExitClean, "run", "--shard", "shards.json", "--out", "part-1")
	t.Setenv("AWS_BATCH_JOB_ARRAY_INDEX", "")
	tenor(t, job.ExitClean, "run", "--shard", "shards.json#2", "--out", "part-2")

	tenor(t, job.ExitFindings, "merge", "part-2", "part-0", "part-1", "--out", "merged", "--format", "json,csv")
	tenor(t, job.ExitFindings, "run", "--out", "whole", "--format", "json,csv")
	csv := func(dir string) string {
		b, err := os.ReadFile(filepath.Join(dir, "report.csv"))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	if lines := strings.Count(csv("merged"), "\n"); lines < 10 || lines != strings.Count(csv("whole"), "\n") {
		t.Errorf("the merged report has %d lines", lines)
	}
	tenor(t, job.ExitIncomplete, "merge", "part-2", "part-0", "--out", "partly", "--fail-on", "none")

	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{"run", "--shard", "shards.json"}, "tenor: --shard shards.json: which shard? Want shards.json#N, or an array job's"},
		{[]string{"run", "--shard", "shards.json#3"}, "tenor: shard 3: plan shards.json has shards 0 to 2, and no 3"},
		{[]string{"run", "--shard", "tenor.yaml#0"}, "tenor: shard 0: plan tenor.yaml:1: "},
		{[]string{"run", "--shard", "shards.json#0", "--out", "s3://reports/audit"}, "tenor: --out does not go with --shard: a shard goes into a folder and"},
		{[]string{"merge", "merged"}, "tenor: merged is no shard: it has no partial.json"},
		{[]string{"plan", "--shards", "0"}, "tenor: plan: 0 shards: want at least 1"},
		{[]string{"collect", "--out", "s3://reports/audit"}, `tenor: --out "s3://reports/audit": want a folder on this machine`},
	} {
		if _, stderr := tenor(t, job.ExitFailed, tt.args...); !strings.HasPrefix(stderr, tt.want) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("tenor %s: %q", strings.Join(tt.args, " "), stderr)
		}
	}
}

// TestShardRefusesWhatItCannotHonour gives a shard each setting that is the plan's or the merge's.
func TestShardRefusesWhatItCannotHonour(t *testing.T) {
	inAWS(t)
	for flag, want := range map[string]string{
		"--region=us-east-1": "plan", "--account=111122223333": "plan", "--as-of=2026-12-31": "plan", "--waivers=waivers.yaml": "merge", "--baseline=last": "merge",
		"--fail-on=low": "merge", "--allow-incomplete": "merge", "--format=csv": "merge", "--history=3": "merge", "--metrics-file=tenor.prom": "merge",
	} {
		name, _, _ := strings.Cut(flag, "=")
		_, stderr := tenor(t, job.ExitFailed, "run", "--shard", "shards.json#0", flag)
		if !strings.HasPrefix(stderr, "tenor: "+name+" does not go with --shard: ") || !strings.HasSuffix(stderr, "give it to tenor "+want+"\n") {
			t.Errorf("%s: %q", flag, stderr)
		}
	}
}
