// Package awsread is how tenor reads AWS: which calls it may make, how often, and how much an answer may be. LoadConfig finds the
// credentials. A Gate then has the clients of a run: its Config goes to NewFromConfig, Raw calls an operation, and Pages reads a list.
// Guard alone is for a client that needs no more, such as that of a bill.
//
// It can only read: no call without a row in the table of operations.go leaves the process, through a Gate or through Guard. IAMPolicy is
// made from the same table.
//
// An error of a call is classified by ReasonOf, in the words of the ledger. Nothing here knows what an answer means. It never logs.
package awsread
