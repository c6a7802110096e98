package det

import "math"

// atanhTail holds 1/(2k+1) for k = 1..11, the series of atanh(s)/s - 1 in
// s*s. With |s| <= 0.1716 the first dropped term is below 2^-60.
var atanhTail = []float64{
	1.0 / 3, 1.0 / 5, 1.0 / 7, 1.0 / 9, 1.0 / 11, 1.0 / 13, 1.0 / 15, 1.0 / 17, 1.0 / 19, 1.0 / 21, 1.0 / 23,
}

// Log returns the natural logarithm within 1 ulp. Log(0) is -Inf, a negative
// argument gives NaN.
func Log(x float64) float64 {
	switch {
	case math.IsNaN(x) || x < 0:
		return math.NaN()
	case x == 0:
		return math.Inf(-1)
	case math.IsInf(x, 1):
		return x
	}
	m, k := split(x)
	hi, lo := logOnePlus(m - 1)
	base := float64(k * ln2Hi)
	sum := base + hi
	// Fast two-sum: |base| >= |hi| unless it is zero, and then it is exact.
	return sum + ((base - sum + hi) + math.FMA(k, ln2Lo, lo))
}

// Log2 returns the binary logarithm within 2 ulp; powers of two are exact.
func Log2(x float64) float64 {
	if x <= 0 || math.IsNaN(x) || math.IsInf(x, 1) {
		return Log(x)
	}
	m, k := split(x)
	hi, lo := logOnePlus(m - 1)
	return k + math.FMA(hi, log2e, float64(lo*log2e))
}

// Log1p returns ln(1+x) within 2 ulp, accurate near zero.
func Log1p(x float64) float64 {
	switch {
	case math.IsNaN(x) || x < -1:
		return math.NaN()
	case x > -0.25 && x < 0.25:
		hi, lo := logOnePlus(x)
		return hi + lo
	}
	u := 1 + x
	if u == 0 || math.IsInf(u, 1) {
		return Log(u)
	}
	lost := x - (u - 1) // what rounding 1+x dropped
	if u > 2 {
		lost = 1 - (u - x)
	}
	return Log(u) + lost/u
}

// split writes x = m * 2**k with m in [sqrt(1/2), sqrt(2)).
func split(x float64) (m, k float64) {
	f, e := math.Frexp(x)
	if f < math.Sqrt2/2 {
		f *= 2
		e--
	}
	return f, float64(e)
}

// logOnePlus returns ln(1+f) as an unevaluated sum, for 1+f within
// [sqrt(1/2), sqrt(2)]: 2 atanh(f/(2+f)) by its series, the quotient carried
// to twice the precision.
func logOnePlus(f float64) (hi, lo float64) {
	d := 2 + f
	dLo := f - (d - 2)
	s := f / d
	sLo := (math.FMA(-s, d, f) - float64(s*dLo)) / d
	z := float64(s * s)
	return 2 * s, 2 * math.FMA(float64(s*z), horner(z, atanhTail), sLo)
}
