package main

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"tenor/audit"
	"tenor/internal/version"
	"tenor/job"
	"tenor/job/delivery"
	"tenor/report"
)

// cli is what the commands share: where they write and what the flags said.
type cli struct {
	stdout, stderr io.Writer
	log            logWriter // to stderr

	configFile  string
	foundConfig bool // tenor.yaml was there, and nobody named it
	logFormat   string
	verbose     bool
	quiet       bool
}

func (c *cli) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "tenor",
		Short: "Audit AWS Outposts commitments and Service Catalog products",
		Long: `tenor answers, on a schedule and without being asked: what have we committed to on AWS Outposts, when must we
decide, what will each choice cost, and which Service Catalog products are broken? It never changes anything in AWS.

See it work without an AWS account:  tenor run --demo`,
		SilenceErrors: true, SilenceUsage: true,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	f := root.PersistentFlags()
	f.StringVar(&c.configFile, "config", "", "config `file` (default: tenor.yaml, when there is one)")
	f.StringVar(&c.logFormat, "log-format", "text", "log `format`: text or json")
	f.BoolVarP(&c.verbose, "verbose", "v", false, "log more")
	f.BoolVarP(&c.quiet, "quiet", "q", false, "print nothing but warnings and errors")
	root.AddCommand(c.runCmd(), c.planCmd(), c.mergeCmd(), c.collectCmd(), c.evaluateCmd(), c.reportCmd(), c.diffCmd(),
		c.policiesCmd(), c.waiversCmd(), c.iamPolicyCmd(), c.simulateCmd(), c.schemaCmd(), c.versionCmd())
	return root
}

// flags are the ones that several commands have; a nil field is a flag that the command lacks.
type flags struct {
	out, asOf, failOn, baseline, waivers, profile, policyKey, metrics string
	formats, policies, namespaces, regions, accounts                  []string
	allowIncomplete, failOnNew, resume                                bool
	concurrency, history                                              int
	timeout                                                           time.Duration
}

func (f *flags) output(cmd *cobra.Command) {
	cmd.Flags().StringVarP(&f.out, "out", "o", "", "run `folder` to write into, or s3://bucket/prefix to deliver it to (default out)")
}

func (f *flags) scopes(cmd *cobra.Command) {
	s := cmd.Flags()
	s.StringVar(&f.profile, "profile", "", "AWS `profile`")
	s.StringSliceVar(&f.regions, "region", nil, "`region` to collect, repeated or comma-separated (default: every region with the service)")
	s.StringSliceVar(&f.accounts, "account", nil,
		"`account` to collect, repeated or comma-separated (default: the organization's, or the caller's own)")
}

func (f *flags) collecting(cmd *cobra.Command) {
	f.scopes(cmd)
	s := cmd.Flags()
	s.IntVar(&f.concurrency, "concurrency", 0, "calls in `flight` (default 32)")
	s.DurationVar(&f.timeout, "timeout", 0, "`time` for collecting, after which the report is made of what there is (default: none)")
	s.BoolVar(&f.resume, "resume", false, "complete the unfinished snapshot in the run folder")
}

func (f *flags) judging(cmd *cobra.Command) {
	s := cmd.Flags()
	s.StringSliceVarP(&f.formats, "format", "f", nil, "`formats` to write: "+strings.Join(job.FormatNames(), ", ")+" (default json,xlsx)")
	s.StringVar(&f.asOf, "as-of", "", "`date` or RFC 3339 time that stands for now (default: when the snapshot was taken)")
	s.StringVar(&f.failOn, "fail-on", "", "`severity` from which findings make exit code 1, or none (default high)")
	s.BoolVar(&f.allowIncomplete, "allow-incomplete", false, "incomplete coverage does not make exit code 3")
	s.StringVar(&f.baseline, "baseline", "", "`report.json` to compare with, or last for the one in the run folder")
	s.BoolVar(&f.failOnNew, "fail-on-new", false, "only findings that the baseline has not make exit code 1")
	s.IntVar(&f.history, "history", 0, "keep `n` dated copies of report.json in the run folder")
	s.StringVar(&f.waivers, "waivers", "", "waivers `file`")
	s.StringVar(&f.metrics, "metrics-file", "",
		"`file` for the run's numbers in the OpenMetrics format, such as /var/lib/node_exporter/tenor.prom")
	f.policy(cmd)
}

func (f *flags) policy(cmd *cobra.Command) {
	s := cmd.Flags()
	s.StringArrayVar(&f.policies, "policy", nil, "`folder` of Rego policies, or an OPA bundle (.tar.gz), to run beside ours; repeatable")
	s.StringVar(&f.policyKey, "policy-key", "", "`file` of the key that bundles must be signed with")
	s.StringSliceVar(&f.namespaces, "namespace", nil, "Rego `package` of the policies to run, repeated or comma-separated (default: all)")
}

