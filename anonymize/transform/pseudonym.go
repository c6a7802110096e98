package transform

import (
	"encoding/base32"
	"errors"
	"fmt"
	"math"

	"github.com/apache/arrow/go/v17/arrow"
)

// PseudonymParams are the parameters of pseudonym.
type PseudonymParams struct {
	// Key names the derived key; columns with the same key name join.
	// Default "table.column"; a plan sets it for foreign keys.
	Key string `json:"key,omitempty"`
	// Output is hex, base32 (RFC 4648, lower case), uuid (version 8, RFC 9562)
	// or integer (int64). Default: integer for integer columns, hex otherwise.
	Output string `json:"output,omitempty" jsonschema:"enum=hex,enum=base32,enum=uuid,enum=integer"`
	// Length is the number of characters of hex and base32; default 32 hex or
	// 26 base32 characters (128 and 130 bits), at least 64 bits, at most 256.
	Length int `json:"length,omitempty"`
	// Prefix is put in front of text output.
	Prefix string `json:"prefix,omitempty"`
	// Fold compares values without regard to letter case and outer spaces.
	Fold bool `json:"fold,omitempty"`
}

// newPseudonym replaces values by HMAC-SHA-256 of their canonical text under a
// key derived by name, or, for integers to integers, by a keyed permutation of
// 63 bits, which has no collisions at all. Negative integers map to negative
// ones. Truncated output of b bits collides with probability below
// n*n/2^(b+1) among n distinct values: 2^-65 for a 2^32-value column at 128.
func newPseudonym(spec Spec, col Column, keys Keys) (Transform, error) {
	var p PseudonymParams
	if err := params(spec, &p); err != nil {
		return nil, err
	}
	if !hasText(col.Type) {
		return nil, fmt.Errorf("does not apply to type %s", col.Type)
	}
	t := valueType(col.Type)
	isInt := arrow.IsInteger(t.ID())
	if p.Output == "" {
		p.Output = "hex"
		if isInt && t.ID() != arrow.UINT64 {
			p.Output = "integer"
		}
	}
	width, bits, errs := pseudonymSize(p)
	if p.Output == "integer" && t.ID() == arrow.UINT64 {
		errs = append(errs, errors.New("uint64 has no integer pseudonym; use hex"))
	}
	key, err := derive(keys, "pseudonym/"+keyName(p.Key, col))
	if err = errors.Join(append(errs, err)...); err != nil {
		return nil, err
	}
	props := Properties{Deterministic: true, NeedsKey: true, Injective: bits >= 128 && !p.Fold, CollisionBits: bits, Leaks: []string{"equality", "null"}}
	if p.Output == "integer" {
		if isInt {
			props.Injective, props.Reversible, props.CollisionBits, props.FormatPreserving = true, true, 0, true
			props.Leaks = append(props.Leaks, "range") // the sign
			return newElementwise(col, arrow.PrimitiveTypes.Int64, props, func(arr arrow.Array) (arrow.Array, error) {
				return permuteIntegers(arr, key)
			}), nil
		}
		return newElementwise(col, arrow.PrimitiveTypes.Int64, props, func(arr arrow.Array) (arrow.Array, error) {
			return hashIntegers(arr, key, p.Fold)
		}), nil
	}
	m := newTextMap(len(p.Prefix)+width, true, func() kernel { return pseudonymKernel(newPRF(key), p, width) })
	return newElementwise(col, textType(col.Type), props, m.apply), nil
}

// pseudonymSize checks p and returns the characters and bits of its output.
func pseudonymSize(p PseudonymParams) (width, bits int, errs []error) {
	per, most := 0, 0
	switch p.Output {
	case "hex":
		per, width, most = 4, 32, 64
	case "base32":
		per, width, most = 5, 26, 51
	case "uuid":
		width, bits = 36, 122
	case "integer":
		bits = 63
		if p.Prefix != "" {
			errs = append(errs, errors.New("parameter prefix does not go with output integer"))
		}
	default:
		errs = append(errs, fmt.Errorf("parameter output %q is none of hex, base32, uuid, integer", p.Output))
	}
	switch {
	case per == 0 && p.Length != 0:
		errs = append(errs, fmt.Errorf("parameter length does not go with output %s", p.Output))
	case per > 0:
		if p.Length != 0 {
			width = p.Length
		}
		bits = per * width
		if bits < 64 || width > most {
			errs = append(errs, fmt.Errorf("parameter length must be %d to %d characters for %s", (64+per-1)/per, most, p.Output))
		}
	}
	return width, bits, errs
}

var lowerBase32 = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

func pseudonymKernel(h *prf, p PseudonymParams, width int) kernel {
	var folded []byte
	var code [64]byte
	return func(dst, v []byte) ([]byte, bool) {
		if p.Fold {
			folded = appendFold(folded[:0], v)
			v = folded
		}
		tag := h.of(v)
		dst = append(dst, p.Prefix...)
		switch p.Output {
		case "hex":
			return appendHex(dst, tag, width), true
		case "uuid":
			tag[6], tag[8] = tag[6]&0x0f|0x80, tag[8]&0x3f|0x80
			at := 0
			for _, n := range [...]int{4, 2, 2, 2, 6} {
				if at > 0 {
					dst = append(dst, '-')
				}
				dst = appendHex(dst, tag[at:], 2*n)
				at += n
			}
			return dst, true
		}
		lowerBase32.Encode(code[:], tag)
		return append(dst, code[:width]...), true
	}
}

// hexPairs holds the two digits of each byte, in memory order.
var hexPairs = func() (t [256][2]byte) {
	const digits = "0123456789abcdef"
	for i := range t {
		t[i] = [2]byte{digits[i>>4], digits[i&15]}
	}
	return t
}()

// appendHex appends the first width hex digits of b.
func appendHex(dst, b []byte, width int) []byte {
	var code [64]byte
	for i, x := range b[:(width+1)/2] {
		pair := hexPairs[x]
		code[2*i&63], code[(2*i+1)&63] = pair[0], pair[1]
	}
	return append(dst, code[:width]...)
}

func permuteIntegers(arr arrow.Array, key []byte) (arrow.Array, error) {
	f, err := newFeistel(key, 63)
	if err != nil {
		return nil, err
	}
	get, ok := integers(arr)
	if !ok {
		return nil, fmt.Errorf("type %s has no integer pseudonym", arr.DataType())
	}
	out := make([]int64, arr.Len())
	for i := range out {
		if arr.IsNull(i) {
			continue
		}
		// The complement of a negative number is a 63-bit number.
		x := get(i)
		sign := x >> 63
		out[i] = int64(f.permute(uint64(x^sign))) ^ sign
	}
	return fixed(arr, arrow.PrimitiveTypes.Int64, out), nil
}

func hashIntegers(arr arrow.Array, key []byte, fold bool) (arrow.Array, error) {
	cells, err := Cells(arr)
	if err != nil {
		return nil, err
	}
	h := newPRF(key)
	var buf, folded []byte
	out := make([]int64, arr.Len())
	for i := range out {
		if arr.IsNull(i) {
			continue
		}
		buf = cells(i, buf)
		v := buf
		if fold {
			folded = appendFold(folded[:0], v)
			v = folded
		}
		out[i] = int64(word(h.of(v)) & math.MaxInt64)
	}
	return fixed(arr, arrow.PrimitiveTypes.Int64, out), nil
}
