package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/nocturne-data/nocturne/activities"
	"github.com/nocturne-data/nocturne/cmd/nocturne/devserver"
	"github.com/nocturne-data/nocturne/cmd/nocturne/worker"
	"github.com/nocturne-data/nocturne/internal/store"
	"github.com/nocturne-data/nocturne/workflows"
	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"
)

// platform is everything in one process: embedded Temporal with its UI, a
// worker, and Nocturne's own pages, all on loopback.
type platform struct {
	app      *app
	at       endpoints
	store    *store.Store
	client   client.Client
	worker   *worker.Worker
	temporal *devserver.Server
	pages    *http.Server
	log      *os.File
	fault    func(operation string, err error)
}

// platformOptions are the flags of `up` and `demo`.
type platformOptions struct {
	port, uiPort, pagesPort int
	slots                   int
	anyPort                 bool // take any free port when a default one is busy
}

const (
	defaultPort      = 7233
	defaultUIPort    = 8233
	defaultPagesPort = 8234
)

// start brings the platform up, or leaves nothing running.
func (a *app) start(ctx context.Context, opt platformOptions) (p *platform, err error) {
	if err := a.makeHome(); err != nil {
		return nil, err
	}
	p = &platform{app: a}
	defer func() {
		if err != nil {
			p.stop()
		}
	}()
	if p.log, err = os.OpenFile(a.path("server.log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600); err != nil {
		return nil, fmt.Errorf("home folder: %w", err)
	}
	log := slog.New(slog.NewTextHandler(p.log, &slog.HandlerOptions{Level: slog.LevelWarn}))
	if opt.anyPort {
		for _, port := range []*int{&opt.port, &opt.uiPort, &opt.pagesPort} {
			if !free(*port) {
				*port = 0
			}
		}
	}
	// The pages' port is taken first: a busy one must not cost a server start.
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", opt.pagesPort))
	if err != nil {
		return nil, fmt.Errorf("pages: port %d is in use: stop the other process or choose another with --pages-port", opt.pagesPort)
	}
	p.temporal, err = devserver.Start(ctx, devserver.Options{
		Dir: a.path("temporal"), Port: opt.port, UIPort: opt.uiPort,
		SearchAttributes: workflows.SearchAttributes(), Log: log,
	})
	if err != nil {
		_ = listener.Close()
		if errors.Is(err, devserver.ErrBusy) {
			return nil, fmt.Errorf("%w; --port and --ui-port choose others", err)
		}
		return nil, err
	}
	if p.client, err = dial(ctx, client.Options{HostPort: p.temporal.Address(), Logger: sdklog.NewStructuredLogger(log)}); err != nil {
		_ = listener.Close()
		return nil, err
	}
	if p.store, err = store.Open(ctx, a.storeURL()); err != nil {
		_ = listener.Close()
		return nil, err
	}
	acts := activities.New(activities.Config{Store: p.store, Client: p.client, Keys: a.keysSource(), MakeKeys: true})
	if p.worker, err = worker.Start(worker.Options{Client: p.client, Activities: acts, Slots: opt.slots}); err != nil {
		_ = listener.Close()
		return nil, err
	}
	p.at = endpoints{
		Temporal: p.temporal.Address(), UI: p.temporal.UI(), PID: os.Getpid(),
		Pages: "http://" + listener.Addr().String(),
	}
	p.fault = func(operation string, err error) { log.Error("page", "operation", operation, "error", err) }
	p.pages = &http.Server{Handler: pages(p, activities.QueueClient{Store: p.store, Client: p.client}), ReadHeaderTimeout: 10 * time.Second}
	go func() {
		if err := p.pages.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			log.Error("pages stopped", "error", err)
		}
	}()
	return p, a.writeEndpoints(p.at)
}

// stop ends everything in the order that lets nothing wait for something that
// is gone.
func (p *platform) stop() {
	if p.pages != nil {
		_ = p.pages.Close()
	}
	if p.worker != nil {
		p.worker.Stop()
	}
	if p.client != nil {
		p.client.Close()
	}
	if p.temporal != nil {
		_ = p.temporal.Stop() // the process ends; the file survives a hard stop too
	}
	if p.store != nil {
		p.store.Close()
	}
	if p.log != nil {
		_ = p.log.Close()
	}
}

func free(port int) bool {
	l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return false
	}
	_ = l.Close()
	return true
}
