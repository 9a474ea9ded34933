# Printed by tenor iam-policy --format terraform; go test ./deploy -update writes it anew.

data "aws_partition" "current" {}

data "aws_iam_policy_document" "own" {
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

  dynamic "statement" {
    for_each = var.cloudwatch ? [1] : []
    content {
      sid    = "TenorGetMetricData"
      effect = "Allow"

      actions = [
        "cloudwatch:GetMetricData",
      ]

      resources = [
        "*",
      ]
    }
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

  dynamic "statement" {
    for_each = var.bill_bucket != "" ? [1] : []
    content {
      sid    = "TenorBillListBucket"
      effect = "Allow"

      actions = [
        "s3:ListBucket",
      ]

      resources = [
        "arn:${data.aws_partition.current.partition}:s3:::${var.bill_bucket}",
      ]

      condition {
        test     = "StringLike"
        variable = "s3:prefix"
        values   = ["${var.bill_export}/*"]
      }
    }
  }

  dynamic "statement" {
    for_each = var.bill_bucket != "" ? [1] : []
    content {
      sid    = "TenorBillGetObject"
      effect = "Allow"

      actions = [
        "s3:GetObject",
      ]

      resources = [
        "arn:${data.aws_partition.current.partition}:s3:::${var.bill_bucket}/${var.bill_export}/*",
      ]
    }
  }

  dynamic "statement" {
    for_each = var.cost_explorer ? [1] : []
    content {
      sid    = "TenorGetCostAndUsage"
      effect = "Allow"

      actions = [
        "ce:GetCostAndUsage",
      ]

      resources = [
        "*",
      ]
    }
  }
}

data "aws_iam_policy_document" "management" {
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

  dynamic "statement" {
    for_each = var.cloudwatch ? [1] : []
    content {
      sid    = "TenorGetMetricData"
      effect = "Allow"

      actions = [
        "cloudwatch:GetMetricData",
      ]

      resources = [
        "*",
      ]
    }
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
      "arn:${data.aws_partition.current.partition}:iam::*:role/${var.role_name}",
    ]

    condition {
      test     = "StringEquals"
      variable = "aws:ResourceOrgID"
      values   = ["$${aws:PrincipalOrgID}"]
    }

    condition {
      test     = "StringEquals"
      variable = "sts:ExternalId"
      values   = [var.external_id]
    }
  }

  dynamic "statement" {
    for_each = var.bill_bucket != "" ? [1] : []
    content {
      sid    = "TenorBillListBucket"
      effect = "Allow"

      actions = [
        "s3:ListBucket",
      ]

      resources = [
        "arn:${data.aws_partition.current.partition}:s3:::${var.bill_bucket}",
      ]

      condition {
        test     = "StringLike"
        variable = "s3:prefix"
        values   = ["${var.bill_export}/*"]
      }
    }
  }

  dynamic "statement" {
    for_each = var.bill_bucket != "" ? [1] : []
    content {
      sid    = "TenorBillGetObject"
      effect = "Allow"

      actions = [
        "s3:GetObject",
      ]

      resources = [
        "arn:${data.aws_partition.current.partition}:s3:::${var.bill_bucket}/${var.bill_export}/*",
      ]
    }
  }

  dynamic "statement" {
    for_each = var.cost_explorer ? [1] : []
    content {
      sid    = "TenorGetCostAndUsage"
      effect = "Allow"

      actions = [
        "ce:GetCostAndUsage",
      ]

      resources = [
        "*",
      ]
    }
  }
}
