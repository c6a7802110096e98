package proof

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Hit says that protected values survive in a column. It never holds a value.
type Hit struct {
	Column string `json:"column"`
	// Kind: "cell" (a whole cell is a protected value), "word" and "phrase"
	// (whole words of a text), "substring", "unchanged" (the cell is what it
	// was), "own" (the row's own identifier in a text), and for files
	// "statistics", "dictionary", "bloom_filter".
	Kind  string `json:"kind"`
	Count int64  `json:"count"`
	Row   int64  `json:"row"` // of the first one; -1 = not in a row
}

// Result is the outcome of a proof, for the manifest.
type Result struct {
	Rows   int64  `json:"rows"`
	Cells  int64  `json:"cells"`  // output cells looked at
	Values int    `json:"values"` // distinct protected values looked for
	Counts Counts `json:"counts"`
	Hits   []Hit  `json:"hits,omitempty"` // by column and kind, in order of name
	// Excused counts hits on single words that are common, public or ordinary
	// words, and Coincidences hits of invented values; see the package.
	Excused      int64 `json:"excused"`
	Coincidences int64 `json:"coincidences"`
	Lookups      int64 `json:"lookups"`
	// ExpectedFalseAlarms is the number of hits expected by collisions of 64-bit
	// hashes: lookups * values / 2^64.
	ExpectedFalseAlarms float64 `json:"expected_false_alarms"`
	// Unproven names invented columns that were not compared with their input,
	// and columns of types that have no text form.
	Unproven     []string `json:"unproven,omitempty"`
	PolicyDigest string   `json:"policy_digest"`
	KeyIDs       []string `json:"key_ids,omitempty"`

	hits int64 // made by one scanner
}

// ErrLeak is matched by the error of a result that is not clean.
var ErrLeak = errors.New("protected values survive in the output")

// Result sums up. It belongs to all scanners of the proof merged into s; a
// proof in several shards merges its results with Join.
func (s *Scanner) Result(policyDigest string, keyIDs []string) Result {
	r := s.result
	r.hits = 0
	r.Hits = slices.Clone(r.Hits)
	r.Unproven = slices.Clone(r.Unproven)
	r.Values, r.Counts = s.held.values(), s.held.counts()
	r.PolicyDigest, r.KeyIDs = policyDigest, keyIDs
	r.ExpectedFalseAlarms = float64(r.Lookups) * float64(r.Values) / (1 << 63) / 2
	if !s.compared {
		r.Unproven = append(r.Unproven, s.target.Invented...)
	}
	r.sort()
	return r
}

// Join adds the result of another shard of the same proof.
func (r Result) Join(o Result) Result {
	rows, cells, counts := r.Rows, r.Cells, r.Counts
	r.Hits, r.Unproven = slices.Clone(r.Hits), slices.Clone(r.Unproven)
	r.merge(o)
	r.Rows, r.Cells, r.Counts = rows, cells, counts // every shard sees the same rows
	r.Values += o.Values
	r.ExpectedFalseAlarms += o.ExpectedFalseAlarms
	r.sort()
	return r
}

// Err is nil if nothing survives and nothing is unproven. It names columns and
// counts, never values.
func (r Result) Err() error {
	var parts []string
	for _, h := range r.Hits {
		at := ""
		if h.Row >= 0 {
			at = fmt.Sprintf(", first in row %d", h.Row)
		}
		parts = append(parts, fmt.Sprintf("column %q: %d %s%s", h.Column, h.Count, h.Kind, at))
	}
	for _, c := range r.Unproven {
		parts = append(parts, fmt.Sprintf("column %q: not proven", c))
	}
	if len(parts) == 0 {
		return nil
	}
	return fmt.Errorf("proof: %w: %s", ErrLeak, strings.Join(parts, "; "))
}

// findings changes with everything that a cell can add.
func (r *Result) findings() [3]int64 {
	return [3]int64{r.hits, r.Excused, r.Coincidences}
}

func (r *Result) hit(at place, kind string) {
	r.hits++
	r.add(Hit{at.column, kind, 1, at.row})
}

func (r *Result) add(h Hit) {
	for i := range r.Hits {
		if o := &r.Hits[i]; o.Column == h.Column && o.Kind == h.Kind {
			o.Count += h.Count
			if h.Row >= 0 && (o.Row < 0 || h.Row < o.Row) {
				o.Row = h.Row
			}
			return
		}
	}
	r.Hits = append(r.Hits, h)
}

func (r *Result) skip(column string) {
	if !slices.Contains(r.Unproven, column) {
		r.Unproven = append(r.Unproven, column)
	}
}

func (r *Result) merge(o Result) {
	r.Rows += o.Rows
	r.Cells += o.Cells
	r.Excused += o.Excused
	r.Coincidences += o.Coincidences
	r.Lookups += o.Lookups
	for _, h := range o.Hits {
		r.add(h)
	}
	for _, c := range o.Unproven {
		r.skip(c)
	}
}

func (r *Result) sort() {
	slices.SortFunc(r.Hits, func(a, b Hit) int {
		if c := strings.Compare(a.Column, b.Column); c != 0 {
			return c
		}
		return strings.Compare(a.Kind, b.Kind)
	})
	slices.Sort(r.Unproven)
	r.Unproven = slices.Compact(r.Unproven)
}
