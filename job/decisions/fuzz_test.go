package decisions

import (
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tenor/audit"
)

// FuzzParse reads decisions: what is wrong is one line with its place, and what is right is a call that can be shown to a shell.
func FuzzParse(f *testing.F) {
	const one = "decisions:\n- {outpost: op-0123456789abcdef0, action: renew, payment_term: THREE_YEARS, payment_option: NO_UPFRONT,\n" +
		"   owner: o, reason: r, decided_on: 2026-11-20}\n"
	f.Add(one)
	f.Add(strings.Replace(one, "op-0", "arn:aws:outposts:eu-central-1:111122223333:outpost/op-0", 1))
	f.Add(one + "- {outpost: op-0123456789abcdef0, action: return, owner: o, reason: r, decided_on: 2026-02-30}\n")
	f.Add("decisions: {a: &x [*x]}")
	f.Add("decisions:\n- &a {outpost: 1, <<: *a}\n")
	f.Add("{\"decisions\": [null]}")
	word := regexp.MustCompile(`^[A-Za-z0-9-]+$`)
	f.Fuzz(func(t *testing.T, text string) {
		list, err := Parse("d.yaml", []byte(text))
		if err != nil {
			if !strings.HasPrefix(err.Error(), "d.yaml:") || strings.ContainsAny(err.Error(), "\n\r") {
				t.Errorf("no line with its place: %q", err)
			}
			return
		}
		for i := range list {
			for _, w := range Command(&list[i], "eu-central-1") {
				if !word.MatchString(strings.ReplaceAll(w, "_", "-")) {
					t.Errorf("%q is a word of the call for %+v", w, list[i])
				}
			}
			if Words(&list[i]) == "" || !strings.HasPrefix(audit.OutpostID(list[i].Outpost), "op-") {
				t.Errorf("%+v", list[i])
			}
		}
		again, err := Parse("d.yaml", []byte(text))
		if d := cmp.Diff(list, again); err != nil || d != "" {
			t.Errorf("the second time %v, %s", err, d)
		}
	})
}
