package job

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"tenor/audit"
	"tenor/billing"
	"tenor/collector"
	"tenor/internal/awsread"
	"tenor/job/delivery"
)

// CheckResult is what a check came to.
type CheckResult string

// The results.
const (
	CheckOK       CheckResult = "ok"
	CheckGap      CheckResult = "gap"      // a run would go on without it, and be incomplete
	CheckOptional CheckResult = "optional" // a run does without it, or it cannot be tried without a run
	CheckError    CheckResult = "error"    // a run could not be done
)

// Check is one thing that a run needs, and whether it would have it.
type Check struct {
	Check    string      `json:"check"`
	Result   CheckResult `json:"result"`
	Said     string      `json:"said,omitempty"`       // by AWS or the reader of a file; of several accounts by the first
	Do       string      `json:"what_to_do,omitempty"` // about it, in one line; empty: nothing
	Accounts []string    `json:"accounts,omitempty"`   // that it is about, ordered
	Regions  []string    `json:"regions,omitempty"`    // likewise
}

// ConfigCheck is the check of a config; err is what is wrong with it.
func ConfigCheck(err error) Check {
	return fileCheck("config", err, "correct it: tenor schema config prints what a config may hold; nothing else was checked")
}

// fileCheck is the check of something on this machine: an error when it cannot be read.
func fileCheck(name string, err error, do string) Check {
	if err == nil {
		return Check{Check: name, Result: CheckOK}
	}
	return Check{Check: name, Result: CheckError, Said: audit.Joined(err.Error()), Do: do}
}

// Check tries what a run needs, and evaluates, writes and sends nothing: the policies, waivers and decisions, the baseline, the
// credentials, the role of each account, each API once in each account and region, the bill, and where the report goes. What fails is a
// Check; an error means that it was interrupted.
func (j *Job) Check(ctx context.Context) ([]Check, error) {
	list := []Check{ConfigCheck(j.Config.Check())}
	if list[0].Result != CheckOK {
		return list, nil
	}
	list = append(list, j.checkFiles(ctx)...)
	found, checks := j.checkAWS(ctx)
	list = append(list, checks...)
	if b := j.Config.Billing; b != nil {
		list = append(list, j.checkBill(ctx, b)...)
	}
	if found.Account != "" {
		list = append(list, j.checkDelivery(ctx, found.Partition)...)
	}
	return list, stopped(ctx)
}

// checkFiles tries what is on this machine.
func (j *Job) checkFiles(ctx context.Context) []Check {
	c := &j.Config
	in, signed, err := j.rules(ctx)
	do := "correct it: tenor policies check DIR says more about each policy"
	if _, ok := errors.AsType[*bundleError](err); ok {
		do = "correct its name (policies.bundles), or allow s3:GetObject on it, in the role's policy and the bucket's, and kms:Decrypt on its key"
	}
	list := []Check{fileCheck("policies", err, paramRemedy(err, do))}
	if err != nil {
		in = &inputs{began: j.Now()}
	}
	if c.Waivers != "" || len(signed.Waivers) > 0 {
		_, err := c.waived(signed, in.began)
		list = append(list, fileCheck("waivers", err, "correct it: tenor waivers check FILE says when it is right"))
	}
	var decidedErr error
	if c.Decisions != "" || len(signed.Decisions) > 0 {
		in.assumed.Decisions, decidedErr = c.decided(signed)
		list = append(list, fileCheck("decisions", decidedErr, "correct it: tenor decisions check FILE says when it is right"))
	}
	if in.pack != nil && decidedErr == nil {
		if err := c.assumes(in); err != nil {
			list = append(list, fileCheck("finance", err, paramRemedy(err, "correct the section finance of the config")))
		}
	}
	return append(list, j.checkBaseline()...)
}

// paramRemedy says what to correct where the error is of a rule's parameter, and else what is said.
func paramRemedy(err error, other string) string {
	if wrong, ok := errors.AsType[*paramError](err); ok {
		return "correct " + wrong.path
	}
	return other
}

