package audit

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// TestShorten cuts messages as rules have them: what is wrong, and the error that says why, are in what is left.
func TestShorten(t *testing.T) {
	const denied = "one error failed 6 products: AmazonCloudFormationException: User: arn:aws:sts::350918274466:assumed-role/" +
		"ServiceCatalogLaunch/servicecatalog is not authorized to perform: rds:ModifyDBInstance on resource: arn:aws:rds:eu-central-1:" +
		"350918274466:db:tariffs-25a2trb7vgj5i (Service: Rds, Status Code: 403, Request ID: 0cde3755-b3bb-09b1-8fa0-5d35726733371296d)"
	const bucket = "the product is in ERROR: Terraform apply failed: Error: deleting S3 Bucket (data-b7b2b6): operation error S3: " +
		"DeleteBucket, https response error StatusCode: 409, RequestID: 96402C316FDBB7C2, api error BucketNotEmpty"
	const blocked = "the capacity task is blocked by 11 instances, WAITING_FOR_EVACUATION for 31 hours"
	const ids = ": i-03107f99b8f7384ef, i-0d359950e6b5c3a5d, i-102571388285e7a26 and 8 more"
	const request = " (Service: Rds, Status Code: 403, Request ID: 0cde3755-b3bb-09b1-8fa0-5d35726733371296d)"
	for name, tt := range map[string]struct {
		in   string
		n    int
		want string
	}{
		"all of it":       {denied, 400, denied},
		"without request": {denied, 300, strings.TrimSuffix(denied, request)},
		"without ARNs": {denied, 190, "one error failed 6 products: " +
			"User: assumed-role/ServiceCatalogLaunch/servicecatalog is not authorized " +
			"to perform: rds:ModifyDBInstance on resource: db:tariffs-25a2trb7vgj5i"},
		"what was denied": {denied, 110,
			"one error failed 6 products: ServiceCatalogLaunch is not authorized to perform: rds:ModifyDBInstance"},
		"its ends": {denied, 90, "one error failed 6 products: ServiceCatalogLaunch is not … rds:ModifyDBInstance"},
		"why": {bucket, 120,
			"the product is in ERROR: Terraform apply failed: Error: deleting S3 Bucket … 409, api error BucketNotEmpty"},
		"all of a list":       {blocked + ids, 160, blocked + ids},
		"without a list":      {blocked + ids, 150, blocked},
		"its ends, not ids":   {blocked + ids, 60, "the capacity task is blocked by 11 … for 31 hours"},
		"what follows a list": {blocked + ids + "; move them", 100, blocked + "; move them"},
		"names are no ids":    {"missing or empty: cost-center, environment, owner and more", 40, "missing or empty … and more"},
		"a long word":         {strings.Repeat("a", 60), 40, strings.Repeat("a", 25) + " … " + strings.Repeat("a", 12)},
		"no room":             {"a long message", 5, "a lo…"},
		"none":                {"a long message", 0, "…"},
	} {
		t.Run(name, func(t *testing.T) {
			if have := Shorten(tt.in, tt.n); have != tt.want {
				t.Errorf("have %q\nwant %q", have, tt.want)
			}
		})
	}
}

// FuzzShorten holds what is true of every message: it has no more characters than it may, is whole where it fits, and has its ends.
func FuzzShorten(f *testing.F) {
	f.Add("the product is in ERROR: (Service: S3, Request ID: x) arn:aws:s3:::data failed, RequestID: 9, at last", 40)
	f.Add("Köln 東京 👩‍💻 and more of it than there is room for", 20)
	f.Fuzz(func(t *testing.T, s string, n int) {
		n = 1 + (n%400+400)%400
		have := Shorten(s, n)
		if got := utf8.RuneCountInString(have); got > n {
			t.Errorf("%d characters, want at most %d: %q", got, n, have)
		}
		if utf8.RuneCountInString(s) <= n && have != s {
			t.Errorf("%q became %q, and it fits", s, have)
		}
		if utf8.ValidString(s) && !utf8.ValidString(have) {
			t.Errorf("%q is cut within a character: %q", s, have)
		}
	})
}

// TestCut: the ellipsis is one of the runes, and a text that fits is left as it is.
func TestCut(t *testing.T) {
	for _, tt := range []struct {
		in   string
		n    int
		want string
	}{{"", 3, ""}, {"abc", 3, "abc"}, {"abcd", 3, "ab…"}, {"火星火星", 3, "火星…"}, {"火星火", 3, "火星火"}, {"ab", 1, "…"}} {
		if have := Cut(tt.in, tt.n); have != tt.want {
			t.Errorf("%q in %d: %q, want %q", tt.in, tt.n, have, tt.want)
		}
	}
}
