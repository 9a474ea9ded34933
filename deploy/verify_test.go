//go:build verify

package deploy

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tenor/audit"
	"tenor/internal/awssim"
	"tenor/internal/lambdasim"
	"tenor/internal/s3sim"
	"tenor/job/delivery"
	"tenor/report"
)

// need skips a test that rests on a program which is not there.
func need(t *testing.T, program string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		t.Skipf("needs %s", program)
	}
	return path
}

// output runs a program, which must succeed.
func output(t *testing.T, dir, program string, args ...string) string {
	t.Helper()
	command := exec.Command(program, args...)
	command.Dir = dir
	out, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", program, strings.Join(args, " "), err, out)
	}
	return string(out)
}

func TestCfnLint(t *testing.T) {
	lint := need(t, "cfn-lint")
	output(t, ".", lint, "--ignore-checks", "W3037", "--", // its list of actions is older than quotes and renewal prices
		"lambda/template.yaml", "lambda/member-role.yaml")
}

// TestActionlint lints the workflow of docs/ci.md, with the action of this repository in it.
func TestActionlint(t *testing.T) {
	lint := need(t, "actionlint")
	_, text, ok := strings.Cut(readText(t, "../docs/ci.md"), "## GitHub\n\n```yaml\n")
	workflow, _, end := strings.Cut(text, "```")
	if !ok || !end || !strings.Contains(workflow, "uses: OWNER/tenor@COMMIT") {
		t.Fatal("docs/ci.md has no workflow")
	}
	dir := t.TempDir()
	for path, text := range map[string]string{"action.yml": readText(t, "../action.yml"),
		".github/workflows/tenor.yml": strings.Replace(workflow, "OWNER/tenor@COMMIT", "./", 1)} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, path)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, path), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	output(t, dir, "git", "init", "--quiet")
	output(t, dir, lint)
}

func TestTerraformIsFormatted(t *testing.T) {
	output(t, ".", need(t, "terraform"), "fmt", "-check", "-recursive", "-diff", "terraform")
}

func TestTerraformValidates(t *testing.T) {
	terraform := need(t, "terraform")
	for _, module := range []string{".", "member"} {
		dir := t.TempDir()
		files, err := filepath.Glob(filepath.Join("terraform", module, "*.tf"))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, filepath.Base(f)), b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		command := exec.Command(terraform, "init", "-backend=false", "-no-color")
		command.Dir = dir
		if out, err := command.CombinedOutput(); err != nil {
			t.Skipf("terraform validate needs the provider: %s", out)
		}
		output(t, dir, terraform, "validate", "-no-color")
	}
}

func TestSystemd(t *testing.T) {
	analyze := need(t, "systemd-analyze")
	out, _ := exec.Command(analyze, "verify", "systemd/tenor.service", "systemd/tenor-failure.service",
		"systemd/tenor.timer").CombinedOutput() // it fails where the program is not installed
	for line := range strings.Lines(string(out)) {
		if !strings.Contains(line, "Command tenor is not executable") {
			t.Error(line)
		}
	}
	output(t, ".", analyze, "security", "--offline=true", "--threshold=15", "systemd/tenor.service") // 1.5 of 10
}

// TestCommandsOfTheTemplates holds the flags that the templates use to those there are.
func TestCommandsOfTheTemplates(t *testing.T) {
	help := output(t, buildTenor(t), "./tenor", "run", "--help")
	for _, path := range []string{"systemd/tenor.service", "kubernetes/cronjob.yaml", "kubernetes/shards.yaml"} {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for line := range strings.Lines(string(b)) {
			if strings.HasPrefix(strings.TrimSpace(line), "#") || !strings.Contains(line, " --") {
				continue
			}
			found = true
			for _, word := range strings.FieldsFunc(line, func(r rune) bool { return strings.ContainsRune(" ,[]\n", r) }) {
				if strings.HasPrefix(word, "--") && !strings.Contains(help, word+" ") {
					t.Errorf("%s: tenor run has no %s", path, word)
				}
			}
		}
		if !found {
			t.Errorf("%s runs nothing", path)
		}
	}
}

