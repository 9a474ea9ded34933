variable "name" {
  description = "What everything is called, or begins with."
  type        = string
  default     = "tenor"
}

variable "package" {
  description = "The function's package: dist/tenor-lambda-arm64.zip of make lambda."
  type        = string
}

variable "architecture" {
  description = "arm64 or x86_64, as the package is."
  type        = string
  default     = "arm64"
}

variable "schedule" {
  description = "When to run, as EventBridge Scheduler has it: cron(...) or rate(...)."
  type        = string
  default     = "cron(0 5 ? * MON-FRI *)"
}

variable "time_zone" {
  description = "Of the schedule; daylight saving is followed."
  type        = string
  default     = "Etc/UTC"
}

variable "flexible_minutes" {
  description = "How much later than scheduled a run may begin."
  type        = number
  default     = 15
}

variable "role_name" {
  description = "The role in each account of the organization (the module member); empty: this account alone is read."
  type        = string
  default     = ""
}

variable "external_id" {
  description = "The external id that the role asks for."
  type        = string
  default     = ""
}

variable "config_key" {
  description = "A tenor.yaml in the bucket, such as config/tenor.yaml, with its policies and waivers beside it; empty: the defaults. What role_name says stands over it."
  type        = string
  default     = ""
}

variable "formats" {
  description = "The formats of the report."
  type        = list(string)
  default     = ["json", "xlsx"]
}

variable "kms_key_arn" {
  description = "A KMS key for the bucket and the topic; its policy must let this account, and cloudwatch.amazonaws.com for the alarms, use it. Empty: SSE-S3."
  type        = string
  default     = ""
}

variable "webhook" {
  description = "The URL of a Slack webhook; empty: none. It is a secret."
  type        = string
  default     = ""
  sensitive   = true
}

variable "memory_size" {
  description = "Megabytes; 512 is enough for 100,000 products, more makes it faster."
  type        = number
  default     = 1024
}

variable "ephemeral_storage" {
  description = "Megabytes of /tmp; 512 is enough for 100,000 products."
  type        = number
  default     = 512
}

variable "missed_after_days" {
  description = "Days without a report after which the alarm goes off, 1 to 7; a weekend is two."
  type        = number
  default     = 4
}

variable "log_retention_days" {
  type    = number
  default = 90
}

variable "run_retention_days" {
  description = "Days after which a run's folder expires; latest/ stays."
  type        = number
  default     = 400
}
