# With shards: a state machine that plans, reads the shards and merges them, and that the schedule starts in the function's place.

resource "aws_sfn_state_machine" "tenor" {
  count    = local.sharded ? 1 : 0
  name     = var.name
  type     = "STANDARD"
  role_arn = aws_iam_role.state_machine[0].arn

  definition = templatefile("${path.module}/../stepfunctions/tenor.asl.json", {
    FunctionArn    = aws_lambda_function.tenor.arn
    Partition      = local.partition
    Shards         = var.shards
    MaxConcurrency = var.max_concurrency
    TimeoutSeconds = var.timeout_seconds
  })

  # What failed, and never an event or an answer.
  logging_configuration {
    level                  = "ERROR"
    include_execution_data = false
    log_destination        = "${aws_cloudwatch_log_group.state_machine[0].arn}:*"
  }

  depends_on = [aws_iam_role_policy.run]
}

resource "aws_cloudwatch_log_group" "state_machine" {
  count             = local.sharded ? 1 : 0
  name              = "/aws/vendedlogs/states/${var.name}"
  retention_in_days = var.log_retention_days
  kms_key_id        = local.key_arn
}

data "aws_iam_policy_document" "trust_states" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["states.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }

    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values   = [local.machine]
    }
  }
}

resource "aws_iam_role" "state_machine" {
  count                = local.sharded ? 1 : 0
  name_prefix          = "${var.name}-states-"
  assume_role_policy   = data.aws_iam_policy_document.trust_states.json
  permissions_boundary = local.boundary
}

data "aws_iam_policy_document" "run" {
  statement {
    sid       = "Invoke"
    actions   = ["lambda:InvokeFunction"]
    resources = [aws_lambda_function.tenor.arn]
  }

  statement {
    sid       = "RunShards" # a distributed map starts executions of its own machine
    actions   = ["states:StartExecution"]
    resources = [local.machine]
  }

  statement {
    sid       = "FollowShards"
    actions   = ["states:DescribeExecution", "states:StopExecution"]
    resources = ["arn:${local.partition}:states:${local.region}:${local.account}:execution:${var.name}/*"]
  }

  statement {
    sid = "Log" # IAM knows no narrower resource for these
    actions = [
      "logs:CreateLogDelivery",
      "logs:GetLogDelivery",
      "logs:UpdateLogDelivery",
      "logs:DeleteLogDelivery",
      "logs:ListLogDeliveries",
      "logs:PutResourcePolicy",
      "logs:DescribeResourcePolicies",
      "logs:DescribeLogGroups",
    ]
    resources = ["*"]
  }
}

resource "aws_iam_role_policy" "run" {
  count  = local.sharded ? 1 : 0
  name   = "run"
  role   = aws_iam_role.state_machine[0].id
  policy = data.aws_iam_policy_document.run.json
}
