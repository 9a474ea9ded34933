package audit

// Map returns what of makes of each element of a list, in its order; of none an empty list, and not nil.
func Map[T, V any](list []T, of func(T) V) []V {
	out := make([]V, len(list))
	for i, v := range list {
		out[i] = of(v)
	}
	return out
}
