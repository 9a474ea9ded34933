//go:build unix

package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/bundle"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v3"

	"tenor/internal/awssim"
	"tenor/internal/s3sim"
	"tenor/job"
	"tenor/job/waivers"
)

// programs are those of others that the documents call. In the tests a stub notes what it is called with, and answers nothing.
var programs = []string{"aws", "cmp", "conftest", "dpkg", "git", "go", "install", "ko", "kubectl", "make", "opa", "rpm", "sam", "sha256sum", "systemctl", "tar"}

// notRun begins the blocks that are run by nothing, and says why.
var notRun = []struct{ file, begins, why string }{
	{"docs/architecture.md", "AWS ──collect──▶", "a picture"},
	{"docs/deploy.md", "s3://bucket/prefix/runs/", "a listing"},
	{"tenor bill", "tenor bill s3://", "what it names in S3 is of other machines; the tests of billing have a simulated S3"},
	{"tenor merge", "tenor merge s3://", "what it names in S3 is of other machines; the tests of job have a simulated S3"},
}

// fingerprint is what the documents write for that of a finding of the reader's.
const fingerprint = "3f2a91c0"

// inPlace is what the documents write for places that only a reader has, and what the tests put there.
var inPlace = map[string]string{"/etc/tenor/": "etc/", "/var/lib/node_exporter/": "metrics/", "/var/lib/tenor": "state"}

// block is a fenced block of a document, or an example of a command's help.
type block struct {
	file       string
	line       int
	lang, info string
	text       string
}

func (b block) String() string { return fmt.Sprintf("%s:%d", b.file, b.line) }

