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
	"unicode/utf8"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"tenor/audit"
	"tenor/internal/version"
	"tenor/job"
	"tenor/report"
)

// cli is what the commands share: where they write and what the flags said.
type cli struct {
	stdout, stderr io.Writer
	log            logWriter // to stderr
	invocation     string    // the id of this process in each line of the log of a job

	configFile string
	readConfig string // the config file that was read; empty: none
	logFormat  string
	verbose    bool
	quiet      bool
}

func (c *cli) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "tenor",
		Short: "Audit AWS Outposts commitments and Service Catalog products",
		Long: `tenor answers, on a schedule: what have we committed to on AWS Outposts, when must we decide, what
will each choice cost, and which Service Catalog products are broken? It never changes anything in AWS.

See it work without an AWS account:  tenor run --demo`,
		SilenceErrors: true, SilenceUsage: true,
		Version: version.String(),
	}
	root.SetVersionTemplate("tenor {{.Version}}\n")
	f := root.PersistentFlags()
	f.StringVar(&c.configFile, "config", "", "config `file` (default: tenor.yaml, when there is one)")
	c.logFormat = "text"
	f.Var(word{&c.logFormat, []string{"text", "json"}}, "log-format", "log `format`: text or json")
	f.BoolVarP(&c.verbose, "verbose", "v", false, "log more: the calls to AWS, and what your policies print")
	f.BoolVarP(&c.quiet, "quiet", "q", false, "print nothing but warnings and errors")
	root.AddCommand(c.checkCmd(), c.initCmd(), c.runCmd(), c.planCmd(), c.mergeCmd(), c.collectCmd(), c.evaluateCmd(), c.reportCmd(),
		c.findingsCmd(), c.diffCmd(), c.billCmd(), c.policiesCmd(), c.waiversCmd(), c.decisionsCmd(), c.iamPolicyCmd(), c.simulateCmd(),
		c.schemaCmd(), c.versionCmd(), c.manCmd())
	root.SetHelpCommand(helpCmd(root))
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	strict(root)
	return root
}

// configured returns a job for what the config file and the flags say.
func (c *cli) configured(cmd *cobra.Command, f *flags) (*job.Job, error) {
	cfg, err := c.config(cmd, f, nil)
	if err != nil {
		return nil, err
	}
	return c.job(cfg), nil
}

// job returns a job for the config.
func (c *cli) job(cfg job.Config) *job.Job {
	log := c.logger().With("invocation", c.invocation)
	if c.readConfig != "" {
		log.Debug("config", "file", c.readConfig) // an error is to stay one line
	}
	return &job.Job{Config: cfg, Version: version.String(), Log: log, Invocation: c.invocation, Now: time.Now}
}

// show prints the summary of a report and, last, the files that were written. What is to be decided is in sight at the end, on a terminal
// as in the log of a job.
func (c *cli) show(r *job.Result) error {
	if c.quiet {
		return nil
	}
	style := c.style()
	files := slices.Concat(r.Files, r.Delivery.Done)
	if style.Width == 0 {
		style.Lines = report.LogLines
	}
	style.Lines-- // for the prompt, or the error of an exit code
	width := cmp.Or(style.Width, report.LogWidth)
	for _, line := range fileLines(files, width) {
		style.Lines -= 1 + (utf8.RuneCountInString(line)-1)/width // a path that is longer
	}
	if r.Dir != defaultRun {
		style.Run = r.Dir
	}
	if err := report.Terminal(c.stdout, r.Report, style); err != nil {
		return err
	}
	return c.showFiles(files)
}

// printJSON prints a value as one line of JSON.
func (c *cli) printJSON(v any) error {
	text, err := audit.EncodeJSON(v)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(c.stdout, "%s\n", text)
	return err
}

// printIndented prints a value as JSON of several lines.
func (c *cli) printIndented(v any) error {
	text, err := audit.IndentedJSON(v)
	if err != nil {
		return err
	}
	_, err = c.stdout.Write(text)
	return err
}

func (c *cli) showFiles(files []string) error {
	if c.quiet || len(files) == 0 {
		return nil
	}
	_, err := fmt.Fprintln(c.stdout, strings.Join(fileLines(files, cmp.Or(c.style().Width, report.LogWidth)), "\n"))
	return err
}

// fileLines names files, or what else was written to, in their order, each whole, so that it can be copied, on as few lines as a width has
// room for.
func fileLines(files []string, width int) []string {
	const between = " · "
	var lines []string
	for _, f := range files {
		f = filepath.ToSlash(f)
		last := len(lines) - 1
		if last >= 0 && utf8.RuneCountInString(lines[last]+between+f) <= width {
			lines[last] += between + f
			continue
		}
		lines = append(lines, f)
	}
	return lines
}

// style is what stdout can show.
func (c *cli) style() report.TerminalStyle {
	s := report.TerminalStyle{Color: c.color(c.stdout)}
	if f, ok := c.stdout.(*os.File); ok {
		if w, h, err := term.GetSize(int(f.Fd())); err == nil {
			s.Width, s.Lines = w, h
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
