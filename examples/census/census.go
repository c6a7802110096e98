// Package census is the example night: the UCI Adult table with identities that
// nobody has, and a second table of contacts with those people.
//
// The 15 census columns are real (UCI Machine Learning Repository, CC BY 4.0).
// Every name, address, number and note is generated from a seed; any likeness
// is chance.
package census

import (
	"bytes"
	"compress/gzip"
	"context"
	"embed"
	"encoding/csv"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"github.com/nocturne-data/nocturne/internal/rng"
	"github.com/nocturne-data/nocturne/schemas/semantic"
)

//go:embed adult.csv.gz
var adult []byte

//go:embed pipeline.yaml policy.yaml keys.json contracts README.md
var files embed.FS

// Seed is the example's own seed: the same people on every machine.
const Seed = 20260101

// year is the year of the census; ages are as of its end.
const year = 1994

// Write lays the example out in dir: pipeline, policy, contracts and the two
// tables. Files that are there already are replaced.
func Write(ctx context.Context, dir string) error {
	if err := writeFiles(dir); err != nil {
		return fmt.Errorf("census example: %w", err)
	}
	data := filepath.Join(dir, "data")
	if err := os.MkdirAll(data, 0o700); err != nil {
		return fmt.Errorf("census example: %w", err)
	}
	people, err := replace(filepath.Join(data, "people.csv.gz"))
	if err != nil {
		return fmt.Errorf("census example: %w", err)
	}
	defer people.drop()
	contacts, err := replace(filepath.Join(data, "contacts.csv.gz"))
	if err != nil {
		return fmt.Errorf("census example: %w", err)
	}
	defer contacts.drop()
	if err := Generate(ctx, people, contacts); err != nil {
		return fmt.Errorf("census example: %w", err)
	}
	if err := people.commit(); err != nil {
		return fmt.Errorf("census example: %w", err)
	}
	if err := contacts.commit(); err != nil {
		return fmt.Errorf("census example: %w", err)
	}
	return nil
}

func writeFiles(dir string) error {
	return fs.WalkDir(files, ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		to := filepath.Join(dir, filepath.FromSlash(name))
		if e.IsDir() {
			return os.MkdirAll(to, 0o700)
		}
		text, err := files.ReadFile(name)
		if err != nil {
			return err
		}
		return os.WriteFile(to, text, 0o600)
	})
}

// Generate writes both tables as CSV. The bytes depend on nothing but Seed.
func Generate(ctx context.Context, people, contacts io.Writer) error {
	z, err := gzip.NewReader(bytes.NewReader(adult))
	if err != nil {
		return err
	}
	in := csv.NewReader(z)
	in.ReuseRecord = true
	header, err := in.Read()
	if err != nil {
		return err
	}
	out, calls := csv.NewWriter(people), csv.NewWriter(contacts)
	if err := out.Write(append(append([]string{}, identityColumns...), append(header, "note")...)); err != nil {
		return err
	}
	if err := calls.Write(contactColumns); err != nil {
		return err
	}
	gen := newGenerator()
	contact := 0
	for i := 0; ; i++ {
		row, err := in.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		if i%4096 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		for k, v := range row {
			if v == "NA" {
				row[k] = ""
			}
		}
		p := gen.person(i, row)
		if err := out.Write(p.record(row)); err != nil {
			return err
		}
		for _, c := range gen.contacts(i, row, p) {
			contact++
			c[0] = "C" + strconv.Itoa(1_000_000+contact)
			if err := calls.Write(c); err != nil {
				return err
			}
		}
	}
	out.Flush()
	calls.Flush()
	if err := out.Error(); err != nil {
		return err
	}
	return calls.Error()
}

// generator draws identities; each person has a stream of her own, so that the
// table can be cut anywhere without changing anybody.
type generator struct{ email, phone, ssn, street, first, last semantic.Type }

func newGenerator() *generator {
	get := func(name string) semantic.Type {
		t, ok := semantic.Lookup(name)
		if !ok {
			panic("census: no semantic type " + name) // the list is fixed at build time
		}
		return t
	}
	return &generator{get("email"), get("phone"), get("us_ssn"), get("street_address"), get("first_name"), get("last_name")}
}

func stream(i int, purpose string) *randSource { return rng.New(Seed, "census/"+purpose, uint64(i)) }
