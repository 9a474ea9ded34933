# METADATA
# scope: package
# title: Outposts quote that cannot be ordered
# description: >-
#   AWS checks what an order needs while the quote is valid, and one of the checks fails: the quote cannot be ordered until that
#   is corrected. Fires once for each ordering requirement that is FAIL while the quote is CREATED and not past its expiration.
#   A missing support plan and a renewal that has to come first are high: they take the longest.
# related_resources:
#   - ref: https://docs.aws.amazon.com/outposts/latest/APIReference/API_OrderingRequirement.html
#     description: OrderingRequirement
# custom:
#   severity: medium
#   kinds: [outposts.quote]
#   remediation: Correct what the requirement names, then read the quote again before it expires.
package tenor.outposts.quote_requirement_failed

import data.tenor.lib.clock

deny contains {
	"msg": sprintf("the quote cannot be ordered: %s", [_why(requirement, type)]),
	"severity": _severity(type),
	"key": type,
	"evidence": {"requirement": requirement, "expires": _expires},
	"due": _due,
	"command": ["aws", "outposts", "get-quote", "--quote-identifier", input.id, "--region", input.region],
} if {
	input.kind == "outposts.quote"
	input.facts.open
	some requirement in input.spec.OrderingRequirements
	requirement.Status == "FAIL"
	type := object.get(requirement, "OrderingRequirementType", "(unknown)")
}

default _expires := null

_expires := input.spec.ExpirationDate

default _due := null

_due := clock.date(input.spec.ExpirationDate)

# _why is what AWS says, with the type behind it: a code, which says less.
_why(requirement, type) := sprintf("%s (%s)", [trim_suffix(requirement.StatusMessage, "."), trim(type, "()")])

_why(requirement, type) := type if not requirement.StatusMessage

default _severity(_) := "medium"

_severity("ENTERPRISE_SUPPORT_ERROR") := "high"

_severity("OUTPOST_RENEWAL_REQUIRED_ERROR") := "high"
