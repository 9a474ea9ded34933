package deploy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"tenor/job"
	"tenor/job/delivery"
)

// resolve evaluates the intrinsic functions that the schedule's input is made with.
func resolve(t *testing.T, v any, params map[string]string) string {
	t.Helper()
	switch v := v.(type) {
	case string:
		return v
	case map[string]any:
		if choice, ok := v["Fn::If"].([]any); ok {
			if params[choice[0].(string)] != "" {
				return resolve(t, choice[1], params)
			}
			return resolve(t, choice[2], params)
		}
		if join, ok := v["Fn::Join"].([]any); ok {
			name := join[1].(map[string]any)["Ref"].(string)
			return strings.ReplaceAll(params[name], ",", join[0].(string))
		}
		own := maps.Clone(params)
		body, ok := v["Fn::Sub"].(string)
		if list, isList := v["Fn::Sub"].([]any); isList {
			body, ok = list[0].(string), true
			for name, value := range list[1].(map[string]any) {
				own[name] = resolve(t, value, params)
			}
		}
		if ok {
			return regexp.MustCompile(`\$\{[A-Za-z:]+\}`).ReplaceAllStringFunc(body, func(s string) string {
				value, known := own[s[2:len(s)-1]]
				if !known {
					t.Fatalf("%s: %s is not known", body, s)
				}
				return value
			})
		}
	}
	t.Fatalf("cannot resolve %v", v)
	return ""
}

// TestScheduleSendsAnEvent hands what the schedule sends to the function's own reader.
func TestScheduleSendsAnEvent(t *testing.T) {
	c := readTemplate(t, "lambda/template.yaml")
	input := c.at(t, "Resources", "Timetable", "Properties", "Target", "Input")
	for _, tt := range []struct{ role, config string }{{"", ""}, {"TenorAudit", ""}, {"", "config/tenor.yaml"},
		{"TenorAudit", "config/tenor.yaml"}} {
		text := resolve(t, input, map[string]string{
			"HasRole": tt.role, "HasConfig": tt.config, "RoleName": tt.role, "ExternalId": "secret", "ConfigKey": tt.config, "Formats": "json,xlsx",
			"Bucket": "reports", "Topic": "arn:aws:sns:eu-central-1:111122223333:tenor", "AWS::AccountId": "111122223333",
		})
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
		if err != nil {
			t.Fatal(err)
		}
		want := job.DefaultConfig()
		want.Output.S3, want.Output.BucketOwner, want.Output.SNSTopic = "s3://reports/tenor", "111122223333",
			"arn:aws:sns:eu-central-1:111122223333:tenor"
		if tt.role != "" {
			want.Organization = &job.Organization{RoleName: tt.role, ExternalID: "secret"}
		}
		if d := cmp.Diff(want, ev.Config); d != "" {
			t.Errorf("%+v: %s", tt, d)
		}
	}
}

func TestBucketIsClosed(t *testing.T) {
	c := readTemplate(t, "lambda/template.yaml")
	b := template(c.at(t, "Resources", "Bucket").(map[string]any))
	for _, tt := range []struct {
		path []string
		want any
	}{
		{[]string{"DeletionPolicy"}, "Retain"},
		{[]string{"Properties", "PublicAccessBlockConfiguration"},
			map[string]any{"BlockPublicAcls": "true", "BlockPublicPolicy": "true", "IgnorePublicAcls": "true", "RestrictPublicBuckets": "true"}},
		{[]string{"Properties", "OwnershipControls"}, map[string]any{"Rules": []any{map[string]any{"ObjectOwnership": "BucketOwnerEnforced"}}}},
		{[]string{"Properties", "VersioningConfiguration", "Status"}, "Enabled"},
	} {
		if d := cmp.Diff(tt.want, b.at(t, tt.path...)); d != "" {
			t.Errorf("%v: %s", tt.path, d)
		}
	}
	b.at(t, "Properties", "BucketEncryption", "ServerSideEncryptionConfiguration")
}

