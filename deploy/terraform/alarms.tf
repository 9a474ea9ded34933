resource "aws_cloudwatch_metric_alarm" "errors" {
  alarm_name          = "${var.name}-errors"
  alarm_description   = "A run of tenor could not be done, or its report did not arrive"
  namespace           = "AWS/Lambda"
  metric_name         = "Errors"
  dimensions          = { FunctionName = aws_lambda_function.tenor.function_name }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  threshold           = 0
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = [local.topic]
}

# The hours of a working day (UTC) without a report; those of a weekend count as reports.
resource "aws_cloudwatch_metric_alarm" "missed_run" {
  alarm_name          = "${var.name}-missed-run"
  alarm_description   = "tenor has made no report for more than a working day"
  evaluation_periods  = var.missed_after_hours
  threshold           = 1
  comparison_operator = "LessThanThreshold"
  treat_missing_data  = "breaching"
  alarm_actions       = [local.topic]
  ok_actions          = [local.topic]

  metric_query {
    id = "runs"

    metric {
      namespace   = "tenor"
      metric_name = "Runs"
      dimensions  = { FunctionName = aws_lambda_function.tenor.function_name }
      stat        = "Sum"
      period      = 3600
    }
  }

  metric_query {
    id          = "reports"
    label       = "Reports"
    return_data = true
    expression  = "IF(DAY(TIME_SERIES(1)) > 5, 1, FILL(runs, 0))"
  }
}

resource "aws_cloudwatch_metric_alarm" "rule_errors" {
  alarm_name          = "${var.name}-rule-errors"
  alarm_description   = "A rule failed while it ran, so the report may lack findings"
  namespace           = "tenor"
  metric_name         = "RuleErrors"
  dimensions          = { FunctionName = aws_lambda_function.tenor.function_name }
  statistic           = "Maximum"
  period              = 3600
  evaluation_periods  = 1
  threshold           = 0
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = [local.topic]
}

locals {
  coverage_alarm = join(" - ", ["The last run of tenor could not read everything, or a rule failed",
  "findings and deadlines of what it could not read are those of an earlier run"])
}

resource "aws_cloudwatch_metric_alarm" "coverage" {
  alarm_name          = "${var.name}-coverage"
  alarm_description   = local.coverage_alarm
  namespace           = "tenor"
  metric_name         = "Incomplete"
  dimensions          = { FunctionName = aws_lambda_function.tenor.function_name }
  statistic           = "Maximum"
  period              = 3600
  evaluation_periods  = 1
  threshold           = 0
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "ignore" # between two runs the last one counts
  alarm_actions       = [local.topic]
  ok_actions          = [local.topic]
}

resource "aws_cloudwatch_metric_alarm" "dead_letters" {
  alarm_name          = "${var.name}-dead-letters"
  alarm_description   = "An event for tenor failed after every retry"
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateNumberOfMessagesVisible"
  dimensions          = { QueueName = aws_sqs_queue.dead_letters.name }
  statistic           = "Maximum"
  period              = 300
  evaluation_periods  = 1
  threshold           = 0
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = [local.topic]
}

locals {
  execution_alarms = {
    ExecutionsFailed   = "failed"
    ExecutionsTimedOut = "took too long"
    ExecutionsAborted  = "was aborted"
  }
}

resource "aws_cloudwatch_metric_alarm" "execution" {
  for_each            = local.sharded ? local.execution_alarms : {}
  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = "A sharded run of tenor ${each.value}"
  namespace           = "AWS/States"
  metric_name         = each.key
  dimensions          = { StateMachineArn = aws_sfn_state_machine.tenor[0].arn }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  threshold           = 0
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = [local.topic]
}
