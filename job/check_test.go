package job

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tenor/internal/awssim"
	"tenor/internal/s3sim"
	"tenor/internal/smtpsim"
	"tenor/job/delivery"
)

// checkDay is a day of the simulated estate.
var checkDay = time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)

// notOK returns the checks that are not ok, one a line, with what there is to do.
func notOK(list []Check) []string {
	out := []string{}
	for _, c := range list {
		if c.Result != CheckOK {
			out = append(out, fmt.Sprintf("%s %s: %s", c.Check, c.Result, c.Do))
		}
	}
	return out
}

func check(t *testing.T, j *Job) []Check {
	t.Helper()
	list, err := j.Check(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range list {
		if c.Result != CheckOK && (c.Do == "" || c.Said == "") || strings.Contains(c.Do+c.Said, "\n") {
			t.Errorf("want what was said and what to do, a line each: %+v", c)
		}
	}
	return list
}

func exitOf(list []Check) Exit {
	exit, _ := ExitOf(CheckExit(list))
	return exit
}

// TestCheck holds each thing that can be wrong to its line, its remedy and its exit code.
func TestCheck(t *testing.T) {
	const product = "664820193375" // is suspended
	suspended := "account optional: none: AWS lets nobody read a suspended account"
	fault := func(kind awssim.FaultKind, account, region, operation string) awssim.Fault {
		return awssim.Fault{Kind: kind, Account: account, Region: region, Operation: operation}
	}
	params := func(name string, value any) func(*testing.T, *Job) {
		return func(_ *testing.T, j *Job) {
			j.Config.Policies.Params = map[string]map[string]any{"outposts.notice_deadline": {name: value}}
		}
	}
	file := func(name, text string) func(*testing.T, *Job) {
		return func(t *testing.T, j *Job) {
			path := filepath.Join(t.TempDir(), name)
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			switch name {
			case "waivers.yaml":
				j.Config.Waivers = path
			case "decisions.yaml":
				j.Config.Decisions = path
			case "a.rego":
				j.Config.Policies.Dirs = []string{filepath.Dir(path)}
			default:
				j.Config.Baseline = path
			}
		}
	}
	for _, c := range []struct {
		name   string
		estate func(*awssim.Estate)
		faults []awssim.Fault
		set    func(*testing.T, *Job)
		want   []string
		said   string // a pattern, of the first that is not ok beside the suspended account
		exit   Exit
	}{
		{name: "all ok", want: []string{suspended}, exit: ExitClean},
		{
			name: "role missing", estate: func(e *awssim.Estate) { e.Accounts[1].NoRole = true },
			want: []string{suspended, "role TenorAudit gap: put the role TenorAudit into the account (deploy/lambda/member-role.yaml); " +
				"where it is, its trust has to name the caller and ask for the config's organization.external_id"},
			said: "not authorized to perform: sts:AssumeRole", exit: ExitIncomplete,
		},
		{
			name: "external id missing", set: func(_ *testing.T, j *Job) { j.Config.Organization.ExternalID = "" },
			want: []string{suspended, "role TenorAudit gap: put the role TenorAudit into the account (deploy/lambda/member-role.yaml); " +
				"where it is, its trust has to name the caller and ask for no external id, or the config name it (organization.external_id)",
				"other APIs optional: none now: whether they are allowed shows with the first resource"},
			said: "not authorized to perform: sts:AssumeRole", exit: ExitIncomplete,
		},
		{
			name: "trust without the source identity", set: func(_ *testing.T, j *Job) { j.Config.Organization.SourceIdentity = "tenor" },
			faults: []awssim.Fault{fault(awssim.FaultAccessDenied, "", "", "AssumeRole")},
			want: []string{suspended, "role TenorAudit gap: put the role TenorAudit into the account (deploy/lambda/member-role.yaml); " +
				"where it is, its trust has to name the caller and ask for the config's organization.external_id, and allow sts:SetSourceIdentity",
				"other APIs optional: none now: whether they are allowed shows with the first resource"},
			said: "AccessDenied", exit: ExitIncomplete,
		},
		{
			name: "role denied by an SCP", faults: []awssim.Fault{fault(awssim.FaultDeniedBySCP, "", "", "AssumeRole")},
			want: []string{suspended,
				"role TenorAudit gap: exempt the role from the service control policy that denies sts:AssumeRole, or leave the " +
					"account or region out (exclude_accounts, regions)",
				"other APIs optional: none now: whether they are allowed shows with the first resource"},
			said: "explicit deny in a service control policy", exit: ExitIncomplete,
		},
		{
			name: "API not allowed", faults: []awssim.Fault{fault(awssim.FaultAccessDenied, "", "", "ListOrders")},
			want: []string{suspended, "outposts:ListOrders gap: allow outposts:ListOrders to the role: tenor iam-policy prints its policy, " +
				"with --management that of whoever runs tenor",
				"other APIs optional: none now: whether they are allowed shows with the first resource"},
			said: "not authorized to perform: outposts:ListOrders", exit: ExitIncomplete,
		},
		{
			name: "detail not allowed", faults: []awssim.Fault{fault(awssim.FaultAccessDenied, "", "", "GetRenewalPricing")},
			want: []string{suspended,
				"outposts:GetRenewalPricing gap: allow outposts:GetRenewalPricing to the role: tenor iam-policy prints its policy, " +
					"with --management that of whoever runs tenor"},
			said: "not authorized to perform: outposts:GetRenewalPricing", exit: ExitIncomplete,
		},
		{
			name: "API denied by an SCP", faults: []awssim.Fault{fault(awssim.FaultDeniedBySCP, "", "", "SearchProvisionedProducts")},
			want: []string{suspended, "servicecatalog:SearchProvisionedProducts gap: exempt the role from the service control policy that denies " +
				"servicecatalog:SearchProvisionedProducts, or leave the account or region out (exclude_accounts, regions)",
				"other APIs optional: none now: whether they are allowed shows with the first resource"},
			said: "service control policy", exit: ExitIncomplete,
		},
		{
			name: "regions not listed", faults: []awssim.Fault{fault(awssim.FaultAccessDenied, "", "", "ListRegions")},
			want: []string{suspended, "account:ListRegions optional: allow account:ListRegions to the role: tenor iam-policy prints its policy, " +
				"with --management that of whoever runs tenor"},
			said: "not authorized to perform: account:ListRegions", exit: ExitClean,
		},
		{
			name: "region not enabled", set: func(_ *testing.T, j *Job) { j.Config.Regions = append(j.Config.Regions, "eu-south-1") },
			want: []string{suspended, "outposts optional: none, unless there should be something: then enable the region in the account",
				"servicecatalog optional: none, unless there should be something: then enable the region in the account"},
			said: "the account has not enabled this region", exit: ExitClean,
		},
		{
			name: "region misspelt", set: func(_ *testing.T, j *Job) { j.Config.Regions = append(j.Config.Regions, "eu-suoth-1") },
			want: []string{suspended, "outposts gap: correct the regions of the config, or --region",
				"servicecatalog gap: correct the regions of the config, or --region"},
			said: "AWS lists no region of this name", exit: ExitIncomplete,
		},
		{
			name: "enabled region refuses", faults: []awssim.Fault{fault(awssim.FaultNotEnabled, "", "us-east-2", "ListQuotes")},
			want: []string{suspended,
				"outposts:ListQuotes gap: log in again; where only one region refuses, it was enabled in the last hours or its " +
					"service has to be activated: try again later"},
			said: "UnrecognizedClient", exit: ExitIncomplete,
		},
		{
			name: "answer damaged", faults: []awssim.Fault{fault(awssim.FaultMissingList, "", "", "ListQuotes")},
			want: []string{suspended, "outposts:ListQuotes gap: try again; if it stays, use a newer tenor, or look for a proxy that changes answers",
				"other APIs optional: none now: whether they are allowed shows with the first resource"},
			said: "the body has no list Quotes", exit: ExitIncomplete,
		},
		{
			name: "organization not listed", faults: []awssim.Fault{fault(awssim.FaultAccessDenied, "", "", "ListAccounts")},
			want: []string{"accounts and regions error: run where the organization can be listed, the management account or a delegated " +
				"administrator, " +
				"with the policy of tenor iam-policy --management; or name the accounts"},
			said: "^organizations ListAccounts", exit: ExitFailed,
		},
		{
			name: "account of nobody", set: func(_ *testing.T, j *Job) { j.Config.Organization, j.Config.Accounts = nil, []string{product} },
			want: []string{"accounts and regions error: correct accounts, regions and organization in the config"},
			said: "is not the caller's own", exit: ExitFailed,
		},
		{
			name: "config", set: func(_ *testing.T, j *Job) { j.Config.FailOn = "x" },
			want: []string{"config error: correct it: tenor schema config prints what a config may hold; nothing else was checked"},
			said: "fail_on", exit: ExitFailed,
		},
		{
			name: "policy", set: file("a.rego", "package a\n\ndeny contains 1 if {\n"),
			want: []string{"policies error: correct it: tenor policies check DIR says more about each policy", suspended},
			said: `a\.rego:`, exit: ExitFailed,
		},
		{
			name: "a rule's parameter", set: params("notice_business_days", 300),
			want: []string{"finance error: correct policies.params.outposts.notice_deadline.notice_business_days", suspended},
			said: `notice_business_days 300: want 0 to 200$`, exit: ExitFailed,
		},
		{
			name: "a rule's parameter of another type", set: params("notice_business_days", 5.5),
			want: []string{"policies error: correct policies.params.outposts.notice_deadline.notice_business_days", suspended},
			said: `notice_business_days 5\.5: want a whole number$`, exit: ExitFailed,
		},
		{
			name: "waivers", set: file("waivers.yaml", "waivers: [{rule: x}]\n"),
			want: []string{"waivers error: correct it: tenor waivers check FILE says when it is right", suspended},
			said: `waivers\.yaml:1: `, exit: ExitFailed,
		},
		{
			name: "decisions", set: file("decisions.yaml", "decisions: [{outpost: x}]\n"),
			want: []string{"decisions error: correct it: tenor decisions check FILE says when it is right", suspended},
			said: `decisions\.yaml:1: `, exit: ExitFailed,
		},
		{
			name: "baseline", set: file("report.json", "{}"),
			want: []string{"baseline error: name a report.json that this version reads, or leave --baseline out", suspended},
			said: `report\.json`, exit: ExitFailed,
		},
		{
			name: "topic", set: func(_ *testing.T, j *Job) { j.Config.Output.SNSTopic = "arn:aws:sns:eu-central-1:111122223333:tenor" },
			want: []string{suspended,
				"topic arn:aws:sns:eu-central-1:111122223333:tenor optional: allow sns:Publish on it to whoever runs tenor, and " +
					"kms:GenerateDataKey and kms:Decrypt on its key"},
			said: "not tried", exit: ExitClean,
		},
		{
			name: "topic of another partition", set: func(_ *testing.T,
				j *Job) {
				j.Config.Output.SNSTopic = "arn:aws-cn:sns:cn-north-1:111122223333:tenor"
			},
			want: []string{suspended,
				"topic arn:aws-cn:sns:cn-north-1:111122223333:tenor error: name a topic of the same partition (output.sns_topic)"},
			said: "of partition aws-cn, and the credentials are of aws", exit: ExitFailed,
		},
		{
			name: "webhook", set: func(_ *testing.T, j *Job) { j.Config.Output.Webhook = "https://example.com/secret" },
			want: []string{suspended, "webhook optional: none: notify.on always has the next run tell it"}, said: "^set, and a URL; not tried",
			exit: ExitClean,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			change := c.estate
			if change == nil {
				change = func(*awssim.Estate) {}
			}
			j := estateJob(t, checkDay, change, c.faults...)
			if c.set != nil {
				c.set(t, j)
			}
			list := slices.DeleteFunc(check(t, j), func(l Check) bool { // a sample is seldom a stack set
				return l.Check == "other APIs" && !slices.ContainsFunc(c.want, func(w string) bool { return strings.HasPrefix(w, l.Check) })
			})
			if d := cmp.Diff(c.want, notOK(list)); d != "" {
				t.Errorf("checks that are not ok (-want +got):\n%s", d)
			}
			said := ""
			for _, l := range list {
				if l.Result != CheckOK && l.Check != "account" && said == "" {
					said = l.Said
				}
			}
			if !regexp.MustCompile(c.said).MatchString(said) {
				t.Errorf("said %q, want %q", said, c.said)
			}
			if exit := exitOf(list); exit != c.exit {
				t.Errorf("exit %d, want %d", exit, c.exit)
			}
			if _, err := os.Stat(j.Config.Output.Dir); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("the run folder: %v", err)
			}
		})
	}
}

