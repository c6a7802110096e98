package labeling

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// TaskID makes an id from a kind and the parts that name a task: the same parts
// give the same id on every night, and the id shows none of them.
func TaskID(kind string, parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%d:", len(p))
		h.Write([]byte(p))
	}
	return kind + ":" + hex.EncodeToString(h.Sum(nil)[:12])
}
