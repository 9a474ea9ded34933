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
  alarm_actions       = [aws_sns_topic.news.arn]
}

resource "aws_cloudwatch_metric_alarm" "missed_run" {
  alarm_name          = "${var.name}-missed-run"
  alarm_description   = "tenor has made no report for days"
  namespace           = "tenor"
  metric_name         = "Runs"
  dimensions          = { FunctionName = aws_lambda_function.tenor.function_name }
  statistic           = "Sum"
  period              = 86400
  evaluation_periods  = var.missed_after_days
  threshold           = 1
  comparison_operator = "LessThanThreshold"
  treat_missing_data  = "breaching"
  alarm_actions       = [aws_sns_topic.news.arn]
  ok_actions          = [aws_sns_topic.news.arn]
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
  alarm_actions       = [aws_sns_topic.news.arn]
}

resource "aws_cloudwatch_metric_alarm" "coverage" {
  alarm_name          = "${var.name}-coverage"
  alarm_description   = "The last run of tenor could not read everything - findings and deadlines of what it could not read are those of an earlier run"
  namespace           = "tenor"
  metric_name         = "Gaps"
  dimensions          = { FunctionName = aws_lambda_function.tenor.function_name }
  statistic           = "Maximum"
  period              = 3600
  evaluation_periods  = 1
  threshold           = 0
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "ignore" # between two runs the last one counts
  alarm_actions       = [aws_sns_topic.news.arn]
  ok_actions          = [aws_sns_topic.news.arn]
}

resource "aws_cloudwatch_metric_alarm" "dead_letters" {
  alarm_name          = "${var.name}-dead-letters"
  alarm_description   = "An event for tenor was given up"
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateNumberOfMessagesVisible"
  dimensions          = { QueueName = aws_sqs_queue.dead_letters.name }
  statistic           = "Maximum"
  period              = 300
  evaluation_periods  = 1
  threshold           = 0
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.news.arn]
}
