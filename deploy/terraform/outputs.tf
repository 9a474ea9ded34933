output "bucket" {
  description = "Where the reports are: tenor/latest/, tenor/runs/ and, with the format parquet, tenor/parquet/."
  value       = aws_s3_bucket.reports.id
}

output "function_arn" {
  value = aws_lambda_function.tenor.arn
}

output "function_role_arn" {
  description = "The role that the module member trusts."
  value       = aws_iam_role.function.arn
}

output "topic_arn" {
  value = aws_sns_topic.news.arn
}

output "key_arn" {
  description = "The key of the reports."
  value       = local.key_arn
}

output "state_machine_arn" {
  description = "Null without shards."
  value       = local.sharded ? aws_sfn_state_machine.tenor[0].arn : null
}
