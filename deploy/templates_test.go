package deploy

import (
	stdcmp "cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"go.yaml.in/yaml/v3"

	"tenor/job"
	"tenor/job/decisions"
	"tenor/job/delivery"
	"tenor/job/waivers"
)

// TestScheduleSendsAnEvent hands what the schedule sends to the function's own reader.
func TestScheduleSendsAnEvent(t *testing.T) {
	for _, tt := range []struct{ role, config string }{{"", ""}, {"TenorAudit", ""}, {"", "config/tenor.yaml"},
		{"TenorAudit", "config/tenor.yaml"}} {
		params := needed()
		params["RoleName"], params["ExternalId"], params["ConfigKey"] = tt.role, "secret", tt.config
		text := newStack(t, "lambda/template.yaml", params).properties("Timetable").at(t, "Target", "Input").(string)
		var members map[string]any
		if err := json.Unmarshal([]byte(text), &members); err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		if from, _ := members["config"].(string); tt.config != "" && from != "s3://reports/"+tt.config {
			t.Errorf("config is %q", from)
		}
		delete(members, "config") // which would be fetched
		b, err := json.Marshal(members)
		if err != nil {
			t.Fatal(err)
		}
		ev, err := job.ReadEvent(context.Background(), b, t.TempDir())
		if err == nil {
			err = (&job.Sinks{S3: "s3://reports/tenor", SNSTopic: names["Topic"].(string)}).Hold(&ev)
		}
		if err != nil {
			t.Fatal(err)
		}
		want := job.DefaultConfig()
		want.Output.S3, want.Output.BucketOwner, want.Output.SNSTopic = "s3://reports/tenor", "111122223333",
			names["Topic"].(string)
		if tt.role != "" {
			want.Organization = &job.Organization{RoleName: tt.role, ExternalID: "secret", SourceIdentity: "tenor"}
		}
		if d := cmp.Diff(want, ev.Config); d != "" {
			t.Errorf("%+v: %s", tt, d)
		}
	}
}

