package semantic

// luhn tells whether digits end in the check digit of ISO/IEC 7812-1, annex B.
func luhn(digits []byte) bool {
	return len(digits) > 1 && luhnDigit(digits[:len(digits)-1]) == digits[len(digits)-1]
}

// luhnDigit computes the check digit that follows digits.
func luhnDigit(digits []byte) byte {
	sum, double := 0, true
	for i := len(digits) - 1; i >= 0; i-- {
		d := int(digits[i] - '0')
		if double {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
		double = !double
	}
	return byte('0' + (10-sum%10)%10)
}

// mod97 is ISO/IEC 7064 MOD 97-10 over digits and letters (A = 10), as IBAN
// uses it; -1 for other bytes.
func mod97(s string) int {
	m := 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case isDigit(c):
			m = (m*10 + int(c-'0')) % 97
		case isUpper(c):
			m = (m*100 + int(c-'A') + 10) % 97
		default:
			return -1
		}
	}
	return m
}

// mod11x2 computes the check character of ISO/IEC 7064 MOD 11-2 that follows
// digits.
func mod11x2(digits []byte) byte {
	p := 0
	for _, d := range digits {
		p = (p + int(d-'0')) * 2 % 11
	}
	return "0123456789X"[(12-p)%11]
}

// mod11x10 computes the check digit of ISO/IEC 7064 MOD 11,10 that follows
// digits.
func mod11x10(digits []byte) byte {
	p := 10
	for _, d := range digits {
		s := (p + int(d-'0')) % 10
		if s == 0 {
			s = 10
		}
		p = s * 2 % 11
	}
	return byte('0' + (11-p)%10)
}

// weighted is the sum of digit times weight.
func weighted(digits []byte, weights ...int) int {
	s := 0
	for i, w := range weights {
		s += int(digits[i]-'0') * w
	}
	return s
}

// The dihedral group D5 tables of Verhoeff (1969).
var (
	verhoeffMul = [10][10]byte{
		{0, 1, 2, 3, 4, 5, 6, 7, 8, 9},
		{1, 2, 3, 4, 0, 6, 7, 8, 9, 5},
		{2, 3, 4, 0, 1, 7, 8, 9, 5, 6},
		{3, 4, 0, 1, 2, 8, 9, 5, 6, 7},
		{4, 0, 1, 2, 3, 9, 5, 6, 7, 8},
		{5, 9, 8, 7, 6, 0, 4, 3, 2, 1},
		{6, 5, 9, 8, 7, 1, 0, 4, 3, 2},
		{7, 6, 5, 9, 8, 2, 1, 0, 4, 3},
		{8, 7, 6, 5, 9, 3, 2, 1, 0, 4},
		{9, 8, 7, 6, 5, 4, 3, 2, 1, 0},
	}
	verhoeffPerm = [8][10]byte{
		{0, 1, 2, 3, 4, 5, 6, 7, 8, 9},
		{1, 5, 7, 6, 2, 8, 3, 0, 9, 4},
		{5, 8, 0, 3, 7, 9, 6, 1, 4, 2},
		{8, 9, 1, 6, 0, 4, 3, 5, 2, 7},
		{9, 4, 5, 3, 1, 2, 6, 8, 7, 0},
		{4, 2, 8, 6, 5, 7, 3, 9, 0, 1},
		{2, 7, 9, 3, 8, 0, 6, 4, 1, 5},
		{7, 0, 4, 6, 9, 1, 3, 2, 5, 8},
	}
	verhoeffInv = [10]byte{0, 4, 3, 2, 1, 5, 6, 7, 8, 9}
)

// verhoeffDigit computes the Verhoeff check digit that follows digits.
func verhoeffDigit(digits []byte) byte {
	var c byte
	for i := len(digits) - 1; i >= 0; i-- {
		c = verhoeffMul[c][verhoeffPerm[(len(digits)-i)%8][digits[i]-'0']]
	}
	return '0' + verhoeffInv[c]
}
