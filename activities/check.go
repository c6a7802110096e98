package activities

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/nocturne-data/nocturne/internal/store"
	"github.com/nocturne-data/nocturne/schemas"
)

const checkVersion = 2

// A check artifact holds, for each unique key of the contract, the row
// positions that repeat an earlier key (duplicates-N.bin: big-endian int64), and
// for each parent table the hashes of its keys (parent-TABLE.bin).

// Check finds the rows that break a key of the contract: what no block can see
// alone. Of rows with equal keys the first by position stays, however the table
// is cut up. It reads the key columns only.
func (a *Activities) Check(ctx context.Context, in CheckInput) (CheckResult, error) {
	s, _, err := a.table(ctx, in.Plan, in.Snapshot.Table)
	if err != nil {
		return CheckResult{}, temporalError(err)
	}
	var c schemas.Contract
	if err := a.readJSON(ctx, in.Decision, "contract.json", &c); err != nil {
		return CheckResult{}, temporalError(err)
	}
	key, err := a.hashKey(s, "nocturne/keys")
	if err != nil {
		return CheckResult{}, temporalError(err)
	}
	m := &meter{stage: "check", table: in.Snapshot.Table}
	m.total.Store(in.Snapshot.Rows)
	inputs := []store.Digest{in.Snapshot.Digest}
	for _, p := range in.Parents {
		inputs = append(inputs, p.Digest)
	}
	set, err := a.keyset(s)
	if err != nil {
		return CheckResult{}, temporalError(err)
	}
	unique := uniqueKeys(c)
	art, err := a.step(ctx, store.Recipe{
		Step: "check", Version: checkVersion, Part: in.Snapshot.Table, Inputs: inputs,
		// The hashes of parents' keys agree with those of this table under one key
		// alone.
		Spec: map[string]any{"unique": unique, "foreign_keys": c.ForeignKeys, "keys": set.IDs()},
	}, m, func(ctx context.Context, d *store.Draft) error {
		var total int64
		for i, columns := range unique {
			blocks, err := a.keyBlocks(ctx, in.Plan, in.Snapshot, columns, key, m)
			if err != nil {
				return err
			}
			rows := schemas.FindDuplicates(blocks)
			total += int64(len(rows))
			var b bytes.Buffer
			if err := binary.Write(&b, binary.BigEndian, rows); err != nil {
				return err
			}
			if err := d.WriteFile(ctx, duplicatesFile(i), b.Bytes()); err != nil {
				return err
			}
		}
		referenced := map[string][]string{}
		for _, fk := range c.ForeignKeys {
			parent, ok := snapshotOf(in, fk.Table)
			if !ok {
				continue
			}
			if columns, twice := referenced[fk.Table]; twice {
				if !slices.Equal(columns, fk.References) {
					return fail(InvalidSpec, fmt.Errorf("contract of table %s: its foreign keys to table %s refer to different columns, %v and %v: only one key of a table can be referred to", in.Snapshot.Table, fk.Table, columns, fk.References))
				}
				continue
			}
			referenced[fk.Table] = fk.References
			blocks, err := a.keyBlocks(ctx, in.Plan, parent, fk.References, key, m)
			if err != nil {
				return err
			}
			data, err := schemas.NewKeySet(blocks...).MarshalBinary()
			if err != nil {
				return err
			}
			if err := d.WriteFile(ctx, parentFile(fk.Table), data); err != nil {
				return err
			}
		}
		d.Stats = CheckResult{Duplicates: total}
		return nil
	})
	if err != nil {
		return CheckResult{}, err
	}
	var out CheckResult
	if err := art.DecodeStats(&out); err != nil {
		return out, temporalError(err)
	}
	out.Broken = art.Ref()
	return out, nil
}

// snapshotOf finds the snapshot that a foreign key refers to, which may be the
// table itself.
func snapshotOf(in CheckInput, table string) (Snapshot, bool) {
	if table == in.Snapshot.Table {
		return in.Snapshot, true
	}
	for _, p := range in.Parents {
		if p.Table == table {
			return p, true
		}
	}
	return Snapshot{}, false
}

func duplicatesFile(i int) string    { return fmt.Sprintf("duplicates-%d.bin", i) }
func parentFile(table string) string { return "parent-" + table + ".bin" }

// uniqueKeys lists the column sets that must be unique, in the validator's
// order: primary key first.
func uniqueKeys(c schemas.Contract) [][]string {
	var out [][]string
	if len(c.PrimaryKey) > 0 {
		out = append(out, c.PrimaryKey)
	}
	for _, r := range c.Constraints {
		if len(r.Unique) > 0 {
			out = append(out, r.Unique)
		}
	}
	return out
}

// keyBlocks hashes the key columns of a snapshot, block by block.
func (a *Activities) keyBlocks(ctx context.Context, p Plan, snap Snapshot, columns []string, key [16]byte, m *meter) ([]*schemas.KeyBlock, error) {
	rd, err := a.openSnapshot(ctx, p, snap, columns, 0, -1)
	if err != nil {
		return nil, fail(SchemaMismatch, fmt.Errorf("key of table %s: %w", snap.Table, err))
	}
	defer rd.Close()
	h, err := schemas.NewKeyHasher(rd.Schema(), columns, key)
	if err != nil {
		return nil, fail(SchemaMismatch, fmt.Errorf("key of table %s: %w", snap.Table, err))
	}
	var out []*schemas.KeyBlock
	var at int64
	for {
		rec, err := rd.Next(ctx)
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		out = append(out, h.Block(rec, at))
		at += rec.NumRows()
		m.done.Store(min(at, m.total.Load()))
		rec.Release()
	}
}
