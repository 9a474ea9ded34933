package foreign

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"tenor/audit"
)

//go:embed strings.txt
var table string

// String is one of the table: what is written, and what people see of it on one line.
type String struct{ Name, In, Want string }

// Strings returns the table. It panics where that is damaged.
func Strings() []String {
	var list []String
	for line := range strings.Lines(table) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		cells := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(cells) != 3 {
			panic(fmt.Sprintf("%q has %d cells", line, len(cells)))
		}
		s := String{Name: cells[0]}
		for i, to := range [...]*string{&s.In, &s.Want} {
			var err error
			if *to, err = strconv.Unquote(cells[i+1]); err != nil {
				panic(fmt.Sprintf("%q: %v", line, err))
			}
		}
		list = append(list, s)
	}
	if len(list) < 51 {
		panic(fmt.Sprintf("%d strings", len(list)))
	}
	return list
}

// Marked is a text that ends with string n of the table and a mark that says which it is.
func Marked(text string, n int) string {
	list := Strings()
	n %= len(list)
	return fmt.Sprintf("%s %s ¦%02d¦", text, list[n].In, n)
}

var mark = regexp.MustCompile(` ¦(\d\d)¦`)

// lines are shown by a sheet and a page as such.
var lines = strings.NewReplacer("\n", " ", "\t", " ")

// escaped is a string as a value in quotes, of a trace or an expression, has it.
func escaped(s string) string { return strings.Trim(strconv.Quote(s), `"`) }

// Check returns how many marks people see in the texts, by the string of each, and an error where a text is not seen as it is, or a
// string before its mark is not what people should see of it.
func Check(texts []string) (seen map[int]int, err error) {
	list := Strings()
	seen = map[int]int{}
	for _, text := range texts {
		if audit.VisibleLines(text) != text {
			return seen, fmt.Errorf("%q is not seen as it is", text)
		}
		if json.Valid([]byte(text)) { // evidence as JSON, which escapes what a string has
			for _, m := range mark.FindAllString(text, -1) {
				n, _ := strconv.Atoi(m[3:5])
				seen[n]++
			}
			continue
		}
		plain := lines.Replace(text)
		for _, m := range mark.FindAllStringSubmatchIndex(plain, -1) {
			n, _ := strconv.Atoi(plain[m[2]:m[3]])
			before := plain[:m[0]]
			ends := func(s string) bool { return strings.HasSuffix(before, " "+s) }
			if n >= len(list) || !ends(list[n].Want) && !ends(escaped(list[n].In)) {
				return seen, fmt.Errorf("%q does not end with %q, string %d", plain[:m[0]], list[n].Want, n)
			}
			seen[n]++
		}
	}
	return seen, nil
}
