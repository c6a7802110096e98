package det

import (
	"math"
	"math/rand/v2"
)

// The ziggurat of Marsaglia and Tsang (2000) in Doornik's form (2005): 128
// boxes of equal area under exp(-x*x/2), drawn from one uniform and one index.
const (
	zigBoxes = 128
	zigR     = 3.442619855899      // start of the tail
	zigArea  = 9.91256303526217e-3 // area of each box
)

// zigX holds the right edges of the boxes, zigRatio the part of each box that
// lies wholly under the curve.
var zigX, zigRatio = func() (x [zigBoxes + 1]float64, ratio [zigBoxes]float64) {
	f := Exp(float64(-0.5*zigR) * zigR)
	x[0] = zigArea / f // the bottom box, tail included
	x[1] = zigR
	for i := 2; i < zigBoxes; i++ {
		x[i] = math.Sqrt(-2 * Log(zigArea/x[i-1]+f))
		f = Exp(float64(-0.5*x[i]) * x[i])
	}
	for i := range ratio {
		ratio[i] = x[i+1] / x[i]
	}
	return x, ratio
}()

// Normal draws from the standard normal distribution.
func Normal(r *rand.Rand) float64 {
	for {
		bits := r.Uint64()
		i := bits & (zigBoxes - 1)
		u := float64(float64(bits>>11)*0x1p-52) - 1 // [-1, 1), independent of i's bits
		if math.Abs(u) < zigRatio[i] {
			return float64(u * zigX[i])
		}
		if i == 0 {
			return tail(r, u < 0)
		}
		x := float64(u * zigX[i])
		f0 := Exp(float64(-0.5*zigX[i]) * zigX[i])
		f1 := Exp(float64(-0.5*zigX[i+1]) * zigX[i+1])
		if f1+float64(r.Float64()*(f0-f1)) < Exp(float64(-0.5*x)*x) {
			return x
		}
	}
}

// tail draws beyond zigR by Marsaglia's exponential rejection (1964).
func tail(r *rand.Rand, negative bool) float64 {
	for {
		x := -Log(1-float64(r.Float64())) / zigR
		y := -Log(1 - float64(r.Float64()))
		if y+y >= x*x {
			if negative {
				return -(zigR + x)
			}
			return zigR + x
		}
	}
}
