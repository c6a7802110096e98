package semantic

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// ibanStructures gives the BBAN structure of each country in the IBAN registry
// (ISO 13616, SWIFT): n digits, a capital letters, c both.
var ibanStructures = map[string]string{
	"AD": "8n12c", "AE": "19n", "AL": "8n16c", "AT": "16n", "AZ": "4a20c", "BA": "16n", "BE": "12n", "BG": "4a6n8c", "BH": "4a14c", "BR": "23n1a1c",
	"BY": "4c4n16c", "CH": "5n12c", "CR": "18n", "CY": "8n16c", "CZ": "20n", "DE": "18n", "DK": "14n", "DO": "4c20n", "EE": "16n", "EG": "25n",
	"ES": "20n", "FI": "14n", "FO": "14n", "FR": "10n11c2n", "GB": "4a14n", "GE": "2a16n", "GI": "4a15c", "GL": "14n", "GR": "7n16c", "GT": "24c",
	"HR": "17n", "HU": "24n", "IE": "4a14n", "IL": "19n", "IQ": "4a15n", "IS": "22n", "IT": "1a10n12c", "JO": "4a4n18c", "KW": "4a22c", "KZ": "3n13c",
	"LB": "4n20c", "LC": "4a24c", "LI": "5n12c", "LT": "16n", "LU": "3n13c", "LV": "4a13c", "LY": "21n", "MC": "10n11c2n", "MD": "20c", "ME": "18n",
	"MK": "3n10c2n", "MR": "23n", "MT": "4a5n18c", "MU": "4a19n3a", "NL": "4a10n", "NO": "11n", "PK": "4a16c", "PL": "24n", "PS": "4a21c", "PT": "21n",
	"QA": "4a21c", "RO": "4a16c", "RS": "18n", "SA": "2n18c", "SC": "4a20n3a", "SE": "20n", "SI": "15n", "SK": "20n", "SM": "1a10n12c", "ST": "21n",
	"SV": "4a20n", "TL": "19n", "TN": "20n", "TR": "6n16c", "UA": "6n19c", "VA": "18n", "VG": "4a16n", "XK": "16n",
}

// iban is ISO 13616 with MOD 97-10 and the country's own BBAN structure;
// groups may be separated by spaces.
var iban = Type{
	Name: "iban", Family: "bank_account", Class: DirectIdentifier, Prior: .999,
	Headers: []string{"iban", "iban_code", "iban_number"},
	Match:   func(v string) bool { _, ok := ibanCompact(v); return ok },
	Valid: func(v string) bool {
		s, ok := ibanCompact(v)
		return ok && ibanStructured(s) && mod97(s[4:]+s[:4]) == 1
	},
	Generate: generateIBAN,
	Keeps:    []string{"surrogate", "ff1"},
}

// ibanCompact removes spaces and checks the outer form.
func ibanCompact(v string) (string, bool) {
	if len(v) < 15 || len(v) > 44 || !isUpper(v[0]) || !isUpper(v[1]) || !isDigit(v[2]) || !isDigit(v[3]) {
		return "", false
	}
	if strings.IndexByte(v, ' ') >= 0 {
		v = strings.ReplaceAll(v, " ", "")
	}
	if len(v) < 15 || len(v) > 34 {
		return "", false
	}
	for i := 0; i < len(v); i++ {
		if !isDigit(v[i]) && !isUpper(v[i]) {
			return "", false
		}
	}
	return v, true
}

// ibanStructured checks s[4:] against the structure of its country.
func ibanStructured(s string) bool {
	st, ok := ibanStructures[s[:2]]
	if !ok {
		return false
	}
	i := 4
	for len(st) > 0 {
		var n int
		var kind byte
		n, kind, st = nextPart(st)
		for ; n > 0; n-- {
			if i >= len(s) || (kind == 'n' && !isDigit(s[i])) || (kind == 'a' && !isUpper(s[i])) {
				return false
			}
			i++
		}
	}
	return i == len(s)
}

func nextPart(st string) (n int, kind byte, rest string) {
	i := 0
	for isDigit(st[i]) {
		n = n*10 + int(st[i]-'0')
		i++
	}
	return n, st[i], st[i+1:]
}

var ibanLocales = []string{"DE", "FR", "GB", "ES", "IT", "NL", "PL", "SE", "AT", "CH"}

func generateIBAN(r *rand.Rand, c Context) string {
	country := pick(r, ibanLocales)
	spaced := false
	if s, ok := ibanCompact(c.Like); ok {
		if _, known := ibanStructures[s[:2]]; known {
			country = s[:2]
		}
		spaced = strings.Contains(c.Like, " ")
	}
	bban := make([]byte, 0, 30)
	for st := ibanStructures[country]; st != ""; {
		var n int
		var kind byte
		n, kind, st = nextPart(st)
		for ; n > 0; n-- {
			if kind == 'a' {
				bban = append(bban, byte('A'+r.IntN(26)))
			} else {
				bban = append(bban, byte('0'+r.IntN(10)))
			}
		}
	}
	check := 98 - mod97(string(bban)+country+"00")
	s := country + fmt.Sprintf("%02d", check) + string(bban)
	if !spaced {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i += 4 {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(s[i:min(i+4, len(s))])
	}
	return b.String()
}
