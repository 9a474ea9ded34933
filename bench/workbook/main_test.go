package main

import (
	"io"
	"testing"
)

// BenchmarkWorkbook is for profiles: 100,000 products, whole.
func BenchmarkWorkbook(b *testing.B) {
	for b.Loop() {
		if err := writeWorkbook(io.Discard, 100_000); err != nil {
			b.Fatal(err)
		}
	}
}
