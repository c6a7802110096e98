package plot

// Bullet draws a value as a bar from lo to hi with a mark at its ceiling
// (Few 2006). Size 150 x 16. NaN leaves out the bar or the mark.
func Bullet(l Labels, value, ceiling, lo, hi float64) SVG {
	const width, height = 150.0, 16.0
	c := newCanvas(width, height, l)
	x := func(v float64) float64 {
		if !(hi > lo) {
			return 0
		}
		return min(max((v-lo)/(hi-lo), 0), 1) * width
	}
	c.rect(0, 4, width, 8, "p-track", "#e4e8ee", "")
	if value == value {
		c.rect(0, 4, x(value), 8, "p-b", colourB, "")
	}
	if ceiling == ceiling {
		at := min(max(x(ceiling), 1), width-1)
		c.line(at, 0, at, height, "p-a-line", colourA, 2.5)
	}
	return c.done()
}
