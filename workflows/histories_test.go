package workflows_test

import (
	"encoding/base64"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

// payloads returns the clear bytes of every payload of a history in JSON, which
// holds them as base64 under "data".
func payloads(t *testing.T, history []byte) [][]byte {
	t.Helper()
	var tree any
	require.NoError(t, json.Unmarshal(history, &tree))
	var out [][]byte
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			for k, x := range v {
				if s, ok := x.(string); ok && k == "data" {
					if b, err := base64.StdEncoding.DecodeString(s); err == nil {
						out = append(out, b)
					}
				}
				walk(x)
			}
		case []any:
			for _, x := range v {
				walk(x)
			}
		}
	}
	walk(tree)
	require.NotEmpty(t, out)
	return out
}
