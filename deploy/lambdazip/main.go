// Command lambdazip builds the packages of the Lambda function, one for each architecture, for the runtime
// provided.al2023: a zip with the program as bootstrap. The same source gives the same bytes, stamped with its revision where
// it comes from a repository.
//
//	go run ./deploy/lambdazip DIR
package main

import (
	"archive/zip"
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: lambdazip DIR")
		os.Exit(2)
	}
	for _, arch := range [...]string{"arm64", "amd64"} {
		path := filepath.Join(os.Args[1], "tenor-lambda-"+arch+".zip")
		if err := build(path, arch); err != nil {
			fmt.Fprintf(os.Stderr, "lambdazip: %s: %v\n", arch, err)
			os.Exit(1)
		}
		fmt.Println(path)
	}
}

// build compiles the function for an architecture and puts it into a zip at path.
func build(path, arch string) (err error) {
	dir, err := os.MkdirTemp("", "lambdazip-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	bootstrap := filepath.Join(dir, "bootstrap")
	command := exec.Command("go", "build", "-tags", "lambda.norpc", "-trimpath", "-buildvcs=auto", "-ldflags", "-s -w", "-o", bootstrap,
		"./cmd/tenor-lambda") // -buildvcs and the levels of the processors, as GOFLAGS and the like may say otherwise
	command.Env = append(os.Environ(), "GOOS=linux", "GOARCH="+arch, "CGO_ENABLED=0", "GOAMD64=v1", "GOARM64=v8.0")
	command.Stderr = os.Stderr
	if err := command.Run(); err != nil {
		return err
	}
	return pack(path, bootstrap)
}

// pack writes a zip of one program, without a time in it.
func pack(path, program string) (err error) {
	in, err := os.Open(program)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil { //nolint:gosec // what is built is no secret
		return err
	}
	out, err := os.Create(path)
	if err != nil {
		return err
	}
	z := zip.NewWriter(out)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestCompression) })
	header := &zip.FileHeader{Name: "bootstrap", Method: zip.Deflate}
	header.SetMode(0o755)
	w, err := z.CreateHeader(header)
	if err == nil {
		_, err = io.Copy(w, in)
	}
	return errors.Join(err, z.Close(), out.Close())
}
