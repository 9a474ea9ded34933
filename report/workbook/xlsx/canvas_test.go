package xlsx

import (
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestCanvasKeepsItsFirstError: what could not be made of a sheet is not forgotten when the sheet is closed.
func TestCanvasKeepsItsFirstError(t *testing.T) {
	for name, tt := range map[string]struct {
		draw func(c *Canvas)
		want string
	}{
		"nothing fails": {func(c *Canvas) { c.Name("Rate", Abs(0, 1)) }, ""},
		"a name": {func(c *Canvas) { c.Name("1 %", Abs(0, 1)); c.List("a b", 0, 1, []string{"Head"}, nil) },
			"sheet Only: name 1 %"},
		"a list": {func(c *Canvas) { c.List("a b", 0, 1, []string{"Head"}, nil); c.Name("1 %", Abs(0, 1)) },
			"sheet Only: table a b"},
	} {
		t.Run(name, func(t *testing.T) {
			b, err := New(io.Discard, Design{Sheets: []Sheet{{Name: "Only"}}, MaxRows: MaxRows})
			if err != nil {
				t.Fatal(err)
			}
			c := NewCanvas(b, "Only", 10)
			tt.draw(c)
			got := ""
			if err := c.Close("", ""); err != nil {
				got, _, _ = strings.Cut(err.Error(), ": invalid name") // the rest is excelize's
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
