package schemas

import (
	"bytes"
	"encoding/json"
)

// marshalIndent writes v as JSON that people read: indented, with characters
// such as < as they are, and a final line break.
func marshalIndent(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err := enc.Encode(v)
	return b.Bytes(), err
}
