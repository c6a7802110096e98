package det_test

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nocturne-data/nocturne/internal/det"
	"github.com/nocturne-data/nocturne/internal/rng"
)

// ulps is the distance of got from want in units of want's last place. math's
// own functions are within 1 ulp, which the bounds below include.
func ulps(got, want float64) float64 {
	if got == want || math.IsNaN(got) && math.IsNaN(want) {
		return 0
	}
	unit := math.Nextafter(math.Abs(want), math.Inf(1)) - math.Abs(want)
	return math.Abs(got-want) / unit
}

func TestAgreesWithMath(t *testing.T) {
	t.Parallel()
	span := func(lo, hi float64) func(*rand.Rand) float64 {
		return func(r *rand.Rand) float64 { return lo + r.Float64()*(hi-lo) }
	}
	anyScale := func(r *rand.Rand) float64 { return math.Ldexp(1+r.Float64(), r.IntN(2000)-1000) }
	tests := []struct {
		name     string
		got      func(float64) float64
		want     func(float64) float64
		draw     func(*rand.Rand) float64
		maxUlps  float64
		specials bool
	}{
		{"exp", det.Exp, math.Exp, span(-740, 709), 2, true},
		{"exp near zero", det.Exp, math.Exp, span(-1, 1), 2, false},
		{"exp2", det.Exp2, math.Exp2, span(-1020, 1020), 2, true},
		{"expm1", det.Expm1, math.Expm1, span(-2, 2), 4, true},
		{"log any scale", det.Log, math.Log, anyScale, 2, true},
		{"log near one", det.Log, math.Log, span(0.5, 2), 2, false},
		// math.Log2 cancels near 1, the quotient does not.
		{"log2", det.Log2, func(x float64) float64 { return math.Log(x) / math.Ln2 }, anyScale, 3, false},
		{"log1p", det.Log1p, math.Log1p, span(-0.99, 3), 4, true},
		{"log1p tiny", det.Log1p, math.Log1p, span(-1e-9, 1e-9), 2, false},
		{"tanh", det.Tanh, math.Tanh, span(-25, 25), 5, true},
		{"tanh near zero", det.Tanh, math.Tanh, span(-0.5, 0.5), 5, false},
		{"logistic", det.Logistic, func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }, span(0, 30), 4, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := rng.New(1, tt.name)
			for range 50_000 {
				x := tt.draw(r)
				if d := ulps(tt.got(x), tt.want(x)); d > tt.maxUlps {
					t.Fatalf("f(%v) = %v, want %v: %.1f ulp", x, tt.got(x), tt.want(x), d)
				}
			}
			if tt.specials {
				for _, x := range []float64{0, math.Inf(1), math.Inf(-1), math.NaN(), 1, -1, 1e300, -1e300, 1e-300} {
					require.LessOrEqualf(t, ulps(tt.got(x), tt.want(x)), tt.maxUlps, "f(%v)", x)
				}
			}
		})
	}
}

// TestExactValues compares with values computed to 60 digits elsewhere.
func TestExactValues(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		got  float64
		want string
	}{
		{"e", det.Exp(1), "2.71828182845904523536028747135266249775724709369995"},
		{"exp(-1)", det.Exp(-1), "0.36787944117144232159552377016146086744581113103177"},
		{"exp(10)", det.Exp(10), "22026.4657948067165169579006452842443663535126185567811"},
		{"ln 2", det.Log(2), "0.69314718055994530941723212145817656807550013436026"},
		{"ln 10", det.Log(10), "2.30258509299404568401799145468436420760110148862877"},
		{"ln 1.5", det.Log1p(0.5), "0.40546510810816438197801311546434913657199042346249"},
		{"tanh 1", det.Tanh(1), "0.76159415595576488811945828260479359041276859725794"},
		{"ln of the smallest denormal", det.Log(5e-324), "-744.44007192138126231410729844608163411500"},
		{"sqrt 2", det.Exp2(0.5), "1.41421356237309504880168872420969807856967187537695"},
	}
	for _, tt := range tests {
		f, _, err := big.ParseFloat(tt.want, 10, 200, big.ToNearestEven)
		require.NoError(t, err)
		diff := new(big.Float).SetPrec(200).Sub(big.NewFloat(tt.got).SetPrec(200), f)
		d, _ := diff.Float64()
		unit := math.Nextafter(math.Abs(tt.got), math.Inf(1)) - math.Abs(tt.got)
		require.LessOrEqualf(t, math.Abs(d), unit, "%s = %v", tt.name, tt.got)
	}
	for k := -1000; k < 1000; k += 37 {
		require.Equal(t, math.Ldexp(1, k), det.Exp2(float64(k)))
		require.Equal(t, float64(k), det.Log2(math.Ldexp(1, k)))
	}
}

