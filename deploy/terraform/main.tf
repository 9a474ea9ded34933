# tenor as a function on a schedule: what deploy/lambda/template.yaml does, for Terraform.

data "aws_caller_identity" "current" {}

locals {
  event = merge(
    {
      output = {
        s3           = "s3://${aws_s3_bucket.reports.id}/tenor"
        bucket_owner = data.aws_caller_identity.current.account_id
        sns_topic    = aws_sns_topic.news.arn
        formats      = var.formats
      }
    },
    var.config_key == "" ? {} : { config = "s3://${aws_s3_bucket.reports.id}/${var.config_key}" },
    var.role_name == "" ? {} : { organization = { role_name = var.role_name, external_id = var.external_id } },
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

  ephemeral_storage {
    size = var.ephemeral_storage
  }

  logging_config {
    log_group  = aws_cloudwatch_log_group.function.name
    log_format = "Text"
  }

  dynamic "environment" {
    for_each = nonsensitive(var.webhook != "") ? [1] : []
    content {
      variables = { TENOR_WEBHOOK = var.webhook }
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
}

resource "aws_scheduler_schedule" "tenor" {
  name                         = var.name
  description                  = "Runs tenor"
  schedule_expression          = var.schedule
  schedule_expression_timezone = var.time_zone

  flexible_time_window {
    mode                      = "FLEXIBLE"
    maximum_window_in_minutes = var.flexible_minutes
  }

  target {
    arn      = aws_lambda_function.tenor.arn
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
  }
}

resource "aws_sqs_queue" "dead_letters" {
  name                      = "${var.name}-dead-letters"
  sqs_managed_sse_enabled   = true
  message_retention_seconds = 1209600
}
