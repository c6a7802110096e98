// Package lineage writes what stands beside a published dataset so that other
// tools understand it: the dataset card of Hugging Face, Croissant metadata, and
// OpenLineage events.
//
// All writers take plain values and are pure: the same input gives the same
// bytes, times are arguments, and no data value enters but through fields whose
// content the caller chose to publish.
package lineage

import (
	"errors"
	"fmt"
	"path"
	"regexp"
	"strings"
	"time"
)

// ErrIncomplete is matched by errors about input that lacks what a format
// requires. The error lists every gap.
var ErrIncomplete = errors.New("incomplete metadata")

// Dataset is a published dataset: one or more tables (configs), each in splits,
// each split in files.
type Dataset struct {
	Name        string    // machine name, "census-deid"; required
	Title       string    // for people; empty = Name
	Description string    // plain text or Markdown; required
	Version     string    // semantic version, "1.0.0"; required
	License     string    // SPDX id in lower case as Hugging Face writes it, "cc-by-4.0"; required
	LicenseURL  string    // required by Croissant
	URL         string    // page of the dataset; required by Croissant
	Creator     string    // organisation that publishes; required by Croissant
	Published   time.Time // date of publication; required by Croissant
	Cite        string    // how to cite; optional
	Keywords    []string
	Configs     []Config
	// Privacy says how persons are protected, for Croissant's RAI
	// vocabulary (rai:personalSensitiveInformation); optional.
	Privacy string
	// Synthetic marks rows drawn from a model.
	Synthetic bool
}

// Config is one table.
type Config struct {
	Name        string // "default" where there is one table only
	Description string
	Fields      []Field
	Splits      []Split
}

// Split is a named part of a table.
type Split struct {
	Name  string // "train", "test", ...
	Files []File
}

// File is one Parquet file.
type File struct {
	Path   string // relative to the dataset's root, with forward slashes
	SHA256 string // 64 hexadecimal digits
	Bytes  int64
	Rows   int64
}

// Field is one column. Exactly one of HuggingFace with Croissant, List and
// Struct is set.
type Field struct {
	Name        string
	Description string
	HuggingFace string  // dtype of a scalar: "string", "timestamp[us, tz=UTC]"
	Croissant   string  // dataType of a scalar: "sc:Text", "sc:Integer"
	List        *Field  // item of a list; its Name is not used
	Struct      []Field // fields of a struct
}

// rows and bytes add up a split's files.
func (s Split) rows() (n int64) {
	for _, f := range s.Files {
		n += f.Rows
	}
	return n
}

func (s Split) bytes() (n int64) {
	for _, f := range s.Files {
		n += f.Bytes
	}
	return n
}

func (c Config) rows() (n int64) {
	for _, s := range c.Splits {
		n += s.rows()
	}
	return n
}

func (c Config) bytes() (n int64) {
	for _, s := range c.Splits {
		n += s.bytes()
	}
	return n
}

// shardName is the ending that sharded Parquet files have on the Hub.
var (
	shardName = regexp.MustCompile(`^(.+)-\d{5}-of-\d{5}\.parquet$`)
	plainName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)
	sha256Hex = regexp.MustCompile(`^[0-9a-f]{64}$`)
)

// patterns returns the globs that select exactly the files of a split: one
// pattern where all of them are numbered shards of one stem, else the paths.
func (s Split) patterns() []string {
	stem := ""
	paths := make([]string, len(s.Files))
	same := true
	for i, f := range s.Files {
		paths[i] = f.Path
		m := shardName.FindStringSubmatch(f.Path)
		if m == nil || i > 0 && m[1] != stem {
			same = false
			continue
		}
		stem = m[1]
	}
	if same && stem != "" {
		return []string{stem + "-*.parquet"}
	}
	return paths
}

// check lists what is wrong with the parts that all formats need.
func (d Dataset) check() (gaps []string) {
	need := func(ok bool, format string, args ...any) {
		if !ok {
			gaps = append(gaps, fmt.Sprintf(format, args...))
		}
	}
	need(plainName.MatchString(d.Name), "name: must be letters, digits, dots, dashes and underscores")
	need(d.Description != "", "description: is empty")
	need(d.License != "", "license: is empty")
	need(len(d.Configs) > 0, "configs: is empty")
	configs, files := map[string]bool{}, map[string]bool{}
	for _, c := range d.Configs {
		need(plainName.MatchString(c.Name), "config %q: name must be letters, digits, dots, dashes and underscores", c.Name)
		need(!configs[c.Name], "config %q: is listed twice", c.Name)
		configs[c.Name] = true
		need(len(c.Fields) > 0, "config %q: has no fields", c.Name)
		for _, f := range c.Fields {
			gaps = append(gaps, f.check("config "+c.Name+": field "+f.Name)...)
		}
		need(len(c.Splits) > 0, "config %q: has no splits", c.Name)
		splits := map[string]bool{}
		for _, s := range c.Splits {
			need(plainName.MatchString(s.Name), "config %q: split %q: name must be letters, digits, dots, dashes and underscores", c.Name, s.Name)
			need(!splits[s.Name], "config %q: split %q: is listed twice", c.Name, s.Name)
			splits[s.Name] = true
			need(len(s.Files) > 0, "config %q: split %q: has no files", c.Name, s.Name)
			for _, f := range s.Files {
				need(f.Path != "" && !path.IsAbs(f.Path) && path.Clean(f.Path) == f.Path && !strings.HasPrefix(f.Path, ".."), "file %q: path must be relative and clean", f.Path)
				need(!files[f.Path], "file %q: is listed twice", f.Path)
				files[f.Path] = true
			}
		}
	}
	return gaps
}

func (f Field) check(at string) (gaps []string) {
	kinds := 0
	for _, set := range []bool{f.HuggingFace != "" || f.Croissant != "", f.List != nil, f.Struct != nil} {
		if set {
			kinds++
		}
	}
	switch {
	case kinds != 1:
		gaps = append(gaps, at+": must have exactly one of a scalar type, a list and a struct")
	case f.List != nil:
		gaps = append(gaps, f.List.check(at+"[]")...)
	case f.Struct == nil && (f.HuggingFace == "" || f.Croissant == ""):
		gaps = append(gaps, at+": needs both type names, of Hugging Face and of Croissant")
	}
	for _, inner := range f.Struct {
		gaps = append(gaps, inner.check(at+"."+inner.Name)...)
	}
	return gaps
}

func incomplete(what string, gaps []string) error {
	if len(gaps) == 0 {
		return nil
	}
	return fmt.Errorf("lineage: %s: %w:\n  %s", what, ErrIncomplete, strings.Join(gaps, "\n  "))
}
