package files

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/nocturne-data/nocturne/internal/tabular"
)

// Parts returns the files that make up the table at path: itself, the files of
// a folder in name order, or those that a glob matches in name order. Names
// that begin with "." or "_" are not parts. All parts must have one format. A
// path without any is ErrMissing.
func Parts(path string) ([]string, error) {
	missing := func(err error) error { return &tabular.Error{File: path, Kind: tabular.ErrMissing, Err: err} }
	info, err := os.Stat(path)
	var names []string
	switch {
	case err == nil && !info.IsDir():
		return []string{path}, nil
	case err == nil:
		if names, err = folder(path); err != nil {
			return nil, err
		}
	case errors.Is(err, fs.ErrNotExist) && strings.ContainsAny(path, "*?["):
		matches, err := filepath.Glob(path)
		if err != nil {
			return nil, missing(fmt.Errorf("the pattern is malformed: %w", err))
		}
		for _, m := range matches {
			if info, err := os.Stat(m); err == nil && !info.IsDir() && !hidden(m) {
				names = append(names, m)
			}
		}
	case errors.Is(err, fs.ErrNotExist):
		return nil, missing(errors.New("no such file or folder"))
	default:
		return nil, &tabular.Error{File: path, Err: plainCause(err)}
	}
	if len(names) == 0 {
		return nil, missing(errors.New("no file of a known format in it"))
	}
	slices.Sort(names)
	first, _, err := Format(names[0])
	if err != nil {
		return nil, err
	}
	for _, n := range names[1:] {
		format, _, err := Format(n)
		if err != nil {
			return nil, err
		}
		if format != first {
			return nil, &tabular.Error{File: path, Err: fmt.Errorf("parts of different formats: %s and %s", filepath.Base(names[0]), filepath.Base(n))}
		}
	}
	return names, nil
}

// folder lists the parts of a folder; files of no known format beside them,
// such as a README or a manifest, are passed over.
func folder(path string) ([]string, error) {
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, &tabular.Error{File: path, Err: plainCause(err)}
	}
	var names []string
	for _, e := range entries {
		if e.IsDir() || hidden(e.Name()) {
			continue
		}
		if _, _, err := Format(e.Name()); err == nil {
			names = append(names, filepath.Join(path, e.Name()))
		}
	}
	return names, nil
}

func hidden(path string) bool {
	base := filepath.Base(path)
	return strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_")
}

// plainCause drops the path that *fs.PathError repeats.
func plainCause(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}

// opened is a file on disk as tabular.File.
func opened(path string) (tabular.File, *os.File, error) {
	f, err := os.Open(path)
	if err != nil {
		e := &tabular.Error{File: path, Err: plainCause(err)}
		if errors.Is(err, fs.ErrNotExist) {
			e.Kind = tabular.ErrMissing
		}
		return tabular.File{}, nil, e
	}
	info, err := f.Stat()
	if err != nil {
		_ = f.Close()
		return tabular.File{}, nil, &tabular.Error{File: path, Err: plainCause(err)}
	}
	return tabular.File{Name: path, Body: f, Size: info.Size()}, f, nil
}
