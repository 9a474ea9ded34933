package tenor.service_catalog.share_not_accepted_test

import data.tenor.service_catalog.share_not_accepted as rule

_share(account, accepted) := {"PrincipalId": account, "Type": "ACCOUNT", "Accepted": accepted}

_with(shares) := {
	"kind": "service_catalog.portfolio", "id": "port-1", "name": "Platform", "account": "111122223333", "region": "eu-central-1",
	"spec": {"Id": "port-1", "DisplayName": "Platform"},
	"related": {"shares": {"PortfolioShareDetails": shares}},
}

example := _with([_share("444455556666", false), _share("777788889999", true)])

test_reports_share_that_waits if {
	rule.deny == {{
		"msg": "1 account never accepted the portfolio: 444455556666",
		"evidence": {"accounts": ["444455556666"]},
		"command": [
			"aws", "servicecatalog", "describe-portfolio-shares", "--portfolio-id", "port-1", "--type", "ACCOUNT", "--region",
			"eu-central-1",
		],
	}} with input as example
}

test_reports_all_in_one_finding if {
	{d.msg | some d in rule.deny} == {"2 accounts never accepted the portfolio: 111111111111, 444455556666"}
		with input as _with([_share("444455556666", false), _share("111111111111", false)])
}

test_ignores_accepted_and_none if {
	every shares in [[], [_share("777788889999", true)]] {
		rule.deny == set() with input as _with(shares)
	}
}

# A share with the organization is accepted by nobody, and needs it not.
test_ignores_shares_of_an_organization if {
	every type in ["ORGANIZATION", "ORGANIZATIONAL_UNIT", "ORGANIZATION_MEMBER_ACCOUNT"] {
		rule.deny == set() with input as _with([object.union(_share("444455556666", false), {"Type": type})])
	}
}

test_ignores_share_that_does_not_say if {
	rule.deny == set() with input as _with([{"PrincipalId": "444455556666", "Type": "ACCOUNT"}])
}

test_ignores_missing_section if {
	rule.deny == set() with input as json.remove(example, ["related"])
}

test_ignores_other_kinds if {
	rule.deny == set() with input as object.union(example, {"kind": "service_catalog.product"})
}
