// Package keys holds the secrets from which every pseudonym key is derived.
//
// A keyset is a list of 32-byte secrets with ids, versions and creation dates.
// One of them is primary. Purpose keys are derived from the primary secret by
// HKDF-SHA-256 (RFC 5869), so a keyset file is all that two machines must share
// to give equal pseudonyms, and one purpose's key says nothing about another's.
//
// Secrets never appear in errors, logs or formatted output.
package keys

import (
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"
)

// SecretBytes is the length of a root secret and of every derived key.
const SecretBytes = 32

// Info describes one key without its secret.
type Info struct {
	ID      string `json:"id"`      // 8 random hex digits, no function of the secret
	Version int    `json:"version"` // 1, 2, ... in order of creation
	Created string `json:"created"` // RFC 3339 date, UTC: "2026-11-24"
	Primary bool   `json:"primary"` // derives new keys
}

// Keyset is an immutable set of root secrets, oldest first, the last one
// primary. It is safe for concurrent use. It implements transform.Keys.
type Keyset struct {
	keys []key
}

type key struct {
	id      string
	version int
	created string
	secret  [SecretBytes]byte
}

// ErrNoVersion is returned when a keyset lacks the version asked for.
var ErrNoVersion = errors.New("keys: no such key version; run `nocturne keys list`")

// New returns a keyset with one random secret. created is its creation date;
// only the day (UTC) is kept.
func New(created time.Time) (*Keyset, error) {
	return (&Keyset{}).Rotate(created)
}

// Rotate returns a keyset with one more secret, which becomes primary. Older
// secrets stay, so that At can recompute old pseudonyms.
func (k *Keyset) Rotate(created time.Time) (*Keyset, error) {
	next := key{version: 1, created: created.UTC().Format(time.DateOnly)}
	if n := len(k.keys); n > 0 {
		next.version = k.keys[n-1].version + 1
	}
	var id [4]byte
	for _, b := range [][]byte{next.secret[:], id[:]} {
		if _, err := rand.Read(b); err != nil {
			return nil, fmt.Errorf("keys: random source: %w", err)
		}
	}
	next.id = hex.EncodeToString(id[:])
	return &Keyset{keys: append(slices.Clone(k.keys), next)}, nil
}

// List describes the keys, oldest first, without secrets.
func (k *Keyset) List() []Info {
	out := make([]Info, len(k.keys))
	for i, e := range k.keys {
		out[i] = Info{ID: e.id, Version: e.version, Created: e.created, Primary: i == len(k.keys)-1}
	}
	return out
}

// IDs lists the id of the primary key: what a manifest records as the key that
// was used.
func (k *Keyset) IDs() []string {
	if len(k.keys) == 0 {
		return nil
	}
	return []string{k.keys[len(k.keys)-1].id}
}

// At returns the keyset as it was when version was primary.
func (k *Keyset) At(version int) (*Keyset, error) {
	for i, e := range k.keys {
		if e.version == version {
			return &Keyset{keys: k.keys[: i+1 : i+1]}, nil
		}
	}
	return nil, fmt.Errorf("version %d: %w", version, ErrNoVersion)
}

// Derive returns the 32-byte key called name under the primary secret:
// HKDF-SHA-256 with an empty salt and info = domain tag, version, length of the
// name, name. Equal names give equal keys on every machine with this keyset.
func (k *Keyset) Derive(name string) ([]byte, error) {
	if len(k.keys) == 0 {
		return nil, errors.New("keys: the keyset is empty; run `nocturne keys new`")
	}
	if name == "" {
		return nil, errors.New("keys: a derived key needs a name")
	}
	e := k.keys[len(k.keys)-1]
	info := "nocturne/keys/1|" + strconv.Itoa(e.version) + "|" + strconv.Itoa(len(name)) + "|" + name
	return hkdf.Key(sha256.New, e.secret[:], nil, info, SecretBytes)
}

// Format prints ids only, whatever the verb, so that a keyset in a log line or
// a test failure shows no secret.
func (k *Keyset) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, k.String()) }

// String names the keys by id and version.
func (k *Keyset) String() string {
	s := "keyset["
	for i, e := range k.keys {
		if i > 0 {
			s += " "
		}
		s += e.id + "/v" + strconv.Itoa(e.version)
	}
	return s + "]"
}

// MarshalJSON lists ids, never secrets; Save writes the secrets.
func (k *Keyset) MarshalJSON() ([]byte, error) { return marshalInfo(k.List()) }
