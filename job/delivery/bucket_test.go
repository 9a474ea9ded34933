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