func TestExp2f(t *testing.T) {
	t.Parallel()
	r := rng.New(1, "exp2f")
	for range 200_000 {
		x := float32(r.Float64()*250 - 125)
		got, want := det.Exp2f(x), math.Exp2(float64(x))
		require.InEpsilon(t, want, float64(got), 2.4e-7)
	}
	require.Zero(t, det.Exp2f(-127))
	require.Zero(t, det.Exp2f(float32(math.Inf(-1))))
	require.EqualValues(t, 1, det.Exp2f(0))
}

// TestNormal checks five moments and the tail of 400,000 draws. Each bound is
// five standard errors wide: a false alarm about once in 10^6 runs, and the
// seed is fixed.
func TestNormal(t *testing.T) {
	t.Parallel()
	const n = 400_000
	r := rng.New(7, "normal")
	var m1, m2, m3, m4 float64
	var beyond2, beyondR int
	for range n {
		x := det.Normal(r)
		m1 += x
		m2 += x * x
		m3 += x * x * x
		m4 += x * x * x * x
		if math.Abs(x) > 2 {
			beyond2++
		}
		if math.Abs(x) > 3.442619855899 {
			beyondR++
		}
	}
	within := func(name string, got, want, sd float64) {
		require.InDeltaf(t, want, got, 5*sd/math.Sqrt(n), "%s", name)
	}
	within("mean", m1/n, 0, 1)
	within("variance", m2/n, 1, math.Sqrt2)
	within("third moment", m3/n, 0, math.Sqrt(15))
	within("fourth moment", m4/n, 3, math.Sqrt(96))
	p2, pr := math.Erfc(2/math.Sqrt2), math.Erfc(3.442619855899/math.Sqrt2)
	within("P(|x|>2)", float64(beyond2)/n, p2, math.Sqrt(p2*(1-p2)))
	within("P(|x|>r)", float64(beyondR)/n, pr, math.Sqrt(pr))
}

// TestGolden pins the bits. The same hashes must come out under GOAMD64=v1,
// GOAMD64=v3 and GOARCH=arm64.
func TestGolden(t *testing.T) {
	t.Parallel()
	golden := map[string]string{
		"exp":      "16b41cd7f6241b5e",
		"exp2":     "32c2e11675c49c74",
		"expm1":    "d8b599d505555e1f",
		"log":      "63748fa9b22b74e8",
		"log2":     "b938c9873f8a00ad",
		"log1p":    "22381bad1c42c592",
		"tanh":     "3bf838fe1290b48d",
		"logistic": "b603bbb822de95c4",
		"normal":   "33139ef968078e23",
		"exp2f":    "51b3eed1cbc298ea",
	}
	f := map[string]func(r *rand.Rand) float64{
		"exp":      func(r *rand.Rand) float64 { return det.Exp(1400*r.Float64() - 700) },
		"exp2":     func(r *rand.Rand) float64 { return det.Exp2(2000*r.Float64() - 1000) },
		"expm1":    func(r *rand.Rand) float64 { return det.Expm1(4*r.Float64() - 2) },
		"log":      func(r *rand.Rand) float64 { return det.Log(math.Ldexp(r.Float64(), r.IntN(600)-300)) },
		"log2":     func(r *rand.Rand) float64 { return det.Log2(math.Ldexp(r.Float64(), r.IntN(600)-300)) },
		"log1p":    func(r *rand.Rand) float64 { return det.Log1p(4*r.Float64() - 0.999) },
		"tanh":     func(r *rand.Rand) float64 { return det.Tanh(20*r.Float64() - 10) },
		"logistic": func(r *rand.Rand) float64 { return det.Logistic(80*r.Float64() - 40) },
		"normal":   det.Normal,
		"exp2f":    func(r *rand.Rand) float64 { return float64(det.Exp2f(float32(140*r.Float64() - 130))) },
	}
	for name, want := range golden {
		h := sha256.New()
		r := rng.New(11, name)
		var b [8]byte
		for range 20_000 {
			binary.LittleEndian.PutUint64(b[:], math.Float64bits(f[name](r)))
			h.Write(b[:])
		}
		require.Equalf(t, want, hex.EncodeToString(h.Sum(nil)[:8]), "%s", name)
	}
}

func BenchmarkExp2f(b *testing.B) {
	x := make([]float32, 1024)
	for i := range x {
		x[i] = -float32(i) / 50
	}
	var sum float32
	for b.Loop() {
		for _, v := range x {
			sum += det.Exp2f(v)
		}
	}
	b.ReportMetric(float64(b.N)*1024/b.Elapsed().Seconds(), "values/s")
	_ = sum
}

func BenchmarkNormal(b *testing.B) {
	r := rng.New(1, "bench")
	for b.Loop() {
		_ = det.Normal(r)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "draws/s")
}
