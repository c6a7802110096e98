package det

import "math"

// Coefficients of 2**f for |f| <= 1/2: ln(2)**k / k!. The first dropped term
// is below 2^-22 of a unit in the last place's neighbourhood (1.2e-7 * 0.02).
const (
	exp2c1 float32 = 0.6931471805599453
	exp2c2 float32 = 0.2402265069591007
	exp2c3 float32 = 0.0555041086648216
	exp2c4 float32 = 0.0096181291076285
	exp2c5 float32 = 0.0013333558146428
	exp2c6 float32 = 0.0001540353039338
)

// roundMagic pushes a float32's fraction out of its mantissa: adding and
// subtracting it rounds to the nearest whole number.
const roundMagic float32 = 3 << 22

// Exp2f returns 2**x for x in [-126, 127] within 2 ulp of float32 and 0 below
// -126; above 127 the result is not specified. It is small enough to inline
// into the E-step of an EM.
func Exp2f(x float32) float32 {
	if x < -126 {
		return 0
	}
	t := x + roundMagic
	f := x - (t - roundMagic)
	p := float32(exp2c6*f) + exp2c5
	p = float32(p*f) + exp2c4
	p = float32(p*f) + exp2c3
	p = float32(p*f) + exp2c2
	p = float32(p*f) + exp2c1
	p = float32(p*f) + 1
	return math.Float32frombits(math.Float32bits(p) + math.Float32bits(t)<<23)
}
