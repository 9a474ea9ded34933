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
      "outposts:ListAssets",
      "outposts:ListAssetInstances",
      "outposts:ListBlockingInstancesForCapacityTask",
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
    sid    = "TenorListStacks"
    effect = "Allow"

    actions = [
      "cloudformation:ListStacks",
    ]

    resources = [
      "*",
    ]
  }

  statement {
    sid    = "TenorListStackInstancesForProvisionedProduct"
    effect = "Allow"

    actions = [
      "servicecatalog:ListStackInstancesForProvisionedProduct",
      "servicecatalog:ListPortfolios",
      "servicecatalog:DescribePortfolioShares",
      "servicecatalog:ListConstraintsForPortfolio",
      "servicecatalog:DescribeConstraint",
      "servicecatalog:ListPrincipalsForPortfolio",
      "servicecatalog:SearchProductsAsAdmin",
      "servicecatalog:ListBudgetsForResource",
      "servicecatalog:ListPortfoliosForProduct",
    ]

    resources = [
      "*",
    ]
  }

  statement {
    sid    = "TenorDescribeBudgets"
    effect = "Allow"

    actions = [
      "budgets:ViewBudget",
    ]

    resources = [
      "arn:${data.aws_partition.current.partition}:budgets::*:budget/*",
    ]
  }

  statement {
    sid    = "TenorGetRole"
    effect = "Allow"

    actions = [
      "iam:GetRole",
    ]

    resources = [
      "arn:${data.aws_partition.current.partition}:iam::*:role/*",
    ]
  }

  statement {
    sid    = "TenorGetUser"
    effect = "Allow"

    actions = [
      "iam:GetUser",
    ]

    resources = [
      "arn:${data.aws_partition.current.partition}:iam::*:user/*",
    ]
  }

  statement {
    sid    = "TenorGetGroup"
    effect = "Allow"

    actions = [
      "iam:GetGroup",
    ]

    resources = [
      "arn:${data.aws_partition.current.partition}:iam::*:group/*",
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
      "sts:SetSourceIdentity",
    ]

    resources = [
      "arn:${data.aws_partition.current.partition}:iam::*:role/TenorAudit",
    ]

    condition {
      test     = "StringEquals"
      variable = "aws:ResourceOrgID"
      values   = ["$${aws:PrincipalOrgID}"]
    }
  }

  statement {
    sid    = "TenorBillListBucket"
    effect = "Allow"

    actions = [
      "s3:ListBucket",
    ]

    resources = [
      "arn:${data.aws_partition.current.partition}:s3:::acme-billing",
    ]

    condition {
      test     = "StringLike"
      variable = "s3:prefix"
      values   = ["exports/tenor-bill/*"]
    }
  }

  statement {
    sid    = "TenorBillGetObject"
    effect = "Allow"

    actions = [
      "s3:GetObject",
    ]

    resources = [
      "arn:${data.aws_partition.current.partition}:s3:::acme-billing/exports/tenor-bill/*",
    ]
  }
}
