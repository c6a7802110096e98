package siphash

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// The key and messages 00 01 02 …, and the hash of the first 15 bytes, are the
// example of the paper's appendix A.
func TestPaperVector(t *testing.T) {
	t.Parallel()
	var key [16]byte
	message := make([]byte, 15)
	for i := range key {
		key[i] = byte(i)
	}
	for i := range message {
		message[i] = byte(i)
	}
	require.Equal(t, uint64(0xa129ca6149be45e5), NewKey(key).Sum64(message))
}
