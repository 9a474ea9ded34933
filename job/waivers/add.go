package waivers

import (
	"fmt"
	"time"

	"tenor/internal/yamlfile"
)

// Add appends a waiver, which must hold at limit.From and not for longer than the limit, to the file at path, which is made when it is
// missing. Everything that stands in the file stays as it is, comments included; a file that would not be valid afterwards is not
// touched.
func Add(path string, w Waiver, limit Limit) error {
	if day, err := time.Parse(time.DateOnly, w.Expires); err == nil && !limit.From.Before(day.AddDate(0, 0, 1)) {
		return fmt.Errorf("expires: %s has passed", w.Expires)
	}
	return yamlfile.Append(path, "waivers", w, func(text []byte) error {
		_, err := Parse(path, text, limit)
		return err
	})
}