// TestStorage holds what the stack keeps to a key of its own, to closed buckets, a log of who reads, and to its retention.
func TestStorage(t *testing.T) {
	lock := setup{"locked", map[string]string{"ObjectLockMode": "COMPLIANCE", "ObjectLockDays": "30"}, nil}
	for _, u := range append(setups, lock) {
		s, _ := pair(t, u)
		key := stdcmp.Or(u.params["KmsKeyArn"], ownKey)
		for _, name := range []string{"Bucket", "AccessLog"} {
			if s.template.at(t, "Resources", name, "DeletionPolicy") != "Retain" {
				t.Errorf("%s goes with the stack", name)
			}
			b := s.properties(name)
			for path, want := range map[string]any{
				"PublicAccessBlockConfiguration": map[string]any{"BlockPublicAcls": "true", "BlockPublicPolicy": "true", "IgnorePublicAcls": "true",
					"RestrictPublicBuckets": "true"},
				"OwnershipControls": map[string]any{"Rules": []any{map[string]any{"ObjectOwnership": "BucketOwnerEnforced"}}},
			} {
				if d := cmp.Diff(want, b.at(t, path)); d != "" {
					t.Errorf("%s: %s: %s", name, path, d)
				}
			}
		}
		b := s.properties("Bucket")
		have := map[string]any{"versioning": b.at(t, "VersioningConfiguration", "Status"),
			"log":        b.at(t, "LoggingConfiguration", "DestinationBucketName"),
			"encryption": mapOf(b.at(t, "BucketEncryption", "ServerSideEncryptionConfiguration").([]any)[0])["ServerSideEncryptionByDefault"],
			"topic":      s.properties("Topic")["KmsMasterKeyId"], "queue": s.properties("DeadLetters")["KmsMasterKeyId"],
			"logs": s.properties("LogGroup")["KmsKeyId"], "environment": s.properties("Function")["KmsKeyArn"], "lock": b["ObjectLockConfiguration"]}
		want := map[string]any{"versioning": "Enabled", "log": "access-log", "topic": key, "queue": key, "logs": key, "environment": key,
			"encryption": map[string]any{"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}, "lock": nil}
		if u.name == lock.name {
			want["lock"] = map[string]any{"ObjectLockEnabled": "Enabled",
				"Rule": map[string]any{"DefaultRetention": map[string]any{"Mode": "COMPLIANCE", "Days": "30"}}}
		}
		if d := cmp.Diff(want, have); d != "" {
			t.Errorf("%s (-want +have):\n%s", u.name, d)
		}
		if l := s.properties("StateMachineLog"); l != nil && l["KmsKeyId"] != key {
			t.Errorf("%s: the state machine's log has the key %v", u.name, l["KmsKeyId"])
		}
		expire := map[any]any{}
		for _, r := range b.at(t, "LifecycleConfiguration", "Rules").([]any) {
			rule := r.(map[string]any)
			expire[rule["Prefix"]] = rule["ExpirationInDays"]
			if rule["Prefix"] != "tenor/plans/" {
				continue
			}
			if d := cmp.Diff([]any{"7", map[string]any{"NoncurrentDays": "1"}}, []any{rule["ExpirationInDays"],
				rule["NoncurrentVersionExpiration"]}); d != "" {
				t.Errorf("partial reports stay: %s", d)
			}
		}
		if d := cmp.Diff(map[any]any{"tenor/runs/": "400", "tenor/parquet/": "400", "tenor/plans/": "7", nil: nil}, expire); d != "" {
			t.Errorf("what expires (-want +have): %s", d)
		}
	}
}

// TestBucketAndExportGoTogether: one of the two says nothing of what may be read, and half of it would be an export of another name.
func TestBucketAndExportGoTogether(t *testing.T) {
	for _, tt := range []struct {
		bucket, export string
		want           bool
	}{{"", "", true}, {"acme-billing", "", false}, {"", "exports/tenor-bill", false}, {"acme-billing", "exports/tenor-bill", true}} {
		params := needed()
		params["BillBucket"], params["BillExport"] = tt.bucket, tt.export
		s := newStack(t, "lambda/template.yaml", params)
		rule := template(s.template.at(t, "Rules", "ExportInBucket").(map[string]any)).at(t, "Assertions").([]any)[0]
		if have := s.truth(mapOf(rule)["Assert"]); have != tt.want {
			t.Errorf("template: bucket %q, export %q: %t", tt.bucket, tt.export, have)
		}
		m := newModule(t, "terraform", map[string]cty.Value{"package": cty.StringVal("x"), "reader_arns": strs(reader), "editor_arns": strs(editor),
			"email": cty.StringVal("ops@example.com"), "bill_bucket": cty.StringVal(tt.bucket), "bill_export": cty.StringVal(tt.export)})
		agreed := true
		for _, b := range m.block("resource", "aws_scheduler_schedule", "tenor").Body.Blocks {
			for _, p := range b.Body.Blocks {
				agreed = agreed && (p.Type != "precondition" || m.eval(m.ctx, p.Body.Attributes["condition"]).True())
			}
		}
		if agreed != tt.want {
			t.Errorf("module: bucket %q, export %q: %t", tt.bucket, tt.export, agreed)
		}
	}
}

// TestStackNeedsADestination: the template is refused without somebody who is told of alarms, and starts one schedule, of the function or
// of the state machine.
func TestStackNeedsADestination(t *testing.T) {
	for _, tt := range []struct {
		email, topic string
		want         bool
	}{{"", "", false}, {"ops@example.com", "", true}, {"", "arn:aws:sns:eu-central-1:111122223333:oncall", true}} {
		params := needed()
		params["Email"], params["AlarmTopicArn"] = tt.email, tt.topic
		s := newStack(t, "lambda/template.yaml", params)
		rule := template(s.template.at(t, "Rules", "SomeoneIsTold").(map[string]any)).at(t, "Assertions").([]any)[0]
		if have := s.truth(mapOf(rule)["Assert"]); have != tt.want {
			t.Errorf("email %q, topic %q: %t", tt.email, tt.topic, have)
		}
	}
	for _, u := range setups {
		s, _ := pair(t, u)
		schedules := 0
		for _, r := range s.template.at(t, "Resources").(map[string]any) {
			if mapOf(r)["Type"] == "AWS::Scheduler::Schedule" {
				schedules++
			}
		}
		starts := names["Function.Arn"]
		if u.params["Shards"] != "" {
			starts = names["StateMachine"]
		}
		target := s.properties("Timetable").at(t, "Target").(map[string]any)
		if schedules != 1 || target["Arn"] != starts || mapOf(target["DeadLetterConfig"])["Arn"] != names["DeadLetters.Arn"] {
			t.Errorf("%s: %d schedules, of %v", u.name, schedules, target)
		}
		if machine := s.properties("StateMachine"); machine != nil && machine.at(t, "Logging", "IncludeExecutionData") != "false" {
			t.Error("the state machine's log has data")
		}
	}
}

// TestModuleMakesTheSame holds what the module makes, beside policies and alarms, to what the template makes.
func TestModuleMakesTheSame(t *testing.T) {
	for _, u := range setups {
		s, m := pair(t, u)
		get := func(kind, name string, path ...string) any {
			t.Helper()
			body := m.block("resource", kind, name).Body
			for _, block := range path[:len(path)-1] {
				i := slices.IndexFunc(body.Blocks, func(b *hclsyntax.Block) bool { return b.Type == block })
				if i < 0 {
					t.Fatalf("%s.%s has no %s", kind, name, block)
				}
				body = body.Blocks[i].Body
			}
			a := body.Attributes[path[len(path)-1]]
			if a == nil {
				t.Fatalf("%s.%s has no %v", kind, name, path)
			}
			v, err := convert.Convert(m.eval(m.ctx, a), cty.String)
			if err != nil {
				t.Fatal(err)
			}
			if v.IsNull() {
				return nil
			}
			return v.AsString()
		}
		f, key := s.properties("Function"), s.properties("Function")["KmsKeyArn"]
		boundary := s.properties("FunctionRole")["PermissionsBoundary"]
		want := map[string][2]any{
			"key of the function": {key, get("aws_lambda_function", "tenor", "kms_key_arn")},
			"concurrency":         {f["ReservedConcurrentExecutions"], get("aws_lambda_function", "tenor", "reserved_concurrent_executions")},
			"memory":              {f["MemorySize"], get("aws_lambda_function", "tenor", "memory_size")},
			"timeout":             {f["Timeout"], get("aws_lambda_function", "tenor", "timeout")},
			"key of the bucket": {key, get("aws_s3_bucket_server_side_encryption_configuration", "reports",
				"rule", "apply_server_side_encryption_by_default", "kms_master_key_id")},
			"key of the topic":     {key, get("aws_sns_topic", "news", "kms_master_key_id")},
			"key of the queue":     {key, get("aws_sqs_queue", "dead_letters", "kms_master_key_id")},
			"key of the log":       {key, get("aws_cloudwatch_log_group", "function", "kms_key_id")},
			"key of the machine's": {key, get("aws_cloudwatch_log_group", "state_machine", "kms_key_id")},
			"rotation":             {"true", get("aws_kms_key", "reports", "enable_key_rotation")},
			"access log": {s.properties("Bucket").at(t, "LoggingConfiguration", "DestinationBucketName"),
				get("aws_s3_bucket_logging", "reports", "target_bucket")},
			"boundary":                 {boundary, get("aws_iam_role", "function", "permissions_boundary")},
			"boundary of the other":    {boundary, get("aws_iam_role", "schedule", "permissions_boundary")},
			"boundary of the machine":  {boundary, get("aws_iam_role", "state_machine", "permissions_boundary")},
			"what the schedule starts": {s.properties("Timetable").at(t, "Target", "Arn"), get("aws_scheduler_schedule", "tenor", "target", "arn")},
			"dead letters":             {names["DeadLetters.Arn"], get("aws_scheduler_schedule", "tenor", "target", "dead_letter_config", "arn")},
			"events that failed": {names["DeadLetters.Arn"], get("aws_lambda_function_event_invoke_config", "tenor",
				"destination_config", "on_failure", "destination")},
			"machine's log": {"false", get("aws_sfn_state_machine", "tenor", "logging_configuration", "include_execution_data")},
		}
		for what, pair := range want {
			if pair[0] != pair[1] {
				t.Errorf("%s: %s: %v in the template, %v in the module", u.name, what, pair[0], pair[1])
			}
		}
		var events [2]any
		for i, text := range []string{s.properties("Timetable").at(t, "Target", "Input").(string),
			get("aws_scheduler_schedule", "tenor", "target", "input").(string)} {
			if err := json.Unmarshal([]byte(text), &events[i]); err != nil {
				t.Fatalf("%v: %s", err, text)
			}
		}
		if d := cmp.Diff(events[0], events[1]); d != "" {
			t.Errorf("%s: the event (-template +module):\n%s", u.name, d)
		}
	}
	m := newModule(t, "terraform", map[string]cty.Value{"package": cty.StringVal("x"),
		"reader_arns": strs(reader), "editor_arns": strs(editor)})
	for _, b := range m.block("resource", "aws_scheduler_schedule", "tenor").Body.Blocks {
		if b.Type != "lifecycle" {
			continue
		}
		refused := 0
		for _, p := range b.Body.Blocks {
			if m.eval(m.ctx, p.Body.Attributes["condition"]).False() {
				refused++
			}
		}
		if refused != 1 {
			t.Errorf("without a destination of alarms, %d preconditions fail", refused)
		}
	}
}

// TestFunctionHoldsNoSecret: the environment names where the function may write and whom it may tell, and of the webhook the secret; a permissions boundary is that of every role.
func TestFunctionHoldsNoSecret(t *testing.T) {
	for _, u := range setups {
		s, _ := pair(t, u)
		f := s.properties("Function")
		variables := map[string]any{"TENOR_OUTPUT_S3": "s3://reports/tenor", "TENOR_SNS_TOPIC": names["Topic"], "TENOR_WEBHOOK_FORMAT": stdcmp.Or(u.params["WebhookFormat"], "slack")}
		if arn := u.params["WebhookSecretArn"]; arn != "" {
			variables["TENOR_WEBHOOK_SECRET_ARN"] = arn
		}
		if from := u.params["MailFrom"]; from != "" {
			variables["TENOR_MAIL_FROM"], variables["TENOR_MAIL_TO"], variables["TENOR_MAIL_ATTACH"] = from, u.params["MailTo"], u.params["MailAttach"]
		}
		if d := cmp.Diff(map[string]any{"Variables": variables}, f["Environment"]); d != "" {
			t.Errorf("%s: %s", u.name, d)
		}
		concurrency := "1"
		if u.params["Shards"] != "" {
			concurrency = "10"
		}
		if f["ReservedConcurrentExecutions"] != concurrency {
			t.Errorf("%s: concurrency %v", u.name, f["ReservedConcurrentExecutions"])
		}
		for name, r := range s.template.at(t, "Resources").(map[string]any) {
			if p := s.properties(name); mapOf(r)["Type"] == "AWS::IAM::Role" && p != nil &&
				stdcmp.Or(p["PermissionsBoundary"], any("")) != any(u.params["PermissionsBoundaryArn"]) {
				t.Errorf("%s: %s has the boundary %v", u.name, name, p["PermissionsBoundary"])
			}
		}
	}
	for _, path := range []string{"lambda/template.yaml", "terraform/main.tf"} {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(b), "resolve:secretsmanager") || regexp.MustCompile(`TENOR_WEBHOOK\b`).Match(b) {
			t.Errorf("%s has the webhook itself in the environment", path)
		}
	}
}

// alarm is what counts of one: in the template, and in the module.
type alarm struct {
	Description, Namespace, Metric, Statistic, Expression, Threshold, Periods, Operator, Missing string
	Dimension                                                                                    map[string]string
	Actions, OK                                                                                  []string
}

func (s *stack) alarms() []alarm {
	s.t.Helper()
	var out []alarm
	for name, r := range s.template.at(s.t, "Resources").(map[string]any) {
		p := s.properties(name)
		if template(r.(map[string]any)).at(s.t, "Type") != "AWS::CloudWatch::Alarm" || p == nil {
			continue
		}
		text := func(m map[string]any, key string) string { v, _ := m[key].(string); return v }
		a := alarm{Description: text(p, "AlarmDescription"), Threshold: text(p, "Threshold"), Periods: text(p, "EvaluationPeriods"),
			Operator: text(p, "ComparisonOperator"), Missing: text(p, "TreatMissingData"), Actions: stringsOf(p.at(s.t, "AlarmActions"))}
		if p["OKActions"] != nil {
			a.OK = stringsOf(p["OKActions"])
		}
		metric, statistic := map[string]any(p), text(p, "Statistic")+" "+text(p, "Period")
		if queries, ok := p["Metrics"].([]any); ok {
			stat := mapOf(mapOf(queries[0])["MetricStat"])
			metric, statistic = mapOf(stat["Metric"]), text(stat, "Stat")+" "+text(stat, "Period")
			a.Expression = text(mapOf(queries[1]), "Expression")
		}
		a.Namespace, a.Metric, a.Statistic = text(metric, "Namespace"), text(metric, "MetricName"), statistic
		d := mapOf(metric["Dimensions"].([]any)[0])
		a.Dimension = map[string]string{text(d, "Name"): text(d, "Value")}
		out = append(out, a)
	}
	slices.SortFunc(out, func(a, b alarm) int { return strings.Compare(a.Description, b.Description) })
	return out
}

func (m *module) alarms() []alarm {
	m.t.Helper()
	var out []alarm
	one := func(ctx *hcl.EvalContext, body *hclsyntax.Body) {
		value := func(body *hclsyntax.Body, name string) cty.Value {
			if a := body.Attributes[name]; a != nil {
				return m.eval(ctx, a)
			}
			return cty.StringVal("")
		}
		text := func(body *hclsyntax.Body, name string) string {
			v, err := convert.Convert(value(body, name), cty.String)
			if err != nil {
				m.t.Fatal(err)
			}
			return v.AsString()
		}
		list := func(name string) (out []string) {
			if body.Attributes[name] != nil {
				for _, v := range value(body, name).AsValueSlice() {
					out = append(out, v.AsString())
				}
			}
			return out
		}
		a := alarm{Description: text(body, "alarm_description"), Threshold: text(body, "threshold"), Periods: text(body, "evaluation_periods"),
			Operator: text(body, "comparison_operator"), Missing: text(body, "treat_missing_data"), Actions: list("alarm_actions"),
			OK: list("ok_actions"), Dimension: map[string]string{}}
		metric, statistic := body, text(body, "statistic")+" "+text(body, "period")
		if len(body.Blocks) == 2 {
			metric = body.Blocks[0].Body.Blocks[0].Body
			statistic, a.Expression = text(metric, "stat")+" "+text(metric, "period"), text(body.Blocks[1].Body, "expression")
		}
		a.Namespace, a.Metric, a.Statistic = text(metric, "namespace"), text(metric, "metric_name"), statistic
		for name, v := range value(metric, "dimensions").AsValueMap() {
			a.Dimension[name] = v.AsString()
		}
		out = append(out, a)
	}
	for _, b := range m.blocks {
		if b.Type != "resource" || b.Labels[0] != "aws_cloudwatch_metric_alarm" {
			continue
		}
		each := b.Body.Attributes["for_each"]
		if each == nil {
			one(m.ctx, b.Body)
			continue
		}
		for key, v := range m.eval(m.ctx, each).AsValueMap() {
			ctx := m.ctx.NewChild()
			ctx.Variables = map[string]cty.Value{"each": cty.ObjectVal(map[string]cty.Value{"key": cty.StringVal(key), "value": v})}
			one(ctx, b.Body)
		}
	}
	slices.SortFunc(out, func(a, b alarm) int { return strings.Compare(a.Description, b.Description) })
	return out
}

// TestAlarms holds the alarms to the metrics that a run sends, to what must be watched, and to a destination; the module has the same.
func TestAlarms(t *testing.T) {
	var line strings.Builder
	if err := (&delivery.Metrics{}).EMF(&line, "f"); err != nil {
		t.Fatal(err)
	}
	var sent map[string]any
	if err := json.Unmarshal([]byte(line.String()), &sent); err != nil {
		t.Fatal(err)
	}
	for _, u := range setups {
		s, m := pair(t, u)
		alarms := s.alarms()
		if d := cmp.Diff(alarms, m.alarms()); d != "" {
			t.Errorf("%s (-template +module):\n%s", u.name, d)
		}
		watched := map[string]bool{}
		topic := stdcmp.Or(u.params["AlarmTopicArn"], names["Topic"].(string))
		for _, a := range alarms {
			watched[a.Metric] = true
			if _, ok := sent[a.Metric]; a.Namespace == "tenor" && !ok {
				t.Errorf("%s watches %s, which no run sends", a.Description, a.Metric)
			}
			if !slices.Equal(a.Actions, []string{topic}) {
				t.Errorf("%s: %s tells %v", u.name, a.Description, a.Actions)
			}
		}
		want := []string{"Errors", "Runs", "RuleErrors", "Incomplete", "ApproximateNumberOfMessagesVisible"}
		if u.params["Shards"] != "" {
			want = append(want, "ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsAborted")
		}
		for _, metric := range want {
			if !watched[metric] {
				t.Errorf("%s: nothing watches %s", u.name, metric)
			}
		}
		if len(watched) != len(want) {
			t.Errorf("%s: %v is watched, want %v", u.name, watched, want)
		}
	}
}

// TestMissedRunIsSeenInADay plays the expression of the alarm on missed runs over weeks of hours, as CloudWatch has it: one point an hour,
// and an alarm when as many in a row as it evaluates are below the threshold.
func TestMissedRunIsSeenInADay(t *testing.T) {
	s, _ := pair(t, setups[0])
	var missed alarm
	for _, a := range s.alarms() {
		if a.Metric == "Runs" {
			missed = a
		}
	}
	if missed.Expression != "IF(DAY(TIME_SERIES(1)) > 5, 1, FILL(runs, 0))" || missed.Threshold != "1" || missed.Missing != "breaching" ||
		missed.Operator != "LessThanThreshold" || missed.Statistic != "Sum 3600" {
		t.Fatalf("the alarm is another than the one that is played here: %+v", missed)
	}
	periods, err := strconv.Atoi(missed.Periods)
	if err != nil {
		t.Fatal(err)
	}
	monday := time.Date(2026, 11, 16, 0, 0, 0, 0, time.UTC)
	for late := range 2 { // hours after five at which the report of each day is there
		for skipped := -1; skipped < 5; skipped++ { // the working day of the second week whose run is missed; -1: none
			row, alarmed := 0, time.Time{}
			due := monday.AddDate(0, 0, 7+skipped).Add(5 * time.Hour)
			for hour := monday; hour.Before(monday.AddDate(0, 0, 21)); hour = hour.Add(time.Hour) {
				working := hour.Weekday() != time.Saturday && hour.Weekday() != time.Sunday
				ran := working && hour.Hour() == 5+late && (skipped < 0 || !hour.Truncate(24*time.Hour).Equal(due.Truncate(24*time.Hour)))
				row++
				if !working || ran {
					row = 0
				}
				if row >= periods && alarmed.IsZero() {
					alarmed = hour.Add(time.Hour)
				}
			}
			if skipped < 0 {
				if !alarmed.IsZero() {
					t.Errorf("no run is missed, and the alarm goes off at %s", alarmed)
				}
				continue
			}
			if wait := alarmed.Sub(due); alarmed.IsZero() || wait < 0 || wait > 24*time.Hour {
				t.Errorf("the run of %s is missed, and the alarm goes off at %s", due, alarmed)
			}
		}
	}
}

// machine is what the tests read of a state machine.
type machine struct {
	StartAt        string
	TimeoutSeconds int
	States         map[string]struct {
		Type, Resource, Next string
		End                  bool
		TimeoutSeconds       int
		Parameters           map[string]any
		ResultSelector       map[string]any
		ItemSelector         map[string]any
		ItemProcessor        *machine
		Retry                []retrier
		Catch                []any

		ToleratedFailurePercentage float64
	}
}

type retrier struct {
	ErrorEquals []string
	MaxAttempts *int // nil: three
}

// readMachine fills the definition with what the template gives.
func readMachine(t *testing.T, s *stack) (m machine) {
	t.Helper()
	b, err := os.ReadFile("stepfunctions/tenor.asl.json")
	if err != nil {
		t.Fatal(err)
	}
	text := string(b)
	for name, value := range s.properties("StateMachine").at(t, "DefinitionSubstitutions").(map[string]any) {
		if !strings.Contains(text, "${"+name+"}") {
			t.Errorf("%s is not in the definition", name)
		}
		text = strings.ReplaceAll(text, "${"+name+"}", value.(string))
	}
	if strings.Contains(text, "${") {
		t.Errorf("the template does not give every name of the definition: %s", text[strings.Index(text, "${"):][:40])
	}
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		t.Fatal(err)
	}
	return m
}

