package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// endpoints are where a running `nocturne up` listens. It writes them into the
// home folder so that other commands find it.
type endpoints struct {
	Temporal string `json:"temporal"` // host:port
	UI       string `json:"ui"`
	Pages    string `json:"pages"`
	PID      int    `json:"pid"`
}

func (a *app) path(parts ...string) string {
	return filepath.Join(append([]string{a.home}, parts...)...)
}

// storeURL is where artifacts lie: NOCTURNE_STORE, or a folder at home.
func (a *app) storeURL() string {
	if s := os.Getenv("NOCTURNE_STORE"); s != "" {
		return s
	}
	return a.path("store")
}

// keysSource is the default keyset: NOCTURNE_KEYS, or a file at home.
func (a *app) keysSource() string {
	if s := os.Getenv("NOCTURNE_KEYS"); s != "" {
		return s
	}
	return a.path("keys.json")
}

func (a *app) makeHome() error {
	if err := os.MkdirAll(a.home, 0o700); err != nil {
		return fmt.Errorf("home folder: %w", err)
	}
	return nil
}

func (a *app) writeEndpoints(e endpoints) error {
	data, err := json.MarshalIndent(e, "", "  ")
	if err != nil {
		return err
	}
	tmp := a.path("endpoints.json.part")
	if err := os.WriteFile(tmp, data, 0o600); err != nil {
		return fmt.Errorf("home folder: %w", err)
	}
	return os.Rename(tmp, a.path("endpoints.json"))
}

func (a *app) readEndpoints() (endpoints, error) {
	var e endpoints
	data, err := os.ReadFile(a.path("endpoints.json"))
	if errors.Is(err, os.ErrNotExist) {
		return e, nil
	}
	if err != nil {
		return e, fmt.Errorf("home folder: %w", err)
	}
	if err := json.Unmarshal(data, &e); err != nil {
		return e, fmt.Errorf("%s is damaged: %w; delete it and start `nocturne up` again", a.path("endpoints.json"), err)
	}
	return e, nil
}
