data "aws_iam_policy_document" "trust_lambda" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }

    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values   = ["arn:${local.partition}:lambda:${local.region}:${local.account}:function:*"]
    }
  }
}

resource "aws_iam_role" "function" {
  name_prefix          = "${var.name}-function-"
  assume_role_policy   = data.aws_iam_policy_document.trust_lambda.json
  permissions_boundary = local.boundary
}

# The statements are in read.tf.
resource "aws_iam_role_policy" "read" {
  name   = "read"
  role   = aws_iam_role.function.id
  policy = var.role_name == "" ? data.aws_iam_policy_document.own.json : data.aws_iam_policy_document.management.json
}

data "aws_iam_policy_document" "deliver" {
  statement {
    sid       = "WriteReports"
    actions   = ["s3:PutObject"]
    resources = ["${aws_s3_bucket.reports.arn}/tenor/*"]
  }

  statement {
    sid       = "ReadBaselineAndConfig"
    actions   = ["s3:GetObject"]
    resources = ["${aws_s3_bucket.reports.arn}/tenor/*", "${aws_s3_bucket.reports.arn}/config/*"]
  }

  statement {
    sid       = "TellMissingFromDenied" # without it S3 answers AccessDenied for what is not there
    actions   = ["s3:ListBucket"]
    resources = [aws_s3_bucket.reports.arn]
  }

  statement {
    sid       = "Notify"
    actions   = ["sns:Publish"]
    resources = [aws_sns_topic.news.arn]
  }

  statement {
    sid       = "Log"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.function.arn}:*"]
  }

  statement {
    sid       = "KeepFailedEvents"
    actions   = ["sqs:SendMessage"]
    resources = [aws_sqs_queue.dead_letters.arn]
  }

  statement {
    sid       = "Encrypt"
    actions   = ["kms:GenerateDataKey", "kms:Decrypt"]
    resources = [local.key_arn]
  }

  dynamic "statement" {
    for_each = length(var.policy_bundle_arns) == 0 ? [] : [var.policy_bundle_arns]
    content {
      sid       = "ReadPolicyBundles"
      actions   = ["s3:GetObject"]
      resources = statement.value
    }
  }

  dynamic "statement" {
    for_each = var.webhook_secret_arn == "" ? [] : [var.webhook_secret_arn]
    content {
      sid       = "ReadWebhook"
      actions   = ["secretsmanager:GetSecretValue"]
      resources = [statement.value]
    }
  }

  dynamic "statement" {
    for_each = var.mail_from == "" ? [] : [var.mail_from]
    content {
      sid     = "SendMail" # from one address; SES asks for its identity, and for the configuration set that it may have
      actions = ["ses:SendEmail"]
      resources = [
        "arn:${local.partition}:ses:${local.region}:${local.account}:identity/*",
        "arn:${local.partition}:ses:${local.region}:${local.account}:configuration-set/*",
      ]

      condition {
        test     = "StringEquals"
        variable = "ses:FromAddress"
        values   = [statement.value]
      }
    }
  }

  dynamic "statement" {
    for_each = length(var.subnet_ids) == 0 ? [] : [1]
    content {
      sid = "JoinNetwork" # IAM knows no narrower resource for most of these; Lambda itself does them, not the program
      actions = [
        "ec2:CreateNetworkInterface",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSubnets",
        "ec2:DeleteNetworkInterface",
        "ec2:AssignPrivateIpAddresses",
        "ec2:UnassignPrivateIpAddresses",
      ]
      resources = ["*"]
    }
  }

  dynamic "statement" {
    for_each = length(var.subnet_ids) == 0 ? [] : [1]
    content {
      sid       = "NetworkIsLambdas"
      effect    = "Deny"
      actions   = ["ec2:*"]
      resources = ["*"]

      condition {
        test     = "ArnLike"
        variable = "lambda:SourceFunctionArn"
        values   = ["arn:${local.partition}:lambda:${local.region}:${local.account}:function:*"]
      }
    }
  }
}

resource "aws_iam_role_policy" "deliver" {
  name   = "deliver"
  role   = aws_iam_role.function.id
  policy = data.aws_iam_policy_document.deliver.json
}

data "aws_iam_policy_document" "trust_scheduler" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["scheduler.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }

    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values   = ["arn:${local.partition}:scheduler:${local.region}:${local.account}:schedule-group/default"]
    }
  }
}

resource "aws_iam_role" "schedule" {
  name_prefix          = "${var.name}-schedule-"
  assume_role_policy   = data.aws_iam_policy_document.trust_scheduler.json
  permissions_boundary = local.boundary
}

data "aws_iam_policy_document" "start" {
  statement {
    sid       = "Start"
    actions   = [local.sharded ? "states:StartExecution" : "lambda:InvokeFunction"]
    resources = [local.sharded ? local.machine : aws_lambda_function.tenor.arn]
  }

  statement {
    sid       = "KeepFailedEvents"
    actions   = ["sqs:SendMessage"]
    resources = [aws_sqs_queue.dead_letters.arn]
  }

  statement {
    sid       = "Encrypt"
    actions   = ["kms:GenerateDataKey", "kms:Decrypt"]
    resources = [local.key_arn]
  }
}

resource "aws_iam_role_policy" "start" {
  name   = "start"
  role   = aws_iam_role.schedule.id
  policy = data.aws_iam_policy_document.start.json
}