// TestCheckCredentials has credentials that are not there, have expired, or reach nobody.
func TestCheckCredentials(t *testing.T) {
	estate, err := awssim.DemoEstate(checkDay)
	if err != nil {
		t.Fatal(err)
	}
	server, err := awssim.Start(awssim.Options{Estate: estate})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	account := estate.Organization.ManagementAccount
	expired := base64.StdEncoding.EncodeToString([]byte(`{"Account": "` + account + `", "Role": "TenorAudit", "Name": "x", "Expires": 1}`))
	const logIn = "credentials error: log in again, or set AWS_PROFILE or the credentials of a role; nothing of AWS was checked"
	for _, c := range []struct{ name, url, key, token, want, said string }{
		{"none", server.URL(), "", "", logIn, "^no AWS credentials: "},
		{"expired", server.URL(), "ASIA" + account, expired, logIn, "^sts GetCallerIdentity: ExpiredToken: "},
		{"nobody answers", "http://127.0.0.1:1", awssim.AccessKey(account), "",
			"credentials error: see that the endpoint of sts:GetCallerIdentity can be " +
				"reached from here, and try again; if it stays, ask AWS Support with what was said", "connection refused"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for name, value := range map[string]string{
				"AWS_ENDPOINT_URL": c.url, "AWS_ACCESS_KEY_ID": c.key, "AWS_SECRET_ACCESS_KEY": "s", "AWS_SESSION_TOKEN": c.token,
				"AWS_REGION":                "eu-central-1",
				"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull, "AWS_PROFILE": "",
			} {
				t.Setenv(name, value)
			}
			j := demoJob(t, checkDay)
			j.Config.Endpoint, j.Config.AccessKey, j.Config.Output.S3 = "", "", reportURL
			list := check(t, j)
			if d := cmp.Diff([]string{c.want}, notOK(list)); d != "" {
				t.Errorf("checks that are not ok (-want +got):\n%s", d)
			}
			if said := list[len(list)-1].Said; !regexp.MustCompile(c.said).MatchString(said) || exitOf(list) != ExitFailed {
				t.Errorf("said %q, exit %d", said, exitOf(list))
			}
		})
	}
}

