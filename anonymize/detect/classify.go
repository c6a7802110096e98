package detect

import (
	"math"
	"sort"

	"github.com/nocturne-data/nocturne/internal/det"
	"github.com/nocturne-data/nocturne/schemas/semantic"
)

// reported maps types that are kinds of one vocabulary entry to that entry.
var reported = map[string]string{
	"us_ssn": "national_id", "cn_resident_id": "national_id", "cn_mobile": "phone", "ipv4": "ip_address", "ipv6": "ip_address",
}

// classify decides all columns of a table together: each alone first, then
// each again knowing what the others seem to be.
func classify(table string, cols []*profile, opt Options) []Column {
	cands, ctx := scoreTable(table, cols)
	out := make([]Column, len(cols))
	for i, p := range cols {
		out[i] = ctx.decide(i, p, cands[i], opt)
	}
	return out
}

// scoreTable scores every column for every type, neighbours included.
func scoreTable(table string, cols []*profile) ([][]candidate, *tableContext) {
	n := len(cols)
	fs, hs, cands := make([]*features, n), make([]header, n), make([][]candidate, n)
	for i, p := range cols {
		fs[i] = measure(p)
		hs[i] = readHeader(p.name, table)
		cands[i] = scoreColumn(p, fs[i], hs[i])
	}
	ctx := newContext(table, cols, fs, hs)
	for range 2 {
		ctx.update(cands)
		for i := range cands {
			ctx.adjust(i, cands[i])
		}
	}
	return cands, ctx
}

// probabilities is the calibrated softmax of the scores.
func probabilities(cs []candidate) []float64 { return softmax(cs, temperature) }

func softmax(cs []candidate, temp float64) []float64 {
	top := math.Inf(-1)
	for _, c := range cs {
		top = max(top, c.score+c.around)
	}
	out, sum := make([]float64, len(cs)), 0.0
	for i, c := range cs {
		out[i] = det.Exp((c.score + c.around - top) / temp)
		sum += out[i]
	}
	for i := range out {
		out[i] /= sum
	}
	return out
}

func (c *tableContext) decide(i int, p *profile, cs []candidate, opt Options) Column {
	types := semantic.All()
	probs := probabilities(cs)
	byName := map[string]float64{}
	classOf := map[string]semantic.Class{}
	best := map[string]int{}
	personal := 0.0
	for k, pr := range probs {
		name := types[k].Name
		class := c.class(i, &types[k])
		if r, ok := reported[name]; ok {
			name = r
		}
		byName[name] += pr
		if b, ok := best[name]; !ok || probs[b] < pr {
			best[name], classOf[name] = k, class
		}
		if class != semantic.None {
			personal += pr
		}
	}
	names := make([]string, 0, len(byName))
	for n := range byName {
		names = append(names, n)
	}
	sort.Slice(names, func(a, b int) bool {
		if byName[names[a]] != byName[names[b]] {
			return byName[names[a]] > byName[names[b]]
		}
		return names[a] < names[b]
	})
	win := names[0]
	if c.fs[i].cells == 0 && len(c.hs[i].strength) == 0 && !c.hs[i].idLike {
		return Column{Name: p.name, Class: semantic.None, Unsure: true, Evidence: []string{"the header is unknown", "no values to look at"}}
	}
	col := Column{Name: p.name, Semantic: win, Class: classOf[win], Probability: math.Round(byName[win]*1e4) / 1e4}
	col.Unsure = personal > opt.Low && personal < opt.High
	col.Evidence = c.evidence(i, cs[best[win]])
	return col
}
