# tenor as a function on a schedule: what deploy/lambda/template.yaml does, for Terraform.

data "aws_caller_identity" "current" {}

data "aws_region" "current" {}

locals {
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition
  region    = data.aws_region.current.name
  suffix    = data.aws_partition.current.dns_suffix
  sharded   = var.shards > 0
  topic     = var.alarm_topic_arn == "" ? aws_sns_topic.news.arn : var.alarm_topic_arn
  boundary  = var.permissions_boundary_arn == "" ? null : var.permissions_boundary_arn
  machine   = "arn:${local.partition}:states:${local.region}:${local.account}:stateMachine:${var.name}"

  event = merge(
    {
      output = {
        s3           = "s3://${aws_s3_bucket.reports.id}/tenor"
        bucket_owner = local.account
        sns_topic    = aws_sns_topic.news.arn
        formats      = var.formats
      }
    },
    var.config_key == "" ? {} : { config = "s3://${aws_s3_bucket.reports.id}/${var.config_key}" },
    var.role_name == "" ? {} : { organization = { role_name = var.role_name, external_id = var.external_id, source_identity = "tenor" } },
  )
}

resource "aws_lambda_function" "tenor" {
  function_name    = var.name
  description      = "Reads AWS Outposts and Service Catalog, and delivers a report"
  runtime          = "provided.al2023"
  handler          = "bootstrap"
  architectures    = [var.architecture]
  filename         = var.package
  source_code_hash = filebase64sha256(var.package)
  memory_size      = var.memory_size
  timeout          = 900
  role             = aws_iam_role.function.arn
  kms_key_arn      = local.key_arn

  # Once at a time, or as often as there are shards at once.
  reserved_concurrent_executions = var.reserve_concurrency ? (local.sharded ? var.max_concurrency : 1) : -1

  ephemeral_storage {
    size = var.ephemeral_storage
  }

  logging_config {
    log_group  = aws_cloudwatch_log_group.function.name
    log_format = "Text"
  }

  # Where the function may write and whom it may tell: no event sets anything else. Of the webhook it is which secret the function reads
  # when it runs.
  environment {
    variables = merge(
      { TENOR_OUTPUT_S3 = "s3://${aws_s3_bucket.reports.id}/tenor", TENOR_SNS_TOPIC = aws_sns_topic.news.arn },
      { TENOR_WEBHOOK_FORMAT = var.webhook_format },
      var.webhook_secret_arn == "" ? {} : { TENOR_WEBHOOK_SECRET_ARN = var.webhook_secret_arn },
      var.mail_from == "" ? {} : {
        TENOR_MAIL_FROM   = var.mail_from
        TENOR_MAIL_TO     = join(",", var.mail_to)
        TENOR_MAIL_ATTACH = join(",", var.mail_attach)
      },
    )
  }

  dynamic "vpc_config" {
    for_each = length(var.subnet_ids) == 0 ? [] : [var.subnet_ids]
    content {
      subnet_ids         = vpc_config.value
      security_group_ids = var.security_group_ids
    }
  }

  depends_on = [aws_iam_role_policy.read, aws_iam_role_policy.deliver]
}

# What a run costs is worth one more attempt, not two.
resource "aws_lambda_function_event_invoke_config" "tenor" {
  function_name                = aws_lambda_function.tenor.function_name
  maximum_retry_attempts       = 1
  maximum_event_age_in_seconds = 3600

  destination_config {
    on_failure {
      destination = aws_sqs_queue.dead_letters.arn
    }
  }
}

resource "aws_cloudwatch_log_group" "function" {
  name              = "/aws/lambda/${var.name}"
  retention_in_days = var.log_retention_days
  kms_key_id        = local.key_arn
}

resource "aws_scheduler_schedule" "tenor" {
  name                         = var.name
  description                  = "Runs tenor"
  schedule_expression          = var.schedule
  schedule_expression_timezone = var.time_zone
  state                        = var.schedule_state
  depends_on                   = [aws_iam_role_policy.start]

  flexible_time_window {
    mode                      = "FLEXIBLE"
    maximum_window_in_minutes = var.flexible_minutes
  }

  target {
    arn      = local.sharded ? aws_sfn_state_machine.tenor[0].arn : aws_lambda_function.tenor.arn
    role_arn = aws_iam_role.schedule.arn
    input    = jsonencode(local.event)

    retry_policy {
      maximum_event_age_in_seconds = 3600
      maximum_retry_attempts       = 3
    }

    dead_letter_config {
      arn = aws_sqs_queue.dead_letters.arn
    }
  }

  lifecycle {
    precondition {
      condition     = var.role_name == "" || var.external_id != ""
      error_message = "role_name needs an external_id."
    }

    precondition {
      condition     = (var.bill_bucket == "") == (var.bill_export == "")
      error_message = "bill_bucket and bill_export go together."
    }

    precondition {
      condition     = var.email != "" || var.alarm_topic_arn != ""
      error_message = "Alarms need a destination: email or alarm_topic_arn."
    }
  }
}

resource "aws_sqs_queue" "dead_letters" {
  name                      = "${var.name}-dead-letters"
  kms_master_key_id         = local.key_arn
  message_retention_seconds = 1209600
}
