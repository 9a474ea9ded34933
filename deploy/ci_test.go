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
	pinned := regexp.MustCompile(`^[a-z-]+/[a-z-]+(/[a-z-]+)?@v[0-9]+$`)
	for _, s := range a.Runs.Steps {
		if strings.Contains(s.Run, "${{") {
			t.Errorf("the script of %q has an expression in it", s.Name)
		}
		if s.Run != "" && s.Shell != "bash" {
			t.Errorf("the script of %q is for the shell %q", s.Name, s.Shell)
		}
		if s.Uses != "" && !pinned.MatchString(s.Uses) {
			t.Errorf("%s is not pinned to a major version", s.Uses)
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
	Artifacts    struct {
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
