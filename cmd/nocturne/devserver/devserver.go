// Package devserver runs a Temporal server with its Web UI inside this
// process, on a SQLite file that survives restarts. It is the one package that
// imports the server: everything else compiles in seconds.
//
// The SQLite file is operational state. What a night produced is recorded in
// the store; losing this file loses histories and schedules, not datasets.
package devserver

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"time"

	uiserver "github.com/temporalio/ui-server/v2/server"
	uiconfig "github.com/temporalio/ui-server/v2/server/config"
	uioptions "github.com/temporalio/ui-server/v2/server/server_options"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/server/common/authorization"
	"go.temporal.io/server/common/cluster"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/dynamicconfig"
	"go.temporal.io/server/common/membership/static"
	"go.temporal.io/server/common/persistence/sql/sqlplugin/sqlite"
	"go.temporal.io/server/common/primitives"
	sqliteschema "go.temporal.io/server/schema/sqlite"
	"go.temporal.io/server/temporal"
	"google.golang.org/protobuf/types/known/durationpb"
)

// Options say where the server listens and keeps its state.
type Options struct {
	Dir       string // folder of the SQLite file; created if needed
	IP        string // address to listen on; "" = 127.0.0.1
	Port      int    // frontend gRPC; 0 = any free port
	UIPort    int    // Web UI; 0 = any free port, negative = no UI
	Namespace string // "" = "default"
	// SearchAttributes are the keyword search attributes to register.
	SearchAttributes []string
	// CodecEndpoint is the payload codec that the UI asks; "" = none.
	CodecEndpoint string
	Log           *slog.Logger // nil = discard
}

// Server is a running Temporal server.
type Server struct {
	temporal temporal.Server
	ui       *uiserver.Server
	lock     *os.File
	address  string
	uiURL    string
}

// ErrBusy is matched when a port or the state folder is used by another
// process.
var ErrBusy = errors.New("already in use")

const (
	clusterName = "nocturne"
	// clusterID is fixed for the life of a database file.
	clusterID = "6f2d1c1e-8a3b-4f0e-9a51-0c7bd1a7e001"
	retention = 30 * 24 * time.Hour
)

// Start brings the server up. It returns when the frontend answers.
func Start(_ context.Context, opt Options) (*Server, error) {
	if opt.IP == "" {
		opt.IP = "127.0.0.1"
	}
	if opt.Namespace == "" {
		opt.Namespace = "default"
	}
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	if err := os.MkdirAll(opt.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("temporal server: create folder: %w", err)
	}
	lock, err := lockDir(opt.Dir)
	if err != nil {
		return nil, err
	}
	s, err := start(opt)
	if err != nil {
		_ = lock.Close()
		return nil, err
	}
	s.lock = lock
	return s, nil
}

func start(opt Options) (*Server, error) {
	// Every port is tried first: the server panics and the UI ends the process
	// when one is busy.
	frontend, err := port(opt.IP, opt.Port)
	if err != nil {
		return nil, fmt.Errorf("temporal server: %w", err)
	}
	internal := map[string]int{}
	for _, name := range []string{"history", "matching", "worker"} {
		if internal[name], err = port(opt.IP, 0); err != nil {
			return nil, fmt.Errorf("temporal server: %w", err)
		}
	}
	uiPort := opt.UIPort
	if uiPort >= 0 {
		if uiPort, err = port(opt.IP, uiPort); err != nil {
			return nil, fmt.Errorf("temporal web UI: %w", err)
		}
	}

	file, err := database(opt)
	if err != nil {
		return nil, err
	}
	cfg := serverConfig(opt, file, frontend, internal)
	hosts := map[primitives.ServiceName]static.Hosts{
		primitives.FrontendService: static.SingleLocalHost(hostPort(opt.IP, frontend)),
		primitives.HistoryService:  static.SingleLocalHost(hostPort(opt.IP, internal["history"])),
		primitives.MatchingService: static.SingleLocalHost(hostPort(opt.IP, internal["matching"])),
		primitives.WorkerService:   static.SingleLocalHost(hostPort(opt.IP, internal["worker"])),
	}
	srv, err := temporal.NewServer(
		temporal.WithConfig(cfg),
		temporal.ForServices(temporal.DefaultServices),
		temporal.WithStaticHosts(hosts),
		temporal.WithLogger(newLogger(opt.Log)),
		temporal.WithAuthorizer(authorization.NewNoopAuthorizer()),
		temporal.WithClaimMapper(func(*config.Config) authorization.ClaimMapper { return authorization.NewNoopClaimMapper() }),
		temporal.WithDynamicConfigClient(dynamicconfig.StaticClient{
			// The default of 128,000 cached workflows is for clusters.
			dynamicconfig.MakeKey("history.hostLevelCacheMaxSize"): 4096,
			// The UI and our status commands share this budget; default 10/s.
			dynamicconfig.MakeKey("frontend.namespaceRPS.visibility"): 200,
		}),
	)
	if err != nil {
		return nil, fmt.Errorf("temporal server: %w", err)
	}
	if err := srv.Start(); err != nil {
		return nil, fmt.Errorf("temporal server: start: %w", err)
	}
	s := &Server{temporal: srv, address: hostPort(opt.IP, frontend)}
	if uiPort >= 0 {
		s.ui = uiserver.NewServer(uioptions.WithConfigProvider(&uiconfig.Config{
			Host: opt.IP, Port: uiPort, TemporalGRPCAddress: s.address,
			EnableUI: true, HideLogs: true, DisableNewsFetch: true, DefaultNamespace: opt.Namespace,
			Codec: uiconfig.Codec{Endpoint: opt.CodecEndpoint},
			CORS:  uiconfig.CORS{CookieInsecure: true},
		}))
		s.uiURL = "http://" + hostPort(opt.IP, uiPort)
		go func() {
			if err := s.ui.Start(); err != nil {
				opt.Log.Error("temporal web UI stopped", "error", err)
			}
		}()
	}
	return s, nil
}