// TestAlarmsWatchMetricsThatAreSent holds the names in the alarms to those that a run writes.
func TestAlarmsWatchMetricsThatAreSent(t *testing.T) {
	var line strings.Builder
	if err := (&delivery.Metrics{}).EMF(&line, "f"); err != nil {
		t.Fatal(err)
	}
	var sent map[string]any
	if err := json.Unmarshal([]byte(line.String()), &sent); err != nil {
		t.Fatal(err)
	}
	c := readTemplate(t, "lambda/template.yaml")
	watched := map[string]bool{}
	for name, r := range c.at(t, "Resources").(map[string]any) {
		alarm := template(r.(map[string]any))
		if alarm.at(t, "Type") != "AWS::CloudWatch::Alarm" {
			continue
		}
		metric := alarm.at(t, "Properties", "MetricName").(string)
		watched[metric] = true
		if alarm.at(t, "Properties", "Namespace") != "tenor" {
			continue
		}
		if _, ok := sent[metric]; !ok {
			t.Errorf("%s watches %s, which no run sends", name, metric)
		}
	}
	for _, want := range []string{"Errors", "Runs", "RuleErrors", "Gaps", "ApproximateNumberOfMessagesVisible"} {
		if !watched[want] {
			t.Errorf("nothing watches %s", want)
		}
	}
	tf, err := os.ReadFile("terraform/alarms.tf")
	if err != nil {
		t.Fatal(err)
	}
	for metric := range watched {
		if !strings.Contains(string(tf), `"`+metric+`"`) {
			t.Errorf("the Terraform module does not watch %s", metric)
		}
	}
}

// machine is what the tests read of a state machine.
type machine struct {
	StartAt string
	States  map[string]struct {
		Type, Resource, Next string
		End                  bool
		Parameters           map[string]any
		ResultSelector       map[string]any
		ItemSelector         map[string]any
		ItemProcessor        *machine
		Retry                []struct{ ErrorEquals []string }
	}
}

// TestStateMachine holds the definition together: every state is reached, ends or goes on, and what it sends is an event.
func TestStateMachine(t *testing.T) {
	b, err := os.ReadFile("stepfunctions/tenor.asl.json")
	if err != nil {
		t.Fatal(err)
	}
	c := readTemplate(t, "stepfunctions/template.yaml")
	text := string(b)
	for name := range c.at(t, "Resources", "StateMachine", "Properties", "DefinitionSubstitutions").(map[string]any) {
		if !strings.Contains(text, "${"+name+"}") {
			t.Errorf("%s is not in the definition", name)
		}
		text = strings.ReplaceAll(text, "${"+name+"}", "7")
	}
	if strings.Contains(text, "${") {
		t.Errorf("the template does not give every name of the definition: %s", text[strings.Index(text, "${"):][:40])
	}
	var m machine
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		t.Fatal(err)
	}
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
				if err != nil {
					t.Errorf("%s: %v", at, err)
				}
				steps = append(steps, fmt.Sprintf("%s %d %q %d", ev.Step, ev.Shards, ev.Plan, ev.Shard))
			}
			if s.Type == "Task" && (s.Resource != "arn:aws:states:::lambda:invoke" || len(s.Retry) == 0) {
				t.Errorf("%s: %s, retries %v", at, s.Resource, s.Retry)
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
	want := []string{`plan 7 "" 0`, `merge 0 "s3://reports/tenor/plans/x/shards.json" 0`, `shard 0 "s3://reports/tenor/plans/x/shards.json" 3`}
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

func TestServiceIsHardened(t *testing.T) {
	b, err := os.ReadFile("systemd/tenor.service")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(b), "\n")
	for _, want := range []string{"DynamicUser=yes", "ProtectSystem=strict", "ProtectHome=yes", "PrivateTmp=yes", "PrivateDevices=yes",
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
