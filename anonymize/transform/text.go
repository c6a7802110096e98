package transform

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"unicode/utf8"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/nocturne-data/nocturne/schemas/semantic"
)

// TextParams are the parameters of text.
type TextParams struct {
	// Replace is "placeholder" (default: [PERSON], [PHONE], …) or "surrogate":
	// an invented value of the same type, keyed by what it replaces, and a
	// placeholder where none can be made.
	Replace string `json:"replace,omitempty" jsonschema:"enum=placeholder,enum=surrogate"`
	// Known are the columns of the same row whose values must not stay in the
	// text. A plan fills in the table's direct identifiers.
	Known []KnownColumn `json:"known,omitempty"`
	// Threshold is the probability from which a detected span is replaced;
	// default 0.3: a hole in a text harms less than a name.
	Threshold float64 `json:"threshold,omitempty"`
	// Key names the derived key of surrogates; default "text".
	Key string `json:"key,omitempty"`
}

// KnownColumn is a column of identifiers and its semantic type.
type KnownColumn struct {
	Column   string `json:"column"`
	Semantic string `json:"semantic,omitempty"`
}

// text replaces identifying spans of free text: those that a detector finds and
// every occurrence of the row's own identifiers.
type text struct {
	col    Column
	params TextParams
	props  Properties
	key    []byte
}

func newText(spec Spec, col Column, keys Keys) (Transform, error) {
	p := TextParams{Threshold: .3, Key: "text"}
	if err := params(spec, &p); err != nil {
		return nil, err
	}
	var errs []error
	if t := valueType(col.Type).ID(); t != arrow.STRING && t != arrow.LARGE_STRING {
		errs = append(errs, fmt.Errorf("does not apply to type %s; text only", col.Type))
	}
	if p.Threshold <= 0 || p.Threshold > 1 {
		errs = append(errs, errors.New("parameter threshold must lie in (0, 1]"))
	}
	for _, k := range p.Known {
		if k.Column == "" {
			errs = append(errs, errors.New("parameter known: a column has no name"))
		}
	}
	t := &text{col: col, params: p, props: Properties{Deterministic: true, Leaks: []string{"length", "null"}}}
	switch p.Replace {
	case "", "placeholder":
	case "surrogate":
		var err error
		t.key, err = derive(keys, "surrogate/"+p.Key)
		errs = append(errs, err)
		t.props.NeedsKey, t.props.FormatPreserving = true, true
		t.props.Leaks = []string{"equality", "length", "null"}
	default:
		errs = append(errs, fmt.Errorf("parameter replace %q is none of placeholder, surrogate", p.Replace))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return t, nil
}

// OutputType is the plain text type: known values come from the row.
func (t *text) OutputType() arrow.DataType { return textType(t.col.Type) }
func (t *text) Properties() Properties     { return t.props }

func (t *text) Apply(ctx context.Context, rec arrow.Record, col int) (arrow.Array, error) {
	arr, err := input(ctx, rec, col, t.col)
	if err != nil {
		return nil, err
	}
	known, err := t.known(rec)
	if err != nil {
		return nil, fmt.Errorf("transform: column %q: text: %w", t.col.Name, err)
	}
	if t.OutputType().ID() == arrow.LARGE_STRING {
		return rewrite[int64](ctx, t, arr, known)
	}
	return rewrite[int32](ctx, t, arr, known)
}

// knownCells reads one column of known values.
type knownCells struct {
	arr   arrow.Array
	cells func(int, []byte) []byte
	typ   string
	name  bool
}

func (t *text) known(rec arrow.Record) ([]knownCells, error) {
	var out []knownCells
	for _, k := range t.params.Known {
		at := rec.Schema().FieldIndices(k.Column)
		if len(at) != 1 {
			return nil, fmt.Errorf("known column %q is not in the table once", k.Column)
		}
		arr := rec.Column(at[0])
		cells, err := Cells(arr)
		if err != nil {
			return nil, fmt.Errorf("known column %q: %w", k.Column, err)
		}
		typ := placeholder(k.Semantic)
		out = append(out, knownCells{arr, cells, typ, typ == "person"})
	}
	return out, nil
}

func rewrite[O int32 | int64](ctx context.Context, t *text, arr arrow.Array, known []knownCells) (arrow.Array, error) {
	cells, err := Cells(arr)
	if err != nil {
		return nil, err
	}
	out := newTextOut[O](arr, 64*arr.Len())
	var search knownSearch
	var buf []byte
	var values []string
	r := newReplacer(t)
	for i := range arr.Len() {
		if i%1024 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if isNull(arr, i) {
			out.put(i, nil, false)
			out.end(i)
			continue
		}
		v := cells(i, nil)
		search.reset(v)
		values = values[:0]
		for _, k := range known {
			if isNull(k.arr, i) {
				continue
			}
			buf = k.cells(i, buf)
			search.add(buf, k.typ, k.name)
			values = append(values, string(buf))
		}
		spans := appendDetected(search.spans, stringOf(v), values, t.params.Threshold)
		out.data = r.replace(out.data, v, merged(spans))
		search.spans = spans[:0]
		out.end(i)
	}
	return out.finish()
}

// replacer writes a text with its spans replaced.
type replacer struct {
	surrogates bool
	h          *prf
	pcg        *rand.PCG
	r          *rand.Rand
	seed       []byte
}

func newReplacer(t *text) *replacer {
	r := &replacer{surrogates: t.key != nil}
	if r.surrogates {
		r.h, r.pcg = newPRF(t.key), rand.NewPCG(0, 0)
		r.r = rand.New(r.pcg)
	}
	return r
}

func (r *replacer) replace(dst, v []byte, spans []found) []byte {
	at := 0
	for _, s := range spans {
		dst = append(dst, v[at:s.start]...)
		dst = r.one(dst, v[s.start:s.end], s.typ)
		at = s.end
	}
	return append(dst, v[at:]...)
}

func (r *replacer) one(dst, v []byte, typ string) []byte {
	if r.surrogates {
		name := typ
		if typ == "person" {
			name = "full_name"
			if !strings.ContainsAny(stringOf(v), " ,") && utf8.RuneCount(v) > 1 {
				name = "first_name"
			}
		}
		if t, ok := semantic.Lookup(name); ok && t.Generate != nil {
			r.seed = appendFold(append(append(r.seed[:0], typ...), '/'), v)
			tag := r.h.of(r.seed)
			r.pcg.Seed(binary.BigEndian.Uint64(tag[:8]), binary.BigEndian.Uint64(tag[8:16]))
			for range attempts {
				if s := t.Generate(r.r, semantic.Context{Like: stringOf(v)}); !strings.EqualFold(s, stringOf(v)) {
					return append(dst, s...)
				}
			}
		}
	}
	dst = append(dst, '[')
	dst = append(dst, strings.ToUpper(typ)...)
	return append(dst, ']')
}
