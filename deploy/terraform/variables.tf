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
  description = "A tenor.yaml in the bucket, with policies and waivers beside it; empty: the defaults. What role_name says stands over it."
  type        = string
  default     = ""
}

variable "policy_bundle_arns" {
  description = "Signed bundles of policies in other buckets, which the tenor.yaml names: ARNs such as arn:aws:s3:::b/policies.tar.gz."
  type        = list(string)
  default     = []
}

variable "formats" {
  description = "The formats of the report."
  type        = list(string)
  default     = ["json", "xlsx"]
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

variable "log_retention_days" {
  type    = number
  default = 90
}

variable "run_retention_days" {
  description = "Days after which a run's folder and the tables of a day expire; latest/ stays."
  type        = number
  default     = 400
}

variable "reader_arns" {
  description = "Who may read the reports, which hold prices: ARNs of roles or users of this account, * allowed in a name."
  type        = list(string)

  validation {
    condition     = length(var.reader_arns) > 0 && alltrue([for a in var.reader_arns : can(regex("^arn:aws[a-z-]*:iam::", a))])
    error_message = "reader_arns needs at least one ARN of a role or user."
  }
}

variable "editor_arns" {
  description = "Who may write config/ (tenor.yaml, waivers, policies), subscribe to the topic and read dead letters: ARNs as above."
  type        = list(string)

  validation {
    condition     = length(var.editor_arns) > 0 && alltrue([for a in var.editor_arns : can(regex("^arn:aws[a-z-]*:iam::", a))])
    error_message = "editor_arns needs at least one ARN of a role or user."
  }
}

variable "email" {
  description = "Who is told of changes, and of alarms unless alarm_topic_arn is given; this or alarm_topic_arn is needed."
  type        = string
  default     = ""
}

variable "alarm_topic_arn" {
  description = "A topic for the alarms instead of the module's own, such as that of those on call."
  type        = string
  default     = ""
}

variable "schedule_state" {
  description = "DISABLED pauses it; the alarm on missed runs goes off all the same."
  type        = string
  default     = "ENABLED"
}

variable "missed_after_hours" {
  description = "Hours of Monday to Friday, in UTC, without a report before the alarm; 26 is for a run on each working day."
  type        = number
  default     = 26

  validation {
    condition     = var.missed_after_hours >= 2 && var.missed_after_hours <= 168
    error_message = "missed_after_hours is 2 to 168."
  }
}

variable "shards" {
  description = "How many shards a run is cut into, at the most, by a state machine; 0: one function reads everything, in fifteen minutes."
  type        = number
  default     = 0
}

variable "max_concurrency" {
  description = "How many shards are read at once."
  type        = number
  default     = 10
}

variable "timeout_seconds" {
  description = "How long a run in shards may take."
  type        = number
  default     = 21600
}

variable "reserve_concurrency" {
  description = "Once at a time, or max_concurrency times in shards; false where the account's limit leaves nothing to reserve."
  type        = bool
  default     = true
}

# IAM knows no narrower part of CloudWatch.
variable "cloudwatch" {
  description = "Whether it may read CloudWatch, for capacity.cloudwatch_days of tenor.yaml; the same in the module member."
  type        = bool
  default     = false
}

variable "bill_bucket" {
  description = "The bucket of an export of AWS's bill that it may read, for billing.exports of tenor.yaml; needs bill_export; empty: none."
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^([a-z0-9][a-z0-9.-]+)?$", var.bill_bucket))
    error_message = "bill_bucket is the name of a bucket."
  }
}

variable "bill_export" {
  description = "The export in bill_bucket, as prefix/export-name."
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^([\\w!.'()=@/-]*[\\w!.'()=@-])?$", var.bill_export))
    error_message = "bill_export is prefix/export-name, without a slash at its end."
  }
}

variable "cost_explorer" {
  description = "Whether it may ask Cost Explorer what was charged, for billing.cost_explorer of tenor.yaml; AWS charges USD 0.01 a call."
  type        = bool
  default     = false
}

variable "permissions_boundary_arn" {
  description = "The permissions boundary that every role gets; empty: none."
  type        = string
  default     = ""
}

variable "subnet_ids" {
  description = "Subnets for the function, which then reaches AWS by endpoints and a NAT gateway: see docs/deploy.md; empty: no VPC."
  type        = list(string)
  default     = []
}

variable "security_group_ids" {
  description = "Security groups of the function; needed with subnet_ids."
  type        = list(string)
  default     = []
}

variable "kms_key_arn" {
  description = "A key of your own, whose policy says what that of key.tf says; empty: the module makes one."
  type        = string
  default     = ""
}

variable "webhook_secret_arn" {
  description = "The secret that holds the URL of a webhook, read at each run; empty: none."
  type        = string
  default     = ""
}

variable "webhook_format" {
  description = "What the webhook takes: messages of Slack, which Mattermost and others take too, or cards of Microsoft Teams."
  type        = string
  default     = "slack"

  validation {
    condition     = contains(["slack", "teams"], var.webhook_format)
    error_message = "webhook_format is slack or teams."
  }
}

variable "mail_from" {
  description = "The address that SES sends notices from, an identity of this region; empty: no mail."
  type        = string
  default     = ""
}

variable "mail_to" {
  description = "The addresses that get notices by mail."
  type        = list(string)
  default     = []
}

variable "mail_attach" {
  description = "The formats, of formats, that go with a mail, 7 MB in all, such as xlsx. They have the prices of contracts; empty: none."
  type        = list(string)
  default     = []
}

variable "shard_retention_days" {
  description = "Days after which plans and the partial reports of shards expire."
  type        = number
  default     = 7
}

variable "object_lock_mode" {
  description = "Who can delete a version before object_lock_days: nobody (COMPLIANCE), who may bypass it (GOVERNANCE); NONE: no lock."
  type        = string
  default     = "NONE"

  validation {
    condition     = contains(["NONE", "GOVERNANCE", "COMPLIANCE"], var.object_lock_mode)
    error_message = "object_lock_mode is NONE, GOVERNANCE or COMPLIANCE."
  }
}

variable "object_lock_days" {
  description = "Days that each version of an object is locked, with an object_lock_mode."
  type        = number
  default     = 365
}
