-- The tables of --format parquet in Athena, one statement at a time. BUCKET/PREFIX is what output.s3 names; a day
-- before the first in projection.as_of.range is not seen.

CREATE EXTERNAL TABLE tenor_charges (
  `run_id` string,
  `as_of_time` timestamp,
  `of` string,
  `period` string,
  `final` boolean,
  `account` string,
  `account_name` string,
  `region` string,
  `outpost` string,
  `subscription` string,
  `product_arn` string,
  `matched_by` string,
  `billed` decimal(18,2),
  `net` decimal(18,2),
  `expected` decimal(18,2),
  `difference` decimal(18,2),
  `currency` string,
  `status` string,
  `why` string,
  `services` string)
PARTITIONED BY (`as_of` string)
STORED AS PARQUET
LOCATION 's3://BUCKET/PREFIX/parquet/charges/'
TBLPROPERTIES ('projection.enabled' = 'true', 'projection.as_of.type' = 'date', 'projection.as_of.format' = 'yyyy-MM-dd',
  'projection.as_of.range' = '2026-01-01,NOW');

CREATE EXTERNAL TABLE tenor_coverage (
  `run_id` string,
  `as_of_time` timestamp,
  `account` string,
  `account_name` string,
  `region` string,
  `service` string,
  `operation` string,
  `status` string,
  `reason` string,
  `count` bigint,
  `message` string)
PARTITIONED BY (`as_of` string)
STORED AS PARQUET
LOCATION 's3://BUCKET/PREFIX/parquet/coverage/'
TBLPROPERTIES ('projection.enabled' = 'true', 'projection.as_of.type' = 'date', 'projection.as_of.format' = 'yyyy-MM-dd',
  'projection.as_of.range' = '2026-01-01,NOW');

CREATE EXTERNAL TABLE tenor_findings (
  `run_id` string,
  `as_of_time` timestamp,
  `fingerprint` string,
  `rule` string,
  `severity` string,
  `verdict` string,
  `kind` string,
  `resource_id` string,
  `resource_arn` string,
  `resource_name` string,
  `account` string,
  `account_name` string,
  `region` string,
  `owner` string,
  `message` string,
  `evidence` string,
  `due` date,
  `amount` decimal(18,2),
  `amount_per_month` decimal(18,2),
  `currency` string,
  `remediation` string,
  `command` string,
  `first_seen` timestamp,
  `change` string,
  `waiver_owner` string,
  `waiver_reason` string,
  `waiver_expires` date)
PARTITIONED BY (`as_of` string)
STORED AS PARQUET
LOCATION 's3://BUCKET/PREFIX/parquet/findings/'
TBLPROPERTIES ('projection.enabled' = 'true', 'projection.as_of.type' = 'date', 'projection.as_of.format' = 'yyyy-MM-dd',
  'projection.as_of.range' = '2026-01-01,NOW');

CREATE EXTERNAL TABLE tenor_renewals (
  `run_id` string,
  `as_of_time` timestamp,
  `kind` string,
  `resource_id` string,
  `resource_arn` string,
  `resource_name` string,
  `account` string,
  `account_name` string,
  `region` string,
  `owner` string,
  `contract_state` string,
  `payment_term` string,
  `payment_option` string,
  `contract_end` date,
  `days_to_end` bigint,
  `notice_deadline` date,
  `business_days_to_notice` bigint,
  `current_monthly_usd` decimal(18,2),
  `remaining_commitment_usd` decimal(18,2),
  `month_to_month_price_usd` decimal(18,2),
  `month_to_month_price_source` string,
  `cost_of_inaction_usd` decimal(18,2),
  `recommended_action` string,
  `recommended_payment_term` string,
  `recommended_payment_option` string,
  `recommended_level_price_usd` decimal(18,2),
  `recommended_total_usd` decimal(18,2),
  `recommended_needs_approval` boolean,
  `decision_action` string,
  `decision_status` string)
PARTITIONED BY (`as_of` string)
STORED AS PARQUET
LOCATION 's3://BUCKET/PREFIX/parquet/renewals/'
TBLPROPERTIES ('projection.enabled' = 'true', 'projection.as_of.type' = 'date', 'projection.as_of.format' = 'yyyy-MM-dd',
  'projection.as_of.range' = '2026-01-01,NOW');
