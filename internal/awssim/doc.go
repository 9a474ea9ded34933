// Package awssim is a simulated AWS on loopback: the read calls of Outposts, Service Catalog, CloudFormation, CloudWatch, Budgets,
// Organizations, Account Management, IAM and STS that an audit makes, over an estate read from a file, with faults, quotas and
// latency on request. Every other call, a write above all, is recorded and denied. It speaks the wire itself and must not import an
// AWS SDK, whose clients it is there to test. An estate may have a bill: an export of what its subscriptions pay, of some months, and
// of what the file names beside them, in a bucket that the management account reads.
//
// Accounts are told apart by the access key (AccessKey), regions by the signature's scope. Signatures must be there and
// are not verified.
//
// An estate file is JSON. Its documents are AWS's own, member for member, so that what the API models say holds here;
// members that AWS does not have yet may be added.
//
//	{
//	  "organization": {"id": "o-…", "root": "r-…", "management_account": "…", "units": [{"id": "ou-…", "name": "…", "parent": "r-…"}]},
//	  "role": {"name": "…", "external_id": "…"},
//	  "accounts": [{"id": "…", "name": "…", "email": "…", "state": "ACTIVE", "unit": "ou-…", "joined": "now-900d", "no_role": false,
//	    "disabled_regions": ["me-south-1"], "deleted": ["role/…", "user/…"],
//	    "budgets": [{"budget": Budget, "of": ["prod-…", "port-…"]}]}],
//	  "regions": ["eu-central-1"],
//	  "bill": {"bucket": "…", "region": "…", "export": "prefix/name", "months": 4, "unbilled": ["op-…"],
//	    "late": ["op-…"], "prorated": ["op-…"],
//	    "charges": [{"account": "…", "region": "…", "outpost": "arn:…", "amount": "250.00", "class": "Correction", "months_ago": 2,
//	      "after": "now-80d"}],
//	    "costs": [{"account": "…", "region": "…", "product": "arn:…", "service": "AmazonEC2", "amount": "41.50"}]},
//	  "scopes": [{
//	    "accounts": ["…"], "regions": ["…"],
//	    "outposts": [{"outpost": Outpost, "billing": GetOutpostBillingInformation, "renewal_pricing": GetRenewalPricing}],
//	    "assets": [{"outpost": "op-…", "asset": AssetInfo}], "asset_instances": [{"outpost": "op-…", "instance": AssetInstance}],
//	    "capacity_history": [{"outpost": "op-…", "used": {"InstanceType": "…", "Peak": 100, "PeakTime": "now-12d", "Since": "now-90d"}}],
//	    "sites": [Site], "orders": [Order], "quotes": [Quote], "capacity_tasks": [GetCapacityTask],
//	    "products": [{"product": ProductViewDetail, "artifacts": [ProvisioningArtifactDetail]}],
//	    "portfolios": [{"portfolio": PortfolioDetail, "shares": [PortfolioShareDetail], "constraints": [DescribeConstraint],
//	      "principals": [Principal], "products": ["prod-…"]}],
//	    "provisioned_products": [{"product": ProvisionedProductAttribute, "records": [RecordDetail],
//	      "stack": StackSummary, "stack_instances": [StackInstance]}]
//	  }]
//	}
//
// CloudWatch has it that each instance type of an Outpost was used every day as it is now, but for what capacity_history says.
//
// A provisioned product whose PhysicalId is that of a stack has one that was made; "stack" is another, or null for none.
//
// A scope stands for every pair of its accounts and regions. Inside its documents, in joined and in after:
//
//   - "now", "now-30d", "now+36h-5m" is a timestamp, sent as epoch seconds (units d, h, m, s);
//   - "now+80d|2006-01-02" is a string, the time in the layout of Go's package time;
//   - "${account}" and "${region}" are those of the scope; "${hex}" and "${hex:label}" seventeen hexadecimal digits, as
//     AWS puts behind op- and oo-, that are the same for the same label and repetition.
//
// An element of any list may be a repetition, {"repeat": 40, "vary": {"team": ["a", "b"]}, "each": element}. In it ${i}
// counts from 0, ${team} is the (i mod n)-th of its values, of whatever type where it is the whole string, and in
// provisioned_products ${id} and ${id:1} to ${id:15} are thirteen characters as AWS puts behind pp- and rec-.
package awssim
