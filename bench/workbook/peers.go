package main

import (
	"context"
	"embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"tenor/bench/process"
)

// scripts are the peers' programs: each reads the cells from its first argument and writes the workbook to its second.
//
//go:embed peers
var scripts embed.FS

// peers returns those that are installed.
func peers(ctx context.Context, dir string) ([]*process.Side, error) {
	cells := filepath.Join(dir, "cells.tsv")
	var list []*process.Side
	for _, p := range []struct{ name, script, module string }{
		{"XlsxWriter (constant_memory)", "xlsxwriter_peer.py", "xlsxwriter"},
		{"openpyxl (write_only)", "openpyxl_peer.py", "openpyxl"},
	} {
		path, err := unpack(dir, p.script)
		if err != nil {
			return nil, err
		}
		python := findPython(ctx, p.module)
		if python == "" {
			fmt.Fprintln(os.Stderr, p.name, "is not installed")
			continue
		}
		list = append(list, &process.Side{Name: p.name, Command: []string{python, path, cells, filepath.Join(dir, p.module+".xlsx")}})
	}
	source, err := unpack(dir, "libxlsxwriter_peer.c")
	if err != nil {
		return nil, err
	}
	program := filepath.Join(dir, "libxlsxwriter_peer")
	if out, err := exec.CommandContext(ctx, "cc", "-O2", "-o", program, source, "-lxlsxwriter").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "libxlsxwriter cannot be built: %v\n%s", err, out)
		return list, nil
	}
	return append(list, &process.Side{Name: "libxlsxwriter (constant_memory)",
		Command: []string{program, cells, filepath.Join(dir, "libxlsxwriter.xlsx")}}), nil
}

func unpack(dir, name string) (string, error) {
	b, err := scripts.ReadFile("peers/" + name)
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, name)
	return path, os.WriteFile(path, b, 0o600)
}

// findPython returns a Python that has the module; the system's often has what the first in the path has not.
func findPython(ctx context.Context, module string) string {
	for _, python := range [...]string{"python3", "/usr/bin/python3"} {
		if exec.CommandContext(ctx, python, "-c", "import "+module).Run() == nil {
			return python
		}
	}
	return ""
}