// checkBaseline tries the report to compare with, where that is a file. One in S3 is part of the bucket's check.
func (j *Job) checkBaseline() []Check {
	c, last := &j.Config, filepath.Join(j.Config.Output.Dir, recordName)
	switch {
	case c.Baseline != "" && c.Baseline != "last":
		_, closeReport, err := openBaseline(c.Baseline)
		if err == nil {
			err = closeReport()
		}
		return []Check{fileCheck("baseline", err, "name a report.json that this version reads, or leave --baseline out")}
	case c.Output.S3 != "":
		return nil
	}
	if _, err := os.Stat(last); err != nil {
		return nil
	}
	check := Check{Check: "last report " + last, Result: CheckOK}
	if err := delivery.CheckRecord(last); err != nil {
		check.Result, check.Said = CheckOptional, audit.Joined(err.Error())
		check.Do = "none: the next run leaves it out, and what it knew is lost; to keep that, restore the run folder as the run left it"
	}
	return []Check{check}
}

// checkAWS tries the credentials, the accounts, their roles and each API.
func (j *Job) checkAWS(ctx context.Context) (found collector.Checked, list []Check) {
	const logIn = "log in again, or set AWS_PROFILE or the credentials of a role; nothing of AWS was checked"
	o, err := j.collecting(ctx)
	if err != nil {
		return found, []Check{{Check: "credentials", Result: CheckError, Said: audit.Joined(err.Error()), Do: logIn}}
	}
	if found, err = collector.Check(ctx, o); found.Account == "" {
		check := Check{Check: "credentials", Result: CheckError, Said: audit.Joined(err.Error()), Do: logIn}
		if reason := awsread.ReasonOf(err); reason != audit.ReasonCredentials {
			check.Do = remedyOf(reason, "sts:GetCallerIdentity")
		}
		return found, []Check{check}
	}
	list = append(list, Check{Check: "credentials", Result: CheckOK, Accounts: []string{found.Account}})
	if err != nil {
		check := Check{Check: "accounts and regions", Result: CheckError, Said: audit.Joined(err.Error()),
			Do: "correct accounts, regions and organization in the config"}
		switch reason := awsread.ReasonOf(err); {
		case reason == audit.ReasonAccessDenied:
			check.Do = "run where the organization can be listed, the management account or a delegated administrator, with the policy of " +
				"tenor iam-policy --management; or name the accounts"
		case reason != audit.ReasonError:
			check.Do = remedyOf(reason, "organizations:ListAccounts")
		}
		return found, append(list, check)
	}
	for _, g := range found.Groups {
		list = append(list, j.checkOf(&g))
	}
	if len(found.Untried) > 0 {
		list = append(list, Check{
			Check: "other APIs", Result: CheckOptional,
			Said: "not tried, since no resource was found to ask about: " + strings.Join(found.Untried, ", "),
			Do:   "none now: whether they are allowed shows with the first resource",
		})
	}
	return found, list
}

// remedies say what to do about a call that failed, by reason. %s is the API.
var remedies = map[audit.Reason]string{
	audit.ReasonAccessDenied: "allow %s to the role: tenor iam-policy prints its policy, with --management that of whoever runs tenor",
	audit.ReasonDeniedBySCP: "exempt the role from the service control policy that denies %s, or leave the account or region out " +
		"(exclude_accounts, regions)",
	audit.ReasonCredentials: "log in again; where only one region refuses, it was enabled in the last hours or its service has to be " +
		"activated: try again later",
	audit.ReasonThrottled: "lower rate in the config, or run when others ask %s less",
	audit.ReasonMalformed: "try again; if it stays, use a newer tenor, or look for a proxy that changes answers",
	audit.ReasonTimeout:   "see that the endpoint can be reached from here: proxy, firewall, VPC endpoints; then try again",
	audit.ReasonError: "see that the endpoint of %s can be reached from here, and try again; if it stays, ask AWS Support with what " +
		"was said",
}

func remedyOf(reason audit.Reason, api string) string {
	return strings.ReplaceAll(remedies[reason], "%s", api)
}

// roleRemedy is for a role that cannot be assumed: AWS has one answer to each cause.
func (o *Organization) roleRemedy() string {
	external := "ask for no external id, or the config name it (organization.external_id)"
	if o.ExternalID != "" {
		external = "ask for the config's organization.external_id"
	}
	if o.SourceIdentity != "" {
		external += ", and allow sts:SetSourceIdentity"
	}
	return fmt.Sprintf("put the role %s into the account (deploy/lambda/member-role.yaml); where it is, its trust has to name the caller "+
		"and %s", o.RoleName, external)
}

