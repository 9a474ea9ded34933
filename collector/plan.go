package collector

import "context"

// CallerAccount returns the account that the credentials of o.Config are of.
func CallerAccount(ctx context.Context, o Options) (string, error) {
	who, err := newRun(o).identify(ctx)
	return who.account, err
}
