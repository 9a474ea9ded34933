package main

import (
	"errors"
	"fmt"
	"io/fs"

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
			if err := leave(atomicfile.Free(out)); err != nil {
				return err
			}
			cfg := job.DefaultConfig()
			cfg.Profile = f.cfg.Profile
			j := c.job(cfg)
			done := c.progress(j)
			text, err := j.FirstConfig(cmd.Context())
			done()
			if err != nil {
				return err
			}
			if err := leave(atomicfile.Create(out, atomicfile.FileMode, text)); err != nil { // asking AWS took a while
				return err
			}
			return c.showFiles([]string{out})
		},
	}
	addFlags(cmd, f.credentials())
	cmd.Flags().StringVarP(&out, "out", "o", out, "`file` to write")
	return cmd
}

// leave says what becomes of a file that is there already, and that every other error is of writing one.
func leave(err error) error {
	switch {
	case errors.Is(err, fs.ErrExist):
		return fmt.Errorf("%w, and is left as it is: name another file with --out", err)
	case err != nil:
		return fmt.Errorf("write config: %w", err)
	}
	return nil
}
