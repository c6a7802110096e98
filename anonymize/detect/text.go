package detect

import (
	"slices"
	"unicode/utf8"
)

// TextOptions steers detection in text. The zero value is right for prose.
type TextOptions struct {
	// Known are values about the same person from elsewhere in the row (name,
	// phone, e-mail). They are found whatever their case, names also by their
	// parts, numbers also in another format.
	Known []string
	// MinProbability drops less probable spans; 0 = 0.40.
	MinProbability float64
}

// Text finds what identifies people in s: non-overlapping spans in rising
// order. One pass over tokens; time is linear in len(s).
//
// Types are names of package semantic ("email", "phone", "full_name",
// "street_address", ...) and "title" for forms of address.
func Text(s string, opt TextOptions) []Span {
	if opt.MinProbability == 0 {
		opt.MinProbability = .4
	}
	d := &document{s: s, tokens: tokens(s)}
	d.structured()
	d.labels()
	d.numbers()
	d.addresses()
	d.names()
	d.chinese()
	d.known(opt.Known)
	return d.spans(opt.MinProbability)
}

// document is one text under detection.
type document struct {
	s      string
	tokens []token
	found  []found
	taken  []bool // by token: claimed by a span of high certainty
}

// found is a candidate span of tokens [i, j).
type found struct {
	i, j  int
	typ   string
	prob  float64
	start int // byte offsets when the span is not made of whole tokens; else 0,0
	end   int
}

// add proposes tokens [i, j) as a span.
func (d *document) add(i, j int, typ string, prob float64) {
	if i < j {
		d.found = append(d.found, found{i: i, j: j, typ: typ, prob: prob, start: d.tokens[i].start, end: d.tokens[j-1].end})
	}
}

// claim proposes a span that later detectors leave alone.
func (d *document) claim(i, j int, typ string, prob float64) {
	d.add(i, j, typ, prob)
	for k := i; k < j; k++ {
		d.taken[k] = true
	}
}

// spans resolves overlaps (the more certain wins, then the longer) and turns
// byte offsets into code points.
func (d *document) spans(least float64) []Span {
	fs := d.found
	slices.SortStableFunc(fs, func(a, b found) int {
		if a.start != b.start {
			return a.start - b.start
		}
		return (b.end - b.start) - (a.end - a.start)
	})
	var keep []found
	for _, f := range fs {
		if f.prob < least {
			continue
		}
		for len(keep) > 0 && keep[len(keep)-1].end > f.start {
			last := keep[len(keep)-1]
			if f.prob > last.prob+.05 || (f.prob > last.prob-.05 && f.end-f.start > last.end-last.start) {
				keep = keep[:len(keep)-1]
				continue
			}
			f.prob = -1
			break
		}
		if f.prob >= 0 {
			keep = append(keep, f)
		}
	}
	out := make([]Span, len(keep))
	at, points := 0, 0
	for i, f := range keep {
		points += utf8.RuneCountInString(d.s[at:f.start])
		n := utf8.RuneCountInString(d.s[f.start:f.end])
		out[i] = Span{Start: points, End: points + n, Type: f.typ, Probability: f.prob}
		points, at = points+n, f.end
	}
	return out
}
