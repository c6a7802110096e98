package cell

import "math/bits"

// mulAdd10 returns 10*(hi,lo) + d in 128 bits.
func mulAdd10(hi, lo, d uint64) (uint64, uint64) {
	carry, low := bits.Mul64(lo, 10)
	low, c := bits.Add64(low, d, 0)
	return hi*10 + carry + c, low
}

// divMod10 divides the 128-bit (hi,lo) by ten.
func divMod10(hi, lo uint64) (qhi, qlo, rem uint64) {
	qhi, rem = hi/10, hi%10
	qlo, rem = bits.Div64(rem, lo, 10)
	return qhi, qlo, rem
}
