package xlsx

import (
	"slices"
	"strings"
	"testing"
)

// TestTextWidthIsEnough: no text is wider than it is taken to be, but for a little that others make up for, in Arial and in DejaVu Sans.
// Widths are in thousandths of the size of the font.
func TestTextWidthIsEnough(t *testing.T) {
	for _, font := range []struct {
		digit float64
		of    map[rune]float64
	}{
		{556, map[rune]float64{' ': 278, 'i': 222, 'r': 333, 't': 278, 'e': 556, 'm': 833, 'w': 722, 'A': 667, 'C': 722, 'G': 778, 'I': 278,
			'L': 556, 'M': 833, 'W': 944, '-': 333, '_': 556, ':': 278, '@': 1015, '%': 889, '(': 333, '/': 278}},
		{636, map[rune]float64{' ': 318, 'i': 278, 'r': 411, 't': 392, 'e': 615, 'm': 974, 'w': 818, 'A': 684, 'C': 698, 'G': 775, 'I': 295,
			'L': 557, 'M': 863, 'W': 989, '-': 361, '_': 500, ':': 337, '@': 1000, '%': 950, '(': 390, '/': 337}},
	} {
		for r, width := range font.of {
			have, need := float64(TextQuarters(strings.Repeat(string(r), 100))), 400*width/font.digit
			if have < need*0.94 || have > need*1.5 {
				t.Errorf("a hundred %q are %.0f quarters of a digit, and taken for %.0f", r, need, have)
			}
		}
	}
}

func TestWrapped(t *testing.T) {
	for name, tt := range map[string]struct {
		text string
		room int // in digits
		code bool
		want int
	}{
		"empty":                           {"", 4, false, 1},
		"fits":                            {"1234", 4, false, 1},
		"one more":                        {"12345", 4, false, 2},
		"two words":                       {"123 456", 4, false, 2},
		"a space at the end of a line":    {"1234 5678", 4, false, 2},
		"a word that needs lines":         {"1 " + strings.Repeat("2", 9), 4, false, 4},
		"lines of its own":                {"1\n\n2", 4, false, 3},
		"narrow letters":                  {"iiiiiiii", 4, false, 1},
		"narrow letters of code":          {"iiiiiiii", 4, true, 2},
		"wide letters of code":            {"MMMM", 4, true, 1},
		"wide letters":                    {"MMMM", 4, false, 2},
		"no more than a row has room for": {strings.Repeat("1234 ", 40), 4, false, 40},
	} {
		t.Run(name, func(t *testing.T) {
			if have := wrapped(tt.text, 4*tt.room, tt.code); have != tt.want {
				t.Errorf("%d lines, want %d", have, tt.want)
			}
		})
	}
}

// TestPaged: what is kept together begins a page where the one before has no room for it.
func TestPaged(t *testing.T) {
	heights := make([]float64, 100)
	for i := range heights {
		heights[i] = 15 // 34 a page
	}
	for name, tt := range map[string]struct {
		kept [][2]int
		want []int
	}{
		"nothing":                     {nil, nil},
		"one that fits":               {[][2]int{{1, 34}}, nil},
		"one that does not":           {[][2]int{{2, 36}}, []int{1}},
		"one after another":           {[][2]int{{1, 20}, {21, 40}, {41, 50}}, []int{20}},
		"what does not fit any":       {[][2]int{{10, 60}, {61, 70}}, []int{9, 60}},
		"after more than a page":      {[][2]int{{90, 92}}, []int{89}},
		"the last row of the sheet":   {[][2]int{{1, 30}, {31, 100}}, []int{30}},
		"two that share a second one": {[][2]int{{1, 30}, {31, 45}, {46, 60}}, []int{30}},
	} {
		t.Run(name, func(t *testing.T) {
			c := &Canvas{sheet: &sheet{}, kept: tt.kept}
			if have := c.paged(heights); !slices.Equal(have, tt.want) {
				t.Errorf("pages end after %v, want %v", have, tt.want)
			}
		})
	}
}
