package delivery

import "testing"

func TestContentType(t *testing.T) {
	for key, want := range map[string]string{
		"latest/report.ics": "text/calendar; charset=utf-8", "latest/report.csv": "text/csv; charset=utf-8", "latest/report.json": "application/json",
		"runs/1/report.ocsf.ndjson": "application/octet-stream",
	} {
		if have := contentType(key); *have != want {
			t.Errorf("%s: %s, want %s", key, *have, want)
		}
	}
}

// TestParseURLSaysWhatIsWrong: with the place in S3, or with the name of the bucket in it.
func TestParseURLSaysWhatIsWrong(t *testing.T) {
	const name = " is no name of a bucket: want 3 to 63 of a-z, 0-9, dot and hyphen"
	for url, want := range map[string]string{
		"out":             `"out" is no s3://bucket/prefix`,
		"s3://":           `"s3://" is no s3://bucket/prefix`,
		"s3:///audit":     `"s3:///audit" is no s3://bucket/prefix`,
		"s3://audits/../": `"s3://audits/../" is no s3://bucket/prefix`,
		"s3://x/y":        `"s3://x/y": "x"` + name,
		"s3://Audits/y":   `"s3://Audits/y": "Audits"` + name,
	} {
		if _, _, err := ParseURL(url); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", url, err, want)
		}
	}
}
