//go:build verify

package main

import (
	"os/exec"
	"path/filepath"
	"testing"

	"tenor/bench/process"
)

// TestBenchmarksRun runs each on so little that it measures nothing, without its peers: a benchmark is seldom run, and its parts change.
func TestBenchmarksRun(t *testing.T) {
	little := map[string][]string{
		"policies":  {"-resources", "1300", "-rounds", "1", "-opa", "", "-conftest", ""},
		"run":       {"-sizes", "500:20"},
		"collector": {"-products", "1000", "-runs", "1", "-times", "0", "-latency", "1ms"},
		"billing":   {"-lines", "10000", "-rounds", "1"},
		"lambda":    {"-products", "500", "-latency", "1ms"},
		"shards":    {"-products", "500"},
		"workbook":  {"-rows", "1000", "-dir", ""},
	}
	for _, b := range benchmarks(settings{}) {
		if little[b.name] == nil {
			t.Errorf("%s is not tried", b.name)
		}
	}
	dir := t.TempDir()
	for name, args := range little {
		program := filepath.Join(dir, name)
		if err := process.Build(t.Context(), program, "../"+name); err != nil {
			t.Fatal(err)
		}
		command := exec.Command(program, args...)
		command.Dir = filepath.Join("..", "..") // where the benchmarks find the programs they build
		if _, _, err := process.Run(command); err != nil {
			t.Errorf("%s %q: %v", name, args, err)
		}
	}
}
