package evaluate

import (
	"math"
	"math/bits"
	"strconv"
	"strings"
)

// A cell is 64 bits: the bits of a float64 in a numeric column, a hash in a
// text column. Hashes are fixed, not seeded by the process, because samples
// of distinct rows are chosen by them.

// missing marks an empty cell in either form; no hash and no kept number is
// equal to it.
const missing uint64 = 0x7ff8_0000_0000_0001

const (
	k0 = 0xa0761d6478bd642f
	k1 = 0xe7037ed1a0b428db
)

func mix(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a^k0, b^k1)
	return hi ^ lo
}

// numberCell is the cell of a number; NaN is missing and -0 is 0.
func numberCell(v float64) uint64 {
	if math.IsNaN(v) {
		return missing
	}
	return math.Float64bits(v + 0)
}

// levelOf is the category of a numeric cell.
func levelOf(cell uint64) uint64 {
	if cell == missing {
		return missing
	}
	return avoid(mix(cell, 1))
}

func avoid(h uint64) uint64 {
	if h == missing {
		return missing + 1
	}
	return h
}

var (
	levelTrue  = hashText("True")
	levelFalse = hashText("False")
)

// textLevel is the category of a text: one spelling however a writer stored
// it, so 1, 1.0 and "1" agree, and so do true and TRUE.
func textLevel(s string) uint64 {
	s = strings.TrimSpace(s)
	if v, ok := parseNumber(s); ok {
		return levelOf(numberCell(v))
	}
	if len(s) == 4 && strings.EqualFold(s, "true") {
		return levelTrue
	}
	if len(s) == 5 && strings.EqualFold(s, "false") {
		return levelFalse
	}
	return hashText(s)
}

func parseNumber(s string) (float64, bool) {
	if s == "" || len(s) > 32 {
		return 0, false
	}
	if c := s[0]; (c < '0' || c > '9') && c != '-' && c != '+' && c != '.' {
		return 0, false
	}
	v, err := strconv.ParseFloat(s, 64)
	return v, err == nil
}

// hashText folds a text eight bytes at a time by 128-bit products (the
// construction of wyhash).
func hashText(s string) uint64 {
	h := mix(uint64(len(s)), 2)
	for ; len(s) >= 8; s = s[8:] {
		h = mix(h, word(s))
	}
	var tail uint64
	for i := len(s) - 1; i >= 0; i-- {
		tail = tail<<8 | uint64(s[i])
	}
	return avoid(mix(h, tail))
}

func word(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}
