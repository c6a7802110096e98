package plot

import "strconv"

// Curve is an empirical distribution: Quantiles[k] is the k/(len-1) quantile,
// ascending.
type Curve struct {
	Name      string
	Quantiles []float64
}

// Distribution draws two empirical distribution functions over one axis from
// 0 to the larger 97.5 % quantile: the share of rows (upwards) whose value is
// at most x. unit names the axis. Size 560 x 260.
func Distribution(l Labels, unit string, a, b Curve) SVG {
	const width, height, left, right, top, bottom = 560.0, 260.0, 46.0, 14.0, 12.0, 42.0
	c := newCanvas(width, height, l)
	end := 0.0
	for _, q := range [][]float64{a.Quantiles, b.Quantiles} {
		if n := len(q); n > 0 {
			end = max(end, at(q, (n-1)*39/40))
		}
	}
	if end == 0 {
		end = 1
	}
	end = min(max(end, 1e-9), 1e9)
	x := func(v float64) float64 { return left + min(v/end, 1)*(width-left-right) }
	y := func(share float64) float64 { return height - bottom - share*(height-top-bottom) }
	for k := range 5 {
		share := float64(k) / 4
		c.line(left, y(share), width-right, y(share), "p-grid", colourGrid, 1)
		c.text(left-6, y(share)+3.5, 10.5, "end", strconv.Itoa(25*k)+" %")
	}
	step := tick(end)
	for k := 0; float64(float64(k)*step) <= end; k++ {
		v := float64(k) * step
		c.line(x(v), height-bottom, x(v), height-bottom+4, "p-grid", colourGrid, 1)
		c.text(x(v), height-bottom+16, 10.5, "middle", strconv.FormatFloat(v, 'g', 4, 64))
	}
	c.text((left+width-right)/2, height-6, 11, "middle", unit)
	draw := func(cv Curve, class, colour string) {
		n := len(cv.Quantiles)
		if n < 2 {
			return
		}
		points := make([]float64, 0, 2*n)
		for k := range cv.Quantiles {
			v := at(cv.Quantiles, k)
			points = append(points, x(v), y(float64(k)/float64(n-1)))
			if v > end {
				break
			}
		}
		c.path(points, class, colour, 2.5)
	}
	draw(a, "p-a-line", colourA)
	draw(b, "p-b-line", colourB)
	return c.done()
}

// tick is a round step, 1, 2 or 5 times a power of ten, that divides an axis
// from 0 to end into at most six; end is positive and finite.
func tick(end float64) float64 {
	p := 1.0
	for p > end {
		p /= 10
	}
	for p*10 <= end {
		p *= 10
	}
	for _, m := range []float64{.2, .5, 1, 2} {
		if end/(p*m) <= 6 {
			return p * m
		}
	}
	return p * 5
}
