# METADATA
# scope: package
# title: Share of a portfolio was never accepted
# description: >-
#   The portfolio is shared with an account that has not accepted it: nobody there can launch its products, and nobody may know.
#   Fires when a share with a single account is not accepted; shares with an organization need no acceptance. One finding names
#   all of them.
# related_resources:
#   - ref: https://docs.aws.amazon.com/servicecatalog/latest/dg/API_DescribePortfolioShares.html
#     description: DescribePortfolioShares
# custom:
#   severity: low
#   kinds: [service_catalog.portfolio]
#   requires: [shares]
#   remediation: >-
#     Ask whoever runs the account whether it needs the portfolio: if so, have the share accepted there, which puts the portfolio
#     into that account's list of imported ones. Otherwise have whoever owns the portfolio end the share; products that were
#     launched from it run on.
package tenor.service_catalog.share_not_accepted

import data.tenor.lib.text

deny contains {
	"msg": sprintf("%s never accepted the portfolio: %s", [text.counted(count(_waiting), "account"), concat(", ", sort(_waiting))]),
	"evidence": {"accounts": sort(_waiting)},
	"command": [
		"aws", "servicecatalog", "describe-portfolio-shares", "--portfolio-id", input.id, "--type", "ACCOUNT", "--region",
		input.region,
	],
} if {
	input.kind == "service_catalog.portfolio"
	count(_waiting) > 0
}

_waiting contains share.PrincipalId if {
	some share in input.related.shares.PortfolioShareDetails
	share.Type == "ACCOUNT"
	share.Accepted == false
}
