// Package delivery hands a finished report on: to a bucket in S3, to those who are to be told by SNS and a webhook, and its
// numbers to CloudWatch and Prometheus. Make a Bucket with NewBucket and PutRun; make a Notice with NewNotice and hand it to
// Publish and Post when Notify.Due says why. What cannot be delivered is an error that says what was and what was not; nothing
// is logged. It takes records and settings, and credentials as an aws.Config.
package delivery