// TestStateMachine holds the definition together: every state is reached, ends or goes on, and what it sends is an event.
func TestStateMachine(t *testing.T) {
	s, _ := pair(t, setups[len(setups)-1])
	m := readMachine(t, s)
	var steps []string
	var walk func(m *machine)
	walk = func(m *machine) {
		seen := map[string]bool{}
		for at := m.StartAt; ; {
			s, ok := m.States[at]
			if !ok || seen[at] {
				t.Fatalf("state %q: there %v, seen %v", at, ok, seen[at])
			}
			seen[at] = true
			if s.ItemProcessor != nil {
				walk(s.ItemProcessor)
			}
			for _, o := range []any{s.Parameters["own"], s.ResultSelector["merge"], s.ItemSelector["own"]} {
				own, ok := o.(map[string]any)
				if !ok {
					continue
				}
				event := map[string]any{}
				for key, value := range own {
					if name, dynamic := strings.CutSuffix(key, ".$"); dynamic {
						key, value = name, map[string]any{"plan": "s3://reports/tenor/plans/x/shards.json", "shard": 3}[name]
					}
					event[key] = value
				}
				e, err := json.Marshal(event)
				if err != nil {
					t.Fatal(err)
				}
				ev, err := job.ReadEvent(context.Background(), e, t.TempDir())
				if err == nil {
					err = (&job.Sinks{S3: "s3://reports/tenor"}).Hold(&ev)
				}
				if err != nil {
					t.Errorf("%s: %v", at, err)
				}
				shard := 0
				if ev.Shard != nil {
					shard = *ev.Shard
				}
				steps = append(steps, fmt.Sprintf("%s %d %q %d", ev.Step, ev.Shards, ev.Plan, shard))
			}
			if s.Type == "Task" && (s.Resource != "arn:aws:states:::lambda:invoke" || len(s.Retry) == 0 || s.TimeoutSeconds <= 900) {
				t.Errorf("%s: %s, retries %v, %d s where the function has 900", at, s.Resource, s.Retry, s.TimeoutSeconds)
			}
			if s.End {
				break
			}
			at = s.Next
		}
		if len(seen) != len(m.States) {
			t.Errorf("of %v only %v are reached", slices.Sorted(maps.Keys(m.States)), slices.Sorted(maps.Keys(seen)))
		}
	}
	walk(&m)
	if m.TimeoutSeconds <= 900 {
		t.Errorf("an execution may take %d s", m.TimeoutSeconds)
	}
	want := []string{`plan 20 "" 0`, `merge 0 "s3://reports/tenor/plans/x/shards.json" 0`,
		`shard 0 "s3://reports/tenor/plans/x/shards.json" 3`}
	if d := cmp.Diff(want, steps); d != "" {
		t.Error(d)
	}
}

