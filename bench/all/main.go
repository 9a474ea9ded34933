// Command all runs the benchmarks one after the other and writes docs/benchmarks.md: the ratios first, then what each has printed.
//
//	go run ./bench/all [-opa PATH] [-conftest PATH] [-out docs/benchmarks.md] [-only run,workbook]
//
// No number in that file is written by hand. A benchmark that fails is named in it, and makes the exit code 1.
package main

import (
	"bufio"
	"bytes"
	"context"
	"debug/buildinfo"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"tenor/bench/process"
	"tenor/internal/atomicfile"
)

// benchmark is a command of this module and its arguments.
type benchmark struct {
	name, title string
	runs        [][]string
}

type settings struct{ opa, conftest, out, only string }

func main() {
	var s settings
	flag.StringVar(&s.opa, "opa", "opa", "OPA's binary")
	flag.StringVar(&s.conftest, "conftest", "conftest", "conftest's binary")
	flag.StringVar(&s.out, "out", "docs/benchmarks.md", "the file that is written")
	flag.StringVar(&s.only, "only", "", "the benchmarks that are run, with commas between them; empty: all")
	flag.Parse()
	process.Main(func(ctx context.Context, temp string) error { return run(ctx, s, temp) })
}

// benchmarks are all of them. They are meant to take less than half an hour together on two cores.
func benchmarks(s settings) []benchmark {
	peers := []string{"-opa", s.opa, "-conftest", s.conftest, "-give-up", "5"}
	return []benchmark{
		{"policies", "Evaluation", [][]string{slices.Concat([]string{"-rounds", "1"}, peers),
			slices.Concat([]string{"-resources", "1300000", "-rounds", "1"}, peers)}},
		{"run", "The whole job", [][]string{{}}},
		{"collector", "Collecting", [][]string{{"-runs", "1"}}},
		{"billing", "Reading a bill", [][]string{{}}},
		{"lambda", "The function", [][]string{{}}},
		{"workbook", "The workbook", [][]string{{}}},
	}
}

func run(ctx context.Context, s settings, temp string) error {
	var ratios, details bytes.Buffer
	var failed error
	began := time.Now()
	for _, b := range benchmarks(s) {
		if s.only != "" && !slices.Contains(strings.Split(s.only, ","), b.name) {
			continue
		}
		program := filepath.Join(temp, b.name)
		if err := process.Build(ctx, program, "./bench/"+b.name); err != nil {
			return err
		}
		fmt.Fprintf(&details, "\n## %s\n", b.title)
		for _, args := range b.runs {
			fmt.Fprintln(os.Stderr, "…", b.name, strings.Join(args, " "))
			start := time.Now()
			out, u, err := process.Run(exec.CommandContext(ctx, program, args...))
			if ctx.Err() != nil {
				return ctx.Err()
			}
			fmt.Fprintf(&details, "\n`%s`, %s:\n\n```text\n", command(b.name, args), start.UTC().Format("2006-01-02 15:04 UTC"))
			for line := range strings.Lines(string(out)) {
				if what, value, ok := process.ReadRatio(line); ok {
					fmt.Fprintf(&ratios, "| %s | %s | %s |\n", b.title, what, value)
				} else {
					details.WriteString(line)
				}
			}
			fmt.Fprintf(&details, "```\n")
			if err != nil {
				fmt.Fprintf(&details, "\nIt failed: %s.\n", err)
				failed = errors.Join(failed, fmt.Errorf("%s: %w", b.name, err))
			}
			fmt.Fprintf(&details, "\nIt took %s.\n", u.Wall.Round(time.Second))
		}
	}
	about, err := machine(ctx, s)
	if err != nil {
		return err
	}
	err = atomicfile.Write(s.out, 0o644, func(w io.Writer) error {
		_, err := fmt.Fprintf(w, head, time.Since(began).Round(time.Second), ratios.String(), about, details.String())
		return err
	})
	return errors.Join(failed, err)
}

// head is how the file begins.
const head = `# Benchmarks

Written by ` + "`go run ./bench/all`" + ` in %s. [performance.md](performance.md) says what is measured.

## Ratios

| | | |
|---|---|---|
%s
## The machine

%s%s`

// command is how a benchmark is run by hand, without the places of the peers.
func command(name string, args []string) string {
	words := []string{"go run ./bench/" + name}
	for _, a := range args {
		words = append(words, filepath.Base(a))
	}
	return strings.Join(words, " ")
}

// machine says what the numbers were measured on, and of what.
func machine(ctx context.Context, s settings) (string, error) {
	var b strings.Builder
	row := func(what, is string) { fmt.Fprintf(&b, "- %s: %s\n", what, is) }
	commit, err := output(ctx, "git", "log", "-1", "--format=%h of %cs")
	if err != nil {
		return "", err
	}
	row("tenor", commit)
	row("Go", runtime.Version()+", "+runtime.GOOS+"/"+runtime.GOARCH)
	row("cores", fmt.Sprint(runtime.NumCPU()))
	row("processor", field("/proc/cpuinfo", "model name"))
	row("memory", field("/proc/meminfo", "MemTotal"))
	for _, peer := range [...]string{s.opa, s.conftest} {
		row(filepath.Base(peer), version(peer))
	}
	return b.String(), nil
}

// version returns that of a program which Go has built; "none" where it is not installed.
func version(program string) string {
	path, err := exec.LookPath(program)
	if err != nil {
		return "none"
	}
	built, err := buildinfo.ReadFile(path)
	if err != nil {
		return "not known"
	}
	return built.Main.Version
}

// output returns the first line that a program prints.
func output(ctx context.Context, name string, args ...string) (string, error) {
	out, _, err := process.Run(exec.CommandContext(ctx, name, args...))
	line, _, _ := strings.Cut(string(out), "\n")
	return strings.TrimSpace(line), err
}

// field returns what a file of Linux says of a name; "not known" where there is no such file.
func field(file, name string) string {
	f, err := os.Open(file)
	if err != nil {
		return "not known"
	}
	defer f.Close()
	for scan := bufio.NewScanner(f); scan.Scan(); {
		if is, value, ok := strings.Cut(scan.Text(), ":"); ok && strings.TrimSpace(is) == name {
			return strings.TrimSpace(value)
		}
	}
	return "not known"
}
