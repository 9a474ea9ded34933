# METADATA
# scope: package
# title: Contract of an old Outpost is ending
# description: >-
#   The end of a contract is the one moment to replace an Outpost of an old generation without paying twice. Fires when its Generation
#   is one of old_generations, and the contract is running and ends within days. AWS gives servers no generation.
# related_resources:
#   - ref: https://docs.aws.amazon.com/outposts/latest/APIReference/API_Outpost.html
#     description: Outpost
# custom:
#   severity: info
#   kinds: [outposts.outpost]
#   requires: [billing]
#   params:
#     old_generations: {default: [GENERATION_1], description: Generations that have a successor}
#     days: {default: 365, description: Days before the end of the contract from which it is reported}
#   remediation: >-
#     Compare a renewal with new hardware: ask for a quote early, since an order takes months to be installed. A renewal binds the old
#     hardware for its whole payment term.
package tenor.outposts.generation_refresh

import data.tenor.lib.contract
import data.tenor.params.outposts.generation_refresh as params

deny contains {
	"msg": sprintf(
		"the Outpost is of %s and its contract ends on %s: renew it, or replace the hardware",
		[input.spec.Generation, input.facts.contract_end],
	),
	"evidence": {"generation": input.spec.Generation, "contract_end": input.facts.contract_end},
	"due": input.facts.notice_deadline,
	"command": contract.show,
} if {
	input.kind == "outposts.outpost"
	input.spec.Generation in params.old_generations
	contract.days_left <= params.days
}
