package keys

import (
	"fmt"
	"os"
	"runtime"
	"strings"
)

// Load reads a keyset from where source says:
//
//   - "env:NAME": the environment variable NAME holds the document;
//   - "file:PATH" or PATH: a file that only its owner may read (mode 0600 or
//     stricter, else ErrMode).
//
// Either document may be wrapped by a key management service, see Parse.
func Load(source string) (*Keyset, error) {
	if name, ok := strings.CutPrefix(source, "env:"); ok {
		v, ok := os.LookupEnv(name)
		if !ok || v == "" {
			return nil, fmt.Errorf("keys: environment variable %s is not set", name)
		}
		return Parse([]byte(v))
	}
	path := strings.TrimPrefix(source, "file:")
	if strings.Contains(path, "://") {
		return nil, fmt.Errorf("keys: %q: give the wrapped keyset file, which names its own KMS key", clip(source))
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("keys: %w (create it with `nocturne keys new`)", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("keys: %w", err)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("%s: %w", path, ErrMode)
	}
	if info.Size() > 1<<20 {
		return nil, fmt.Errorf("keys: %s is too large to be a keyset", path)
	}
	data := make([]byte, info.Size())
	if _, err := f.ReadAt(data, 0); err != nil {
		return nil, fmt.Errorf("keys: %w", err)
	}
	return Parse(data)
}
