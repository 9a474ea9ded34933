# METADATA
# scope: package
# title: Contracts end close together
# description: >-
#   Several contracts of an account that are to be decided end close to one another: the decisions, and the upfront payments, fall due
#   at once. Fires when at least min_contracts running contracts end within window_days of one another.
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

import data.tenor.params.estate.contracts_cluster as params

# The largest cluster is reported, the earliest of those that are as large.
deny contains {
	"msg": sprintf(
		"%d running contracts end between %s and %s",
		[count(_cluster), _cluster[0].end, _cluster[count(_cluster) - 1].end],
	),
	"evidence": {"contracts": [object.remove(c, ["days", "state"]) | some c in _cluster]},
	"due": _cluster[0].end,
} if {
	input.kind == "estate.account"
	count(_cluster) >= params.min_contracts
}

_cluster := array.slice(_undecided, first, first + largest) if {
	largest := max(_sizes)
	first := [i | some i, size in _sizes; size == largest][0]
}

# _sizes holds, for each undecided contract, how many of those from it on end in the window that begins with it. Of what lies
# before the end of the window of contract i, i are the ends of other windows, and i are contracts before it.
_sizes := [size |
	some place, [_, is_window, i] in sort(array.concat(
		[[c.days, 0, i] | some i, c in _undecided],
		[[c.days + params.window_days, 1, i] | some i, c in _undecided],
	))
	is_window == 1
	size := place - (2 * i)
]

# _undecided are the running contracts, in the order of their ends.
_undecided := [entry[1] | some entry in sort([[c.days, object.remove(c, ["region"])] |
	some c in input.facts.contract_ends
	c.state == "running"
])]