// checkOf is the check of a group of rows of the ledger.
func (j *Job) checkOf(g *collector.Group) Check {
	api := g.Service + ":" + g.Operation
	c := Check{Check: api, Result: CheckGap, Said: g.Message, Accounts: g.Accounts, Regions: g.Regions}
	org := j.Config.Organization
	switch {
	case g.Operation == "AssumeRole" && org != nil:
		c.Check = "role " + org.RoleName
	case g.Service == "":
		c.Check = "account"
	case g.Operation == "":
		c.Check = g.Service
	}
	switch g.Status {
	case audit.StatusCollected:
		c.Result = CheckOK
	case audit.StatusOptional:
		c.Result, c.Do = CheckOptional, remedyOf(g.Reason, api)
	case audit.StatusNotEnabled:
		c.Result = CheckOptional
		c.Do = "none, unless there should be something: then enable the region in the account"
	case audit.StatusNotOffered:
		c.Result, c.Do = CheckOptional, "none: to have a region asked all the same, name it in the config (regions)"
	case audit.StatusSuspended:
		c.Result, c.Do = CheckOptional, "none: AWS lets nobody read a suspended account"
	case audit.StatusGap:
		switch {
		case g.Service == "":
			c.Do = "add its unit to include_ous, or take it out of accounts"
		case g.Operation == "":
			c.Do = "correct the regions of the config, or --region"
		case g.Operation == "AssumeRole" && org != nil && g.Reason == audit.ReasonAccessDenied:
			c.Do = org.roleRemedy()
		default:
			c.Do = remedyOf(g.Reason, api)
		}
	}
	return c
}

// checkBill tries what the bill is read from: of each export the months, and the manifest and the columns of the newest.
func (j *Job) checkBill(ctx context.Context, b *Billing) (list []Check) {
	if b.CostExplorer != nil {
		return []Check{{Check: "bill of " + audit.CostExplorer, Result: CheckOptional,
			Said: "not tried: AWS charges USD " + billing.ExplorerPrice(1) + " for each call",
			Do: "allow ce:GetCostAndUsage to whoever runs tenor, in the payer's account: " +
				"tenor iam-policy --billing cost-explorer prints the policy"}}
	}
	client, err := j.billClient(ctx, b.Exports)
	for _, export := range b.Exports {
		check := Check{Check: "bill " + export, Result: CheckOK}
		if err != nil && billing.InS3(export) {
			check.Result, check.Said = CheckError, audit.Joined(err.Error())
			check.Do = "log in again, or set AWS_PROFILE or the credentials of a role"
		} else if found, gap := billing.Try(ctx, export, client); gap != nil {
			check.Result, check.Said, check.Do = CheckGap, gap.Text(), exportRemedy(gap)
		} else if check.Said = fmt.Sprintf("%s, newest month %s", found.Format, found.Period); len(found.Missing) > 0 {
			check.Result, check.Said = CheckOptional, check.Said+", without "+strings.Join(found.Missing, ", ")
			check.Do = "take those columns into the export (docs/bill.md has their names): what rests on them cannot be told"
		}
		list = append(list, check)
	}
	return list
}

// exportRemedy says what to do about an export that cannot be read.
func exportRemedy(gap *audit.ChargeGap) string {
	switch inS3 := billing.InS3(gap.Export); {
	case gap.Reason == audit.ReasonAccessDenied && inS3:
		return "allow whoever runs tenor to read it, in the role's policy, the bucket's and that of its key: tenor iam-policy --billing " +
			gap.Export + " prints the first"
	case gap.Reason == audit.ReasonAccessDenied:
		return "allow who runs tenor to read the folder and its files"
	case gap.Reason != audit.ReasonError && gap.Reason != audit.ReasonMalformed:
		return remedyOf(gap.Reason, "s3:GetObject")
	case gap.Period == "":
		return "name the folder of the export itself, which has data and metadata in it (billing.exports); docs/bill.md says how to set one up"
	}
	return "have AWS deliver the month again, or take an export of FOCUS 1.2 or CUR 2.0: docs/bill.md says how to set one up"
}