// TestPodsAreRestricted holds every pod to the restricted profile of the Pod Security Standards and the config to tenor's own
// reader.
func TestPodsAreRestricted(t *testing.T) {
	pods := 0
	for _, path := range []string{"kubernetes/cronjob.yaml", "kubernetes/shards.yaml"} {
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		for d := yaml.NewDecoder(f); ; {
			var body map[string]any
			if err := d.Decode(&body); err != nil {
				if !errors.Is(err, io.EOF) {
					t.Fatalf("%s: %v", path, err)
				}
				break
			}
			o := template(body)
			var pod template
			switch o.at(t, "kind") {
			case "ConfigMap":
				c, err := job.ParseConfig(path, []byte(o.at(t, "data", "tenor.yaml").(string)))
				if err != nil || c.FailOn != job.FailOnNone { // a finding would fail the job
					t.Errorf("%v, fail_on %s", err, c.FailOn)
				}
				continue
			case "CronJob":
				pod = mapOf(o.at(t, "spec", "jobTemplate", "spec", "template", "spec"))
			case "Job":
				pod = mapOf(o.at(t, "spec", "template", "spec"))
			default:
				continue
			}
			pods++
			container := template(pod.at(t, "containers").([]any)[0].(map[string]any))
			have := []any{
				pod.at(t, "securityContext", "runAsNonRoot"), pod.at(t, "securityContext", "seccompProfile", "type"),
				pod["automountServiceAccountToken"],
				container["securityContext"],
			}
			want := []any{true, "RuntimeDefault", false, map[string]any{"allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true,
				"capabilities": map[string]any{"drop": []any{"ALL"}}}}
			if d := cmp.Diff(want, have); d != "" {
				t.Errorf("%s: %s", path, d)
			}
			container.at(t, "resources", "limits", "memory")
		}
	}
	if pods != 2 {
		t.Errorf("%d pods", pods)
	}
}