// Address is the frontend's host:port for clients.
func (s *Server) Address() string { return s.address }

// UI is the Web UI's URL, or "" without one.
func (s *Server) UI() string { return s.uiURL }

// Stop ends the UI, then the server. Stop workers and clients first.
func (s *Server) Stop() error {
	if s.ui != nil {
		s.ui.Stop()
	}
	err := s.temporal.Stop()
	if s.lock != nil {
		_ = s.lock.Close()
	}
	return err
}

// database returns the path of the SQLite file, laying out its schema when it
// is new. The schema's version is in the name because the server neither checks
// nor migrates it.
func database(opt Options) (string, error) {
	file := filepath.Join(opt.Dir, "temporal-"+sqliteschema.Version+".db")
	if _, err := os.Stat(file); errors.Is(err, os.ErrNotExist) {
		// A process killed while it lays out the schema must not leave half
		// of one behind.
		fresh := file + ".new"
		for _, f := range []string{fresh, fresh + "-wal", fresh + "-shm"} {
			if err := os.Remove(f); err != nil && !errors.Is(err, os.ErrNotExist) {
				return "", fmt.Errorf("temporal database: %w", err)
			}
		}
		// A rollback journal here: everything is in the one file when it is
		// renamed.
		sql := sqlConfig(fresh, "delete")
		if err := sqliteschema.SetupSchema(sql); err != nil {
			return "", fmt.Errorf("temporal database: lay out schema: %w", err)
		}
		if err := os.Rename(fresh, file); err != nil {
			return "", fmt.Errorf("temporal database: %w", err)
		}
	} else if err != nil {
		return "", fmt.Errorf("temporal database: %w", err)
	}
	attributes := map[string]enums.IndexedValueType{}
	for _, a := range opt.SearchAttributes {
		attributes[a] = enums.INDEXED_VALUE_TYPE_KEYWORD
	}
	ns, err := sqliteschema.NewNamespaceConfig(clusterName, opt.Namespace, false, attributes)
	if err != nil {
		return "", fmt.Errorf("temporal namespace: %w", err)
	}
	ns.Detail.Config.Retention = durationpb.New(retention)
	if err := sqliteschema.CreateNamespaces(sqlConfig(file, "wal"), ns); err != nil {
		return "", fmt.Errorf("temporal namespace: %w", err)
	}
	return file, nil
}

// sqlConfig uses a write-ahead log by default: the rollback journal costs twice
// the CPU and four times the wall time.
func sqlConfig(file, journal string) *config.SQL {
	return &config.SQL{
		PluginName:        sqlite.PluginName,
		DatabaseName:      file,
		ConnectAttributes: map[string]string{"mode": "rwc", "journal_mode": journal, "synchronous": "normal"},
	}
}

func serverConfig(opt Options, file string, frontend int, internal map[string]int) *config.Config {
	store := config.DataStore{SQL: sqlConfig(file, "wal")}
	service := func(p int) config.Service { return config.Service{RPC: config.RPC{GRPCPort: p, BindOnIP: opt.IP}} }
	cfg := &config.Config{
		Persistence: config.Persistence{
			DefaultStore: "sqlite", VisibilityStore: "sqlite", NumHistoryShards: 1,
			DataStores: map[string]config.DataStore{"sqlite": store},
		},
		ClusterMetadata: &cluster.Config{
			FailoverVersionIncrement: 10,
			MasterClusterName:        clusterName,
			CurrentClusterName:       clusterName,
			ClusterInformation: map[string]cluster.ClusterInformation{clusterName: {
				Enabled: true, InitialFailoverVersion: 1, ClusterID: clusterID, RPCAddress: hostPort(opt.IP, frontend),
			}},
		},
		DCRedirectionPolicy: config.DCRedirectionPolicy{Policy: "noop"},
		Services: map[string]config.Service{
			"frontend": service(frontend),
			"history":  service(internal["history"]),
			"matching": service(internal["matching"]),
			"worker":   service(internal["worker"]),
		},
		Archival: config.Archival{
			History:    config.HistoryArchival{State: "disabled"},
			Visibility: config.VisibilityArchival{State: "disabled"},
		},
		NamespaceDefaults: config.NamespaceDefaults{Archival: config.ArchivalNamespaceDefaults{
			History:    config.HistoryArchivalNamespaceDefaults{State: "disabled"},
			Visibility: config.VisibilityArchivalNamespaceDefaults{State: "disabled"},
		}},
		PublicClient: config.PublicClient{HostPort: hostPort(opt.IP, frontend)},
	}
	cfg.Global.Membership.BroadcastAddress = opt.IP
	return cfg
}

func hostPort(ip string, p int) string { return net.JoinHostPort(ip, strconv.Itoa(p)) }

// port returns p if it is free, or any free port when p is 0.
func port(ip string, p int) (int, error) {
	l, err := net.Listen("tcp", hostPort(ip, p))
	if err != nil {
		return 0, fmt.Errorf("port %d on %s: %w: stop the other process or choose another port", p, ip, ErrBusy)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}