// checkDelivery tries where the report goes, as far as reading shows it.
func (j *Job) checkDelivery(ctx context.Context, partition string) (list []Check) {
	o := &j.Config.Output
	if o.S3 != "" {
		list = append(list, j.checkBucket(ctx))
	}
	if o.SNSTopic != "" {
		check := Check{Check: "topic " + o.SNSTopic, Result: CheckOptional,
			Said: "not tried: only a message would show it, and a check sends none",
			Do:   "allow sns:Publish on it to whoever runs tenor, and kms:GenerateDataKey and kms:Decrypt on its key"}
		if a, err := arn.Parse(o.SNSTopic); err != nil || a.Partition != partition {
			check.Result, check.Said = CheckError, fmt.Sprintf("the topic is of partition %s, and the credentials are of %s", a.Partition, partition)
			check.Do = "name a topic of the same partition (output.sns_topic)"
		}
		list = append(list, check)
	}
	if o.Webhook != "" {
		list = append(list, Check{Check: "webhook", Result: CheckOptional, Said: "set, and a URL; not tried: a check sends nothing",
			Do: "none: notify.on always has the next run tell it"})
	}
	if o.Mail != nil {
		list = append(list, j.checkMail(ctx, o.Mail))
	}
	return list
}

// checkMail tries the way of a mail as far as nothing is sent: of SMTP the secret, the server and the login.
func (j *Job) checkMail(ctx context.Context, m *delivery.Mail) Check {
	check := Check{Check: m.Name(), Result: CheckOptional}
	if m.SES {
		check.Said = "not tried: only a mail would show it, and a check sends none"
		check.Do = "verify " + m.From + " or its domain in Amazon SES, in the region of the credentials, and allow ses:SendEmail on identity/*"
		return check
	}
	password, err := j.smtpPassword(ctx, m)
	if err != nil {
		check.Result, check.Said = CheckError, audit.Joined(err.Error())
		check.Do = "correct output.mail.smtp_secret, or allow secretsmanager:GetSecretValue on it, and kms:Decrypt on its key"
		return check
	}
	err = delivery.CheckSMTP(ctx, m, password)
	if err == nil {
		check.Result, check.Said = CheckOK, "the server takes the login; no mail was sent"
		return check
	}
	check.Result, check.Said = CheckError, audit.Joined(err.Error())
	switch {
	case errors.Is(err, delivery.ErrNoPassword):
		check.Do = "set TENOR_SMTP_PASSWORD, or name the secret that holds it (output.mail.smtp_secret)"
	case errors.Is(err, delivery.ErrLogin):
		check.Do = "correct the user in output.mail.smtp, or its password (TENOR_SMTP_PASSWORD, output.mail.smtp_secret)"
	default:
		check.Do = "correct output.mail.smtp, or let this machine reach the server, which has to know STARTTLS (smtp://) or TLS (smtps://)"
	}
	return check
}

// checkBucket tries the bucket, which a run reads before it asks AWS, to compare with what is there.
func (j *Job) checkBucket(ctx context.Context) Check {
	to := j.Config.Output.S3
	b, err := j.Config.bucket(ctx, to)
	if err == nil {
		err = b.Check(ctx)
	}
	if err == nil {
		return Check{Check: "bucket " + to, Result: CheckOK, Said: "it can be read; writing is not tried",
			Do: "allow s3:PutObject below it, and kms:GenerateDataKey and kms:Decrypt on its key: a check writes nothing"}
	}
	check := Check{Check: "bucket " + to, Result: CheckError, Said: audit.Joined(err.Error())}
	switch {
	case errors.Is(err, delivery.ErrNotOwner):
		check.Do = "name the account that owns it (output.bucket_owner) if you know it, or another bucket (output.s3)"
	case errors.Is(err, delivery.ErrNoBucket):
		check.Do = "make it, or correct its name (output.s3)"
	case errors.Is(err, delivery.ErrOtherRegion):
		check.Do = "set AWS_REGION to the bucket's region"
	default:
		check.Do = "allow s3:ListBucket on the bucket and s3:GetObject below the prefix, in the role's policy and the bucket's, and the use " +
			"of its key"
	}
	return check
}
