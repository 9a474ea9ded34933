package policies

import (
	"testing"
)

func TestLoadOwnPack(t *testing.T) {
	p, err := Load(t.Context(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range p.Rules() {
		t.Log(r.ID, r.Severity, r.Kinds, r.Requires, r.File, r.Line)
	}
}
