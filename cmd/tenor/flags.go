package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tenor/audit"
	"tenor/job"
	"tenor/job/delivery"
)

// flags are those that several commands have. Each is bound to the setting that it stands over, so that what a flag means is said
// where it is declared and nowhere else; a command adds the sets that it honours.
type flags struct {
	cfg      job.Config // what the flags say, and after config what holds
	policies []string   // folders and bundles beside those of the config file
}

func newSet() *pflag.FlagSet { return pflag.NewFlagSet("", pflag.ContinueOnError) }

// addFlags gives a command sets of flags.
func addFlags(cmd *cobra.Command, sets ...*pflag.FlagSet) {
	for _, s := range sets {
		cmd.Flags().AddFlagSet(s)
	}
}

// output is where a report goes.
func (f *flags) output() *pflag.FlagSet {
	s := newSet()
	s.VarP(destination(&f.cfg.Output), "out", "o", "run `folder` to write into, or s3://bucket/prefix to deliver it to (default out)")
	return s
}

// credentials is who asks AWS.
func (f *flags) credentials() *pflag.FlagSet {
	s := newSet()
	s.StringVar(&f.cfg.Profile, "profile", "", "AWS `profile`")
	return s
}

// scope is what of AWS is read.
func (f *flags) scope() *pflag.FlagSet {
	s := newSet()
	s.StringSliceVar(&f.cfg.Regions, "region", nil,
		"`region` to collect, repeated or comma-separated (default: every region with the service)")
	s.StringSliceVar(&f.cfg.Accounts, "account", nil,
		"`account` to collect, repeated or comma-separated (default: the organization's, or the caller's own)")
	return s
}

// collecting is how it is read.
func (f *flags) collecting() *pflag.FlagSet {
	s := newSet()
	s.IntVar(&f.cfg.Concurrency, "concurrency", 0, "`number` of calls in flight (default 32)")
	s.DurationVar(&f.cfg.Timeout, "timeout", 0, "`duration` of collecting, after which the report is made of what was read (default: none)")
	s.BoolVar(&f.cfg.Resume, "resume", false, "complete the unfinished snapshot in the run folder")
	return s
}

func (f *flags) allowIncomplete() *pflag.FlagSet {
	s := newSet()
	s.BoolVar(&f.cfg.AllowIncomplete, "allow-incomplete", false, "incomplete coverage does not make exit code 3")
	return s
}

// clock is the moment that stands for now; otherwise says what it is without the flag.
func (f *flags) clock(otherwise string) *pflag.FlagSet {
	s := newSet()
	s.Var(moment(&f.cfg.AsOf), "as-of", "`date` or RFC 3339 time to use as the current time (default: "+otherwise+")")
	return s
}

// reporting is what a report of the whole run needs.
func (f *flags) reporting() *pflag.FlagSet {
	s := f.allowIncomplete()
	s.AddFlagSet(f.formats(" (default json,xlsx)"))
	s.Var(word{&f.cfg.FailOn, append(severities(), job.FailOnNone)}, "fail-on",
		"`severity` from which findings make exit code 1, or none (default high)")
	s.BoolVar(&f.cfg.StrictCoverage, "strict-coverage", false, "incomplete coverage makes exit code 3 though findings would make 1")
	s.AddFlagSet(f.inputs())
	s.BoolVar(&f.cfg.FailOnNew, "fail-on-new", false, "only findings that are not in the baseline make exit code 1")
	s.IntVar(&f.cfg.History, "history", 0, "keep `n` dated copies of report.json in the run folder")
	s.StringVar(&f.cfg.MetricsFile, "metrics-file", "",
		"`file` for the run's numbers in the OpenMetrics format, such as /var/lib/node_exporter/tenor.prom, or URL of a Pushgateway, "+
			"such as http://pushgateway:9091/metrics/job/tenor")
	return s
}

// inputs is what a report is made with, beside the snapshot and the rules.
func (f *flags) inputs() *pflag.FlagSet {
	s := newSet()
	s.StringVar(&f.cfg.Baseline, "baseline", "", "`report.json` to compare with, or last for the one in the run folder")
	s.StringVar(&f.cfg.Waivers, "waivers", "", "waivers `file`")
	s.StringVar(&f.cfg.Decisions, "decisions", "", "`file` of decisions about contracts")
	return s
}

func (f *flags) formats(otherwise string) *pflag.FlagSet {
	s, names := newSet(), job.FormatNames()
	s.VarP(words{&f.cfg.Output.Formats, names}, "format", "f", "`formats` to write: "+strings.Join(names, ", ")+otherwise)
	return s
}

// rules is which rules there are.
func (f *flags) rules() *pflag.FlagSet {
	s := newSet()
	s.StringArrayVar(&f.policies, "policy", nil,
		"`folder` of Rego policies, or an OPA bundle (.tar.gz), also as s3://bucket/policies.tar.gz, to run beside ours; repeatable")
	s.StringVar(&f.cfg.Policies.Key, "policy-key", "", "`file` of the key that bundles must be signed with")
	s.StringSliceVar(&f.cfg.Policies.Namespaces, "namespace", nil,
		"Rego `package` of the policies to run, repeated or comma-separated (default: all)")
	return s
}

