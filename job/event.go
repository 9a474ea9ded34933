package job

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"tenor/audit"
	"tenor/internal/yamlfile"
	"tenor/job/delivery"
)

// Event is what a function is invoked with: keys of tenor.yaml, which stand over those of the config that it may name.
type Event struct {
	Config `yaml:",inline"`
	From   string `yaml:"config"` // s3://bucket/key of a tenor.yaml; the files it names lie beside it. Empty: none
	At     string `yaml:"as_of"`  // date or RFC 3339 time that stands for now; empty: when the snapshot is taken
	Step   string `yaml:"step"`   // of a sharded run: plan, shard or merge; empty: the whole run at once
	Shards int    `yaml:"shards"` // of plan: how many at the most
	Plan   string `yaml:"plan"`   // of shard and merge: the URL that plan answered with
	Shard  *int   `yaml:"shard"`  // of shard: its number, from 0; nil: the event does not say
}

// ReadEvent reads the JSON of an event over the config that it names, which is fetched from S3 into dir with its waivers
// and policies. An unknown key is an error, and every error an EventError. Where reports go is then for Sinks.Hold.
func ReadEvent(ctx context.Context, text []byte, dir string) (Event, error) {
	ev, err := readEvent(ctx, text, dir)
	if err != nil {
		return ev, &EventError{Err: err}
	}
	return ev, nil
}

func readEvent(ctx context.Context, text []byte, dir string) (Event, error) {
	ev := Event{Config: DefaultConfig()}
	if err := ev.decode(text); err != nil {
		return ev, err
	}
	if ev.From != "" {
		local, err := fetchConfig(ctx, ev.From, ev.Output.BucketOwner, dir)
		if err != nil {
			return ev, fmt.Errorf("config: %w", err)
		}
		ev = Event{}
		if ev.Config, err = LoadConfig(local); err != nil {
			return ev, err
		}
		regions, accounts := ev.Regions, ev.Accounts
		if err := ev.decode(text); err != nil {
			return ev, err
		}
		ev.RegionsNarrowed, ev.AccountsChosen = !slices.Equal(regions, ev.Regions), !slices.Equal(accounts, ev.Accounts)
		ev.Policies.Place = nil // in a copy, and of what the event may have replaced
	}
	if ev.At != "" {
		at, err := ParseAsOf(ev.At)
		if err != nil {
			return ev, fmt.Errorf("event: as_of %w", err)
		}
		ev.AsOf = at
	}
	for _, p := range ev.problems() {
		return ev, fmt.Errorf("event: %s: %s", strings.Join(p.path, "."), p.msg)
	}
	return ev, nil
}

// decode reads the event over what ev holds. YAML is read where JSON was written: once the escapes are gone it is the same,
// and keys are held to those there are.
func (ev *Event) decode(text []byte) error {
	var object map[string]any
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := errors.Join(d.Decode(&object), d.Decode(new(any))); !errors.Is(err, io.EOF) || object == nil {
		return errors.New("event: want one JSON object")
	}
	plain, err := audit.EncodeJSON(object)
	if err != nil {
		return fmt.Errorf("event: %w", err)
	}
	_, err = yamlfile.Decode("event", plain, ev)
	return err
}

// fetchConfig copies a config from S3 with the files that it names into dir, each at the path of its key, and returns the
// config's path.
func fetchConfig(ctx context.Context, url, owner, dir string) (string, error) {
	name, key, err := delivery.ParseURL(url)
	if err != nil {
		return "", err
	}
	b, err := (&Config{Output: Output{BucketOwner: owner}}).bucket(ctx, "s3://"+name)
	if err != nil {
		return "", err
	}
	local := func(key string) string { return filepath.Join(dir, filepath.FromSlash(key)) }
	if err := b.Fetch(ctx, key, local(key)); err != nil {
		return "", err
	}
	text, err := yamlfile.Read(local(key))
	if err != nil {
		return "", err
	}
	c, err := ParseConfig(url, text)
	if err != nil {
		return "", err
	}
	files := append([]string{c.Waivers, c.Decisions, c.Policies.Key},
		slices.DeleteFunc(slices.Clone(c.Policies.Bundles), delivery.IsS3)...) // which are fetched with the policies
	for i, p := range slices.Concat(files, c.Policies.Dirs) {
		if p == "" || path.IsAbs(p) { // an absolute path is in the function's own package or layer
			continue
		}
		beside := path.Join(path.Dir(key), p)
		switch {
		case !filepath.IsLocal(filepath.FromSlash(beside)):
			err = fmt.Errorf("%s: is outside the bucket", p)
		case i < len(files):
			err = b.Fetch(ctx, beside, local(beside))
		default:
			err = b.FetchAll(ctx, beside+"/", local)
		}
		if err != nil {
			return "", err
		}
	}
	return local(key), nil
}

// parseTime reads a time that tenor has written.
func parseTime(s string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return t, fmt.Errorf("%q is no time as in 2026-12-31T12:00:00Z", s)
	}
	return t, nil
}

// ParseAsOf reads the date, or the RFC 3339 time, that stands for now.
func ParseAsOf(s string) (time.Time, error) {
	for _, layout := range [...]string{time.RFC3339, time.DateOnly} {
		t, err := time.Parse(layout, s)
		if err != nil {
			continue
		}
		if t.Year() < audit.FirstYear || t.Year() > audit.LastYear {
			return time.Time{}, fmt.Errorf("%q: want a date from 2015 to 2100", s)
		}
		return t, nil
	}
	return time.Time{}, fmt.Errorf("%q: want a date 2026-12-31 or a time 2026-12-31T12:00:00Z", s)
}
