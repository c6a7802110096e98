package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"
	sdklog "go.temporal.io/sdk/log"
)

// embeddedAddress is where `nocturne up` listens unless told otherwise.
const embeddedAddress = "127.0.0.1:7233"

// connect dials the Temporal that the environment names (TEMPORAL_ADDRESS,
// temporal.toml, ...), else the one `nocturne up` runs from this home.
func (a *app) connect(ctx context.Context) (client.Client, error) {
	opt, err := envconfig.LoadDefaultClientOptions()
	if err != nil {
		return nil, fmt.Errorf("temporal settings: %w", err)
	}
	if opt.HostPort == "" {
		opt.HostPort = embeddedAddress
		e, err := a.readEndpoints()
		if err != nil {
			return nil, err
		}
		if e.Temporal != "" {
			opt.HostPort = e.Temporal
		}
	}
	return dial(ctx, opt)
}

// dial tries for a few seconds: a worker may start before its server.
func dial(ctx context.Context, opt client.Options) (client.Client, error) {
	if opt.Logger == nil {
		opt.Logger = sdklog.NewStructuredLogger(quietLog(os.Stderr))
	}
	var err error
	for range 20 {
		var c client.Client
		if c, err = client.DialContext(ctx, opt); err == nil {
			return c, nil
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(250 * time.Millisecond):
		}
	}
	return nil, fmt.Errorf("no Temporal server answers at %s: start one with `nocturne up`, or set TEMPORAL_ADDRESS: %w", opt.HostPort, err)
}

// quietLog drops what is not at least an error.
func quietLog(w io.Writer) *slog.Logger {
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelError + 4}))
}
