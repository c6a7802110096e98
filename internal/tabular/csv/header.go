package csv

import (
	"strconv"
	"strings"

	"github.com/nocturne-data/nocturne/internal/tabular/cell"
)

// hasHeader judges the first record against the ones below it.
//
// A first record with a number, date or time among its cells is data. Where a
// column below is typed and the name above is not of that type, it is a
// header. Where all is text, a first record whose cells are filled, differ
// from each other and never occur again in their columns is a header.
func hasHeader(s sample) bool {
	if len(s.rows) == 0 {
		return false
	}
	first := s.rows[0]
	for i, c := range first {
		k := kindsOf([]byte(c)) &^ bools // "No" is a name as well
		if k&numbers != 0 && cell.IsInf([]byte(c)) {
			k = 0
		}
		if k&numbers != 0 || (k != 0 && !s.quoted[0][i]) {
			return false
		}
	}
	rest := s.rows[1:]
	typed, repeated := false, false
	for col := range first {
		mask, seen := allKinds, false
		for _, r := range rest {
			if col >= len(r) || markerIndex([]byte(r[col])) >= 0 {
				continue
			}
			seen = true
			mask &= kindsOf([]byte(r[col]))
			repeated = repeated || r[col] == first[col]
		}
		typed = typed || (seen && mask != 0 && markerIndex([]byte(first[col])) < 0)
	}
	return typed || (!repeated && filledAndDistinct(first))
}

func filledAndDistinct(row []string) bool {
	seen := make(map[string]bool, len(row))
	for _, c := range row {
		c = strings.TrimSpace(c)
		if c == "" || len(c) > 128 || seen[c] || markerIndex([]byte(c)) >= 0 {
			return false
		}
		seen[c] = true
	}
	return true
}

// columnNames makes n distinct names out of a header record; nil = no header.
func columnNames(header []string, n int) []string {
	names := make([]string, n)
	taken := make(map[string]bool, n)
	for _, h := range header {
		taken[strings.TrimSpace(h)] = true
	}
	used := make(map[string]bool, n)
	for i := range names {
		name := ""
		if i < len(header) {
			name = strings.TrimSpace(header[i])
		}
		if name == "" {
			name = "column_" + strconv.Itoa(i+1)
		}
		for k, base := 2, name; used[name]; k++ {
			if alt := base + "_" + strconv.Itoa(k); !taken[alt] {
				name = alt
			}
		}
		used[name] = true
		names[i] = name
	}
	return names
}

// codeWords are the words in a column's name that say its digits are a code.
var codeWords = map[string]bool{
	"zip": true, "zipcode": true, "zip3": true, "zip5": true, "postcode": true, "postal": true,
	"postalcode": true, "plz": true, "phone": true, "telephone": true, "phonenumber": true,
	"telephonenumber": true, "mobile": true, "cellphone": true, "fax": true, "tel": true,
	"msisdn": true, "ssn": true, "iban": true, "imei": true,
}

// namesCode says whether one of the words of a name, parted by case or by
// anything but letters and digits, is a code word.
func namesCode(name string) bool {
	if codeWords[strings.ToLower(name)] {
		return true
	}
	start := 0
	for i := 1; i <= len(name); i++ {
		if i < len(name) && wordChar(name[i]) && !(upper(name[i]) && !upper(name[i-1])) {
			continue
		}
		if codeWords[strings.ToLower(strings.TrimFunc(name[start:i], func(r rune) bool {
			return r < 0x80 && !wordChar(byte(r))
		}))] {
			return true
		}
		start = i
	}
	return false
}

func upper(c byte) bool { return c >= 'A' && c <= 'Z' }

func wordChar(c byte) bool {
	return c >= 0x80 || upper(c) || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')
}