// TestCheckBucket holds what is wrong with the bucket to its remedy, and that it is only read.
func TestCheckBucket(t *testing.T) {
	bucket := s3sim.Bucket{Name: "reports", Region: "eu-central-1", Owner: owner}
	elsewhere, strangers := bucket, bucket
	elsewhere.Region, strangers.Owner = "us-east-2", "999988887777"
	refuses := func(operation string) func(s3sim.Request) *s3sim.Refusal {
		return func(r s3sim.Request) *s3sim.Refusal {
			if r.Operation == operation {
				return &s3sim.Refusal{Status: http.StatusForbidden, Code: "AccessDenied", Message: "Access Denied"}
			}
			return nil
		}
	}
	const allow = "allow s3:ListBucket on the bucket and s3:GetObject below the prefix, in the role's policy and the bucket's, " +
		"and the use of its key"
	for _, c := range []struct {
		name   string
		bucket s3sim.Bucket
		before func(s3sim.Request) *s3sim.Refusal
		result CheckResult
		do     string
	}{
		{"there", bucket, nil, CheckOK,
			"allow s3:PutObject below it, and kms:GenerateDataKey and kms:Decrypt on its key: a check writes nothing"},
		{"missing", s3sim.Bucket{Name: "another", Region: "eu-central-1", Owner: owner}, nil, CheckError,
			"make it, or correct its name (output.s3)"},
		{"list refused", bucket, refuses("ListObjectsV2"), CheckError, allow},
		{"object refused", bucket, refuses("GetObject"), CheckError, allow},
		{"other region", elsewhere, nil, CheckError, "set AWS_REGION to the bucket's region"},
		{"wrong owner", strangers, nil, CheckError,
			"name the account that owns it (output.bucket_owner) if you know it, or another bucket (output.s3)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := startS3(t, s3sim.Options{Buckets: []s3sim.Bucket{c.bucket}, Before: c.before})
			list := check(t, deliveringJob(t, checkDay))
			last := list[len(list)-1]
			if last.Check != "bucket "+reportURL || last.Result != c.result || last.Do != c.do {
				t.Errorf("check %+v, want %s: %s", last, c.result, c.do)
			}
			if failed := exitOf(list) == ExitFailed; failed != (c.result == CheckError) {
				t.Errorf("exit %d", exitOf(list))
			}
			for _, r := range s.Requests() {
				if r.Operation != "ListObjectsV2" && r.Operation != "GetObject" {
					t.Errorf("the check sends %s", r.Operation)
				}
			}
		})
	}
}

