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

// BenchmarkProducts is the part of it that makes the resources.
func BenchmarkProducts(b *testing.B) {
	for b.Loop() {
		for _, err := range products(100_000) {
			if err != nil {
				b.Fatal(err)
			}
		}
	}
}