// TestDeliveryToMoto delivers to an S3 and an SNS that others have written.
func TestDeliveryToMoto(t *testing.T) {
	python := need(t, "python3")
	if exec.Command(python, "-c", "import moto.server").Run() != nil {
		t.Skip("needs moto: pip install 'moto[server]'")
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := listener.Addr().String()
	_, port, _ := net.SplitHostPort(at)
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	server := exec.Command(python, "-m", "moto.server", "-H", "127.0.0.1", "-p", port)
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = server.Process.Kill()
		_ = server.Wait()
	}()
	send := func(service, method, path, body string) (int, string) {
		req, err := http.NewRequestWithContext(t.Context(), method, "http://"+at+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIDTEST/20260101/eu-central-1/"+service+
			"/aws4_request, SignedHeaders=host, Signature=0")
		if service != "s3" {
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			return 0, err.Error()
		}
		defer res.Body.Close()
		b, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, string(b)
	}
	const bucket = `<CreateBucketConfiguration><LocationConstraint>eu-central-1</LocationConstraint></CreateBucketConfiguration>`
	for began := time.Now(); ; {
		status, body := send("s3", http.MethodPut, "/reports", bucket)
		if status == http.StatusOK {
			break
		}
		if time.Since(began) > time.Minute {
			t.Fatalf("%d: %s", status, body)
		}
		time.Sleep(200 * time.Millisecond)
	}
	if status, body := send("sns", http.MethodPost, "/", "Action=CreateTopic&Name=tenor&Version=2010-03-31"); status != http.StatusOK {
		t.Fatalf("%d: %s", status, body)
	}

	bin, dir := buildTenor(t), t.TempDir()
	run := func(want int, args ...string) string {
		t.Helper()
		command := exec.Command(filepath.Join(bin, "tenor"), args...)
		command.Dir = dir
		command.Env = append(os.Environ(), "AWS_ENDPOINT_URL=http://"+at, "AWS_REGION=eu-central-1", "AWS_ACCESS_KEY_ID=AKIDTEST",
			"AWS_SECRET_ACCESS_KEY=secret")
		out, _ := command.CombinedOutput()
		if code := command.ProcessState.ExitCode(); code != want {
			t.Fatalf("tenor %v: exit %d, want %d\n%s", args, code, want, out)
		}
		return string(out)
	}
	config := "fail_on: none\noutput: {s3: s3://reports/audit, sns_topic: 'arn:aws:sns:eu-central-1:123456789012:tenor'}\n" // moto's own account
	if err := os.WriteFile(filepath.Join(dir, "tenor.yaml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	run(0, "run", "--demo")
	if out := run(0, "evaluate", "out", "--config", "tenor.yaml", "--format", "json,xlsx"); !strings.Contains(out,
		"s3://reports/audit/latest/") {
		t.Errorf("not delivered: %s", out)
	}
	run(1, "evaluate", "out", "--config", "tenor.yaml", "--fail-on", "low", "--format", "json,xlsx", "--out",
		"again") // another gate is another run of the same snapshot
	if out := run(4, "evaluate", "out", "--config", "tenor.yaml", "--fail-on", "low", "--format", "json,xlsx", "--out",
		"again"); !strings.Contains(out, "is there already, and is another") {
		t.Errorf("what was delivered is replaced: %s", out)
	}
	if status, body := send("s3", http.MethodGet, "/reports/audit/latest/run.json", ""); status != http.StatusOK ||
		!strings.Contains(body, `"state": "complete"`) {
		t.Errorf("%d: %s", status, body)
	}
	if out := run(4, "evaluate", "out", "--config", "tenor.yaml", "--out", "s3://nobodys-bucket/audit", "--baseline",
		"out/report.json"); !strings.Contains(out, "there is no bucket nobodys-bucket") {
		t.Errorf("%s", out)
	}
}

// TestStateMachineRuns runs the definition against the function's own binary, and wants the report of a run that was not
// sharded.
func TestStateMachineRuns(t *testing.T) {
	node, npm := need(t, "node"), need(t, "npm")
	const owner = "111122223333"
	dir := t.TempDir()
	if out, err := exec.Command(npm, "install", "--prefix", dir, "--no-audit", "--no-fund",
		"aws-local-stepfunctions@3.0.0").CombinedOutput(); err != nil {
		t.Skipf("needs aws-local-stepfunctions: %s", out)
	}
	bootstrap := filepath.Join(dir, "bootstrap")
	output(t, "..", "go", "build", "-tags", "lambda.norpc", "-o", bootstrap, "./cmd/tenor-lambda")

	estate, err := awssim.DemoEstate(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	aws, err := awssim.Start(awssim.Options{Estate: estate})
	if err != nil {
		t.Fatal(err)
	}
	defer aws.Close()
	s3 := s3sim.Start(s3sim.Options{Buckets: []s3sim.Bucket{{Name: "reports", Region: "eu-central-1", Owner: owner}}})
	defer s3.Close()
	command := exec.Command(bootstrap)
	command.Stderr = os.Stderr
	command.Env = []string{"TMPDIR=" + dir, "AWS_REGION=eu-central-1", "AWS_ENDPOINT_URL=" + aws.URL(), "AWS_ENDPOINT_URL_S3=" + s3.URL(),
		"TENOR_OUTPUT_S3=s3://reports/tenor", // the one bucket that the deployment writes to
		"AWS_ACCESS_KEY_ID=" + awssim.AccessKey(estate.Organization.ManagementAccount), "AWS_SECRET_ACCESS_KEY=simulated"}
	function, err := lambdasim.Start(command)
	if err != nil {
		t.Fatal(err)
	}
	defer function.Close()
	var events [][]byte
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		events = append(events, body)
		answer, err := function.Invoke(r.Context(), body, 15*time.Minute)
		if failure, ok := errors.AsType[*lambdasim.Failure](err); ok {
			w.WriteHeader(http.StatusBadGateway)
			answer, err = json.Marshal(failure)
		}
		if err != nil {
			t.Error(err)
		}
		_, _ = w.Write(answer)
	}))
	defer web.Close()

	text, err := os.ReadFile("stepfunctions/tenor.asl.json")
	if err != nil {
		t.Fatal(err)
	}
	definition := filepath.Join(dir, "tenor.asl.json")
	filled := strings.NewReplacer("${FunctionArn}", "arn:aws:lambda:eu-central-1:111122223333:function:tenor", "${Shards}", "4",
		"${MaxConcurrency}", "1", "${Partition}", "aws", "${TimeoutSeconds}", "3600").Replace(string(text))
	if err := os.WriteFile(definition, []byte(filled), 0o600); err != nil {
		t.Fatal(err)
	}
	event, err := json.Marshal(map[string]any{
		"regions": estate.Regions, "rate": 1000,
		"organization": map[string]string{"role_name": estate.Role.Name, "external_id": estate.Role.ExternalID},
		"output":       map[string]any{"s3": "s3://reports/tenor", "bucket_owner": owner, "formats": []string{"json", "xlsx"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	script, err := filepath.Abs("stepfunctions/run.cjs")
	if err != nil {
		t.Fatal(err)
	}
	run := exec.Command(node, script, definition, web.URL, string(event))
	run.Env = append(os.Environ(), "NODE_PATH="+filepath.Join(dir, "node_modules"))
	var stdout, stderr bytes.Buffer
	run.Stdout, run.Stderr = &stdout, &stderr
	if err := run.Run(); err != nil {
		t.Fatalf("%v\n%s", err, stderr.String())
	}
	var sharded delivery.Notice
	if err := json.Unmarshal(stdout.Bytes(), &sharded); err != nil {
		t.Fatalf("%v: %s", err, stdout.String())
	}
	if len(events) != 6 { // plan, four shards, merge
		t.Errorf("%d events: %s", len(events), bytes.Join(events, []byte("\n")))
	}
	merged := latest(t, s3, dir)
	answer, err := function.Invoke(t.Context(), event, 15*time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	var whole delivery.Notice
	if err := json.Unmarshal(answer, &whole); err != nil {
		t.Fatal(err)
	}
	unsharded := latest(t, s3, dir)
	if !slices.Equal(merged, unsharded) || len(merged) == 0 || sharded.Status != audit.HasFindings || whole.New+whole.Resolved > 0 {
		t.Errorf("%d findings in shards, %d in one: %+v", len(merged), len(unsharded), sharded)
	}
}

// latest returns the fingerprints in latest/report.json, in order.
func latest(t *testing.T, s3 *s3sim.Server, dir string) []string {
	t.Helper()
	path := filepath.Join(dir, "report.json")
	if err := os.WriteFile(path, s3.Objects("reports")["tenor/latest/report.json"].Body, 0o600); err != nil {
		t.Fatal(err)
	}
	r, closeReport, err := report.ReadJSON(path)
	if err != nil {
		t.Fatal(err)
	}
	defer closeReport()
	var prints []string
	for f, err := range r.Findings.All() {
		if err != nil {
			t.Fatal(err)
		}
		prints = append(prints, f.Fingerprint)
	}
	return prints
}
