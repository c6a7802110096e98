package det

import "math"

// expTail holds 1/k! for k = 2..13: with |r| <= ln2/2 the first dropped term
// is below 2^-57.
var expTail = []float64{
	1.0 / 2, 1.0 / 6, 1.0 / 24, 1.0 / 120, 1.0 / 720, 1.0 / 5040, 1.0 / 40320,
	1.0 / 362880, 1.0 / 3628800, 1.0 / 39916800, 1.0 / 479001600, 1.0 / 6227020800,
}

// Exp returns e**x within 1 ulp. Overflow gives +Inf, underflow 0.
func Exp(x float64) float64 {
	switch {
	case math.IsNaN(x):
		return math.NaN()
	case x > 709.782712893384:
		return math.Inf(1)
	case x < -745.1332191019412:
		return 0
	}
	k := math.Floor(math.FMA(x, log2e, 0.5))
	hi := math.FMA(-k, ln2Hi, x)
	return scale(hi, -float64(k*ln2Lo), k)
}

// Exp2 returns 2**x within 1 ulp; whole x give exact powers.
func Exp2(x float64) float64 {
	switch {
	case math.IsNaN(x):
		return math.NaN()
	case x >= 1024:
		return math.Inf(1)
	case x < -1075:
		return 0
	}
	k := math.Floor(x + 0.5)
	f := x - k // exact
	hi := float64(f * (ln2Hi + ln2Lo))
	lo := math.FMA(f, ln2Hi+ln2Lo, -hi)
	return scale(hi, math.FMA(f, ln2Rest, lo), k)
}

// ln2Rest is ln 2 minus its nearest float64.
const ln2Rest = 0x1.abc9e3b39803fp-56

// scale returns e**(hi+lo) * 2**k for |hi+lo| <= ln2/2 and tiny lo.
func scale(hi, lo, k float64) float64 {
	r := hi + lo
	rest := (hi - r) + lo
	y := 1 + (r + math.FMA(float64(r*r), horner(r, expTail), rest))
	if k > -1021 && k < 1023 {
		return float64(y * math.Float64frombits(uint64(int64(k)+1023)<<52))
	}
	return math.Ldexp(y, int(k))
}

// Expm1 returns e**x - 1 within 3 ulp, accurate near zero.
func Expm1(x float64) float64 {
	if math.Abs(x) <= 0.35 {
		return x + float64(float64(x*x)*horner(x, expTail))
	}
	return Exp(x) - 1
}

// Tanh returns the hyperbolic tangent within 4 ulp.
func Tanh(x float64) float64 {
	a := math.Abs(x)
	switch {
	case math.IsNaN(x):
		return math.NaN()
	case a > 20: // 1 - tanh < 2^-55
		return math.Copysign(1, x)
	}
	e := Expm1(2 * a)
	return math.Copysign(e/(e+2), x)
}

// Logistic returns 1 / (1 + e**-x) within 3 ulp.
func Logistic(x float64) float64 {
	if x < 0 {
		e := Exp(x)
		return e / (1 + e)
	}
	return 1 / (1 + Exp(-x))
}
