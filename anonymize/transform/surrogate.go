package transform

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/nocturne-data/nocturne/schemas/semantic"
	"github.com/nocturne-data/nocturne/schemas/semantic/gazetteer"
)

// SurrogateParams are the parameters of surrogate.
type SurrogateParams struct {
	// Key names the derived key; default "table.column".
	Key string `json:"key,omitempty"`
	// Semantic is the type to generate; default the column's own.
	Semantic string `json:"semantic,omitempty"`
	// Locale steers what the value does not show; default "en_US".
	Locale string `json:"locale,omitempty"`
	// Given and Family are the columns with the person's names, and the keys of
	// their own surrogates: the value then agrees with the surrogate name. A
	// plan sets them for e-mail addresses and full names that are no key.
	// Full is a column with the whole name, used when they are not given.
	Given  *NameSource `json:"given,omitempty"`
	Family *NameSource `json:"family,omitempty"`
	Full   *NameSource `json:"full,omitempty"`
}

// NameSource is a name column of the same row and the key name under which its
// surrogates are made.
type NameSource struct {
	Column string `json:"column"`
	Key    string `json:"key"`
}

// newSurrogate replaces a value by a valid invented one. The random stream is
// seeded by HMAC-SHA-256 of the value, so equal values get equal surrogates in
// every table and run; distinct values may share one. A surrogate differs from
// its value. Given names keep gender where it is known, names keep their
// script.
func newSurrogate(spec Spec, col Column, keys Keys) (Transform, error) {
	p := SurrogateParams{Semantic: col.Semantic}
	if err := params(spec, &p); err != nil {
		return nil, err
	}
	t, ok := semantic.Lookup(p.Semantic)
	var errs []error
	switch {
	case p.Semantic == "":
		errs = append(errs, errors.New("needs a semantic type: set it in the contract or in the parameter semantic"))
	case !ok || t.Generate == nil:
		errs = append(errs, fmt.Errorf("semantic type %q cannot be generated", p.Semantic))
	case t.Family == "demographic" || t.Name == "age":
		errs = append(errs, fmt.Errorf("semantic type %q has too few values for a surrogate to hide one; generalize or keep it", p.Semantic))
	}
	if !hasText(col.Type) || isNumber(valueType(col.Type)) {
		errs = append(errs, fmt.Errorf("does not apply to type %s; text only", col.Type))
	}
	key, err := derive(keys, "surrogate/"+keyName(p.Key, col))
	if err = errors.Join(append(errs, err)...); err != nil {
		return nil, err
	}
	props := Properties{Deterministic: true, FormatPreserving: true, NeedsKey: true, Leaks: []string{"equality", "null"}}
	if p.Given != nil || p.Family != nil || p.Full != nil {
		return newPersonal(p, t, col, keys, key, props)
	}
	m := newTextMap(0, true, func() kernel {
		return newForge(key, t, p.Locale).kernel
	})
	return newElementwise(col, textType(col.Type), props, m.apply), nil
}

// forge makes surrogates of one semantic type under one key.
type forge struct {
	h        *prf
	pcg      *rand.PCG
	r        *rand.Rand
	generate func(*rand.Rand, semantic.Context) string
	ctx      semantic.Context
	person   semantic.Person
	gendered bool
	lower    []byte
	was, is  []byte // squeezed value and surrogate
}

func newForge(key []byte, t semantic.Type, locale string) *forge {
	f := &forge{h: newPRF(key), pcg: rand.NewPCG(0, 0), generate: t.Generate, ctx: semantic.Context{Locale: locale}}
	f.r = rand.New(f.pcg)
	f.gendered = t.Name == "first_name"
	return f
}

// attempts bounds the redraws for a surrogate that differs from its value.
const attempts = 8

func (f *forge) kernel(dst, v []byte) ([]byte, bool) {
	f.ctx.Person = nil
	if f.gendered {
		f.lower = appendASCIILower(f.lower[:0], v)
		f.person = semantic.Person{Gender: genderOf(stringOf(f.lower))}
		f.ctx.Person = &f.person
	}
	return f.draw(dst, v, v)
}

// draw appends a surrogate for v seeded by seed; null if none differs from v.
func (f *forge) draw(dst, v, seed []byte) ([]byte, bool) {
	tag := f.h.of(seed)
	f.pcg.Seed(binary.BigEndian.Uint64(tag[:8]), binary.BigEndian.Uint64(tag[8:16]))
	f.ctx.Like = stringOf(v)
	for range attempts {
		s := f.generate(f.r, f.ctx)
		if !f.reveals(s, v) {
			return append(dst, s...), true
		}
	}
	return dst, false
}

// tellingLetters is the number of letters and digits from which a value that
// stands inside its surrogate is given away: "Ann Smith" in "Joann Smithers".
const tellingLetters = 8

// reveals tells whether s is v, or holds it, but for case, spacing and
// punctuation.
func (f *forge) reveals(s string, v []byte) bool {
	f.was, f.is = appendSqueezed(f.was[:0], v), appendSqueezed(f.is[:0], bytesOf(s))
	return bytes.Equal(f.was, f.is) || len(f.was) >= tellingLetters && bytes.Contains(f.is, f.was)
}

// genderOf tells the gender that a given name, in lower case, is mostly borne by,
// "" = unknown.
func genderOf(name string) string {
	if g, ok := gazetteer.Given(name); ok && g != 'u' {
		return genders[g]
	}
	return mostly()[name]
}

