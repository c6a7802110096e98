package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"math"
	"os"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/nocturne-data/nocturne/anonymize"
	"github.com/nocturne-data/nocturne/anonymize/proof"
	"github.com/nocturne-data/nocturne/internal/parallel"
	"github.com/nocturne-data/nocturne/internal/tabular"
	"github.com/nocturne-data/nocturne/internal/tabular/files"
	"github.com/nocturne-data/nocturne/schemas/semantic"
)

// proving looks for what must be gone.
//
// While the table is transformed, each block's output is compared with its
// input, row by row, and the protected values are put aside. What was written is
// then read once and searched for the values of the whole table: time is linear
// in the rows, memory does not depend on them.
type proving struct {
	opt     proof.Options
	target  proof.Target
	kept    []string // columns that are published as they are
	scanned []string // output columns to search
	policy  string
	keyIDs  []string

	none     *proof.Collector // holds nothing
	compared *proof.Scanner   // the comparison of all blocks
	values   *valueFile
}

// newProving prepares the proof of a run, with temporary files in dir.
func newProving(plan *anonymize.Plan, keyIDs []string, dir string) (*proving, error) {
	p := &proving{
		// A collector never holds more than a block and partValues, so that it
		// needs no bound of its own.
		opt:  proof.Options{Key: make([]byte, 32), MaxValues: math.MaxInt},
		kept: plan.Kept(), policy: plan.Digest(), keyIDs: keyIDs,
	}
	_, _ = rand.Read(p.opt.Key) // never fails since Go 1.24
	for _, f := range plan.Hidden() {
		p.target.Columns = append(p.target.Columns, proof.Column{Name: f.Name, Semantic: f.Semantic, Direct: f.Class == semantic.DirectIdentifier})
	}
	p.target.Invented, p.target.Coded = plan.Invented(), plan.Coded()
	for _, f := range plan.OutputSchema().Fields() {
		if !slices.Contains(p.target.Invented, f.Name) {
			p.scanned = append(p.scanned, f.Name)
		}
	}
	var err error
	if p.none, err = proof.NewCollector(p.opt); err != nil {
		return nil, err
	}
	p.compared = proof.NewScanner(p.none, p.target)
	p.values, err = createValueFile(dir, p.opt)
	return p, err
}

// close removes the temporary files.
func (p *proving) close() { p.values.close() }

// provenBlock is what one block adds.
type provenBlock struct {
	values   *proof.Collector
	compared *proof.Scanner
}

// block compares a block's output with its input and collects its values. It
// is called by several goroutines.
func (p *proving) block(ctx context.Context, out, in arrow.Record, first int64) (provenBlock, error) {
	b := provenBlock{compared: proof.NewScanner(p.none, p.target)}
	if err := b.compared.Compare(ctx, out, in, first); err != nil {
		return b, err
	}
	var err error
	if b.values, err = proof.NewCollector(p.opt); err != nil {
		return b, err
	}
	if err := b.values.Add(in, p.target.Columns); err != nil {
		return b, err
	}
	return b, b.values.AddPublic(in, p.kept)
}

// add takes in the next block.
func (p *proving) add(b provenBlock) error {
	p.compared.Merge(b.compared)
	return p.values.add(b.values)
}

// prove returns the result over what was written.
func (d *deidentification) prove(ctx context.Context) (proof.Result, error) {
	p := d.proof
	compared := p.compared.Result(p.policy, p.keyIDs)
	if compared.Err() != nil {
		return compared, nil // no need to search further
	}
	values, err := p.values.index(ctx)
	if err != nil {
		return proof.Result{}, err
	}
	return d.search(ctx, values)
}

// search looks for the table's values in what was written: in cells and texts,
// in statistics, dictionaries and metadata.
func (d *deidentification) search(ctx context.Context, values *proof.Index) (proof.Result, error) {
	p := d.proof
	target := proof.Target{Columns: p.target.Columns, Coded: p.target.Coded}
	sum := proof.NewIndexScanner(values, target)
	parts, err := files.Parts(d.out.work)
	if err != nil {
		return proof.Result{}, err
	}
	for _, name := range parts {
		if err := scanFile(sum, name, d.plan.Protected()); err != nil {
			return proof.Result{}, err
		}
	}
	if len(p.scanned) > 0 {
		written := &tableInput{path: d.out.work, format: d.out.ending()}
		rd, err := written.reopen(ctx, d.plan.OutputSchema(), p.scanned)
		if err != nil {
			return proof.Result{}, fmt.Errorf("read what was written: %w", err)
		}
		defer rd.Close()
		if err := d.searchRows(ctx, rd, sum, values, target); err != nil {
			return proof.Result{}, err
		}
	}
	return sum.Result(p.policy, p.keyIDs), nil
}

func (d *deidentification) searchRows(ctx context.Context, rd tabular.Reader, sum *proof.Scanner, values *proof.Index, target proof.Target) error {
	var first int64
	type block struct {
		rec   arrow.Record
		first int64
	}
	return parallel.Stream(ctx, d.workers,
		func(ctx context.Context) (block, error) {
			rec, err := rd.Next(ctx)
			if err != nil {
				return block{}, err
			}
			b := block{rec, first}
			first += rec.NumRows()
			return b, nil
		},
		func(ctx context.Context, _ int, b block) (*proof.Scanner, error) {
			defer b.rec.Release()
			one := proof.NewIndexScanner(values, target)
			return one, one.Scan(ctx, b.rec, nil, b.first)
		},
		func(_ int, one *proof.Scanner) error {
			sum.Merge(one)
			return nil
		})
}

func scanFile(s *proof.Scanner, name string, protected []string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	return s.ScanFile(tabular.File{Name: name, Body: f, Size: info.Size()}, protected)
}
