package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tenor/internal/awssim"
	"tenor/job"
)

// startDemo starts a simulated AWS on loopback, and returns what points a config at it. What the config says of an estate of its own
// and of whom to tell counts for nothing then: nobody is to hear of a company that does not exist.
func startDemo() (server *awssim.Server, demonstrate func(*job.Config), err error) {
	estate, err := awssim.DemoEstate(time.Now())
	if err != nil {
		return nil, nil, fmt.Errorf("demo: %w", err)
	}
	if server, err = awssim.Start(awssim.Options{Estate: estate}); err != nil {
		return nil, nil, fmt.Errorf("demo: %w", err)
	}
	return server, func(cfg *job.Config) {
		cfg.Endpoint, cfg.AccessKey = server.URL(), awssim.AccessKey(estate.Organization.ManagementAccount)
		cfg.Organization = &job.Organization{RoleName: estate.Role.Name, ExternalID: estate.Role.ExternalID}
		cfg.Accounts, cfg.Regions = nil, estate.Regions
		cfg.Billing = &job.Billing{Exports: []string{estate.Bill.URI()}}
		cfg.Output.S3, cfg.Output.SNSTopic, cfg.Output.Webhook, cfg.Output.Mail = "", "", "", nil
		cfg.FailOn, cfg.AllowIncomplete = job.FailOnNone, true
	}, nil
}

func (c *cli) simulateCmd() *cobra.Command {
	var addr, estateFile, faultsFile string
	cmd := &cobra.Command{
		Use:   "simulate",
		Short: "Serve a simulated AWS on loopback",
		Long: `Serve a simulated AWS (Outposts, Service Catalog, STS, Organizations) on loopback until interrupted, and print the variables
that point any AWS SDK at it, profiles with a role_arn too, for a shell to read. The comments in that output are a tenor.yaml for it. It
answers the calls that tenor makes, and denies all others.`,
		Example: "  tenor simulate > sim.env &\n  until test -s sim.env; do sleep 1; done\n  . ./sim.env\n" +
			"  sed -n 's/^# //p' sim.env > simulated.yaml\n  tenor run --config simulated.yaml --out simulated",
		RunE: func(cmd *cobra.Command, _ []string) error {
			o := awssim.Options{Addr: addr}
			var err error
			if estateFile == "" {
				o.Estate, err = awssim.DemoEstate(time.Now())
			} else {
				o.Estate, err = loaded(estateFile, func(r io.Reader) (*awssim.Estate, error) { return awssim.LoadEstate(r, time.Now()) })
			}
			if err == nil && faultsFile != "" {
				o.Faults, err = loaded(faultsFile, awssim.LoadFaults)
			}
			if err != nil {
				return err
			}
			server, err := awssim.Start(o)
			if err != nil {
				return fmt.Errorf("simulate: %w", err)
			}
			e := o.Estate
			if _, err := fmt.Fprintf(c.stdout, "export AWS_ENDPOINT_URL=%s AWS_ENDPOINT_URL_STS=%[1]s AWS_ACCESS_KEY_ID=%[2]s "+
				"AWS_SECRET_ACCESS_KEY=simulated AWS_REGION=%[3]s AWS_DEFAULT_REGION=%[3]s\n"+ // which is what boto3 reads
				"# organization: {role_name: %[4]q, external_id: %[5]q}\n# regions: [%[6]s]\n",
				server.URL(), awssim.AccessKey(e.Organization.ManagementAccount), e.Regions[0], e.Role.Name, e.Role.ExternalID,
				strings.Join(e.Regions, ", ")); err != nil {
				return errors.Join(err, server.Close())
			}
			<-cmd.Context().Done()
			return server.Close()
		},
	}
	cmd.Flags().StringVar(&addr, "addr", "127.0.0.1:0", "`address` to listen on; loopback only")
	cmd.Flags().StringVar(&estateFile, "estate", "", "estate `file` (default: the demo's)")
	cmd.Flags().StringVar(&faultsFile, "faults", "", "`file` of faults to answer with")
	return cmd
}

// loaded returns what read makes of a file, which an error names.
func loaded[T any](path string, read func(io.Reader) (T, error)) (v T, err error) {
	f, err := os.Open(path)
	if err != nil {
		return v, err
	}
	defer f.Close()
	if v, err = read(f); err != nil {
		err = fmt.Errorf("%s: %w", path, err)
	}
	return v, err
}
