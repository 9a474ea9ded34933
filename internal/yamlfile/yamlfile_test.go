package yamlfile

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

type settings struct {
	Name    string        `yaml:"name"`
	Count   int           `yaml:"count"`
	Rate    float64       `yaml:"rate"`
	On      bool          `yaml:"on"`
	Wait    time.Duration `yaml:"wait"`
	Regions []string      `yaml:"regions"`
	Output  output        `yaml:"output"`
}

type output struct {
	Dir string `yaml:"dir"`
}

func TestDecode(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"nothing", "", ""},
		{"a comment", "# none\n", ""},
		{"good", "name: a\ncount: 1\nrate: 0.5\non: true\nwait: 2s\nregions: [x]\noutput: {dir: out}\n", ""},
		{"an unknown key", "name: a\nlabel: b\n", `f.yaml:2: unknown key "label"`},
		{"an unknown key further in", "output:\n  dri: b\n", `f.yaml:2: unknown key "dri"`},
		{"no whole number", "\ncount: many\n", "f.yaml:2: many does not fit: want a whole number"},
		{"no number", "rate: fast\n", "f.yaml:1: fast does not fit: want a number"},
		{"neither true nor false", "on: maybe\n", "f.yaml:1: maybe does not fit: want true or false"},
		{"no duration", "wait: long\n", "f.yaml:1: long does not fit: want a duration such as 2s"},
		{"no list", "regions: x\n", "f.yaml:1: x does not fit: want a list"},
		{"no mapping", "output: x\n", "f.yaml:1: x does not fit: want a mapping"},
		{"a list for a text", "name: [a]\n", "f.yaml:1: a list does not fit: want text"},
		{"an octal number", "\ncount: 010\n", "f.yaml:2: YAML reads 010 as another number: write it in quotes, or without the leading zero"},
		{"an account id that is octal", "regions: [a, 012345670123]\n",
			"f.yaml:1: YAML reads 012345670123 as another number: write it in quotes, or without the leading zero"},
		{"an account id with a leading zero, no octal", "regions: [012345678901]\n",
			"f.yaml:1: YAML reads 012345678901 as another number: write it in quotes, or without the leading zero"},
		{"a leading zero behind a sign", "count: -07\n",
			"f.yaml:1: YAML reads -07 as another number: write it in quotes, or without the leading zero"},
		{"a key with a leading zero", "output: {010: x}\n",
			"f.yaml:1: YAML reads 010 as another number: write it in quotes, or without the leading zero"},
		{"leading zeros in quotes", "name: '010'\nregions: [\"012345678901\"]\n", ""},
		{"zeros that mislead nobody", "count: 0\nrate: 0.08\nname: 2026-01-02\n", ""},
		{"a key that is a mapping", "name: a\n? {b: c}\n: d\n", "f.yaml:2: a mapping does not fit: want text"},
		{"a key twice", "name: a\nname: b\n", `f.yaml:2: mapping key "name" already defined at line 1`},
		{"two documents", "name: a\n---\nname: b\n", "f.yaml: more than one YAML document"},
		{"no YAML", "name: [a\n", "f.yaml:1: did not find expected ',' or ']'"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			have := ""
			if _, err := Decode("f.yaml", []byte(tt.text), &settings{}); err != nil {
				have = err.Error()
			}
			if d := cmp.Diff(tt.want, have); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestLine(t *testing.T) {
	root, err := Decode("f.yaml", []byte("name: a\nregions:\n- x\n- y\noutput:\n  dir: out\n"), &settings{})
	if err != nil {
		t.Fatal(err)
	}
	type at struct {
		Line  int
		Found bool
	}
	for _, tt := range []struct {
		name string
		path []string
		want at
	}{
		{"the file", nil, at{1, true}},
		{"a key", []string{"output"}, at{5, true}},
		{"a key further in", []string{"output", "dir"}, at{6, true}},
		{"an item by its number", []string{"regions", "1"}, at{4, true}},
		{"an item by its value", []string{"regions", "x"}, at{3, true}},
		{"a key that is not there", []string{"output", "s3"}, at{5, false}},
		{"an item that is not there", []string{"regions", "2"}, at{2, false}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			line, found := Line(root, tt.path)
			if d := cmp.Diff(tt.want, at{line, found}); d != "" {
				t.Error(d)
			}
		})
	}
}
