package semantic

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// National number schemes: check and generator side by side, each from the
// issuing authority's published rule.

// validNINO: UK National Insurance number (HMRC NIM39110); no check digit.
func validNINO(s string) bool {
	if strings.IndexByte("DFIQUV", s[0]) >= 0 || strings.IndexByte("DFIOQUV", s[1]) >= 0 || s[8] > 'D' {
		return false
	}
	switch s[:2] {
	case "BG", "GB", "NK", "KN", "TN", "NT", "ZZ":
		return false
	}
	return true
}

func generateNINO(r *rand.Rand) string {
	const first, second = "ABCEGHJKLMNOPRSTWXYZ", "ABCEGHJKLMNPRSTWXYZ"
	for {
		s := string(first[r.IntN(len(first))]) + string(second[r.IntN(len(second))]) + string(randDigits(r, 6)) + string(byte('A'+r.IntN(4)))
		if validNINO(s) {
			return s
		}
	}
}

const dniLetters = "TRWAGMYFPDXBNJZSQVHLCKE"

// validDNI: Spanish DNI, letter = number mod 23.
func validDNI(s string) bool { return dniLetters[num([]byte(s[:8]))%23] == s[8] }

func generateDNI(r *rand.Rand) string {
	d := randDigits(r, 8)
	return string(d) + string(dniLetters[num(d)%23])
}

// validNIE: Spanish foreigner number: X, Y, Z stand for 0, 1, 2.
func validNIE(s string) bool {
	k := strings.IndexByte("XYZ", s[0])
	return k >= 0 && dniLetters[(k*10_000_000+num([]byte(s[1:8])))%23] == s[8]
}

func generateNIE(r *rand.Rand) string {
	k, d := r.IntN(3), randDigits(r, 7)
	return string("XYZ"[k]) + string(d) + string(dniLetters[(k*10_000_000+num(d))%23])
}

// validNIR: French INSEE number with its key, 97 - number mod 97 (digits-only
// departments).
func validNIR(s string) bool {
	m := num([]byte(s[3:5]))
	return (s[0] == '1' || s[0] == '2') && m >= 1 && m <= 42 && 97-num([]byte(s[:13]))%97 == num([]byte(s[13:]))
}

func generateNIR(r *rand.Rand) string {
	s := fmt.Sprintf("%d%02d%02d%02d%03d%03d", 1+r.IntN(2), r.IntN(100), 1+r.IntN(12), 1+r.IntN(95), 1+r.IntN(900), 1+r.IntN(999))
	return s + fmt.Sprintf("%02d", 97-num([]byte(s))%97)
}

// validAadhaar: Indian Aadhaar, Verhoeff, never starting with 0 or 1 (UIDAI).
func validAadhaar(s string) bool {
	return s[0] >= '2' && verhoeffDigit([]byte(s[:11])) == s[11]
}

func generateAadhaar(r *rand.Rand) string {
	d := append([]byte{byte('2' + r.IntN(8))}, randDigits(r, 10)...)
	return string(append(d, verhoeffDigit(d)))
}

func peselDigit(d []byte) byte {
	return byte('0' + (10-weighted(d, 1, 3, 7, 9, 1, 3, 7, 9, 1, 3)%10)%10)
}

// validPESEL: Polish PESEL: date with century in the month, weights 1 3 7 9.
func validPESEL(s string) bool {
	m := num([]byte(s[2:4])) % 20
	d := num([]byte(s[4:6]))
	return m >= 1 && m <= 12 && d >= 1 && d <= 31 && peselDigit([]byte(s[:10])) == s[10]
}

func generatePESEL(r *rand.Rand) string {
	d := fmt.Appendf(nil, "%02d%02d%02d%04d", 40+r.IntN(60), 1+r.IntN(12), 1+r.IntN(28), r.IntN(10000))
	return string(append(d, peselDigit(d)))
}

// cpfDigits are the two check digits of the Brazilian CPF (Receita Federal).
func cpfDigits(d []byte) (byte, byte) {
	a := (weighted(d, 10, 9, 8, 7, 6, 5, 4, 3, 2) * 10) % 11 % 10
	e := append(append(make([]byte, 0, 10), d[:9]...), byte('0'+a))
	b := (weighted(e, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2) * 10) % 11 % 10
	return byte('0' + a), byte('0' + b)
}