// TestPodsReachAWSAlone: the pods' network has names, TLS and the Pushgateway of the metrics, and no metadata of the node; the role's trust is for their service account.
func TestPodsReachAWSAlone(t *testing.T) {
	f, err := os.Open("kubernetes/cronjob.yaml")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	objects := map[string]template{}
	for d := yaml.NewDecoder(f); ; {
		var body map[string]any
		if err := d.Decode(&body); err != nil {
			break
		}
		objects[body["kind"].(string)] = body
	}
	policy := objects["NetworkPolicy"]
	if d := cmp.Diff([]any{map[string]any{}, []any{"Ingress", "Egress"}, nil}, []any{policy.at(t, "spec", "podSelector"),
		policy.at(t, "spec", "policyTypes"), mapOf(policy["spec"])["ingress"]}); d != "" {
		t.Errorf("not every pod, in and out, and nothing in: %s", d)
	}
	gateway := map[string]any{
		"to":    []any{map[string]any{"namespaceSelector": map[string]any{"matchLabels": map[string]any{"kubernetes.io/metadata.name": "monitoring"}}}},
		"ports": []any{map[string]any{"protocol": "TCP", "port": 9091}},
	}
	for _, metadata := range []string{"169.254.169.254", "fd00:ec2::254"} {
		for _, rule := range policy.at(t, "spec", "egress").([]any) {
			if cmp.Equal(rule, any(gateway)) {
				continue
			}
			ports := map[any]bool{}
			for _, p := range mapOf(rule)["ports"].([]any) {
				ports[mapOf(p)["port"]] = true
			}
			if ports[80] || len(ports) != 1 || !ports[53] && !ports[443] {
				t.Errorf("ports %v", ports)
			}
			to, _ := mapOf(rule)["to"].([]any)
			for _, peer := range to {
				block := mapOf(mapOf(peer)["ipBlock"])
				in := netip.MustParsePrefix(block["cidr"].(string)).Contains(netip.MustParseAddr(metadata))
				for _, out := range stringsOf(block["except"]) {
					in = in && !netip.MustParsePrefix(out).Contains(netip.MustParseAddr(metadata))
				}
				if in {
					t.Errorf("%s is reached by %v", metadata, block)
				}
			}
		}
	}
	b, err := os.ReadFile("kubernetes/trust.json")
	if err != nil {
		t.Fatal(err)
	}
	var trust document
	if err := json.Unmarshal(b, &trust); err != nil {
		t.Fatal(err)
	}
	s := trust.Statement[0]
	provider := strings.SplitN(s.Principal["Federated"][0], "/", 2)[1]
	meta := objects["ServiceAccount"]
	want := map[string]map[string]texts{"StringEquals": {provider + ":aud": {"sts.amazonaws.com"},
		provider + ":sub": {fmt.Sprintf("system:serviceaccount:%s:%s", meta.at(t, "metadata", "namespace"), meta.at(t, "metadata", "name"))}}}
	if d := cmp.Diff(want, s.Condition); d != "" || len(trust.Statement) != 1 {
		t.Errorf("the trust is for others too: %s", d)
	}
}

