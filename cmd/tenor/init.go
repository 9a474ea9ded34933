package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"tenor/internal/atomicfile"
	"tenor/job"
)

func (c *cli) initCmd() *cobra.Command {
	var f flags
	out := "tenor.yaml"
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Write a first tenor.yaml from what AWS shows",
		Long: `Ask AWS what tenor check asks, with no config, and write a tenor.yaml with comments: an organization where the caller can list one,
and the regions in which something was found. The file says what could not be read. A file that exists is not replaced.`,
		Example: "  tenor init --out mine.yaml",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if c.configFile != "" {
				return errors.New("--config does not go with tenor init, which writes one: --out names it")
			}
			free := func() error {
				if _, err := os.Lstat(out); err == nil {
					return fmt.Errorf("%s is there already, and is left as it is: name another file with --out", out)
				}
				return nil
			}
			if err := free(); err != nil {
				return err
			}
			cfg := job.DefaultConfig()
			cfg.Profile = f.cfg.Profile
			j := c.job(cfg)
			done := c.progress(j)
			text, err := j.FirstConfig(cmd.Context())
			done()
			if err = cmp.Or(err, free()); err != nil { // asking AWS took a while
				return err
			}
			if err := atomicfile.WriteBytes(out, atomicfile.FileMode, text); err != nil {
				return fmt.Errorf("write config: %w", err)
			}
			return c.showFiles([]string{out})
		},
	}
	addFlags(cmd, f.credentials())
	cmd.Flags().StringVarP(&out, "out", "o", out, "`file` to write")
	return cmd
}
