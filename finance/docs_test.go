package finance

import (
	"os"
	"strings"
	"testing"

	"tenor/audit"
)

// TestDocumentedStates holds the examples of docs/finance.md to what the program says.
func TestDocumentedStates(t *testing.T) {
	doc, err := os.ReadFile("../docs/finance.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(doc), "| ContractEndDate | Subscriptions | State | Contract end |\n|---|---|---|---|\n")
	if !ok {
		t.Fatal("there is no table of examples")
	}
	table, _, _ := strings.Cut(rest, "\n\n")
	seen := map[string]bool{}
	for row := range strings.Lines(table) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(row), "|"), "|")
		if len(cells) != 4 {
			t.Fatalf("no row: %s", row)
		}
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		var subs []string
		for s := range strings.SplitSeq(cells[1], "; ") {
			w := strings.Fields(s) // kind, status, begin, "to", end
			if len(w) != 5 {
				t.Fatalf("no subscription: %s", s)
			}
			subs = append(subs, sub(w[0], w[1], w[2], w[4], "0", "1"))
		}
		f := enrich[audit.OutpostFacts](t, newAnalyst(t), outpost("op-1", bill(cells[0], subs...), ""))
		want := strings.Replace(cells[3], "none", "", 1)
		if string(f.ContractState) != cells[2] || string(f.ContractEnd) != want {
			t.Errorf("%s: got %s to %q", strings.TrimSpace(row), f.ContractState, f.ContractEnd)
		}
		seen[cells[2]] = true
	}
	for _, s := range audit.States {
		if !seen[s] {
			t.Errorf("no example is %s", s)
		}
	}
}