// config returns the settings of the config file with the flags of cmd that were given over them. adjust, which may be nil, changes
// the file's before that.
func (c *cli) config(cmd *cobra.Command, f *flags, adjust func(*job.Config)) (job.Config, error) {
	cfg, err := c.fileConfig()
	if err != nil {
		return cfg, err
	}
	cfg.Output.Webhook = cmp.Or(os.Getenv("TENOR_WEBHOOK"), cfg.Output.Webhook) // a secret, better not in a file
	if m := cfg.Output.Mail; m != nil {
		m.Password = os.Getenv("TENOR_SMTP_PASSWORD")
	}
	if adjust != nil {
		adjust(&cfg)
	}
	var given []func() error
	cmd.Flags().Visit(func(fl *pflag.Flag) { given = append(given, again(fl)) })
	f.cfg = cfg // which the flags are bound to
	for _, set := range given {
		if err := set(); err != nil {
			return cfg, err
		}
	}
	f.cfg.RegionsNarrowed, f.cfg.AccountsChosen = !slices.Equal(cfg.Regions, f.cfg.Regions), !slices.Equal(cfg.Accounts, f.cfg.Accounts)
	f.cfg.Policies.AddPolicies(f.policies...)
	switch {
	case f.cfg.FailOnNew && f.cfg.Baseline == "":
		return cfg, errors.New("--fail-on-new needs --baseline")
	case f.cfg.Timeout < 0:
		return cfg, fmt.Errorf("--timeout %s: must not be negative", f.cfg.Timeout)
	case f.cfg.History < 0:
		return cfg, fmt.Errorf("--history %d: must not be negative", f.cfg.History)
	}
	return f.cfg, f.cfg.Check()
}

// fileConfig returns the settings of the config file, or the defaults where there is none.
func (c *cli) fileConfig() (job.Config, error) {
	path := c.configFile
	if path == "" {
		if _, err := os.Stat("tenor.yaml"); err == nil {
			path = "tenor.yaml"
		}
	}
	if path == "" {
		return job.DefaultConfig(), nil
	}
	c.readConfig = path
	return job.LoadConfig(path)
}

// again returns what sets a flag that was given a second time, to what it says now.
func again(fl *pflag.Flag) func() error {
	list, ok := fl.Value.(pflag.SliceValue)
	if !ok {
		text := fl.Value.String()
		return func() error { return fl.Value.Set(text) }
	}
	values := list.GetSlice()
	return func() error {
		if len(values) == 0 || slices.Contains(values, "") {
			return fmt.Errorf("--%s is empty: name one, or leave the flag out", fl.Name)
		}
		return list.Replace(values)
	}
}

// needs reports the first of the flags without which the command does nothing, if it was not given or is empty.
func needs(cmd *cobra.Command, flags ...string) error {
	for _, name := range flags {
		if cmd.Flags().Lookup(name).Value.String() == "" {
			return fmt.Errorf("missing --%s: see %s --help", name, cmd.CommandPath())
		}
	}
	return nil
}

func severities() []string {
	return audit.Map(audit.Severities[:], func(s audit.Severity) string { return string(s) })
}

// value is the value of a flag that is read by set and shown by get; want is pflag's name of its type.
type value struct {
	want string
	get  func() string
	set  func(string) error
}

func (v value) String() string     { return v.get() }
func (v value) Type() string       { return v.want }
func (v value) Set(s string) error { return v.set(s) }

// destination is the value of a flag that takes a folder, or a bucket to deliver to.
func destination(to *job.Output) value {
	return value{"destination", func() string { return cmp.Or(to.S3, to.Dir) }, func(s string) error {
		if delivery.IsS3(s) {
			to.S3 = s
		} else {
			to.Dir = s
		}
		return nil
	}}
}

// folder is the value of a flag that takes a folder and no bucket.
func folder(to *string) value {
	return value{"folder", func() string { return *to }, func(s string) error {
		if strings.Contains(s, "://") {
			return fmt.Errorf("%q: want a folder on this machine", s)
		}
		*to = s
		return nil
	}}
}

// moment is the value of a flag that takes a date or a time.
func moment(to *time.Time) value {
	return value{"moment", func() string {
		if to.IsZero() {
			return ""
		}
		return to.Format(time.RFC3339Nano)
	}, func(s string) (err error) {
		*to, err = job.ParseAsOf(s)
		return err
	}}
}

// word is the value of a flag that takes one of a few words.
type word struct {
	to *string
	of []string
}

func (w word) String() string    { return *w.to }
func (w word) Type() string      { return "word" }
func (w word) choices() []string { return w.of }
func (w word) Set(s string) error {
	if err := oneOf(s, w.of); err != nil {
		return err
	}
	*w.to = s
	return nil
}

// words is the value of a flag that takes some of a few words, repeated or comma-separated.
type words struct {
	to *[]string
	of []string
}

func (w words) String() string              { return strings.Join(*w.to, ",") }
func (w words) Type() string                { return "words" }
func (w words) choices() []string           { return w.of }
func (w words) GetSlice() []string          { return *w.to }
func (w words) Append(s string) error       { return w.Set(s) }
func (w words) Replace(list []string) error { *w.to = list; return nil } //nolint:unparam // as pflag.SliceValue has it
func (w words) Set(s string) error {
	for _, name := range strings.Split(s, ",") {
		if err := oneOf(name, w.of); err != nil {
			return err
		}
		*w.to = append(*w.to, name)
	}
	return nil
}

func oneOf(s string, of []string) error {
	if slices.Contains(of, s) {
		return nil
	}
	return fmt.Errorf("%q: want %s or %s", s, strings.Join(of[:len(of)-1], ", "), of[len(of)-1])
}
