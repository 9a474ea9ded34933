package main

import (
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"tenor/internal/awsread"
)

// partitions are those whose ARNs a policy may be for.
var partitions = [...]string{"aws", "aws-us-gov", "aws-cn"}

func (c *cli) iamPolicyCmd() *cobra.Command {
	var o awsread.PolicyOptions
	var member bool
	format, formats := "json", []string{"json", "terraform", "cloudformation"}
	o.Partition = partitions[0]
	cmd := &cobra.Command{
		Use:   "iam-policy",
		Short: "Print the least-privilege IAM policy",
		Long: `Print the IAM policy that allows what tenor reads, and nothing else: for one account, or the role in each account of an
organization (--member, the default), or for whoever runs tenor on an organization (--management).`,
		Example: "  tenor iam-policy --member --deny-writes\n" +
			"  tenor iam-policy --management --role-name TenorAudit --external-id example --format terraform",
		RunE: func(*cobra.Command, []string) error {
			switch {
			case member && o.Management:
				return errors.New("--member and --management: want one of them")
			case o.Minimal && o.CloudWatch:
				return errors.New("--minimal and --cloudwatch: want one of them: --minimal leaves out the assets, about which CloudWatch is asked")
			case o.Management && o.RoleName == "":
				return errors.New("--management needs --role-name: the role in each account, the only one that it may assume, such as TenorAudit")
			case !o.Management && o.RoleName+o.ExternalID != "":
				return errors.New("--role-name and --external-id are for --management: the policy of one account assumes no role")
			}
			o.Format = awsread.PolicyFormat(format)
			text, err := awsread.IAMPolicy(o)
			if err != nil {
				return err
			}
			_, err = c.stdout.Write(text)
			return err
		},
	}
	s := cmd.Flags()
	s.VarP(word{&format, formats}, "format", "f", "`format`: json, terraform or cloudformation")
	s.BoolVar(&member, "member", false, "for one account, or the role in each account of an organization (the default)")
	s.BoolVar(&o.Management, "management", false, "for whoever runs tenor on an organization")
	s.BoolVar(&o.Minimal, "minimal", false, "leave out the optional calls: what needs them is unknown then")
	s.BoolVar(&o.CloudWatch, "cloudwatch", false,
		"allow reading CloudWatch too, for capacity.cloudwatch_days of the config; IAM cannot limit that to the metrics of Outposts")
	s.BoolVar(&o.DenyWrites, "deny-writes", false, "add an explicit deny of every action, of any service, that tenor does not need")
	s.Var(word{&o.Partition, partitions[:]}, "partition", "`partition` of the ARNs: "+strings.Join(partitions[:], ", "))
	s.StringVar(&o.RoleName, "role-name", "", "`role` in each account, the only one that --management may assume")
	s.StringArrayVar(&o.Exports, "billing", nil, "`s3://…` of an export of AWS's bill that it may read too, or "+awsread.CostExplorer+
		"; may be given several times")
	s.StringArrayVar(&o.Bundles, "bundle", nil, "`s3://…/policies.tar.gz` of policies that it may read too; may be given several times")
	s.StringVar(&o.ExternalID, "external-id", "", "external `id` with which --management must assume the role")
	return cmd
}
