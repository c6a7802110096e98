package plot

// HeatScale says how numbers become colours: Borders part the steps, ascending;
// Names are the legend.
type HeatScale struct {
	Borders []float64 // at most 5
	Names   []string  // one more than Borders
}

var heatColours = []string{"#eef2f6", "#fbe3c4", "#f8c182", "#ee9145", "#d65a25", "#98290f"}

func (h HeatScale) step(v float64) int {
	k := 0
	for _, b := range h.Borders {
		if v >= b {
			k++
		}
	}
	return min(k, len(heatColours)-1)
}

// HeatMap draws a symmetric matrix as a lower triangle. value returns the
// number at row i, column j < i, and its tip; NaN leaves the cell empty.
func HeatMap(l Labels, labels []string, scale HeatScale, value func(i, j int) (v float64, tip string)) SVG {
	n := len(labels)
	cell := min(26.0, max(7.0, 620/float64(max(n, 1))))
	const left, legend = 120.0, 34.0
	size := cell * float64(n)
	font := min(11, cell*.7)
	top := 8.0
	c := newCanvas(left+size+110, top+size+legend, l)
	for i := range n {
		y := top + cell*float64(i)
		c.text(left-6, y+cell/2+font*.35, font, "end", shorten(labels[i], 18))
		c.slanted(left+cell*float64(i)+cell*.55, y+cell*.55, font, shorten(labels[i], 18))
		for j := range i {
			v, tip := value(i, j)
			x := left + cell*float64(j)
			if v != v {
				continue
			}
			k := scale.step(v)
			c.rect(x+.5, y+.5, cell-1, cell-1, heatClass(k), heatColours[k], tip)
		}
	}
	x := left
	for k, name := range scale.Names {
		c.rect(x, top+size+14, 13, 13, heatClass(k), heatColours[min(k, len(heatColours)-1)], "")
		c.text(x+18, top+size+24.5, 10.5, "start", name)
		x += 30 + 6.2*float64(len([]rune(name)))
	}
	return c.done()
}

func heatClass(k int) string { return "p-h" + string(rune('0'+min(k, 9))) }
