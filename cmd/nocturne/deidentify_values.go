package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/nocturne-data/nocturne/anonymize/proof"
)

// partValues is how many distinct hashes are gathered before they go to disk:
// about 40 MB of memory, and few enough parts that merging them needs no more
// than a small buffer each.
const partValues = 1_000_000

// valueFile keeps the hashes of a table's protected values on disk: first as
// parts, one behind the other, then as the index of all of them. The hashes are
// keyed with a secret that never leaves the process, and the files are readable
// by their owner only.
type valueFile struct {
	dir     string
	opt     proof.Options
	per     int              // hashes a part
	current *proof.Collector // of the part that is not yet written
	parts   *os.File
	sizes   []int64 // bytes of each part
	merged  *os.File
}

func createValueFile(dir string, opt proof.Options) (*valueFile, error) {
	v := &valueFile{dir: dir, opt: opt, per: partValues}
	var err error
	if v.current, err = proof.NewCollector(opt); err != nil {
		return nil, err
	}
	v.parts, err = os.CreateTemp(dir, ".parts-*")
	return v, err
}

// add takes in the values of a block.
func (v *valueFile) add(block *proof.Collector) error {
	if err := v.current.Merge(block); err != nil {
		return err
	}
	if v.current.Size() < v.per {
		return nil
	}
	return v.spill()
}

// spill writes the current part and begins the next one.
func (v *valueFile) spill() error {
	n, err := v.parts.Write(v.current.Marshal())
	if err != nil {
		return fmt.Errorf("put protected values aside: %w", err)
	}
	v.sizes = append(v.sizes, int64(n))
	v.current, err = proof.NewCollector(v.opt)
	return err
}

// index merges all parts and opens the result, which is valid until close. No
// values can be added after it.
func (v *valueFile) index(ctx context.Context) (*proof.Index, error) {
	if err := v.spill(); err != nil {
		return nil, err
	}
	v.current = nil
	sections := make([]*io.SectionReader, len(v.sizes))
	var at int64
	for i, n := range v.sizes {
		sections[i] = io.NewSectionReader(v.parts, at, n)
		at += n
	}
	var err error
	if v.merged, err = os.CreateTemp(v.dir, ".index-*"); err != nil {
		return nil, err
	}
	if _, err := proof.WriteIndex(ctx, v.merged, sections, v.opt); err != nil {
		return nil, err
	}
	if err := errors.Join(v.parts.Close(), os.Remove(v.parts.Name())); err != nil {
		return nil, err
	}
	info, err := v.merged.Stat()
	if err != nil {
		return nil, err
	}
	return proof.OpenIndex(v.merged, info.Size(), v.opt)
}

// close removes the files.
func (v *valueFile) close() {
	for _, f := range []*os.File{v.parts, v.merged} {
		if f != nil {
			_ = f.Close()
			_ = os.Remove(f.Name())
		}
	}
}
