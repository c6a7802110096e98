package keys

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/tink-crypto/tink-go/v2/core/registry"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// The keyset file is JSON:
//
//	{"format": "nocturne-keyset/1",
//	 "keys": [{"id": "5f0c9a1e", "version": 1, "created": "2026-11-24", "secret": "<32 bytes, base64>"}]}
//
// or, when a key management service wraps it, the same document encrypted by
// the service's AEAD with the format tag as associated data:
//
//	{"format": "nocturne-keyset-wrapped/1", "kms": "gcp-kms://projects/…", "ciphertext": "<base64>"}
const (
	formatPlain   = "nocturne-keyset/1"
	formatWrapped = "nocturne-keyset-wrapped/1"
)

type document struct {
	Format     string     `json:"format"`
	Keys       []keyEntry `json:"keys,omitempty"`
	KMS        string     `json:"kms,omitempty"`
	Ciphertext []byte     `json:"ciphertext,omitempty"`
}

type keyEntry struct {
	ID      string `json:"id"`
	Version int    `json:"version"`
	Created string `json:"created"`
	Secret  string `json:"secret"`
}

// ErrMode is returned when others than the owner may read a keyset file.
var ErrMode = errors.New("keys: the keyset file is readable by others; run chmod 600 on it")

func marshalInfo(list []Info) ([]byte, error) { return json.Marshal(list) }

// encode writes the plain document.
func (k *Keyset) encode() ([]byte, error) {
	d := document{Format: formatPlain}
	for _, e := range k.keys {
		d.Keys = append(d.Keys, keyEntry{e.id, e.version, e.created, base64.StdEncoding.EncodeToString(e.secret[:])})
	}
	b, err := json.MarshalIndent(d, "", "  ")
	return append(b, '\n'), err
}

// Parse reads a keyset document. A wrapped one is opened by the tink KMS client
// registered for its key URI (registry.RegisterKMSClient).
func Parse(data []byte) (*Keyset, error) { return parse(data, true) }

func parse(data []byte, mayUnwrap bool) (*Keyset, error) {
	var d document
	if json.Unmarshal(data, &d) != nil {
		return nil, errors.New("keys: not a keyset document (JSON expected); create one with `nocturne keys new`")
	}
	switch {
	case d.Format == formatWrapped && mayUnwrap:
		a, err := kmsAEAD(d.KMS)
		if err != nil {
			return nil, err
		}
		plain, err := a.Decrypt(d.Ciphertext, []byte(formatWrapped))
		if err != nil {
			return nil, fmt.Errorf("keys: the service behind %s did not open the keyset: %w", d.KMS, err)
		}
		return parse(plain, false)
	case d.Format != formatPlain:
		return nil, fmt.Errorf("keys: unknown keyset format %q (this version reads %q and %q)", clip(d.Format), formatPlain, formatWrapped)
	case len(d.Keys) == 0:
		return nil, errors.New("keys: the keyset has no keys; create one with `nocturne keys new`")
	}
	out := &Keyset{}
	for i, e := range d.Keys {
		raw, err := base64.StdEncoding.DecodeString(e.Secret)
		switch {
		case err != nil || len(raw) != SecretBytes:
			return nil, fmt.Errorf("keys: key %d of the keyset: the secret is not %d bytes of base64", i+1, SecretBytes)
		case e.ID == "":
			return nil, fmt.Errorf("keys: key %d of the keyset has no id", i+1)
		case i > 0 && e.Version <= out.keys[i-1].version, e.Version < 1:
			return nil, fmt.Errorf("keys: key %d of the keyset: versions must rise from 1", i+1)
		}
		if _, err := time.Parse(time.DateOnly, e.Created); err != nil {
			return nil, fmt.Errorf("keys: key %d of the keyset: created must be a date like 2026-11-24", i+1)
		}
		next := key{id: e.ID, version: e.Version, created: e.Created}
		copy(next.secret[:], raw)
		out.keys = append(out.keys, next)
	}
	return out, nil
}

// clip bounds what of a foreign document is repeated in an error.
func clip(s string) string {
	if len(s) > 40 {
		return s[:40]
	}
	return s
}

// Save writes the keyset to path with mode 0600, atomically.
func (k *Keyset) Save(path string) error {
	data, err := k.encode()
	if err != nil {
		return err
	}
	return write(path, data)
}

// SaveWrapped writes the keyset encrypted under the key that kmsURI names, by
// the tink KMS client registered for that URI.
func (k *Keyset) SaveWrapped(path, kmsURI string) error {
	a, err := kmsAEAD(kmsURI)
	if err != nil {
		return err
	}
	plain, err := k.encode()
	if err != nil {
		return err
	}
	ct, err := a.Encrypt(plain, []byte(formatWrapped))
	if err != nil {
		return fmt.Errorf("keys: the service behind %s did not wrap the keyset: %w", kmsURI, err)
	}
	data, err := json.MarshalIndent(document{Format: formatWrapped, KMS: kmsURI, Ciphertext: ct}, "", "  ")
	if err != nil {
		return err
	}
	return write(path, append(data, '\n'))
}

func kmsAEAD(uri string) (tink.AEAD, error) {
	client, err := registry.GetKMSClient(uri)
	if err != nil {
		return nil, fmt.Errorf("keys: no KMS client is registered for %q; register one with tink's registry.RegisterKMSClient", clip(uri))
	}
	a, err := client.GetAEAD(uri)
	if err != nil {
		return nil, fmt.Errorf("keys: KMS key %q: %w", clip(uri), err)
	}
	return a, nil
}

func write(path string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".keyset-*") // mode 0600
	if err != nil {
		return fmt.Errorf("keys: save: %w", err)
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("keys: save: %w", errors.Join(err, os.Remove(f.Name())))
	}
	return nil
}