// config returns the config file's settings with the flags over them.
func (c *cli) config(cmd *cobra.Command, f *flags, implicit bool) (job.Config, error) {
	cfg := job.DefaultConfig()
	path := c.configFile
	if path == "" && implicit {
		if _, err := os.Stat("tenor.yaml"); err == nil {
			path, c.foundConfig = "tenor.yaml", true
		}
	}
	if path != "" {
		var err error
		if cfg, err = job.LoadConfig(path); err != nil {
			return cfg, err
		}
	}
	set := func(name string, apply func()) {
		if fl := cmd.Flags().Lookup(name); fl != nil && fl.Changed {
			apply()
		}
	}
	set("out", func() {
		if delivery.IsS3(f.out) {
			cfg.Output.S3 = f.out
		} else {
			cfg.Output.Dir = f.out
		}
	})
	set("format", func() { cfg.Output.Formats = f.formats })
	set("fail-on", func() { cfg.FailOn = f.failOn })
	set("waivers", func() { cfg.Waivers = f.waivers })
	set("region", func() { cfg.Regions, cfg.RegionsNarrowed = f.regions, true })
	set("account", func() { cfg.Accounts = f.accounts })
	set("concurrency", func() { cfg.Concurrency = f.concurrency })
	set("policy-key", func() { cfg.Policies.Key = f.policyKey })
	set("namespace", func() { cfg.Policies.Namespaces = f.namespaces })
	for _, p := range f.policies {
		if strings.HasSuffix(p, ".tar.gz") {
			cfg.Policies.Bundles = append(cfg.Policies.Bundles, p)
		} else {
			cfg.Policies.Dirs = append(cfg.Policies.Dirs, p)
		}
	}
	cfg.AllowIncomplete, cfg.FailOnNew, cfg.Baseline, cfg.History = f.allowIncomplete, f.failOnNew, f.baseline, f.history
	cfg.Profile, cfg.Timeout, cfg.Resume, cfg.MetricsFile = f.profile, f.timeout, f.resume, f.metrics
	cfg.Output.Webhook = cmp.Or(os.Getenv("TENOR_WEBHOOK"), cfg.Output.Webhook) // a secret, better not in a file
	if delivery.IsS3(f.out) && cmd.Flags().Lookup("fail-on") == nil {
		return cfg, fmt.Errorf("--out %s: tenor %s writes into a folder", f.out, cmd.Name())
	}
	if f.failOnNew && f.baseline == "" {
		return cfg, fmt.Errorf("--fail-on-new needs --baseline")
	}
	for _, name := range [...]string{"region", "account"} {
		if fl := cmd.Flags().Lookup(name); fl != nil && fl.Changed && fl.Value.String() == "[]" {
			return cfg, fmt.Errorf("--%s is empty: name one, or leave the flag out for all", name)
		}
	}
	if f.timeout < 0 {
		return cfg, fmt.Errorf("--timeout %s: must not be negative", f.timeout)
	}
	if f.history < 0 {
		return cfg, fmt.Errorf("--history %d: must not be negative", f.history)
	}
	if fl := cmd.Flags().Lookup("as-of"); fl != nil && fl.Changed {
		t, err := job.ParseAsOf(f.asOf)
		if err != nil {
			return cfg, fmt.Errorf("--as-of %w", err)
		}
		cfg.AsOf = t
	}
	return cfg, cfg.Check()
}

// configured returns a job for what the config file and the flags say.
func (c *cli) configured(cmd *cobra.Command, f *flags) (*job.Job, error) {
	cfg, err := c.config(cmd, f, true)
	if err != nil {
		return nil, err
	}
	return c.job(cfg)
}

// job returns a job for the config.
func (c *cli) job(cfg job.Config) (*job.Job, error) {
	log, err := c.logger()
	if err != nil {
		return nil, err
	}
	if c.foundConfig {
		log.Debug("config", "file", "tenor.yaml") // an error is to stay one line
	}
	return &job.Job{Config: cfg, Version: version.String(), Log: log, Now: time.Now}, nil
}

// show prints the summary of a report and, last, the files that were written.
func (c *cli) show(r *job.Result) error {
	if c.quiet {
		return nil
	}
	if err := report.Terminal(c.stdout, r.Report, c.style()); err != nil {
		return err
	}
	if _, err := fmt.Fprintln(c.stdout); err != nil {
		return err
	}
	return c.showFiles(slices.Concat(r.Files, r.Delivery.Done))
}

func (c *cli) showFiles(files []string) error {
	if c.quiet {
		return nil
	}
	for _, f := range files {
		if _, err := fmt.Fprintln(c.stdout, filepath.ToSlash(f)); err != nil {
			return err
		}
	}
	return nil
}

// style is what stdout can show.
func (c *cli) style() report.TerminalStyle {
	s := report.TerminalStyle{Color: c.color(c.stdout)}
	if f, ok := c.stdout.(*os.File); ok {
		if w, _, err := term.GetSize(int(f.Fd())); err == nil {
			s.Width = w
		}
	}
	return s
}

// color reports whether w is a terminal that wants colours.
func (c *cli) color(w io.Writer) bool {
	return isTerminal(w) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// oneLine is the error's text on one line, as people can see it.
func oneLine(err error) string { return audit.Visible(err.Error()) }