// TestServiceReadsItsConfig lays out the credentials as systemd would where there is a config alone, with what stands for the other files,
// and has tenor's own readers read them.
func TestServiceReadsItsConfig(t *testing.T) {
	b, err := os.ReadFile("systemd/tenor.service")
	if err != nil {
		t.Fatal(err)
	}
	dir, loaded := t.TempDir(), map[string]string{}
	for line := range strings.Lines(string(b)) {
		if value, ok := strings.CutPrefix(line, "LoadCredential="); ok {
			id, path, _ := strings.Cut(strings.TrimSpace(value), ":")
			loaded[id] = path
		}
		if value, ok := strings.CutPrefix(line, "SetCredential="); ok {
			id, text, _ := strings.Cut(strings.TrimSuffix(value, "\n"), ":")
			if err := os.WriteFile(filepath.Join(dir, id), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	want := map[string]string{"tenor.yaml": "/etc/tenor/tenor.yaml", "waivers.yaml": "/etc/tenor/waivers.yaml",
		"decisions.yaml": "/etc/tenor/decisions.yaml"}
	if d := cmp.Diff(want, loaded); d != "" {
		t.Fatal(d)
	}
	if !strings.Contains(string(b), "--config ${CREDENTIALS_DIRECTORY}/tenor.yaml ") ||
		!strings.Contains(string(b), "\nOnFailure=tenor-failure.service\n") {
		t.Error("the config is not what systemd hands over, or a failure is told to nobody")
	}
	if set, err := waivers.Load(filepath.Join(dir, "waivers.yaml"), waivers.Limit{}); err != nil {
		t.Errorf("%v, %v", set, err)
	}
	if list, err := decisions.Load(filepath.Join(dir, "decisions.yaml")); err != nil || len(list) > 0 {
		t.Errorf("%v, %v", list, err)
	}
}

func TestServiceIsHardened(t *testing.T) {
	b, err := os.ReadFile("systemd/tenor.service")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(b), "\n")
	for _, want := range []string{"User=tenor", "ProtectSystem=strict", "ProtectHome=yes", "PrivateTmp=yes", "PrivateDevices=yes",
		"NoNewPrivileges=yes",
		"CapabilityBoundingSet=", "MemoryDenyWriteExecute=yes", "RestrictAddressFamilies=AF_INET AF_INET6",
		"SystemCallFilter=@system-service", "StateDirectoryMode=0700", "UMask=0077"} {
		if !slices.Contains(lines, want) {
			t.Errorf("the service lacks %s", want)
		}
	}
}

func TestKoBuildsTheProgram(t *testing.T) {
	b, err := os.ReadFile("ko/.ko.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var c struct {
		DefaultBaseImage string `yaml:"defaultBaseImage"`
		Builds           []struct {
			ID, Main            string
			Env, Flags, Ldflags []string
		}
	}
	d := yaml.NewDecoder(strings.NewReader(string(b)))
	d.KnownFields(true)
	if err := d.Decode(&c); err != nil {
		t.Fatal(err)
	}
	if len(c.Builds) != 1 || !strings.Contains(c.DefaultBaseImage, "distroless/static") || !strings.HasSuffix(c.DefaultBaseImage, ":nonroot") {
		t.Fatalf("%+v", c)
	}
	if _, err := os.Stat("../" + c.Builds[0].Main + "/main.go"); err != nil {
		t.Error(err)
	}
	for path := range map[string]bool{"kubernetes/cronjob.yaml": true, "kubernetes/shards.yaml": true} {
		m, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if image := "image: ko://tenor/" + strings.TrimPrefix(c.Builds[0].Main, "./"); !strings.Contains(string(m), image) {
			t.Errorf("%s has no %s", path, image)
		}
	}
}
