package awsread

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go/middleware"
)

// errRefused is the error of a call that is not in the table of operations. It never leaves the process.
var errRefused = errors.New("refused: not in the table of read operations")

// Guard returns a configuration whose clients refuse, before it leaves the process, every call that is not in the table of operations.
func Guard(cfg aws.Config) aws.Config {
	cfg = cfg.Copy()
	cfg.APIOptions = append(slices.Clone(cfg.APIOptions), func(stack *middleware.Stack) error {
		return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("TenorGuard", refuse), middleware.Before)
	})
	return cfg
}

func refuse(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (
	middleware.InitializeOutput, middleware.Metadata, error,
) {
	if service, name := middleware.GetServiceID(ctx), middleware.GetOperationName(ctx); operationOf(service, name) == nil {
		return middleware.InitializeOutput{}, middleware.Metadata{}, fmt.Errorf("%s %s: %w", service, name, errRefused)
	}
	return next.HandleInitialize(ctx, in)
}
