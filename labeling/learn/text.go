package learn

import (
	"unicode"
	"unicode/utf8"

	"github.com/nocturne-data/nocturne/internal/det"
)

// FNV-1a, 64 bits. Features are hashed as they are scanned, so no n-gram is ever
// built as a string.
const (
	fnvOffset = 14695981039346656037
	fnvPrime  = 1099511628211
)

// salts keep the kinds of feature apart in the shared hash space.
const (
	saltWord   = 0x77
	saltBigram = 0x62
	saltChars  = 0x63
	saltValue  = 0x76
	saltNumber = 0x6e
)

func hashByte(h uint64, b byte) uint64 { return (h ^ uint64(b)) * fnvPrime }

func hashRune(h uint64, r rune) uint64 {
	for r >= 0x80 {
		h = hashByte(h, byte(r)|0x80)
		r >>= 7
	}
	return hashByte(h, byte(r))
}

// start begins the hash of a feature of one column.
func start(column int, salt byte) uint64 {
	return hashByte(hashByte(hashByte(fnvOffset, byte(column)), byte(column>>8)), salt)
}

// finish spreads the hash over the high bits, which become the index.
func finish(h uint64) uint64 {
	h ^= h >> 32
	h *= 0x9e3779b97f4a7c15
	return h
}

// maxRunes bounds the text looked at in one cell.
const maxRunes = 20_000

// tokens calls f with the hash of every word, word pair and run of 3 to 5
// characters within a word (its ends marked), case-folded. Digits become 0 within
// character runs, so that numbers of one shape look alike. Letters of scripts
// written without spaces (Han, Kana, Thai) stand as words of their own.
func tokens(text string, column int, chars bool, f func(h uint64)) {
	var word [48]rune
	n, previous, seen := 0, uint64(0), 0
	flush := func() {
		if n == 0 {
			return
		}
		h := start(column, saltWord)
		for _, r := range word[:n] {
			h = hashRune(h, r)
		}
		f(finish(h))
		if previous != 0 {
			f(finish(hashByte(previous*fnvPrime^h, saltBigram)))
		}
		previous = h
		if chars {
			runs(word[:n], column, f)
		}
		n = 0
	}
	for i := 0; i < len(text) && seen < maxRunes; {
		r, size := utf8.DecodeRuneInString(text[i:])
		i += size
		seen++
		switch {
		case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai):
			flush()
			word[0], n = r, 1
			flush()
		case unicode.IsLetter(r) || unicode.IsDigit(r) || r == '\'' && n > 0:
			if n < len(word) {
				word[n] = unicode.ToLower(r)
				n++
			}
		default:
			flush()
			if unicode.IsPunct(r) || unicode.IsSymbol(r) {
				f(finish(hashRune(start(column, saltChars), r)))
			}
		}
	}
	flush()
}

func runs(word []rune, column int, f func(h uint64)) {
	at := func(i int) rune {
		switch {
		case i < 0 || i >= len(word):
			return ' '
		case unicode.IsDigit(word[i]):
			return '0'
		}
		return word[i]
	}
	for from := -1; from+3 <= len(word)+1; from++ {
		h := start(column, saltChars)
		for i := from; i < from+5 && i <= len(word); i++ {
			h = hashRune(h, at(i))
			if i-from >= 2 {
				f(finish(h))
			}
		}
	}
}

// sublinear is 1 + ln(count).
func sublinear(count float64) float64 { return 1 + det.Log(count) }
