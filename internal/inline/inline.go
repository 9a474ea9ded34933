// Package inline makes lists and ledgers of a few records that are written out, for the tests: audit.NewList(inline.Of(a, b)) and
// inline.Into(&audit.Ledger{}, rows...). It is linked into no program, and imports nothing of ours, so that the tests of audit can use it.
package inline

import "iter"

// Of returns how many records there are, and ranges over them: what audit.NewList takes.
func Of[T any](records ...T) (int, iter.Seq2[T, error]) {
	return len(records), func(yield func(T, error) bool) {
		for _, r := range records {
			if !yield(r, nil) {
				return
			}
		}
	}
}

// Into adds the records to list and returns it.
func Into[L interface{ Add(...T) }, T any](list L, records ...T) L {
	list.Add(records...)
	return list
}