func validCPF(s string) bool {
	if strings.Count(s, s[:1]) == len(s) {
		return false
	}
	a, b := cpfDigits([]byte(s))
	return s[9] == a && s[10] == b
}

func generateCPF(r *rand.Rand) string {
	for {
		d := randDigits(r, 9)
		a, b := cpfDigits(d)
		if s := string(append(d, a, b)); validCPF(s) {
			return s
		}
	}
}

// validSteuerID: German tax number: ISO 7064 MOD 11,10; of the first ten
// digits one occurs two or three times, the others at most once.
func validSteuerID(s string) bool {
	if s[0] == '0' || mod11x10([]byte(s[:10])) != s[10] {
		return false
	}
	var count [10]int
	for _, c := range []byte(s[:10]) {
		count[c-'0']++
	}
	repeated := 0
	for _, n := range count {
		if n > 3 {
			return false
		}
		if n > 1 {
			repeated++
		}
	}
	return repeated == 1
}

func generateSteuerID(r *rand.Rand) string {
	for {
		p := r.Perm(10)
		d := make([]byte, 10)
		for i := range d {
			d[i] = byte('0' + p[i])
		}
		d[1+r.IntN(9)] = d[0]
		if s := string(append(d, mod11x10(d))); validSteuerID(s) {
			return s
		}
	}
}

// validNHS: NHS number, modulus 11 over weights 10 to 2.
func validNHS(s string) bool {
	c := 11 - weighted([]byte(s), 10, 9, 8, 7, 6, 5, 4, 3, 2)%11
	if c == 11 {
		c = 0
	}
	return c != 10 && s[9] == byte('0'+c)
}

// generateNHS stays in 999 xxx xxxx, which is not issued.
func generateNHS(r *rand.Rand) string {
	for {
		d := append([]byte("999"), randDigits(r, 7)...)
		for c := byte('0'); c <= '9'; c++ {
			d[9] = c
			if validNHS(string(d)) {
				return string(d)
			}
		}
	}
}

// validSIN: Canadian social insurance number, Luhn.
func validSIN(s string) bool { return s[0] != '0' && s[0] != '8' && luhn([]byte(s)) }

// generateSIN starts with 9: temporary residents, the least used range.
func generateSIN(r *rand.Rand) string {
	d := append([]byte("9"), randDigits(r, 7)...)
	return string(append(d, luhnDigit(d)))
}

// validTFN: Australian tax file number, weights 1 4 3 7 5 8 6 9 10, modulus 11.
func validTFN(s string) bool { return weighted([]byte(s), 1, 4, 3, 7, 5, 8, 6, 9, 10)%11 == 0 }

func generateTFN(r *rand.Rand) string {
	for {
		d := append([]byte("9"), randDigits(r, 8)...) // 9: no SSN has it
		if validTFN(string(d)) && !luhn(d) {
			return string(d)
		}
	}
}

// codiceOdd are the values of characters in odd positions (DM 23/12/1976).
var codiceOdd = [36]int{1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23}

func codiceLetter(s string) byte {
	sum := 0
	for i := 0; i < 15; i++ {
		c := s[i]
		k := int(c - '0')
		if isUpper(c) {
			k = int(c-'A') + 10
		}
		if i%2 == 0 {
			sum += codiceOdd[k]
		} else if k >= 10 {
			sum += k - 10
		} else {
			sum += k
		}
	}
	return byte('A' + sum%26)
}

// validCodiceFiscale: Italian tax code with its control letter.
func validCodiceFiscale(s string) bool {
	return strings.IndexByte("ABCDEHLMPRST", s[8]) >= 0 && codiceLetter(s) == s[15]
}

func generateCodiceFiscale(r *rand.Rand) string {
	const cons = "BCDFGLMNPRSTVZ"
	b := make([]byte, 0, 16)
	for range 6 {
		b = append(b, cons[r.IntN(len(cons))])
	}
	b = fmt.Appendf(b, "%02d%c%02d%c%03d", r.IntN(100), "ABCDEHLMPRST"[r.IntN(12)], 1+r.IntN(28)+40*r.IntN(2), 'A'+r.IntN(12), 1+r.IntN(990))
	return string(append(b, codiceLetter(string(b))))
}
