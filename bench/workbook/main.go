// Command workbook compares the workbook's bulk sheet with other writers of spreadsheets on the same cells, and with the
// floor: deflating the same XML. It prints the time, the memory and the ratios of each.
//
//	go run ./bench/workbook [-rows 1000000] [-rounds 1] [-dir DIR]
//
// The peers are Python's XlsxWriter (constant_memory) and openpyxl (write_only), and libxlsxwriter in C; one that is not
// installed is left out (Debian: python3-xlsxwriter, python3-openpyxl, libxlsxwriter-dev and a C compiler). Each runs in
// a process of its own. The peers read the cells from a file of tab-separated values, which is part of their time, and the
// floor the XML from a file, which it deflates on one core. tenor decodes its resources from JSON as it would from a
// snapshot, on as many cores as there are, and writes every other sheet as well.
package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/klauspost/compress/flate"

	"tenor/bench/process"
)

func main() {
	rows := flag.Int("rows", 1_000_000, "provisioned products")
	rounds := flag.Int("rounds", 1, "how often each writer runs; the median counts")
	dir := flag.String("dir", "", "where the files go; default a temporary folder that is removed")
	only := flag.String("only", "", "run one of tenor and floor in this process, with -dir")
	flag.Parse()
	process.Main(func(ctx context.Context, temp string) error {
		return run(ctx, *rows, *rounds, cmp.Or(*dir, temp), *only)
	})
}

func run(ctx context.Context, rows, rounds int, dir, only string) error {
	switch only {
	case "tenor":
		return writeFile(filepath.Join(dir, "tenor.xlsx"), func(w io.Writer) error { return writeWorkbook(w, rows) })
	case "floor":
		return floor(filepath.Join(dir, "sheet.xml"), filepath.Join(dir, "floor.deflate"))
	case "":
		return compare(ctx, rows, rounds, dir)
	}
	return fmt.Errorf("-only %s: want tenor or floor", only)
}

func compare(ctx context.Context, rows, rounds int, dir string) error {
	own := func(what string) *process.Side {
		return process.Self(what, "-only", what, "-dir", dir, "-rows", fmt.Sprint(rows))
	}
	ours := own("tenor")
	fmt.Fprintf(os.Stderr, "%d products, %d rounds, in %s\n", rows, rounds, dir)
	if err := ours.Run(ctx); err != nil { // it makes the cells that the others write
		return err
	}
	ours.Runs = nil
	cells, err := export(filepath.Join(dir, "tenor.xlsx"), filepath.Join(dir, "sheet.xml"), filepath.Join(dir, "cells.tsv"))
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "%d cells\n", cells)
	peers, err := peers(ctx, dir)
	if err != nil {
		return err
	}
	list := append([]*process.Side{ours, own("floor")}, peers...)
	if err := process.Turns(ctx, rounds, list...); err != nil {
		return err
	}
	fmt.Printf("%-32s %9s %9s %8s %12s %12s\n", "", "wall s", "CPU s", "MiB", "wall ÷ ours", "CPU ÷ ours")
	base := process.Median(ours.Runs)
	for _, c := range list {
		u := process.Median(c.Runs)
		fmt.Printf("%-32s %9.2f %9.2f %8.0f %12.2f %12.2f\n", c.Name, u.Wall.Seconds(), u.CPU.Seconds(), u.MiB,
			float64(u.Wall)/float64(base.Wall), float64(u.CPU)/float64(base.CPU))
	}
	for _, c := range list[1:] {
		process.Ratio(fmt.Sprintf("%d rows, wall time, %s ÷ tenor", rows, c.Name), float64(process.Median(c.Runs).Wall)/float64(base.Wall))
	}
	return nil
}

// floor deflates a file as the workbook's parts are.
func floor(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	return writeFile(to, func(w io.Writer) error {
		fw, err := flate.NewWriter(w, 3)
		if err != nil {
			return err
		}
		if _, err := io.Copy(fw, bufio.NewReaderSize(in, 1<<18)); err != nil {
			return err
		}
		return fw.Close()
	})
}

func writeFile(path string, write func(io.Writer) error) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	buf := bufio.NewWriterSize(f, 1<<16)
	err = write(buf)
	if err == nil {
		err = buf.Flush()
	}
	return errors.Join(err, f.Close())
}
