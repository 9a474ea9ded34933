package collector

import (
	"context"

	"tenor/snapshot"
)

// CallerAccount returns the account that the credentials of o.Config are of.
func CallerAccount(ctx context.Context, o Options) (string, error) {
	who, err := newRun(o).identify(ctx)
	return who.account, err
}

// ListScopes returns the accounts and regions, both ordered, that Collect would read, and how they were chosen.
func ListScopes(ctx context.Context, o Options) ([]snapshot.ManifestAccount, []string, snapshot.Chosen, error) {
	r := newRun(o)
	var err error
	if r.caller, err = r.identify(ctx); err != nil {
		return nil, nil, r.chosen, err
	}
	accounts, err := r.accounts(ctx, r.caller)
	if err != nil {
		return nil, nil, r.chosen, err
	}
	regions, err := r.regions(ctx)
	return accounts, regions, r.chosen, err
}
