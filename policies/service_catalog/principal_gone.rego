# METADATA
# scope: package
# title: Principal of a portfolio is gone
# description: >-
#   A user, group or role that may launch from the portfolio does not exist any more in the account that owns it: somebody who
#   is to launch may not be able to, and a principal that is made again by that name may launch unnoticed. Fires when IAM does
#   not know one of the portfolio's principals of its own account. One finding names all of them. Where principals are
#   patterns and none is known to be gone, the verdict is unknown.
# related_resources:
#   - ref: https://docs.aws.amazon.com/servicecatalog/latest/dg/API_ListPrincipalsForPortfolio.html
#     description: ListPrincipalsForPortfolio
# custom:
#   severity: low
#   kinds: [service_catalog.portfolio]
#   requires: [gone_principals]
#   remediation: >-
#     Ask whoever owns the portfolio who is to launch from it now, and have the access of those that are gone ended. Where such
#     a principal was renamed or made anew, have the new one given access first.
package tenor.service_catalog.principal_gone

import data.tenor.lib.text

deny contains {
	"msg": sprintf("of those that may launch, %s cannot be found: %s", [text.counted(count(_gone), "principal"), concat(", ", _gone)]),
	"evidence": {"principals": _gone},
	"command": ["aws", "servicecatalog", "list-principals-for-portfolio", "--portfolio-id", input.id, "--region", input.region],
} if {
	input.kind == "service_catalog.portfolio"
	count(_gone) > 0
}

_gone := sort(input.related.gone_principals.PrincipalARNs)
