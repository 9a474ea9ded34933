# The role by which tenor reads an account of the organization: what deploy/lambda/member-role.yaml does, for Terraform.

variable "role_name" {
  type    = string
  default = "TenorAudit"
}

variable "external_id" {
  description = "Must be given to assume the role; the same in every account."
  type        = string
}

variable "trusted_role_arn" {
  description = "The function's role: function_role_arn of the module above."
  type        = string
}

variable "organization_id" {
  description = "The organization (o-…); the role lets in nobody of another."
  type        = string
}

variable "cloudwatch" {
  description = "Whether it may read CloudWatch, of which IAM knows no narrower part, for capacity.cloudwatch_days of tenor.yaml."
  type        = bool
  default     = false
}

variable "permissions_boundary_arn" {
  description = "The permissions boundary of the role; empty: none."
  type        = string
  default     = ""
}

# The account is the principal and the role a condition, so that the role may be made anew.
data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole", "sts:SetSourceIdentity"]

    principals {
      type        = "AWS"
      identifiers = ["arn:${data.aws_partition.current.partition}:iam::${split(":", var.trusted_role_arn)[4]}:root"]
    }

    condition {
      test     = "StringEquals"
      variable = "sts:ExternalId"
      values   = [var.external_id]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:PrincipalOrgID"
      values   = [var.organization_id]
    }

    condition {
      test     = "ArnEquals"
      variable = "aws:PrincipalArn"
      values   = [var.trusted_role_arn]
    }
  }
}

resource "aws_iam_role" "member" {
  name                 = var.role_name
  description          = "tenor reads AWS Outposts and Service Catalog here, and changes nothing"
  max_session_duration = 3600
  assume_role_policy   = data.aws_iam_policy_document.trust.json
  permissions_boundary = var.permissions_boundary_arn == "" ? null : var.permissions_boundary_arn
}

# The statements are in read.tf.
resource "aws_iam_role_policy" "read" {
  name   = "read"
  role   = aws_iam_role.member.id
  policy = data.aws_iam_policy_document.member.json
}

output "role_arn" {
  value = aws_iam_role.member.arn
}
