package plot

// Bars draws two series of shares side by side, one row a label, longest on
// top as given. Height follows the number of labels; width is 340.
func Bars(l Labels, labels []string, a, b Series) SVG {
	const (
		width, left, right = 340.0, 118.0, 46.0
		row, bar           = 24.0, 8.0
	)
	c := newCanvas(width, row*float64(len(labels))+6, l)
	top := largest(a, b)
	if top == 0 {
		top = 1
	}
	scale := (width - left - right) / top
	for i, name := range labels {
		y := 3 + row*float64(i)
		va, vb := at(a.Values, i), at(b.Values, i)
		c.text(left-7, y+row/2+3, 10.5, "end", shorten(name, 19))
		c.rect(left, y+3, va*scale, bar, "p-a", colourA, name+", "+a.Name+": "+Percent(va))
		c.rect(left, y+3+bar, vb*scale, bar, "p-b", colourB, name+", "+b.Name+": "+Percent(vb))
		c.text(left+max(va, vb)*scale+5, y+row/2+3, 9.5, "start", Percent(vb))
	}
	c.line(left, 3, left, 3+row*float64(len(labels)), "p-grid", colourGrid, 1)
	return c.done()
}

// Histogram draws two series of shares over neighbouring intervals: a filled,
// b as an outline over it. Labels are the intervals' names; the first, the
// middle and the last are written. Size 340 x 150.
func Histogram(l Labels, labels []string, a, b Series) SVG {
	const width, height, left, right, top, bottom = 340.0, 150.0, 40.0, 8.0, 10.0, 24.0
	c := newCanvas(width, height, l)
	most := largest(a, b)
	if most == 0 {
		most = 1
	}
	n := max(len(labels), 1)
	w := (width - left - right) / float64(n)
	y := func(v float64) float64 { return height - bottom - v/most*(height-top-bottom) }
	for _, share := range []float64{0, .5, 1} {
		c.line(left, y(share*most), width-right, y(share*most), "p-grid", colourGrid, 1)
		c.text(left-5, y(share*most)+3, 9.5, "end", Percent(share*most))
	}
	for i, name := range labels {
		v := at(a.Values, i)
		c.rect(left+w*float64(i)+.5, y(v), w-1, y(0)-y(v), "p-a", colourA, name+", "+a.Name+": "+Percent(v)+", "+b.Name+": "+Percent(at(b.Values, i)))
	}
	outline := []float64{left, y(0)}
	for i := range labels {
		v := y(at(b.Values, i))
		outline = append(outline, left+w*float64(i), v, left+w*float64(i+1), v)
	}
	outline = append(outline, left+w*float64(len(labels)), y(0))
	c.path(outline, "p-b-line", colourB, 2)
	if len(labels) > 0 {
		c.text(left, height-8, 9.5, "start", shorten(labels[0], 18))
		c.text(width-right, height-8, 9.5, "end", shorten(labels[len(labels)-1], 18))
	}
	if len(labels) > 6 {
		c.text((left+width-right)/2, height-8, 9.5, "middle", shorten(labels[len(labels)/2], 22))
	}
	return c.done()
}
