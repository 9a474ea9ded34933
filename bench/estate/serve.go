package estate

import (
	"context"
	"io"

	"tenor/internal/awssim"
)

// Serve is the simulated AWS until the context ends. It writes its address as a line.
func Serve(ctx context.Context, address io.Writer, o awssim.Options) error {
	server, err := awssim.Start(o)
	if err != nil {
		return err
	}
	if _, err := io.WriteString(address, server.URL()+"\n"); err != nil {
		return err
	}
	<-ctx.Done()
	return server.Close()
}
