package finance

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/shopspring/decimal"
)

// FuzzCause: what errors have in common is bounded, one line of text, and of equal errors the same whatever the product is called and
// whatever ids AWS gave.
func FuzzCause(f *testing.F) {
	f.Add("Resource handler returned message: \"Limit exceeded for sg-0c51f0e2 in orders-cd04\" (RequestToken: 1f, HandlerErrorCode: X)", "orders")
	f.Add("arn:aws:iam::111122223333:role/launch is not authorized to perform: s3:CreateBucket", "a.b")
	f.Add("\xff\xfe "+strings.Repeat("é", 300), "é")
	f.Add("x 2026-11-20T09:00:00Z 10.0.0.1/16 a@b.example `n`", "(.*")
	f.Add("", "")
	f.Fuzz(func(t *testing.T, text, name string) {
		cause := causeOf([]string{text}, name)
		if len(cause) > maxCause || cause != strings.TrimSpace(cause) || strings.ContainsAny(cause, "\n\r\t\f") {
			t.Errorf("%q", cause)
		}
		if utf8.ValidString(text) && utf8.ValidString(name) && !utf8.ValidString(cause) {
			t.Errorf("%q is cut within a letter", cause)
		}
		if len(text) > 200 || !utf8.ValidString(text) || strings.ContainsAny(text, "\"'`:=<>") { // in quotes, or cut off, more is taken out
			return
		}
		say := func(product, id, arn string) string {
			return causeOf([]string{text, "of " + product + " failed for " + id + " by " + arn}, product)
		}
		one := say("orders-cd04", "sg-0c51f0e2", "arn:aws:iam::111122223333:role/a")
		if other := say("shop", "i-0123456789abcdef0", "arn:aws:s3:::bucket"); one != other {
			t.Errorf("two causes of one error: %q and %q", one, other)
		}
	})
}

// FuzzAmount reads amounts: each exactly, as decimal has it, or not at all. A price that is none is an error of its own.
func FuzzAmount(f *testing.F) {
	for _, s := range []string{"0", "-0", "1.5", "1E3", "1e-30", "1e-31", "999999999999.999999999999999999999999999999", "1e12", "1e999999999", "-1e-999999999",
		"0x10", "1_000", "+1", ".5", "5.", "NaN", "Infinity", "00012", "123456789012345678", "\"1.5\"", "null", "{}", "9223372036854775808"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if a, err := readAmount(s); err == nil {
			want, derr := decimal.NewFromString(s)
			if strings.Trim(s, "-.") == "" && derr != nil {
				t.Errorf("%q is taken for %s", s, a)
			} else if derr != nil || !a.decimal().Equal(want) {
				t.Errorf("%q is read as %s, and decimal has %s, %v", s, a, want, derr)
			}
			if again, err := readAmount(a.String()); err != nil || again != a {
				t.Errorf("%q is written as %s, which is read as %s, %v", s, a, again, err)
			}
		}
		var p sentPrice
		if json.Valid([]byte(s)) {
			if err := json.Unmarshal([]byte(s), &p); err != nil {
				t.Errorf("%s: %v", s, err)
			}
			if limit := decimal.New(1, 12); p.err == nil && !p.decimal().Abs().LessThan(limit) {
				t.Errorf("a price of %s", p.usd)
			}
		}
	})
}
