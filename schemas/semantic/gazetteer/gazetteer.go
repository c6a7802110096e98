// Package gazetteer holds the small name, word and place lists that ship in
// the binary. Look-ups take lower-case text and are safe for concurrent use;
// lists unpack on first use (about 30 ms, 12 MB in all). Origins and licences:
// data/README.md.
package gazetteer

import (
	"bytes"
	"compress/gzip"
	"embed"
	"io"
	"strings"
	"sync"
)

//go:embed data
var files embed.FS

// text returns an embedded file, unpacked. The files are part of the binary,
// so a fault here is a build fault.
func text(name string) string {
	raw, err := files.ReadFile("data/" + name)
	if err != nil {
		panic("gazetteer: " + err.Error())
	}
	if !strings.HasSuffix(name, ".gz") {
		return string(raw)
	}
	z, err := gzip.NewReader(bytes.NewReader(raw))
	if err != nil {
		panic("gazetteer: " + name + ": " + err.Error())
	}
	out, err := io.ReadAll(z)
	if err != nil {
		panic("gazetteer: " + name + ": " + err.Error())
	}
	return string(out)
}

func lines(name string) []string {
	return strings.Split(strings.TrimSuffix(text(name), "\n"), "\n")
}

func set(name string) map[string]struct{} {
	ls := lines(name)
	m := make(map[string]struct{}, len(ls))
	for _, l := range ls {
		m[l] = struct{}{}
	}
	return m
}

var (
	givenNames = sync.OnceValue(func() map[string]byte {
		ls := lines("given.txt.gz")
		m := make(map[string]byte, len(ls))
		for _, l := range ls {
			m[l[:len(l)-2]] = l[len(l)-1]
		}
		return m
	})
	surnames = sync.OnceValue(func() map[string]struct{} { return set("surnames.txt.gz") })
	words    = sync.OnceValue(func() map[string]struct{} { return set("words.txt.gz") })
)

// Given tells whether name is a known given name, and its gender: 'f', 'm' or
// 'u' (both or unknown).
func Given(name string) (gender byte, ok bool) {
	g, ok := givenNames()[name]
	return g, ok
}

// Surname tells whether name is a known family name.
func Surname(name string) bool {
	_, ok := surnames()[name]
	return ok
}

// Word tells whether w is a common English word (of two letters or more).
func Word(w string) bool {
	_, ok := words()[w]
	return ok
}