// documents reads every document, by its path in the repository.
func documents(t *testing.T, root string) map[string]string {
	t.Helper()
	docs := map[string]string{}
	for _, name := range []string{"README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", "docs"} {
		err := filepath.WalkDir(filepath.Join(root, name), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || filepath.Ext(path) != ".md" {
				return err
			}
			text, err := os.ReadFile(path)
			name, _ := filepath.Rel(root, path)
			docs[filepath.ToSlash(name)] = string(text)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return docs
}

var fence = regexp.MustCompile("^( *)```([a-z]*) ?(.*)$")

// blocksOf returns the fenced blocks of a document, without their indentation, and the text around them.
func blocksOf(t *testing.T, file, text string) (blocks []block, prose string) {
	t.Helper()
	var in *block
	indent := ""
	for i, line := range strings.Split(text, "\n") {
		m := fence.FindStringSubmatch(line)
		switch {
		case in == nil && m != nil:
			in, indent = &block{file: file, line: i + 1, lang: m[2], info: m[3]}, m[1]
		case in == nil:
			prose += line + "\n"
		case m != nil:
			blocks, in = append(blocks, *in), nil
		default:
			in.text += strings.TrimPrefix(line, indent) + "\n"
		}
	}
	if in != nil {
		t.Errorf("%s: the block is not closed", in)
	}
	return blocks, prose
}

// helpOf returns the examples of every command, and the lines of its description that stand apart.
func helpOf(cmd *cobra.Command) (blocks []block, prose string) {
	if cmd.Name() == "completion" { // which is cobra's own
		return nil, ""
	}
	var lines []string
	for line := range strings.Lines(cmd.Long + "\n" + cmd.Example + "\n") {
		if text, apart := strings.CutPrefix(line, "  "); apart {
			lines = append(lines, text)
		} else {
			prose += line
		}
	}
	if len(lines) > 0 {
		blocks = append(blocks, block{file: cmd.CommandPath(), lang: "sh", text: strings.Join(lines, "")})
	}
	for _, sub := range cmd.Commands() {
		more, around := helpOf(sub)
		blocks, prose = append(blocks, more...), prose+around
	}
	return blocks, prose
}

// desk is a folder in which the documents' commands are run, as if by a reader who has done what they say before.
type desk struct {
	root  string // of the repository
	env   []string
	calls string // the file in which stubs note their calls
}

// newDesk makes the desk and stands in it: tenor and the stubs on the PATH, a simulated AWS in the environment, the README's
// tenor.yaml, the policies of docs/writing-policies.md, and what an earlier run left.
func newDesk(t *testing.T, docs map[string]string) *desk {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	program, err := exec.LookPath("tenor")
	if err != nil {
		t.Fatal(err)
	}
	estate, err := awssim.DemoEstate(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	estate.Role.ExternalID = "example" // as the documents have it
	server, err := awssim.Start(awssim.Options{Estate: estate})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	away(t)
	d := &desk{root: root, calls: filepath.Join(t.TempDir(), "calls")}
	stubs := t.TempDir()
	for _, name := range programs {
		script := fmt.Sprintf("#!/bin/sh\necho \"%s $*\" >> %s\n", name, d.calls)
		if name == "go" {
			script += "case \"$1 $2\" in 'run ./cmd/tenor') shift 2; exec tenor \"$@\";; esac\n"
		}
		if err := os.WriteFile(filepath.Join(stubs, name), []byte(script), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	d.env = []string{
		"PATH=" + stubs + ":" + filepath.Dir(program) + ":/usr/bin:/bin", "HOME=" + os.Getenv("HOME"), "AWS_EC2_METADATA_DISABLED=true",
		"AWS_CONFIG_FILE=" + os.DevNull, "AWS_SHARED_CREDENTIALS_FILE=" + os.DevNull, "AWS_ENDPOINT_URL=" + server.URL(),
		"AWS_ACCESS_KEY_ID=" + awssim.AccessKey(estate.Organization.ManagementAccount), "AWS_SECRET_ACCESS_KEY=simulated",
		"AWS_REGION=" + estate.Regions[0],
	}
	write := func(name, text string) {
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	blocks, _ := blocksOf(t, "README.md", docs["README.md"])
	for _, b := range blocks {
		if strings.HasPrefix(b.text, "# tenor.yaml\n") {
			write("tenor.yaml", b.text)
			write("with-billing.yaml", b.text+"billing:\n  exports: [exports/tenor-bill]\n")
			write("etc/tenor.yaml", b.text)
		}
	}
	blocks, _ = blocksOf(t, "docs/writing-policies.md", docs["docs/writing-policies.md"])
	for _, b := range blocks {
		if name, ok := strings.CutPrefix(b.info, "file="); ok {
			write("my-policies/"+name, b.text)
			write("policies/"+name, b.text)
		}
	}
	write("metrics/.keep", "")
	d.env = append(d.env, "AWS_ENDPOINT_URL_S3="+servePolicies(t))
	write("key.pem", secret)
	writeExport(write, estate.Organization.ManagementAccount)
	d.run(t, block{file: "what a run before has left", text: "tenor run --quiet\ntenor run --quiet --out last-week\n"})
	return d
}

// secret is what the bundle of servePolicies is signed with.
const secret = "a shared secret of some length"

// servePolicies starts a simulated S3 that has a signed bundle of policies, and returns its URL.
func servePolicies(t *testing.T) string {
	t.Helper()
	const policy = "package acme.bundled\n\nwarn contains \"seen\" if input.id == \"none\"\n"
	b := bundle.Bundle{Data: map[string]any{}, Modules: []bundle.ModuleFile{{URL: "/a.rego", Path: "/a.rego", RelativePath: "/a.rego",
		Raw: []byte(policy), Parsed: ast.MustParseModule(policy)}}}
	b.Manifest.Init()
	if err := b.GenerateSignature(bundle.NewSigningConfig(secret, "HS256", ""), "", false); err != nil {
		t.Fatal(err)
	}
	var archive bytes.Buffer
	if err := bundle.NewWriter(&archive).DisableFormat(true).Write(b); err != nil {
		t.Fatal(err)
	}
	s := s3sim.Start(s3sim.Options{Buckets: []s3sim.Bucket{{Name: "acme-policies", Region: "us-east-2"}}})
	t.Cleanup(s.Close)
	s.Store("acme-policies", "policies.tar.gz", archive.Bytes())
	return s.URL()
}

// writeExport writes the export of a bill with one charge, of an Outpost that no contract is for.
func writeExport(write func(name, text string), payer string) {
	const root, columns = "exports/tenor-bill/", "BillingAccountId,SubAccountId,RegionId,x_ServiceCode,ChargeCategory,ChargeClass," +
		"ChargeFrequency,BillingCurrency,ContractedCost,ListCost,BilledCost,CommitmentDiscountId,ResourceId,ChargeDescription,InvoiceId,Tags"
	partition := "billing_period=" + time.Now().UTC().AddDate(0, 0, -75).Format("2006-01")
	var data bytes.Buffer
	z := gzip.NewWriter(&data)
	fmt.Fprintf(z, "%s\n%s,%s,eu-central-1,AWSOutposts,Purchase,,Recurring,USD,10.5,10.5,10.5,,op-0eeeeeeeeeeeeeeee,a month,INV-1,\n",
		columns, payer, payer)
	_ = z.Close()
	write(root+"data/"+partition+"/tenor-bill-00001.csv.gz", data.String())
	write(root+"metadata/"+partition+"/tenor-bill-Manifest.json", fmt.Sprintf(
		`{"exportArn":"arn:aws:bcm-data-exports:us-east-1:%s:export/tenor-bill",`+
			`"dataFiles":["s3://acme-billing/exports/tenor-bill/data/%s/tenor-bill-00001.csv.gz"]}`, payer, partition))
}

// run runs the commands of a block in a shell, one after the other. tenor may end with findings, a merge with
// gaps, and everything else has to end well.
func (d *desk) run(t *testing.T, b block) {
	t.Helper()
	script, n := "", 0
	var commands []string
	for line := range strings.Lines(strings.ReplaceAll(b.text, "\\\n", " ")) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		for written, there := range inPlace {
			line = strings.ReplaceAll(line, written, there)
		}
		if strings.Contains(line, fingerprint) {
			line = strings.ReplaceAll(line, fingerprint, firstFinding(t, "out/report.json"))
		}
		commands = append(commands, line)
		script += fmt.Sprintf("echo '> %d' >&2\n%s\necho \"< $?\" >&2\n", n, line)
		n++
	}
	out, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	sh := exec.CommandContext(ctx, "sh", "-u", "-c", script)
	sh.Env, sh.Stdout, sh.Stderr = d.env, out, out
	sh.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	err = sh.Run()
	_ = syscall.Kill(-sh.Process.Pid, syscall.SIGTERM) // what the block left running
	text, rerr := os.ReadFile(out.Name())
	if err != nil || rerr != nil {
		t.Errorf("%s: %v\n%s", b, err, text)
		return
	}
	parts := regexp.MustCompile(`(?m)^> \d+\n`).Split(string(text), -1)[1:]
	if len(parts) != n {
		t.Fatalf("%s: %d of %d commands were run\n%s", b, len(parts), n, text)
	}
	for i, said := range parts {
		ended := regexp.MustCompile(`(?m)^< (\d+)$`).FindStringSubmatch(said)
		partly := strings.HasPrefix(commands[i], "tenor merge ") // of shards that nobody has run
		ok := ended != nil && (ended[1] == "0" || strings.Contains(commands[i], "tenor ") && ended[1] == "1" || partly && ended[1] == "3") &&
			(partly || !strings.Contains(said, "not collected"))
		if bad := inside.FindString(regexp.MustCompile(`(?m)^tenor: .*$`).FindString(said)); !ok || bad != "" {
			t.Errorf("%s: %s\n%s", b, commands[i], said)
		}
	}
}

// firstFinding returns the fingerprint of the first finding in a report that can be waived.
func firstFinding(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var r struct {
		Findings []struct{ Fingerprint, Verdict string }
	}
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	for _, f := range r.Findings {
		if f.Verdict == "fail" {
			return f.Fingerprint
		}
	}
	t.Fatalf("%s has no finding", path)
	return ""
}

// TestDocuments runs every command of the documents and of the help, as it is written, and has tenor read every example of a file.
func TestDocuments(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	docs := documents(t, root)
	d := newDesk(t, docs)
	var blocks []block
	spans := map[string]string{} // of inline code → where
	collect := func(file, prose string) {
		for _, m := range regexp.MustCompile("(?s)`([^`]+)`").FindAllStringSubmatch(prose, -1) {
			spans[strings.Join(strings.Fields(m[1]), " ")] = file
		}
	}
	for _, file := range slices.Sorted(mapKeys(docs)) {
		more, prose := blocksOf(t, file, docs[file])
		blocks = append(blocks, more...)
		collect(file, prose)
	}
	more, prose := helpOf((&cli{}).root())
	blocks = append(blocks, more...)
	collect("the help", prose)

	kinds, excused := map[string]int{}, map[string]bool{}
	params := map[string]map[string]any{}
	for _, b := range blocks {
		if strings.HasPrefix(b.file, "tenor") {
			b.text = d.excuse(b, excused)
		} else if d.excuse(b, excused) != b.text {
			continue
		}
		kinds[b.lang]++
		generated := strings.HasPrefix(b.file, "docs/policies/")
		switch b.lang {
		case "sh":
			d.run(t, b)
		case "":
			d.cron(t, b)
		case "yaml":
			c, err := job.ParseConfig(b.String(), []byte(b.text))
			if generated && err == nil {
				for rule, values := range c.Policies.Params { // all are tried at once below
					params[rule] = values
				}
				continue
			}
			d.yaml(t, b)
		case "rego":
			d.rego(t, b, generated)
		case "json":
			d.json(t, b)
		case "hcl":
			d.hcl(t, b)
		case "sql": // which DuckDB runs in report/verify
		case "text":
			if b.file != "docs/benchmarks.md" { // what the benchmarks have printed
				t.Errorf("%s: nothing reads a text", b)
			}
		default:
			t.Errorf("%s: nothing reads a block of %q", b, b.lang)
		}
	}
	if len(params) < 10 {
		t.Errorf("the pages of rules set the parameters of %d rules", len(params))
	}
	text, err := yaml.Marshal(map[string]any{"policies": map[string]any{"params": params}})
	if err != nil {
		t.Fatal(err)
	}
	d.yaml(t, block{file: "docs/policies", text: string(text)})
	for _, e := range notRun {
		if !excused[e.begins] {
			t.Errorf("%s has no block that begins with %q any more", e.file, e.begins)
		}
	}
	for _, lang := range []string{"sh", "yaml", "rego", "json", "hcl", ""} {
		if kinds[lang] == 0 {
			t.Errorf("no block of %q was found", lang)
		}
	}
	d.checkCalls(t)
	checkSpans(t, root, spans)
	t.Logf("blocks by language: %v; spans of code: %d", kinds, len(spans))
}

func mapKeys[V any](m map[string]V) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// excuse returns the block's text without the lines, or as a whole, that notRun names.
func (d *desk) excuse(b block, excused map[string]bool) string {
	text := b.text
	for _, e := range notRun {
		switch {
		case e.file != b.file:
		case strings.HasPrefix(b.file, "tenor"):
			for line := range strings.Lines(b.text) {
				if strings.HasPrefix(line, e.begins) {
					text, excused[e.begins] = strings.Replace(text, line, "", 1), true
				}
			}
		case strings.HasPrefix(b.text, e.begins):
			text, excused[e.begins] = "", true
		}
	}
	return text
}

// cron runs the command of a crontab's line.
func (d *desk) cron(t *testing.T, b block) {
	m := regexp.MustCompile(`^(?:[-\d*,/]+ ){5} ?/usr/local/bin/(tenor .*)\n$`).FindStringSubmatch(b.text)
	if m == nil {
		t.Errorf("%s: nothing reads it: say what it is, or except it", b)
		return
	}
	d.run(t, block{file: b.file, line: b.line, text: m[1]})
}

// yaml reads a config, waivers, or the settings of a CI system.
func (d *desk) yaml(t *testing.T, b block) {
	var top map[string]any
	if err := yaml.Unmarshal([]byte(b.text), &top); err != nil {
		t.Errorf("%s: %v", b, err)
		return
	}
	if err := os.WriteFile("example.yaml", []byte(b.text), 0o600); err != nil {
		t.Fatal(err)
	}
	switch {
	case top["jobs"] != nil:
		step := regexp.MustCompile(`(?s)uses: OWNER/tenor@.*?with:\n(.*)`).FindStringSubmatch(b.text)
		var action struct{ Inputs map[string]any }
		d.read(t, "action.yml", &action)
		knows(t, b, step[1], action.Inputs)
	case top["include"] != nil:
		inputs := regexp.MustCompile(`(?s)file: (\S+)\n\s+inputs:\n(.*)`).FindStringSubmatch(b.text)
		var template struct {
			Spec struct{ Inputs map[string]any }
		}
		d.read(t, inputs[1], &template)
		knows(t, b, inputs[2], template.Spec.Inputs)
	case top["repos"] != nil:
		d.hooks(t, b)
	case fmt.Sprintf("%T", top["waivers"]) == "[]interface {}":
		if _, err := waivers.Load("example.yaml", waivers.Limit{}); err != nil {
			t.Errorf("%s: %v", b, err)
		}
	default:
		if exit, stderr, wrong := said("policies", "list", "--config", "example.yaml"); exit != job.ExitClean || wrong != "" {
			t.Errorf("%s: exit %d: %s", b, exit, stderr)
		}
	}
}

// read reads a YAML file of the repository, the first document of it.
func (d *desk) read(t *testing.T, name string, v any) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(d.root, name))
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.NewDecoder(bytes.NewReader(text)).Decode(v); err != nil {
		t.Fatal(err)
	}
}

// knows wants the keys of a YAML mapping to be among those that are known.
func knows(t *testing.T, b block, mapping string, known map[string]any) {
	t.Helper()
	var given map[string]any
	if err := yaml.Unmarshal([]byte(mapping), &given); err != nil || len(given) == 0 {
		t.Errorf("%s: %v, %v", b, given, err)
	}
	for key := range given {
		if _, ok := known[key]; !ok {
			t.Errorf("%s: %s is no input", b, key)
		}
	}
}

// hooks runs the hooks of a pre-commit config.
func (d *desk) hooks(t *testing.T, b block) {
	var config struct {
		Repos []struct {
			Hooks []struct {
				ID   string
				Args []string
			}
		}
	}
	if err := yaml.Unmarshal([]byte(b.text), &config); err != nil {
		t.Fatal(err)
	}
	var known []struct{ ID, Entry string }
	d.read(t, ".pre-commit-hooks.yaml", &known)
	for _, h := range config.Repos[0].Hooks {
		i := slices.IndexFunc(known, func(k struct{ ID, Entry string }) bool { return k.ID == h.ID })
		if i < 0 {
			t.Errorf("%s: there is no hook %s", b, h.ID)
			continue
		}
		d.run(t, block{file: b.file, line: b.line, text: known[i].Entry + " " + strings.Join(h.Args, " ")})
	}
}

// rego checks a policy, or a part of one; the page of a rule of ours has what the rule has.
func (d *desk) rego(t *testing.T, b block, generated bool) {
	if strings.HasPrefix(b.info, "file=") {
		return // it is among my-policies, which the next block checks or tests
	}
	if generated {
		domain, rule, _ := strings.Cut(strings.TrimSuffix(filepath.Base(b.file), ".md"), ".")
		source, err := os.ReadFile(filepath.Join(d.root, "policies", domain, rule+".rego"))
		if err != nil || !strings.Contains(string(source), b.text) {
			t.Errorf("%s: is not what the rule has: %v", b, err)
		}
		return
	}
	text := b.text
	if !regexp.MustCompile(`(?m)^package `).MatchString(text) {
		text = "package acme.part\n\ndeny contains \"x\" if input.id == \"x\"\n\n" + text
	}
	if err := os.MkdirAll("rego", 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("rego/a.rego", []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	d.run(t, block{file: b.file, line: b.line, text: "tenor policies check rego --config /dev/null"})
}

// json reads an event of the function, or what is JSON at least.
func (d *desk) json(t *testing.T, b block) {
	var object map[string]any
	if err := json.Unmarshal([]byte(b.text), &object); err != nil {
		t.Errorf("%s: %v", b, err)
		return
	}
	if _, event := object["config"]; !event {
		return
	}
	delete(object, "config") // which would be fetched
	rest, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := job.ReadEvent(t.Context(), rest, t.TempDir()); err != nil {
		t.Errorf("%s: %v", b, err)
	}
}

// hcl wants the arguments of a module to be its variables.
func (d *desk) hcl(t *testing.T, b block) {
	source := regexp.MustCompile(`source\s+= "(.*)"`).FindStringSubmatch(b.text)
	files, err := filepath.Glob(filepath.Join(d.root, source[1], "*.tf"))
	if err != nil {
		t.Fatal(err)
	}
	var module []byte
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		module = append(module, text...)
	}
	for _, m := range regexp.MustCompile(`(?m)^ +(\w+) +=`).FindAllStringSubmatch(b.text, -1) {
		if m[1] != "source" && !bytes.Contains(module, []byte(`variable "`+m[1]+`"`)) {
			t.Errorf("%s: %s has no variable %s", b, source[1], m[1])
		}
	}
}

// checkCalls wants each stub to have been called, and what the calls name to be there.
func (d *desk) checkCalls(t *testing.T) {
	text, err := os.ReadFile(d.calls)
	if err != nil {
		t.Fatal(err)
	}
	called := map[string]int{}
	for line := range strings.Lines(string(text)) {
		words := strings.Fields(line)
		called[words[0]]++
		checkPaths(t, d.root, "the documents", line)
	}
	for _, name := range programs {
		if called[name] == 0 {
			t.Errorf("nothing calls %s any more: it needs no stub", name)
		}
	}
	t.Logf("calls of other programs: %v", called)
}

// checkPaths wants the files, packages and targets of the repository that a command line names to be there.
func checkPaths(t *testing.T, root, where, line string) {
	t.Helper()
	for _, m := range regexp.MustCompile(`(?:^|[ /])((?:\./[a-z]|deploy/|bench/|policies/lib)[\w./-]*\w)`).FindAllStringSubmatch(line, -1) {
		if _, err := os.Stat(filepath.Join(root, strings.TrimSuffix(m[1], "/..."))); err != nil {
			t.Errorf("%s: %s: %v", where, line, err)
		}
	}
	if target, ok := strings.CutPrefix(line, "make "); ok {
		makefile, err := os.ReadFile(filepath.Join(root, "Makefile"))
		if err != nil || !bytes.Contains(makefile, []byte("\n"+strings.TrimSpace(target)+":")) {
			t.Errorf("%s: make has no target %s", where, target)
		}
	}
}

// otherFlags are flags of other programs that the documents write without the program.
var otherFlags = []string{"--rego-v1", "--all-namespaces", "--data"}

// configKey is a key of the config below another.
var configKey = regexp.MustCompile(`^(?:organization|policies|finance|billing|output|notify|waivers|decisions)\.[a-z_]+(?:\.[a-z_]+)*$`)

// builtIn are the rules that are no Rego.
var builtIn = []string{"waivers.expired", "waivers.unused", "decisions.unused"}

// hasKey reports whether a YAML path leads to a field of a type, or into a map.
func hasKey(of reflect.Type, path []string) bool {
	for of.Kind() == reflect.Pointer || of.Kind() == reflect.Slice {
		of = of.Elem()
	}
	if len(path) == 0 || of.Kind() == reflect.Map {
		return true
	}
	if of.Kind() != reflect.Struct {
		return false
	}
	for f := range of.Fields() {
		if name, _, _ := strings.Cut(f.Tag.Get("yaml"), ","); name == path[0] {
			return hasKey(f.Type, path[1:])
		}
	}
	return false
}

// checkSpans wants the commands and flags in the text to be those there are.
func checkSpans(t *testing.T, root string, spans map[string]string) {
	all := map[string]bool{"--help": true, "--version": true}
	var each func(cmd *cobra.Command)
	each = func(cmd *cobra.Command) {
		cmd.InheritedFlags()
		cmd.Flags().VisitAll(func(fl *pflag.Flag) { all["--"+fl.Name] = true })
		for _, sub := range cmd.Commands() {
			each(sub)
		}
	}
	each((&cli{}).root())
	flag := regexp.MustCompile(`(?:^| )(--[a-z][a-z0-9-]*)`)
	n, keys := 0, 0
	for _, span := range slices.Sorted(mapKeys(spans)) {
		where := spans[span]
		switch words := strings.Fields(span); {
		case words[0] == "tenor" && len(words) > 1 && !strings.HasPrefix(words[1], "."):
			n++
			cmd, rest, err := (&cli{}).root().Find(words[1:])
			if err != nil || cmd.HasSubCommands() && len(rest) > 0 && !strings.HasPrefix(rest[0], "-") {
				t.Errorf("%s: `%s`: there is no such command", where, span)
				continue
			}
			cmd.InheritedFlags()
			for _, m := range flag.FindAllStringSubmatch(span, -1) {
				if cmd.Flags().Lookup(m[1][2:]) == nil && m[1] != "--help" && m[1] != "--version" {
					t.Errorf("%s: `%s`: %s is no flag of %s", where, span, m[1], cmd.CommandPath())
				}
			}
		case strings.HasPrefix(span, "--"):
			n++
			for _, m := range flag.FindAllStringSubmatch(span, -1) {
				if !all[m[1]] && !slices.Contains(otherFlags, m[1]) {
					t.Errorf("%s: `%s`: no command has the flag %s", where, span, m[1])
				}
			}
		case words[0] == "go" || words[0] == "make":
			n++
			checkPaths(t, root, where, span)
		case configKey.MatchString(span):
			path := strings.Split(span, ".")
			if _, err := os.Stat(filepath.Join(root, "policies", path[0], path[1]+".rego")); err == nil || slices.Contains(builtIn, span) || path[1] == "yaml" {
				continue // a rule, or a file
			}
			if keys++; !hasKey(reflect.TypeFor[job.Config](), path) {
				t.Errorf("%s: `%s`: a config has no such key", where, span)
			}
		}
	}
	if keys < 10 {
		t.Errorf("only %d keys of the config were found in the text", keys)
	}
	if n < 40 {
		t.Errorf("only %d commands and flags were found in the text", n)
	}
}
