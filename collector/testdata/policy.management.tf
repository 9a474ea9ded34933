data "aws_partition" "current" {}

data "aws_iam_policy_document" "tenor" {
  statement {
    sid    = "TenorListOutposts"
    effect = "Allow"

    actions = [
      "outposts:ListOutposts",
      "outposts:ListSites",
      "outposts:ListOrders",
      "outposts:GetOrder",
      "outposts:ListQuotes",
      "outposts:GetQuote",
      "outposts:ListCapacityTasks",
    ]

    resources = [
      "*",
    ]
  }

  statement {
    sid    = "TenorGetOutpostBillingInformation"
    effect = "Allow"

    actions = [
      "outposts:GetOutpostBillingInformation",
      "outposts:GetRenewalPricing",
      "outposts:GetCapacityTask",
    ]

    resources = [
      "arn:${data.aws_partition.current.partition}:outposts:*:*:outpost/*",
    ]
  }

  statement {
    sid    = "TenorSearchProvisionedProducts"
    effect = "Allow"

    actions = [
      "servicecatalog:SearchProvisionedProducts",
      "servicecatalog:ListRecordHistory",
    ]

    resources = [
      "*",
    ]

    condition {
      test     = "StringEquals"
      variable = "servicecatalog:accountLevel"
      values   = ["self"]
    }
  }

  statement {
    sid    = "TenorListProvisioningArtifacts"
    effect = "Allow"

    actions = [
      "servicecatalog:ListProvisioningArtifacts",
    ]

    resources = [
      "arn:${data.aws_partition.current.partition}:catalog:*:*:product/*",
    ]
  }

  statement {
    sid    = "TenorListAccounts"
    effect = "Allow"

    actions = [
      "organizations:ListAccounts",
    ]

    resources = [
      "*",
    ]
  }

  statement {
    sid    = "TenorListAccountsForParent"
    effect = "Allow"

    actions = [
      "organizations:ListAccountsForParent",
      "organizations:ListOrganizationalUnitsForParent",
    ]

    resources = [
      "arn:${data.aws_partition.current.partition}:organizations::*:root/*",
      "arn:${data.aws_partition.current.partition}:organizations::*:ou/*",
    ]
  }

  statement {
    sid    = "TenorListRegions"
    effect = "Allow"

    actions = [
      "account:ListRegions",
    ]

    resources = [
      "arn:${data.aws_partition.current.partition}:account::*:account",
    ]
  }

  statement {
    sid    = "TenorGetCallerIdentity"
    effect = "Allow"

    actions = [
      "sts:GetCallerIdentity",
    ]

    resources = [
      "*",
    ]
  }

  statement {
    sid    = "TenorAssumeRole"
    effect = "Allow"

    actions = [
      "sts:AssumeRole",
    ]

    resources = [
      "arn:${data.aws_partition.current.partition}:iam::*:role/TenorAudit",
    ]

    condition {
      test     = "StringEquals"
      variable = "sts:ExternalId"
      values   = ["quo\"te $${x}"]
    }
  }

  statement {
    sid    = "TenorChangesNothing"
    effect = "Deny"

    actions = [
      "outposts:Cancel*",
      "outposts:Create*",
      "outposts:Delete*",
      "outposts:Start*",
      "outposts:Tag*",
      "outposts:Untag*",
      "outposts:Update*",
      "servicecatalog:Accept*",
      "servicecatalog:Associate*",
      "servicecatalog:Batch*",
      "servicecatalog:Copy*",
      "servicecatalog:Create*",
      "servicecatalog:Delete*",
      "servicecatalog:Disable*",
      "servicecatalog:Disassociate*",
      "servicecatalog:Enable*",
      "servicecatalog:Execute*",
      "servicecatalog:Import*",
      "servicecatalog:Notify*",
      "servicecatalog:Provision*",
      "servicecatalog:Put*",
      "servicecatalog:Reject*",
      "servicecatalog:Sync*",
      "servicecatalog:Tag*",
      "servicecatalog:Terminate*",
      "servicecatalog:Untag*",
      "servicecatalog:Update*",
    ]

    resources = [
      "*",
    ]
  }
}
