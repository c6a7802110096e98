package store

import (
	"encoding/json"
	"fmt"
)

// Manifest describes a finished artifact. It is written last, in one atomic
// step: an artifact without a manifest does not exist.
type Manifest struct {
	Address Address         `json:"address"`
	Step    string          `json:"step"`
	Version int             `json:"version"`
	Part    string          `json:"part,omitempty"`
	Spec    json.RawMessage `json:"spec"`
	Inputs  []Digest        `json:"inputs"`
	Files   []FileEntry     `json:"files"`
	Rows    int64           `json:"rows"`            // rows held, 0 where it makes no sense
	Stats   json.RawMessage `json:"stats,omitempty"` // small result of the step; never data values
}

// FileEntry is one file of an artifact.
type FileEntry struct {
	Name   string `json:"name"`
	Key    string `json:"key"` // where the bytes are in the bucket
	Size   int64  `json:"size"`
	SHA256 Digest `json:"sha256"`
}

// Digest is the content digest: it covers names and bytes of the files and the
// statistics, but not where they lie or how they were made, so that two recipes
// with equal results lead to equal addresses downstream.
func (m Manifest) Digest() Digest {
	parts := make([]string, 0, 2*len(m.Files)+2)
	for _, f := range m.Files {
		parts = append(parts, f.Name, string(f.SHA256))
	}
	parts = append(parts, fmt.Sprint(m.Rows), string(m.Stats))
	return DigestOf(parts...)
}

// File returns the entry called name.
func (m Manifest) File(name string) (FileEntry, bool) {
	for _, f := range m.Files {
		if f.Name == name {
			return f, true
		}
	}
	return FileEntry{}, false
}

// Ref is what crosses a workflow in an artifact's place.
type Ref struct {
	Address Address `json:"address"`
	Digest  Digest  `json:"digest"`
	Rows    int64   `json:"rows,omitempty"`
}

// Ref returns the reference to m.
func (m Manifest) Ref() Ref { return Ref{Address: m.Address, Digest: m.Digest(), Rows: m.Rows} }

// DecodeStats reads the statistics into v.
func (m Manifest) DecodeStats(v any) error {
	if err := json.Unmarshal(m.Stats, v); err != nil {
		return fmt.Errorf("store: statistics of %s artifact %.12s: %w", m.Step, m.Address, err)
	}
	return nil
}
