// Package deploy has tests of the files that run tenor elsewhere: in CI systems here.
package deploy

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// action is what the tests read of action.yml.
type action struct {
	Inputs map[string]struct {
		Description string
		Default     *string
	}
	Runs struct {
		Using string
		Steps []step
	}
}

type step struct {
	ID, Name, If, Uses, Shell, Run string
	Env, With                      map[string]string
}

func readYAML(t *testing.T, path string, into any) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	d := yaml.NewDecoder(strings.NewReader(string(b)))
	for { // the last document is the one that counts: a GitLab template begins with its inputs
		if err := d.Decode(into); err != nil {
			if err.Error() == "EOF" {
				return
			}
			t.Fatalf("%s: %v", path, err)
		}
	}
}

// An input that is put into a script is a way to run anything: inputs may only reach a script through its environment.
func TestActionPutsNoInputIntoAScript(t *testing.T) {
	var a action
	readYAML(t, "../action.yml", &a)
	if a.Runs.Using != "composite" {
		t.Errorf("runs.using is %q", a.Runs.Using)
	}
	used := map[string]bool{}
	input := regexp.MustCompile(`inputs\.([a-z-]+)`)
	pinned := regexp.MustCompile(`^[a-z-]+/[a-z-]+(/[a-z-]+)?@[0-9a-f]{40}$`)
	for _, s := range a.Runs.Steps {
		if strings.Contains(s.Run, "${{") {
			t.Errorf("the script of %q has an expression in it", s.Name)
		}
		if s.Run != "" && s.Shell != "bash" {
			t.Errorf("the script of %q is for the shell %q", s.Name, s.Shell)
		}
		if s.Uses != "" && !pinned.MatchString(s.Uses) {
			t.Errorf("%s is not pinned to a commit", s.Uses)
		}
		for _, m := range []map[string]string{s.Env, s.With, {"if": s.If}} {
			for _, v := range m {
				for _, found := range input.FindAllStringSubmatch(v, -1) {
					used[found[1]] = true
				}
			}
		}
	}
	for name, in := range a.Inputs {
		if !used[name] || in.Default == nil || in.Description == "" {
			t.Errorf("the input %s is unused, has no default or no description", name)
		}
		delete(used, name)
	}
	for name := range used {
		t.Errorf("there is no input %s", name)
	}
}

// TestNothingWithPricesLeavesUnasked: what others can read of a report is written when it is asked for, and says that it holds prices. No
// cache is written or read: one of the default branch is read by every pull request, and what a pull request leaves in it is run.
func TestNothingWithPricesLeavesUnasked(t *testing.T) {
	var a action
	readYAML(t, "../action.yml", &a)
	for _, name := range []string{"show", "upload-sarif", "upload-artifact"} {
		in := a.Inputs[name]
		if in.Default == nil || *in.Default != "false" || !strings.Contains(in.Description, "hold prices") {
			t.Errorf("%s is not asked for: %+v", name, in)
		}
	}
	for _, s := range a.Runs.Steps {
		if strings.HasPrefix(s.Uses, "actions/cache") || strings.HasPrefix(s.Uses, "actions/setup-go") && s.With["cache"] != "false" {
			t.Errorf("%s has a cache", s.Uses)
		}
	}
	inputs := readGitLabInputs(t)
	in := inputs["artifacts"]
	if in.Default == nil || *in.Default != "none" || !strings.Contains(in.Description, "hold prices") {
		t.Errorf("GitLab's artifacts are not asked for: %+v", in)
	}
	if job := readGitLab(t); job.Cache != nil || job.Artifacts.Access != "$[[ inputs.artifacts ]]" {
		t.Errorf("GitLab: the cache is %v, artifacts are for %q", job.Cache, job.Artifacts.Access)
	}
	docs, err := os.ReadFile("../docs/ci.md")
	if err != nil {
		t.Fatal(err)
	}
	if uses := regexp.MustCompile(`(?m)uses: +(\S+)`).FindAllStringSubmatch(string(docs), -1); len(uses) < 3 {
		t.Errorf("only %v", uses)
	} else {
		for _, use := range uses {
			if !regexp.MustCompile(`@[0-9a-f]{40}$|^OWNER/tenor@COMMIT$`).MatchString(use[1]) || strings.HasPrefix(use[1], "actions/cache") {
				t.Errorf("docs/ci.md: %s", use[1])
			}
		}
	}
}

// TestGitLabIsPinned: tenor by its commit, the image by its digest, and credentials by an ID token of the job, on protected branches alone.
func TestGitLabIsPinned(t *testing.T) {
	inputs := readGitLabInputs(t)
	for name, want := range map[string]struct{ good, bad string }{
		"commit": {strings.Repeat("0a", 20), "main"},
		"image":  {"golang:1.26@sha256:" + strings.Repeat("0a", 32), "golang:1.26"},
		"role":   {"arn:aws:iam::111122223333:role/tenor", "tenor"},
	} {
		pattern := regexp.MustCompile(inputs[name].Regex)
		if inputs[name].Regex == "" || inputs[name].Default != nil || !pattern.MatchString(want.good) || pattern.MatchString(want.bad) {
			t.Errorf("%s takes %q", name, inputs[name].Regex)
		}
	}
	job := readGitLab(t)
	if len(job.IDTokens) != 1 || job.IDTokens["TENOR_ID_TOKEN"]["aud"] == "" || len(job.Rules) != 1 ||
		job.Rules[0]["if"] != `$CI_COMMIT_REF_PROTECTED == "true"` {
		t.Errorf("tokens %v, rules %v", job.IDTokens, job.Rules)
	}
}

type gitlabInput struct {
	Description, Regex string
	Default            *string
}

func readGitLabInputs(t *testing.T) map[string]gitlabInput {
	t.Helper()
	f, err := os.Open("gitlab/tenor.gitlab-ci.yml")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var head struct {
		Spec struct{ Inputs map[string]gitlabInput }
	}
	if err := yaml.NewDecoder(f).Decode(&head); err != nil || len(head.Spec.Inputs) == 0 {
		t.Fatal(head, err)
	}
	return head.Spec.Inputs
}

func TestGitLabScriptsTakeVariablesOnly(t *testing.T) {
	job := readGitLab(t)
	for _, line := range slices.Concat(job.BeforeScript, job.Script) {
		if strings.Contains(line, "$[[") {
			t.Errorf("an input in a script: %s", line)
		}
	}
}

type gitlabJob struct {
	Variables    map[string]string
	BeforeScript []string `yaml:"before_script"`
	Script       []string
	Cache        any
	IDTokens     map[string]map[string]string `yaml:"id_tokens"`
	Rules        []map[string]string
	Artifacts    struct {
		Access  string
		Paths   []string
		Reports map[string]string
	}
}

func readGitLab(t *testing.T) gitlabJob {
	t.Helper()
	var file struct{ Tenor gitlabJob }
	readYAML(t, "gitlab/tenor.gitlab-ci.yml", &file)
	if len(file.Tenor.Script) == 0 {
		t.Fatal("the template has no job tenor with a script")
	}
	return file.Tenor
}
