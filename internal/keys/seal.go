package keys

import (
	"crypto/aes"
	"crypto/cipher"
	"errors"
	"fmt"
)

// SealOverhead is how many bytes Seal adds: a 12-byte random nonce in front, a
// 16-byte tag behind.
const SealOverhead = 28

// ErrOpen is returned when sealed bytes were changed, or key or associated data
// are not those they were sealed with.
var ErrOpen = errors.New("keys: sealed data does not open: wrong key, wrong place, or changed bytes")

// Seal encrypts plaintext with AES-256-GCM (NIST SP 800-38D) under a 32-byte key
// and binds it to aad, for example the artifact and block it belongs to. The
// nonce is random, so at most 2^32 messages may be sealed under one key.
func Seal(key, plaintext, aad []byte) ([]byte, error) {
	a, err := gcm(key)
	if err != nil {
		return nil, err
	}
	return a.Seal(make([]byte, 0, len(plaintext)+SealOverhead), nil, plaintext, aad), nil
}

// Open undoes Seal; any mismatch is ErrOpen.
func Open(key, sealed, aad []byte) ([]byte, error) {
	a, err := gcm(key)
	if err != nil {
		return nil, err
	}
	plain, err := a.Open(nil, nil, sealed, aad)
	if err != nil {
		return nil, ErrOpen
	}
	return plain, nil
}

func gcm(key []byte) (cipher.AEAD, error) {
	if len(key) != SecretBytes {
		return nil, fmt.Errorf("keys: the sealing key has %d bytes, %d are needed", len(key), SecretBytes)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("keys: %w", err)
	}
	return cipher.NewGCMWithRandomNonce(block)
}
