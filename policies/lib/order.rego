# METADATA
# scope: package
# description: What several rules know of an order.
# custom:
#   kinds: [outposts.order]
package tenor.lib.order

# open are the statuses of an order that is under way, the deprecated ones among them.
open := {"PREPARING", "IN_PROGRESS", "DELIVERED", "RECEIVED", "PENDING", "PROCESSING", "INSTALLING"}

# known are all of AWS's statuses: what is newer than this list is not evaluated.
known := open | {"COMPLETED", "FULFILLED", "CANCELLED", "ERROR"}

# show is the AWS CLI call that reads the order.
show := ["aws", "outposts", "get-order", "--order-id", input.id, "--region", input.region]
