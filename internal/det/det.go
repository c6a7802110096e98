// Package det holds elementary functions whose results are the same bits on
// every machine: amd64 with and without fused instructions, arm64.
//
// The functions of package math differ between architectures by an ulp (some
// have assembly, and the compiler fuses x*y+z on arm64 and on GOAMD64=v3).
// Code whose floats are published uses these instead. Inside, every product
// that is added goes through math.FMA or an explicit conversion, both of which
// the language pins. Accuracy is stated for each function and tested against
// package math and against exact values.
package det

import "math"

const (
	log2e = 1.44269504088896340735992468100189214 // 1 / ln 2
	// ln 2 in two parts (Cody and Waite): the first has 32 significant bits,
	// so that k*ln2Hi is exact for every exponent k.
	ln2Hi = 0x1.62e42feep-1
	ln2Lo = 0x1.a39ef35793c76p-33
)

// horner evaluates c[0] + c[1]x + ... with one rounding a step.
func horner(x float64, c []float64) float64 {
	y := c[len(c)-1]
	for i := len(c) - 2; i >= 0; i-- {
		y = math.FMA(y, x, c[i])
	}
	return y
}
