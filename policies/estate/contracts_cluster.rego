# METADATA
# scope: package
# title: Contracts end close together
# description: >-
#   Several undecided contracts of an account end close to one another: the decisions, and the upfront payments, fall due at
#   once. Fires when at least min_contracts undecided contracts end within window_days of one another, all in the future.
# related_resources:
#   - ref: https://docs.aws.amazon.com/outposts/latest/userguide/term-end-racks.html
#     description: End-of-term options for racks
# custom:
#   severity: low
#   kinds: [estate.account]
#   requires: [commitments]
#   params:
#     min_contracts: {default: 3, description: Contracts from which it is reported}
#     window_days: {default: 90, description: Days within which they end}
#   remediation: Plan the renewals together, or spread their ends by choosing different terms.
package tenor.estate.contracts_cluster

import data.tenor.lib.clock
import data.tenor.params.estate.contracts_cluster as params
import data.tenor.run

# The largest cluster is reported, the earliest of those that are as large.
deny contains {
	"msg": sprintf(
		"%d undecided contracts end between %s and %s",
		[count(cluster), clock.date(cluster[0].end), clock.date(cluster[count(cluster) - 1].end)],
	),
	"evidence": {"contracts": [object.remove(c, ["ns"]) | some c in cluster]},
	"due": clock.date(cluster[0].end),
} if {
	input.kind == "estate.account"
	largest := max([count(c) | some c in _clusters])
	largest >= params.min_contracts
	cluster := [c | some c in _clusters; count(c) == largest][0]
}

# _clusters holds, for each undecided contract, those that end in the window that begins with it, by their ends.
_clusters := [[c |
	some c in _undecided
	c.ns >= first.ns
	c.ns - first.ns <= clock.days(params.window_days)
] |
	some first in _undecided
]

# _undecided are the contracts that end in the future, in the order of their ends.
_undecided := [entry[1] | some entry in sort([[ns, {"outpost": c.outpost, "name": c.name, "end": c.end, "ns": ns}] |
	some c in input.facts.contract_ends
	not c.decided
	ns := time.parse_rfc3339_ns(c.end)
	ns > run.as_of_ns
])]
