// Package s3sim is a simulated S3 on loopback: PutObject, GetObject, HeadObject and ListObjectsV2 as AWS documents them, with
// conditional writes, ranges, checksums, expected bucket owners and encryption keys, and the refusals that delivery has to
// explain. It speaks the wire itself and must not import an AWS SDK, whose client it is there to test.
//
// Buckets are addressed by path. Signatures must be there and are not verified; a payload hash and a checksum are.
package s3sim
