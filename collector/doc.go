// Package collector reads AWS Outposts and Service Catalog, account by account and region by region, into a snapshot:
// resource documents as AWS sent them, and a ledger that says of every scope and operation whether it was read.
//
// Collect is its entry, and Check tries the same without keeping anything. It is the only package that imports the clients
// of Outposts, Service Catalog and what they rest on. Its calls go through internal/awsread, which lets none through that does not read.
//
// A call that fails is data, not an error: it becomes a gap of the resource and a row of the ledger. Collect fails only
// when there is nothing to read at all (no credentials, no organization), when its context is cancelled, or when the
// snapshot cannot be written. It never logs.
//
// Of the pipeline's packages it imports audit, and snapshot, into which it writes.
package collector
