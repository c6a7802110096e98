package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"sync/atomic"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/nocturne-data/nocturne/anonymize"
	"github.com/nocturne-data/nocturne/anonymize/proof"
	"github.com/nocturne-data/nocturne/internal/parallel"
	"github.com/nocturne-data/nocturne/internal/tabular"
	"github.com/nocturne-data/nocturne/internal/tabular/files"
	"github.com/nocturne-data/nocturne/schemas/semantic"
)

// passValues bounds the distinct protected values that one pass of the proof
// holds: three quarters of 2^23 slots, the most that proof's table of 75 MB takes
// before it doubles. Anchors and growing add about 250 MB; the blocks in flight
// need the rest of the gigabyte.
const passValues = 6 << 20

// proving looks for what must be gone.
//
// While the table is transformed, each block's output is compared with its
// input, row by row, and the protected values are collected. What was written is
// then read again and searched for the values of the whole table. When they do
// not fit in one pass they are dropped, and each of several passes reads the
// input again for its share: memory does not depend on the number of rows, time
// grows with its square.
type proving struct {
	opt     proof.Options
	target  proof.Target
	kept    []string // columns that are published as they are
	scanned []string // output columns to search
	policy  string
	keyIDs  []string

	compared *proof.Scanner   // the comparison of all blocks
	none     *proof.Collector // holds nothing
	values   *proof.Collector // of the blocks so far; empty once full
	full     atomic.Bool      // more values than one pass holds
	perRow   float64          // distinct values a row, where they stopped fitting
}

func newProving(plan *anonymize.Plan, keyIDs []string) (*proving, error) {
	p := &proving{
		opt:  proof.Options{Key: make([]byte, 32), MaxValues: passValues},
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
	if p.values, err = proof.NewCollector(p.opt); err != nil {
		return nil, err
	}
	if p.none, err = proof.NewCollector(p.opt); err != nil {
		return nil, err
	}
	p.compared = proof.NewScanner(p.none, p.target)
	return p, nil
}

// provenBlock is what one block adds.
type provenBlock struct {
	values   *proof.Collector // nil = more than one pass holds
	compared *proof.Scanner
}

// block compares a block's output with its input and collects its values. It
// is called by several goroutines.
func (p *proving) block(ctx context.Context, out, in arrow.Record, first int64) (provenBlock, error) {
	b := provenBlock{compared: proof.NewScanner(p.none, p.target)}
	if err := b.compared.Scan(ctx, out, in, first); err != nil || p.full.Load() {
		return b, err
	}
	var err error
	b.values, err = p.collect(in, p.opt)
	if errors.Is(err, proof.ErrFull) {
		b.values, err = nil, nil
	}
	return b, err
}

func (p *proving) collect(in arrow.Record, opt proof.Options) (*proof.Collector, error) {
	values, err := proof.NewCollector(opt)
	if err != nil {
		return nil, err
	}
	if err := values.Add(in, p.target.Columns); err != nil {
		return nil, err
	}
	return values, values.AddPublic(in, p.kept)
}

// add takes in the next block; rows is the number of rows so far.
func (p *proving) add(b provenBlock, rows int64) error {
	p.compared.Merge(b.compared)
	if p.full.Load() {
		return nil
	}
	err := proof.ErrFull
	if b.values != nil {
		err = p.values.Merge(b.values)
	}
	if errors.Is(err, proof.ErrFull) {
		p.perRow = float64(max(p.values.Values(), passValues)) / float64(max(rows, 1))
		p.values = p.none
		p.full.Store(true)
		return nil
	}
	return err
}

// prove returns the result over what was written, and the number of passes that
// it took.
func (d *deidentification) prove(ctx context.Context, rows int64) (proof.Result, int, error) {
	p := d.proof
	compared := p.compared.Result(p.policy, p.keyIDs)
	if compared.Err() != nil {
		return compared, 0, nil // no need to search further
	}
	if !p.full.Load() {
		r, err := d.search(ctx, p.values)
		return r, 1, err
	}
	p.values = nil
	passes := int(math.Ceil(1.1 * p.perRow * float64(rows) / passValues))
	for {
		r, err := d.searchInPasses(ctx, passes)
		if !errors.Is(err, proof.ErrFull) {
			return r, passes, err
		}
		passes = passes*3/2 + 1
	}
}

func (d *deidentification) searchInPasses(ctx context.Context, passes int) (proof.Result, error) {
	var out proof.Result
	for i := range passes {
		values, err := d.collectAgain(ctx, passes, i)
		if err != nil {
			return out, err
		}
		r, err := d.search(ctx, values)
		if err != nil {
			return out, err
		}
		if i == 0 {
			out = r
		} else {
			out = out.Join(r)
		}
	}
	return out, nil
}

// collectAgain reads the input for the values of one pass.
func (d *deidentification) collectAgain(ctx context.Context, passes, pass int) (*proof.Collector, error) {
	opt := d.proof.opt
	opt.Shards, opt.Shard = passes, pass
	all, err := proof.NewCollector(opt)
	if err != nil {
		return nil, err
	}
	columns := slices.Clone(d.proof.kept)
	for _, c := range d.proof.target.Columns {
		columns = append(columns, c.Name)
	}
	// Rows that broke the contract are among these: their values, too, must
	// not be in the output.
	rd, err := d.in.openFast(ctx, columns)
	if err != nil {
		return nil, err
	}
	defer rd.Close()
	return all, parallel.Stream(ctx, d.workers, rd.Next,
		func(_ context.Context, _ int, rec arrow.Record) (*proof.Collector, error) {
			defer rec.Release()
			return d.proof.collect(rec, opt)
		},
		func(_ int, one *proof.Collector) error { return all.Merge(one) })
}

// search looks for collected values in what was written: in cells and texts, in
// statistics, dictionaries and metadata.
func (d *deidentification) search(ctx context.Context, values *proof.Collector) (proof.Result, error) {
	p := d.proof
	target := proof.Target{Columns: p.target.Columns, Coded: p.target.Coded}
	sum := proof.NewScanner(values, target)
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

func (d *deidentification) searchRows(ctx context.Context, rd tabular.Reader, sum *proof.Scanner, values *proof.Collector, target proof.Target) error {
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
			one := proof.NewScanner(values, target)
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