// TestCheckBundle holds a bundle in S3 that cannot be fetched, and one that is not what it should be, to its remedy.
func TestCheckBundle(t *testing.T) {
	s3 := startS3(t, s3sim.Options{})
	j := demoJob(t, checkDay)
	key := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(key, []byte("a shared secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	j.Config.Policies.Bundles, j.Config.Policies.Key = []string{"s3://reports/policies.tar.gz"}, key
	want := func(said, do string) {
		t.Helper()
		row := check(t, j)[1]
		if row.Check != "policies" || row.Result != CheckError || !strings.Contains(row.Said, said) || row.Do != do {
			t.Errorf("%+v", row)
		}
	}
	want("no such object", "correct its name (policies.bundles), or allow s3:GetObject on it, in the role's policy and the bucket's, and "+
		"kms:Decrypt on its key")
	s3.Store("reports", "policies.tar.gz", []byte("x"))
	want("no gzip archive", "correct it: tenor policies check DIR says more about each policy")
}

// TestCheckMail holds what is wrong with a mail server to its remedy, and that no mail is sent and no password shown.
func TestCheckMail(t *testing.T) {
	serve := func(o smtpsim.Options) *smtpsim.Server {
		s, err := smtpsim.Start(o)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		return s
	}
	open := serve(smtpsim.Options{})
	login := serve(smtpsim.Options{Answers: map[string][]string{"EHLO": {"535 SECRET"},
		"HELO": {"535 SECRET"}}}) // AUTH itself: TestMailBySMTP
	busy := serve(smtpsim.Options{Answers: map[string][]string{"EHLO": {"421 busy"}, "HELO": {"421 busy"}}})
	const reach = "correct output.mail.smtp, or let this machine reach the server, which has to know STARTTLS (smtp://) or TLS (smtps://)"
	for _, tt := range []struct {
		name string
		mail delivery.Mail
		want Check
	}{
		{"a server without a user", delivery.Mail{SMTP: "smtp://" + open.Addr()},
			Check{Result: CheckOK, Said: "the server takes the login; no mail was sent"}},
		{"a wrong password", delivery.Mail{SMTP: "smtp://tenor@" + login.Addr(), Password: "SECRET"}, Check{Result: CheckError,
			Said: "the server refused the user or the password (535)",
			Do:   "correct the user in output.mail.smtp, or its password (TENOR_SMTP_PASSWORD, output.mail.smtp_secret)"}},
		{"no password", delivery.Mail{SMTP: "smtp://tenor@" + login.Addr()}, Check{Result: CheckError, Said: delivery.ErrNoPassword.Error(),
			Do: "set TENOR_SMTP_PASSWORD, or name the secret that holds it (output.mail.smtp_secret)"}},
		{"a server that refuses", delivery.Mail{SMTP: "smtp://" + busy.Addr()}, Check{Result: CheckError,
			Said: "the server refused the session (421)", Do: reach}},
		{"nobody answers", delivery.Mail{SMTP: "smtp://127.0.0.1:1"}, Check{Result: CheckError, Do: reach}},
		{"SES", delivery.Mail{SES: true}, Check{Result: CheckOptional, Said: "not tried: only a mail would show it, and a check sends none",
			Do: "verify tenor@example.com or its domain in Amazon SES, in the region of the credentials, and allow ses:SendEmail on identity/*"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.mail.From, tt.mail.To = "tenor@example.com", []string{"finance@example.com"}
			j := demoJob(t, checkDay)
			j.Config.Output.Mail = &tt.mail
			if err := j.Config.Check(); err != nil {
				t.Fatal(err)
			}
			got := j.checkDelivery(t.Context(), "aws")
			if len(got) != 1 || got[0].Check != tt.mail.Name() || got[0].Result != tt.want.Result || got[0].Do != tt.want.Do ||
				tt.want.Said != "" && got[0].Said != tt.want.Said || strings.Contains(got[0].Said, "SECRET") {
				t.Errorf("%+v, want %+v", got, tt.want)
			}
		})
	}
	for _, s := range []*smtpsim.Server{open, login, busy} {
		if n := len(s.Messages()); n > 0 {
			t.Errorf("%d mails were sent", n)
		}
	}
}

// TestCheckInterrupted ends with an error and no list that looks whole.
func TestCheckInterrupted(t *testing.T) {
	j := demoJob(t, checkDay)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := j.Check(ctx); err == nil || err.Error() != "interrupted" {
		t.Errorf("error %v", err)
	}
}
