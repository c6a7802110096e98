// Package consensus turns the answers of several annotators into one label an
// item, with a probability: by majority vote, or by the annotator model of
// Dawid and Skene, which learns how each annotator errs.
//
// Majority is right when annotators err at random and equally often. Dawid-Skene
// is better when some are careless or lean to a class and each of them has
// answered a few dozen items.
package consensus

import (
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// Vote is one annotator's label of one item.
type Vote struct {
	Worker, Item, Label string
}

// Answers is a set of votes in indexed form. Items, Workers and Labels are
// sorted, so that no result depends on the order of votes.
type Answers struct {
	Items, Workers, Labels []string
	votes                  []vote // by item, then worker
	from                   []int  // votes of item i are votes[from[i]:from[i+1]]
}

type vote struct{ item, worker, label int32 }

// NewAnswers indexes votes. extra names labels that may occur but did not. An
// annotator who gave one item two different labels, or an empty name, is an
// error; the same label twice counts once.
func NewAnswers(votes []Vote, extra ...string) (*Answers, error) {
	if len(votes) == 0 {
		return nil, errors.New("consensus: there are no answers")
	}
	a := &Answers{}
	for i, v := range votes {
		if v.Worker == "" || v.Item == "" || v.Label == "" {
			return nil, fmt.Errorf("consensus: answer %d lacks a worker, item or label", i+1)
		}
		a.Items, a.Workers, a.Labels = append(a.Items, v.Item), append(a.Workers, v.Worker), append(a.Labels, v.Label)
	}
	a.Labels = append(a.Labels, extra...)
	a.Items, a.Workers, a.Labels = distinct(a.Items), distinct(a.Workers), distinct(a.Labels)
	item, worker, label := positions(a.Items), positions(a.Workers), positions(a.Labels)
	a.votes = make([]vote, len(votes))
	for i, v := range votes {
		a.votes[i] = vote{item[v.Item], worker[v.Worker], label[v.Label]}
	}
	slices.SortFunc(a.votes, func(x, y vote) int {
		return cmp.Or(cmp.Compare(x.item, y.item), cmp.Compare(x.worker, y.worker), cmp.Compare(x.label, y.label))
	})
	a.votes = slices.Compact(a.votes)
	a.from = make([]int, len(a.Items)+1)
	for i, v := range a.votes {
		if i > 0 && a.votes[i-1].item == v.item && a.votes[i-1].worker == v.worker {
			return nil, errors.New("consensus: an annotator gave one item two different labels: keep one answer for each annotator and item")
		}
		a.from[v.item+1]++
	}
	for i := range a.Items {
		a.from[i+1] += a.from[i]
	}
	return a, nil
}

// Votes returns the number of distinct (worker, item) answers.
func (a *Answers) Votes() int { return len(a.votes) }

func (a *Answers) of(item int) []vote { return a.votes[a.from[item]:a.from[item+1]] }

// ReadCSV reads votes from CSV with a header that names the columns worker,
// item (or task) and label, in any order; other columns are ignored.
func ReadCSV(r io.Reader) ([]Vote, error) {
	in := csv.NewReader(r)
	in.ReuseRecord = true
	header, err := in.Read()
	if err != nil {
		return nil, fmt.Errorf("consensus: read header of answers: %w", redact(err))
	}
	at := map[string]int{"worker": -1, "item": -1, "label": -1}
	for i, name := range header {
		name = strings.ToLower(strings.TrimSpace(strings.TrimPrefix(name, "\ufeff")))
		if name == "task" {
			name = "item"
		}
		if old, known := at[name]; known {
			if old >= 0 {
				return nil, fmt.Errorf("consensus: answers have two columns for %q", name)
			}
			at[name] = i
		}
	}
	for _, name := range []string{"worker", "item", "label"} {
		if at[name] < 0 {
			return nil, fmt.Errorf("consensus: answers have no column %q: the header must be worker,item,label", name)
		}
	}
	var votes []Vote
	for {
		rec, err := in.Read()
		if errors.Is(err, io.EOF) {
			return votes, nil
		}
		if err != nil {
			return nil, fmt.Errorf("consensus: read answers: %w", redact(err))
		}
		votes = append(votes, Vote{Worker: strings.Clone(rec[at["worker"]]), Item: strings.Clone(rec[at["item"]]), Label: strings.Clone(rec[at["label"]])})
	}
}

// redact keeps the line and the kind of a CSV error, never its text.
func redact(err error) error {
	var p *csv.ParseError
	if errors.As(err, &p) {
		return fmt.Errorf("line %d: %w", p.Line, p.Err)
	}
	return err
}

// WriteCSV writes task,label,confidence,votes,tied, one line an item.
func (r *Result) WriteCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	lines := [][]string{{"task", "label", "confidence", "votes", "tied"}}
	for _, c := range r.Items {
		lines = append(lines, []string{c.Item, c.Label, strconv.FormatFloat(c.Probability, 'f', 6, 64), strconv.Itoa(c.Votes), strconv.FormatBool(c.Tied)})
	}
	if err := out.WriteAll(lines); err != nil {
		return fmt.Errorf("consensus: write labels: %w", err)
	}
	return nil
}

func distinct(s []string) []string {
	slices.Sort(s)
	return slices.Clip(slices.Compact(s))
}

func positions(s []string) map[string]int32 {
	m := make(map[string]int32, len(s))
	for i, v := range s {
		m[v] = int32(i)
	}
	return m
}
