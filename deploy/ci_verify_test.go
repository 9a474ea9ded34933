//go:build verify

package deploy

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The scripts of the CI files, run as their runners do, with the program built from these sources. They need bash.

func buildTenor(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	out, err := exec.Command("go", "build", "-C", "..", "-o", filepath.Join(dir, "tenor"), "./cmd/tenor").CombinedOutput()
	if err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return dir
}

func TestActionScripts(t *testing.T) {
	bin := buildTenor(t)
	var a action
	readYAML(t, "../action.yml", &a)
	var run, gate step
	for _, s := range a.Runs.Steps {
		switch {
		case s.ID == "run":
			run = s
		case s.Name == "Gate":
			gate = s
		}
	}
	for name, c := range map[string]struct {
		inputs map[string]string
		exit   string
		report bool
	}{
		"the demo":                  {map[string]string{"args": "--demo\n--quiet", "show": "true"}, "0", true},
		"findings at the gate":      {map[string]string{"args": "--demo", "fail-on": "high"}, "1", true},
		"an argument with a space":  {map[string]string{"args": "--demo\n--region\nno such"}, "2", false},
		"an input that is a script": {map[string]string{"args": "--demo", "config": `"; touch owned; $(touch owned)`}, "2", false},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			outputs, summary := filepath.Join(dir, "outputs"), filepath.Join(dir, "summary")
			env := append(os.Environ(), "RUNNER_TEMP="+bin, "GITHUB_OUTPUT="+outputs, "GITHUB_STEP_SUMMARY="+summary)
			expression := regexp.MustCompile(`^\$\{\{ inputs\.([a-z-]+) \}\}$`)
			for k, v := range run.Env {
				m := expression.FindStringSubmatch(v)
				if m == nil {
					t.Fatalf("%s is %s", k, v)
				}
				value, given := c.inputs[m[1]]
				if !given {
					value = *a.Inputs[m[1]].Default
				}
				env = append(env, k+"="+value)
			}
			cmd := exec.Command("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", run.Run)
			cmd.Dir, cmd.Env = dir, env
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			have := readText(t, outputs)
			want := "exit-code=" + c.exit + "\n"
			if c.report {
				want += "report=tenor-out/report.json\n"
			}
			if have != want {
				t.Errorf("outputs %q, want %q\n%s", have, want, out)
			}
			m := regexp.MustCompile(`(?s)^::stop-commands::(tenor-[0-9]+)\n(.*)::(tenor-[0-9]+)::\n(.*)$`).FindStringSubmatch(string(out))
			if m == nil || m[1] != m[3] {
				t.Fatalf("workflow commands are not stopped while tenor runs:\n%s", out)
			}
			if c.report && c.inputs["show"] != "true" {
				if strings.Contains(m[2], "$") {
					t.Errorf("the log has prices unasked: %s", m[2])
				}
				if _, err := os.Stat(summary); err == nil || m[4] != "" {
					t.Errorf("prices are shown unasked: %q", m[4])
				}
			} else if c.report {
				if diff := readText(t, summary) != readText(t, filepath.Join(dir, "tenor-out", "report.md")); diff {
					t.Error("the step summary is not report.md")
				}
				if !strings.HasPrefix(m[4], "::error ") {
					t.Errorf("no annotations after the run:\n%s", m[4])
				}
			}
			if _, err := os.Stat(filepath.Join(dir, "owned")); err == nil {
				t.Error("an input was run")
			}
			last := exec.Command("bash", "-c", gate.Run)
			last.Env = append(os.Environ(), "TENOR_EXIT_CODE="+c.exit)
			if err := last.Run(); fmt.Sprint(last.ProcessState.ExitCode()) != c.exit {
				t.Errorf("the gate ends with %v, want %s", err, c.exit)
			}
		})
	}
}

func TestGitLabScript(t *testing.T) {
	bin := buildTenor(t)
	job := readGitLab(t)
	for name, c := range map[string]struct {
		env   []string
		exits []int // of the runs, one after the other, in the same folder
	}{
		"the demo":             {[]string{"TENOR_ARGS=--demo\n--quiet"}, []int{0}},
		"findings at the gate": {[]string{"TENOR_ARGS=--demo", "TENOR_FAIL_ON=high"}, []int{1}},
		"nothing new": {[]string{"TENOR_ARGS=--demo", "TENOR_FAIL_ON=low", "TENOR_BASELINE=last", "TENOR_FAIL_ON_NEW=true"},
			[]int{1, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for _, exit := range c.exits {
				cmd := exec.Command("bash", "-eo", "pipefail", "-c",
					strings.ReplaceAll(strings.Join(job.Script, "\n"), "/tmp/tenor", filepath.Join(bin, "tenor")))
				cmd.Dir, cmd.Env = dir, append(os.Environ(), c.env...)
				out, _ := cmd.CombinedOutput() // the exit code is what is looked at
				if strings.Contains(string(out), "$") {
					t.Errorf("the log has prices: %s", out)
				}
				if have := cmd.ProcessState.ExitCode(); have != exit {
					t.Fatalf("exit code %d, want %d\n%s", have, exit, out)
				}
			}
			for _, path := range append(job.Artifacts.Paths, job.Artifacts.Reports["junit"]) {
				if info, err := os.Stat(filepath.Join(dir, path)); err != nil || info.Size() == 0 {
					t.Errorf("the artifact %s: %v", path, err)
				}
			}
		})
	}
}

func readText(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