var genders = map[byte]string{'f': "female", 'm': "male"}

// mostly settles names that both genders bear by their rank in the two lists of
// frequent US names.
var mostly = sync.OnceValue(func() map[string]string {
	rank, out := map[string]int{}, map[string]string{}
	for _, gender := range []string{"female", "male"} {
		for i, name := range gazetteer.EnglishGiven(gender) {
			name = strings.ToLower(name)
			if before, ok := rank[name]; !ok || i < before {
				rank[name], out[name] = i, gender
			}
		}
	}
	return out
})

// personal makes surrogates that agree with the row's surrogate name.
type personal struct {
	col           Column
	params        SurrogateParams
	props         Properties
	typ           semantic.Type
	key           []byte
	given, family *nameForge
	full          *nameForge
}

type nameForge struct {
	column string
	typ    semantic.Type
	key    []byte
}

func newPersonal(p SurrogateParams, t semantic.Type, col Column, keys Keys, key []byte, props Properties) (Transform, error) {
	out := &personal{col: col, params: p, props: props, typ: t, key: key}
	var errs []error
	name := func(src *NameSource, typ string) *nameForge {
		if src == nil {
			return nil
		}
		t, ok := semantic.Lookup(typ)
		if !ok || src.Column == "" || src.Key == "" {
			errs = append(errs, fmt.Errorf("the source of the %s needs column and key", typ))
			return nil
		}
		k, err := derive(keys, "surrogate/"+src.Key)
		errs = append(errs, err)
		return &nameForge{column: src.Column, typ: t, key: k}
	}
	out.given = name(p.Given, "first_name")
	out.family = name(p.Family, "last_name")
	out.full = name(p.Full, "full_name")
	return out, errors.Join(errs...)
}

// OutputType is the plain text type: the row's name decides with the value.
func (p *personal) OutputType() arrow.DataType { return textType(p.col.Type) }
func (p *personal) Properties() Properties     { return p.props }

func (p *personal) Apply(ctx context.Context, rec arrow.Record, col int) (arrow.Array, error) {
	arr, err := input(ctx, rec, col, p.col)
	if err != nil {
		return nil, err
	}
	if p.OutputType().ID() == arrow.LARGE_STRING {
		return applyPersonal[int64](p, rec, arr)
	}
	return applyPersonal[int32](p, rec, arr)
}

func applyPersonal[O int32 | int64](p *personal, rec arrow.Record, arr arrow.Array) (arrow.Array, error) {
	cells, err := Cells(arr)
	if err != nil {
		return nil, err
	}
	given, err := p.given.reader(rec, p.params.Locale)
	if err != nil {
		return nil, fmt.Errorf("transform: column %q: surrogate: %w", p.col.Name, err)
	}
	family, err := p.family.reader(rec, p.params.Locale)
	if err != nil {
		return nil, fmt.Errorf("transform: column %q: surrogate: %w", p.col.Name, err)
	}
	full, err := p.full.reader(rec, p.params.Locale)
	if err != nil {
		return nil, fmt.Errorf("transform: column %q: surrogate: %w", p.col.Name, err)
	}
	f := newForge(p.key, p.typ, p.params.Locale)
	out := newTextOut[O](arr, 24*arr.Len())
	var buf []byte
	for i := range arr.Len() {
		if isNull(arr, i) {
			out.put(i, nil, false)
			out.end(i)
			continue
		}
		buf = cells(i, buf)
		f.person = semantic.Person{Given: given(i), Family: family(i)}
		if p.full != nil {
			f.person.Given, f.person.Family = splitName(full(i))
		}
		f.ctx.Person = &f.person
		d, ok := f.draw(out.data, buf, buf)
		out.put(i, d, ok)
		out.end(i)
	}
	return out.finish()
}

// reader gives the surrogate name of each row; "" where it is null or n is nil.
func (n *nameForge) reader(rec arrow.Record, locale string) (func(i int) string, error) {
	if n == nil {
		return func(int) string { return "" }, nil
	}
	at := rec.Schema().FieldIndices(n.column)
	if len(at) != 1 {
		return nil, fmt.Errorf("name column %q is not in the table once", n.column)
	}
	arr := rec.Column(at[0])
	cells, err := Cells(arr)
	if err != nil {
		return nil, fmt.Errorf("name column %q: %w", n.column, err)
	}
	f := newForge(n.key, n.typ, locale)
	var name, buf []byte
	return func(i int) string {
		if isNull(arr, i) {
			return ""
		}
		buf = cells(i, buf)
		name, _ = f.kernel(name[:0], buf)
		return string(name)
	}, nil
}

// splitName divides a full name into given and family name: at the comma of
// "Family, Given", before the last word, or after the first character of a
// Chinese name.
func splitName(full string) (given, family string) {
	full = strings.TrimSpace(full)
	if f, g, ok := strings.Cut(full, ","); ok {
		return strings.TrimSpace(g), strings.TrimSpace(f)
	}
	if r, n := utf8.DecodeRuneInString(full); unicode.Is(unicode.Han, r) && !strings.Contains(full, " ") {
		return full[n:], full[:n]
	}
	if i := strings.LastIndexByte(full, ' '); i >= 0 {
		return full[:i], full[i+1:]
	}
	return full, ""
}
