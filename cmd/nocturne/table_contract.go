package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/nocturne-data/nocturne/anonymize/detect"
	"github.com/nocturne-data/nocturne/internal/tabular"
	"github.com/nocturne-data/nocturne/schemas"
	"github.com/nocturne-data/nocturne/schemas/semantic"
	"github.com/spf13/cobra"
)

func contractFlag(c *cobra.Command, path *string, help string) {
	c.Flags().StringVar(path, "contract", "", help)
}

// loadContract reads a contract file.
func loadContract(path string) (schemas.Contract, error) {
	data, err := readable("--contract", path)
	if err != nil {
		return schemas.Contract{}, err
	}
	c, err := schemas.DecodeYAML(bytes.NewReader(data))
	if err != nil {
		return c, usageError{fmt.Errorf("%s: %w", path, err)}
	}
	return c, nil
}

// examined is what a look at a table says: its profile (nil unless asked for)
// and what its columns mean.
type examined struct {
	profile *schemas.Profile
	report  detect.Report
}

// examine reads a table once: all of it for a profile, else the rows that
// detection wants.
func examine(ctx context.Context, table string, rd tabular.Reader, profiled bool) (examined, error) {
	var out examined
	scan, err := detect.NewScan(table, rd.Schema(), detect.Options{})
	if err != nil {
		return out, err
	}
	if profiled {
		var key [16]byte
		_, _ = rand.Read(key[:]) // never fails since Go 1.24
		if out.profile, err = schemas.NewProfile(rd.Schema(), schemas.ProfileOptions{Key: key}); err != nil {
			return out, err
		}
	}
	for profiled || !scan.Full() {
		rec, err := rd.Next(ctx)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return out, err
		}
		scan.Add(rec)
		if profiled {
			err = out.profile.Add(rec)
		}
		rec.Release()
		if err != nil {
			return out, err
		}
	}
	out.report = scan.Report()
	return out, nil
}

// annotations are what detection says, for a contract.
func (e examined) annotations() map[string]schemas.Annotation {
	out := make(map[string]schemas.Annotation, len(e.report.Columns))
	for _, c := range e.report.Columns {
		out[c.Name] = schemas.Annotation{Semantic: c.Semantic, Class: c.Class, Probability: c.Probability}
	}
	return out
}

// contract drafts the table's contract from a full profile.
func (e examined) contract(table string) schemas.Contract {
	return schemas.Infer(table, e.profile, e.annotations()).WithDefaults()
}

// unsure names the columns that detection would ask people about.
func (e examined) unsure() []string {
	var out []string
	for _, c := range e.report.Columns {
		if c.Unsure {
			out = append(out, c.Name)
		}
	}
	return out
}

// safeContract describes a table that has no contract, for a policy: the types
// it has, no rules, and for each column the detected meaning, or the most
// protective class where detection is unsure. It reads the first rows only.
func safeContract(ctx context.Context, in *tableInput) (schemas.Contract, []string, error) {
	rd, err := in.open(ctx, tabular.ReadOptions{})
	if err != nil {
		return schemas.Contract{}, nil, err
	}
	defer rd.Close()
	c, err := schemas.FromArrow(in.name, rd.Schema())
	if err != nil {
		return c, nil, err
	}
	e, err := examine(ctx, in.name, rd, false)
	if err != nil {
		return c, nil, err
	}
	notes := e.annotations()
	unsure := map[string]bool{}
	for _, name := range e.unsure() {
		unsure[name] = true
	}
	for i := range c.Fields {
		f := &c.Fields[i]
		// Rows that detection did not see may hold nulls.
		f.Nullable = true
		n, ok := notes[f.Name]
		if !ok {
			continue
		}
		f.Semantic = n.Semantic
		f.Class = n.Class
		if unsure[f.Name] {
			f.Class = semantic.DirectIdentifier
		}
	}
	return c.WithDefaults(), e.unsure(), nil
}

// contractOf is the contract that --contract names, or a safe one. Fields that
// the contract leaves open get the detected class, or the most protective one
// where detection is unsure.
func contractOf(ctx context.Context, c *cobra.Command, in *tableInput, path string) (schemas.Contract, error) {
	if path == "" {
		contract, unsure, err := safeContract(ctx, in)
		if err != nil {
			return contract, err
		}
		note(c, "no --contract: meanings detected from the first rows of %s", in.name)
		for _, name := range unsure {
			note(c, "  column %q: unsure, treated as a direct identifier; write a contract to decide (`nocturne inspect --contract`)", name)
		}
		return contract, nil
	}
	data, err := readable("--contract", path)
	if err != nil {
		return schemas.Contract{}, err
	}
	contract, err := schemas.DecodeDraft(bytes.NewReader(data))
	if err != nil {
		return contract, usageError{fmt.Errorf("%s: %w", path, err)}
	}
	if err := closeOpenFields(ctx, c, in, &contract); err != nil {
		return contract, err
	}
	if err := contract.Validate(); err != nil {
		return contract, usageError{fmt.Errorf("%s: %w", path, err)}
	}
	return contract, nil
}

func closeOpenFields(ctx context.Context, c *cobra.Command, in *tableInput, contract *schemas.Contract) error {
	open := func(f schemas.Field) bool { return f.Class == "" }
	if !slices.ContainsFunc(contract.Fields, open) {
		return nil
	}
	detected, unsure, err := safeContract(ctx, in)
	if err != nil {
		return err
	}
	for i := range contract.Fields {
		f := &contract.Fields[i]
		d, ok := detected.Field(f.Name)
		if !open(*f) || !ok {
			continue
		}
		f.Class = d.Class
		if f.Semantic == "" {
			f.Semantic = d.Semantic
		}
		if slices.Contains(unsure, f.Name) {
			note(c, "column %q: its class is open and detection is unsure; treated as a direct identifier", f.Name)
		}
	}
	return nil
}
