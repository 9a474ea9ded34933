# METADATA
# scope: package
# description: What several rules know of what AWS charged, which is there only where a run reads a bill.
# custom:
#   kinds: [outposts.outpost, service_catalog.provisioned_product, estate.account]
package tenor.lib.bill

# last is the last month, YYYY-MM, of the account's bill that is final: AWS changes it no more.
last := input.related.charges.final[count(input.related.charges.final) - 1]
